//! Hosted pages: what a builder's end user sees between signing up and their workspace.
//!
//! The address carries a token; whoever has it may see this run's progress and nothing else. The page waits on the
//! server for news, then asks again: with script by a partial, without by a refresh.

use crate::{
    ConsoleState,
    failure::html,
    path,
    policy::Framed,
    view::hosted::{Again, Brand, Footer, Line, LineState, Message, Picture, Progress},
    visitor::address,
};
use app::{
    handover::{self, Continue, HostedPage, HostedPath, PageFault},
    setting::Current,
};
use axum::{
    Extension, Router,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use kernel::{Category, Env, RequestId, RunId};
use minijinja::{Environment, context};
use model::{
    request::About,
    run::NodeStatus,
    setting::{Words, logo::Logo},
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};
use url::form_urlencoded;
use webkit::{Family, Refusal, Told, Unserved};

/// The script asks for a partial with this.
const PARTIAL: HeaderName = HeaderName::from_static("x-partial");
/// Tells the script where the browser goes next: it cannot follow a redirect to another origin itself.
const CONTINUE: HeaderName = HeaderName::from_static("x-continue");
/// Tells the script that another page is due.
const WHOLE: HeaderName = HeaderName::from_static("x-whole");

/// How often a page that waits for a person looks again by itself: an operator who acts at once is seen at once, and
/// a page that is left open for days asks little.
const LOOK_AGAIN: Again = Again { soon: 5, later: 20 };
/// How often a page that could not be answered tries again.
const BUSY_AGAIN: Again = Again { soon: 5, later: 5 };
/// Our own colour, where the builder's is not known.
const OURS: &str = "0f7a55";

/// The texts that hold until a builder writes their own.
static TEXTS: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../texts/hosted.json"))
        .expect("the built-in texts are a JSON object of texts")
});

pub(crate) fn routes() -> Router<ConsoleState> {
    // A look is a visit and may hand the browser over: whoever asks for the head alone does neither.
    let page = || get(page).head(not_here).fallback(not_here);
    // With and without a final slash, as every path of ours (decision D2).
    Router::new()
        .route("/{product}/{environment}/{workflow}/{page}", page())
        .route("/{product}/{environment}/{workflow}/{page}/", page())
        .route("/{product}/{environment}/{workflow}/{page}/{token}", page())
        .route("/{product}/{environment}/{workflow}/{page}/{token}/", page())
}

async fn page(
    State(state): State<ConsoleState>,
    Path(segments): Path<HashMap<String, String>>,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let id = webkit::request_id(request.extensions());
    let Some(path) = read(&segments) else { return no_page(id) };
    let partial = headers.contains_key(PARTIAL);
    let visitor = Some(address(request.extensions()));
    match path {
        Some(path) => match handover::continue_page(&state.app, path, visitor).await {
            Ok(answer) => present(answer, id, &reference(request.uri()), partial),
            Err(fault) => trouble(&fault, id),
        },
        None => unknown(id),
    }
}

/// `None`: no page of ours. `Some(None)`: a page of ours with a link that cannot be one.
fn read(segments: &HashMap<String, String>) -> Option<Option<HostedPath>> {
    let product = segments.get("product")?.parse().ok()?;
    let environment = segments.get("environment")?.parse().ok()?;
    let workflow = segments.get("workflow")?.parse().ok()?;
    let page = match segments.get("page")?.as_str() {
        "continue" => HostedPage::Continue,
        "create-tenant" => HostedPage::Return,
        _ => return Some(None),
    };
    let Some(token) = segments.get("token").cloned() else { return Some(None) };
    Some(Some(HostedPath { product, environment, workflow, page, token }))
}

/// What the person can name when they write to support: the run's id as their address carries it, shortened.
fn reference(uri: &Uri) -> String {
    let pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let run = pairs.filter(|(name, _)| name == "runtimeId").find_map(|(_, id)| id.parse::<RunId>().ok());
    run.map(|run| run.to_string().chars().take(8).collect()).unwrap_or_default()
}

fn present(answer: Continue, id: RequestId, reference: &str, partial: bool) -> Response {
    match answer {
        Continue::Redirect(url) => go_on(url.as_str(), partial),
        Continue::Progress(progress) => show_progress(&progress, reference, partial),
        Continue::Waitlisted(current) => {
            whole(&message(&current, reference, "waitlist", Some(LOOK_AGAIN)), partial)
        }
        Continue::Trouble(current) => {
            whole(&message(&current, reference, "trouble", Some(LOOK_AGAIN)), partial)
        }
        Continue::Ended(current) => whole(&message(&current, reference, "ended", None), partial),
        Continue::SignIn(current, url) => whole(&sign_in(&current, reference, url.as_str()), partial),
        Continue::Unknown => unknown(id),
    }
}

