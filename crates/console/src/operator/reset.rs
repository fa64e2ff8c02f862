//! *Reset this user*: in Development somebody may sign up again as if they had never come.

use super::{
    profile::absent,
    sure::{self, Sure},
};
use crate::{
    ConsoleState,
    failure::{Failure, html},
    path,
    view::{Room, sign_in::Confirm},
    visitor::{Asked, Place, Posted},
    words::counted,
};
use app::{
    profile::{self, UserDetail},
    run::{self, ForgetFault},
};
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use kernel::Category;
use model::platform::Stage;
use serde::Deserialize;

/// Which person.
#[derive(Debug, Deserialize)]
pub(crate) struct One {
    #[serde(default)]
    id: String,
}

/// What it takes away and what stays, before it happens.
pub(crate) async fn page(
    State(state): State<ConsoleState>,
    place: Place,
    Asked(one): Asked<One>,
) -> Result<Response, Failure> {
    if place.stage != Stage::Development {
        return Err(Failure::absent("Users can be reset only in Development."));
    }
    Ok(html(&question(&place, &find(&state, &place, &one).await?)))
}

pub(crate) async fn reset(
    State(state): State<ConsoleState>,
    Asked(one): Asked<One>,
    Posted { place, form: sure }: Posted<Place, Sure>,
) -> Result<Response, Failure> {
    if place.stage != Stage::Development {
        let text = "Users can be reset only in Development. Nothing was done.";
        return Err(Failure::new(Category::Forbidden, "Not in Production", text));
    }
    let detail = find(&state, &place, &one).await?;
    if !sure.names(&name(&detail)) {
        return Ok(sure.ask_again(question(&place, &detail)));
    }
    match run::forget_user(&state.app, place.actor(), place.env, &one.id).await {
        Ok(_) => Ok(Redirect::to(&path::user_was_reset(place.stage, &one.id)).into_response()),
        Err(ForgetFault::CameAgain) => Err(Failure::new(
            Category::Conflict,
            "They came again meanwhile",
            "A trigger began another run. Reset them once more if that was not meant.",
        )),
        Err(fault) => Err(fault.into()),
    }
}

async fn find(state: &ConsoleState, place: &Place, one: &One) -> Result<UserDetail, Failure> {
    let found = profile::user(&state.app, place.env, &one.id).await?;
    found.ok_or_else(|| absent("person", "people"))
}

fn name(detail: &UserDetail) -> String {
    let person = &detail.user.person;
    person.email().unwrap_or_else(|| person.user_id.clone())
}

fn question(place: &Place, detail: &UserDetail) -> Confirm {
    let person = &detail.user.person;
    let open = detail.runs.iter().filter(|run| !run.state.is_over()).count() as u64;
    let mut consequences = vec![
        "The lead, the tenant on our side and their place behind or on the waitlist are forgotten.".to_owned(),
        "The next trigger for them is a new signup, with a new tenant id, also under an Idempotency-Key that was used."
            .to_owned(),
        "What your app has made of the tenant stays there: delete it yourself if it is in the way.".to_owned(),
        "Runs, webhooks and mails stay to be read. So do the events in the journal, and this profile, which is made of \
         them."
            .to_owned(),
    ];
    if open > 0 {
        consequences.insert(0, format!("{} cancelled.", counted(open, "open run is", "open runs are")));
    }
    Confirm {
        frame: place.frame(Room::Users, None),
        title: format!("Reset {}?", name(detail)),
        lead: "They may sign up again as if they had never come. This cannot be undone.".to_owned(),
        consequences,
        action: path::user_reset(place.stage, &person.user_id),
        button: "Reset this user".to_owned(),
        danger: true,
        back: path::user(place.stage, &person.user_id),
        word: Some(sure::word(
            if person.email().is_some() { "their mail address" } else { "their id" },
            &name(detail),
        )),
    }
}
