//! One shell for a page, and further ones for what stays.

use super::answer::fits;
use super::page::{Block, How};
use crate::suite::binary::{Lines, PATIENCE, program, until};
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use tempfile::TempDir;
use tokio::process::Command;

/// What is set in one block is there in the next, and so is the directory.
const KEPT: &str = ".kept";

pub struct Terminal {
    dir: TempDir,
    bin: TempDir,
    places: [(&'static str, SocketAddr); 2],
    /// Ended when this is dropped, the last one first.
    staying: Vec<Lines>,
    page: String,
}

impl Terminal {
    pub fn new(page: &str, places: [(&'static str, SocketAddr); 2]) -> Self {
        let (dir, bin) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let ours = bin.path().join("thrivestack");
        let [(_, server), (_, receiver)] = places;
        // `receive` has no variables for what differs here.
        let script = format!(
            "#!/bin/sh\nif [ \"$1\" = receive ]; then set -- \"$@\" --listen {receiver} --api http://{server}; fi\n\
             exec {} \"$@\"\n",
            program().display()
        );
        fs::write(&ours, script).unwrap();
        fs::set_permissions(&ours, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(dir.path().join(KEPT), "").unwrap();
        Self { dir, bin, places, staying: Vec::new(), page: page.to_owned() }
    }

    /// The directory that the shell is in.
    pub fn place(&self) -> PathBuf {
        let kept = fs::read_to_string(self.kept()).unwrap();
        let line = kept.lines().find_map(|line| line.strip_prefix("declare -x PWD=\"")?.strip_suffix('"'));
        line.map_or_else(|| self.dir.path().to_owned(), PathBuf::from)
    }

    fn kept(&self) -> PathBuf {
        self.dir.path().join(KEPT)
    }

    /// Ends what was started last of all that stays.
    pub async fn end_last(&mut self) {
        let mut last = self.staying.pop().unwrap();
        last.child.kill().await.unwrap();
    }

    pub async fn run(&mut self, block: Block) {
        let Block { place, how, file, text, answer } = block;
        let (text, answer) = (self.here(&text), answer.map(|answer| self.here(&answer)));
        let script = match &file {
            None => text,
            Some(file) => {
                fs::write(self.place().join(file), text).unwrap();
                format!("exec node {file}")
            }
        };
        match how {
            How::Unrun(_) => {}
            How::Run => {
                let output = self.once(&script).await;
                let said = String::from_utf8_lossy(&output.stdout);
                let errors = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "{place}: {}\n{said}\n{errors}", output.status);
                if let Some(answer) = answer {
                    assert!(
                        fits(&said, &answer, true),
                        "{place}: it says\n{said}\n{errors}\nand not\n{answer}"
                    );
                }
            }
            How::Eventually => {
                let answer = answer.unwrap_or_else(|| panic!("{place}: eventually what?"));
                let mut said = String::new();
                let asking = async {
                    while !fits(&said, &answer, true) {
                        said = String::from_utf8_lossy(&self.once(&script).await.stdout).into_owned();
                    }
                };
                let asked = tokio::time::timeout(PATIENCE, asking).await;
                assert!(asked.is_ok(), "{place}: it still says\n{said}\nand not\n{answer}");
            }
            How::Stays => self.stay(&place, &script, answer.as_deref()).await,
        }
    }

    /// Starts what stays, and waits until it has said this.
    pub async fn stay(&mut self, place: &str, script: &str, answer: Option<&str>) {
        // What stays is the last line; it takes the shell's place, so that it ends with it.
        let (before, last) = script.trim_end().rsplit_once('\n').unwrap_or(("", script.trim_end()));
        let command = self.shell(&format!("{before}\nexec {}", last.trim_start_matches("exec ")));
        let (lines, ()) = Lines::until(command, |_| Some(())).await;
        if let Some(answer) = answer {
            let what = format!("{place} in {}: {answer}", self.page);
            until(&what, async || fits(&lines.text(), answer, false).then_some(())).await;
        }
        self.staying.push(lines);
    }

    async fn once(&self, script: &str) -> Output {
        let kept = format!("set -a\n{script}\nexport -p > '{}'\n", self.kept().display());
        let running = self.shell(&kept).stdout(Stdio::piped()).stderr(Stdio::piped()).output();
        tokio::time::timeout(PATIENCE, running)
            .await
            .unwrap_or_else(|_| panic!("no end of\n{script}"))
            .unwrap()
    }

    fn shell(&self, script: &str) -> Command {
        let mut shell = Command::new("bash");
        let kept = self.kept().display().to_string();
        shell.args(["-c", &format!("set -eu -o pipefail; . '{kept}'; cd \"$PWD\"; {script}")]);
        shell.current_dir(self.dir.path()).stdin(Stdio::null()).kill_on_drop(true);
        let [(_, server), _] = self.places;
        #[expect(clippy::disallowed_methods, reason = "where bash, curl and node are")]
        let path = std::env::var("PATH").unwrap_or_default();
        shell
            .env_clear()
            .env("PATH", format!("{}:{path}", self.bin.path().display()))
            .env("HOME", self.dir.path())
            .env("THRIVESTACK_LISTEN", server.to_string())
            .env("THRIVESTACK_LOG_FORMAT", "text");
        shell
    }

    /// The addresses of the page as they are here.
    fn here(&self, text: &str) -> String {
        self.places.iter().fold(text.to_owned(), |text, (theirs, ours)| {
            let port =
                |address: &str| address.rsplit_once(':').map(|(_, port)| port.to_owned()).unwrap_or_default();
            let listen = format!(".listen({}, ", port(theirs));
            text.replace(theirs, &ours.to_string()).replace(&listen, &format!(".listen({}, ", ours.port()))
        })
    }
}
