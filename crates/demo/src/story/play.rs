//! Plays the script: every sign-up of it is one through Acme's form, with a browser of its own.

use super::{
    Options,
    script::{Act, Newcomer, Script},
};
use crate::{
    acme::{Acme, Known, Outage},
    browser::{Browser, BrowserFault, Page, without_query},
    client::ClientFault,
};
use kernel::Timestamp;
use reqwest::StatusCode;
use std::{collections::HashMap, error::Error, time::Duration};
use url::Url;

/// Redirects, and looks at the run's page, from a form to a page of Acme's.
const HOPS_MAX: usize = 8;
/// From when a webhook's attempt is due until its outcome is kept.
const ATTEMPT: Duration = Duration::from_secs(2);
/// For something that another task is about to do.
const SOON: Duration = Duration::from_millis(3);
const SOON_MAX: usize = 300;

/// What only the house itself can do: time, and an operator's hands.
pub trait Director: Sync {
    type Fault: Error + Send + Sync + 'static;

    /// Lets what is being done come to its end, then moves the clock of both sides on; what is due by then begins.
    fn move_to(&self, at: Timestamp) -> impl Future<Output = ()> + Send;
    /// The waits between the attempts of a webhook, each at its longest.
    fn waits(&self) -> Vec<Duration>;
    /// The waitlist begins behind so many users.
    fn limit(&self, users: usize) -> impl Future<Output = Result<(), Self::Fault>> + Send;
    /// Lets in those who have waited longest.
    fn admit(&self, count: usize) -> impl Future<Output = Result<(), Self::Fault>> + Send;
    /// Tries again what a run is stuck at.
    fn retry(&self, run_id: &str) -> impl Future<Output = Result<(), Self::Fault>> + Send;
}

/// Where the story is played.
pub struct Scene<'s, D> {
    pub acme: &'s Acme,
    pub acme_url: Url,
    pub director: &'s D,
}

/// How it went.
#[derive(Debug, Default)]
pub struct Played {
    /// Runs begun, logins among them.
    pub runs: usize,
    pub known: Known,
}

