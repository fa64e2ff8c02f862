//! Named locks, between lanes and between handles.

use super::fixture::{Gate, databases, databases_with, get, increment, lock, one_lane};
use sql::{Database, Engine, Fault, Lock, Locks, Options};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_lock_is_a_fault_on_every_engine() {
    for db in databases("missing").await {
        let without: Result<(), Fault> = db.write(lock("b"), |tx| increment(tx, "a")).await;
        let Err(Fault::LockNotHeld { name }) = without else { panic!("{without:?}") };
        assert_eq!(name, "thing/a");
        let with: Result<(), Fault> = db.write([lock("b"), lock("a")], |tx| increment(tx, "a")).await;
        with.expect("it holds both");
        let reading: Result<(), Fault> = db.read(|tx| tx.holds(&lock("a"))).await;
        assert!(matches!(reading, Err(Fault::LockNotHeld { .. })), "{reading:?}");
    }
}

#[test]
fn the_parts_of_a_lock_do_not_run_into_each_other() {
    assert_ne!(Lock::new("n", &["a", "bc"]), Lock::new("n", &["ab", "c"]));
    assert_ne!(Lock::new("n", &["a"]), Lock::new("na", &[]));
    assert_eq!(Lock::new("n", &["a", "b"]), Lock::new("n", &["a", "b"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn conflicting_commands_of_two_handles_lose_nothing() {
    for db in databases("conflict").await {
        let other = db.open_again(Options::default()).await;
        let mut running = Vec::new();
        for n in 0..200 {
            let db: Database = if n % 2 == 0 { db.database() } else { other.clone() };
            running.push(tokio::spawn(async move {
                db.write::<(), Fault>(lock("counter"), |tx| increment(tx, "counter")).await
            }));
        }
        for command in running {
            command.await.expect("the task ends").expect("the command commits");
        }
        let count = db.read(|tx| get(tx, "counter")).await.unwrap_or_else(|fault: Fault| panic!("{fault:?}"));
        assert_eq!(count, Some(200));
        assert_eq!(db.stats().conflicts + other.stats().conflicts, 0);
        other.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_locks_in_either_order_block_nobody_for_good() {
    for db in databases("either order").await {
        let mut running = Vec::new();
        for n in 0..200 {
            let db = db.database();
            let locks = if n % 2 == 0 { [lock("x"), lock("y")] } else { [lock("y"), lock("x")] };
            running.push(tokio::spawn(async move {
                db.write::<(), Fault>(locks, |tx| {
                    increment(tx, "x")?;
                    increment(tx, "y")
                })
                .await
            }));
        }
        for command in running {
            command.await.expect("the task ends").expect("the command commits");
        }
        let both: (Option<i64>, Option<i64>) = db
            .read(|tx| Ok((get(tx, "x")?, get(tx, "y")?)))
            .await
            .unwrap_or_else(|fault: Fault| panic!("{fault:?}"));
        assert_eq!(both, (Some(200), Some(200)));
    }
}

/// PostgreSQL alone lets a command pass another one: SQLite's lane runs all in their order.
#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_lock_is_passed_by_others_but_never_for_the_same_lock() {
    for db in databases_with("fifo", one_lane()).await {
        if db.engine() == Engine::Sqlite {
            continue;
        }
        let other = db.open_again(one_lane()).await;
        let gate = Gate::shut(&db, vec![lock("held")]).await;
        let done = Arc::new(Mutex::new(Vec::new()));
        let start = |name: &'static str, locks: Vec<Lock>| {
            let (db, done) = (other.clone(), Arc::clone(&done));
            tokio::spawn(async move {
                db.write::<(), Fault>(locks, move |tx| {
                    let done = Arc::clone(&done);
                    tx.on_commit(move || done.lock().expect("no panic holds it").push(name));
                    Ok(())
                })
                .await
            })
        };
        let first = start("first", vec![lock("held"), lock("behind")]);
        while other.stats().groups < 2 {
            tokio::task::yield_now().await;
        }
        let second = start("second", vec![lock("behind")]);
        start("free", vec![lock("free")]).await.expect("the task ends").expect("it passes");
        gate.open();
        first.await.expect("the task ends").expect("it commits");
        second.await.expect("the task ends").expect("it commits");
        assert_eq!(*done.lock().expect("no panic holds it"), ["free", "first", "second"]);
        other.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_stays_busy_is_answered_and_others_go_on() {
    for db in databases_with("busy", one_lane()).await {
        if db.engine() == Engine::Sqlite {
            // One lane for all of the file: the second handle waits for the file itself.
            continue;
        }
        let impatient = Options { lock_deadline: Duration::from_millis(30), ..one_lane() };
        let other = db.open_again(impatient).await;
        let gate = Gate::shut(&db, vec![lock("held")]).await;
        let free: Result<(), Fault> = other.write(lock("free"), |tx| increment(tx, "free")).await;
        free.expect("another lock is free");
        let busy: Result<(), Fault> = other.write(lock("held"), |tx| increment(tx, "held")).await;
        assert!(matches!(busy, Err(Fault::LockBusy)), "{busy:?}");
        gate.open();
        let none: Result<(), Fault> = other.write(Locks::none(), |_| Ok(())).await;
        none.expect("the lane goes on");
        other.close().await;
    }
}
