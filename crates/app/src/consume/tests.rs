use super::*;
use crate::rebuild;
use journal::Record;
use kernel::{Clock, Env, RequestId, Timestamp};
use model::event::{Call, HouseEvent, MessageId};
use model::telemetry::record::{self, Origin};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use tempfile::TempDir;
use testkit::{SeededRng, TestClock, TestDb, databases_with};

/// Journal, state and lake without a server around them.
struct House {
    dir: TempDir,
    db: TestDb,
    clock: Arc<TestClock>,
    journal: Journal,
    lake: Lake,
}

impl House {
    async fn new(name: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let twice = sql::Options { run_each_command_twice: true, ..sql::Options::default() };
        let store = [("store", store::MIGRATIONS)];
        let db = databases_with(name, &store, twice).await.swap_remove(0);
        let path = dir.path().join("journal");
        std::fs::create_dir_all(&path).unwrap();
        let (journal, _) = Journal::open(&path, journal::Options::default(), &SeededRng::new(1)).unwrap();
        let (lake, _) = Lake::open(&dir.path().join("lake"), Default::default(), journal.id()).unwrap();
        Self { dir, db, clock: Arc::new(TestClock::new()), journal, lake }
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock) as Arc<dyn Clock>
    }

    fn profiles(&self, options: Options) -> Profiles {
        Profiles::new(self.db.database(), self.journal.clone(), self.clock(), options)
    }

    fn lake(&self) -> LakeConsumer {
        LakeConsumer::new(
            self.lake.clone(),
            self.db.database(),
            self.journal.clone(),
            self.clock(),
            Options::default(),
        )
    }

    async fn send(&self, call: Call, body: &Value) {
        let door = crate::telemetry::Door {
            journal: &self.journal,
            clock: &*self.clock,
            rng: &SeededRng::new(self.journal.end().0),
            documentation: "",
        };
        let id = RequestId::random(&SeededRng::new(1));
        door.take(env(), call, body.to_string().as_bytes(), id).await.unwrap();
    }

    async fn say(&self, name: &str, group_id: Option<&str>, properties: Value) {
        let Value::Object(properties) = properties else { panic!("properties are an object") };
        let event = HouseEvent {
            name: name.to_owned(),
            user_id: Some("u".to_owned()),
            group_id: group_id.map(str::to_owned),
            tenant_id: Some("tenant".to_owned()),
            properties,
            context: Map::new(),
            occurred_at: self.clock.now(),
            message_id: MessageId(u128::from(self.journal.end().0)),
        };
        self.append(Origin::House.source(), record::of_house(&event).unwrap()).await;
    }

    async fn append(&self, source: u8, body: Vec<u8>) {
        let (environment, received_at) = (env().id(), self.clock.now());
        self.journal
            .append(vec![Record { environment, source, received_at, body: body.into() }])
            .await
            .unwrap();
    }

    /// A history that touches every table.
    async fn history(&self) {
        self.say("signed_up", None, json!({"user_email": "ada@acme.test", "user_name": "Ada"})).await;
        self.say("user_enriched", None, json!({"enrichment_country": "UK"})).await;
        self.send(
            Call::Group,
            &json!({"group_id": "acme", "user_id": "u", "traits": {"name": "Acme", "plan": "Pro"}}),
        )
        .await;
        self.say("account_created", Some("acme"), json!({"account_name": "Acme Ltd"})).await;
        let told = json!([
            {"user_id": "u", "traits": {"name": "Ada Lovelace"}, "timestamp": "20-11-23T22:28:55.111Z"},
            {"user_id": "v", "traits": {"name": "Bob"}, "context": {"group_id": "tenant"}},
        ]);
        self.send(Call::Identify, &told).await;
        self.send(Call::Track, &json!({"user_id": "u", "event": "clicked", "context": {"group_id": "acme"}}))
            .await;
    }

    async fn rows(&self) -> Vec<String> {
        self.db.read(store::profile::rows).await.unwrap()
    }
}

fn env() -> Env {
    Env::vouched("0194f1f0-0000-7000-8000-00000000000a".parse().unwrap())
}

async fn follow(house: &House, options: Options) {
    let consumer = house.profiles(options);
    while consumer.step().await.unwrap() < house.journal.end() {}
}

