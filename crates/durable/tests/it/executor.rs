use crate::{components, env};
use durable::{Claimed, Executor, Handler, JobFault, NewJob, Options, Registry, Running, job};
use kernel::{Category, Clock, JobId};
use sql::{Database, Fault, Locks, params, statements};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::{SeededRng, TestClock, TestDb};
use tokio_util::sync::CancellationToken;

statements! {
    REASON = "SELECT reason FROM job_parked";
}

/// Notes what it runs; what it does then depends on the payload.
#[derive(Clone)]
struct Probe {
    db: Database,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Handler for Probe {
    fn run(&self, job: Claimed, _: CancellationToken) -> Running {
        let probe = self.clone();
        Box::pin(async move {
            let first = {
                let mut seen = probe.seen.lock().unwrap();
                seen.push(job.payload.clone());
                seen.len() == 1
            };
            match job.payload.as_str() {
                "fault" => return Err(JobFault { message: "no luck".into(), category: Category::Fault }),
                "panic" => panic!("as told"),
                "untold" => return Err(JobFault { message: "no\0luck".into(), category: Category::Fault }),
                "once, while the lane is full" if first => {
                    fill_the_lane(&probe.db).await;
                    return Err(JobFault { message: "no luck".into(), category: Category::Fault });
                }
                _ => {}
            }
            probe.db.write(Locks::none(), move |tx| job::complete(tx, &job)).await?;
            Ok(())
        })
    }

    fn given_up(&self, job: Claimed, reason: String) -> Running {
        let probe = self.clone();
        Box::pin(async move {
            probe.seen.lock().unwrap().push(format!("{} given up: {reason}", job.payload));
            match job.payload.as_str() {
                "untold" => Err(JobFault { message: "nobody listens".into(), category: Category::Fault }),
                _ => Ok(()),
            }
        })
    }
}

/// One command at work and one in the queue: a lane with a queue of one has no room then, until it was refused
/// something.
async fn fill_the_lane(db: &Database) {
    let (at_work, begun) = tokio::sync::oneshot::channel();
    let (at_work, refusals) = (Mutex::new(Some(at_work)), db.stats().refused_full);
    let (waiter, counted) = (db.clone(), db.clone());
    tokio::spawn(async move {
        let busy = move |_: &mut sql::Tx<'_>| {
            if let Some(at_work) = at_work.lock().unwrap().take() {
                at_work.send(()).unwrap();
            }
            while counted.stats().refused_full == refusals {
                std::thread::sleep(Duration::from_millis(1));
            }
            Ok::<_, Fault>(())
        };
        waiter.write(Locks::none(), busy).await
    });
    begun.await.unwrap();
    let next = db.clone();
    tokio::spawn(async move { next.write(Locks::none(), |_| Ok::<_, Fault>(())).await });
    while db.stats().queue_depth == 0 {
        tokio::task::yield_now().await;
    }
}

struct House {
    executor: Executor,
    registry: Registry,
    db: Database,
    clock: Arc<TestClock>,
    seen: Arc<Mutex<Vec<String>>>,
    rng: SeededRng,
}

impl House {
    fn new(test: &TestDb, options: Options) -> Self {
        let db = test.database();
        let executor = Executor::new(options, db.engine());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let probe = Probe { db: db.clone(), seen: Arc::clone(&seen) };
        let registry = Registry::default().with("probe@1", Arc::new(probe));
        Self { executor, registry, db, clock: Arc::clone(&test.clock), seen, rng: SeededRng::new(1) }
    }

    async fn enqueue(&self, payload: &str, delay: Duration) -> JobId {
        let now = self.clock.now();
        let job = NewJob {
            id: JobId::ordered(now, &self.rng),
            kind: "probe@1",
            correlation: "run".into(),
            payload: payload.into(),
            due_at: now.plus(delay),
        };
        let (id, jobs) = (job.id, self.executor.jobs());
        self.db.write(Locks::none(), move |tx| job::enqueue(tx, &jobs, env(1), &job, now)).await.unwrap();
        id
    }

    async fn drain(&mut self) -> usize {
        let registry = std::mem::take(&mut self.registry);
        let (ran, registry) = self.executor.drain(&self.db, registry).await;
        self.registry = registry;
        ran
    }

    fn seen(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }

    async fn counts(&self) -> (i64, i64) {
        self.db.read(job::counts).await.unwrap()
    }
}

#[tokio::test]
async fn a_due_job_runs_once_and_a_later_one_at_its_time() {
    for test in testkit::databases("jobs_due", &components()).await {
        let mut house = House::new(&test, Options::default());
        house.enqueue("now", Duration::ZERO).await;
        house.enqueue("later", Duration::from_secs(60)).await;
        house.drain().await;
        assert_eq!(house.seen(), ["now"]);
        house.clock.advance(Duration::from_secs(60));
        house.drain().await;
        assert_eq!(house.seen(), ["later"]);
        assert_eq!(house.counts().await, (0, 0));
    }
}

