//! The play: companies arrive, people come back or stay away, some pay.

use super::{
    Options, Weeks,
    cast::{BROWSERS, CAMPAIGNS, COMPANIES, FEATURES, FIRST_NAMES, LAST_NAMES, ONBOARDING, PAGES, ROLES},
    dice::Dice,
};
use kernel::Timestamp;
use serde_json::{Map, Value, json};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);
const MINUTE: Duration = Duration::from_secs(60);

pub(super) fn live(options: &Options) -> Weeks {
    let mut stage = Stage { until: options.until, heard: Vec::new() };
    for (index, (name, industry)) in COMPANIES.iter().take(options.companies).enumerate() {
        // One die per company, so that one more company changes nobody else's life.
        let mut dice = Dice::new(options.seed ^ ((index as u64 + 1) << 32));
        // Growth: somewhat more companies arrive in the later weeks than in the earlier ones.
        let late = (dice.below(100) + dice.below(100).max(dice.below(100))) as u32 / 2;
        let arrived = options.days * (100 - late) / 100;
        let company = Company::found(name, industry, &mut dice);
        company.live(arrived, &mut dice, &mut stage);
    }
    stage.curtain()
}

/// Collects what happens up to `until`; what would be later has not happened.
struct Stage {
    until: Timestamp,
    heard: Vec<(Timestamp, &'static str, Value)>,
}

impl Stage {
    /// Midnight (UTC) of the day `ago` days before the end.
    fn day(&self, ago: u32) -> Timestamp {
        let midnight = self.until.seconds().div_euclid(86_400) * 86_400;
        Timestamp::from_seconds(midnight).minus(DAY * ago)
    }

    fn hear(&mut self, at: Timestamp, call: &'static str, mut event: Value) {
        if at <= self.until {
            event["timestamp"] = json!(at.to_string());
            self.heard.push((at, call, event));
        }
    }

    fn track(&mut self, at: Timestamp, person: &Person, name: &str, properties: Value) {
        let event = json!({
            "user_id": person.user_id, "event_name": name, "properties": properties, "context": person.context(at),
        });
        self.hear(at, "track", event);
    }

    fn curtain(mut self) -> Weeks {
        self.heard.sort_by_key(|(at, _, _)| *at);
        let mut weeks = Weeks::default();
        for (_, call, event) in self.heard {
            match call {
                "identify" => weeks.identify.push(event),
                "group" => weeks.group.push(event),
                "page" => weeks.page.push(event),
                _ => weeks.track.push(event),
            }
        }
        weeks
    }
}

struct Company {
    group_id: String,
    name: &'static str,
    industry: &'static str,
    domain: String,
    employees: usize,
    /// How many of a hundred working days a person of theirs comes back.
    devotion: usize,
}

struct Person {
    user_id: String,
    first: &'static str,
    last: &'static str,
    email: String,
    role: &'static str,
    group_id: String,
    device_id: String,
    browser: (&'static str, &'static str),
}

impl Person {
    fn full_name(&self) -> String {
        format!("{} {}", self.first, self.last)
    }

    /// One session a day is plenty for a sample.
    fn context(&self, at: Timestamp) -> Value {
        json!({
            "group_id": self.group_id, "group_type": "Account", "device_id": self.device_id,
            "session_id": format!("{}-{}", self.device_id, at.seconds().div_euclid(86_400)),
            "source": "product", "browser": self.browser.0, "os": self.browser.1,
        })
    }
}

impl Company {
    fn found(name: &'static str, industry: &'static str, dice: &mut Dice) -> Self {
        let domain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        Self {
            group_id: format!("acct_{}", dice.digits()),
            name,
            industry,
            domain: format!("{}.example", domain.to_lowercase()),
            employees: 4 + dice.below(120),
            devotion: 12 + dice.below(60),
        }
    }

    fn hire(&self, role: &'static str, dice: &mut Dice) -> Person {
        let (first, last) = (dice.pick(&FIRST_NAMES), dice.pick(&LAST_NAMES));
        let user_id = format!("u_{}", dice.digits());
        // Two people of one name need two addresses; the id's last digits keep them apart.
        let email = format!("{}.{}{}@{}", first, last, &user_id[12..], self.domain).to_lowercase();
        Person {
            user_id,
            first,
            last,
            email,
            role,
            group_id: self.group_id.clone(),
            device_id: format!("d_{}", dice.digits()),
            browser: dice.pick(&BROWSERS),
        }
    }

    fn live(&self, arrived: u32, dice: &mut Dice, stage: &mut Stage) {
        let founder = self.hire("admin", dice);
        let at = office_hours(stage.day(arrived), dice);
        self.sign_up(&founder, at, dice, stage);
        let mut staff = vec![(founder, arrived)];
        for _ in 0..1 + dice.below(7) {
            let joined = arrived.saturating_sub(1 + dice.below(9) as u32);
            if joined >= arrived {
                break; // arrived today: nobody has been invited yet
            }
            let colleague = self.hire(dice.pick(&ROLES), dice);
            self.invite(&staff[0].0, &colleague, office_hours(stage.day(joined), dice), stage);
            staff.push((colleague, joined));
        }
        for (person, since) in &staff {
            self.work(person, *since, dice, stage);
        }
        if arrived > 13 && dice.chance(self.devotion / 2) {
            let at = office_hours(stage.day(arrived - 14), dice);
            let email = json!({ "email": staff[0].0.email, "plan_name": "Team", "value": 12 * staff.len() });
            stage.track(at, &staff[0].0, "subscription_upgraded", email);
        }
    }

