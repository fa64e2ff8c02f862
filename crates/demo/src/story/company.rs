//! A company and its people, from a die of its own.

use super::{
    Options,
    calendar::{MINUTE, arrivals, incident},
    cast::{BROWSERS, COMPANIES, COUNTRIES, FIRST_NAMES, LAST_NAMES, PLACES, TRADES},
    dice::Dice,
};
use kernel::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(super) struct Company {
    pub(super) group_id: String,
    pub(super) name: String,
    pub(super) industry: &'static str,
    pub(super) domain: String,
    pub(super) country: (&'static str, &'static str),
    pub(super) employees: usize,
    /// How many of a hundred working days a person of theirs comes back.
    pub(super) devotion: usize,
    pub(super) arrived: Timestamp,
    pub(super) founder: Person,
    /// The die of everything that happens to them.
    pub(super) dice: Dice,
    /// Addresses given so far.
    taken: BTreeSet<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) user_id: String,
    pub(super) first: &'static str,
    pub(super) last: &'static str,
    pub(super) email: String,
    pub(super) role: &'static str,
    pub(super) group_id: String,
    pub(super) country: &'static str,
    device_id: String,
    browser: (&'static str, &'static str, &'static str),
}

/// How many companies sign up while Acme's backend is down, with the minutes after its midnight.
const UNLUCKY: [u32; 5] = [581, 598, 620, 647, 674];

/// Everybody, in the order of their arrival. One die per company, so that one more changes nobody else's life.
pub(super) fn all(options: &Options) -> Vec<Company> {
    let mut moments = arrivals(options, &mut Dice::new(options.seed ^ 0x0ca1_e0da));
    if options.connected > 0 {
        let morning = incident(options.until);
        moments.drain(..UNLUCKY.len().min(moments.len()));
        // On that morning those come who are meant to, and nobody else.
        let (from, to) = (morning.plus(MINUTE * 540), morning.plus(MINUTE * 800));
        for moment in &mut moments {
            if (from..to).contains(moment) {
                *moment = moment.minus(MINUTE * 1_440);
            }
        }
        moments.extend(UNLUCKY.map(|minutes| morning.plus(MINUTE * minutes)));
        moments.sort();
    }
    moments.iter().enumerate().map(|(index, at)| Company::found(options.seed, index, *at)).collect()
}

impl Company {
    fn found(seed: u64, index: usize, arrived: Timestamp) -> Self {
        let mut dice = Dice::new(seed ^ ((index as u64 + 1) << 32));
        let (name, industry) = named(index);
        let words: Vec<&str> =
            name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let domain = format!("{}.example", words.join("-").to_lowercase());
        let country = dice.pick(&COUNTRIES);
        let group_id = format!("acct_{}", dice.digits());
        let mut taken = BTreeSet::new();
        let founder = person("Admin", &group_id, &domain, country.1, &mut taken, &mut dice);
        let (employees, devotion) = (4 + dice.below(120), 12 + dice.below(60));
        Self { group_id, name, industry, domain, country, employees, devotion, arrived, founder, dice, taken }
    }

    pub(super) fn hire(&mut self, role: &'static str) -> Person {
        person(role, &self.group_id, &self.domain, self.country.1, &mut self.taken, &mut self.dice)
    }
}

fn named(index: usize) -> (String, &'static str) {
    match COMPANIES.get(index) {
        Some((name, industry)) => ((*name).to_owned(), industry),
        None => {
            // Each place with each trade, once, in an order that does not show.
            let (round, place) =
                ((index - COMPANIES.len()) / PLACES.len(), (index - COMPANIES.len()) % PLACES.len());
            let (trade, industry) = TRADES[(round + place) % TRADES.len()];
            (format!("{} {trade}", PLACES[place * 7 % PLACES.len()]), industry)
        }
    }
}

fn person(
    role: &'static str,
    group_id: &str,
    domain: &str,
    country: &'static str,
    taken: &mut BTreeSet<String>,
    dice: &mut Dice,
) -> Person {
    let user_id = format!("u_{}", dice.digits());
    loop {
        let (first, last) = (dice.pick(&FIRST_NAMES), dice.pick(&LAST_NAMES));
        let email = format!("{first}.{last}@{domain}").to_lowercase();
        if taken.insert(email.clone()) {
            let (device_id, browser) = (format!("d_{}", dice.digits()), dice.pick(&BROWSERS));
            let group_id = group_id.to_owned();
            return Person { user_id, first, last, email, role, group_id, country, device_id, browser };
        }
    }
}

impl Person {
    pub(super) fn full_name(&self) -> String {
        format!("{} {}", self.first, self.last)
    }

    /// One session a day is plenty for a sample.
    pub(super) fn context(&self, at: Timestamp) -> Value {
        json!({
            "group_id": self.group_id, "group_type": "Account", "device_id": self.device_id,
            "session_id": format!("{}-{}", self.device_id, at.seconds().div_euclid(86_400)), "source": "product",
            "browser": self.browser.0, "os": self.browser.1, "device_type": self.browser.2, "country": self.country,
        })
    }
}
