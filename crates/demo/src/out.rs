//! What is told on standard output while other work goes on.

use std::{
    fmt,
    io::{self, Write},
};

/// Writes a line, or several, in one piece. A reader that has seen enough, such as `head`, and a disk that is full hold
/// nothing up: what is told has happened all the same.
pub fn say(line: fmt::Arguments<'_>) {
    let text = format!("{line}\n");
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
