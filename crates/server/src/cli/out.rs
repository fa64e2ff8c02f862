//! What a command was asked for goes to standard output; a reader that is gone or a full disk is told, and no panic.

use super::CliFault;
use std::io::{self, ErrorKind, Write};

/// Writes what is shown this once, so that whoever wrote it knows that it arrived. Fails where nobody reads it, too.
pub(super) fn hand_out(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Writes what can be asked for again. A reader that has seen enough, such as `head`, is no failure.
pub(super) fn show(text: &str) -> Result<(), CliFault> {
    match hand_out(text) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(CliFault::Told(format!("standard output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}