#[tokio::test]
async fn events_become_people_accounts_and_rows_of_the_lake() {
    let house = House::new("consume_all").await;
    house.history().await;
    follow(&house, Options::default()).await;
    let account = house.db.read(|tx| store::profile::account(tx, env(), "tenant")).await.unwrap().unwrap();
    assert_eq!((account.account_id.as_str(), account.name().as_deref()), ("acme", Some("Acme Ltd")));
    let person = house.db.read(|tx| store::profile::person(tx, env(), "u")).await.unwrap().unwrap();
    assert_eq!(person.known.created_at(), Some("2020-11-23T22:28:55.111Z".parse().unwrap()));
    let members = house.db.read(|tx| store::profile::members(tx, env(), "acme", 1_000)).await.unwrap();
    let members: Vec<_> = members.iter().map(|member| member.user_id.as_str()).collect();
    assert_eq!(members, ["u", "v"]);

    assert_eq!(house.lake().step().await.unwrap(), house.journal.end());
    let page = house.lake.recent(env(), Default::default(), 100).unwrap();
    assert_eq!(page.events.len() as u64, house.journal.end().0 - 1);
}

#[tokio::test]
async fn the_same_records_twice_change_nothing() {
    let house = House::new("consume_twice").await;
    house.history().await;
    follow(&house, Options::default()).await;
    house.lake().step().await.unwrap();
    let (rows, stored) = (house.rows().await, house.lake.stats().head_rows);
    // The offset is lost, the rows are not: as if the command had run before.
    house
        .db
        .write(store::consumer::lock(PROFILES), |tx| store::consumer::forget(tx, PROFILES))
        .await
        .unwrap();
    follow(&house, Options::default()).await;
    assert_eq!(house.rows().await, rows);
    // A start before the lake was sealed: the head is read again.
    let path = house.dir.path().join("lake");
    let (lake, _) = Lake::open(&path, Default::default(), house.journal.id()).unwrap();
    let house = House { lake, ..house };
    house.lake().step().await.unwrap();
    house.lake().step().await.unwrap();
    assert_eq!(house.lake.stats().head_rows, stored);
}

#[tokio::test]
async fn small_commands_and_large_ones_leave_the_same_rows() {
    let (large, small) = (House::new("consume_large").await, House::new("consume_small").await);
    for house in [&large, &small] {
        house.history().await;
    }
    follow(&large, Options::default()).await;
    follow(&small, Options { rows_max: 1, ..Options::default() }).await;
    assert_eq!(large.rows().await, small.rows().await);
}

/// People with many long traits: a command ends after so many bytes, and the offset moves with the last one.
#[tokio::test]
async fn a_command_writes_a_bounded_number_of_bytes() {
    let (bounded, whole) = (House::new("consume_bytes").await, House::new("consume_no_bytes").await);
    let traits: Map<String, Value> =
        (0..20).map(|n| (format!("t{n}"), Value::String("x".repeat(1_000)))).collect();
    let mut commands = Vec::new();
    for (house, written_max) in [(&bounded, 50_000), (&whole, usize::MAX)] {
        for user in 0..12 {
            let user = format!("u{user}");
            let body = json!({"user_id": user, "traits": traits, "timestamp": "2026-01-01T00:00:00Z"});
            house.send(Call::Identify, &body).await;
            house.send(Call::Track, &json!({"user_id": user, "event": "clicked"})).await;
        }
        let consumer = house.profiles(Options { written_max, ..Options::default() });
        let before = house.db.stats().commands;
        assert_eq!(consumer.step().await.unwrap(), house.journal.end(), "one step all the same");
        commands.push(house.db.stats().commands - before);
    }
    assert!(bounded.rows().await == whole.rows().await, "the same rows");
    assert_eq!(commands[0] - commands[1], 3, "12 rows of 20 KB, three in a command: four instead of one");
}

/// What tells of nobody new but that they were seen leaves the traits alone.
#[tokio::test]
async fn to_be_seen_again_changes_the_time_alone() {
    let house = House::new("consume_seen").await;
    house.history().await;
    follow(&house, Options::default()).await;
    let person = || house.db.read(|tx| store::profile::person(tx, env(), "u"));
    let before = person().await.unwrap().unwrap();
    house.clock.advance(Duration::from_secs(60));
    for at in ["2019-01-01T00:00:00Z".to_owned(), house.clock.now().to_string()] {
        let body = json!({"user_id": "u", "event": "clicked", "timestamp": at});
        house.send(Call::Track, &body).await;
        follow(&house, Options::default()).await;
    }
    let after = person().await.unwrap().unwrap();
    assert_eq!(after.known.first_seen_at, "2019-01-01T00:00:00Z".parse().unwrap());
    assert_eq!(after.known.last_seen_at, house.clock.now());
    assert_eq!((&after.known.traits, after.email()), (&before.known.traits, before.email()));
}

#[tokio::test]
async fn a_rebuild_gives_the_same_bytes() {
    let house = House::new("consume_rebuild").await;
    house.history().await;
    follow(&house, Options { rows_max: 5, ..Options::default() }).await;
    let before = house.rows().await;
    assert!(before.len() >= 6, "people, accounts, an alias, memberships: {before:?}");
    let rebuilt = rebuild::profiles(&house.db, &house.journal, house.clock()).await.unwrap();
    assert_eq!(rebuilt.records, house.journal.end().0 - 1);
    assert_eq!(house.rows().await, before);
}

