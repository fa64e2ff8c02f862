//! The real clock and the real randomness: the only implementations outside of tests.

use kernel::{Clock, Monotonic, Rng, Timestamp};
use std::{
    path::Path,
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// The machine's clock. `now` never goes back within this process, also when the machine's clock is set back:
/// it then stands still until time has caught up.
pub struct SystemClock {
    started: Instant,
    latest_micros: AtomicI64,
}

impl SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everybody else is handed")]
    pub fn new() -> Self {
        Self { started: Instant::now(), latest_micros: AtomicI64::new(i64::MIN) }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everybody else is handed")]
    fn now(&self) -> Timestamp {
        let wall = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
            Err(_) => 0, // a machine that believes to be before 1970
        };
        let before = self.latest_micros.fetch_max(wall, Ordering::AcqRel);
        Timestamp::from_micros(wall.max(before))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the clock that everybody else is handed")]
    fn monotonic(&self) -> Monotonic {
        Monotonic(self.started.elapsed())
    }
}

/// The operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsRng;

impl Rng for OsRng {
    #[expect(clippy::disallowed_methods, reason = "this is the randomness that everybody else is handed")]
    fn fill(&self, bytes: &mut [u8]) {
        aws_lc_rs::rand::fill(bytes)
            .expect("the operating system gives random bytes or the process must not run");
    }
}

/// Whether this process runs in a container, by what Docker, Podman, Kubernetes and LXC leave in it. `root` is the root of
/// its file system. One that leaves none of it is not recognised, and then `localhost` is taken at its word.
pub fn in_container(root: &Path) -> bool {
    let marks =
        [".dockerenv", "run/.containerenv", "run/secrets/kubernetes.io", "var/run/secrets/kubernetes.io"];
    let engines = ["docker", "containerd", "kubepods", "libpod", "lxc"];
    // Of the first process: in version 1 of control groups its path names the engine.
    let group = std::fs::read_to_string(root.join("proc/1/cgroup")).unwrap_or_default();
    marks.iter().any(|mark| root.join(mark).exists()) || engines.iter().any(|engine| group.contains(engine))
}

/// Time since the process began, for telling how long a start took.
pub fn uptime(clock: &dyn Clock) -> Duration {
    clock.monotonic().0
}
