//! A mail is written: the words, the builder's own or the built-in ones, in the frames of its text and its HTML.

use super::{Mail, Sender, post};
use crate::setting::Current;
use kernel::{MailId, Timestamp};
use minijinja::{Environment, context};
use model::{
    mail::MailState,
    run::Run,
    setting::{
        colour::{Colour, SHAPE, TEXT},
        logo::Logo,
    },
};
use std::{collections::HashMap, sync::LazyLock};

/// Which frame a mail was made with.
const WELCOME: &str = "welcome@1";
/// Its HTML: the name's end makes the renderer escape what it fills in.
const WELCOME_HTML: &str = "welcome@1.html";
/// What a mail program has, in the order in which it is looked for.
const FONT: &str = "Inter,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
/// The room that the logo has, in CSS pixels.
const LOGO_WIDTH_MAX: u32 = 200;
const LOGO_HEIGHT_MAX: u32 = 40;

/// The frames and the built-in words, compiled once.
static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let frames = [
        (WELCOME, include_str!("../../texts/welcome.txt")),
        (WELCOME_HTML, include_str!("../../texts/welcome.html")),
    ];
    let words = WORDS.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    let mut templates = Environment::new();
    for (name, text) in words.chain(frames) {
        templates.add_template(name, text).expect("a test renders every built-in template");
    }
    templates
});

/// The words that hold until a builder writes their own.
static WORDS: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../texts/mail.json"))
        .expect("the built-in words are a JSON object of texts")
});

/// No mail was made of a frame.
#[derive(Debug, thiserror::Error)]
#[error("render the mail {frame}")]
pub struct MailFault {
    frame: &'static str,
    source: minijinja::Error,
}

/// What a mail says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// What a mail is about.
struct Facts<'f> {
    account: &'f str,
    plan: Option<&'f str>,
    /// The subject stands above the mail, as mail programs show it: nothing else does for a preview.
    envelope: bool,
}

/// A word as it is built in; empty where there is none.
pub fn built_in(name: &str) -> &'static str {
    WORDS.get(name).map_or("", String::as_str)
}

/// The welcome mail as it would be written now for an account that nobody has, with the logo under this address.
pub fn sample(current: &Current, logo: Option<(&Logo, &str)>) -> Result<Written, MailFault> {
    let plan = Some(current.settings.plan.name.as_str());
    compose(current, &Facts { account: "Acme Rockets", plan, envelope: true }, logo)
}

/// The welcome mail of a run that got past its acknowledgement. Nothing is compiled for it but
/// the builder's own words, so it may happen inside a command, where the run's last word is known.
pub(crate) fn welcome(
    current: &Current,
    sender: &Sender,
    run: &Run,
    id: MailId,
    now: Timestamp,
) -> Result<Mail, MailFault> {
    let plan = run.plan.as_ref().map(|plan| plan.name.as_str());
    let facts = Facts { account: &run.account_name, plan, envelope: false };
    let logo = current.settings.logo.as_ref().filter(|logo| logo.travels());
    let named = logo.map(|logo| (logo, post::address_inside(logo)));
    let named = named.as_ref().map(|(logo, address)| (*logo, address.as_str()));
    let Written { subject, text, html } = compose(current, &facts, named)?;
    let stamp = sender.stamp(id, 1);
    Ok(Mail {
        id,
        run: run.id,
        template: WELCOME.to_owned(),
        sender_name: stamp.sender_name,
        sender_address: stamp.sender_address,
        reply_to: stamp.reply_to,
        recipient: run.email.to_string(),
        subject,
        body: text,
        html: Some(html),
        logo: logo.cloned(),
        message_id: stamp.message_id,
        state: if sender.leaves { MailState::Queued } else { MailState::Kept },
        attempts: 0,
        created_at: now,
    })
}

