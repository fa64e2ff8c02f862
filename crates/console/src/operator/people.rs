//! *Users* and *Accounts*: two lists of the same kind. The page behind each row is in [`super::profile`].

use super::{
    list::{Column, Filter, Found, Open, Order, ROWS, SPANS, Sheet, Wanted, nothing, since},
    profile::account_name,
};
use crate::{
    ConsoleState,
    failure::Failure,
    path,
    view::{
        Room, Tone,
        list::{Content, List, ListPage, Row},
        run::Pill,
    },
    visitor::{Partial, Place},
    words::{count, counted, initials},
};
use app::profile::{self, Account, AccountRow, By, Listed, Only, Person, User};
use axum::{extract::State, response::Response};
use kernel::Cursor;
use model::run::{RunState, WaitingFor};
use std::collections::HashMap;

const ORDERS: &[Order] = &[
    Order { name: "new", falls: true, natural: "newest first", turned: "oldest first" },
    Order { name: "seen", falls: true, natural: "last active first", turned: "longest away first" },
    Order { name: "name", falls: false, natural: "from A to Z", turned: "from Z to A" },
    Order { name: "people", falls: true, natural: "most people first", turned: "fewest people first" },
];

const SEEN: Column = Column {
    name: "seen",
    title: "Last active",
    class: "hide-2 hide col-when",
    order: Some("seen"),
    shown: true,
};
const FIRST: Column =
    Column { name: "first", title: "First seen", class: "hide col-when", order: Some("new"), shown: true };
const ACTIVE: Filter = Filter { name: "active", title: "Active", lead: "were active", choices: SPANS };

static USERS: Sheet = Sheet {
    name: "users",
    who: "People who",
    search: "Search name, mail or id",
    first: Column { name: "user", title: "User", class: "col-wide", order: Some("name"), shown: true },
    columns: &[
        Column { name: "account", title: "Account", class: "hide-2 hide", order: None, shown: true },
        Column { name: "state", title: "State", class: "col-state", order: None, shown: true },
        SEEN,
        FIRST,
        Column {
            name: "signed",
            title: "Signed up",
            class: "hide-2 hide col-when",
            order: None,
            shown: false,
        },
        Column { name: "id", title: "Id", class: "hide-2 hide", order: None, shown: false },
    ],
    filters: &[
        Filter { name: "signed", title: "Signed up", lead: "signed up", choices: SPANS },
        ACTIVE,
        Filter {
            name: "state",
            title: "State",
            lead: "",
            choices: &[
                ("member", "have an account"),
                ("known", "have no account yet"),
                ("anonymous", "are anonymous"),
                ("waitlist", "wait on the waitlist"),
                ("ack", "wait for your acknowledgement"),
                ("incident", "need attention"),
            ],
        },
    ],
    orders: ORDERS.split_at(3).0,
};

static ACCOUNTS: Sheet = Sheet {
    name: "accounts",
    who: "Accounts that",
    search: "Search name, domain or id",
    first: Column { name: "account", title: "Account", class: "col-wide", order: Some("name"), shown: true },
    columns: &[
        Column { name: "domain", title: "Domain", class: "hide-2 hide", order: None, shown: false },
        Column {
            name: "people",
            title: "People",
            class: "hide col-count",
            order: Some("people"),
            shown: true,
        },
        Column { name: "state", title: "State", class: "col-state", order: None, shown: true },
        Column { name: "plan", title: "Plan", class: "hide-2 hide", order: None, shown: true },
        SEEN,
        FIRST,
        Column {
            name: "created",
            title: "Created",
            class: "hide-2 hide col-when",
            order: None,
            shown: false,
        },
        Column { name: "id", title: "Id", class: "hide-2 hide", order: None, shown: false },
    ],
    filters: &[
        Filter { name: "created", title: "Created", lead: "were created", choices: SPANS },
        ACTIVE,
        Filter {
            name: "state",
            title: "Kind",
            lead: "",
            choices: &[
                ("created", "a signup created"),
                ("told", "are known only by their events"),
                ("empty", "have nobody"),
                ("alone", "have one person"),
                ("team", "have several people"),
            ],
        },
    ],
    orders: ORDERS,
};

fn filter(place: &Place, open: &Open, created: &str) -> Result<profile::Filter, Failure> {
    let (order, turned) = open.order();
    let now = place.speaker.now();
    Ok(profile::Filter {
        only: Only {
            search: open.search(),
            created_since: since(open.chosen(created), now),
            seen_since: since(open.chosen("active"), now),
            state: open.chosen("state"),
        },
        by: match order {
            "seen" => By::LastSeen,
            "name" => By::Title,
            "people" => By::Members,
            _ => By::FirstSeen,
        },
        turned,
        after: open.after()?,
        limit: ROWS,
    })
}

pub(crate) async fn users(
    State(state): State<ConsoleState>,
    place: Place,
    partial: Partial,
    wanted: Wanted,
) -> Result<Response, Failure> {
    let open = wanted.open(&USERS)?;
    let found = profile::users(&state.app, place.env, filter(&place, &open, "signed")?).await?;
    let rows = found.rows.iter().map(|user| user_row(&place, &open, user)).collect();
    let text =
        "A person appears with the first event that names them, or when your backend triggers their signup.";
    let page = ListPage {
        sub: counted(found.all, "person", "people"),
        list: draw(&state, &place, &open, &path::users(place.stage), &found, (rows, "Nobody", text)).await?,
        frame: place.frame(Room::Users, None),
    };
    Ok(open.answer(&state, partial, &page))
}

