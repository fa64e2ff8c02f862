//! A client of a server that dies: it asks until it has an answer.

use crate::suite::binary::{Backend, PATIENCE};
use crate::suite::house::Answer;
use reqwest::RequestBuilder;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// The server from one start to the next kill, with a connection pool of its own: what is left of the pool
/// before would fail without having been sent.
#[derive(Clone)]
pub struct Life {
    /// From 1.
    number: u64,
    backend: Arc<Backend>,
}

impl Life {
    pub fn new(number: u64, backend: Backend) -> Self {
        Self { number, backend: Arc::new(backend) }
    }
}

/// What the killer tells (`None`: nobody listens), and who hears it.
pub fn pair() -> (watch::Sender<Option<Life>>, Client) {
    let (lives, life) = watch::channel(None);
    (lives, Client { life, tally: Arc::default() })
}

#[derive(Clone)]
pub struct Client {
    life: watch::Receiver<Option<Life>>,
    pub tally: Arc<Tally>,
}

impl Client {
    /// The answer to this request, sent again in each life that ends without one.
    pub async fn ask(&self, request: impl Fn(&Backend) -> RequestBuilder) -> Answer {
        let mut past = 0;
        loop {
            let life = self.life_after(past).await;
            match complete(request(&life.backend)).await {
                Ok(answer) => {
                    self.tally.answered.send_modify(|answered| *answered += 1);
                    return answer;
                }
                Err(error) => {
                    // One that found nobody listening was never sent.
                    if !error.is_connect() {
                        *self.tally.cut.lock().unwrap().entry(life.number).or_default() += 1;
                    }
                    past = life.number;
                }
            }
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask(|backend| {
            let url = backend.url.join(path).unwrap();
            backend.http.get(url).bearer_auth(backend.key("/private_api_key"))
        })
        .await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask(|backend| {
            let url = backend.url.join(path).unwrap();
            backend.http.post(url).bearer_auth(backend.key("/private_api_key")).json(body)
        })
        .await
    }

    async fn life_after(&self, past: u64) -> Life {
        let mut lives = self.life.clone();
        let later = lives.wait_for(|life| life.as_ref().is_some_and(|life| life.number > past));
        let found = tokio::time::timeout(PATIENCE, later).await;
        let found = found.unwrap_or_else(|_| panic!("life {past} left a request unanswered, and lives"));
        found.expect("the killer is there").clone().expect("it is a life")
    }
}

async fn complete(request: RequestBuilder) -> reqwest::Result<Answer> {
    let response = request.send().await?;
    let (status, headers) = (response.status(), response.headers().clone());
    Ok(Answer { status, headers, body: response.bytes().await? })
}

/// What all clients together have seen.
#[derive(Default)]
pub struct Tally {
    answered: watch::Sender<u64>,
    /// Requests that were sent and never answered, by life.
    cut: Mutex<BTreeMap<u64, u64>>,
}

impl Tally {
    /// Waits for this many more answers.
    pub async fn answers(&self, count: u64) {
        let mut answered = self.answered.subscribe();
        let wanted = *answered.borrow() + count;
        let enough = tokio::time::timeout(PATIENCE, answered.wait_for(|answered| *answered >= wanted)).await;
        assert!(enough.is_ok(), "the load has come to a stand");
    }

    /// How many requests each of the first `kills` kills left unanswered, where it was any.
    pub fn cut(&self, kills: u64) -> Vec<u64> {
        self.cut.lock().unwrap().range(..=kills).map(|(_, requests)| *requests).collect()
    }
}
