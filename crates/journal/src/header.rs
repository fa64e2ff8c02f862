//! The first bytes of each of our files: what it is, which format, whose it is.

use crate::{Fault, Seq, files::File};
use kernel::JournalId;
use uuid::Uuid;

/// The format that this program writes. A file with a greater one is refused by name.
pub(crate) const FORMAT: u32 = 1;

/// magic 8 · format 4 · journal id 16 · first record 8 · CRC32 of all that 4
pub(crate) const HEADER_BYTES: usize = 40;

pub(crate) const JOURNAL: Kind = Kind(*b"TSJOURNL");
pub(crate) const SEGMENT: Kind = Kind(*b"TSSEGMNT");

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind([u8; 8]);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) id: JournalId,
    pub(crate) first: u64,
}

/// What the beginning of a file turned out to be.
pub(crate) enum Found {
    Header(Header),
    /// Not a header of this kind, or not a whole one.
    Broken,
}

pub(crate) fn encode(kind: Kind, header: Header) -> [u8; HEADER_BYTES] {
    let mut bytes = Vec::with_capacity(HEADER_BYTES);
    bytes.extend_from_slice(&kind.0);
    bytes.extend_from_slice(&FORMAT.to_le_bytes());
    bytes.extend_from_slice(header.id.uuid().as_bytes());
    bytes.extend_from_slice(&header.first.to_le_bytes());
    let crc = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&crc.to_le_bytes());
    bytes.try_into().expect("8 + 4 + 16 + 8 + 4 bytes are HEADER_BYTES")
}

/// Reads the header of `file`. A newer format is the only refusal here: what a broken header means depends
/// on what stands beside it.
pub(crate) fn read(kind: Kind, file: &dyn File, name: &str) -> Result<Found, Fault> {
    let mut bytes = [0; HEADER_BYTES];
    let filled = fill(file, &mut bytes).map_err(Fault::io("read", name))?;
    // Magic and format keep their place in every format to come; the rest may move.
    if filled < 12 || bytes[..8] != kind.0 {
        return Ok(Found::Broken);
    }
    let format = u32::from_le_bytes(bytes[8..12].try_into().expect("four bytes"));
    if format > FORMAT {
        return Err(Fault::Newer { file: name.to_owned(), format, known: FORMAT });
    }
    Ok(decode(&bytes[..filled]).map_or(Found::Broken, Found::Header))
}

fn decode(bytes: &[u8]) -> Option<Header> {
    let (checked, crc) = bytes.split_last_chunk::<4>()?;
    if bytes.len() != HEADER_BYTES || crc32fast::hash(checked) != u32::from_le_bytes(*crc) {
        return None;
    }
    let id = JournalId::from_uuid(Uuid::from_bytes(bytes[12..28].try_into().ok()?));
    Some(Header { id, first: u64::from_le_bytes(bytes[28..36].try_into().ok()?) })
}

/// Fills `bytes` from the start of the file as far as the file goes.
fn fill(file: &dyn File, bytes: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < bytes.len() {
        match file.read_at(&mut bytes[filled..], filled as u64)? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}

/// The fault of a file whose header is broken although it must be whole.
pub(crate) fn broken(name: &str, first: u64) -> Fault {
    Fault::Corrupt { file: name.to_owned(), position: 0, seq: Seq(first), reason: "its header is broken" }
}
