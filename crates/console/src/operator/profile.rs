//! *Users* and *Accounts*: two lists of the same kind, and the page behind each row.

use super::{
    list::{ROWS, Wanted},
    snippet, wire,
};
use crate::{
    ConsoleState,
    failure::{Failure, html},
    path,
    view::{
        Room, Tone,
        profile::{Event, Link, Profile, Profiles, Row, Trait, Words},
        run::{Fact, Pill},
    },
    visitor::{Asked, Partial, Place},
    words::{counted, initials},
};
use app::{
    profile::{self, Account, AccountRow, Belonging, Filter, Known, Listed, Traits, User},
    report::{self, Before, ReportFault, Stored},
};
use axum::{extract::State, response::Response};
use kernel::{Category, Cursor, Timestamp};
use serde::Deserialize;
use serde_json::Value;

/// Events of one page.
const EVENTS: usize = 50;

const USERS: Words = Words {
    title: "Users",
    one: "User",
    search: "Search name, mail or id",
    other: "Account",
    empty: "A person appears with the first event that names them, or when your backend triggers their signup.",
};
const ACCOUNTS: Words = Words {
    title: "Accounts",
    one: "Account",
    search: "Search name, domain or id",
    other: "Domain",
    empty: "An account appears when a signup makes one, or when a group call tells of it.",
};

fn filter(wanted: &Wanted) -> Result<Filter, Failure> {
    Ok(Filter { search: Some(wanted.search()), after: wanted.after()?, limit: ROWS })
}

/// Which one, and where its timeline goes on.
#[derive(Debug, Deserialize)]
pub(crate) struct One {
    #[serde(default)]
    id: String,
    /// `micros.sequence` of the last event shown.
    #[serde(default)]
    before: String,
}

impl One {
    fn before(&self) -> Option<Before> {
        let (at, seq) = self.before.split_once('.')?;
        Some(Before { occurred_at: Timestamp::from_micros(at.parse().ok()?), seq: seq.parse().ok()? })
    }
}

