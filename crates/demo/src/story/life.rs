//! The play: companies arrive, people come back or stay away, some pay.

use super::{
    Options, Past,
    calendar::{DAY, MINUTE, day, is_weekend, office_hours},
    cast::{CAMPAIGNS, FEATURES, ONBOARDING, PAGES, ROLES},
    company::{self, Company, Person},
    dice::Dice,
};
use crate::acme::Known;
use kernel::Timestamp;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// How long a trial lasts.
const TRIAL_DAYS: u32 = 14;
/// Of colleagues besides the one who signed up.
const COLLEAGUES_MAX: usize = 7;

/// How long the steps of the onboarding take at most.
const ONBOARDED: Duration = Duration::from_secs(20 * 60);
/// From an invitation to its colleague's arrival, and to the first visit.
const JOINING: Duration = Duration::from_secs(25 * 60);
const JOINED: Duration = Duration::from_secs(26 * 60);

/// Name and id of the plans, as Acme sells them.
const TRIAL: (&str, &str) = ("Free Trial", "eb4e38a5-9d5e-4f19-b2ce-ffb711c4f75e");
const FREE: (&str, &str) = ("Free", "free");
const TEAM: (&str, &str) = ("Team", "team");

pub(super) fn live(options: &Options, known: &Known) -> Past {
    let mut diary = Diary { until: options.until, heard: Vec::new() };
    for mut company in company::all(options) {
        let by_run = options.connected > 0 && company.arrived >= options.connected_at();
        if by_run {
            // Somebody who still waits, or got stuck, has no life in the product.
            let Some(ids) = known.get(&company.founder.email) else { continue };
            ids.user_id.clone_into(&mut company.founder.user_id);
            ids.workspace_id.clone_into(&mut company.founder.group_id);
            ids.workspace_id.clone_into(&mut company.group_id);
            // Whoever waited, or got stuck for a while, begins when the workspace is there.
            company.arrived = ids.since;
        }
        company.live(by_run, &mut diary);
    }
    diary.curtain()
}

/// Collects what happens up to `until`; what would be later has not happened.
struct Diary {
    until: Timestamp,
    heard: Vec<(Timestamp, &'static str, Value)>,
}

impl Diary {
    fn day(&self, ago: u32) -> Timestamp {
        day(self.until, ago)
    }

    /// The same day, or the Monday after it; none when that has not come yet.
    fn workday(&self, ago: u32) -> Option<u32> {
        (0..3)
            .map(|later| ago.checked_sub(later))
            .find(|ago| ago.is_none_or(|ago| !is_weekend(self.day(ago))))?
    }

    /// How many days ago this was.
    fn ago(&self, at: Timestamp) -> u32 {
        (self.day(0).plus(DAY).since(at).as_secs() / 86_400) as u32
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

    fn curtain(mut self) -> Past {
        self.heard.sort_by_key(|(at, _, _)| *at);
        let mut past = Past::default();
        for (_, call, event) in self.heard {
            match call {
                "identify" => past.identify.push(event),
                "group" => past.group.push(event),
                "page" => past.page.push(event),
                _ => past.track.push(event),
            }
        }
        past
    }
}

impl Company {
    fn live(&mut self, by_run: bool, diary: &mut Diary) {
        let (founder, arrived) = (self.founder.clone(), diary.ago(self.arrived));
        if by_run {
            // The run has told who signed up and what was made; Acme tells the rest when onboarding is through.
            self.group(&founder, self.arrived.plus(MINUTE * 2), TRIAL, diary);
        } else {
            self.sign_up(&founder, diary);
        }
        self.onboard(&founder, diary);
        let mut staff = vec![(founder, self.arrived.plus(ONBOARDED))];
        for _ in 0..1 + self.dice.below(COLLEAGUES_MAX) {
            let Some(joined) = diary.workday(arrived.saturating_sub(1 + self.dice.below(9) as u32)) else {
                continue;
            };
            if joined >= arrived {
                continue; // nobody has been invited yet
            }
            let role = self.dice.pick(&ROLES);
            let colleague = self.hire(role);
            let at = office_hours(diary.day(joined), &mut self.dice);
            self.invite(&staff[0].0, &colleague, at, diary);
            staff.push((colleague, at.plus(JOINED)));
        }
        for (person, since) in &staff {
            self.work(person, *since, diary);
        }
        self.decide(&staff[0].0, staff.len(), diary);
    }

    /// At the end of the trial some pay, the others stay on the free plan.
    fn decide(&mut self, founder: &Person, seats: usize, diary: &mut Diary) {
        let end = self.arrived.plus(DAY * TRIAL_DAYS);
        if !self.dice.chance(self.devotion / 2) {
            self.group(founder, end, FREE, diary);
            return;
        }
        let paid = json!({ "email": founder.email, "plan_name": TEAM.0, "value": 6 * seats });
        diary.track(end, founder, "subscription_upgraded", paid);
        self.group(founder, end, TEAM, diary);
    }

