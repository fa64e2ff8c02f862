//! A PostgreSQL server that lives as long as the test run: own data directory, own port, real fsync.

use super::{as_user, is_root};
use crate::{Outcome, shell};
use std::{
    io,
    iter::repeat_with,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

const NO_PROGRAMS: &str = "no initdb in /usr/lib/postgresql/*/bin nor on the PATH";
/// PostgreSQL refuses to run as root; Debian's package makes this user.
const USER: &str = "postgres";
const START_MAX: Duration = Duration::from_secs(60);
/// PostgreSQL cannot pick a free port by itself, and somebody else may take the one that we found.
const PORTS_MAX: usize = 5;
const POLL: Duration = Duration::from_millis(50);
const LOG: &str = "log";
/// What it logs in the C locale, which `initdb` gives it.
const READY: &str = "database system is ready to accept connections";
const PORT_TAKEN: &str = "Address already in use";

/// A server to test on. Dropping one that we started stops it and removes its data.
pub(crate) enum Server {
    Given(String),
    Ours(Ours),
}

pub(crate) struct Ours {
    programs: PathBuf,
    folder: TempDir,
    port: u16,
    child: Child,
}

impl Server {
    pub(crate) const fn given(url: String) -> Self {
        Self::Given(url)
    }

    pub(crate) fn start() -> Outcome<Self> {
        Self::start_on(repeat_with(free_port).take(PORTS_MAX))
    }

    /// On the first of these ports that nobody else has.
    fn start_on(ports: impl Iterator<Item = io::Result<u16>>) -> Outcome<Self> {
        let programs = programs().ok_or(NO_PROGRAMS)?;
        let folder = tempfile::Builder::new().prefix("thrivestack-postgres-").tempdir()?;
        if is_root() {
            shell::output(Command::new("chown").arg(format!("{USER}:")).arg(folder.path()))?;
        }
        let data = folder.path().join("data");
        let mut init = as_user(USER, &programs.join("initdb"));
        init.args(["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"]);
        shell::output(init.arg(format!("--username={USER}")).arg("--pgdata").arg(&data).current_dir("/"))?;
        for port in ports {
            let port = port?;
            if let Some(child) = spawn_until_ready(&programs, folder.path(), port)? {
                return Ok(Self::Ours(Ours { programs, folder, port, child }));
            }
        }
        Err("ports that were free were taken before PostgreSQL came".into())
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Given(url) => url.clone(),
            Self::Ours(server) => format!("postgres://{USER}@127.0.0.1:{}/postgres", server.port),
        }
    }
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// `None`: somebody else has the port.
fn spawn_until_ready(programs: &Path, folder: &Path, port: u16) -> Outcome<Option<Child>> {
    let mut child = spawn(programs, folder, port)?;
    match is_ready(&mut child, &folder.join(LOG)) {
        Ok(ready) => Ok(ready.then_some(child)),
        Err(fault) => {
            let _ = child.kill();
            let _ = child.wait();
            Err(fault)
        }
    }
}

fn spawn(programs: &Path, folder: &Path, port: u16) -> Outcome<Child> {
    let log = std::fs::File::create(folder.join(LOG))?;
    let mut command = as_user(USER, &programs.join("postgres"));
    command.arg("-D").arg(folder.join("data")).arg("-p").arg(port.to_string());
    for setting in [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "max_connections=200",
        "fsync=on",
        "synchronous_commit=on",
    ] {
        command.arg("-c").arg(setting);
    }
    let out = log.try_clone()?;
    Ok(command.current_dir("/").stdin(Stdio::null()).stdout(out).stderr(log).spawn()?)
}

/// Waits for the start; `false` when somebody else has the port. Whoever answers there could be that one, so our own
/// log is believed.
fn is_ready(child: &mut Child, log: &Path) -> Outcome<bool> {
    let started = Instant::now();
    loop {
        let has_ended = child.try_wait()?.is_some();
        let log = std::fs::read_to_string(log).unwrap_or_default();
        if has_ended && log.contains(PORT_TAKEN) {
            return Ok(false);
        }
        if has_ended || started.elapsed() > START_MAX {
            return Err(format!("PostgreSQL did not start:\n{log}").into());
        }
        if log.contains(READY) {
            return Ok(true);
        }
        std::thread::sleep(POLL);
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        let mut stop = as_user(USER, &self.programs.join("pg_ctl"));
        stop.arg("-D").arg(self.folder.path().join("data")).args(["-m", "immediate", "stop"]);
        if shell::output(stop.current_dir("/")).is_err() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// The newest installed version.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok().into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, folder)| folder.join("initdb").is_file())
        .collect();
    found.sort();
    let on_path =
        || shell::find("initdb").and_then(|program| Some(program.canonicalize().ok()?.parent()?.to_owned()));
    found.pop().map(|(_, folder)| folder).or_else(on_path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace;

    #[test]
    fn a_port_that_somebody_else_has_is_left_to_them() {
        if programs().is_none() && !workspace::is_ci() {
            return eprintln!("skipped: {NO_PROGRAMS}");
        }
        let other = TcpListener::bind("127.0.0.1:0").unwrap();
        let taken = other.local_addr().unwrap().port();
        let ports = std::iter::once(Ok(taken)).chain(repeat_with(free_port)).take(PORTS_MAX);
        let server = Server::start_on(ports).unwrap();
        assert!(!server.url().contains(&taken.to_string()), "{}", server.url());
        let Err(fault) = Server::start_on(std::iter::once(Ok(taken))) else { panic!("two on one port") };
        assert!(fault.to_string().contains("taken"), "{fault}");
    }
}
