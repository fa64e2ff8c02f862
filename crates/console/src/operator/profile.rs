//! One person, one account: what happened, what is known. The lists of them are in [`super::people`].

use super::{people, run::lead_facts, runs::pill, wire};
use crate::{
    ConsoleState,
    failure::{Failure, html},
    path,
    view::{
        Notice, Room, Tone,
        profile::{Event, Link, Profile, RunLink, Trait, Words},
        run::{Fact, Pill},
    },
    visitor::{Asked, Place},
    words::count,
};
use app::{
    profile::{self, AccountDetail, Belonging, Known, Traits, UserDetail},
    report::{self, Before, ReportFault, Stored},
};
use axum::{extract::State, response::Response};
use kernel::{Category, Timestamp};
use model::{
    platform::Stage,
    run::{Run, RunKind, RunState},
};
use serde::Deserialize;
use serde_json::Value;

/// Events of one page.
const EVENTS: usize = 50;

const USERS: Words = Words { title: "Users", one: "User" };
const ACCOUNTS: Words = Words { title: "Accounts", one: "Account" };

/// Which one, and where its timeline goes on.
#[derive(Debug, Deserialize)]
pub(crate) struct One {
    #[serde(default)]
    id: String,
    /// `micros.sequence` of the last event shown.
    #[serde(default)]
    before: String,
    /// The person was made new just now.
    #[serde(default)]
    reset: String,
}

impl One {
    fn before(&self) -> Option<Before> {
        let (at, seq) = self.before.split_once('.')?;
        Some(Before { occurred_at: Timestamp::from_micros(at.parse().ok()?), seq: seq.parse().ok()? })
    }
}

pub(crate) async fn user(
    State(state): State<ConsoleState>,
    place: Place,
    Asked(one): Asked<One>,
) -> Result<Response, Failure> {
    let found = profile::user(&state.app, place.env, &one.id).await?;
    let detail = found.ok_or_else(|| absent("person", "people"))?;
    let timeline = report::person_timeline(&state.app, place.env, &one.id, one.before(), EVENTS).await;
    let user = &detail.user;
    let person = &user.person;
    let mut facts = vec![Fact::code("Your id", &person.user_id)];
    facts.extend(person.email().map(|email| Fact::text("Mail", email)));
    facts.extend(person.name().map(|name| Fact::text("Name", name)));
    facts.extend(created(&place, &person.known));
    let more = detail.run_count > detail.runs.len() as u64;
    let page = Profile {
        name: person.title(),
        state: people::user_state(user),
        facts,
        links_title: "Accounts",
        link_count: count(user.accounts.len() as u64),
        links: user.accounts.iter().map(|one| account_link(&place, one)).collect(),
        lead: lead(&place, &detail),
        runs: detail.runs.iter().map(|run| run_link(&place, run, false)).collect(),
        all_runs: more.then(|| path::with(&path::runs(place.stage), &[("q", &person.user_id)])),
        ..known(&place, Room::Users, (USERS, path::users(place.stage)), &person.user_id, &person.known)
    };
    let here = path::user(place.stage, &person.user_id);
    let mut page = with_events(&place, page, &here, &one, timeline);
    if place.stage == Stage::Development && !detail.runs.is_empty() {
        page.reset = Some(path::user_reset(place.stage, &person.user_id));
    }
    if !one.reset.is_empty() {
        let text = "The next trigger for them is a new signup. What happened so far stays below.";
        page.frame.notice = Some(Notice::new(Tone::Good, "They may sign up again as new", text));
    }
    Ok(html(&page))
}

/// How far a person has come on the way to an account of theirs, and what the workflow stored at its end.
fn lead(place: &Place, detail: &UserDetail) -> Vec<Fact> {
    let newest = detail.runs.first();
    let stage = match (&detail.lead, newest) {
        (Some(_), _) => "Stored as a lead".to_owned(),
        (None, Some(run)) if run.state == RunState::Completed => "Completed without a lead".to_owned(),
        (None, Some(run)) => model::run::words(run).to_owned(),
        (None, None) => "Has not been through a workflow".to_owned(),
    };
    let mut facts = vec![Fact::text("Stage", stage)];
    facts.extend(detail.lead.iter().flat_map(|lead| lead_facts(place, lead)));
    facts
}

fn run_link(place: &Place, run: &Run, named: bool) -> RunLink {
    let mut state = pill(run);
    if run.kind == RunKind::Login {
        state.words = "Signed in again".to_owned();
    }
    RunLink {
        href: path::run(place.stage, run.id),
        name: if named { run.email.to_string() } else { String::new() },
        state,
        started: place.speaker.ago(run.created_at),
    }
}

