//! What a browser gets that opens a link.

use super::url::{onboarding, page_url, success};
use super::{NewLink, hash, otp};
use crate::App;
use crate::enrich;
use crate::run::{StepContext, StepFault, version};
use crate::setting::{self, Current, SettingFault};
use kernel::{Category, Env, EnvironmentId, ProductId, RunId, Timestamp, WorkflowId};
use model::run::{Event, NodeStatus, Run, RunKind, RunState, WaitingFor};
use model::workflow::{Definition, Kind};
use sql::Tx;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use store::handover::Link;
use url::Url;

/// A page request waits this long for news before it shows progress.
const WAIT: Duration = Duration::from_secs(2);
/// A hand-over carries a code while the ack or the link, whichever is younger, is younger than this (decision D25).
const FRESH: Duration = Duration::from_secs(10 * 60);

/// A hosted page as its address names it.
#[derive(Debug, Clone)]
pub struct HostedPath {
    pub product: ProductId,
    pub environment: EnvironmentId,
    pub workflow: WorkflowId,
    pub page: HostedPage,
    pub token: String,
}

/// The pages that a link leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostedPage {
    /// `continue`: where a trigger sends the browser.
    Continue,
    /// `create-tenant`: where a builder's onboarding page sends it back.
    Return,
}

impl HostedPage {
    /// The page's segment of the path.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Continue => "continue",
            Self::Return => "create-tenant",
        }
    }
}

/// What to answer.
#[derive(Debug, Clone)]
pub enum Continue {
    /// 303 to a URL that is configured for the environment.
    Redirect(Url),
    Progress(Progress),
    Waitlisted(Arc<Current>),
    /// The run needs an operator.
    Trouble(Arc<Current>),
    /// The run was cancelled: nothing follows.
    Ended(Arc<Current>),
    /// Too long after the ack and the making of this link for a code, handed over or not. A fresh trigger gives a link
    /// that has one.
    SignIn(Arc<Current>, Url),
    /// No such link, or not of this page.
    Unknown,
}

/// A run that is under way.
#[derive(Debug, Clone)]
pub struct Progress {
    pub current: Arc<Current>,
    pub account_name: String,
    pub lines: Vec<Line>,
}

/// One step that means something to the person. The page has the words for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// `arrived`, `place`, `plan` or `workspace`.
    pub name: &'static str,
    pub status: NodeStatus,
}

