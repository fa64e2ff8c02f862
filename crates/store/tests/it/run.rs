//! Runs with everything around them, on every engine.

use crate::components;
use kernel::{
    Clock, Cursor, DeliveryId, EndUserId, Env, EnvironmentId, LeadId, MailId, RunId, TenantId, Timestamp,
    WorkflowId,
};
use model::enrichment::Enrichment;
use model::run::{BuilderTenant, Run, RunKind, RunState, Subject, UserId, WaitingFor, begin};
use model::workflow::Definition;
use sql::{Database, Fault, Locks, Tx};
use std::time::Duration;
use store::delivery::Attempt;
use store::run::{Filter, Which};
use store::{definition, delivery, end_user, handover, idempotency, lead, mail, run, tenant};
use testkit::{SeededRng, TestDb};
use uuid::Uuid;

fn env(n: u128) -> Env {
    Env::vouched(EnvironmentId::from_uuid(Uuid::from_u128(n)))
}

struct Made {
    definition: Definition,
    rng: SeededRng,
    now: Timestamp,
}

impl Made {
    fn new(test: &TestDb) -> Self {
        let rng = SeededRng::new(3);
        let now = test.clock.now();
        Self { definition: Definition::prosumer(WorkflowId::ordered(now, &rng)), rng, now }
    }

    fn run(&self, user: &str, seconds: u64) -> Run {
        let email = format!("{user}@Acme.com");
        let now = self.now.plus(Duration::from_secs(seconds));
        let subject = Subject {
            user_id: UserId::new(user).unwrap(),
            enrichment: Enrichment::of_email(&email),
            email: email.parse().unwrap(),
            role: None,
            end_user: EndUserId::ordered(now, &self.rng),
            tenant: TenantId::ordered(now, &self.rng),
        };
        begin(&self.definition, RunId::random(&self.rng), RunKind::Signup, subject, now)
    }
}

async fn under<T, F>(db: &Database, env: Env, of: &Run, f: F) -> Result<T, Fault>
where
    T: Send + 'static,
    F: for<'t> Fn(&mut Tx<'t>) -> Result<T, Fault> + Send + 'static,
{
    db.write(run::subject_lock(env, of.workflow, of.user_id.as_str()), f).await
}

#[tokio::test]
async fn a_run_is_written_read_and_listed_in_its_environment_alone() {
    for test in testkit::databases("store_run", &components()).await {
        let (db, made) = (test.database(), Made::new(&test));
        let mut runs: Vec<_> = (0..5).map(|n| made.run(&format!("user-{n}"), n)).collect();
        for one in &runs {
            let row = one.clone();
            under(&db, env(1), one, move |tx| run::insert(tx, env(1), &row)).await.unwrap();
        }
        runs[4].state = RunState::Waiting;
        runs[4].waiting_for = Some(WaitingFor::Ack);
        let row = runs[4].clone();
        under(&db, env(1), &runs[4], move |tx| run::save(tx, env(1), &row)).await.unwrap();

        let all = Filter { limit: 2, ..Filter::default() };
        let page = db.read(move |tx| run::list(tx, env(1), &all)).await.unwrap();
        assert_eq!(page, [runs[4].clone(), runs[3].clone()], "newest first");
        let after = Cursor::at(page[1].created_at, page[1].id.to_string());
        let rest = Filter { limit: 10, after: Some(after), ..Filter::default() };
        let page = db.read(move |tx| run::list(tx, env(1), &rest)).await.unwrap();
        assert_eq!(page.len(), 3);

        let found = |filter: Filter, n: u128| {
            let db = db.clone();
            async move { db.read(move |tx| run::count(tx, env(n), &filter)).await.unwrap() }
        };
        assert_eq!(found(Filter::default(), 1).await, 5);
        assert_eq!(found(Filter::default(), 2).await, 0, "another environment sees nothing");
        let search = Filter { search: Some("USER-3@acme".into()), ..Filter::default() };
        assert_eq!(found(search, 1).await, 1, "whatever the case");
        for (sign, count) in [("%", 0), ("_", 0), ("!", 0), ("user-", 5)] {
            let search = Filter { search: Some(sign.into()), ..Filter::default() };
            assert_eq!(found(search, 1).await, count, "{sign} is no pattern");
        }
        let waiting = Filter { which: Which::WaitingFor(WaitingFor::Ack), ..Filter::default() };
        assert_eq!(found(waiting, 1).await, 1);
        let running = Filter { which: Which::In(RunState::Running), ..Filter::default() };
        assert_eq!(found(running, 1).await, 4);
        let of_user = Filter { which: Which::Of("user-3".into()), ..Filter::default() };
        assert_eq!((found(of_user.clone(), 1).await, found(of_user, 2).await), (1, 0));

        let id = runs[4].id;
        let (here, there, head, acks) = db
            .read(move |tx| {
                Ok::<_, Fault>((
                    run::get(tx, env(1), id)?,
                    run::get(tx, env(2), id)?,
                    run::head(tx, id)?,
                    run::waiting_for_ack(tx, env(1), "", 10)?,
                ))
            })
            .await
            .unwrap();
        assert_eq!((here.as_ref(), there, acks.len()), (Some(&runs[4]), None, 1));
        let head = head.unwrap();
        assert_eq!(head.environment, env(1).id());
        assert_eq!((head.workflow, head.version), (runs[4].workflow, runs[4].version));
        assert_eq!(head.user_id, runs[4].user_id.as_str());
        let counts = db.read(|tx| run::counts(tx, env(1))).await.unwrap();
        assert!(counts.contains(&(RunState::Waiting, Some(WaitingFor::Ack), 1)), "{counts:?}");
        assert!(counts.contains(&(RunState::Running, None, 4)), "{counts:?}");
        let open = db.read(|tx| run::open(tx, env(1))).await.unwrap();
        assert_eq!(counts[..open.len()], open);
        assert!(counts[open.len()..].iter().all(|(state, _, n)| state.is_over() && *n == 0), "none is over");
        let any = db.read(|tx| Ok::<_, Fault>((run::any(tx, env(1))?, run::any(tx, env(2))?))).await.unwrap();
        assert_eq!(any, (true, false));
    }
}

