use crate::components;
use kernel::{EnvironmentId, JournalId, Timestamp};
use sql::{Database, Fault};
use store::consumer::{self, DeadLetter};
use testkit::{SeededRng, databases};

const NAME: &str = "profiles";

fn journal(seed: u64) -> JournalId {
    JournalId::random(&SeededRng::new(seed))
}

fn letter(sequence: u64, body: &[u8]) -> DeadLetter {
    DeadLetter {
        sequence,
        environment: EnvironmentId::random(&SeededRng::new(9)),
        reason: "unknown record version 7".into(),
        body: body.to_vec(),
        body_bytes: body.len(),
        died_at: Timestamp::from_seconds(5),
    }
}

async fn advance(db: &Database, journal: JournalId, next: u64, letters: Vec<DeadLetter>) {
    let at = db.now();
    db.write(consumer::lock(NAME), move |tx| consumer::advance(tx, journal, NAME, next, &letters, at))
        .await
        .unwrap();
}

async fn offset(db: &Database, journal: JournalId) -> Option<(u64, u64)> {
    let found = db.read(move |tx| consumer::offset(tx, journal, NAME)).await.unwrap();
    found.map(|offset| (offset.next, offset.dead))
}

#[tokio::test]
async fn an_offset_belongs_to_one_journal_and_never_goes_back() {
    for db in databases("consumer_offset", &components()).await {
        let (ours, other) = (journal(1), journal(2));
        assert_eq!(offset(&db, ours).await, None);
        advance(&db, ours, 10, vec![]).await;
        advance(&db, ours, 10, vec![]).await;
        advance(&db, ours, 4, vec![]).await;
        assert_eq!(offset(&db, ours).await, Some((10, 0)));
        assert_eq!(offset(&db, other).await, None);
        advance(&db, other, 3, vec![]).await;
        let all = db.read(|tx| consumer::offsets(tx, NAME)).await.unwrap();
        assert_eq!(all.len(), 2);
    }
}

#[tokio::test]
async fn a_record_is_buried_and_counted_once() {
    for db in databases("consumer_letter", &components()).await {
        let ours = journal(1);
        advance(&db, ours, 10, vec![letter(3, b"\0\xff"), letter(7, b"x")]).await;
        // What the lake's head lost is read again: the same letters come once more, with a new one.
        advance(&db, ours, 12, vec![letter(3, b"\0\xff"), letter(7, b"x"), letter(11, b"y")]).await;
        assert_eq!(offset(&db, ours).await, Some((12, 3)));
        let letters = db.read(move |tx| consumer::dead_letters(tx, ours, NAME, 2)).await.unwrap();
        assert_eq!(letters, [letter(11, b"y"), letter(7, b"x")], "the latest first");
    }
}

#[tokio::test]
async fn dead_letters_are_bounded_and_all_are_counted() {
    for db in databases("consumer_cap", &components()).await {
        let ours = journal(1);
        let many = u64::try_from(consumer::DEAD_LETTERS_MAX).unwrap() + 5;
        advance(&db, ours, many, (0..many).map(|n| letter(n, b"")).collect()).await;
        let large = vec![b'x'; consumer::BODY_BYTES_MAX + 1];
        advance(&db, ours, many + 1, vec![letter(many, &large)]).await;
        assert_eq!(offset(&db, ours).await, Some((many + 1, many + 1)));
        let kept = db.read(move |tx| consumer::dead_letters(tx, ours, NAME, i64::MAX)).await.unwrap();
        assert_eq!(kept.len() as i64, consumer::DEAD_LETTERS_MAX);
        assert_eq!((kept[0].body.len(), kept[0].body_bytes), (consumer::BODY_BYTES_MAX, large.len()));
        assert_eq!(kept.last().map(|letter| letter.sequence), Some(6));
    }
}

#[tokio::test]
async fn forgetting_starts_again_and_asks_for_the_lock() {
    for db in databases("consumer_forget", &components()).await {
        let ours = journal(1);
        advance(&db, ours, 10, vec![letter(3, b"")]).await;
        let unlocked = db.write(sql::Locks::none(), |tx| consumer::forget(tx, NAME)).await;
        assert!(matches!(unlocked, Err(Fault::LockNotHeld { .. })));
        db.write(consumer::lock(NAME), |tx| consumer::forget(tx, NAME)).await.unwrap();
        assert_eq!(offset(&db, ours).await, None);
        let letters = db.read(move |tx| consumer::dead_letters(tx, ours, NAME, 10)).await.unwrap();
        assert_eq!(letters, []);
    }
}
