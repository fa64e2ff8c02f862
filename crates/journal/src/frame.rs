//! Frames: one record each, checked.

use crate::{
    Fault, MAX_APPEND_BYTES, MAX_APPEND_RECORDS, MAX_BODY_BYTES, Record, files::File, record::ENVELOPE_BYTES,
};
use kernel::JournalId;
use std::io;

/// crc 4 · length of the record 4 · sequence 8 · committed 8 · left 4
pub(crate) const HEAD_BYTES: usize = 28;

/// What is read from a file at a time.
const CHUNK_BYTES: usize = 128 << 10;

/// CRC32 seeded with the journal's id: a frame of another journal, or bytes in a body that were made to look
/// like a frame, do not pass.
#[derive(Clone)]
pub(crate) struct Checksum(crc32fast::Hasher);

impl Checksum {
    pub(crate) fn new(id: JournalId) -> Self {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(id.uuid().as_bytes());
        Self(hasher)
    }

    fn of(&self, bytes: &[u8]) -> u32 {
        let mut hasher = self.0.clone();
        hasher.update(bytes);
        hasher.finalize()
    }
}

/// Where a frame stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) seq: u64,
    /// The journal's end that was on disk when this frame was written: all before it is synced.
    pub(crate) committed: u64,
    /// Frames of the same group that follow.
    pub(crate) left: u32,
}

/// The bytes that one append takes on disk; refuses what is over a limit.
pub(crate) fn group_bytes(records: &[Record]) -> Result<usize, Fault> {
    if records.len() > MAX_APPEND_RECORDS {
        return Err(Fault::TooMany { records: records.len(), max: MAX_APPEND_RECORDS });
    }
    if let Some(large) = records.iter().find(|record| record.body.len() > MAX_BODY_BYTES) {
        return Err(Fault::TooLarge { what: "record", bytes: large.body.len(), max: MAX_BODY_BYTES });
    }
    let bytes = records.iter().map(|record| HEAD_BYTES + record.encoded_bytes()).sum();
    if bytes > MAX_APPEND_BYTES {
        return Err(Fault::TooLarge { what: "append", bytes, max: MAX_APPEND_BYTES });
    }
    Ok(bytes)
}

pub(crate) fn encode(into: &mut Vec<u8>, checksum: &Checksum, place: Place, record: &Record) {
    let start = into.len();
    let length = u32::try_from(record.encoded_bytes()).expect("group_bytes bounds each record");
    into.extend_from_slice(&[0; 4]);
    into.extend_from_slice(&length.to_le_bytes());
    into.extend_from_slice(&place.seq.to_le_bytes());
    into.extend_from_slice(&place.committed.to_le_bytes());
    into.extend_from_slice(&place.left.to_le_bytes());
    record.encode(into);
    let crc = checksum.of(&into[start + 4..]);
    into[start..start + 4].copy_from_slice(&crc.to_le_bytes());
}

/// A head that has not passed its checksum yet.
struct Head {
    crc: u32,
    length: usize,
    place: Place,
}

impl Head {
    fn parse(bytes: &[u8; HEAD_BYTES]) -> Self {
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
        let long = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
        Self {
            crc: word(0),
            length: usize::try_from(word(4)).unwrap_or(usize::MAX),
            place: Place { seq: long(8), committed: long(16), left: word(24) },
        }
    }

    /// The lengths that we write. Zeros, which a file system leaves where data never arrived, fail here.
    fn has_possible_length(&self) -> bool {
        (ENVELOPE_BYTES..=ENVELOPE_BYTES + MAX_BODY_BYTES).contains(&self.length)
    }
}

/// A frame that passed its checksum.
pub(crate) struct Frame<'a> {
    pub(crate) place: Place,
    /// Where in the file the frame begins.
    pub(crate) position: u64,
    pub(crate) record: &'a [u8],
}

