//! What happens when, of all that goes through thrivestack itself: pure, so that it can be read and tested.

use super::{
    Options,
    calendar::{DAY, MINUTE, day, incident, is_weekend, office_hours},
    company::{self, Company},
    dice::Dice,
    slip::Slip,
};
use kernel::Timestamp;

/// People who wait at the end, and how many of them are let in before that.
const WAITING: usize = 9;
const ADMITTED: usize = 2;
/// Places that were opened this morning, so that whoever visits gets through; those who wait are not admitted yet.
const PLACES: usize = 25;
/// Minutes after the incident's midnight: the backend is down, and up again.
const DOWN: u32 = 570;
const UP: u32 = 680;
/// When an operator retries the first of the runs that got stuck, and the minutes from one to the next.
const RETRIES: u32 = 785;
const RETRIES_EVERY: u32 = 6;
/// Stuck runs that nobody has looked after yet.
const LEFT: usize = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// This newcomer signs up, and goes on as far as the doors are open.
    Arrive(usize),
    /// Somebody who had to wait opens their page again.
    GoOn(usize),
    /// Somebody who is through signs in again.
    Return(usize),
    Down,
    Up,
    /// An operator retries the run of this newcomer.
    Retry(usize),
    /// An operator lets so many in from the waitlist.
    Admit(usize),
    /// The waitlist begins behind so many users.
    Limit(usize),
    /// A request that is refused.
    Slip(Slip),
}

/// Somebody at Acme works on the integration: how many days ago, the minute of that day, and what goes wrong.
const SLIPS: [(u32, u32, Slip); 8] = [
    (5, 561, Slip::WrongKey),
    (5, 563, Slip::WrongKey),
    (5, 571, Slip::PublicKey),
    (4, 874, Slip::NoName),
    (3, 642, Slip::BadField),
    (2, 977, Slip::OldCode),
    (1, 618, Slip::WrongRun),
    (1, 1_043, Slip::OldCode),
];

pub(super) struct Newcomer {
    pub(super) name: String,
    pub(super) email: String,
    pub(super) company: String,
    pub(super) arrived: Timestamp,
}

pub(super) struct Script {
    pub(super) newcomers: Vec<Newcomer>,
    /// The limit of the waitlist in the beginning.
    pub(super) places: usize,
    /// In order of time.
    pub(super) acts: Vec<(Timestamp, Act)>,
}

impl Script {
    pub(super) fn of(options: &Options) -> Self {
        let since = options.connected_at();
        let all = company::all(options).into_iter().filter(|company| company.arrived >= since);
        let newcomers: Vec<Newcomer> = all.map(newcomer).collect();
        let today = day(options.until, 0);
        let earlier = newcomers.iter().filter(|one| one.arrived < today).count();
        // Whoever came on the day of the incident had a place.
        let had = newcomers.iter().filter(|one| one.arrived < incident(options.until).plus(DAY)).count();
        let places = earlier.saturating_sub(WAITING + ADMITTED).max(had);
        let mut script = Self { newcomers, places, acts: Vec::new() };
        script.arrivals(options);
        script.outage(options);
        script.waitlist(options, earlier);
        let slip = |&(ago, minutes, slip)| (day(options.until, ago).plus(MINUTE * minutes), Act::Slip(slip));
        script.acts.extend(SLIPS.iter().map(slip));
        script.acts.retain(|(at, _)| *at < options.until);
        script.acts.sort_by_key(|(at, _)| *at);
        script
    }

    fn arrivals(&mut self, options: &Options) {
        let mut dice = Dice::new(options.seed ^ 0x5c21_9700);
        for (index, one) in self.newcomers.iter().enumerate() {
            self.acts.push((one.arrived, Act::Arrive(index)));
            let unlucky =
                one.arrived >= incident(options.until) && one.arrived < incident(options.until).plus(DAY);
            if index < self.places && !unlucky && dice.chance(30) {
                let later = one.arrived.plus(DAY * (1 + dice.below(9) as u32));
                let workday = if is_weekend(later) { later.plus(DAY * 2) } else { later };
                let midnight = Timestamp::from_seconds(workday.seconds().div_euclid(86_400) * 86_400);
                self.acts.push((office_hours(midnight, &mut dice), Act::Return(index)));
            }
        }
    }

    /// Whoever came last still gets through by the retries; the others get stuck, and all but one are helped.
    fn outage(&mut self, options: &Options) {
        let at = |minutes: u32| incident(options.until).plus(MINUTE * minutes);
        self.acts.extend([(at(DOWN), Act::Down), (at(UP), Act::Up)]);
        let affected = |one: &Newcomer| (at(DOWN)..at(UP)).contains(&one.arrived);
        let hit: Vec<usize> =
            (0..self.newcomers.len()).filter(|index| affected(&self.newcomers[*index])).collect();
        let Some((last, stuck)) = hit.split_last() else { return };
        self.acts.push((at(UP + 5), Act::GoOn(*last)));
        for (nth, index) in stuck[..stuck.len().saturating_sub(LEFT)].iter().enumerate() {
            let minutes = RETRIES + RETRIES_EVERY * nth as u32;
            self.acts.extend([(at(minutes), Act::Retry(*index)), (at(minutes + 1), Act::GoOn(*index))]);
        }
    }

    /// The last newcomers before today wait; two are let in yesterday evening, and this morning there are a few more places.
    fn waitlist(&mut self, options: &Options, earlier: usize) {
        let (today, evening) = (day(options.until, 0), day(options.until, 0).minus(MINUTE * 300));
        let here = (self.places..earlier).filter(|index| self.newcomers[*index].arrived < evening);
        let admitted: Vec<usize> = here.take(ADMITTED).collect();
        self.acts.push((evening, Act::Admit(admitted.len())));
        // Within the ten minutes in which the run's page still hands over.
        for (nth, index) in admitted.into_iter().enumerate() {
            self.acts.push((evening.plus(MINUTE * (3 + 5 * nth as u32)), Act::GoOn(index)));
        }
        self.acts.push((today, Act::Limit(self.places + PLACES)));
    }
}

fn newcomer(company: Company) -> Newcomer {
    let Company { founder, name, arrived, .. } = company;
    Newcomer { name: founder.full_name(), email: founder.email, company: name, arrived }
}