    fn identify(&self, person: &Person, at: Timestamp, extra: Map<String, Value>, stage: &mut Stage) {
        let mut traits = json!({
            "email": person.email, "name": person.full_name(),
            "first_name": person.first, "last_name": person.last,
        });
        for (key, value) in extra {
            traits[key] = value;
        }
        let event = json!({ "user_id": person.user_id, "traits": traits, "context": person.context(at) });
        stage.hear(at, "identify", event);
    }

    fn group(&self, person: &Person, at: Timestamp, stage: &mut Stage) {
        let event = json!({
            "group_id": self.group_id, "user_id": person.user_id,
            "traits": {
                "group_type": "Account", "name": self.name, "domain": self.domain, "industry": self.industry,
                "employees": self.employees, "planName": "Free Trial", "planId": "eb4e38a5-9d5e-4f19-b2ce-ffb711c4f75e",
            },
            "context": person.context(at),
        });
        stage.hear(at, "group", event);
    }

    /// Identify, group, `signed_up`, `account_created`, `account_added_user`, a millisecond apart (domain 5.1).
    fn sign_up(&self, founder: &Person, at: Timestamp, dice: &mut Dice, stage: &mut Stage) {
        let (source, medium, campaign) = dice.pick(&CAMPAIGNS);
        let tick = |n: u32| at.plus(Duration::from_millis(1) * n);
        let utm = json!({ "utm_source": source, "utm_medium": medium, "utm_campaign": campaign });
        self.identify(founder, at, utm.as_object().cloned().unwrap_or_default(), stage);
        self.group(founder, tick(1), stage);
        let signed_up = json!({
            "user_email": founder.email, "user_name": founder.full_name(),
            "utm_source": source, "utm_medium": medium, "utm_campaign": campaign,
        });
        stage.track(tick(2), founder, "signed_up", signed_up);
        let created = json!({
            "account_name": self.name, "account_domain": self.domain, "account_id": self.group_id,
        });
        stage.track(tick(3), founder, "account_created", created);
        self.added(founder, tick(4), "signup", true, stage);
        for (index, step) in ONBOARDING.iter().enumerate() {
            // Each step loses some: the funnel that a growth team wants to see.
            if !dice.chance(86 - 18 * index) {
                break;
            }
            let done = json!({ "step_name": step, "step_index": index, "total_steps": ONBOARDING.len() });
            let at = at.plus(MINUTE * (3 + 4 * index as u32 + dice.below(4) as u32));
            stage.track(at, founder, "onboarding_step_completed", done);
        }
    }

    fn invite(&self, inviter: &Person, colleague: &Person, at: Timestamp, stage: &mut Stage) {
        let invited = json!({
            "invitee_email": colleague.email, "invitee_user_id": colleague.user_id,
            "invitee_role": colleague.role, "feature_name": "note_share",
        });
        stage.track(at, inviter, "invite_sent", invited);
        let joined = at.plus(MINUTE * 25);
        let tick = |n: u32| joined.plus(Duration::from_millis(1) * n);
        self.identify(colleague, joined, Map::new(), stage);
        let signed_up = json!({ "user_email": colleague.email, "user_name": colleague.full_name() });
        stage.track(tick(1), colleague, "signed_up", signed_up);
        self.added(colleague, tick(2), "invite", false, stage);
    }

    fn added(&self, person: &Person, at: Timestamp, method: &str, first: bool, stage: &mut Stage) {
        let added = json!({
            "account_id": self.group_id, "account_name": self.name,
            "user_email": person.email, "user_name": person.full_name(),
            "role": person.role, "join_method": method, "is_first_user": first,
        });
        stage.track(at, person, "account_added_user", added);
    }

    /// The days after: fewer visits as the weeks pass, hardly any at weekends.
    fn work(&self, person: &Person, since: u32, dice: &mut Dice, stage: &mut Stage) {
        for ago in (0..=since).rev() {
            let age = (since - ago) as usize;
            let midnight = stage.day(ago);
            let weekend = matches!(midnight.seconds().div_euclid(86_400).rem_euclid(7), 2 | 3); // day 0 was a Thursday
            let fading = self.devotion.saturating_sub(age * 2).max(self.devotion / 3);
            let eager = if age == 0 { 100 } else { fading };
            if !dice.chance(if weekend { eager / 6 } else { eager }) {
                continue;
            }
            let mut at = office_hours(midnight, dice).plus(MINUTE * 30);
            stage.track(
                at,
                person,
                "signed_in",
                json!({ "user_name": person.full_name(), "user_email": person.email }),
            );
            for _ in 0..2 + dice.below(7) {
                at = at.plus(MINUTE * (1 + dice.below(20) as u32));
                visit(person, at, dice, stage);
            }
        }
    }
}

/// One page looked at, and usually one feature used there.
fn visit(person: &Person, at: Timestamp, dice: &mut Dice, stage: &mut Stage) {
    let (name, path) = dice.pick(&PAGES);
    let url = format!("https://app.acme-notes.example{path}");
    let event = json!({
        "user_id": person.user_id, "properties": { "page_name": name, "page_url": url },
        "context": person.context(at),
    });
    stage.hear(at, "page", event);
    if dice.chance(70) {
        let used = json!({ "feature_name": feature(dice), "user_role": person.role, "interface": "web" });
        stage.track(at.plus(MINUTE / 3), person, "feature_used", used);
    }
}

fn feature(dice: &mut Dice) -> &'static str {
    let mut mark = dice.below(100);
    for (name, weight) in FEATURES {
        if mark < weight {
            return name;
        }
        mark -= weight;
    }
    FEATURES[0].0
}

/// Some moment between 8:00 and 18:00 of the day that begins at `midnight`.
fn office_hours(midnight: Timestamp, dice: &mut Dice) -> Timestamp {
    midnight
        .plus(MINUTE * (480 + dice.below(600) as u32))
        .plus(Duration::from_millis(dice.below(60_000) as u64))
}
