//! How long a start takes on an initialised data directory.

use crate::{Outcome, shell};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const STARTS: usize = 20;
const AIM: Duration = Duration::from_millis(200);
const START_MAX: Duration = Duration::from_secs(30);
const STOP_MAX: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(1);

pub(crate) fn run(program: &Path) -> Outcome {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    shell::output(Command::new(program).args(["init", "--json", "--data-dir"]).arg(&data))?;
    let (mut starts, mut stops) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let (start, stop) = start_and_stop(program, &data)?;
        starts.push(start);
        stops.push(stop);
    }
    let median = print("ready", &mut starts);
    print("stopped", &mut stops);
    println!("aim of {} ms: {}", AIM.as_millis(), if median <= AIM { "met" } else { "missed" });
    Ok(())
}

fn start_and_stop(program: &Path, data: &Path) -> Outcome<(Duration, Duration)> {
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let mut command = Command::new(program);
    command.args(["serve", "--listen", &address.to_string(), "--data-dir"]).arg(data);
    let started = Instant::now();
    let mut child =
        Running(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?);
    until("ready", START_MAX, || Ok(is_ready(address)))?;
    let start = started.elapsed();

    let stopping = Instant::now();
    shell::output(Command::new("kill").arg("-TERM").arg(child.0.id().to_string()))?;
    until("stopped", STOP_MAX, || Ok(child.0.try_wait()?.is_some()))?;
    Ok((start, stopping.elapsed()))
}

fn until(what: &str, limit: Duration, mut happened: impl FnMut() -> Outcome<bool>) -> Outcome {
    let started = Instant::now();
    while !happened()? {
        if started.elapsed() > limit {
            return Err(format!("not {what} within {} s", limit.as_secs()).into());
        }
        thread::sleep(POLL);
    }
    Ok(())
}

fn is_ready(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

fn print(what: &str, spans: &mut [Duration]) -> Duration {
    spans.sort();
    let median = spans[spans.len() / 2];
    let [best, worst] = [spans[0], spans[spans.len() - 1]];
    println!("{what}: median {median:.1?}, best {best:.1?}, worst {worst:.1?} of {}", spans.len());
    median
}

/// Never left behind, whatever happens in between.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
