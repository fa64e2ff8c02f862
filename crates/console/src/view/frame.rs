//! The frame around every room: product, environment, menu, who is signed in.

use super::hosted::Picture;
use crate::{path, words::Speaker};
use model::platform::Stage;

/// The rooms that exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    Home,
    Integration,
    Users,
    Accounts,
    Waitlist,
    Runs,
    Webhooks,
    Mails,
    Workflows,
    Keys,
    Requests,
    Settings,
    /// Reached from everywhere.
    Search,
    /// Reached from the operator's own menu.
    Account,
}

impl Room {
    /// The menu, in its order.
    pub const MENU: [Self; 12] = [
        Self::Home,
        Self::Integration,
        Self::Users,
        Self::Accounts,
        Self::Waitlist,
        Self::Runs,
        Self::Webhooks,
        Self::Mails,
        Self::Workflows,
        Self::Keys,
        Self::Requests,
        Self::Settings,
    ];

    pub const fn title(self) -> &'static str {
        match self {
            Self::Home => "Home",
            Self::Integration => "Integration",
            Self::Waitlist => "Waitlist",
            Self::Search => "Search",
            Self::Runs => "Runs",
            Self::Users => "Users",
            Self::Accounts => "Accounts",
            Self::Webhooks => "Webhooks",
            Self::Mails => "Mails",
            Self::Workflows => "Workflows",
            Self::Keys => "Keys",
            Self::Requests => "Refused requests",
            Self::Settings => "Settings",
            Self::Account => "Account",
        }
    }

    /// Where a title has to stand beside others on a phone.
    pub const fn short(self) -> &'static str {
        match self {
            Self::Requests => "Refused",
            room => room.title(),
        }
    }

    /// Its name in `ui/icon.html`.
    pub const fn icon(self) -> &'static str {
        match self {
            Self::Home => "house",
            Self::Integration => "list-checks",
            Self::Waitlist => "hourglass",
            Self::Search => "search",
            Self::Runs => "list",
            Self::Users => "users",
            Self::Accounts => "building-2",
            Self::Webhooks => "webhook",
            Self::Mails => "mail",
            Self::Workflows => "workflow",
            Self::Keys => "key-round",
            Self::Requests => "circle-x",
            Self::Settings => "settings",
            Self::Account => "user",
        }
    }

    /// Its first page. The operator's own page belongs to no environment: from there one goes home.
    pub fn path(self, stage: Stage) -> String {
        match self {
            Self::Home | Self::Account => path::home(stage),
            Self::Integration => path::integration(stage),
            Self::Waitlist => path::waitlist(stage),
            Self::Search => path::search(stage),
            Self::Runs => path::runs(stage),
            Self::Users => path::users(stage),
            Self::Accounts => path::accounts(stage),
            Self::Webhooks => path::webhooks(stage),
            Self::Mails => path::mails(stage),
            Self::Workflows => path::workflows(stage),
            Self::Keys => path::keys(stage),
            Self::Requests => path::requests(stage),
            Self::Settings => path::settings(stage),
        }
    }
}

/// How a note or a state sounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Good,
    Wait,
    Bad,
    Run,
    Off,
}

impl Tone {
    /// The class of a pill, a knot or a note.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Wait => "wait",
            Self::Bad => "bad",
            Self::Run => "run",
            Self::Off => "off",
        }
    }

    /// The icon of a note.
    pub const fn icon(self) -> &'static str {
        match self {
            Self::Good => "circle-check",
            Self::Wait | Self::Bad => "triangle-alert",
            Self::Run | Self::Off => "info",
        }
    }
}

/// A sentence above the page: what just happened, or what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub tone: Tone,
    pub title: String,
    pub text: String,
}

impl Notice {
    pub fn new(tone: Tone, title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { tone, title: title.into(), text: text.into() }
    }
}

/// One environment in the switch.
#[derive(Debug, Clone)]
pub struct StageLink {
    pub stage: Stage,
    /// The same room over there.
    pub href: String,
    pub current: bool,
}

impl StageLink {
    pub fn class(&self) -> &'static str {
        stage_class(self.stage)
    }
}

/// Everything that the layout shows.
#[derive(Debug, Clone)]
pub struct Frame {
    pub product: String,
    /// In place of the product's initial.
    pub logo: Option<Picture>,
    pub stage: Stage,
    pub stages: Vec<StageLink>,
    pub room: Room,
    pub email: String,
    pub csrf: String,
    /// Runs that stand still until somebody acts.
    pub incidents: u64,
    /// People on the waitlist.
    pub waiting: u64,
    pub speaker: Speaker,
    pub notice: Option<Notice>,
}

impl Frame {
    pub fn stage_class(&self) -> &'static str {
        stage_class(self.stage)
    }

    pub fn is(&self, room: Room) -> bool {
        self.room == room
    }
}

fn stage_class(stage: Stage) -> &'static str {
    match stage {
        Stage::Development => "dev",
        Stage::Production => "prod",
    }
}
