//! What a growth team sets per environment. One document with a version; a run reads it when it needs it.

pub mod address;
pub mod colour;
pub mod logo;

use kernel::Timestamp;
use logo::Logo;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use url::Url;

/// The plan that every new account gets unless another is chosen (domain 1, *Plan*).
pub const FREE_TRIAL: &str = "eb4e38a5-9d5e-4f19-b2ce-ffb711c4f75e";
/// The role *Admin* of the domain's samples.
pub const ADMIN: &str = "efd6062d-c4fe-4129-9a3f-326ec3f3ed04";

/// A pricing plan or a role: the builder's own id and the name that people read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub id: String,
    pub name: String,
}

/// Where tenant data are sent. The secrets are stored apart, sealed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Endpoint {
    pub url: Option<Url>,
    /// Set when the endpoint answered 410: nothing is sent until an operator enables it again.
    pub disabled_at: Option<Timestamp>,
}

/// How an environment's mails leave. Which server takes them is configured for the whole installation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Mailing {
    /// Whom mails come from; `None`: whom the installation has configured.
    pub from: Option<String>,
    /// The name beside the address; `None`: the product's.
    pub from_name: Option<String>,
    /// Nothing is sent, whatever is configured: mails are written and kept here.
    pub keep: bool,
}

/// Texts of hosted pages by their names, where a builder has written their own.
pub type Words = BTreeMap<String, String>;

/// Everything of *Settings* but the webhook's secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    pub product_name: String,
    /// `#rrggbb`
    pub colour: String,
    pub support_address: Option<String>,
    /// An IANA name such as `Europe/Berlin`; days of reports are counted in it.
    pub time_zone: String,
    pub webhook: Endpoint,
    pub onboarding_url: Option<Url>,
    pub success_url: Option<Url>,
    /// Users admitted before the waitlist begins; `None` lets everybody through (decision D28).
    pub waitlist_limit: Option<u32>,
    pub plan: Choice,
    pub role: Choice,
    #[serde(default)]
    pub mail: Mailing,
    #[serde(default)]
    pub words: Words,
    /// Kept apart from the document, and its bytes apart from this.
    #[serde(skip)]
    pub logo: Option<Logo>,
}

impl Settings {
    /// What a new environment starts with.
    pub fn new(product_name: &str) -> Self {
        Self {
            product_name: product_name.to_owned(),
            colour: "#0f7a55".to_owned(),
            support_address: None,
            time_zone: "UTC".to_owned(),
            webhook: Endpoint::default(),
            onboarding_url: None,
            success_url: None,
            waitlist_limit: None,
            plan: Choice { id: FREE_TRIAL.to_owned(), name: "Free Trial".to_owned() },
            role: Choice { id: ADMIN.to_owned(), name: "Admin".to_owned() },
            mail: Mailing::default(),
            words: Words::new(),
            logo: None,
        }
    }

    /// What a signup needs and nobody has set.
    pub fn missing(&self) -> Vec<Needed> {
        let unset = |needed: &Needed| match needed {
            Needed::WebhookUrl => self.webhook.url.is_none(),
            Needed::OnboardingUrl => self.onboarding_url.is_none(),
            Needed::SuccessUrl => self.success_url.is_none(),
        };
        Needed::ALL.into_iter().filter(unset).collect()
    }
}

/// Without these no signup begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needed {
    WebhookUrl,
    OnboardingUrl,
    SuccessUrl,
}

impl Needed {
    pub const ALL: [Self; 3] = [Self::WebhookUrl, Self::OnboardingUrl, Self::SuccessUrl];

    /// In a sentence.
    pub const fn name(self) -> &'static str {
        match self {
            Self::WebhookUrl => "webhook URL",
            Self::OnboardingUrl => "onboarding URL",
            Self::SuccessUrl => "success URL",
        }
    }
}
