//! Room, whether it can be written, and how long stable storage takes; and whether the clock goes with it.

use super::Finding;
use crate::{config::Config, wiring::Outside};
use kernel::{Timestamp, token};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Less than this, and a server soon refuses everything.
const FREE_FAIL: u64 = 100 << 20;
/// Less than this, and somebody should look.
const FREE_WARN: u64 = 1 << 30;
/// Every acknowledged request waits for a sync.
const SYNC_SLOW: Duration = Duration::from_millis(50);
/// A file server's clock may be this far from ours.
const SKEW_MAX: Duration = Duration::from_secs(2);
/// Data of the future by more than this mean that the clock was set back.
const FUTURE_MAX: Duration = Duration::from_secs(60);

pub(super) fn examine(config: &Config, outside: &Outside) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut told_time = false;
    for dir in directories(config) {
        found.push(room(&dir));
        match probe(&dir, outside) {
            Ok(probed) => {
                found.push(synced(&dir, probed.took));
                if !std::mem::replace(&mut told_time, true) {
                    found.push(clock(config, &probed));
                }
            }
            Err(error) => found.push(Finding::fail(
                "disk",
                format!("{} cannot be written: {error}", dir.display()),
                "give it to the user that serves (chown), or mount it writable",
            )),
        }
    }
    found
}

/// The data directory, then those of the stores that lie elsewhere or on another disk, each once. A store that is not made
/// yet will be in the directory that is there.
fn directories(config: &Config) -> Vec<PathBuf> {
    let database = config.located(&config.database_url);
    let database = database.parent().unwrap_or(Path::new(".")).to_path_buf();
    let stores = [database, config.located(&config.journal_url), config.located(&config.lake_url)];
    let mut found = vec![config.data_dir.clone()];
    let home = fs::canonicalize(&config.data_dir).ok();
    let inside =
        |dir: &Path| home.as_ref().is_some_and(|home| dir.starts_with(home) && disk_of(dir) == disk_of(home));
    for store in stores {
        let there = store.ancestors().find(|dir| dir.is_dir()).and_then(|dir| fs::canonicalize(dir).ok());
        found.extend(there.filter(|dir| !inside(dir) && !found.contains(dir)));
    }
    found
}

fn disk_of(dir: &Path) -> Option<u64> {
    fs::metadata(dir).ok().map(|about| std::os::unix::fs::MetadataExt::dev(&about))
}

fn room(dir: &Path) -> Finding {
    let topic = "disk";
    let stats = match rustix::fs::statvfs(dir) {
        Ok(stats) => stats,
        Err(error) => {
            let said = format!("the room of {} cannot be told: {error}", dir.display());
            return Finding::warn(topic, said, "look with `df`");
        }
    };
    let (free, whole) = (stats.f_bavail * stats.f_frsize, stats.f_blocks * stats.f_frsize);
    let said = format!("{}: {} of {} are free", dir.display(), size(free), size(whole));
    const ADVICE: &str = "make room, or move it while the server is stopped; the journal keeps every event";
    match free {
        ..FREE_FAIL => Finding::fail(topic, said, ADVICE),
        FREE_FAIL..FREE_WARN => Finding::warn(topic, said, ADVICE),
        _ => Finding::good(topic, said),
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        ..0x4000_0000 => format!("{} MiB", bytes >> 20),
        _ => format!("{} GiB", bytes >> 30),
    }
}

struct Probed {
    took: Duration,
    now: Timestamp,
    /// When the file system says that the file was written.
    stamped: Timestamp,
}

/// Writes a small file, syncs it, and removes it.
fn probe(dir: &Path, outside: &Outside) -> io::Result<Probed> {
    let path = dir.join(format!(".doctor-{}", token::<9>(&*outside.rng)));
    let probed = write(&path, outside);
    let removed = fs::remove_file(&path);
    probed.and_then(|probed| removed.map(|()| probed))
}

fn write(path: &Path, outside: &Outside) -> io::Result<Probed> {
    let mut file = File::create_new(path)?;
    let started = outside.clock.monotonic();
    file.write_all(b"thrivestack doctor was here\n")?;
    file.sync_all()?;
    let took = outside.clock.monotonic().since(started);
    Ok(Probed { took, now: outside.clock.now(), stamped: stamp(file.metadata()?.modified()?) })
}

fn synced(dir: &Path, took: Duration) -> Finding {
    let (dir, took_ms) = (dir.display(), took.as_secs_f64() * 1_000.0);
    let said = format!("a small file in {dir} was written and synced in {took_ms:.1} ms");
    if took > SYNC_SLOW {
        return Finding::warn(
            "disk",
            said,
            "every 200 waits for a sync: a faster disk makes everything faster",
        );
    }
    Finding::good("disk", said)
}

/// Against the file system, and against what is there already.
fn clock(config: &Config, probed: &Probed) -> Finding {
    let topic = "clock";
    const ADVICE: &str = "set the machine's clock and keep it set (chrony, systemd-timesyncd); timers, tokens and webhook signatures live by it";
    let Probed { now, stamped, .. } = probed;
    let skew = now.since(*stamped).max(stamped.since(*now));
    let newest = newest(config);
    if let Some(newest) = newest.filter(|newest| newest.since(*now) > FUTURE_MAX) {
        let ahead = newest.since(*now).as_secs();
        let said =
            format!("it is {now}, and data were written {ahead} s later than that: the clock was set back");
        return Finding::fail(topic, said, ADVICE);
    }
    if skew > SKEW_MAX {
        let said = format!("it is {now}, and the file system says {stamped}");
        return Finding::warn(topic, said, ADVICE);
    }
    Finding::good(topic, format!("it is {now}; the file system agrees, and nothing was written later"))
}

/// When the newest of our files was written.
fn newest(config: &Config) -> Option<Timestamp> {
    let database = config.located(&config.database_url);
    let beside = database.parent().map(files).unwrap_or_default();
    let journal = files(&config.located(&config.journal_url));
    beside.into_iter().chain(journal).max()
}

fn files(dir: &Path) -> Vec<Timestamp> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let stamps = entries.filter_map(|entry| entry.metadata().ok()).filter(fs::Metadata::is_file);
    stamps.filter_map(|file| file.modified().ok()).map(stamp).collect()
}

fn stamp(at: SystemTime) -> Timestamp {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
