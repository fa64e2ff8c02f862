//! *Settings* of one environment. Nothing typed is lost: not by a mistake, not by somebody who was faster.

use super::{entrance::sentence, preview, wording};
use crate::{
    ConsoleState,
    failure::{Failure, html},
    hosted, path,
    view::{
        Notice, Room, Tone,
        setting::{Field as FieldView, Fields, MailServer, Secret, Settings},
        sign_in::Confirm,
    },
    visitor::{Asked, Nothing, Partial, Place, Posted},
    words::{counted, term},
};
use app::{
    mail::{self, TrialFault},
    setting::{self, Current, Draft, Field, FieldFault, SettingFault},
};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use model::{email::Email, platform::Stage, setting::colour::Colour};
use serde::Deserialize;

/// How the page is opened.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct View {
    /// `shown` draws the secret.
    #[serde(default)]
    secret: String,
    /// What has just been done: `saved`, `enabled`, `rotated`.
    #[serde(default)]
    done: String,
    /// The colour that is typed: the form is drawn with it, and asks so for what becomes of it.
    colour: Option<String>,
}

/// What of the form the hosted pages show, and which of them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Preview {
    product_name: String,
    colour: String,
    support_address: String,
    page: String,
}

/// What stands beside the fields: what is wrong, what somebody else saved.
#[derive(Debug, Default)]
struct Remarks {
    faults: Vec<FieldFault>,
    theirs: Option<Draft>,
}

pub(crate) async fn page(
    State(state): State<ConsoleState>,
    place: Place,
    partial: Partial,
    Asked(view): Asked<View>,
) -> Result<Response, Failure> {
    let mut draft = Draft::of(&place.current.settings, place.current.version);
    draft.mail_test_to.clone_from(&place.actor().email);
    let notice = done(&view.done);
    if let Some(colour) = view.colour {
        draft.colour = colour;
    }
    let mut page = draw(&state, &place, &draft, &Remarks::default(), notice, view.secret == "shown");
    page.unreachable = unreachable(&state, &place).await?;
    Ok(if partial.0 { html(&page.as_shade()) } else { html(&page) })
}

pub(crate) async fn save(
    State(state): State<ConsoleState>,
    Posted { place, form }: Posted<Place, Draft>,
) -> Result<Response, Failure> {
    match setting::save(&state.app, place.actor(), place.env, &form).await {
        Ok(_) => Ok(back(&place, "saved")),
        Err(SettingFault::Invalid(faults)) => {
            let text = "Everything you typed is still here.";
            let title =
                format!("Not saved: {} a change", counted(faults.len() as u64, "field needs", "fields need"));
            let remarks = Remarks { faults, theirs: None };
            let page =
                draw(&state, &place, &form, &remarks, Some(Notice::new(Tone::Bad, title, text)), false);
            Ok((StatusCode::BAD_REQUEST, html(&page)).into_response())
        }
        Err(SettingFault::Stale(stored)) => {
            let text =
                "What they saved stands below each field that differs. Save again to put yours in its place.";
            let notice = Notice::new(Tone::Wait, "Not saved: somebody else was faster", text);
            let theirs = Draft::of(&stored.settings, stored.version);
            // From here on the person has seen the newer version: the next save starts from it.
            let mine = Draft { version: stored.version, ..form };
            let remarks = Remarks { faults: Vec::new(), theirs: Some(theirs) };
            Ok((StatusCode::CONFLICT, html(&draw(&state, &place, &mine, &remarks, Some(notice), false)))
                .into_response())
        }
        Err(fault) => Err(fault.into()),
    }
}

/// A hosted page in the name and colour that are typed; nothing is saved. What cannot be stands there as it is saved.
pub(crate) async fn preview(
    State(state): State<ConsoleState>,
    Posted { place, form }: Posted<Place, Preview>,
) -> Result<Response, Failure> {
    let saved = &place.current.settings;
    let Preview { product_name, colour, support_address, page } = form;
    let draft = Draft { product_name, colour, support_address, ..Draft::default() };
    let bad = draft.check(place.stage).err().unwrap_or_default();
    let good = |field: Field| bad.iter().all(|fault| fault.field != field);
    let typed =
        |field: Field, saved: &str| if good(field) { draft.text(field).trim() } else { saved }.to_owned();
    let support = typed(Field::SupportAddress, saved.support_address.as_deref().unwrap_or_default());
    let settings = model::setting::Settings {
        product_name: typed(Field::ProductName, &saved.product_name),
        colour: typed(Field::Colour, &saved.colour),
        support_address: Some(support).filter(|address| !address.is_empty()),
        ..saved.clone()
    };
    preview::show(&state, &Current { settings, ..(*place.current).clone() }, &page).await
}

