//! The drivers: signups on their ways through, and telemetry in batches. Each does one thing at a time.

use super::client::Client;
use super::ledger::{Ledger, Signup};
use kernel::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;
use testkit::SeededRng;
use tokio_util::sync::CancellationToken;
use url::Url;

/// The name of the drivers' own events.
const EVENT: &str = "killed";
/// When people began to be identified: a second counts up with each request, so that the latest word is the last one sent.
const EPOCH_MICROS: i64 = 1_700_000_000_000_000;
const BATCH_MAX: u64 = 5;
/// Requests about one person before the next one comes.
const PERSON_STEPS: u64 = 6;

#[derive(Clone)]
pub struct Load {
    pub client: Client,
    pub ledger: Arc<Ledger>,
    /// Whoever is under way then comes to an end; nobody begins.
    pub ending: CancellationToken,
}

impl Load {
    /// One user after the other.
    pub async fn sign_up(self, driver: u64, dice: SeededRng) {
        for n in 0_u64.. {
            if self.ending.is_cancelled() {
                return;
            }
            self.user(&format!("user-{driver}-{n}"), &dice).await;
        }
    }

    /// A trigger, and then what happens to users: nothing, the backend asks again, the browser follows the link,
    /// the user comes back later.
    async fn user(&self, user: &str, dice: &SeededRng) {
        let keyed = dice.next().is_multiple_of(2).then(|| format!("key-{user}"));
        let key = keyed.as_deref();
        let (run, link) = self.trigger(user, key).await;
        let first = Signup { run: run.clone(), ..Signup::default() };
        self.ledger.entries().signups.insert(user.to_owned(), first);
        match dice.next() % 4 {
            0 => {}
            1 => assert_eq!(self.trigger(user, key).await.0, run, "{user} has one run"),
            way => {
                self.follow(&link, "/onboarding").await;
                self.signup(user, |signup| signup.handed_over = true);
                if way == 3 {
                    self.return_later(user, &run).await;
                }
            }
        }
    }

    async fn return_later(&self, user: &str, run: &str) {
        let (login, link) = self.trigger(user, None).await;
        assert_ne!(login, run, "{user} was handed over");
        self.signup(user, |signup| signup.login = Some(login));
        self.follow(&link, "/home").await;
    }

    fn signup(&self, user: &str, change: impl FnOnce(&mut Signup)) {
        change(self.ledger.entries().signups.get_mut(user).expect("it was triggered"));
    }

    async fn trigger(&self, user: &str, key: Option<&str>) -> (String, Url) {
        let answer = self.client.ask(|backend| {
            let body = json!({
                "user_id": user,
                "email_id": email(user),
                "workflow_id": backend.key("/workflows/prosumer"),
            });
            let url = backend.url.join("/trigger").unwrap();
            let request = backend.http.post(url).bearer_auth(backend.key("/private_api_key")).json(&body);
            match key {
                Some(key) => request.header("idempotency-key", key),
                None => request,
            }
        });
        let answer = answer.await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let data = &answer.json()["data"];
        let run = data["workflow_runtime_id"].as_str().unwrap().to_owned();
        (run, data["redirect_url"].as_str().unwrap().parse().unwrap())
    }

    /// Opens the link as a browser does, until it leads away.
    async fn follow(&self, link: &Url, wanted: &str) {
        loop {
            let answer = self.client.ask(|backend| backend.http.get(link.clone())).await;
            if answer.status == 303 {
                let target = answer.location();
                assert_eq!(target.path(), wanted, "{target}");
                return;
            }
            // The page of the progress, which has waited two seconds for news.
            assert_eq!(answer.status, 200, "{answer:?}");
        }
    }

    /// One request after the other.
    pub async fn tell(self, driver: u64, dice: SeededRng) {
        for n in 0_u64.. {
            if self.ending.is_cancelled() {
                return;
            }
            let person = format!("person-{driver}-{}", n / PERSON_STEPS);
            let name = format!("{driver}-{n}");
            if n.is_multiple_of(3) {
                self.identify(&person, &name, n).await;
            } else {
                let size = 1 + dice.next() % BATCH_MAX;
                let repeats = dice.next().is_multiple_of(4);
                self.track(&person, (0..size).map(|i| format!("{name}-{i}")).collect(), repeats).await;
            }
        }
    }

    async fn identify(&self, person: &str, mark: &str, second: u64) {
        let told_at = Timestamp::from_micros(EPOCH_MICROS + i64::try_from(second).unwrap() * 1_000_000);
        let body = json!({
            "user_id": person,
            "message_id": mark,
            "traits": {"mark": mark},
            "timestamp": told_at.to_string(),
        });
        telemetry(&self.client, "/api/identify", &body).await;
        let mut entries = self.ledger.entries();
        entries.marks.insert(mark.to_owned());
        entries.people.insert(person.to_owned(), mark.to_owned());
    }

    async fn track(&self, person: &str, marks: Vec<String>, repeats: bool) {
        let batch: Value = marks.iter().map(|mark| event(person, mark)).collect();
        telemetry(&self.client, "/api/track", &batch).await;
        self.ledger.entries().marks.extend(marks);
        if repeats {
            telemetry(&self.client, "/api/track", &batch).await;
        }
    }
}

pub async fn telemetry(client: &Client, path: &str, body: &Value) {
    let answer = client.ask(|backend| {
        let url = backend.url.join(path).unwrap();
        backend.http.post(url).bearer_auth(backend.key("/project_key")).json(body)
    });
    let answer = answer.await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// Its message id is its mark, so it may be sent as often as one likes.
pub fn event(person: &str, mark: &str) -> Value {
    json!({"event_name": EVENT, "user_id": person, "message_id": mark, "properties": {"mark": mark}})
}

pub fn email(user: &str) -> String {
    format!("{user}@acme.com")
}
