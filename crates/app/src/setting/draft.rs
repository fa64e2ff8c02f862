//! Settings as somebody typed them: everything is text, and each field is judged by itself.

use super::Field;
use jiff::tz::TimeZone;
use model::{
    email::Email,
    platform::Stage,
    setting::{
        Choice, Endpoint, Mailing, Settings, Words,
        address::web_address,
        colour::{Colour, SHAPE},
    },
};
use serde::Deserialize;
use url::Url;

/// Longest name that a form takes, in characters.
pub const NAME_CHARS_MAX: usize = 80;
/// Longest id that a form takes, in characters.
const ID_CHARS_MAX: usize = 254;

/// The form of *Settings*. A field that is not sent counts as empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Draft {
    /// The version that the person was looking at.
    pub version: i64,
    pub product_name: String,
    pub colour: String,
    pub support_address: String,
    pub time_zone: String,
    pub webhook_url: String,
    pub onboarding_url: String,
    pub success_url: String,
    pub waitlist_limit: String,
    pub plan_id: String,
    pub plan_name: String,
    pub role_id: String,
    pub role_name: String,
    pub mail_from: String,
    pub mail_from_name: String,
    /// `yes` keeps mails inside.
    pub mail_keep: String,
    /// Whom a test mail goes to: not a setting, but typed in the same form.
    pub mail_test_to: String,
}

/// One field and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    pub field: Field,
    pub message: String,
}

impl Draft {
    /// The form that shows what is stored.
    pub fn of(settings: &Settings, version: i64) -> Self {
        let url = |url: &Option<Url>| url.as_ref().map(Url::to_string).unwrap_or_default();
        Self {
            version,
            product_name: settings.product_name.clone(),
            colour: settings.colour.clone(),
            support_address: settings.support_address.clone().unwrap_or_default(),
            time_zone: settings.time_zone.clone(),
            webhook_url: url(&settings.webhook.url),
            onboarding_url: url(&settings.onboarding_url),
            success_url: url(&settings.success_url),
            waitlist_limit: settings.waitlist_limit.map(|n| n.to_string()).unwrap_or_default(),
            plan_id: settings.plan.id.clone(),
            plan_name: settings.plan.name.clone(),
            role_id: settings.role.id.clone(),
            role_name: settings.role.name.clone(),
            mail_from: settings.mail.from.clone().unwrap_or_default(),
            mail_from_name: settings.mail.from_name.clone().unwrap_or_default(),
            mail_keep: if settings.mail.keep { "yes" } else { "" }.to_owned(),
            mail_test_to: String::new(),
        }
    }

    /// The text of one field.
    pub fn text(&self, field: Field) -> &str {
        match field {
            Field::ProductName => &self.product_name,
            Field::Colour => &self.colour,
            Field::SupportAddress => &self.support_address,
            Field::TimeZone => &self.time_zone,
            Field::WebhookUrl => &self.webhook_url,
            Field::OnboardingUrl => &self.onboarding_url,
            Field::SuccessUrl => &self.success_url,
            Field::WaitlistLimit => &self.waitlist_limit,
            Field::PlanId => &self.plan_id,
            Field::PlanName => &self.plan_name,
            Field::RoleId => &self.role_id,
            Field::RoleName => &self.role_name,
            Field::MailFrom => &self.mail_from,
            Field::MailFromName => &self.mail_from_name,
            Field::MailKeep => &self.mail_keep,
            Field::MailTestTo => &self.mail_test_to,
        }
    }

    /// The settings that this form means, or every field that cannot be.
    pub fn check(&self, stage: Stage) -> Result<Settings, Vec<FieldFault>> {
        let mut judge = Judge { draft: self, stage, faults: Vec::new() };
        let settings = Settings {
            product_name: judge.name(Field::ProductName, NAME_CHARS_MAX),
            colour: judge.field(Field::Colour, colour).unwrap_or_default(),
            support_address: judge.optional(Field::SupportAddress, address),
            time_zone: judge.field(Field::TimeZone, time_zone).unwrap_or_default(),
            webhook: Endpoint { url: judge.url(Field::WebhookUrl), disabled_at: None },
            onboarding_url: judge.url(Field::OnboardingUrl),
            success_url: judge.url(Field::SuccessUrl),
            waitlist_limit: judge.optional(Field::WaitlistLimit, limit),
            plan: Choice {
                id: judge.name(Field::PlanId, ID_CHARS_MAX),
                name: judge.name(Field::PlanName, NAME_CHARS_MAX),
            },
            role: Choice {
                id: judge.name(Field::RoleId, ID_CHARS_MAX),
                name: judge.name(Field::RoleName, NAME_CHARS_MAX),
            },
            mail: judge.mailing(),
            words: Words::new(),
            logo: None,
        };
        if judge.faults.is_empty() { Ok(settings) } else { Err(judge.faults) }
    }

    /// What a test mail is made of, without a look at the other fields: how mails leave, and the address it goes to.
    pub fn check_test(&self, stage: Stage) -> Result<(Mailing, Email), Vec<FieldFault>> {
        let mut judge = Judge { draft: self, stage, faults: Vec::new() };
        let mailing = judge.mailing();
        match judge.field(Field::MailTestTo, email) {
            Some(to) if judge.faults.is_empty() => Ok((mailing, to)),
            _ => Err(judge.faults),
        }
    }
}

