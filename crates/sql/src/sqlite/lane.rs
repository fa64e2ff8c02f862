//! The one thread that writes, and how the file is opened.

use super::{
    checkpoint::Checkpointer,
    connect,
    group::{Next, Writer},
    reader::Reader,
};
use crate::{Fault, Options, command::Message, counters::Counters, database::Threads};
use kernel::Clock;
use std::{path::Path, sync::Arc, thread, time::Duration};
use tokio::sync::{Mutex, mpsc};

/// A group takes what waits, but not longer than this: the first command's answer waits for the last one.
const GROUP_TIME: Duration = Duration::from_millis(10);

/// Opens the file (made when missing) and starts its threads: one lane, the readers, the checkpoints.
pub(crate) fn open(
    path: &Path,
    options: &Options,
    clock: &Arc<dyn Clock>,
    counters: &Arc<Counters>,
) -> Result<Threads, Fault> {
    let mut conn = connect(path, options).map_err(cannot_open)?;
    let (checkpointer, checkpoints) =
        Checkpointer::start(path, &mut conn, options, counters).map_err(cannot_open)?.map_err(cannot_open)?;
    let mut handles = vec![checkpoints];

    let (reads, queue) = mpsc::channel(options.queue.max(1));
    let queue = Arc::new(Mutex::new(queue));
    for n in 0..options.read_pool.max(1) {
        let reader = Reader::open(path, options, counters).map_err(cannot_open)?;
        let queue = Arc::clone(&queue);
        let thread = thread::Builder::new().name(format!("sql-read-{n}"));
        handles.push(thread.spawn(move || reader.run(&queue)).map_err(cannot_open)?);
    }

    let (lane, commands) = mpsc::channel(options.queue.max(1));
    let writer = Writer { conn, options: options.clone(), counters: Arc::clone(counters), checkpointer };
    let clock = Arc::clone(clock);
    let thread = thread::Builder::new().name("sql-lane".into());
    handles.push(thread.spawn(move || run(&writer, commands, &*clock)).map_err(cannot_open)?);
    Ok(Threads { lanes: vec![lane], reads, handles })
}

fn run(writer: &Writer, mut commands: mpsc::Receiver<Message>, clock: &dyn Clock) {
    while let Some(message) = commands.blocking_recv() {
        let Message::Run(first) = message else {
            commands.close();
            continue;
        };
        let started = clock.monotonic();
        let next = writer.group(first, |members| {
            let full = members >= writer.options.group_commands;
            if full || clock.monotonic().since(started) >= GROUP_TIME {
                return None;
            }
            match commands.try_recv().ok()? {
                Message::Run(command) => Some(command),
                Message::Close => {
                    commands.close();
                    None
                }
            }
        });
        if next == Next::Stop {
            return;
        }
    }
}

fn cannot_open(e: impl std::error::Error + Send + Sync + 'static) -> Fault {
    Fault::Unavailable { doing: "open the database file", source: Arc::new(e) }
}
