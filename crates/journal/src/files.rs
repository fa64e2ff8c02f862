//! The file layer under the journal: a directory of plain files, and the two syncs. A trait because there are two
//! forms: the operating system's, and one that forgets what was not synced, for tests.

mod directory;
mod forgetful;

pub use directory::Directory;
pub use forgetful::{Forgetful, Loss};

use std::io;

/// A flat directory.
pub trait Files: Send + Sync + 'static {
    /// The names of all files.
    fn list(&self) -> io::Result<Vec<String>>;
    /// Makes a file; fails with `AlreadyExists` when there is one. Its name is durable only after
    /// [`Files::sync_directory`].
    fn create(&self, name: &str) -> io::Result<Box<dyn File>>;
    /// Opens a file for reading and writing; fails with `NotFound`.
    fn open(&self, name: &str) -> io::Result<Box<dyn File>>;
    /// Takes the name away; durable only after [`Files::sync_directory`].
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Returns when all names, made and removed, are on disk.
    fn sync_directory(&self) -> io::Result<()>;
}

/// An open file. Positions are given with each call, so that readers do not disturb the writer.
pub trait File: Send + Sync {
    /// Fills the beginning of `bytes`; 0 at the end of the file.
    fn read_at(&self, bytes: &mut [u8], position: u64) -> io::Result<usize>;
    /// Writes all of `bytes`, extending the file as needed. After an error, any part may be written.
    fn write_at(&self, bytes: &[u8], position: u64) -> io::Result<()>;
    fn len(&self) -> io::Result<u64>;
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }
    /// Cuts or extends (with zeros) the file.
    fn set_len(&self, bytes: u64) -> io::Result<()>;
    /// Returns when content and length are on disk (`fdatasync`).
    fn sync(&self) -> io::Result<()>;
}
