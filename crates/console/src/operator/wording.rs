//! *Words of hosted pages and mails*. The preview is the real page, made with what is typed; it saves nothing.

use super::{entrance::sentence, preview};
use crate::{
    ConsoleState,
    failure::{Failure, html},
    hosted, path,
    view::{
        Notice, Room, Tone,
        wording::{Group, Text, Wording},
    },
    visitor::{Asked, Place, Posted},
    words::counted,
};
use app::mail;
use app::setting::{self, Current, SettingFault, WordFault, WordingFault};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use model::setting::{Settings, Words};
use serde::Deserialize;

/// What the form of the words is sent with: every text by its name, and the version that the person was looking at.
type Form = Words;

/// How the page is opened.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct View {
    /// `saved`: just now.
    #[serde(default)]
    done: String,
    /// Which page the preview shows.
    #[serde(default)]
    page: String,
}

/// What stands beside the texts: what is wrong, what somebody else saved.
#[derive(Debug, Default)]
struct Remarks {
    faults: Vec<WordFault>,
    theirs: Option<Words>,
}

/// A text of a page: its name, its label, and whether it has several lines.
type Editable = (&'static str, &'static str, bool);

/// The pages whose words can be written: name, title, when one meets it, texts.
const PAGES: [(&str, &str, &str, &[Editable]); 6] = [
    (
        "progress",
        "Progress",
        "while the workspace is made",
        &[
            ("progress_title", "Headline", false),
            ("progress_lead", "Text", true),
            ("progress_arrived", "Line: the details arrived", false),
            ("progress_place", "Line: there is a place", false),
            ("progress_plan", "Line: the plan is chosen", false),
            ("progress_workspace", "Line: the tenant is made", false),
            ("progress_creating", "What happens now: your app is asked", false),
            ("progress_opening", "What happens now: the browser goes on", false),
            ("progress_done", "Read aloud after a line that is done", false),
        ],
    ),
    (
        "waitlist",
        "Waitlist",
        "until it is their turn",
        &[
            ("waitlist_title", "Headline", false),
            ("waitlist_text", "Text", true),
            ("waitlist_next", "What comes next", true),
        ],
    ),
    (
        "trouble",
        "Trouble",
        "when something did not work",
        &[
            ("trouble_title", "Headline", false),
            ("trouble_text", "Text", true),
            ("trouble_next", "What comes next", true),
        ],
    ),
    (
        "ended",
        "Ended",
        "when a signup was stopped",
        &[
            ("ended_title", "Headline", false),
            ("ended_text", "Text", true),
            ("ended_next", "What comes next", true),
        ],
    ),
    (
        "sign_in",
        "Sign in",
        "for a link that was used before",
        &[
            ("sign_in_title", "Headline", false),
            ("sign_in_text", "Text", true),
            ("sign_in_button", "Button", false),
        ],
    ),
    (
        preview::MAIL,
        "Welcome mail",
        "when the account is ready",
        &[
            ("mail_subject", "Subject", false),
            ("mail_title", "Headline", false),
            ("mail_text", "Text", true),
            ("mail_button", "Button, leads to the success page", false),
            ("mail_support", "Where to ask, while there is a support address", false),
            ("mail_sign_off", "Sign-off", true),
        ],
    ),
];

pub(crate) async fn page(place: Place, Asked(view): Asked<View>) -> Response {
    let current = &place.current;
    let text = "Pages that are loaded and mails that are written from now on read so.";
    let notice = (view.done == "saved").then(|| Notice::new(Tone::Good, "Saved", text));
    html(&draw(&place, &current.settings.words, current.version, &Remarks::default(), notice))
}

