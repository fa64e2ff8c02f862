//! How long a start takes on an initialised data directory.

use crate::{Outcome, shell};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
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
    let mut command = Command::new(program);
    command.args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--data-dir"]).arg(data);
    let started = Instant::now();
    let mut child =
        Running(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?);
    let address = address(&mut child.0)?;
    until("ready", START_MAX, || Ok(is_ready(address)))?;
    let start = started.elapsed();

    let stopping = Instant::now();
    shell::output(Command::new("kill").arg("-TERM").arg(child.0.id().to_string()))?;
    until("stopped", STOP_MAX, || Ok(child.0.try_wait()?.is_some()))?;
    Ok((start, stopping.elapsed()))
}

/// What the line says that scripts wait for. The rest of the log is read and thrown away.
fn address(child: &mut Child) -> Outcome<SocketAddr> {
    let errors = child.stderr.take().ok_or("the server has no stderr")?;
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(errors).lines().map_while(Result::ok) {
            if let Some(address) = listening(&line) {
                let _ = tell.send(address);
            }
        }
    });
    told.recv_timeout(START_MAX).map_err(|_| "the server did not get ready".into())
}

fn listening(line: &str) -> Option<SocketAddr> {
    let (_, address) = line.split_once("\"url\":\"http://")?;
    address.split_once('"')?.0.parse().ok()
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
