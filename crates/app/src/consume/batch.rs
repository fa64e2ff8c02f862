//! Records on their way into a consumer: those that can be read, and dead letters of those that cannot.

use journal::{Record, Seq};
use kernel::{Env, Timestamp};
use model::event::Event;
use model::telemetry::profile::{self, Account, Facts, Link, Membership, Person};
use model::telemetry::record::{self, Origin, RecordFault};
use std::collections::BTreeMap;
use store::consumer::DeadLetter;
use store::profile::{Linked, MOVED_MAX};

/// Reads one record. The journal says whose it is; it was written by somebody who was vouched for then.
pub(super) fn read(record: &Record) -> Result<(Origin, Event), RecordFault> {
    let origin = Origin::of_source(record.source)?;
    let env = Env::vouched(record.environment);
    Ok((origin, record::decode(env, origin, record.received_at, &record.body)?))
}

/// The dead letter of a record.
pub(super) fn bury(seq: Seq, record: &Record, reason: String, at: Timestamp) -> DeadLetter {
    DeadLetter {
        sequence: seq.0,
        environment: record.environment,
        reason,
        body: record.body.to_vec(),
        body_bytes: record.body.len(),
        died_at: at,
    }
}

/// How far a command came with a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Applied {
    Whole,
    /// The same batch is to be applied again, from this row on.
    Upto(usize),
}

/// What some consecutive records say, merged as far as it concerns the same row, in the order of keys.
#[derive(Debug, Default)]
pub(super) struct Batch {
    people: BTreeMap<(Env, String), Person>,
    accounts: BTreeMap<(Env, String), Account>,
    memberships: BTreeMap<(Env, String, String), Membership>,
    /// In the order of the journal: the first word wins.
    links: Vec<(Env, Link)>,
    pub(super) letters: Vec<DeadLetter>,
}

impl Batch {
    /// How many rows it writes at most, beside what links move.
    pub(super) fn rows(&self) -> usize {
        self.people.len()
            + self.accounts.len()
            + self.memberships.len()
            + self.links.len()
            + self.letters.len()
    }

    /// Adds one record.
    pub(super) fn add(&mut self, seq: Seq, record: &Record, at: Timestamp) {
        match read(record) {
            Ok((origin, event)) => self.tell(event.env, profile::facts(origin, &event, seq.0)),
            Err(fault) => self.letters.push(bury(seq, record, fault.to_string(), at)),
        }
    }

    fn tell(&mut self, env: Env, facts: Facts) {
        if let Some(person) = facts.person {
            merge(&mut self.people, (env, person.user_id.clone()), person, Person::merge);
        }
        if let Some(account) = facts.account {
            merge(&mut self.accounts, (env, account.account_id.clone()), account, Account::merge);
        }
        if let Some(member) = facts.membership {
            let key = (env, member.account_id.clone(), member.user_id.clone());
            merge(&mut self.memberships, key, member, Membership::merge);
        }
        if let Some(link) = facts.link {
            self.links.push((env, link));
        }
    }

    /// Writes everything but the letters, from the row `from` on: as many rows as `bytes_max` of traits allow, at least
    /// one. Links first, so that the rest finds its account: where they move more than one command may, nothing else is
    /// written. What was written before counts no second time, because rows merge.
    pub(super) fn apply(
        &self,
        tx: &mut sql::Tx<'_>,
        from: usize,
        bytes_max: usize,
    ) -> Result<Applied, sql::Fault> {
        let mut room = MOVED_MAX;
        // Whoever comes with rows written has all links behind them.
        let links = if from == 0 { self.links.as_slice() } else { &[] };
        for (env, link) in links {
            if store::profile::link(tx, *env, link, &mut room)? == Linked::Partly {
                return Ok(Applied::Upto(from));
            }
        }
        let people = self.people.iter().map(|((env, _), person)| Row::Person(*env, person));
        let accounts = self.accounts.iter().map(|((env, _), account)| Row::Account(*env, account));
        let mut written = 0;
        for (at, row) in people.chain(accounts).enumerate().skip(from) {
            if written >= bytes_max {
                return Ok(Applied::Upto(at));
            }
            written += row.save(tx)?;
        }
        for ((env, ..), membership) in &self.memberships {
            store::profile::save_membership(tx, *env, membership)?;
        }
        Ok(Applied::Whole)
    }
}

/// A row with traits.
enum Row<'a> {
    Person(Env, &'a Person),
    Account(Env, &'a Account),
}

impl Row<'_> {
    /// How many bytes it wrote.
    fn save(&self, tx: &mut sql::Tx<'_>) -> Result<usize, sql::Fault> {
        match self {
            Self::Person(env, person) => store::profile::save_person(tx, *env, person),
            Self::Account(env, account) => store::profile::save_account(tx, *env, account),
        }
    }
}

fn merge<K: Ord, V>(known: &mut BTreeMap<K, V>, key: K, told: V, merge: impl FnOnce(&mut V, V)) {
    match known.entry(key) {
        std::collections::btree_map::Entry::Occupied(mut entry) => merge(entry.get_mut(), told),
        std::collections::btree_map::Entry::Vacant(entry) => {
            entry.insert(told);
        }
    }
}