pub(crate) async fn accounts(
    State(state): State<ConsoleState>,
    place: Place,
    partial: Partial,
    wanted: Wanted,
) -> Result<Response, Failure> {
    let open = wanted.open(&ACCOUNTS)?;
    let found = profile::accounts(&state.app, place.env, filter(&place, &open, "created")?).await?;
    let marks = marks(&found.rows);
    let rows =
        found.rows.iter().zip(marks).map(|(row, mark)| account_row(&place, &open, row, &mark)).collect();
    let text = "An account appears when a signup makes one, or when a group call tells of it.";
    let page = ListPage {
        sub: counted(found.all, "account", "accounts"),
        list: draw(&state, &place, &open, &path::accounts(place.stage), &found, (rows, "No account", text))
            .await?,
        frame: place.frame(Room::Accounts, None),
    };
    Ok(open.answer(&state, partial, &page))
}

async fn draw<T>(
    state: &ConsoleState,
    place: &Place,
    open: &Open,
    href: &str,
    found: &Listed<T>,
    (rows, who, text): (Vec<Row>, &str, &str),
) -> Result<List, Failure> {
    let nothing = nothing(state, place, found.all, (who, text)).await?;
    let next = found.next.as_ref().map(Cursor::to_string);
    Ok(open.draw(href, Found { rows, total: found.total, next, nothing }, |_, _| None))
}

fn user_row(place: &Place, open: &Open, user: &User) -> Row {
    let person = &user.person;
    let (title, line) = titles(person);
    let speaker = &place.speaker;
    Row {
        id: String::new(),
        pick: None,
        href: path::user(place.stage, &person.user_id),
        initials: initials(&title),
        cells: open.cells(|column| match column {
            "account" => Content::text(user.accounts.iter().map(account_name).collect::<Vec<_>>().join(", ")),
            "state" => Content::Pill(user_state(user)),
            "seen" => Content::When(speaker.ago(person.known.last_seen_at)),
            "first" => Content::When(speaker.ago(person.known.first_seen_at)),
            "signed" => Content::when(person.known.created_at().map(|at| speaker.ago(at))),
            _ => Content::Code(person.user_id.clone()),
        }),
        name: title,
        line,
    }
}

/// What a person is called: the address, else the name, else the id; and the next of these.
pub(super) fn titles(person: &Person) -> (String, String) {
    let (email, name) = (person.email(), person.name());
    let line = match (email, name) {
        (Some(_), Some(name)) => name,
        (None, None) => String::new(),
        _ => person.user_id.clone(),
    };
    (person.title(), line)
}

/// What stands below each account's name: the domain, or the id where none is known, where it is the name, or where
/// another account of the page has both.
fn marks(accounts: &[AccountRow]) -> Vec<String> {
    let named = |row: &AccountRow| (row.account.title(), row.account.domain());
    let mut seen: HashMap<_, u32> = HashMap::new();
    for row in accounts {
        *seen.entry(named(row)).or_default() += 1;
    }
    let mark = |row: &AccountRow| {
        let (title, domain) = named(row);
        let alone = seen.get(&(title.clone(), domain.clone())) == Some(&1);
        domain.filter(|domain| alone && *domain != title).unwrap_or_else(|| row.account.account_id.clone())
    };
    accounts.iter().map(mark).collect()
}

fn account_row(place: &Place, open: &Open, row: &AccountRow, mark: &str) -> Row {
    let (account, speaker) = (&row.account, &place.speaker);
    let name = account.title();
    Row {
        id: String::new(),
        pick: None,
        href: path::account(place.stage, &account.account_id),
        initials: initials(&name),
        line: format!("{mark} · {}", counted(row.members, "person", "people")),
        cells: open.cells(|column| match column {
            "domain" => Content::text(account.domain().unwrap_or_default()),
            "people" => Content::Number(count(row.members)),
            "state" => Content::Pill(account_state(account)),
            "plan" => Content::text(account.plan().unwrap_or_default()),
            "seen" => Content::When(speaker.ago(account.known.last_seen_at)),
            "first" => Content::When(speaker.ago(account.known.first_seen_at)),
            "created" => Content::when(account.known.created_at().map(|at| speaker.ago(at))),
            _ => Content::Code(account.account_id.clone()),
        }),
        name,
    }
}

/// What one wants to know first of a person: what stands still, where they wait, whether they have an account.
pub(super) fn user_state(user: &User) -> Pill {
    let member = user.accounts.iter().any(|one| one.membership.active);
    let (tone, words) = match (user.run, user.person.known.identified_at) {
        (Some((RunState::Incident, _)), _) => (Tone::Bad, "Needs attention"),
        (Some((_, Some(WaitingFor::Waitlist))), _) => (Tone::Wait, "On the waitlist"),
        // Their tenant is named by the first event of the run: an account that is not provisioned yet.
        (Some((RunState::Running | RunState::Waiting, _)), _) => (Tone::Wait, "Signing up"),
        _ if member => (Tone::Good, "Has an account"),
        (_, Some(_)) => (Tone::Run, "No account yet"),
        (_, None) => (Tone::Off, "Anonymous"),
    };
    Pill { tone, words: words.to_owned() }
}

pub(super) fn account_state(account: &Account) -> Pill {
    let (tone, words) = match (account.known.registered_at, account.known.identified_at) {
        (Some(_), _) => (Tone::Good, "Created"),
        (None, Some(_)) => (Tone::Off, "Known by its events"),
        // Of somebody who waits, or signs up now: nobody has said that it is there.
        (None, None) => (Tone::Off, "Not created yet"),
    };
    Pill { tone, words: words.to_owned() }
}