/// Sends a test mail with what is typed; nothing is saved and nothing typed is lost.
pub(crate) async fn test_mail(
    State(state): State<ConsoleState>,
    Posted { place, form }: Posted<Place, Draft>,
) -> Result<Response, Failure> {
    let (status, remarks, notice) = match mail::try_out(&state.app, place.actor(), place.env, &form).await {
        Ok(tried) => {
            let text = format!("{} took it, from {}, and said: {}", tried.server, tried.from, tried.answer);
            let title = format!("Sent a test mail to {}", tried.to);
            (StatusCode::OK, Remarks::default(), Notice::new(Tone::Good, title, text))
        }
        Err(TrialFault::Invalid(faults)) => {
            let notice =
                Notice::new(Tone::Bad, "No test mail was sent", "Everything you typed is still here.");
            (StatusCode::BAD_REQUEST, Remarks { faults, theirs: None }, notice)
        }
        Err(TrialFault::NoServer) => {
            let notice = Notice::new(
                Tone::Bad,
                "No test mail was sent",
                "No mail server is connected; below is how to connect one.",
            );
            (StatusCode::CONFLICT, Remarks::default(), notice)
        }
        Err(TrialFault::Busy) => {
            let text = "As many mails are being sent as go at once. Try again in a moment.";
            let notice = Notice::new(Tone::Bad, "No test mail was sent", text);
            (StatusCode::TOO_MANY_REQUESTS, Remarks::default(), notice)
        }
        Err(TrialFault::Smtp(fault)) => {
            let text = format!("{} {}", sentence(&kernel::chain(&fault)), fault.advice());
            let notice = Notice::new(Tone::Bad, "The test mail was not accepted", text);
            (StatusCode::BAD_GATEWAY, Remarks::default(), notice)
        }
        Err(fault) => return Err(fault.into()),
    };
    Ok((status, html(&draw(&state, &place, &form, &remarks, Some(notice), false))).into_response())
}

pub(crate) async fn enable(
    State(state): State<ConsoleState>,
    Posted { place, .. }: Posted<Place, Nothing>,
) -> Result<Response, Failure> {
    setting::enable_webhook(&state.app, place.actor(), place.env).await?;
    Ok(back(&place, "enabled"))
}

pub(crate) async fn rotate_page(place: Place) -> Response {
    let stage = place.stage.title();
    let both = term(setting::ROTATED_FOR);
    let consequences = [
        "The new secret is shown in Settings; put it into your receiver.",
        &format!("For {both} every webhook carries both signatures, so nothing breaks meanwhile."),
        "After that, a receiver that still has the old secret refuses our webhooks.",
    ];
    html(&Confirm {
        frame: place.frame(Room::Settings, None),
        title: format!("Rotate the signing secret of {stage}?"),
        lead: "Webhooks are signed with a new secret from now on.".into(),
        consequences: consequences.map(str::to_owned).into(),
        action: path::rotate(place.stage),
        button: "Rotate the secret".into(),
        danger: place.stage == Stage::Production,
        back: path::settings(place.stage),
        word: None,
    })
}

pub(crate) async fn rotate(
    State(state): State<ConsoleState>,
    Posted { place, .. }: Posted<Place, Nothing>,
) -> Result<Response, Failure> {
    setting::rotate_secret(&state.app, place.actor(), place.env).await?;
    Ok(back(&place, "rotated"))
}

fn back(place: &Place, done: &str) -> Response {
    Redirect::to(&path::settings_done(place.stage, done)).into_response()
}

fn done(what: &str) -> Option<Notice> {
    let old_one = format!("The old one still signs beside it for {}.", term(setting::ROTATED_FOR));
    let (title, text) = match what {
        "saved" => ("Saved", "Running workflows read the new values at their next step."),
        "enabled" => (
            "The webhook is enabled",
            "Runs that stood still because of it can be sent again, one by one, under Runs.",
        ),
        "rotated" => ("The secret is rotated", old_one.as_str()),
        _ => return None,
    };
    Some(Notice::new(Tone::Good, title, text))
}