/// Each filter has its statements; here they are compared with what the filter says.
#[tokio::test]
async fn every_filter_lists_and_counts_what_it_says() {
    for test in testkit::databases("store_run_filter", &components()).await {
        let (db, made) = (test.database(), Made::new(&test));
        let stands = [
            (RunState::Running, None),
            (RunState::Waiting, Some(WaitingFor::Ack)),
            (RunState::Waiting, Some(WaitingFor::Waitlist)),
            (RunState::Incident, None),
            (RunState::Completed, None),
            (RunState::Cancelled, None),
        ];
        let mut runs = Vec::new();
        for n in 0..18 {
            let (state, waiting_for) = stands[n % stands.len()];
            let one = Run { state, waiting_for, ..made.run(&format!("user-{}", n % 4), n as u64) };
            let row = one.clone();
            under(&db, env(1), &one, move |tx| run::insert(tx, env(1), &row)).await.unwrap();
            runs.push(one);
        }
        let states = RunState::ALL.map(Which::In);
        let waits = WaitingFor::ALL.map(Which::WaitingFor);
        for which in [Which::All, Which::Of("user-1".into())].into_iter().chain(states).chain(waits) {
            for search in [None, Some("SER-2"), Some("er-1")] {
                for (oldest_first, since) in [(false, None), (true, None), (false, Some(runs[6].created_at))]
                {
                    let filter = Filter {
                        which: which.clone(),
                        search: search.map(Into::into),
                        since,
                        oldest_first,
                        limit: 100,
                        ..Filter::default()
                    };
                    let mut wanted: Vec<_> =
                        runs.iter().filter(|run| leaves(&filter, run)).cloned().collect();
                    if !oldest_first {
                        wanted.reverse();
                    }
                    let asked = filter.clone();
                    let (listed, counted) = db
                        .read(move |tx| {
                            Ok::<_, Fault>((run::list(tx, env(1), &asked)?, run::count(tx, env(1), &asked)?))
                        })
                        .await
                        .unwrap();
                    assert_eq!((counted as usize, &listed), (wanted.len(), &wanted), "{filter:?}");
                    let Some(first) = wanted.first() else { continue };
                    let after = Some(Cursor::at(first.created_at, first.id.to_string()));
                    let second = Filter { after, limit: 1, ..filter };
                    let listed = db.read(move |tx| run::list(tx, env(1), &second)).await.unwrap();
                    assert_eq!(listed.first(), wanted.get(1), "the page behind the first");
                }
            }
        }
    }
}

fn leaves(filter: &Filter, run: &Run) -> bool {
    let is = match &filter.which {
        Which::All => true,
        Which::In(state) => run.state == *state,
        Which::WaitingFor(wait) => run.waiting_for == Some(*wait),
        Which::Of(user_id) => run.user_id.as_str() == user_id,
    };
    is && filter.since.is_none_or(|since| run.created_at >= since)
        && filter.search.as_deref().is_none_or(|text| run.user_id.as_str().contains(&text.to_lowercase()))
}

