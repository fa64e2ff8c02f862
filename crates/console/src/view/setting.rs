//! *Settings* of one environment.

use super::{frame::Frame, hosted::Picture};
use crate::words::When;
use askama::Template;
use model::platform::Stage;

/// One field: what is typed, what is wrong with it, what somebody else saved meanwhile.
#[derive(Debug, Clone, Default)]
pub struct Field {
    pub name: &'static str,
    pub value: String,
    pub fault: Option<String>,
    pub theirs: Option<String>,
}

/// The fields by name, so that a template cannot ask for one that is not there.
#[derive(Debug, Clone, Default)]
pub struct Fields {
    pub product_name: Field,
    pub colour: Field,
    pub support_address: Field,
    pub time_zone: Field,
    pub webhook_url: Field,
    pub onboarding_url: Field,
    pub success_url: Field,
    pub waitlist_limit: Field,
    pub plan_id: Field,
    pub plan_name: Field,
    pub role_id: Field,
    pub role_name: Field,
    pub mail_from: Field,
    pub mail_from_name: Field,
    pub mail_keep: Field,
    pub mail_test_to: Field,
}

/// The webhook's secret as the page shows it.
#[derive(Debug, Clone)]
pub struct Secret {
    /// Only where the person asked to see it.
    pub shown: Option<String>,
    pub made: When,
    /// The one before it, still signing until then.
    pub old_until: Option<When>,
}

/// The server that mails are handed to, and the address they come from where none is set.
#[derive(Debug, Clone)]
pub struct MailServer {
    pub name: String,
    pub from: String,
}

#[derive(Debug, Template)]
#[template(path = "operator/settings.html", blocks = ["shade"])]
pub struct Settings {
    pub frame: Frame,
    pub version: i64,
    pub fields: Fields,
    /// The first field with a fault gets the focus.
    pub focus: &'static str,
    pub changed: Option<When>,
    pub disabled: Option<When>,
    /// Why webhooks cannot reach the URL that is set, as far as it can be told without sending.
    pub unreachable: Option<String>,
    pub secret: Option<Secret>,
    /// `None`: no server is configured.
    pub mail: Option<MailServer>,
    pub zones: Vec<String>,
    pub swatch: String,
    /// How the colour that is typed is shown where it stands.
    pub shade: String,
    pub logo: Option<Picture>,
    /// The pages that the preview can show: how it calls them, and their titles.
    pub pages: Vec<(&'static str, &'static str)>,
    /// The longest name and mail address, as the form's fields hold them back.
    pub name_max: usize,
    pub address_max: usize,
}

impl Settings {
    pub fn production(&self) -> bool {
        self.frame.stage == Stage::Production
    }

    /// Attributes of a field for a name.
    pub fn name(&self) -> String {
        format!("form=settings maxlength={}", self.name_max)
    }

    /// Attributes of a field for a mail address.
    pub fn address(&self) -> String {
        format!("form=settings maxlength={}", self.address_max)
    }

    /// What stands below the address that mails come from.
    pub fn sender_help(&self) -> String {
        match &self.mail {
            Some(server) => format!("Your mail server must allow it. Empty: {}.", server.from),
            None => "The mail server that you connect must allow it.".to_owned(),
        }
    }

    pub fn url_help(&self) -> &'static str {
        match self.frame.stage {
            Stage::Development => "http or https, any port; your own machine is fine here.",
            Stage::Production => "https, reachable from outside.",
        }
    }
}
