//! A thread with one connection that runs commands in groups.

use super::{
    group::{Attempt, Member, attempt},
    link::{Link, Waited},
    work::{Cause, Spoiled, Work},
};
use crate::{
    Fault, Options, Source,
    command::{Command, Message},
    counters::{Counters, count},
};
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc;

/// Commands of one group: what one lock statement and one pipeline carry well.
const GROUP: usize = 64;
/// Between two looks at busy locks; doubled each time, and never spun.
const WAIT_FIRST: Duration = Duration::from_millis(5);
const WAIT_LAST: Duration = Duration::from_millis(50);
/// Attempts of a command that is alone against conflicts with other lanes.
const CONFLICTS_MAX: usize = 5;
/// Connections that one group may use up before its commands are answered.
const LOST_MAX: usize = 2;

pub(super) struct Lane {
    number: usize,
    url: String,
    options: Options,
    counters: Arc<Counters>,
    /// `None` after the connection was lost, until a command needs one.
    work: Option<Work>,
}

impl Lane {
    pub(super) fn new(
        number: usize,
        link: Link,
        url: &str,
        options: &Options,
        counters: &Arc<Counters>,
    ) -> Self {
        let (url, options, counters) = (url.to_owned(), options.clone(), Arc::clone(counters));
        let work = Some(Work::new(link, Arc::clone(&counters)));
        Self { number, url, options, counters, work }
    }

    /// Until the queue is closed and empty.
    pub(super) fn run(mut self, mut commands: mpsc::Receiver<Message>) {
        let mut waiting: Vec<Member> = Vec::new();
        let mut pause = WAIT_FIRST;
        loop {
            if waiting.is_empty() {
                match self.next(&mut commands) {
                    Some(command) => waiting.push(Member::new(command)),
                    None => return,
                }
            }
            self.fill(&mut waiting, &mut commands);
            let before = waiting.len();
            waiting = self.settle(waiting);
            if waiting.len() == before {
                // Lanes that wait for each other's locks must not do so in step.
                let apart = Duration::from_millis(self.number as u64 % 8);
                self.pause(pause + apart);
                waiting = self.expire(waiting, pause + apart);
                pause = (pause * 2).min(WAIT_LAST);
            } else {
                pause = WAIT_FIRST;
            }
        }
    }

    /// Waits inside the runtime, so that the connection is driven and its loss seen while idle.
    fn next(&mut self, commands: &mut mpsc::Receiver<Message>) -> Option<Box<dyn Command>> {
        loop {
            let message = match &mut self.work {
                Some(work) => match work.link.wait(commands.recv()) {
                    Waited::For(message) => message,
                    Waited::Lost => {
                        self.work = None;
                        continue;
                    }
                },
                None => commands.blocking_recv(),
            };
            match message? {
                Message::Run(command) => return Some(command),
                Message::Close => commands.close(),
            }
        }
    }

    fn fill(&self, waiting: &mut Vec<Member>, commands: &mut mpsc::Receiver<Message>) {
        let most = GROUP.min(self.options.group_commands.max(1));
        while waiting.len() < most {
            match commands.try_recv() {
                Ok(Message::Run(command)) => waiting.push(Member::new(command)),
                Ok(Message::Close) => commands.close(),
                Err(_) => return,
            }
        }
    }

    /// Runs the group until everybody who can run is answered; gives back who must wait for a lock. A
    /// command gets a failure as its answer only from a transaction in which it was alone.
    fn settle(&mut self, mut group: Vec<Member>) -> Vec<Member> {
        let (mut suspects, mut patience) = (Vec::new(), Patience::default());
        while !group.is_empty() {
            let attempted = self.connected().and_then(|()| self.attempt(&mut group));
            match attempted {
                Ok(Attempt::Committed) => {
                    group = group.into_iter().filter_map(Member::answer).collect();
                    break;
                }
                Ok(Attempt::Unknown(fault)) => {
                    let source: Source = Arc::new(fault);
                    let (ran, waits) = group.into_iter().partition(Member::ran);
                    fail_all(ran, &Fault::OutcomeUnknown { source });
                    group = waits;
                    break;
                }
                Ok(Attempt::Spoiled(spoiled)) => {
                    count(&self.counters.reruns);
                    self.rearrange(&mut group, &mut suspects, &mut patience, spoiled);
                }
                Err(fault) => fail_all(std::mem::take(&mut group), &fault),
            }
        }
        for suspect in suspects {
            group.append(&mut self.settle(vec![suspect]));
        }
        group
    }

    /// Takes out of the group whoever must not be in its next attempt.
    fn rearrange(
        &mut self,
        group: &mut Vec<Member>,
        suspects: &mut Vec<Member>,
        patience: &mut Patience,
        spoiled: Spoiled,
    ) {
        let alone = group.len() == 1;
        match (spoiled.cause, spoiled.culprit) {
            (Cause::Stale, _) if patience.stale.take() => self.forget_prepared(),
            (Cause::Lost, _) if patience.lost.take() => self.work = None,
            (Cause::Conflict, _) if alone && patience.conflict.take() => {}
            (Cause::Lost, _) => {
                self.work = None;
                fail_all(std::mem::take(group), &spoiled.fault);
            }
            _ if alone => fail_all(std::mem::take(group), &spoiled.fault),
            (_, Some(culprit)) => suspects.push(group.remove(culprit)),
            (_, None) => suspects.append(group),
        }
    }

    fn attempt(&mut self, group: &mut [Member]) -> Result<Attempt, Fault> {
        match &mut self.work {
            Some(work) => Ok(attempt(work, group, &self.options)),
            None => Err(Fault::Closed),
        }
    }

    /// Makes sure that there is a connection.
    fn connected(&mut self) -> Result<(), Fault> {
        if self.work.as_ref().is_none_or(|work| work.link.is_lost()) {
            self.work = None;
            self.work = Some(Work::new(Link::connect(&self.url)?, Arc::clone(&self.counters)));
        }
        Ok(())
    }

    fn forget_prepared(&mut self) {
        if let Some(work) = &mut self.work {
            work.link.prepared.clear();
        }
    }

    fn pause(&mut self, span: Duration) {
        match &mut self.work {
            Some(work) => {
                if let Waited::Lost = work.link.wait_a_while(span) {
                    self.work = None;
                }
            }
            None => std::thread::sleep(span),
        }
    }

    /// Answers those who have waited for a lock for too long.
    fn expire(&self, waiting: Vec<Member>, span: Duration) -> Vec<Member> {
        let mut patient = Vec::with_capacity(waiting.len());
        for mut member in waiting {
            member.waited += span;
            if member.waited < self.options.lock_deadline {
                patient.push(member);
            } else {
                member.command.fail(Fault::LockBusy);
            }
        }
        patient
    }
}

/// How often a group may still be forgiven.
struct Patience {
    stale: Left,
    lost: Left,
    conflict: Left,
}

struct Left(usize);

impl Default for Patience {
    fn default() -> Self {
        Self { stale: Left(1), lost: Left(LOST_MAX), conflict: Left(CONFLICTS_MAX) }
    }
}

impl Left {
    /// Whether there was one left.
    fn take(&mut self) -> bool {
        let some = self.0 > 0;
        self.0 = self.0.saturating_sub(1);
        some
    }
}

fn fail_all(members: Vec<Member>, fault: &Fault) {
    for member in members {
        member.command.fail(fault.clone());
    }
}
