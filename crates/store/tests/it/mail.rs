//! Mails and what becomes of them, on every engine.

use crate::components;
use kernel::{Clock, Env, EnvironmentId, MailId, RunId, Timestamp};
use model::mail::{Fate, MailState};
use sql::{Fault, Locks, Tx};
use std::time::Duration;
use store::mail;
use testkit::SeededRng;
use uuid::Uuid;

fn env(n: u128) -> Env {
    Env::vouched(EnvironmentId::from_uuid(Uuid::from_u128(n)))
}

#[tokio::test]
async fn a_mail_goes_from_kept_to_sent_and_keeps_its_attempts() {
    for test in testkit::databases("store_mail_fate", &components()).await {
        let (db, rng) = (test.database(), SeededRng::new(3));
        let (now, run) = (test.clock.now(), RunId::random(&rng));
        let id = MailId::ordered(now, &rng);
        let later = now.plus(Duration::from_secs(60));
        db.write(mail::lock(env(1), id), move |tx| {
            let state = |tx: &mut Tx<'_>| mail::get(tx, env(1), id).map(|mail| mail.unwrap().state);
            mail::insert(tx, env(1), &note(id, run, now))?;
            assert_eq!(state(tx)?, MailState::Kept);
            let stamp = mail::Stamp {
                sender_name: "Acme".into(),
                sender_address: "new@acme.com".into(),
                reply_to: None,
                message_id: "2@acme.com".into(),
            };
            mail::queue(tx, env(1), id, &stamp)?;
            assert_eq!(state(tx)?, MailState::Queued);
            assert_eq!(mail::begin(tx, env(1), id, "localhost:25", now)?, 1);
            assert_eq!(state(tx)?, MailState::Sending);
            let end = mail::End {
                elapsed: Duration::from_millis(5),
                taken: false,
                answer: "451\0later".into(),
                retry_at: Some(later),
            };
            mail::end(tx, env(1), id, 1, &end)?;
            mail::settle(tx, env(1), id, MailState::Retrying(later))?;
            assert_eq!(state(tx)?, MailState::Retrying(later));
            assert_eq!(mail::begin(tx, env(1), id, "localhost:25", later)?, 2);
            let attempts = mail::attempts(tx, env(1), id)?;
            assert_eq!(attempts[0].end.as_ref().unwrap().answer, "451\u{fffd}later");
            assert_eq!((attempts[1].n, attempts[1].end.as_ref()), (2, None));
            for settled in [MailState::Sent(later), MailState::Rejected, MailState::GivenUp, MailState::Kept]
            {
                mail::settle(tx, env(1), id, settled)?;
                assert_eq!(state(tx)?, settled);
            }
            Ok::<_, Fault>(())
        })
        .await
        .unwrap();
    }
}

#[tokio::test]
async fn mails_are_found_by_fate_and_by_words() {
    for test in testkit::databases("store_mail_list", &components()).await {
        let (db, rng) = (test.database(), SeededRng::new(3));
        let (now, run) = (test.clock.now(), RunId::random(&rng));
        let ids: Vec<_> = (0..3).map(|n| MailId::ordered(now.plus(Duration::from_secs(n)), &rng)).collect();
        let written = ids.clone();
        db.write(Locks::none(), move |tx| {
            for (id, state) in
                written.clone().into_iter().zip([MailState::Queued, MailState::Kept, MailState::Queued])
            {
                let subject = if state == MailState::Kept { "Willkommen bei ÖKOSTROM" } else { "Welcome" };
                mail::insert(
                    tx,
                    env(1),
                    &mail::Mail { state, subject: subject.into(), ..note(id, run, now) },
                )?;
            }
            Ok::<_, Fault>(())
        })
        .await
        .unwrap();
        let list = |search: Option<&str>, fate| {
            let filter = mail::Filter { search: search.map(str::to_owned), fate };
            let db = db.clone();
            async move {
                let found = db.read(move |tx| mail::list(tx, env(1), &filter, None, 9)).await.unwrap();
                found.into_iter().map(|mail| mail.id).collect::<Vec<_>>()
            }
        };
        assert_eq!(list(None, Some(Fate::Waiting)).await, [ids[2], ids[0]]);
        assert_eq!(list(Some("ADA@"), Some(Fate::Inside)).await, [ids[1]]);
        assert_eq!(list(Some("Ökostrom"), None).await, [ids[1]], "whatever the case, in any alphabet");
        assert!(list(Some("grace"), Some(Fate::Inside)).await.is_empty());
        let counts = db.read(move |tx| mail::counts(tx, env(1), Some("ada"))).await.unwrap();
        assert_eq!(counts, [(Fate::Inside, 1), (Fate::Waiting, 2)]);
        assert_eq!(db.read(move |tx| mail::counts(tx, env(2), None)).await.unwrap(), []);
    }
}

pub(crate) fn note(id: MailId, run: RunId, now: Timestamp) -> mail::Mail {
    mail::Mail {
        id,
        run,
        template: "welcome@1".into(),
        sender_name: "Acme".into(),
        sender_address: "hello@acme.com".into(),
        reply_to: None,
        recipient: "ada@acme.com".into(),
        subject: "Welcome".into(),
        body: "Hello".into(),
        html: Some("<p>Hello</p>".into()),
        logo: None,
        message_id: "1@acme.com".into(),
        state: MailState::Kept,
        attempts: 0,
        created_at: now,
    }
}
