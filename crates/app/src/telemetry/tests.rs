use super::*;
use journal::Seq;
use serde_json::{Value, json};
use testkit::{SeededRng, TestClock};

struct House {
    _dir: tempfile::TempDir,
    journal: Journal,
    clock: TestClock,
    rng: SeededRng,
}

impl House {
    fn new() -> Self {
        let (dir, rng) = (tempfile::tempdir().unwrap(), SeededRng::new(1));
        let (journal, _) = Journal::open(dir.path(), journal::Options::default(), &rng).unwrap();
        Self { _dir: dir, journal, clock: TestClock::new(), rng }
    }

    async fn take(&self, call: Call, body: &str) -> Result<Value, TelemetryFault> {
        let env = Env::vouched("0194f1f0-0000-7000-8000-00000000000a".parse().unwrap());
        let door = Door { journal: &self.journal, clock: &self.clock, rng: &self.rng, documentation: "" };
        let response_id = RequestId::random(&self.rng);
        let answer = door.take(env, call, body.as_bytes(), response_id).await?;
        Ok(serde_json::from_slice(&answer).unwrap())
    }

    async fn events(&self) -> Vec<model::event::Event> {
        let records = self.journal.read(Seq::FIRST, 100, usize::MAX).await.unwrap();
        let read = |(_, record): &(Seq, Record)| {
            let env = Env::vouched(record.environment);
            record::decode(env, Origin::Request, record.received_at, &record.body).unwrap()
        };
        records.iter().map(read).collect()
    }
}

#[tokio::test]
async fn what_was_accepted_stands_in_the_journal_and_nothing_else() {
    let house = House::new();
    let sent =
        r#"[{"event":"a","user_id":"u"},{"event":"b"},{"event":"c","user_id":"v","timestamp":"20-11-23"}]"#;
    let answer = house.take(Call::Track, sent).await.unwrap();
    assert_eq!(answer["data"].as_array().map(Vec::len), Some(2));
    assert!(answer["eventId"].as_str().unwrap().starts_with("evt_"));
    let events = house.events().await;
    let names: Vec<_> = events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["a", "c"]);
    assert_eq!((events[0].occurred_at, events[0].received_at), (TestClock::START, TestClock::START));
    assert_eq!(events[1].occurred_at, "2020-11-23T00:00:00Z".parse().unwrap());
}

#[tokio::test]
async fn a_refused_request_leaves_nothing_behind() {
    let house = House::new();
    for body in ["[]", "{", "[{},{}]", r#"{"user_id":"u","x":1e400}"#, r#"{"user_id":"\u0000"}"#] {
        let fault = house.take(Call::Identify, body).await.unwrap_err();
        assert_eq!(fault.category(), Category::Invalid, "{body}");
    }
    assert_eq!(house.journal.end(), Seq::FIRST);
}

#[tokio::test]
async fn each_receipt_is_an_event_of_its_own_unless_its_sender_named_it() {
    let house = House::new();
    let (plain, named) =
        (r#"{"event":"e","user_id":"u"}"#, r#"{"event":"e","user_id":"u","message_id":"order 7"}"#);
    for body in [plain, plain, named, named] {
        house.take(Call::Track, body).await.unwrap();
    }
    let ids: Vec<_> = house.events().await.into_iter().map(|event| event.message_id).collect();
    assert_ne!(ids[0], ids[1]);
    assert_eq!(ids[2], ids[3]);
}

#[tokio::test]
async fn a_closed_journal_is_told_as_unavailable() {
    let house = House::new();
    house.journal.close().await;
    let fault = house.take(Call::Track, r#"{"event":"e","user_id":"u"}"#).await.unwrap_err();
    assert_eq!(fault.category(), Category::Unavailable);
}

#[tokio::test]
async fn the_credential_is_neither_kept_nor_echoed() {
    let house = House::new();
    let sent = r#"{"api_key":"secret","event":"e","user_id":"u","properties":{"$set":{"a":1}}}"#;
    let answer = house.take(Call::Track, sent).await.unwrap();
    assert_eq!(answer["data"], json!({"event_name": "e", "user_id": "u", "properties": {"a": 1}}));
    let records = house.journal.read(Seq::FIRST, 1, usize::MAX).await.unwrap();
    assert!(!String::from_utf8_lossy(&records[0].1.body).contains("secret"));
}
