//! The data directory and the stores: who may use them now, and whether this program understands them.
//!
//! ```text
//! lock             held by serve, init and rebuild while they run; the operating system frees it when they die. While
//!                  serve holds it, its settings stand in it, as far as they may be shown
//! format           the version of everything here; written last by init, so its presence means "complete"
//! master.key       32 random bytes in base64, mode 0600
//! state.db.lock    the same for each store by itself, wherever it lies: two data directories may be configured
//! journal/lock     to use one store
//! lake/lock
//! ```

use crate::config::Config;
use base64::{Engine, engine::general_purpose::STANDARD};
use kernel::{Rng, Secret};
use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// The version that this program writes and reads.
const FORMAT: u32 = 1;
const FORMAT_FILE: &str = "format";
const LOCK_FILE: &str = "lock";
const DATABASE_LOCK_SUFFIX: &str = ".lock";
const MASTER_KEY_FILE: &str = "master.key";

/// Why a data directory cannot be used, each with what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum DataDirFault {
    #[error("{0} is in use by another thrivestack process; stop that one first, or name another place")]
    Locked(PathBuf),
    #[error("{0} is not a data directory yet; make it one with: thrivestack init --data-dir {0}")]
    Empty(PathBuf),
    #[error("{0} is already initialised; nothing was changed")]
    Initialised(PathBuf),
    #[error(
        "{dir} holds {found} of an initialisation that did not finish; remove {found} and run init again"
    )]
    Unfinished { dir: PathBuf, found: &'static str },
    #[error(
        "{dir} has format {found}, written by a newer thrivestack; this one reads format {FORMAT} at most"
    )]
    Newer { dir: PathBuf, found: u32 },
    #[error("{0} does not hold a number: the data directory is damaged")]
    Format(PathBuf),
    #[error("there is no master key: set THRIVESTACK_MASTER_KEY, or bring back {0}")]
    NoMasterKey(PathBuf),
    #[error("{0} does not hold 32 bytes in base64")]
    MasterKey(PathBuf),
    #[error("{operation} {path}")]
    Io { operation: &'static str, path: PathBuf, source: io::Error },
}

/// A data directory that this process alone uses until it is dropped, with the stores that it has taken.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    /// The files that carry the locks, by their real names.
    locks: Vec<(PathBuf, File)>,
}

impl DataDir {
    /// Takes a directory that `init` has finished.
    pub fn open(path: &Path) -> Result<Self, DataDirFault> {
        // Looked at before the lock, so that asking a wrong directory leaves nothing behind in it.
        Self::check(path)?;
        Self::taken(path)
    }

    /// Whether `init` has finished this directory in a format that we read; takes nothing.
    pub fn check(path: &Path) -> Result<(), DataDirFault> {
        let text = match fs::read_to_string(path.join(FORMAT_FILE)) {
            Ok(text) => text,
            Err(error) if absent(&error) => return Err(DataDirFault::Empty(path.to_path_buf())),
            Err(error) => return Err(io_fault("cannot read", &path.join(FORMAT_FILE), error)),
        };
        let found = text.trim().parse().map_err(|_| DataDirFault::Format(path.join(FORMAT_FILE)))?;
        if found > FORMAT {
            return Err(DataDirFault::Newer { dir: path.to_path_buf(), found });
        }
        Ok(())
    }

    /// Takes a directory for `init`: a new one, or one without anything of ours but a configuration file.
    /// [`DataDir::finish`] makes it complete.
    pub fn create(path: &Path) -> Result<Self, DataDirFault> {
        if path.join(FORMAT_FILE).exists() {
            return Err(DataDirFault::Initialised(path.to_path_buf()));
        }
        make_private(path)?;
        let dir = Self::taken(path)?;
        // Somebody else may have finished between the look and the lock.
        if path.join(FORMAT_FILE).exists() {
            return Err(DataDirFault::Initialised(path.to_path_buf()));
        }
        Ok(dir)
    }