/// Why the story stops in the middle.
#[derive(Debug, thiserror::Error)]
pub enum StoryFault<F: Error + 'static> {
    #[error("the house refuses")]
    Director(#[source] F),
    #[error(transparent)]
    Client(#[from] ClientFault),
    #[error(transparent)]
    Browser(#[from] BrowserFault),
    #[error("{who} did not get further than {url}, which answered {status}")]
    Stuck { who: String, url: String, status: StatusCode },
}

type Outcome<T, D> = Result<T, StoryFault<<D as Director>::Fault>>;

/// Plays all of it, in order.
pub async fn play<D: Director>(scene: &Scene<'_, D>, options: &Options) -> Outcome<Played, D> {
    let script = Script::of(options);
    let mut cast = Cast {
        scene,
        outage: scene.acme.outage(),
        links: HashMap::new(),
        waiting: script.places,
        runs: 0,
        code: None,
    };
    scene.director.limit(script.places).await.map_err(StoryFault::Director)?;
    for (at, act) in &script.acts {
        scene.director.move_to(*at).await;
        cast.perform(&script, *at, *act).await?;
    }
    let ids = |one: &Newcomer| Some((one.email.clone(), scene.acme.ids(&one.email)?));
    Ok(Played { runs: cast.runs, known: script.newcomers.iter().filter_map(ids).collect() })
}

struct Cast<'s, D> {
    scene: &'s Scene<'s, D>,
    outage: Outage,
    /// By newcomer: the run's page.
    links: HashMap<usize, Url>,
    /// The first newcomer who has to wait.
    waiting: usize,
    runs: usize,
    /// The last one-time code that a browser brought to Acme, used by now.
    code: Option<String>,
}

impl<D: Director> Cast<'_, D> {
    async fn perform(&mut self, script: &Script, at: Timestamp, act: Act) -> Outcome<(), D> {
        let director = self.scene.director;
        match act {
            Act::Arrive(index) => self.arrive(&script.newcomers[index], index, at, script).await,
            Act::GoOn(index) => self.go_on(&script.newcomers[index], index).await,
            Act::Return(index) => self.sign_in(&script.newcomers[index]).await,
            Act::Down => {
                self.outage.begin();
                Ok(())
            }
            Act::Up => {
                self.outage.end();
                Ok(())
            }
            Act::Retry(index) => match self.links.get(&index).and_then(run_of) {
                Some(run) => {
                    director.retry(&run).await.map_err(StoryFault::Director)?;
                    soon(|| self.scene.acme.acknowledged(&script.newcomers[index].email)).await;
                    Ok(())
                }
                None => Ok(()),
            },
            Act::Admit(count) => {
                director.admit(count).await.map_err(StoryFault::Director)?;
                // An acknowledgement under way would be late by the clock's next step.
                let admitted = script.newcomers.iter().skip(self.waiting).take(count);
                for one in admitted {
                    soon(|| self.scene.acme.acknowledged(&one.email)).await;
                }
                Ok(())
            }
            Act::Slip(slip) => Ok(slip.make(self.scene.acme.client(), self.code.as_deref()).await?),
            Act::Limit(users) => {
                self.waiting = usize::MAX;
                director.limit(users).await.map_err(StoryFault::Director)
            }
        }
    }

    async fn arrive(
        &mut self,
        one: &Newcomer,
        index: usize,
        at: Timestamp,
        script: &Script,
    ) -> Outcome<(), D> {
        let mut browser = Browser::new()?;
        let turned_away = self.outage.turned_away();
        let form = [("name", one.name.as_str()), ("email", one.email.as_str())];
        let sent = browser.submit(&self.scene.acme_url, &form).await?;
        let link = onward(&one.email, &sent)?;
        self.runs += 1;
        self.links.insert(index, link.clone());
        if index >= self.waiting {
            return Ok(());
        }
        if soon(|| self.outage.turned_away() > turned_away || self.scene.acme.acknowledged(&one.email)).await
            && self.outage.turned_away() == turned_away
        {
            return self.through(one, browser, link).await;
        }
        self.fail(at, script).await;
        Ok(())
    }

    /// The webhook is tried again and again, as long as the outage lasts.
    async fn fail(&self, at: Timestamp, script: &Script) {
        let up = script.acts.iter().find(|(_, act)| *act == Act::Up).map(|(up, _)| *up);
        let mut next = at;
        for wait in self.scene.director.waits() {
            next = next.plus(wait + ATTEMPT);
            if up.is_some_and(|up| next >= up) {
                return;
            }
            let before = self.outage.turned_away();
            self.scene.director.move_to(next).await;
            soon(|| self.outage.turned_away() > before).await;
        }
    }

    async fn go_on(&mut self, one: &Newcomer, index: usize) -> Outcome<(), D> {
        let Some(link) = self.links.get(&index).cloned() else { return Ok(()) };
        soon(|| self.scene.acme.acknowledged(&one.email)).await;
        self.through(one, Browser::new()?, link).await
    }

    async fn sign_in(&mut self, one: &Newcomer) -> Outcome<(), D> {
        let mut browser = Browser::new()?;
        let url = self.acme("/sign-in");
        let sent = browser.submit(&url, &[("email", one.email.as_str())]).await?;
        let link = onward(&one.email, &sent)?;
        self.runs += 1;
        self.follow(one, &mut browser, link).await.map(drop)
    }

    /// To the onboarding page, through it, and home.
    async fn through(&mut self, one: &Newcomer, mut browser: Browser, link: Url) -> Outcome<(), D> {
        let landed = self.follow(one, &mut browser, link).await?;
        if landed.url.path() != "/onboarding" {
            return Ok(());
        }
        let answers = [("name", one.company.as_str()), ("template", template(&one.company))];
        let sent = browser.submit(&self.acme("/onboarding"), &answers).await?;
        self.follow(one, &mut browser, onward(&one.email, &sent)?).await.map(drop)
    }

    /// Goes where the redirects lead, until a page of Acme's.
    async fn follow(&mut self, one: &Newcomer, browser: &mut Browser, start: Url) -> Outcome<Page, D> {
        let mut page = browser.get(&start).await?;
        for _ in 0..HOPS_MAX {
            let next = match &page.location {
                Some(next) => {
                    let code = next.query_pairs().find(|(name, _)| name == "authOTP");
                    self.code = code.map(|(_, code)| code.into_owned()).or(self.code.take());
                    next.clone()
                }
                None if page.url.origin() == self.scene.acme_url.origin() => break,
                // The run's page is not told yet where to go on a busy machine: it loads itself again.
                None => page.url.clone(),
            };
            page = browser.get(&next).await?;
        }
        let arrived = page.status == StatusCode::OK && page.url.origin() == self.scene.acme_url.origin();
        if arrived { Ok(page) } else { Err(stuck(&one.email, &page)) }
    }

    fn acme(&self, path: &str) -> Url {
        let mut url = self.scene.acme_url.clone();
        url.set_path(path);
        url
    }
}

fn onward<F: Error>(who: &str, page: &Page) -> Result<Url, StoryFault<F>> {
    page.location.clone().ok_or_else(|| stuck(who, page))
}

fn stuck<F: Error>(who: &str, page: &Page) -> StoryFault<F> {
    StoryFault::Stuck { who: who.to_owned(), url: without_query(&page.url), status: page.status }
}

/// The run that a link is about.
fn run_of(link: &Url) -> Option<String> {
    link.query_pairs().find(|(name, _)| name == "runtimeId").map(|(_, id)| id.into_owned())
}

/// Companies differ in what they begin with.
fn template(company: &str) -> &'static str {
    ["team", "meetings", "research", "blank"][company.len() % 4]
}

/// Waits for something that is about to happen; tells whether it has.
async fn soon(happened: impl Fn() -> bool) -> bool {
    for _ in 0..SOON_MAX {
        if happened() {
            return true;
        }
        tokio::time::sleep(SOON).await;
    }
    happened()
}