#[tokio::test]
async fn without_a_free_slot_a_job_is_claimed_later() {
    for test in testkit::databases("jobs_slots", &components()).await {
        let mut house = House::new(&test, Options { slots: 1, ..Options::default() });
        for n in 0..5 {
            house.enqueue(&n.to_string(), Duration::ZERO).await;
        }
        assert_eq!(house.drain().await, 5);
        let mut seen = house.seen();
        seen.sort();
        assert_eq!(seen, ["0", "1", "2", "3", "4"]);
    }
}

#[tokio::test]
async fn a_called_off_job_does_not_run() {
    for test in testkit::databases("jobs_off", &components()).await {
        let mut house = House::new(&test, Options::default());
        house.enqueue("later", Duration::from_secs(1)).await;
        house.db.write(Locks::none(), |tx| job::call_off(tx, env(2), "run")).await.unwrap();
        assert_eq!(house.counts().await.0, 1, "another environment's run has the same name");
        house.db.write(Locks::none(), |tx| job::call_off(tx, env(1), "run")).await.unwrap();
        house.clock.advance(Duration::from_secs(2));
        assert_eq!(house.drain().await, 0);
    }
}

#[tokio::test]
async fn a_job_that_keeps_failing_is_parked_and_somebody_is_told() {
    for payload in ["fault", "panic"] {
        for test in testkit::databases("jobs_fault", &components()).await {
            let pauses = vec![Duration::from_secs(1), Duration::from_secs(5)];
            let mut house = House::new(&test, Options { fault_pauses: pauses, ..Options::default() });
            house.enqueue(payload, Duration::ZERO).await;
            for _ in 0..4 {
                house.drain().await;
                house.clock.advance(Duration::from_secs(5));
            }
            let seen = house.seen();
            assert_eq!(seen[..3], [payload, payload, payload]);
            assert!(seen[3].starts_with(&format!("{payload} given up")), "{seen:?}");
            assert_eq!((seen.len(), house.counts().await), (4, (0, 1)));
        }
    }
}

/// Unwritten, the lease would have no end on SQLite, and the job would wait for the next start.
#[tokio::test]
async fn a_failure_that_could_not_be_written_is_written_when_it_can() {
    let options = sql::Options { lanes: 1, queue: 1, ..sql::Options::default() };
    for test in testkit::databases_with("jobs_insist", &components(), options).await {
        let mut house = House::new(&test, Options::default());
        house.enqueue("once, while the lane is full", Duration::ZERO).await;
        assert_eq!(house.drain().await, 1);
        assert!(house.db.stats().refused_full > 0, "the lane was not full");
        house.clock.advance(Duration::from_secs(1));
        assert_eq!(house.drain().await, 1, "it runs again after the first pause");
        assert_eq!(house.counts().await, (0, 0));
    }
}

#[tokio::test]
async fn a_job_that_nobody_can_be_told_about_is_parked_with_both_reasons() {
    for test in testkit::databases("jobs_untold", &components()).await {
        let mut house = House::new(&test, Options { fault_pauses: Vec::new(), ..Options::default() });
        house.enqueue("untold", Duration::ZERO).await;
        assert_eq!(house.drain().await, 1);
        assert_eq!(house.counts().await, (0, 1));
        house.clock.advance(Duration::from_secs(3_600));
        assert_eq!(house.drain().await, 0, "it is not tried again");
        let reason = |tx: &mut sql::Tx<'_>| tx.query_one(&REASON, params![], |row| row.get::<String>(0));
        let reason = house.db.read(reason).await.unwrap();
        assert_eq!(reason, "no\u{fffd}luck; nobody could be told: nobody listens");
    }
}

/// Whoever lost the lease can neither finish the job nor move it.
#[tokio::test]
async fn the_fence_decides_who_may_finish() {
    for test in testkit::databases("jobs_fence", &components()).await {
        let mut house = House::new(&test, Options::default());
        let id = house.enqueue("fenced", Duration::from_secs(1)).await;
        let stale = Claimed {
            id,
            env: env(1),
            kind: "probe@1".into(),
            correlation: "run".into(),
            payload: "fenced".into(),
            due_at: house.clock.now(),
            fence: -1,
            faults: 0,
        };
        let (old, jobs, now) = (stale.clone(), house.executor.jobs(), house.clock.now());
        let held = house
            .db
            .write(Locks::none(), move |tx| {
                job::complete(tx, &old)?;
                job::reschedule(tx, &jobs, &old, now, "stale")?;
                job::is_held(tx, &old)
            })
            .await
            .unwrap();
        assert!(!held);
        assert_eq!(house.drain().await, 0, "still due in a second");
        house.clock.advance(Duration::from_secs(1));
        assert_eq!(house.drain().await, 1);
    }
}