fn compose(current: &Current, facts: &Facts<'_>, logo: Option<(&Logo, &str)>) -> Result<Written, MailFault> {
    let settings = &current.settings;
    let said = Said::of(current, facts);
    let support = settings.support_address.as_deref();
    let (before, after) =
        support.and_then(|address| said.support.split_once(address)).unwrap_or((said.support.as_str(), ""));
    let colour = settings.colour.parse().unwrap_or(Colour::BLACK);
    let values = context! {
        words => said.values(),
        paragraphs => said.paragraphs(),
        product => &settings.product_name,
        link => settings.success_url.as_ref().map(url::Url::as_str),
        support => support,
        // A sentence that does not name the address is a sentence all the same.
        support_linked => support.is_some_and(|address| said.support.contains(address)),
        support_before => before,
        support_after => after,
        logo => logo.map(|(logo, address)| picture(logo, address)),
        envelope => facts.envelope,
        font => FONT,
        colour => shades(colour, Colour::WHITE),
        dark => shades(colour, Colour::NIGHT),
    };
    let (text, html) = (render(WELCOME, &values)?, render(WELCOME_HTML, &values)?);
    Ok(Written { subject: said.subject, text, html })
}

/// The words of one mail, their places filled.
#[derive(Debug)]
struct Said {
    subject: String,
    title: String,
    text: String,
    button: String,
    support: String,
    sign_off: String,
}

impl Said {
    fn of(current: &Current, facts: &Facts<'_>) -> Self {
        let settings = &current.settings;
        let places = context! {
            product => &settings.product_name,
            account => facts.account,
            plan => facts.plan.unwrap_or_default(),
            support => settings.support_address.as_deref().unwrap_or_default(),
        };
        let word = |name: &str| word(settings.words.get(name).map(String::as_str), name, &places);
        // A workflow may give no plan: the built-in text then speaks of none.
        let planless = facts.plan.is_none() && !settings.words.contains_key("mail_text");
        Self {
            subject: outbound::smtp::line(&word("mail_subject")),
            title: word("mail_title"),
            text: word(if planless { "mail_text_without_plan" } else { "mail_text" }),
            button: word("mail_button"),
            support: word("mail_support"),
            sign_off: word("mail_sign_off"),
        }
    }

    fn values(&self) -> minijinja::Value {
        let Self { subject, title, text, button, support, sign_off } = self;
        context! {
            subject => subject, title => title, text => text, button => button, support => support,
            sign_off => sign_off,
        }
    }

    /// An empty line begins another.
    fn paragraphs(&self) -> Vec<String> {
        self.text.split("\n\n").map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect()
    }
}

/// The colour on a ground: as a shape, as what is written on it, and as text, each dark or light enough to be seen.
fn shades(colour: Colour, ground: Colour) -> minijinja::Value {
    let shape = colour.against(ground, SHAPE);
    context! {
        colour => shape.to_string(),
        ink => shape.ink().to_string(),
        words => colour.against(ground, TEXT).to_string(),
    }
}

fn picture(logo: &Logo, address: &str) -> minijinja::Value {
    let (width, height) = logo.within(LOGO_WIDTH_MAX, LOGO_HEIGHT_MAX);
    context! { src => address, width => width, height => height, wordmark => logo.is_wordmark() }
}

/// A word with its places filled, the builder's own or the built-in one; as it stands where it cannot be filled. HTML
/// is escaped by the frame.
fn word(own: Option<&str>, name: &str, places: &minijinja::Value) -> String {
    let filled = match own {
        Some(text) => TEMPLATES.render_str(text, places),
        None => TEMPLATES.get_template(name).and_then(|word| word.render(places)),
    };
    filled.unwrap_or_else(|_| own.unwrap_or(built_in(name)).to_owned())
}

fn render(frame: &'static str, values: &minijinja::Value) -> Result<String, MailFault> {
    let rendered = TEMPLATES.get_template(frame).and_then(|frame| frame.render(values));
    rendered.map_err(|source| MailFault { frame, source })
}
