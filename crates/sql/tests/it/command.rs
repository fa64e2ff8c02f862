//! One command: what it may expect.

use super::fixture::{
    No, PUT, databases, databases_with, get, ids, increment, lock, one_lane, put, together,
};
use sql::{Database, Fault, Locks, Options, params};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_command_reads_what_it_has_written() {
    for db in databases("reads own").await {
        let seen = db.write::<_, Fault>(lock("a"), |tx| {
            tx.execute(&PUT, params!["a", 41])?;
            increment(tx, "a")?;
            get(tx, "a")
        });
        assert_eq!(seen.await.expect("the command commits"), Some(42));
        assert_eq!(ids(&db).await, ["a"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_undoes_its_writes_sent_or_not() {
    for db in databases("refusal").await {
        for reads in [false, true] {
            let refused: Result<(), No> = db
                .write(lock("a"), move |tx| {
                    tx.execute(&PUT, params!["a", 1])?;
                    if reads {
                        assert_eq!(get(tx, "a")?, Some(1));
                    }
                    Err(No::Refused)
                })
                .await;
            assert!(matches!(refused, Err(No::Refused)), "{refused:?}");
            assert!(ids(&db).await.is_empty());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_commit_is_called_before_the_answer_and_only_after_a_commit() {
    for db in databases("on commit").await {
        let called = Arc::new(AtomicUsize::new(0));
        let run = |refuse: bool| {
            let (db, called) = (db.database(), Arc::clone(&called));
            async move {
                db.write::<(), No>(lock("a"), move |tx| {
                    let called = Arc::clone(&called);
                    tx.on_commit(move || {
                        called.fetch_add(1, SeqCst);
                    });
                    tx.execute(&PUT, params!["a", 1])?;
                    if refuse { Err(No::Refused) } else { Ok(()) }
                })
                .await
            }
        };
        run(true).await.expect_err("it refuses");
        assert_eq!(called.load(SeqCst), 0);
        run(false).await.expect("it commits");
        assert_eq!(called.load(SeqCst), 1);
        // The key is taken now: the engine fails the statement.
        run(false).await.expect_err("it fails");
        assert_eq!(called.load(SeqCst), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_command_can_run_twice() {
    let options = Options { run_each_command_twice: true, ..one_lane() };
    for db in databases_with("twice", options).await {
        let (runs, called) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (counted, calls) = (Arc::clone(&runs), Arc::clone(&called));
        db.write::<_, Fault>(lock("a"), move |tx| {
            counted.fetch_add(1, SeqCst);
            let calls = Arc::clone(&calls);
            tx.on_commit(move || {
                calls.fetch_add(1, SeqCst);
            });
            increment(tx, "a")?;
            assert_eq!(get(tx, "a")?, Some(1));
            tx.execute(&PUT, params!["b", 1])
        })
        .await
        .expect("the command commits");
        assert_eq!((runs.load(SeqCst), called.load(SeqCst)), (2, 1));
        assert_eq!(ids(&db).await, ["a", "b"]);
        put(&db, "c").await.expect("an unsent write is undone too");
        assert_eq!(ids(&db).await, ["a", "b", "c"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_is_said_at_once() {
    for db in databases_with("full", Options { queue: 2, ..one_lane() }).await {
        let gate = super::fixture::Gate::shut(&db, Vec::new()).await;
        let mut waiting = Vec::new();
        for n in 1..=2 {
            let db: Database = db.database();
            waiting.push(tokio::spawn({
                let db = db.clone();
                async move { db.write::<(), Fault>(Locks::none(), |_| Ok(())).await }
            }));
            while db.stats().queue_depth < n {
                tokio::task::yield_now().await;
            }
        }
        let refused: Result<(), Fault> = db.write(Locks::none(), |_| Ok(())).await;
        assert!(matches!(refused, Err(Fault::Full)), "{refused:?}");
        assert_eq!(db.stats().refused_full, 1);
        gate.open();
        for command in waiting {
            command.await.expect("the task ends").expect("the command commits");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_finishes_what_was_asked_for_and_refuses_what_comes_later() {
    for db in databases_with("close", one_lane()).await {
        let other = db.open_again(one_lane()).await;
        let clone = other.clone();
        let gate = super::fixture::Gate::shut(&other, Vec::new()).await;
        let asked = tokio::spawn({
            let other = other.clone();
            async move { put(&other, "a").await }
        });
        while other.stats().queue_depth == 0 {
            tokio::task::yield_now().await;
        }
        let closing = tokio::spawn(other.close());
        gate.open();
        asked.await.expect("the task ends").expect("the command commits");
        closing.await.expect("it closes");
        assert!(matches!(put(&clone, "b").await, Err(Fault::Closed)));
        assert_eq!(ids(&db).await, ["a"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_database_runs_no_statement() {
    for db in databases("idle").await {
        put(&db, "a").await.expect("a is put");
        let before = db.stats().statements;
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        assert_eq!(db.stats().statements, before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_that_wait_share_a_commit() {
    for db in databases_with("share", one_lane()).await {
        let command = |id: &'static str| {
            let db: Database = db.database();
            Box::pin(async move { put(&db, id).await }) as std::pin::Pin<Box<dyn Future<Output = _> + Send>>
        };
        let before = db.stats();
        for answer in
            together::<Result<(), Fault>>(&db, vec![command("a"), command("b"), command("c"), command("d")])
                .await
        {
            answer.expect("the command commits");
        }
        let after = db.stats();
        assert_eq!(after.commands - before.commands, 5);
        // The gate's own commit may be another one, where its group was closed before the rest came.
        assert!(after.commits - before.commits <= 2, "{before:?} {after:?}");
    }
}
