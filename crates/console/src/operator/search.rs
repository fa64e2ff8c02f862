//! Search from anywhere: a page of its own, and the options of the palette.

use super::{people, requests, runs::pill};
use crate::{
    ConsoleState,
    failure::{Failure, html},
    path,
    view::{
        Room,
        search::{Group, Hit, Search},
    },
    visitor::{Asked, Partial, Place},
    words::initials,
};
use app::search::{self, Hits};
use axum::{extract::State, response::Response};
use kernel::RequestId;
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    q: String,
}

pub(crate) async fn page(
    State(state): State<ConsoleState>,
    place: Place,
    partial: Partial,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Failure> {
    let text: String = wanted.q.trim().chars().take(200).collect();
    let found = search::search(&state.app, place.env, &text).await?;
    let mut groups = vec![Group { title: "Rooms", hits: rooms(&place, &text) }];
    groups.extend(things(&place, &found));
    groups.retain(|group| !group.hits.is_empty());
    let page = Search {
        frame: place.frame(Room::Search, None),
        here: path::search(place.stage),
        look_up: text.parse::<RequestId>().ok().map(|id| path::request(place.stage, id)),
        text,
        groups,
    };
    Ok(if partial.0 { html(&page.as_hits()) } else { html(&page) })
}

/// All rooms while nothing is typed, then those with a word that begins so.
fn rooms(place: &Place, text: &str) -> Vec<Hit> {
    let text = text.to_lowercase();
    let named = |room: &Room| room.title().to_lowercase().split(' ').any(|word| word.starts_with(&text));
    let hit = |room: Room| Hit {
        href: room.path(place.stage),
        mark: None,
        icon: room.icon(),
        name: room.title().to_owned(),
        line: String::new(),
        state: None,
    };
    Room::MENU.into_iter().filter(named).map(hit).collect()
}

fn things(place: &Place, found: &Hits) -> [Group; 6] {
    let stage = place.stage;
    let hit = |href: String, name: String, line: String| Hit {
        href,
        mark: Some(initials(&name)),
        icon: "",
        name,
        line,
        state: None,
    };
    let people = found.people.iter().map(|person| {
        let (title, line) = people::titles(person);
        hit(path::user(stage, &person.user_id), title, line)
    });
    let accounts = found.accounts.iter().map(|account| {
        hit(path::account(stage, &account.account_id), account.title(), account.domain().unwrap_or_default())
    });
    let runs = found.runs.iter().map(|run| Hit {
        state: Some(pill(run)),
        ..hit(path::run(stage, run.id), run.email.to_string(), place.speaker.ago(run.created_at).said)
    });
    let mails = found
        .mails
        .iter()
        .map(|mail| hit(path::mail(stage, mail.id), mail.recipient.clone(), mail.subject.clone()));
    let webhook = found.webhook.iter().map(|(id, run)| {
        let name = run
            .as_ref()
            .map_or_else(|| "Test webhook".to_owned(), |run| format!("Webhook about {}", run.email));
        hit(path::webhook(stage, *id), name, id.to_string())
    });
    let refused = found.refused.iter().map(|refused| Hit {
        mark: Some(refused.status.to_string()),
        state: Some(requests::pill(refused.status)),
        ..hit(path::request(stage, refused.request), requests::title(refused), refused.code.clone())
    });
    [
        Group { title: "People", hits: people.collect() },
        Group { title: "Accounts", hits: accounts.collect() },
        Group { title: "Runs", hits: runs.collect() },
        Group { title: "Mails", hits: mails.collect() },
        Group { title: "Webhooks", hits: webhook.collect() },
        Group { title: "Refused requests", hits: refused.collect() },
    ]
}
