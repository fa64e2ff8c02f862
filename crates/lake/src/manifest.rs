//! Which segments exist, and up to where they cover the journal: one JSON file, replaced whole.
//!
//! `{"format":1,"crc32":…,"body":{…}}`, the sum over the body's text. What the manifest does not name does not
//! exist: a file without an entry is what a crash left behind.

use crate::{Fault, file};
use kernel::{EnvironmentId, JournalId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The newest format that this release reads, and the one it writes.
pub(crate) const FORMAT: u32 = 1;
const NAME: &str = "manifest.json";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) journal: JournalId,
    /// The next sequence number to read: everything below is in the segments, or was dropped as a duplicate.
    pub(crate) offset: u64,
    /// How many events below it were dropped as duplicates.
    pub(crate) duplicates: u64,
    pub(crate) segments: Vec<Entry>,
}

/// One segment: rows sorted by environment, user, time and sequence number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) number: u64,
    pub(crate) rows: u64,
    pub(crate) data_bytes: u64,
    pub(crate) keys_bytes: u64,
    /// In the order of the rows: each environment's rows follow the previous one's.
    pub(crate) parts: Vec<Part>,
}

/// One environment's rows of a segment. Times are microseconds since 1970.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) env: EnvironmentId,
    pub(crate) start: u64,
    pub(crate) rows: u64,
    pub(crate) first_at: i64,
    pub(crate) last_at: i64,
}

#[derive(Serialize, Deserialize)]
struct Envelope<'a> {
    format: u32,
    crc32: u32,
    #[serde(borrow)]
    body: &'a RawValue,
}

/// Read first, because a newer format may have another envelope.
#[derive(Deserialize)]
struct Format {
    format: u32,
}

impl Manifest {
    pub(crate) fn new(journal: JournalId) -> Self {
        Self { journal, offset: 0, duplicates: 0, segments: Vec::new() }
    }

    /// `None` where there is no manifest.
    pub(crate) fn read(dir: &Path) -> Result<Option<Self>, Fault> {
        let path = dir.join(NAME);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Fault::io("read", path)(error)),
        };
        Self::parse(&path, &text).map(Some)
    }

    fn parse(path: &Path, text: &[u8]) -> Result<Self, Fault> {
        let damaged = |error: serde_json::Error| Fault::damaged(path, error);
        let Format { format } = serde_json::from_slice(text).map_err(damaged)?;
        if format > FORMAT {
            return Err(Fault::Newer { file: path.to_owned(), found: format, known: FORMAT });
        }
        let envelope: Envelope<'_> = serde_json::from_slice(text).map_err(damaged)?;
        if crc32fast::hash(envelope.body.get().as_bytes()) != envelope.crc32 {
            return Err(Fault::damaged(path, "the content differs from its checksum"));
        }
        serde_json::from_str(envelope.body.get()).map_err(damaged)
    }

    /// Puts this in the place of the one before; on return it survives a power loss.
    pub(crate) fn write(&self, dir: &Path) -> Result<(), Fault> {
        let path = dir.join(NAME);
        let encode = |source: serde_json::Error| Fault::Encode { file: path.clone(), source: source.into() };
        let body = serde_json::value::to_raw_value(self).map_err(encode)?;
        let crc32 = crc32fast::hash(body.get().as_bytes());
        let text = serde_json::to_vec(&Envelope { format: FORMAT, crc32, body: &body }).map_err(encode)?;
        file::replace(&path, &text)
    }

    pub(crate) fn path(dir: &Path) -> PathBuf {
        dir.join(NAME)
    }
}

impl Entry {
    pub(crate) fn data_path(&self, dir: &Path) -> PathBuf {
        data_path(dir, self.number)
    }

    pub(crate) fn keys_path(&self, dir: &Path) -> PathBuf {
        keys_path(dir, self.number)
    }

    pub(crate) fn part(&self, env: EnvironmentId) -> Option<&Part> {
        let found = self.parts.binary_search_by_key(&env, |part| part.env).ok()?;
        self.parts.get(found)
    }
}

pub(crate) fn data_path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:012}.parquet"))
}

pub(crate) fn keys_path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:012}.keys"))
}

/// The number in the name of a segment's file, whichever of the two it is.
fn number_of(path: &Path) -> Option<u64> {
    let ours = matches!(path.extension()?.to_str()?, "parquet" | "keys");
    path.file_stem()?.to_str()?.parse().ok().filter(|_| ours)
}

/// Every file in `dir` that has a segment's name, with its number. No directory holds none.
pub(crate) fn segment_files(dir: &Path) -> Result<Vec<(u64, PathBuf)>, Fault> {
    let mut found = Vec::new();
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        entries => entries.map_err(Fault::io("list", dir))?,
    };
    for entry in entries {
        let path = entry.map_err(Fault::io("list", dir))?.path();
        if let Some(number) = number_of(&path) {
            found.push((number, path));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn manifest() -> Manifest {
        let env = EnvironmentId::from_uuid(Uuid::from_u128(7));
        let part = Part { env, start: 0, rows: 3, first_at: -1, last_at: 5 };
        let entry = Entry { number: 4, rows: 3, data_bytes: 10, keys_bytes: 20, parts: vec![part] };
        let journal = JournalId::from_uuid(Uuid::from_u128(9));
        Manifest { journal, offset: 42, duplicates: 3, segments: vec![entry] }
    }

    #[test]
    fn what_was_written_is_read() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Manifest::read(dir.path()).unwrap(), None);
        manifest().write(dir.path()).unwrap();
        assert_eq!(Manifest::read(dir.path()).unwrap(), Some(manifest()));
    }

    #[test]
    fn a_changed_digit_is_damage_and_a_newer_format_has_a_name() {
        let dir = tempfile::tempdir().unwrap();
        manifest().write(dir.path()).unwrap();
        let path = Manifest::path(dir.path());
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace("\"offset\":42", "\"offset\":43")).unwrap();
        let fault = Manifest::read(dir.path()).unwrap_err().to_string();
        assert!(fault.contains("manifest.json") && fault.contains("rebuild"), "{fault}");
        fs::write(&path, r#"{"format":2,"elsewhere":{}}"#).unwrap();
        assert!(matches!(Manifest::read(dir.path()), Err(Fault::Newer { found: 2, known: 1, .. })));
        fs::write(&path, &text[..text.len() - 3]).unwrap();
        assert!(matches!(Manifest::read(dir.path()), Err(Fault::Damaged { .. })));
    }
}
