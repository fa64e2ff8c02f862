//! `thrivestack demo --check`: one signup from the form to the count of signups, seen from outside.
//!
//! Every step is observed over HTTP: in Acme's pages, in Acme's account of what it received, and in
//! thrivestack's public answers. A step that does not come within the time limit fails the check.

use crate::{
    browser::{Browser, Page, without_query},
    client::{Client, ClientFault},
    out::say,
    story::Past,
    telemetry,
};
use kernel::{Clock, Timestamp};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use std::{collections::HashMap, fmt, sync::Arc, time::Duration};
use url::Url;

pub use crate::browser::BrowserFault;

/// The whole walk must fit in here.
const LIMIT: Duration = Duration::from_secs(30);
/// Between two looks at something that takes its time.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// Redirects and refreshes followed before the check gives up on the continuation page.
const VISITS_MAX: usize = 120;

/// Whom to sign up, and where.
pub struct Options {
    pub acme_url: Url,
    pub client: Client,
    pub clock: Arc<dyn Clock>,
    /// Sent first, so that the one signup is counted among others.
    pub past: Past,
    pub name: String,
    pub email: String,
}

/// Why the check failed.
#[derive(Debug, thiserror::Error)]
pub enum CheckFault {
    #[error(transparent)]
    Client(#[from] ClientFault),
    #[error(transparent)]
    Browser(#[from] BrowserFault),
    #[error("{step}: expected {expected}, but {url} answered {status}: {body}")]
    Page { step: &'static str, expected: &'static str, url: String, status: StatusCode, body: String },
    /// A redirect to Acme comes without what Acme needs.
    #[error("the address that the browser landed on has no parameter {0}")]
    Parameter(&'static str),
    #[error("Acme Notes does not know the person it signed up")]
    Stranger,
    #[error("the one signup is counted as {found}")]
    Count { found: usize },
    #[error("the browser did not get past the continuation page")]
    Stuck,
    #[error("not everything happened within {} s; still missing: {missing}", LIMIT.as_secs())]
    Late { missing: &'static str },
}

/// Walks one signup and prints each step with its time since the beginning.
pub async fn run(options: Options) -> Result<(), CheckFault> {
    let began = options.clock.now();
    let mut walk = Walk {
        browser: Browser::new()?,
        options,
        began,
        seen: 0,
        user_id: None,
        missing: "the sign-up form",
    };
    match tokio::time::timeout(LIMIT, walk.through()).await {
        Ok(outcome) => outcome,
        Err(_) => Err(CheckFault::Late { missing: walk.missing }),
    }
}

struct Walk {
    options: Options,
    browser: Browser,
    began: Timestamp,
    /// Acme's steps already printed.
    seen: usize,
    /// Acme's id of the person.
    user_id: Option<String>,
    /// What the walk waits for now.
    missing: &'static str,
}

/// What Acme tells about one person.
#[derive(Deserialize)]
struct Account {
    user_id: Option<String>,
    steps: Vec<AcmeStep>,
}

#[derive(Deserialize)]
struct AcmeStep {
    at: Timestamp,
    step: String,
    good: bool,
    detail: String,
}

impl Walk {
    async fn through(&mut self) -> Result<(), CheckFault> {
        self.missing = "the sample telemetry";
        telemetry::send(&self.options.client, &self.options.past).await?;
        self.tell("telemetry", &format!("{} events of the past weeks were taken", self.options.past.len()));
        let continuation = self.sign_up().await?;
        let landed = self.follow(continuation, "/onboarding").await?;
        self.acme_has(&["webhook", "ack", "exchanged"]).await?;
        let arrival: HashMap<String, String> = landed.url.query_pairs().into_owned().collect();
        self.finish_onboarding(&landed).await?;
        let run_id = arrival.get("runtimeId").ok_or(CheckFault::Parameter("runtimeId"))?;
        self.run_is_complete(run_id).await?;
        self.signup_is_counted().await
    }

    async fn sign_up(&mut self) -> Result<Url, CheckFault> {
        let url = self.options.acme_url.clone();
        let form = self.browser.get(&url).await?;
        expect(form.status == StatusCode::OK, "form", "the sign-up form", &form)?;
        let email = self.options.email.clone();
        self.tell("sign-up form", &format!("{url} · signing up {email}"));
        self.missing = "token and trigger";
        let name = self.options.name.clone();
        let answer = self.browser.submit(&url, &[("name", &name), ("email", &email)]).await?;
        self.acme_has(&["token", "trigger"]).await?;
        answer.location.clone().ok_or_else(|| page("sign-up", "a redirect to thrivestack", &answer))
    }

    /// Goes where the redirects lead until Acme's page at `path`; a page on the way is visited again, as its
    /// own refresh would do.
    async fn follow(&mut self, start: Url, path: &'static str) -> Result<Page, CheckFault> {
        self.missing = "the way from thrivestack back to Acme Notes";
        let mut next = start;
        let mut told = false;
        for _ in 0..VISITS_MAX {
            let here = self.browser.get(&next).await?;
            let at_acme = here.url.origin() == self.options.acme_url.origin();
            if !told && !at_acme {
                let answer = if here.location.is_some() { "sends the browser on" } else { "shows progress" };
                self.acme_catch_up().await?;
                self.tell("continuation", &format!("the hosted page {answer}"));
                told = true;
            }
            if let Some(location) = &here.location {
                next = location.clone();
                continue;
            }
            expect(here.status == StatusCode::OK, "redirect", "a page", &here)?;
            if at_acme {
                expect(here.url.path() == path, "redirect", path, &here)?;
                self.acme_catch_up().await?;
                self.tell("landed", &without_query(&here.url));
                return Ok(here);
            }
            self.acme_catch_up().await?;
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Err(CheckFault::Stuck)
    }

    async fn finish_onboarding(&mut self, landed: &Page) -> Result<(), CheckFault> {
        self.missing = "the return URL";
        let mut form = landed.url.clone();
        form.set_query(None);
        let answers = [("name", "Analytical Engines"), ("template", "team")];
        let answer = self.browser.submit(&form, &answers).await?;
        let back = answer.location.clone().ok_or_else(|| page("onboarding", "a redirect", &answer))?;
        self.follow(back, "/home").await.map(drop)
    }

    async fn run_is_complete(&mut self, run_id: &str) -> Result<(), CheckFault> {
        self.missing = "lead and welcome mail";
        let run = loop {
            let run = self.options.client.run(run_id).await?;
            let stored = |key: &str| run.get(key).is_some_and(|value| !value.is_null());
            if stored("lead") && stored("welcome_mail") {
                break run;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        };
        let text = |key: &str| run.get(key).and_then(Value::as_str).unwrap_or("?").to_owned();
        self.tell("lead and mail", &format!("GET /api/runs/{run_id} → {}", text("state")));
        Ok(())
    }

    async fn signup_is_counted(&mut self) -> Result<(), CheckFault> {
        self.missing = "the signup among the counted events";
        let user_id = self.user_id.clone().ok_or(CheckFault::Stranger)?;
        // The lake answers this, which also answers the reports: an event that is here is in their counts.
        loop {
            match self.options.client.events("signed_up", &user_id).await?.len() {
                0 => tokio::time::sleep(LOOK_AGAIN).await,
                1 => break,
                found => return Err(CheckFault::Count { found }),
            }
        }
        self.tell("counted", "GET /api/event/?event_name=signed_up → 1 signup of this person");
        Ok(())
    }

    /// Waits until Acme tells all of `wanted`, printing what it tells on the way.
    async fn acme_has(&mut self, wanted: &[&'static str]) -> Result<(), CheckFault> {
        loop {
            let steps = self.acme_catch_up().await?;
            match wanted.iter().find(|wanted| !steps.iter().any(|step| step.good && step.step == **wanted)) {
                None => return Ok(()),
                Some(missing) => self.missing = missing,
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    async fn acme_catch_up(&mut self) -> Result<Vec<AcmeStep>, CheckFault> {
        let mut url = self.options.acme_url.clone();
        url.set_path("/thrivestack/steps");
        url.query_pairs_mut().append_pair("email", &self.options.email);
        let answer = self.browser.get(&url).await?;
        let Account { user_id, steps } = serde_json::from_str(&answer.body)
            .map_err(|_| page("steps", "what Acme received, as JSON", &answer))?;
        self.user_id = user_id;
        for step in steps.iter().skip(self.seen) {
            print_step(step.at, self.began, &step.step, &step.detail);
        }
        self.seen = self.seen.max(steps.len());
        Ok(steps)
    }

    fn tell(&self, step: &str, detail: &str) {
        print_step(self.options.clock.now(), self.began, step, detail);
    }
}

fn print_step(at: Timestamp, began: Timestamp, step: &str, detail: &(impl fmt::Display + ?Sized)) {
    say(format_args!("  + {:>5} ms  {step:<14} {detail}", at.since(began).as_millis()));
}

fn expect(good: bool, step: &'static str, expected: &'static str, got: &Page) -> Result<(), CheckFault> {
    if good { Ok(()) } else { Err(page(step, expected, got)) }
}

fn page(step: &'static str, expected: &'static str, got: &Page) -> CheckFault {
    let body = got.body.chars().take(400).collect();
    CheckFault::Page { step, expected, url: without_query(&got.url), status: got.status, body }
}