pub(crate) async fn users(
    State(state): State<ConsoleState>,
    place: Place,
    partial: Partial,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Failure> {
    let found = profile::users(&state.app, place.env, filter(&wanted)?).await?;
    let rows = found.rows.iter().map(|user| user_row(&place, user)).collect();
    let sub = counted(found.all, "person", "people");
    let list = path::users(place.stage);
    let snippet = snippet::trigger(&state, place.env).await?;
    Ok(answer(partial, &draw(&place, Room::Users, (USERS, list, sub, snippet), &wanted, &found, rows)))
}

pub(crate) async fn accounts(
    State(state): State<ConsoleState>,
    place: Place,
    partial: Partial,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Failure> {
    let found = profile::accounts(&state.app, place.env, filter(&wanted)?).await?;
    let rows = found.rows.iter().map(|row| account_row(&place, row)).collect();
    let sub = counted(found.all, "account", "accounts");
    let list = path::accounts(place.stage);
    let snippet = snippet::trigger(&state, place.env).await?;
    Ok(answer(partial, &draw(&place, Room::Accounts, (ACCOUNTS, list, sub, snippet), &wanted, &found, rows)))
}

pub(crate) async fn user(
    State(state): State<ConsoleState>,
    place: Place,
    Asked(one): Asked<One>,
) -> Result<Response, Failure> {
    let found = profile::user(&state.app, place.env, &one.id).await?;
    let user = found.ok_or_else(|| absent("person", "people"))?;
    let timeline = report::person_timeline(&state.app, place.env, &one.id, one.before(), EVENTS).await;
    let person = &user.person;
    let email = person.email();
    let mut facts = vec![Fact::code("Your id", &person.user_id)];
    facts.extend(email.as_ref().map(|email| Fact::text("Mail", email)));
    facts.extend(person.name().map(|name| Fact::text("Name", name)));
    facts.extend(created(&place, &person.known));
    let page = Profile {
        name: email.or_else(|| person.name()).unwrap_or_else(|| person.user_id.clone()),
        state: user_state(&user),
        facts,
        links_title: "Accounts",
        links: user.accounts.iter().map(|one| account_link(&place, one)).collect(),
        runs: Some(path::with(&path::runs(place.stage), &[("q", &person.user_id)])),
        ..known(&place, Room::Users, (USERS, path::users(place.stage)), &person.user_id, &person.known)
    };
    let here = path::user(place.stage, &person.user_id);
    Ok(html(&with_events(&place, page, &here, &one, timeline)))
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
        name: account.name().unwrap_or_else(|| account.account_id.clone()),
        state: account_state(account),
        facts,
        links_title: "People",
        links: links.collect(),
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

/// The id of the account's row, then the others that events knew it by.
fn named_ids(ids: &[String]) -> Vec<Fact> {
    let name = |index| if index == 0 { "Id" } else { "Also as" };
    ids.iter().enumerate().map(|(index, id)| Fact::code(name(index), id)).collect()
}

fn absent(one: &str, many: &str) -> Failure {
    Failure::new(
        Category::Absent,
        &format!("No such {one}"),
        &format!("No event of this environment has named that id. The list of {many} can be searched."),
    )
}

fn answer(partial: Partial, page: &Profiles) -> Response {
    if partial.0 { html(&page.as_list()) } else { html(page) }
}

fn draw<T>(
    place: &Place,
    room: Room,
    (words, list, sub, snippet): (Words, String, String, String),
    wanted: &Wanted,
    found: &Listed<T>,
    rows: Vec<Row>,
) -> Profiles {
    let next = found.next.as_ref().map(Cursor::to_string);
    let pages = wanted.pages(&list, rows.len(), found.total, next);
    Profiles {
        frame: place.frame(room, None),
        words,
        sub,
        snippet,
        shown: pages.shown,
        first: pages.first,
        next: pages.next,
        empty: found.all == 0,
        rows,
        search: wanted.search(),
        href: list,
    }
}

fn user_row(place: &Place, user: &User) -> Row {
    let person = &user.person;
    let (email, name) = (person.email(), person.name());
    let title = email.clone().or_else(|| name.clone()).unwrap_or_else(|| person.user_id.clone());
    let line = match (email, name) {
        (Some(_), Some(name)) => name,
        (None, None) => String::new(),
        _ => person.user_id.clone(),
    };
    Row {
        href: path::user(place.stage, &person.user_id),
        initials: initials(&title),
        other: user.accounts.iter().map(account_name).collect::<Vec<_>>().join(", "),
        state: user_state(user),
        seen: place.speaker.ago(person.known.last_seen_at),
        since: place.speaker.ago(person.known.first_seen_at),
        name: title,
        line,
    }
}

fn account_row(place: &Place, row: &AccountRow) -> Row {
    let account = &row.account;
    let name = account.name().unwrap_or_else(|| account.account_id.clone());
    Row {
        href: path::account(place.stage, &account.account_id),
        initials: initials(&name),
        line: counted(row.members, "person", "people"),
        other: account.domain().unwrap_or_default(),
        state: account_state(account),
        seen: place.speaker.ago(account.known.last_seen_at),
        since: place.speaker.ago(account.known.first_seen_at),
        name,
    }
}

fn user_state(user: &User) -> Pill {
    let (tone, words) =
        match (user.person.known.identified_at, user.accounts.iter().any(|one| one.membership.active)) {
            (_, true) => (Tone::Good, "Belongs to an account"),
            (Some(_), false) => (Tone::Run, "Known, without account"),
            (None, false) => (Tone::Off, "Anonymous"),
        };
    Pill { tone, words: words.to_owned() }
}

fn account_state(account: &Account) -> Pill {
    let plan = account.plan();
    match account.known.registered_at {
        Some(_) => Pill { tone: Tone::Good, words: plan.unwrap_or_else(|| "Created".to_owned()) },
        None => Pill { tone: Tone::Off, words: plan.unwrap_or_else(|| "Known by its events".to_owned()) },
    }
}

fn account_name(one: &Belonging) -> String {
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
        list,
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
        traits,
        runs: None,
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