/// Judges one field after the other and remembers what is wrong.
struct Judge<'d> {
    draft: &'d Draft,
    stage: Stage,
    faults: Vec<FieldFault>,
}

impl Judge<'_> {
    fn field<T>(&mut self, field: Field, rule: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let text = self.draft.text(field).trim();
        let judged = if text.contains('\0') { Err("remove the U+0000".to_owned()) } else { rule(text) };
        judged.map_err(|message| self.faults.push(FieldFault { field, message })).ok()
    }

    fn optional<T>(&mut self, field: Field, rule: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        self.field(field, |text| if text.is_empty() { Ok(None) } else { rule(text).map(Some) }).flatten()
    }

    fn name(&mut self, field: Field, max: usize) -> String {
        let rule = |text: &str| {
            if text.is_empty() { Err("write something here".to_owned()) } else { within(text, max) }
        };
        self.field(field, rule).unwrap_or_default()
    }

    fn mailing(&mut self) -> Mailing {
        Mailing {
            from: self.optional(Field::MailFrom, address),
            from_name: self.optional(Field::MailFromName, short),
            keep: self.field(Field::MailKeep, |text| Ok(text == "yes")).unwrap_or_default(),
        }
    }

    fn url(&mut self, field: Field) -> Option<Url> {
        let stage = self.stage;
        self.optional(field, |text| web_address(text, stage).map_err(|fault| fault.to_string()))
    }
}

fn colour(text: &str) -> Result<String, String> {
    let colour: Colour = text.parse().map_err(|fault| format!("{fault}"))?;
    let contrast = colour.contrast(Colour::WHITE);
    if contrast < SHAPE {
        let darker = colour.against(Colour::WHITE, SHAPE);
        return Err(format!(
            "too pale on white: {contrast:.1} to 1, at least {SHAPE:.0} to 1 is seen by everyone. {darker} is close"
        ));
    }
    Ok(colour.to_string())
}

fn address(text: &str) -> Result<String, String> {
    email(text).map(String::from)
}

fn email(text: &str) -> Result<Email, String> {
    text.parse().map_err(|_| "write one e-mail address, such as help@example.com".to_owned())
}

fn short(text: &str) -> Result<String, String> {
    within(text, NAME_CHARS_MAX)
}

fn within(text: &str, max: usize) -> Result<String, String> {
    match text.chars().count() {
        n if n > max => Err(format!("use at most {max} characters, these are {n}")),
        _ => Ok(text.to_owned()),
    }
}

fn time_zone(text: &str) -> Result<String, String> {
    match TimeZone::get(text) {
        Ok(zone) => Ok(zone.iana_name().unwrap_or(text).to_owned()),
        Err(_) => Err("choose a name of the time zone database, such as Europe/Berlin".to_owned()),
    }
}

fn limit(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| "write a whole number, or leave it empty to let everybody through".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        Draft::of(&Settings::new("Acme Notes"), 3)
    }

    fn fault(draft: &Draft, stage: Stage) -> Vec<Field> {
        draft.check(stage).err().unwrap_or_default().into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn what_is_stored_survives_the_form() {
        let mut settings = Settings::new("Acme Notes");
        settings.webhook.url = Some(Url::parse("https://acme.test/hook?a=b").unwrap());
        settings.waitlist_limit = Some(0);
        settings.support_address = Some("help@acme.test".into());
        assert_eq!(Draft::of(&settings, 1).check(Stage::Production), Ok(settings));
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let wrong = Draft { version: 1, waitlist_limit: "-1".into(), ..Draft::default() };
        let all = [
            Field::ProductName,
            Field::Colour,
            Field::TimeZone,
            Field::WaitlistLimit,
            Field::PlanId,
            Field::PlanName,
            Field::RoleId,
            Field::RoleName,
        ];
        assert_eq!(fault(&wrong, Stage::Development), all);
    }

    /// What is an address, `model` tells.
    #[test]
    fn addresses_are_judged_by_the_stage() {
        let with = |url: &str, stage| {
            let field = Draft { success_url: url.into(), ..draft() };
            fault(&field, stage).is_empty()
        };
        assert!(with(" https://a.test ", Stage::Production));
        assert!(with("http://127.0.0.1:3000/hook", Stage::Development));
        assert!(!with("http://127.0.0.1:3000/hook", Stage::Production));
        let support = |address: &str| Draft { support_address: address.into(), ..draft() };
        assert!(fault(&support("help@acme.test"), Stage::Production).is_empty());
        assert_eq!(fault(&support("help@acme"), Stage::Production), [Field::SupportAddress]);
    }

    #[test]
    fn pale_colours_and_unknown_zones_say_what_would_do() {
        let pale = Draft { colour: "#ffe680".into(), time_zone: "Berlin".into(), ..draft() };
        let faults = pale.check(Stage::Development).unwrap_err();
        assert!(faults[0].message.contains("too pale on white"), "{}", faults[0].message);
        assert!(faults[1].message.contains("Europe/Berlin"), "{}", faults[1].message);
    }
}