#[tokio::test]
async fn a_lake_can_be_built_again() {
    let house = House::new("consume_lake").await;
    house.history().await;
    house.lake().step().await.unwrap();
    house.lake().seal().await.unwrap();
    let before = house.lake.recent(env(), Default::default(), 100).unwrap();
    let House { dir, db, clock, journal, lake } = house;
    drop(lake);
    let path = dir.path().join("lake");
    for file in std::fs::read_dir(&path).unwrap() {
        std::fs::write(file.unwrap().path(), b"junk").unwrap();
    }
    assert!(Lake::open(&path, Default::default(), journal.id()).is_err());
    rebuild::lake(&path, Default::default(), &db, &journal, clock).await.unwrap();
    let (lake, opened) = Lake::open(&path, Default::default(), journal.id()).unwrap();
    assert_eq!(opened.offset, journal.end().0, "sealed at the end");
    assert_eq!(lake.recent(env(), Default::default(), 100).unwrap(), before);
}

/// A journal that is read again is old all over: each step would seal a segment of its own.
#[tokio::test]
async fn the_head_is_as_old_as_its_stay_however_old_its_events() {
    let house = House::new("consume_age").await;
    house.history().await;
    house.clock.advance(Duration::from_secs(86_400));
    let consumer = house.lake();
    consumer.turn().await.unwrap();
    house.clock.advance(Options::default().seal_age - Duration::from_secs(1));
    consumer.turn().await.unwrap();
    assert_eq!(house.lake.stats().segments, 0);
    house.clock.advance(Duration::from_secs(1));
    consumer.turn().await.unwrap();
    assert_eq!(house.lake.stats().segments, 1);
}

/// More members than one command may move were told under the tenant's id before the house joined both ids.
#[tokio::test]
async fn a_large_account_that_gets_its_second_id_is_rebuilt_to_the_byte() {
    let house = House::new("consume_link").await;
    let members = store::profile::MOVED_MAX + 50;
    let told: Vec<_> = (0..members)
        .map(|n| json!({"user_id": format!("u{n}"), "context": {"group_id": "tenant"}}))
        .collect();
    for told in told.chunks(100) {
        house.send(Call::Identify, &json!(told)).await;
    }
    house.history().await;
    follow(&house, Options::default()).await;
    let account = house.db.read(|tx| store::profile::account(tx, env(), "tenant")).await.unwrap().unwrap();
    assert_eq!(account.account_id, "acme");
    let joined = house.db.read(|tx| store::profile::members(tx, env(), "acme", 1_000)).await.unwrap();
    assert_eq!(joined.len(), members + 2, "and those of the history");
    let rows = house.rows().await;
    // With small batches the links stand in other commands.
    house
        .db
        .write(store::consumer::lock(PROFILES), |tx| store::consumer::forget(tx, PROFILES))
        .await
        .unwrap();
    house.db.write(store::profile::lock(), store::profile::clear).await.unwrap();
    follow(&house, Options { rows_max: 7, ..Options::default() }).await;
    assert_eq!(house.rows().await, rows);
    rebuild::profiles(&house.db, &house.journal, house.clock()).await.unwrap();
    assert_eq!(house.rows().await, rows);
}

#[tokio::test]
async fn a_record_that_cannot_be_read_stops_nobody() {
    let house = House::new("consume_dead").await;
    house.append(Origin::Request.source(), b"\x07 from the future".to_vec()).await;
    house.append(77, b"\x01".to_vec()).await;
    house.send(Call::Identify, &json!([{"user_id": "u"}])).await;
    follow(&house, Options::default()).await;
    house.lake().step().await.unwrap();
    let journal = house.journal.id();
    for consumer in [PROFILES, LAKE] {
        let letters =
            house.db.read(move |tx| store::consumer::dead_letters(tx, journal, consumer, 10)).await.unwrap();
        let reasons: Vec<_> = letters.iter().map(|l| (l.sequence, l.reason.as_str())).collect();
        assert_eq!(reasons, [(2, "unknown source 77"), (1, "unknown record version 7")], "{consumer}");
        assert_eq!(letters[1].body, b"\x07 from the future");
    }
    assert_eq!(house.lake.stats().head_rows, 1);
    assert!(house.db.read(|tx| store::profile::person(tx, env(), "u")).await.unwrap().is_some());
}