#[tokio::test]
async fn a_run_without_its_lock_is_refused() {
    for test in testkit::databases("store_run_lock", &components()).await {
        let (db, made) = (test.database(), Made::new(&test));
        let one = made.run("ada", 0);
        let refused = db.write(Locks::none(), move |tx| run::insert(tx, env(1), &one)).await;
        assert!(matches!(refused, Err(Fault::LockNotHeld { .. })), "{refused:?}");
        let refused = db.write(Locks::none(), |tx| end_user::admitted(tx, env(1), 5)).await;
        assert!(matches!(refused, Err(Fault::LockNotHeld { .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn subjects_users_and_tenants_are_written_once_and_bound() {
    for test in testkit::databases("store_subject", &components()).await {
        let (db, made) = (test.database(), Made::new(&test));
        let (one, now) = (made.run("ada", 0), made.now);
        let row = one.clone();
        let other = EndUserId::ordered(now, &made.rng);
        let ids = under(&db, env(1), &one, move |tx| {
            let first = end_user::obtain(tx, env(1), "ada", "ada@acme.com", row.end_user, now)?;
            let again = end_user::obtain(tx, env(1), "ada", "other@acme.com", other, now)?;
            assert!(!end_user::has_place(tx, env(1), "ada")?);
            end_user::admit(tx, env(1), first, now)?;
            assert!(end_user::has_place(tx, env(1), "ada")?);
            tenant::create(tx, env(1), &row, now)?;
            tenant::create(tx, env(1), &row, now)?;
            let builder = BuilderTenant { id: Some("t-1".into()), name: None };
            tenant::bind(tx, env(1), row.tenant, "Acme", &builder, now)?;
            for outbox_n in [3, 4] {
                let subject = run::Subject { run: row.id, outbox_n, outbox_at: now };
                run::save_subject(tx, env(1), row.workflow, "ada", &subject)?;
            }
            let subject = run::subject(tx, env(1), row.workflow, "ada")?;
            assert_eq!(subject, Some(run::Subject { run: row.id, outbox_n: 4, outbox_at: now }));
            Ok((first, again))
        })
        .await
        .unwrap();
        assert_eq!(ids, (one.end_user, one.end_user));
        let admitted =
            db.write(end_user::waitlist_lock(env(1)), |tx| end_user::admitted(tx, env(1), 10)).await;
        assert_eq!(admitted.unwrap(), 1);
        let id = one.tenant;
        let bound = db.read(move |tx| tenant::get(tx, env(1), id)).await.unwrap().unwrap();
        assert_eq!((bound.account_name.as_str(), bound.builder_tenant_id.as_deref()), ("Acme", Some("t-1")));
        assert_eq!(db.read(|tx| tenant::count(tx, env(1))).await.unwrap(), 1);
    }
}

fn attempt(now: Timestamp) -> Attempt {
    Attempt {
        n: 1,
        purpose: "first".into(),
        started_at: now,
        elapsed: Duration::from_micros(1_234),
        url: "http://app.test".into(),
        request_headers: "{}".into(),
        status: Some(503),
        error: None,
        response_headers: "{}".into(),
        response_body: vec![0, 255, 7],
        response_truncated: true,
        retry_at: Some(now),
    }
}

#[tokio::test]
async fn deliveries_keep_every_attempt_and_foreign_bytes() {
    for test in testkit::databases("store_delivery", &components()).await {
        let (db, made) = (test.database(), Made::new(&test));
        let (id, run, now) = (DeliveryId::ordered(made.now, &made.rng), RunId::random(&made.rng), made.now);
        let attempt = attempt(now);
        let written = attempt.clone();
        db.write(Locks::none(), move |tx| {
            delivery::insert(tx, env(1), id, Some(run), "{}", now)?;
            let row = delivery::get(tx, env(1), id)?.unwrap();
            delivery::record(tx, env(1), &row, &written, Some(now))
        })
        .await
        .unwrap();
        let (rows, attempts) = db
            .read(move |tx| {
                Ok::<_, Fault>((delivery::of_run(tx, env(1), run)?, delivery::attempts(tx, env(1), id)?))
            })
            .await
            .unwrap();
        assert_eq!((rows[0].attempts, rows[0].first_delivered_at), (1, Some(now)));
        assert_eq!(attempts, [attempt]);
    }
}

#[tokio::test]
async fn of_many_attempts_the_last_ones_are_shown() {
    for test in testkit::databases("store_attempts", &components()).await {
        let (db, made) = (test.database(), Made::new(&test));
        let (id, run, now) = (DeliveryId::ordered(made.now, &made.rng), RunId::random(&made.rng), made.now);
        let numbers = db.write(Locks::none(), move |tx| {
            delivery::insert(tx, env(1), id, Some(run), "{}", now)?;
            for n in 1..=205 {
                let row = delivery::get(tx, env(1), id)?.unwrap();
                delivery::record(tx, env(1), &row, &Attempt { n, ..attempt(now) }, None)?;
            }
            Ok::<_, Fault>(delivery::attempts(tx, env(1), id)?.iter().map(|one| one.n).collect::<Vec<_>>())
        });
        assert_eq!(numbers.await.unwrap(), (6..=205).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn links_codes_and_keys_are_found_by_hash_and_forgotten_in_time() {
    for test in testkit::databases("store_handover", &components()).await {
        let (db, made) = (test.database(), Made::new(&test));
        let (run, now) = (RunId::random(&made.rng), made.now);
        let key = idempotency::lock(env(1), "trigger", "k");
        db.write(key, move |tx| {
            handover::add_link(tx, env(1), "hash", run, now)?;
            handover::visit(tx, env(1), "hash", now)?;
            assert_eq!(handover::link(tx, env(1), "hash")?.unwrap().first_visit_at, Some(now));
            assert_eq!(handover::link(tx, env(2), "hash")?, None);
            handover::add_return_link(tx, env(1), "back", run, now)?;
            handover::visit(tx, env(1), "back", now)?;
            assert_eq!(
                handover::visits(tx, env(1), run)?,
                (1, Some(now)),
                "coming back is no visit of its own"
            );

            handover::add_otp(tx, env(1), "code", run, now)?;
            let late = now.plus(Duration::from_secs(1));
            let made = handover::Otp { environment: env(1).id(), run };
            assert_eq!(handover::otp(tx, "code", late)?, None, "too old");
            assert_eq!(handover::otp(tx, "code", now)?, Some(made));
            assert!(!handover::redeem_otp(tx, "code", now, late)?, "too old");
            assert!(handover::redeem_otp(tx, "code", now, now)?);
            assert!(!handover::redeem_otp(tx, "code", now, now)?, "used");
            assert_eq!(handover::otp(tx, "code", now)?, None, "used");
            assert_eq!(handover::forget_otps(tx, late)?, 1);
            assert!(!handover::any_exchanged(tx, env(1))?);
            handover::note_exchange(tx, env(1), now)?;
            handover::note_exchange(tx, env(1), late)?;
            assert!(handover::any_exchanged(tx, env(1))?);
            assert!(!handover::any_exchanged(tx, env(2))?);

            let known = idempotency::Known { body_hash: "b".into(), run };
            idempotency::put(tx, env(1), "trigger", "k", &known, now)?;
            assert_eq!(idempotency::get(tx, env(1), "trigger", "k", now)?, Some(known));
            assert_eq!(idempotency::get(tx, env(1), "trigger", "k", late)?, None);
            assert_eq!(idempotency::forget(tx, late)?, 1);
            Ok::<_, Fault>(())
        })
        .await
        .unwrap();
    }
}

#[tokio::test]
async fn definitions_mails_and_leads_read_back() {
    for test in testkit::databases("store_documents", &components()).await {
        let (db, made) = (test.database(), Made::new(&test));
        let (one, now, definition) = (made.run("ada", 0), made.now, made.definition.clone());
        let note = super::mail::note(MailId::ordered(now, &made.rng), one.id, now);
        let (lead_id, other_lead) = (LeadId::ordered(now, &made.rng), LeadId::ordered(now, &made.rng));
        db.write(Locks::none(), move |tx| {
            definition::create(tx, env(1), &definition, now)?;
            let published = definition::published(tx, env(1), definition.workflow)?;
            assert_eq!(published.as_ref(), Some(&definition));
            assert_eq!(definition::version(tx, env(1), definition.workflow, 1)?.as_ref(), Some(&definition));
            assert_eq!(definition::version(tx, env(1), definition.workflow, 2)?, None);
            assert_eq!(definition::published(tx, env(2), definition.workflow)?, None);
            assert_eq!(definition::list(tx, env(1))?.len(), 1);
            for _ in 0..2 {
                mail::insert(tx, env(1), &note)?;
            }
            assert_eq!(mail::of_run(tx, env(1), one.id)?, std::slice::from_ref(&note));
            lead::insert(tx, env(1), lead_id, &one, now)?;
            lead::insert(tx, env(1), other_lead, &one, now)?;
            assert_eq!(lead::of_run(tx, env(1), one.id)?.unwrap().id, lead_id, "one lead a run");
            assert_eq!(lead::of_run(tx, env(2), one.id)?, None);
            Ok::<_, Fault>(())
        })
        .await
        .unwrap();
    }
}

/// One delivery of a run in this state, taken by the endpoint or not.
async fn delivered(db: &Database, made: &Made, of: &Run, taken: bool) -> DeliveryId {
    let (row, id, now) = (of.clone(), DeliveryId::ordered(of.created_at, &made.rng), of.created_at);
    under(db, env(1), of, move |tx| {
        run::insert(tx, env(1), &row)?;
        delivery::insert(tx, env(1), id, Some(row.id), "{}", now)?;
        let delivery = delivery::get(tx, env(1), id)?.unwrap();
        delivery::record(tx, env(1), &delivery, &attempt(now), taken.then_some(now))
    })
    .await
    .unwrap();
    id
}

#[tokio::test]
async fn deliveries_are_listed_by_what_became_of_them() {
    use delivery::list::{Kind, Outcome, Wanted, counts, found, outcome_of, page};
    for test in testkit::databases("store_outcome", &components()).await {
        let (db, made) = (test.database(), Made::new(&test));
        let mut ids = Vec::new();
        for (n, (state, waiting_for, taken)) in [
            (RunState::Completed, None, true),
            (RunState::Waiting, Some(WaitingFor::Ack), false),
            (RunState::Incident, None, false),
            (RunState::Cancelled, None, false),
        ]
        .into_iter()
        .enumerate()
        {
            let run = Run { state, waiting_for, ..made.run(&format!("user-{n}"), n as u64) };
            ids.push(delivered(&db, &made, &run, taken).await);
        }
        let (id, now) = (DeliveryId::ordered(made.now.plus(Duration::from_secs(9)), &made.rng), made.now);
        db.write(Locks::none(), move |tx| delivery::insert(tx, env(1), id, None, "{}", now)).await.unwrap();
        ids.push(id);

        let kinds = [
            Kind::Of(Outcome::Delivered),
            Kind::Of(Outcome::Trying),
            Kind::Of(Outcome::GivenUp),
            Kind::Of(Outcome::CalledOff),
            Kind::Tests,
        ];
        for (kind, id) in kinds.into_iter().zip(&ids) {
            let id = *id;
            let wanted = Wanted { kind, limit: 10, ..Wanted::default() };
            let text = Some(id.to_string().to_uppercase());
            let sought = Wanted { search: text, ..wanted.clone() };
            let (rows, again, n, all) = db
                .read(move |tx| {
                    let rows = (page(tx, env(1), &wanted)?, page(tx, env(1), &sought)?);
                    Ok::<_, Fault>((rows.0, rows.1, found(tx, env(1), &sought)?, counts(tx, env(1))?))
                })
                .await
                .unwrap();
            assert_eq!([rows[0].id, again[0].id], [id, id], "{kind:?}");
            assert_eq!((rows.len(), again.len(), n, all.of(kind), all.all), (1, 1, 1, 1, 5), "{kind:?}");
        }
        let person = Wanted { search: Some("USER-2@".into()), limit: 10, ..Wanted::default() };
        let first = Wanted { limit: 2, ..Wanted::default() };
        let (person, first, elsewhere, outcome) = db
            .read(move |tx| {
                let elsewhere = (counts(tx, env(2))?, outcome_of(tx, env(2), id)?);
                Ok::<_, Fault>((
                    page(tx, env(1), &person)?,
                    page(tx, env(1), &first)?,
                    elsewhere,
                    outcome_of(tx, env(1), id)?,
                ))
            })
            .await
            .unwrap();
        assert_eq!(person.iter().map(|row| row.id).collect::<Vec<_>>(), [ids[2]]);
        assert_eq!((person[0].status, person[0].attempts), (attempt(made.now).status, 1));
        assert_eq!(first.iter().map(|row| row.id).collect::<Vec<_>>(), [ids[4], ids[3]], "newest first");
        assert_eq!((elsewhere.0.all, elsewhere.1, outcome), (0, None, Some(Outcome::GivenUp)));
    }
}
