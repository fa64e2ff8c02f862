//! PostgreSQL: several lanes with one connection each, and a few connections that read.
//!
//! A lane's thread runs the synchronous closures and drives its connection itself: each call of a `Tx` that
//! has to wait enters the lane's own current-thread runtime. Round trips, not syncs, are what PostgreSQL
//! costs, so writes are deferred and sent together, in order, when somebody reads and at the end.

mod group;
mod lane;
mod link;
mod pipeline;
mod reader;
mod session;
mod time;
mod value;
mod work;

pub(crate) use link::configured;
pub(crate) use session::Session;
pub(crate) use time::ServerTime;
pub(crate) use value::column;

use crate::{Fault, Options, counters::Counters, database::Threads};
use kernel::Clock;
use link::Link;
use std::{collections::HashSet, sync::Arc, thread};
use tokio::sync::{Mutex, mpsc};

/// Connects every lane and reader, checks that each has a server process of its own, and starts the threads.
pub(crate) fn open(
    url: &str,
    options: &Options,
    clock: &dyn Clock,
    counters: &Arc<Counters>,
) -> Result<(Threads, ServerTime), Fault> {
    let connect = |n: usize| (0..n.max(1)).map(|_| Link::connect(url)).collect::<Result<Vec<_>, _>>();
    let (mut writers, mut readers) = (connect(options.lanes)?, connect(options.read_pool)?);
    each_has_its_own_process(writers.iter_mut().chain(&mut readers))?;
    let time = ServerTime::measure(&writers[0], clock)?;

    let (reads, queue) = mpsc::channel(options.queue.max(1));
    let queue = Arc::new(Mutex::new(queue));
    let (mut lanes, mut handles) = (Vec::new(), Vec::new());
    for (n, link) in readers.into_iter().enumerate() {
        let reader = reader::Reader::new(link, url, options, counters);
        let queue = Arc::clone(&queue);
        let thread = thread::Builder::new().name(format!("sql-read-{n}"));
        handles.push(thread.spawn(move || reader.run(&queue)).map_err(cannot_start)?);
    }
    for (n, link) in writers.into_iter().enumerate() {
        let (lane, commands) = mpsc::channel(options.queue.max(1));
        let worker = lane::Lane::new(n, link, url, options, counters);
        let thread = thread::Builder::new().name(format!("sql-lane-{n}"));
        handles.push(thread.spawn(move || worker.run(commands)).map_err(cannot_start)?);
        lanes.push(lane);
    }
    Ok((Threads { lanes, reads, handles }, time))
}

/// A proxy that pools transactions lends several of our connections the same server process: session
/// settings and prepared statements would get lost between two transactions.
fn each_has_its_own_process<'l>(links: impl Iterator<Item = &'l mut Link>) -> Result<(), Fault> {
    let mut seen = HashSet::new();
    for link in links {
        if !seen.insert(link.process()?) {
            return Err(Fault::Pooled);
        }
    }
    Ok(())
}

fn cannot_start(e: std::io::Error) -> Fault {
    Fault::Unavailable { doing: "start a thread", source: Arc::new(e) }
}