fn draw(
    state: &ConsoleState,
    place: &Place,
    draft: &Draft,
    remarks: &Remarks,
    notice: Option<Notice>,
    secret_shown: bool,
) -> Settings {
    let current = &place.current;
    let speaker = &place.speaker;
    let bad = |field: Field| remarks.faults.iter().any(|fault| fault.field == field);
    let seen = draft.colour.trim().parse::<Colour>().or_else(|_| current.settings.colour.parse());
    Settings {
        frame: place.frame(Room::Settings, notice),
        version: draft.version,
        fields: fields(draft, remarks),
        focus: remarks.faults.first().map_or("", |fault| fault.field.name()),
        changed: Some(speaker.ago(current.changed_at)),
        disabled: current.settings.webhook.disabled_at.map(|at| speaker.ago(at)),
        unreachable: None,
        secret: secret(place, secret_shown),
        mail: mail::connected(&state.app).map(|(name, from)| MailServer { name, from }),
        zones: zones(),
        name_max: setting::NAME_CHARS_MAX,
        address_max: Email::BYTES_MAX,
        swatch: seen.map_or_else(|_| "none".to_owned(), |colour| colour.to_string()),
        shade: if bad(Field::Colour) { String::new() } else { shade(draft, place.stage) },
        logo: current.settings.logo.as_ref().map(|logo| hosted::picture(place.env, logo)),
        pages: wording::titles(),
    }
}

fn fields(draft: &Draft, remarks: &Remarks) -> Fields {
    let field = |field: Field| FieldView {
        name: field.name(),
        value: draft.text(field).to_owned(),
        fault: remarks.faults.iter().find(|fault| fault.field == field).map(|fault| sentence(&fault.message)),
        theirs: remarks
            .theirs
            .as_ref()
            .map(|theirs| theirs.text(field))
            .filter(|text| *text != draft.text(field))
            .map(str::to_owned),
    };
    Fields {
        product_name: field(Field::ProductName),
        colour: field(Field::Colour),
        support_address: field(Field::SupportAddress),
        time_zone: field(Field::TimeZone),
        webhook_url: field(Field::WebhookUrl),
        onboarding_url: field(Field::OnboardingUrl),
        success_url: field(Field::SuccessUrl),
        waitlist_limit: field(Field::WaitlistLimit),
        plan_id: field(Field::PlanId),
        plan_name: field(Field::PlanName),
        role_id: field(Field::RoleId),
        role_name: field(Field::RoleName),
        mail_from: field(Field::MailFrom),
        mail_from_name: field(Field::MailFromName),
        mail_keep: field(Field::MailKeep),
        mail_test_to: field(Field::MailTestTo),
    }
}

/// What becomes of the colour that is typed, so that everybody can read what stands in it.
fn shade(draft: &Draft, stage: Stage) -> String {
    let fault = draft.check(stage).err().into_iter().flatten().find(|fault| fault.field == Field::Colour);
    match (draft.colour.trim().parse(), fault) {
        (Ok(colour), None) => crate::colour::adjusted(colour),
        (_, Some(fault)) => format!("It cannot be saved so: {}.", fault.message),
        _ => String::new(),
    }
}

/// What can be told of the URL that is set without sending anything; nothing once it took a webhook.
async fn unreachable(state: &ConsoleState, place: &Place) -> Result<Option<String>, Failure> {
    let Some(url) = &place.current.settings.webhook.url else { return Ok(None) };
    let sender = state.app.options.sender(place.stage);
    match app::webhook::elsewhere(url, sender) {
        Some(text) if !app::webhook::taken_at(&state.app, place.env, url).await? => Ok(Some(sentence(&text))),
        _ => Ok(None),
    }
}

fn secret(place: &Place, shown: bool) -> Option<Secret> {
    let speaker = &place.speaker;
    let mut secrets = place.current.secrets.iter();
    let newest = secrets.next()?;
    Some(Secret {
        shown: shown.then(|| newest.secret.expose().clone()),
        made: speaker.ago(newest.created_at),
        old_until: secrets.next().and_then(|old| old.ends_at).map(|at| speaker.ago(at)),
    })
}

/// Every zone that the form takes, for completing while one types.
fn zones() -> Vec<String> {
    jiff::tz::db()
        .available()
        .map(|name| name.to_string())
        .filter(|name| name.contains('/') || name == "UTC")
        .collect()
}
