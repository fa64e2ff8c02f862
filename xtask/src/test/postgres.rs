//! A PostgreSQL server that lives as long as the test run: own data directory, own port, real fsync.

use super::{as_user, is_root};
use crate::{Outcome, shell};
use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// PostgreSQL refuses to run as root; Debian's package makes this user.
const USER: &str = "postgres";
const START_MAX: Duration = Duration::from_secs(60);

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
        let programs = programs().ok_or("no initdb in /usr/lib/postgresql/*/bin nor on the PATH")?;
        let folder = tempfile::Builder::new().prefix("thrivestack-postgres-").tempdir()?;
        if is_root() {
            shell::output(Command::new("chown").arg(format!("{USER}:")).arg(folder.path()))?;
        }
        let data = folder.path().join("data");
        let mut init = as_user(USER, &programs.join("initdb"));
        init.args(["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"]);
        shell::output(init.arg(format!("--username={USER}")).arg("--pgdata").arg(&data).current_dir("/"))?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let child = spawn(&programs, folder.path(), port)?;
        let mut server = Ours { programs, folder, port, child };
        server.wait_until_ready()?;
        Ok(Self::Ours(server))
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Given(url) => url.clone(),
            Self::Ours(server) => format!("postgres://{USER}@127.0.0.1:{}/postgres", server.port),
        }
    }
}

fn spawn(programs: &Path, folder: &Path, port: u16) -> Outcome<Child> {
    let log = std::fs::File::create(folder.join("log"))?;
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

impl Ours {
    fn wait_until_ready(&mut self) -> Outcome {
        let started = Instant::now();
        let port = self.port.to_string();
        let asked = ["-q", "-h", "127.0.0.1", "-p", &port];
        while shell::output(Command::new(self.programs.join("pg_isready")).args(asked)).is_err() {
            if self.child.try_wait()?.is_some() || started.elapsed() > START_MAX {
                let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
                return Err(format!("PostgreSQL did not start:\n{log}").into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
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