pub(crate) async fn account(
    State(state): State<ConsoleState>,
    place: Place,
    Asked(one): Asked<One>,
) -> Result<Response, Failure> {
    let found = profile::account(&state.app, place.env, &one.id).await?;
    let detail = found.ok_or_else(|| absent("account", "accounts"))?;
    let timeline = report::account_timeline(&state.app, place.env, &one.id, one.before(), EVENTS).await;
    let account = &detail.account;
    let mut facts: Vec<Fact> = named_ids(&detail.ids);
    facts.extend(account.domain().map(|domain| Fact::text("Domain", domain)));
    facts.extend(account.plan().map(|plan| Fact::text("Plan", plan)));
    facts.extend(created(&place, &account.known));
    let links = detail.members.iter().map(|member| Link {
        href: path::user(place.stage, &member.membership.user_id),
        name: member.email.clone().unwrap_or_else(|| member.membership.user_id.clone()),
        line: member.membership.role.as_ref().map(|(role, _)| role.clone()).unwrap_or_default(),
        active: member.membership.active,
    });
    let page = Profile {
        name: account.title(),
        state: people::account_state(account),
        facts,
        links_title: "People",
        links: links.collect(),
        link_count: count(detail.size),
        more_links: detail.more.then(|| others(&detail)),
        runs: detail.runs.iter().map(|run| run_link(&place, run, true)).collect(),
        ..known(
            &place,
            Room::Accounts,
            (ACCOUNTS, path::accounts(place.stage)),
            &account.account_id,
            &account.known,
        )
    };
    let here = path::account(place.stage, &account.account_id);
    Ok(html(&with_events(&place, page, &here, &one, timeline)))
}

/// How many belong to the account besides those whom its page names.
fn others(detail: &AccountDetail) -> String {
    let named = detail.members.iter().filter(|member| member.membership.active).count() as u64;
    match detail.size.saturating_sub(named) {
        0 => "and others who have left".to_owned(),
        others => format!("and {} more", count(others)),
    }
}

/// The id of the account's row, then the others that events knew it by.
fn named_ids(ids: &[String]) -> Vec<Fact> {
    let name = |index| if index == 0 { "Id" } else { "Also as" };
    ids.iter().enumerate().map(|(index, id)| Fact::code(name(index), id)).collect()
}

pub(super) fn absent(one: &str, many: &str) -> Failure {
    Failure::new(
        Category::Absent,
        &format!("No such {one}"),
        &format!("No event of this environment has named that id. The list of {many} can be searched."),
    )
}

pub(super) fn account_name(one: &Belonging) -> String {
    one.account_name.clone().unwrap_or_else(|| one.membership.account_id.clone())
}

fn account_link(place: &Place, one: &Belonging) -> Link {
    Link {
        href: path::account(place.stage, &one.membership.account_id),
        name: account_name(one),
        line: one.membership.role.as_ref().map(|(role, _)| role.clone()).unwrap_or_default(),
        active: one.membership.active,
    }
}

fn created(place: &Place, known: &Known) -> Option<Fact> {
    known.created_at().map(|at| Fact::text("Created", place.speaker.moment(at).said))
}

/// What both kinds of page show of what is known.
fn known(place: &Place, room: Room, (words, list): (Words, String), id: &str, known: &Known) -> Profile {
    let mut traits = traits(place, &known.traits, false);
    traits.extend(self::traits(place, &known.enriched, true));
    Profile {
        frame: place.frame(room, None),
        words,
        up: list,
        name: String::new(),
        id: id.to_owned(),
        state: Pill { tone: Tone::Off, words: String::new() },
        since: place.speaker.ago(known.first_seen_at),
        seen: place.speaker.ago(known.last_seen_at),
        events: Vec::new(),
        no_events: None,
        newest: None,
        older: None,
        facts: Vec::new(),
        links_title: "",
        links: Vec::new(),
        link_count: String::new(),
        more_links: None,
        traits,
        lead: Vec::new(),
        runs: Vec::new(),
        all_runs: None,
        reset: None,
    }
}

fn traits(place: &Place, traits: &Traits, found: bool) -> Vec<Trait> {
    let one = |(name, value, stamp): (&str, &Value, model::telemetry::traits::Stamp)| Trait {
        name: name.to_owned(),
        value: value.as_str().map_or_else(|| value.to_string(), str::to_owned),
        told: place.speaker.ago(stamp.0),
        found,
    };
    traits.iter().map(one).collect()
}

/// The page with its timeline. What the state database knows is shown also while the events cannot be read.
fn with_events(
    place: &Place,
    page: Profile,
    here: &str,
    one: &One,
    timeline: Result<report::Page, ReportFault>,
) -> Profile {
    match timeline {
        Ok(found) => Profile {
            events: found.events.iter().map(|stored| event(place, stored)).collect(),
            newest: one.before().map(|_| here.to_owned()),
            older: found.next.map(|next| {
                let before = format!("{}.{}", next.occurred_at.micros(), next.seq);
                format!("{here}&before={before}")
            }),
            ..page
        },
        Err(fault) => {
            tracing::error!(error = %kernel::chain(&fault), "a timeline could not be read");
            let why = "The events cannot be read right now; they come back by themselves.";
            Profile { no_events: Some(why.to_owned()), ..page }
        }
    }
}

fn event(place: &Place, stored: &Stored) -> Event {
    let event = &stored.event;
    let mut line = vec![event.call.name().to_owned()];
    line.extend(event.source.clone());
    line.extend(event.user_id.clone());
    Event {
        id: format!("event-{}", stored.seq),
        name: event.name.clone(),
        line: line.join(" · "),
        at: place.speaker.ago(event.occurred_at),
        html: match event.attributes.is_empty() {
            true => String::new(),
            false => wire::document(&Value::Object(event.attributes.clone())),
        },
    }
}
