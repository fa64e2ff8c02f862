//! What a command was asked for goes to standard output, and remarks to standard error; a reader that is gone or a full
//! disk is told, and no panic.

use super::CliFault;
use crate::data_dir::new_private;
use std::{
    fmt,
    fs::{self, File},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

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

/// Writes to standard error what is done or went wrong. Nobody needs to read it.
pub(super) fn remark(line: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// A new file of the owner's alone for what is shown this once. It is taken before anything else is made, so that keys
/// never take the place of others, and it is removed again unless it is kept.
pub(super) struct KeysFile {
    path: PathBuf,
    file: File,
    kept: bool,
}

impl KeysFile {
    pub(super) fn claim(path: &Path) -> Result<Self, CliFault> {
        match new_private(path) {
            Ok(file) => Ok(Self { path: path.to_path_buf(), file, kept: false }),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(CliFault::Told(format!(
                "{} exists already and may hold keys; move it away, or name another file with --keys. Nothing was made",
                path.display()
            ))),
            Err(error) => Err(CliFault::Told(format!("{} cannot be written: {error}", path.display()))),
        }
    }

    /// The file with its name is on the disk when this returns.
    pub(super) fn fill(&mut self, text: &str) -> io::Result<()> {
        self.file.write_all(text.as_bytes())?;
        self.file.sync_all()?;
        let parent = self.path.parent().filter(|parent| !parent.as_os_str().is_empty());
        File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
    }

    /// The keys in it are good.
    pub(super) fn keep(mut self) -> PathBuf {
        self.kept = true;
        std::mem::take(&mut self.path)
    }
}

impl Drop for KeysFile {
    fn drop(&mut self) {
        if !self.kept {
            // What is told is why nobody needs it.
            let _ = fs::remove_file(&self.path);
        }
    }
}