/// The message of this name: its title, and the paragraphs that it has.
fn message(current: &Current, reference: &str, name: &'static str, refresh: Option<Again>) -> Message {
    let text = |part: &str| Texts::of(current, "").text(&format!("{name}_{part}"));
    Message {
        brand: brand(current, reference),
        name,
        title: text("title"),
        paragraphs: ["text", "next"].map(text).into_iter().filter(|text| !text.is_empty()).collect(),
        way_on: None,
        refresh,
    }
}

fn sign_in(current: &Current, reference: &str, url: &str) -> Message {
    let button = Texts::of(current, "").text("sign_in_button");
    Message { way_on: Some((button, url.to_owned())), ..message(current, reference, "sign_in", None) }
}

/// A text as it is built in; empty where there is none.
pub(crate) fn built_in(name: &str) -> &'static str {
    TEXTS.get(name).map_or("", String::as_str)
}

/// The account that a preview speaks of.
const SAMPLE_ACCOUNT: &str = "Acme Rockets";

/// A page as its builder has set it or is about to, for the frame beside their form. It neither looks for news nor leads on.
pub(crate) fn preview(current: &Current, page: &str, logo: Option<Picture>) -> Response {
    let drawn = |page: Message| html(&Message { brand: Brand { logo: logo.clone(), ..page.brand }, ..page });
    let shown = |name| drawn(message(current, "", name, None));
    framed(match page {
        "waitlist" => shown("waitlist"),
        "trouble" => shown("trouble"),
        "ended" => shown("ended"),
        "sign_in" => drawn(sign_in(current, "", "#")),
        _ => {
            let page = sample_progress(current);
            html(&Progress { brand: Brand { logo, ..page.brand }, ..page })
        }
    })
}

/// What there is to say in place of a preview.
pub(crate) fn remark(current: &Current, title: &str, text: &str) -> Response {
    let page = Message {
        brand: brand(current, ""),
        name: "remark",
        title: title.to_owned(),
        paragraphs: vec![text.to_owned()],
        way_on: None,
        refresh: None,
    };
    framed(html(&page))
}

fn framed(answer: Response) -> Response {
    (Extension(Framed::Page), answer).into_response()
}

fn sample_progress(current: &Current) -> Progress {
    let texts = Texts::of(current, SAMPLE_ACCOUNT);
    let line = |name: &str, state| Line { words: texts.text(name), state };
    Progress {
        brand: brand(current, ""),
        title: texts.text("progress_title"),
        lead: texts.text("progress_lead"),
        lines: vec![
            line("progress_arrived", LineState::Done),
            line("progress_plan", LineState::Done),
            line("progress_creating", LineState::Now),
            line("progress_opening", LineState::Later),
        ],
        done: texts.text("progress_done"),
        live: false,
    }
}

fn go_on(url: &str, partial: bool) -> Response {
    if !partial {
        return Redirect::to(url).into_response();
    }
    let mut response = StatusCode::OK.into_response();
    if let Ok(url) = HeaderValue::from_str(url) {
        response.headers_mut().insert(CONTINUE, url);
    }
    response
}

fn show_progress(progress: &handover::Progress, reference: &str, partial: bool) -> Response {
    let texts = Texts::of(&progress.current, &progress.account_name);
    let page = Progress {
        brand: brand(&progress.current, reference),
        title: texts.text("progress_title"),
        lead: texts.text("progress_lead"),
        lines: lines(progress, &texts),
        done: texts.text("progress_done"),
        live: true,
    };
    if partial { html(&page.as_progress()) } else { html(&page) }
}

/// The first line that is not done is the one that turns; the last one names where it leads.
fn lines(progress: &handover::Progress, texts: &Texts<'_>) -> Vec<Line> {
    let mut now_is_taken = false;
    let mut lines: Vec<Line> = progress
        .lines
        .iter()
        .map(|line| {
            let done = matches!(line.status, NodeStatus::Done | NodeStatus::Skipped);
            let state = match (done, now_is_taken) {
                (true, _) => LineState::Done,
                (false, false) => LineState::Now,
                (false, true) => LineState::Later,
            };
            now_is_taken |= !done;
            Line { words: texts.text(&format!("progress_{}", line.name)), state }
        })
        .collect();
    if let Some(creating) = lines.last_mut().filter(|line| line.state == LineState::Now)
        && !progress.account_name.is_empty()
    {
        creating.words = texts.text("progress_creating");
    }
    let last = if now_is_taken { LineState::Later } else { LineState::Now };
    lines.push(Line { words: texts.text("progress_opening"), state: last });
    lines
}

/// A page that replaces another: the script that asked for a partial is told to load it.
fn whole(page: &Message, partial: bool) -> Response {
    if partial {
        let mut response = StatusCode::OK.into_response();
        response.headers_mut().insert(WHOLE, HeaderValue::from_static(page.name));
        return response;
    }
    html(page)
}