pub(crate) async fn save(
    State(state): State<ConsoleState>,
    Posted { place, form }: Posted<Place, Form>,
) -> Result<Response, Failure> {
    let (typed, version) = read(&form);
    match setting::save_words(&state.app, place.actor(), place.env, &typed, version).await {
        Ok(_) => {
            let to = path::with(&path::wording(place.stage), &[("done", "saved")]);
            Ok(Redirect::to(&to).into_response())
        }
        Err(WordingFault::Invalid(faults)) => {
            let title =
                format!("Not saved: {} a change", counted(faults.len() as u64, "text needs", "texts need"));
            let notice = Notice::new(Tone::Bad, title, "Everything you typed is still here.");
            let page = draw(&place, &typed, version, &Remarks { faults, theirs: None }, Some(notice));
            Ok((StatusCode::BAD_REQUEST, html(&page)).into_response())
        }
        Err(WordingFault::Setting(SettingFault::Stale(stored))) => {
            let text =
                "What they saved stands below each text that differs. Save again to put yours in its place.";
            let notice = Notice::new(Tone::Wait, "Not saved: somebody else was faster", text);
            // From here on the person has seen the newer version: the next save starts from it.
            let remarks = Remarks { faults: Vec::new(), theirs: Some(stored.settings.words) };
            let page = draw(&place, &typed, stored.version, &remarks, Some(notice));
            Ok((StatusCode::CONFLICT, html(&page)).into_response())
        }
        Err(WordingFault::Setting(fault)) => Err(fault.into()),
    }
}

/// A page with the words that are saved.
pub(crate) async fn saved(
    State(state): State<ConsoleState>,
    place: Place,
    Asked(view): Asked<View>,
) -> Result<Response, Failure> {
    preview::show(&state, &place.current, &view.page).await
}

/// A page with the words that are typed. A text that cannot be saved stands there as it was typed.
pub(crate) async fn preview(
    State(state): State<ConsoleState>,
    Posted { place, form }: Posted<Place, Form>,
) -> Result<Response, Failure> {
    let (typed, _) = read(&form);
    let bad = setting::check_words(&typed).err().unwrap_or_default();
    let good = typed
        .into_iter()
        .filter(|(name, text)| !text.trim().is_empty() && bad.iter().all(|one| one.name != *name));
    let page = form.get("page").map_or("", String::as_str);
    preview::show(&state, &with(&place.current, good.collect()), page).await
}

/// A text as it stands while nothing is written in its place.
pub(crate) fn built_in(name: &str) -> &'static str {
    match hosted::built_in(name) {
        "" => mail::built_in(name),
        page => page,
    }
}

/// What is special about a text: said once where it matters, not under each.
fn hint(name: &str) -> Option<String> {
    let own = match name {
        "mail_text" => {
            "{{ plan }} is filled in, too, in all of the mail. An empty line begins another paragraph."
        }
        "mail_support" => "{{ support }} is the support address.",
        _ => return None,
    };
    Some(own.to_owned())
}

/// The environment as if these words were saved.
fn with(current: &Current, words: Words) -> Current {
    let settings = Settings { words, ..current.settings.clone() };
    Current { settings, ..current.clone() }
}

/// How the preview calls each page, and its title.
pub(super) fn titles() -> Vec<(&'static str, &'static str)> {
    PAGES.iter().map(|(page, title, ..)| (*page, *title)).collect()
}

/// The texts that can be written, and the version.
fn read(form: &Form) -> (Words, i64) {
    let names = PAGES.iter().flat_map(|(_, _, _, texts)| texts.iter().map(|(name, _, _)| *name));
    let typed = names.filter_map(|name| Some((name.to_owned(), form.get(name)?.clone())));
    (typed.collect(), form.get("version").and_then(|text| text.parse().ok()).unwrap_or(0))
}

fn draw(place: &Place, words: &Words, version: i64, remarks: &Remarks, notice: Option<Notice>) -> Wording {
    let said = |words: &Words, name: &str| words.get(name).cloned().unwrap_or_default();
    let Remarks { faults, theirs } = remarks;
    let text = |(name, label, long): &Editable| Text {
        name,
        label,
        value: said(words, name),
        theirs: theirs
            .as_ref()
            .map(|theirs| said(theirs, name))
            .filter(|theirs| *theirs != setting::tidy_words(&said(words, name))),
        built_in: built_in(name),
        max: setting::chars_max(name),
        hint: hint(name),
        fault: faults.iter().find(|fault| fault.name == *name).map(|fault| sentence(&fault.message)),
        long: *long,
    };
    let group =
        |(page, title, when, texts): (&'static str, &'static str, &'static str, &'static [Editable])| Group {
            page,
            title,
            when,
            texts: texts.iter().map(text).collect(),
        };
    let groups: Vec<Group> = PAGES.into_iter().map(group).collect();
    let wrong = groups.iter().flat_map(|group| &group.texts).find(|text| text.fault.is_some());
    Wording {
        focus: wrong.map(|text| text.name.to_owned()).unwrap_or_default(),
        frame: place.frame(Room::Settings, notice),
        version,
        groups,
    }
}