/// Why a page could not be answered.
#[derive(Debug, thiserror::Error)]
pub enum PageFault {
    #[error("settings")]
    Setting(#[from] SettingFault),
    #[error("step")]
    Step(#[from] StepFault),
    #[error("hand-over store")]
    Store(#[from] sql::Fault),
}

impl PageFault {
    pub fn category(&self) -> Category {
        match self {
            Self::Setting(fault) => fault.category(),
            Self::Step(fault) => fault.category(),
            Self::Store(fault) => fault.category(),
        }
    }
}

/// Answers a page: the next redirect as soon as it is known, progress after two seconds without news.
pub async fn continue_page(
    app: &App,
    path: HostedPath,
    address: Option<IpAddr>,
) -> Result<Continue, PageFault> {
    let Some(opened) = open(app, &path).await? else { return Ok(Continue::Unknown) };
    let run = opened.run.id;
    let listener = app.news.listen(run);
    let deadline = tokio::time::sleep(WAIT);
    tokio::pin!(deadline);
    let mut opened = visit(app, opened, address).await?;
    loop {
        let heard = listener.heard();
        tokio::pin!(heard);
        // Registered before the run is looked at: a step in between is heard.
        heard.as_mut().enable();
        match load(app, opened.env, run).await? {
            Some(now) => opened.run = now,
            None => return Ok(Continue::Unknown),
        }
        if let Some(answer) = answer(app, &path, &opened).await? {
            return Ok(answer);
        }
        tokio::select! {
            () = heard => {}
            () = &mut deadline => return Ok(Continue::Progress(progress(&opened))),
        }
    }
}

/// A link that was found, with everything around it.
struct Opened {
    env: Env,
    current: Arc<Current>,
    definition: Arc<Definition>,
    link: Link,
    link_hash: String,
    run: Run,
}

async fn open(app: &App, path: &HostedPath) -> Result<Option<Opened>, PageFault> {
    let link_hash = hash(path.page.name(), &path.token);
    // The token vouches: whoever holds a link of this environment may see its run.
    let env = Env::vouched(path.environment);
    let wanted = link_hash.clone();
    let found = app
        .db
        .read(move |tx| {
            let Some(link) = store::handover::link(tx, env, &wanted)? else { return Ok(None) };
            let run = store::run::get(tx, env, link.run)?;
            Ok::<_, sql::Fault>(run.map(|run| (link, run)))
        })
        .await?;
    let Some((link, run)) = found.filter(|(_, run)| run.workflow == path.workflow) else { return Ok(None) };
    let current = setting::current(app, env).await?;
    if current.environment.product != path.product {
        return Ok(None);
    }
    let definition = version(app, env, run.workflow, run.version).await?;
    Ok(definition.map(|definition| Opened { env, current, definition, link, link_hash, run }))
}

async fn load(app: &App, env: Env, run: RunId) -> Result<Option<Run>, PageFault> {
    Ok(app.db.read(move |tx| store::run::get(tx, env, run)).await?)
}

/// The first visit of a link tells the user's address (decision D27); what nobody knew yet is filled in.
async fn visit(app: &App, opened: Opened, address: Option<IpAddr>) -> Result<Opened, PageFault> {
    if opened.link.first_visit_at.is_some() {
        return Ok(opened);
    }
    let found = address.map(|address| (address.to_string(), enrich::place(app, address)));
    let (env, now, link) = (opened.env, app.db.now(), opened.link_hash.clone());
    let lock = store::run::subject_lock(env, opened.run.workflow, opened.run.user_id.as_str());
    let id = opened.run.id;
    app.db
        .write(lock, move |tx| {
            store::handover::visit(tx, env, &link, now)?;
            let Some((ip, place)) = &found else { return Ok(()) };
            let Some(mut run) = store::run::get(tx, env, id)? else { return Ok(()) };
            if run.enrichment.ip.is_empty() {
                run.enrichment.ip.clone_from(ip);
                run.enrichment.place = place.clone();
                store::run::save(tx, env, &run)?;
            }
            Ok::<_, sql::Fault>(())
        })
        .await?;
    Ok(opened)
}

/// The answer that needs no waiting, if there is one.
async fn answer(app: &App, path: &HostedPath, opened: &Opened) -> Result<Option<Continue>, PageFault> {
    let (run, current) = (&opened.run, &opened.current);
    if path.page == HostedPage::Return && run.is_ready_for_browser() {
        // Back from onboarding: home, without a code.
        let home = current.settings.success_url.as_ref().map(|base| success(base, run, None));
        return Ok(Some(home.map_or_else(|| Continue::Trouble(Arc::clone(current)), Continue::Redirect)));
    }
    if run.is_ready_for_browser() {
        return hand_over(app, opened).await.map(Some);
    }
    Ok(match (run.state, run.waiting_for) {
        (RunState::Waiting, Some(WaitingFor::Waitlist)) => Some(Continue::Waitlisted(Arc::clone(current))),
        (RunState::Incident, _) => Some(Continue::Trouble(Arc::clone(current))),
        (RunState::Cancelled, _) => Some(Continue::Ended(Arc::clone(current))),
        _ => None,
    })
}

/// The last redirect: a new code, and from now on a trigger of this user is a login.
async fn hand_over(app: &App, opened: &Opened) -> Result<Continue, PageFault> {
    let (run, current) = (&opened.run, &opened.current);
    let settings = &current.settings;
    let target = match run.kind {
        RunKind::Signup => settings.onboarding_url.as_ref(),
        RunKind::Login => settings.success_url.as_ref(),
    };
    let Some(target) = target else { return Ok(Continue::Trouble(Arc::clone(current))) };
    if !is_fresh(run, &opened.link, app.db.now()) {
        let home = settings.success_url.as_ref().unwrap_or(target).clone();
        return Ok(Continue::SignIn(Arc::clone(current), home));
    }
    let code = otp::Code::make(app.rng.as_ref());
    let back = NewLink::make(app.rng.as_ref(), HostedPage::Return);
    record(app, opened, &code.hash, &back).await?;
    let environment = &current.environment;
    let code = code.plain.expose();
    Ok(Continue::Redirect(match run.kind {
        RunKind::Signup => {
            let token = back.token.expose();
            let back = page_url(app, environment, run.workflow, run.id, HostedPage::Return, token);
            onboarding(target, environment, run, &back, code)
        }
        RunKind::Login => success(target, run, Some(code)),
    }))
}

async fn record(app: &App, opened: &Opened, code: &str, back: &NewLink) -> Result<(), PageFault> {
    let step = StepContext::new(app, Arc::clone(&opened.current), Arc::clone(&opened.definition));
    let lock = store::run::subject_lock(opened.env, opened.run.workflow, opened.run.user_id.as_str());
    let (run, code, back) = (opened.run.id, code.to_owned(), back.hash.clone());
    let returns = opened.run.kind == RunKind::Signup;
    app.db.write(lock, move |tx| write(tx, &step, run, &code, returns.then_some(back.as_str()))).await
}

fn write(
    tx: &mut Tx<'_>,
    step: &StepContext,
    id: RunId,
    code: &str,
    back: Option<&str>,
) -> Result<(), PageFault> {
    store::handover::add_otp(tx, step.env, code, id, step.now)?;
    if let Some(back) = back {
        store::handover::add_return_link(tx, step.env, back, id, step.now)?;
    }
    let Some(run) = store::run::get(tx, step.env, id)? else { return Ok(()) };
    if run.handed_over_at.is_none() {
        let facts = step.facts_with(None);
        step.take(tx, run, &Event::HandedOver, &facts)?;
    }
    Ok(())
}

fn is_fresh(run: &Run, link: &Link, now: Timestamp) -> bool {
    let younger = run.acked_at.unwrap_or(run.created_at).max(link.created_at);
    now.since(younger) < FRESH
}

/// What the person reads of; steps that mean nothing to them are left out.
fn progress(opened: &Opened) -> Progress {
    let path = opened.run.path(&opened.definition).iter().zip(&opened.run.nodes);
    let lines = path.filter_map(|(node, state)| {
        let name = match node.kind {
            Kind::Trigger => "arrived",
            Kind::WaitlistUser => "place",
            Kind::AssociatePlan => "plan",
            Kind::AwaitAck => "workspace",
            _ => return None,
        };
        Some(Line { name, status: state.status })
    });
    Progress {
        current: Arc::clone(&opened.current),
        account_name: opened.run.account_name.clone(),
        lines: lines.collect(),
    }
}