fn brand(current: &Current, reference: &str) -> Brand {
    let settings = &current.settings;
    Brand {
        name: settings.product_name.clone(),
        colour: settings.colour.trim_start_matches('#').to_lowercase(),
        logo: settings.logo.as_ref().map(|logo| picture(current.env, logo)),
        footer: footer(&Texts::of(current, ""), settings.support_address.as_deref(), reference),
    }
}

/// The logo that is saved, under the address that everybody may load.
pub(crate) fn picture(env: Env, logo: &Logo) -> Picture {
    Picture::of(logo, path::logo_file(env, &logo.file_name()))
}

/// The sentence is cut at the address, which becomes a link. Nothing to say: no footer.
fn footer(texts: &Texts<'_>, support: Option<&str>, reference: &str) -> Option<Footer> {
    let values = context! { support, reference };
    match support {
        Some(address) => {
            let sentence = texts.with("footer_support", &values);
            Some(match sentence.split_once(address) {
                Some((before, after)) => Footer {
                    before: before.to_owned(),
                    address: Some(address.to_owned()),
                    after: after.to_owned(),
                },
                None => Footer { before: sentence, ..Footer::default() },
            })
        }
        None if reference.is_empty() => None,
        None => Some(Footer { before: texts.with("footer_reference", &values), ..Footer::default() }),
    }
}

/// A page of nobody's product: what is unknown must not tell whose it might be. It names the request, under which the
/// operator finds it again.
fn nobody(
    status: StatusCode,
    (title, text): (&'static str, &str),
    id: RequestId,
    refresh: Option<Again>,
) -> Response {
    let texts = Texts { product: "", account: "", words: &NONE };
    let brand = Brand {
        name: texts.text("nobody"),
        colour: OURS.into(),
        logo: None,
        footer: footer(&texts, None, &id.to_string()),
    };
    let page = Message {
        brand,
        name: title,
        title: texts.text(title),
        paragraphs: vec![texts.text(text)],
        way_on: None,
        refresh,
    };
    let code = match status {
        StatusCode::NOT_FOUND => "NOT_FOUND",
        StatusCode::SERVICE_UNAVAILABLE => "UNAVAILABLE",
        _ => "INTERNAL_ERROR",
    };
    let message = format!("{}. {}", page.title, page.paragraphs.join(" "));
    let mut response = (status, html(&page)).into_response();
    // Whose the page might be is what its address claims.
    Told { code, message, details: Vec::new(), about: About::default() }.leave(&mut response);
    response
}

fn unknown(id: RequestId) -> Response {
    nobody(StatusCode::NOT_FOUND, ("unknown_title", "unknown_text"), id, None)
}

fn trouble(fault: &PageFault, id: RequestId) -> Response {
    let category = fault.category();
    tracing::error!(request.id = %id, error = %kernel::chain(fault), "a hosted page could not be answered");
    let status = StatusCode::from_u16(category.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = nobody(status, ("busy_title", "busy_text"), id, Some(BUSY_AGAIN));
    if category == Category::Unavailable {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    }
    response
}

/// Paths of four or five segments that are no page of ours: the JSON answer of any unknown path (decision D20).
fn no_page(id: RequestId) -> Response {
    let refusal = Refusal::absent("there is nothing under this path");
    let mut response = Told::unkept(refusal.into_response(Family::Telemetry, id));
    response.extensions_mut().insert(Unserved);
    response
}

async fn not_here(Path(segments): Path<HashMap<String, String>>, request: Request) -> Response {
    let id = webkit::request_id(request.extensions());
    if read(&segments).is_none() {
        return no_page(id);
    }
    let refusal =
        Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "this page answers only GET");
    let mut response = refusal.into_response(Family::Telemetry, id);
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET"));
    response
}

/// No words of a builder.
static NONE: Words = BTreeMap::new();

/// The page's texts for one product and account.
struct Texts<'t> {
    product: &'t str,
    account: &'t str,
    /// The builder's own, before the built-in ones.
    words: &'t Words,
}

impl<'t> Texts<'t> {
    fn of(current: &'t Current, account: &'t str) -> Self {
        Self { product: &current.settings.product_name, account, words: &current.settings.words }
    }

    /// A text with its places filled; as it stands where it cannot be filled. HTML is escaped by the frame.
    fn text(&self, name: &str) -> String {
        self.with(name, &context! { product => self.product, account => self.account })
    }

    fn with(&self, name: &str, values: &minijinja::Value) -> String {
        let Some(text) = self.words.get(name).or_else(|| TEXTS.get(name)) else { return String::new() };
        Environment::new().render_str(text, values).unwrap_or_else(|_| text.clone())
    }
}