/// What stands next in a file.
pub(crate) enum Next<'a> {
    Frame(Frame<'a>),
    /// The file ends between two frames.
    End,
    /// There are bytes, and they are not the frame that must stand here.
    Broken(&'static str),
}

/// Walks over the frames of one file, in order and without gaps.
pub(crate) struct Frames<'a> {
    file: &'a dyn File,
    checksum: &'a Checksum,
    buffer: Vec<u8>,
    /// Bytes of the buffer that were walked over.
    used: usize,
    /// Where in the file the next frame begins.
    position: u64,
    expected: u64,
}

impl<'a> Frames<'a> {
    /// Starts at `position`, where the record `expected` must stand.
    pub(crate) fn new(file: &'a dyn File, checksum: &'a Checksum, expected: u64, position: u64) -> Self {
        Self { file, checksum, buffer: Vec::new(), used: 0, position, expected }
    }

    /// Where the next frame begins, or the broken one that stopped the walk.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// The record that must stand there.
    pub(crate) fn expected(&self) -> u64 {
        self.expected
    }

    pub(crate) fn next(&mut self) -> io::Result<Next<'_>> {
        self.fill(HEAD_BYTES)?;
        let head = match self.buffer[self.used..].first_chunk::<HEAD_BYTES>() {
            Some(bytes) => Head::parse(bytes),
            None if self.buffer.len() == self.used => return Ok(Next::End),
            None => return Ok(Next::Broken("the frame is cut short")),
        };
        if !head.has_possible_length() {
            return Ok(Next::Broken("the length is impossible"));
        }
        let (checksum, position, expected) = (self.checksum, self.position, self.expected);
        let bytes = HEAD_BYTES + head.length;
        self.fill(bytes)?;
        let start = self.used;
        if self.buffer.len() - start < bytes {
            return Ok(Next::Broken("the frame is cut short"));
        }
        if checksum.of(&self.buffer[start + 4..start + bytes]) != head.crc {
            return Ok(Next::Broken("the checksum does not match"));
        }
        if head.place.seq != expected {
            return Ok(Next::Broken("another record stands here"));
        }
        self.used += bytes;
        self.position += bytes as u64;
        self.expected += 1;
        let record = &self.buffer[start + HEAD_BYTES..start + bytes];
        Ok(Next::Frame(Frame { place: head.place, position, record }))
    }

    /// Gets at least `bytes` bytes from the next frame on into the buffer, or as many as the file has.
    fn fill(&mut self, bytes: usize) -> io::Result<()> {
        if self.buffer.len() - self.used < bytes {
            self.buffer.drain(..self.used);
            self.used = 0;
        }
        while self.buffer.len() - self.used < bytes {
            let have = self.buffer.len();
            self.buffer.resize(have + CHUNK_BYTES.max(bytes - have), 0);
            let count = self.file.read_at(&mut self.buffer[have..], self.position + have as u64)?;
            self.buffer.truncate(have + count);
            if count == 0 {
                break;
            }
        }
        Ok(())
    }
}

/// Whether any whole frame in `bytes` proves that the record `seq` was synced: it was written when the journal's
/// end on disk was already beyond it. Frames are looked for at every byte, because what stands
/// between may be damaged.
pub(crate) fn proves_synced(bytes: &[u8], checksum: &Checksum, seq: u64) -> bool {
    (0..bytes.len()).any(|start| {
        let rest = &bytes[start..];
        let Some(head) = rest.first_chunk::<HEAD_BYTES>().map(Head::parse) else { return false };
        // No frame is shorter than a byte, so these bytes hold no later record than this.
        let latest = seq.saturating_add(bytes.len() as u64);
        head.has_possible_length()
            && (seq + 1..=latest).contains(&head.place.committed)
            && (head.place.committed..=latest).contains(&head.place.seq)
            && rest.get(4..HEAD_BYTES + head.length).is_some_and(|checked| checksum.of(checked) == head.crc)
    })
}