sql::statements! {
    /// Stands for whatever makes a database refuse one record's rows for ever.
    POISON = "CREATE TRIGGER poison BEFORE INSERT ON profile_user WHEN NEW.user_id = 'poison' \
        BEGIN SELECT RAISE(ABORT, 'poisoned'); END";
}

#[tokio::test]
async fn a_record_that_the_database_refuses_is_buried_alone() {
    let house = House::new("consume_poison").await;
    house.db.write(sql::Locks::none(), |tx| tx.execute(&POISON, sql::params![])).await.unwrap();
    house.send(Call::Identify, &json!([{"user_id": "a"}, {"user_id": "poison"}, {"user_id": "b"}])).await;
    follow(&house, Options::default()).await;
    let journal = house.journal.id();
    let letters =
        house.db.read(move |tx| store::consumer::dead_letters(tx, journal, PROFILES, 10)).await.unwrap();
    assert_eq!(letters.iter().map(|letter| letter.sequence).collect::<Vec<_>>(), [2]);
    for (user, there) in [("a", true), ("poison", false), ("b", true)] {
        let found = house.db.read(move |tx| store::profile::person(tx, env(), user)).await.unwrap();
        assert_eq!(found.is_some(), there, "{user}");
    }
}

#[tokio::test]
async fn offsets_of_another_journal_are_refused_by_name() {
    let house = House::new("consume_check").await;
    house.history().await;
    follow(&house, Options::default()).await;
    assert!(check(&house.db, &house.journal, &house.lake).await.is_ok());

    let path = house.dir.path().join("other");
    std::fs::create_dir_all(&path).unwrap();
    let (other, _) = Journal::open(&path, journal::Options::default(), &SeededRng::new(2)).unwrap();
    let fault = check(&house.db, &other, &house.lake).await.unwrap_err();
    assert!(matches!(fault, StartFault::OtherJournal { .. }));
    assert!(fault.to_string().contains("thrivestack rebuild profiles"), "{fault}");

    let (journal, at) = (house.journal.id(), Timestamp::EPOCH);
    house
        .db
        .write(store::consumer::lock(PROFILES), move |tx| {
            store::consumer::advance(tx, journal, PROFILES, 1_000, &[], at)
        })
        .await
        .unwrap();
    let fault = check(&house.db, &house.journal, &house.lake).await.unwrap_err();
    assert!(matches!(fault, StartFault::OutOfReach { consumer: PROFILES, offset: 1_000, .. }));

    house.lake.ingest(&[], 2_000, at).unwrap();
    house
        .db
        .write(store::consumer::lock(PROFILES), |tx| store::consumer::forget(tx, PROFILES))
        .await
        .unwrap();
    let fault = check(&house.db, &house.journal, &house.lake).await.unwrap_err();
    assert!(fault.to_string().contains("thrivestack rebuild lake"), "{fault}");
}

#[tokio::test]
async fn consumers_follow_until_they_are_told_to_stop_and_seal_then() {
    let house = House::new("consume_run").await;
    let (profiles, lake) = (house.profiles(Options::default()), house.lake());
    let (mut people, mut columns) = (profiles.progress(), lake.progress());
    let shutdown = CancellationToken::new();
    let running = tokio::spawn({
        let shutdown = shutdown.clone();
        async move { tokio::join!(profiles.run(shutdown.clone()), lake.run(shutdown)) }
    });
    for _ in 0..3 {
        house.history().await;
        assert!(people.reaches(house.journal.end()).await && columns.reaches(house.journal.end()).await);
    }
    assert_eq!(house.lake.stats().sealed_offset, 0);
    shutdown.cancel();
    running.await.unwrap();
    assert_eq!(house.lake.stats().sealed_offset, house.journal.end().0);
}

#[tokio::test]
async fn small_segments_are_merged_beside_the_consumer() {
    let house = House::new("consume_merge").await;
    let consumer = house.lake();
    let mut progress = consumer.progress();
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(consumer.run(shutdown.clone()));
    for round in 0_u64.. {
        house.history().await;
        assert!(progress.reaches(house.journal.end()).await);
        if round >= 7 && house.lake.stats().segments < 8 {
            break;
        }
        // The next step finds the head old enough to be sealed.
        house.clock.advance(Options::default().seal_age);
    }
    let page = house.lake.recent(env(), Default::default(), 1_000).unwrap();
    assert_eq!(page.events.len() as u64, house.journal.end().0 - 1);
    shutdown.cancel();
    running.await.unwrap();
}

#[test]
fn a_fault_that_lasts_is_tried_ever_more_rarely() {
    let options = Options { pause: Duration::from_millis(500), ..Options::default() };
    let pauses = [1, 2, 7, 8, u32::MAX].map(|faults| options.pause(faults).as_millis());
    assert_eq!(pauses, [500, 1_000, 32_000, 32_000, 32_000]);
}
