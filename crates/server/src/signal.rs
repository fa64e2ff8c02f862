//! How the operating system asks us to end.

use std::{fs, future::pending, io, process};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// What a shell answers for a process that Ctrl-C ended: 128 and the number of SIGINT.
const ENDED_AT_ONCE: i32 = 130;
/// SIGHUP in the masks of `/proc/PID/status`: its number is 1.
const HANGUP_BIT: u64 = 1;

/// Resolves at the first SIGTERM, SIGINT (Ctrl-C) or SIGHUP (the terminal is gone).
pub async fn end() {
    Requests::watched().next().await;
}

/// A token that is cancelled at the first request to end. A second one ends the process at once, after `last`.
pub fn shutdown(last: impl FnOnce() + Send + 'static) -> CancellationToken {
    let token = CancellationToken::new();
    let cancelled = token.clone();
    let mut requests = Requests::watched();
    tokio::spawn(async move {
        requests.next().await;
        cancelled.cancel();
        requests.next().await;
        last();
        process::exit(ENDED_AT_ONCE);
    });
    token
}

/// The signals that ask us to end. One that cannot be watched keeps its effect, which is the end too.
struct Requests {
    terminate: Option<Signal>,
    interrupt: Option<Signal>,
    hangup: Option<Signal>,
}

impl Requests {
    fn watched() -> Self {
        let watch = |kind| {
            let told = |error: &io::Error| tracing::warn!(error = %error, "a signal cannot be watched");
            signal(kind).inspect_err(told).ok()
        };
        Self {
            terminate: watch(SignalKind::terminate()),
            interrupt: watch(SignalKind::interrupt()),
            // Whoever starts us with nohup wants us to live on.
            hangup: if hangup_is_ignored() { None } else { watch(SignalKind::hangup()) },
        }
    }

    async fn next(&mut self) {
        tokio::select! {
            () = came(&mut self.terminate) => {}
            () = came(&mut self.interrupt) => {}
            () = came(&mut self.hangup) => {}
        }
    }
}

async fn came(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => pending().await,
    }
}

/// As we were started. Where nobody can tell, SIGHUP stays what it was.
fn hangup_is_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_none_or(|mask| mask & HANGUP_BIT != 0)
}
