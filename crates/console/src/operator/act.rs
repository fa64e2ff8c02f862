//! Acts on runs. Each has a page that says what will happen to whom; the act itself is a form on it.

use super::{
    run::{find, unknown},
    sure::{self, Sure},
};
use crate::{
    ConsoleState,
    failure::{Failure, html},
    path,
    view::{Room, sign_in::Confirm},
    visitor::{Place, Posted},
};
use app::run::{self, ActFault, RunDetail};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use kernel::Category;

/// What an operator may do to one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Retry,
    Skip,
    Cancel,
    Admit,
}

impl What {
    fn named(name: &str) -> Result<Self, Failure> {
        match name {
            "retry" => Ok(Self::Retry),
            "skip" => Ok(Self::Skip),
            "cancel" => Ok(Self::Cancel),
            "admit" => Ok(Self::Admit),
            _ => Err(Failure::absent("A run can be sent again, skipped, cancelled or admitted.")),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Skip => "skip",
            Self::Cancel => "cancel",
            Self::Admit => "admit",
        }
    }

    fn allowed(self, detail: &RunDetail) -> bool {
        match self {
            Self::Retry => detail.may_retry,
            Self::Skip => detail.may_skip,
            Self::Cancel => detail.may_cancel,
            Self::Admit => detail.may_admit,
        }
    }

    /// What is typed before an act that cannot be undone: whom it meets.
    fn asks_for(self, detail: &RunDetail) -> Option<&str> {
        (self == Self::Cancel).then(|| detail.run.email.as_str())
    }
}

/// What will happen, before it does.
pub(crate) async fn page(
    State(state): State<ConsoleState>,
    place: Place,
    Path((_, id, act)): Path<(String, String, String)>,
) -> Result<Response, Failure> {
    let what = What::named(&act)?;
    let Some(detail) = find(&state, &place, &id).await? else { return Ok(unknown(&place)) };
    if !what.allowed(&detail) {
        return Ok(Redirect::to(&path::run(place.stage, detail.run.id)).into_response());
    }
    Ok(html(&confirm(&place, &detail, what)))
}

pub(crate) async fn act(
    State(state): State<ConsoleState>,
    Path((_, id, act)): Path<(String, String, String)>,
    Posted { place, form: sure }: Posted<Place, Sure>,
) -> Result<Response, Failure> {
    let what = What::named(&act)?;
    let Some(detail) = find(&state, &place, &id).await? else { return Ok(unknown(&place)) };
    let unsure = what.asks_for(&detail).is_some_and(|email| !sure.names(email));
    // A run that has moved on says so below, whatever was typed.
    if unsure && what.allowed(&detail) {
        return Ok(sure.ask_again(confirm(&place, &detail, what)));
    }
    let (app, actor, env, id) = (&state.app, place.actor(), place.env, detail.run.id);
    let done = match what {
        What::Retry => run::retry(app, actor, env, id).await,
        What::Skip => run::skip(app, actor, env, id).await,
        What::Cancel => run::cancel(app, actor, env, id).await,
        What::Admit => run::admit(app, actor, env, id).await,
    };
    match done {
        Ok(run) => Ok(Redirect::to(&path::run(place.stage, run.id)).into_response()),
        Err(ActFault::Unknown) => Ok(unknown(&place)),
        Err(ActFault::Refused(_)) => Err(Failure::new(
            Category::Conflict,
            "The run has moved on",
            "What you wanted to do is not possible any more. Open the run and look at how it is now.",
        )),
        Err(fault) => Err(fault.into()),
    }
}

fn confirm(place: &Place, detail: &RunDetail, what: What) -> Confirm {
    let run = &detail.run;
    let email = run.email.as_str();
    let (title, lead, consequences, button) = words(what, email, &run.account_name);
    Confirm {
        frame: place.frame(Room::Runs, None),
        title,
        lead,
        consequences: consequences.iter().map(|text| (*text).to_owned()).collect(),
        action: path::run_act(place.stage, run.id, what.name()),
        button: button.to_owned(),
        danger: what == What::Cancel,
        back: path::run(place.stage, run.id),
        word: what.asks_for(detail).map(|email| sure::word("the person's mail address", email)),
    }
}

fn words(what: What, email: &str, account: &str) -> (String, String, &'static [&'static str], &'static str) {
    match what {
        What::Retry => (
            format!("Send the webhook for {email} again?"),
            format!("Your endpoint gets the tenant data of {account} once more."),
            &[
                "The message keeps its webhook-id: a receiver that knows it already recognises it.",
                "Failed attempts are repeated by the same schedule as the first time.",
            ],
            "Send again",
        ),
        What::Skip => (
            format!("Go on without an acknowledgement for {email}?"),
            format!("Use this when {account} exists in your app already."),
            &[
                "The person lands on the onboarding page, whether or not your app knows the tenant.",
                "The lead is stored and the welcome mail is written now.",
                "The webhook is not sent again; an acknowledgement that still comes is recorded.",
            ],
            "Skip this step",
        ),
        What::Cancel => (
            format!("Cancel the run of {email}?"),
            format!("{email} will not get a workspace from this run. This cannot be undone."),
            &[
                "Their page says that this signup has ended, and whom to write to.",
                "No further webhook is sent, and an acknowledgement that still comes is refused.",
                "A new trigger for them begins a new run for the same tenant.",
            ],
            "Cancel this run",
        ),
        What::Admit => (
            format!("Admit {email}?"),
            format!("{email} passes the waitlist now, whatever its limit."),
            &[
                "Your webhook gets the tenant data.",
                "An open page goes on by itself; otherwise the person goes on when they open their link.",
            ],
            "Admit",
        ),
    }
}