    /// Refuses leftovers of an initialisation that died: nothing of it was ever handed out, but deleting
    /// files is for people.
    pub fn must_lack(&self, files: &[(&'static str, PathBuf)]) -> Result<(), DataDirFault> {
        match files.iter().find(|(_, path)| path.exists()) {
            Some((found, _)) => Err(DataDirFault::Unfinished { dir: self.path.clone(), found }),
            None => Ok(()),
        }
    }

    fn taken(path: &Path) -> Result<Self, DataDirFault> {
        let mut dir = Self { path: path.to_path_buf(), locks: Vec::new() };
        dir.lock(path, real(path)?.join(LOCK_FILE))?;
        Ok(dir)
    }

    /// Takes every store that is configured; directories that are not there are made.
    pub fn take_stores(&mut self, config: &Config) -> Result<(), DataDirFault> {
        self.take_database(config)?;
        for url in [&config.journal_url, &config.lake_url] {
            let path = config.located(url);
            make_private(&path)?;
            self.lock(&path, real(&path)?.join(LOCK_FILE))?;
        }
        Ok(())
    }

    /// Takes the state database, which need not be there yet.
    pub fn take_database(&mut self, config: &Config) -> Result<(), DataDirFault> {
        let path = config.located(&config.database_url);
        let dir = path.parent().unwrap_or(Path::new("."));
        make_private(dir)?;
        let name = path.file_name().unwrap_or_default();
        // A link is followed, as SQLite follows it.
        let database = if path.exists() { real(&path)? } else { real(dir)?.join(name) };
        let mut lock = database.into_os_string();
        lock.push(DATABASE_LOCK_SUFFIX);
        self.lock(&path, lock.into())
    }

    /// Takes the lock in `file` for what is known as `path`. What this process holds already stays held.
    fn lock(&mut self, path: &Path, file: PathBuf) -> Result<(), DataDirFault> {
        if self.locks.iter().any(|(held, _)| *held == file) {
            return Ok(());
        }
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        // Whoever could open it could hold it.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let opened = options.open(&file).map_err(|error| io_fault("cannot open", &file, error))?;
        match opened.try_lock() {
            Ok(()) => {
                // What stands in it was said by whoever held it before.
                opened.set_len(0).map_err(|error| io_fault("cannot write", &file, error))?;
                self.locks.push((file, opened));
            }
            Err(TryLockError::WouldBlock) => return Err(DataDirFault::Locked(path.to_path_buf())),
            Err(TryLockError::Error(error)) => return Err(io_fault("cannot lock", &file, error)),
        }
        Ok(())
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Says in the directory's lock with which settings it is served, for [`settings_of_holder`].
    pub fn tell_settings(&self, settings: &BTreeMap<String, String>) -> Result<(), DataDirFault> {
        let Some((path, mut file)) = self.locks.first().map(|(path, file)| (path, file)) else {
            return Ok(());
        };
        let text = serde_json::to_vec(settings).unwrap_or_default();
        file.write_all(&text).map_err(|error| io_fault("cannot write", path, error))
    }

    /// Marks the directory as complete.
    pub fn finish(&self) -> Result<(), DataDirFault> {
        write_private(&self.path.join(FORMAT_FILE), &format!("{FORMAT}\n"))?;
        let dir = File::open(&self.path).and_then(|dir| dir.sync_all());
        dir.map_err(|error| io_fault("cannot sync", &self.path, error))
    }

    /// Makes the master key's file.
    pub fn make_master_key(&self, rng: &dyn Rng) -> Result<Secret<[u8; 32]>, DataDirFault> {
        let mut key = [0; 32];
        rng.fill(&mut key);
        write_private(&self.path.join(MASTER_KEY_FILE), &format!("{}\n", STANDARD.encode(key)))?;
        Ok(Secret::new(key))
    }

    /// Where [`DataDir::make_master_key`] puts it.
    pub fn master_key_file(&self) -> PathBuf {
        self.path.join(MASTER_KEY_FILE)
    }

    /// Reads the master key's file.
    pub fn master_key(&self) -> Result<Secret<[u8; 32]>, DataDirFault> {
        read_master_key(&self.path)
    }
}

/// Reads the master key of a directory that somebody else may have taken.
pub fn read_master_key(dir: &Path) -> Result<Secret<[u8; 32]>, DataDirFault> {
    let path = dir.join(MASTER_KEY_FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if absent(&error) => return Err(DataDirFault::NoMasterKey(path)),
        Err(error) => return Err(io_fault("cannot read", &path, error)),
    };
    let bytes = STANDARD.decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.map(Secret::new).ok_or(DataDirFault::MasterKey(path))
}

/// Whether another process has taken the directory. Where none has, the lock is held, shared, for an instant.
pub fn is_held(dir: &Path) -> Result<bool, DataDirFault> {
    let path = dir.join(LOCK_FILE);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if absent(&error) => return Ok(false),
        Err(error) => return Err(io_fault("cannot read", &path, error)),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(io_fault("cannot lock", &path, error)),
    }
}

/// With which settings whoever holds the directory serves it; `None` where it does not serve, or does not say.
pub fn settings_of_holder(dir: &Path) -> Option<BTreeMap<String, String>> {
    serde_json::from_slice(&fs::read(dir.join(LOCK_FILE)).ok()?).ok()
}

/// The name without links.
fn real(path: &Path) -> Result<PathBuf, DataDirFault> {
    fs::canonicalize(path).map_err(|error| io_fault("cannot find", path, error))
}

fn absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn io_fault(operation: &'static str, path: &Path, source: io::Error) -> DataDirFault {
    DataDirFault::Io { operation, path: path.to_path_buf(), source }
}

/// Makes a directory that only its owner may enter, and those above it; one that is there stays as it is. Each new
/// name is synced in its parent: what is durable inside must not hang on a name that is not.
pub(crate) fn make_private(path: &Path) -> Result<(), DataDirFault> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make_private(parent)?;
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(io_fault("cannot make", path, error));
        }
        _ => {}
    }
    let synced = File::open(parent).and_then(|parent| parent.sync_all());
    synced.map_err(|error| io_fault("cannot sync", parent, error))
}

/// Writes a new file that only its owner may read, and syncs it. The directory is synced by [`DataDir::finish`].
pub(crate) fn write_private(path: &Path, text: &str) -> Result<(), DataDirFault> {
    let mut file = new_private(path).map_err(|error| io_fault("cannot write", path, error))?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    written.map_err(|error| io_fault("cannot write", path, error))
}

/// A file that was not there, and that only its owner may read.
pub(crate) fn new_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
