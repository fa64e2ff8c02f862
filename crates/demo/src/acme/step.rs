//! What passes between Acme and thrivestack for one person, with the reasons: the tour tells it, `--check` reads it.

use crate::exchange::Exchange;
use kernel::Timestamp;
use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    SignedUp,
    Token,
    Trigger,
    Redirect,
    Webhook,
    Ack,
    Landed,
    Exchanged,
    Onboarded,
    Telemetry,
}

/// One thing that happened.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    pub at: Timestamp,
    #[serde(skip)]
    pub email: String,
    #[serde(rename = "step")]
    pub kind: Kind,
    /// Whether it went as it should.
    pub good: bool,
    /// One sentence with what is particular to this time.
    pub detail: String,
    /// What went over the wire; `None` where nothing did.
    #[serde(skip)]
    pub exchange: Option<Exchange>,
}

impl Kind {
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::SignedUp => "Acme Notes writes the person down",
            Self::Token => "The backend gets a token",
            Self::Trigger => "The backend begins a run",
            Self::Redirect => "The browser is sent on",
            Self::Webhook => "ThriveStack asks for a workspace",
            Self::Ack => "The backend acknowledges it",
            Self::Landed => "The browser comes back",
            Self::Exchanged => "The one-time code is exchanged",
            Self::Onboarded => "Onboarding is done",
            Self::Telemetry => "The backend tells what happened",
        }
    }

    /// Two sentences for somebody who is about to write the same.
    pub(super) fn why(self) -> &'static str {
        match self {
            Self::SignedUp => {
                "Your app keeps its own people and gives each an id, before anybody else is asked. That id names them \
                 in every later call, so a sign-up that is repeated is never taken for a second person."
            }
            Self::Token => {
                "The RSA key stays in the backend and is shown to one call only; what travels afterwards is a token \
                 with few scopes that ends by itself. One token serves many sign-ups: the backend keeps it until it \
                 is about to expire."
            }
            Self::Trigger => {
                "One call begins everything, and its 200 means that the run is on disk. Asking again for the same \
                 person gives the same run, so a double click makes no second tenant."
            }
            Self::Redirect => {
                "From here the browser follows the run: a page in the product's name waits, tells a place on the \
                 waitlist or goes on at once. The address holds a token of this run alone, and works again after a \
                 reload."
            }
            Self::Webhook => {
                "The backend verifies the signature over the raw body before it reads a word of it. The same \
                 webhook-id can come again, for example after a lost answer, and then finds the workspace it made."
            }
            Self::Ack => {
                "Answering 200 to the webhook says that it came; this call says that the workspace is there, and \
                 under which id. The first acknowledgement wins, and with it the lead and the welcome mail are \
                 written."
            }
            Self::Landed => {
                "The address is the one from Settings, with a one-time code added. The app's own session may be \
                 there already; the code also works in a browser that never saw the sign-up form."
            }
            Self::Exchanged => {
                "The code travelled through a browser, so it works once and for a minute. The backend exchanges it \
                 for a signed token that says who has arrived and which tenant is theirs."
            }
            Self::Onboarded => {
                "Onboarding belongs to the app: it asks what it needs, then sends the browser to the return URL. \
                 That is how ThriveStack learns that the person is through."
            }
            Self::Telemetry => {
                "What people do afterwards feeds Users, Accounts and the charts. 200 means on disk; the calls run \
                 beside the page, so nobody waits for them."
            }
        }
    }

    /// The page of the guide, which thrivestack serves itself, and what it is called.
    pub(super) fn guide(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::SignedUp => None,
            Self::Token => Some(("/docs/keys", "Keys and tokens")),
            Self::Trigger | Self::Redirect => Some(("/docs/trigger", "Trigger")),
            Self::Webhook | Self::Ack => Some(("/docs/webhook", "Webhook and acknowledgement")),
            Self::Landed | Self::Exchanged | Self::Onboarded => Some(("/docs/hand-over", "Hand-over")),
            Self::Telemetry => Some(("/docs/telemetry", "Telemetry")),
        }
    }
}