    fn identify(&self, person: &Person, at: Timestamp, extra: Map<String, Value>, diary: &mut Diary) {
        let mut traits = json!({
            "email": person.email, "name": person.full_name(),
            "first_name": person.first, "last_name": person.last, "country": person.country, "role": person.role,
        });
        for (key, value) in extra {
            traits[key] = value;
        }
        let event = json!({ "user_id": person.user_id, "traits": traits, "context": person.context(at) });
        diary.hear(at, "identify", event);
    }

    fn group(&self, person: &Person, at: Timestamp, plan: (&str, &str), diary: &mut Diary) {
        let event = json!({
            "group_id": self.group_id, "user_id": person.user_id,
            "traits": {
                "group_type": "Account", "name": self.name, "domain": self.domain, "industry": self.industry,
                "employees": self.employees, "country": self.country.0, "planName": plan.0, "planId": plan.1,
            },
            "context": person.context(at),
        });
        diary.hear(at, "group", event);
    }

    /// Identify, group, `signed_up`, `account_created`, `account_added_user`, a millisecond apart (domain 5.1).
    fn sign_up(&mut self, founder: &Person, diary: &mut Diary) {
        let (source, medium, campaign) = self.dice.pick(&CAMPAIGNS);
        let tick = |n: u32| self.arrived.plus(Duration::from_millis(1) * n);
        let utm = json!({ "utm_source": source, "utm_medium": medium, "utm_campaign": campaign });
        self.identify(founder, tick(0), utm.as_object().cloned().unwrap_or_default(), diary);
        self.group(founder, tick(1), TRIAL, diary);
        let signed_up = json!({
            "user_email": founder.email, "user_name": founder.full_name(),
            "utm_source": source, "utm_medium": medium, "utm_campaign": campaign,
        });
        diary.track(tick(2), founder, "signed_up", signed_up);
        let created = json!({
            "account_name": self.name, "account_domain": self.domain, "account_id": self.group_id,
        });
        diary.track(tick(3), founder, "account_created", created);
        self.added(founder, tick(4), "signup", true, diary);
    }

    /// Each step loses some: the funnel that a growth team wants to see.
    fn onboard(&mut self, founder: &Person, diary: &mut Diary) {
        for (index, step) in ONBOARDING.iter().enumerate() {
            if !self.dice.chance(86 - 18 * index) {
                break;
            }
            let done = json!({ "step_name": step, "step_index": index, "total_steps": ONBOARDING.len() });
            let at = self.arrived.plus(MINUTE * (3 + 4 * index as u32 + self.dice.below(4) as u32));
            diary.track(at, founder, "onboarding_step_completed", done);
        }
    }

    fn invite(&self, inviter: &Person, colleague: &Person, at: Timestamp, diary: &mut Diary) {
        let invited = json!({
            "invitee_email": colleague.email, "invitee_user_id": colleague.user_id,
            "invitee_role": colleague.role, "feature_name": "note_share",
        });
        diary.track(at, inviter, "invite_sent", invited);
        let joined = at.plus(JOINING);
        let tick = |n: u32| joined.plus(Duration::from_millis(1) * n);
        self.identify(colleague, joined, Map::new(), diary);
        let signed_up = json!({ "user_email": colleague.email, "user_name": colleague.full_name() });
        diary.track(tick(1), colleague, "signed_up", signed_up);
        self.added(colleague, tick(2), "invite", false, diary);
    }

    fn added(&self, person: &Person, at: Timestamp, method: &str, first: bool, diary: &mut Diary) {
        let added = json!({
            "account_id": self.group_id, "account_name": self.name,
            "user_email": person.email, "user_name": person.full_name(),
            "role": person.role, "join_method": method, "is_first_user": first,
        });
        diary.track(at, person, "account_added_user", added);
    }

    /// From then on: fewer visits as the weeks pass, hardly any at weekends.
    fn work(&mut self, person: &Person, since: Timestamp, diary: &mut Diary) {
        let first = diary.ago(since);
        for ago in (0..=first).rev() {
            let age = (first - ago) as usize;
            let midnight = diary.day(ago);
            let fading = self.devotion.saturating_sub(age * 2).max(self.devotion / 4);
            let eager = if age == 0 { 100 } else { fading };
            if !self.dice.chance(if is_weekend(midnight) { eager / 6 } else { eager }) {
                continue;
            }
            let dice = &mut self.dice;
            let mut at = office_hours(midnight, dice).plus(MINUTE * 30).max(since);
            diary.track(
                at,
                person,
                "signed_in",
                json!({ "user_name": person.full_name(), "user_email": person.email }),
            );
            for _ in 0..1 + dice.below(4) {
                at = at.plus(MINUTE * (1 + dice.below(20) as u32));
                visit(person, at, dice, diary);
            }
        }
    }
}

/// One page looked at, and usually one feature used there.
fn visit(person: &Person, at: Timestamp, dice: &mut Dice, diary: &mut Diary) {
    let (name, path) = dice.pick(&PAGES);
    let url = format!("https://app.acme-notes.example{path}");
    let event = json!({
        "user_id": person.user_id, "properties": { "page_name": name, "page_url": url },
        "context": person.context(at),
    });
    diary.hear(at, "page", event);
    if dice.chance(70) {
        let used = json!({ "feature_name": feature(dice), "user_role": person.role, "interface": "web" });
        diary.track(at.plus(MINUTE / 3), person, "feature_used", used);
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