/// A process that died holding leases: on SQLite the next start voids them, on PostgreSQL they end.
#[tokio::test]
async fn an_expired_lease_is_claimed_again() {
    for test in testkit::databases("jobs_lease", &components()).await {
        let first = House::new(&test, Options::default());
        first.enqueue("orphan", Duration::ZERO).await;
        // Handed to an executor that never runs it.
        let mut second = House::new(&test, Options::default());
        assert_eq!(second.drain().await, 0, "somebody else has the lease");
        match second.db.engine() {
            sql::Engine::Sqlite => {
                second.db.write(Locks::none(), job::void_leases).await.unwrap();
            }
            sql::Engine::Postgres => second.clock.advance(Duration::from_secs(16)),
        }
        assert_eq!(second.drain().await, 1);
        assert_eq!(second.seen(), ["orphan"]);
    }
}

#[tokio::test]
async fn a_rolled_back_job_is_never_handed_over() {
    for test in testkit::databases("jobs_rollback", &components()).await {
        let mut house = House::new(&test, Options::default());
        let now = house.clock.now();
        let job = NewJob {
            id: JobId::ordered(now, &house.rng),
            kind: "probe@1",
            correlation: String::new(),
            payload: "ghost".into(),
            due_at: now,
        };
        let jobs = house.executor.jobs();
        let refused = house
            .db
            .write(Locks::none(), move |tx| {
                job::enqueue(tx, &jobs, env(1), &job, now)?;
                Err::<(), _>(Fault::LockBusy)
            })
            .await;
        assert!(refused.is_err());
        assert_eq!(house.drain().await, 0);
        assert_eq!(house.executor.jobs().stats().running, 0, "the slot is free again");
    }
}

/// A due time is of the wall clock: one that jumps, as after a suspend, brings the job forward with it. Looking at the
/// clock costs no statement.
#[tokio::test]
async fn a_job_is_not_late_by_a_jump_of_the_clock() {
    let hour = Duration::from_secs(3_600);
    for test in testkit::databases("jobs_jump", &components()).await {
        let options = Options { sleep_max: Duration::from_millis(5), ..Options::default() };
        let house = House::new(&test, options);
        house.enqueue("later", hour).await;
        let (db, clock, seen) = (house.db.clone(), Arc::clone(&house.clock), Arc::clone(&house.seen));
        let stop = CancellationToken::new();
        let running = house.executor.run(db.clone(), house.registry, stop.clone(), Duration::from_secs(5));
        let running = tokio::spawn(running);
        if db.engine() == sql::Engine::Sqlite {
            // The first claim learns when the job is due; then many looks at the clock follow.
            let quiet = async || {
                let before = db.stats().statements;
                tokio::time::sleep(Duration::from_millis(200)).await;
                db.stats().statements == before
            };
            assert!(quiet().await || quiet().await, "a look at the clock is no statement");
        }
        assert!(seen.lock().unwrap().is_empty());
        clock.set(clock.now().plus(hour));
        let ran = async {
            while db.read(job::counts).await.unwrap().0 > 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), ran).await.expect("the job runs when it is due");
        assert_eq!(*seen.lock().unwrap(), ["later"]);
        stop.cancel();
        running.await.unwrap();
    }
}

/// The real loop: jobs run by themselves, and an idle executor on SQLite issues no statements.
#[tokio::test]
async fn a_running_executor_sleeps_until_something_is_due() {
    for test in testkit::databases("jobs_idle", &components()).await {
        let house = House::new(&test, Options::default());
        house.enqueue("one", Duration::ZERO).await;
        let (db, seen) = (house.db.clone(), Arc::clone(&house.seen));
        let stop = CancellationToken::new();
        let running = tokio::spawn(house.executor.run(
            db.clone(),
            house.registry,
            stop.clone(),
            Duration::from_secs(5),
        ));
        while db.read(job::counts).await.unwrap().0 > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(*seen.lock().unwrap(), ["one"]);
        if db.engine() == sql::Engine::Sqlite {
            // The last claim may still be under way; polling would never come to rest.
            let quiet = async || {
                let before = db.stats().statements;
                tokio::time::sleep(Duration::from_millis(300)).await;
                db.stats().statements == before
            };
            assert!(quiet().await || quiet().await, "idle means no statements");
        }
        stop.cancel();
        running.await.unwrap();
    }
}
