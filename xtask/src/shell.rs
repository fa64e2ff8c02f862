//! Running other programs.

use crate::Outcome;
use std::{
    io::{BufRead, BufReader, Read},
    path::PathBuf,
    process::{Command, Stdio},
    thread,
};

/// Runs a command with our output and fails when it fails.
pub(crate) fn run(command: &mut Command) -> Outcome {
    eprintln!("$ {}", spelled(command));
    let status = command.status().map_err(|fault| format!("{}: {fault}", spelled(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", spelled(command)).into()) }
}

/// Runs a command silently and answers what it printed.
pub(crate) fn output(command: &mut Command) -> Outcome<String> {
    let output =
        command.stdin(Stdio::null()).output().map_err(|fault| format!("{}: {fault}", spelled(command)))?;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout)?);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{} ended with {}: {}", spelled(command), output.status, said.trim()).into())
}

/// Runs a command, shows all it prints and hands each line to `see`. Answers whether it succeeded.
pub(crate) fn watch(command: &mut Command, mut see: impl FnMut(&str)) -> Outcome<bool> {
    eprintln!("$ {}", spelled(command));
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let (lines, seen) = std::sync::mpsc::channel();
    let streams: [Option<Box<dyn Read + Send>>; 2] = [
        child.stdout.take().map(|stream| Box::new(stream) as _),
        child.stderr.take().map(|stream| Box::new(stream) as _),
    ];
    for stream in streams.into_iter().flatten() {
        let lines = lines.clone();
        thread::spawn(move || {
            for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
                let _ = lines.send(String::from_utf8_lossy(&line).into_owned());
            }
        });
    }
    drop(lines);
    for line in seen {
        eprintln!("{line}");
        see(&line);
    }
    Ok(child.wait()?.success())
}

/// Where a program is on the `PATH`.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|candidate| candidate.is_file())
}

fn spelled(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
