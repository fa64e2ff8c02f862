//! What happens at open: find the files, cut what was never acknowledged, refuse what must not be cut.

use crate::{
    Fault, Seq,
    files::{File, Files},
    frame::{self, Checksum, Frames, Next},
    header::{self, Found, HEADER_BYTES, Header},
    segment::{self, Active, Segment},
};
use kernel::{JournalId, Rng};
use std::{io, ops::Range, sync::Arc};

const HEADER_FILE: &str = "journal.header";

/// What was found at open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The journal did not exist and was made now.
    pub created: bool,
    pub first: Seq,
    /// The number that the next record gets.
    pub end: Seq,
    pub segments: usize,
    /// What the last crash left behind and was cut off; nothing in it was acknowledged.
    pub cuts: Vec<Cut>,
}

/// The end of a file that was cut off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    pub file: String,
    /// Bytes cut off.
    pub bytes: u64,
    /// Records that stay in this file.
    pub records_kept: u64,
    /// What was wrong with the first byte cut.
    pub reason: &'static str,
}

pub(crate) struct Recovered {
    pub(crate) id: JournalId,
    pub(crate) segments: Vec<Arc<Segment>>,
    pub(crate) active: Active,
    pub(crate) disk_bytes: u64,
    pub(crate) opened: Opened,
}

pub(crate) fn recover(files: &dyn Files, rng: &dyn Rng) -> Result<Recovered, Fault> {
    let names = files.list().map_err(Fault::io("list", "the journal's directory"))?;
    let mut firsts: Vec<u64> = names.iter().filter_map(|name| segment::first_of(name)).collect();
    firsts.sort_unstable();
    let (id, created) = identity(files, firsts.is_empty(), rng)?;
    let mut cuts = Vec::new();
    let disk_bytes = check_headers(files, id, &mut firsts, &mut cuts)?;
    let Some(&last) = firsts.last() else {
        let active = Active::create(files, id, Seq::FIRST.0)?;
        let opened = Opened { created, first: Seq::FIRST, end: Seq::FIRST, segments: 1, cuts };
        let disk_bytes = active.size;
        return Ok(Recovered { id, segments: vec![active.segment.clone()], active, disk_bytes, opened });
    };
    // The oldest records are never removed, so another beginning is a lost file.
    if firsts[0] != Seq::FIRST.0 {
        return Err(Fault::Corrupt {
            file: segment::name(Seq::FIRST.0),
            position: 0,
            seq: Seq::FIRST,
            reason: "the file is missing",
        });
    }
    let (active, end, cut) = settle(files, id, last)?;
    let disk_bytes = disk_bytes - cut.as_ref().map_or(0, |cut| cut.bytes);
    cuts.extend(cut);
    let mut segments: Vec<_> =
        firsts[..firsts.len() - 1].iter().map(|first| Arc::new(Segment::new(*first))).collect();
    segments.push(active.segment.clone());
    let opened = Opened { created, first: Seq::FIRST, end: Seq(end), segments: segments.len(), cuts };
    Ok(Recovered { id, segments, active, disk_bytes, opened })
}

/// The journal's id, made now when there is none. The header is synced before the first segment is made, so
/// a broken header without segments is a journal that was never finished.
fn identity(files: &dyn Files, alone: bool, rng: &dyn Rng) -> Result<(JournalId, bool), Fault> {
    match files.open(HEADER_FILE) {
        Ok(file) => match header::read(header::JOURNAL, &*file, HEADER_FILE)? {
            Found::Header(header) => {
                if alone {
                    // A process that was killed right here may not have come to its sync.
                    write_identity(files, &*file, header.id)?;
                }
                return Ok((header.id, false));
            }
            Found::Broken if alone => {
                files.remove(HEADER_FILE).map_err(Fault::io("remove", HEADER_FILE))?;
            }
            Found::Broken => return Err(header::broken(HEADER_FILE, Seq::FIRST.0)),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound && alone => {}
        Err(error) => return Err(Fault::io("open", HEADER_FILE)(error)),
    }
    let id = JournalId::random(rng);
    let file = files.create(HEADER_FILE).map_err(Fault::io("create", HEADER_FILE))?;
    write_identity(files, &*file, id)?;
    Ok((id, true))
}

fn write_identity(files: &dyn Files, file: &dyn File, id: JournalId) -> Result<(), Fault> {
    let bytes = header::encode(header::JOURNAL, Header { id, first: Seq::FIRST.0 });
    file.write_at(&bytes, 0).map_err(Fault::io("write", HEADER_FILE))?;
    file.sync().map_err(Fault::io("sync", HEADER_FILE))?;
    files.sync_directory().map_err(Fault::io("sync the directory of", HEADER_FILE))
}

/// Checks that each segment is ours and what its name says; answers the bytes of all. A last one that has nothing
/// but a broken header was being made when the machine stopped: it is removed.
fn check_headers(
    files: &dyn Files,
    id: JournalId,
    firsts: &mut Vec<u64>,
    cuts: &mut Vec<Cut>,
) -> Result<u64, Fault> {
    let (mut disk_bytes, mut unfinished) = (0, None);
    for &first in firsts.iter() {
        let name = segment::name(first);
        let file = files.open(&name).map_err(Fault::io("open", &name))?;
        let bytes = file.len().map_err(Fault::io("measure", &name))?;
        match header::read(header::SEGMENT, &*file, &name)? {
            Found::Header(header) if header == (Header { id, first }) => disk_bytes += bytes,
            Found::Broken if Some(&first) == firsts.last() && bytes <= HEADER_BYTES as u64 => {
                unfinished = Some(Cut { file: name, bytes, records_kept: 0, reason: "its header is broken" });
            }
            Found::Broken | Found::Header(_) => return Err(header::broken(&name, first)),
        }
    }
    if let Some(cut) = unfinished {
        files.remove(&cut.file).map_err(Fault::io("remove", &cut.file))?;
        files.sync_directory().map_err(Fault::io("sync the directory of", &cut.file))?;
        firsts.pop();
        cuts.push(cut);
    }
    Ok(disk_bytes)
}

/// Makes the last segment one that can be written on: cut at its last whole group, and synced, because readers
/// will see what a killed process had written and not synced. Answers the journal's end too.
fn settle(files: &dyn Files, id: JournalId, first: u64) -> Result<(Active, u64, Option<Cut>), Fault> {
    let (segment, checksum) = (Segment::new(first), Checksum::new(id));
    let file = files.open(&segment.name).map_err(Fault::io("open", &segment.name))?;
    let tail = walk(&*file, &checksum, &segment).map_err(Fault::io("read", &segment.name))?;
    let bytes = file.len().map_err(Fault::io("measure", &segment.name))?;
    let mut cut = None;
    if tail.size < bytes {
        refuse_loss(&*file, &checksum, &segment, &tail)?;
        file.set_len(tail.size).map_err(Fault::io("cut", &segment.name))?;
        let file = segment.name.clone();
        let records_kept = tail.end - first;
        cut = Some(Cut { file, bytes: bytes - tail.size, records_kept, reason: tail.reason });
    }
    rewrite(&*file, 0..HEADER_BYTES as u64).map_err(Fault::io("write", &segment.name))?;
    rewrite(&*file, tail.batch..tail.size).map_err(Fault::io("write", &segment.name))?;
    file.sync().map_err(Fault::io("sync", &segment.name))?;
    files.sync_directory().map_err(Fault::io("sync the directory of", &segment.name))?;
    Ok((Active { segment: Arc::new(segment), file, size: tail.size }, tail.end, cut))
}

/// Writes the same bytes again. If their sync failed in the process before, the kernel may call them clean
/// although they never reached the disk; another sync alone would then write nothing and still succeed.
fn rewrite(file: &dyn File, range: Range<u64>) -> io::Result<()> {
    let bytes = bytes_at(file, range.clone())?;
    file.write_at(&bytes, range.start)
}

/// How far a segment is good.
struct Tail {
    /// Bytes up to the end of the last whole group, and the number after its last record.
    size: u64,
    end: u64,
    /// Where the last batch begins: nothing proves that it was synced.
    batch: u64,
    /// Where the walk stopped, and why.
    stopped_at: u64,
    stopped_before: u64,
    reason: &'static str,
}

fn walk(file: &dyn File, checksum: &Checksum, segment: &Segment) -> io::Result<Tail> {
    let (mut size, mut end) = (HEADER_BYTES as u64, segment.first);
    let (mut batch, mut committed) = (size, 0);
    let mut frames = Frames::new(file, checksum, segment.first, size);
    let mut places = Vec::new();
    let reason = loop {
        let place = match frames.next()? {
            Next::Frame(frame) => {
                if frame.place.committed != committed {
                    (batch, committed) = (frame.position, frame.place.committed);
                }
                places.push((frame.place.seq, frame.position));
                frame.place
            }
            Next::End => break "a group is incomplete",
            Next::Broken(reason) => break reason,
        };
        if place.left == 0 {
            (size, end) = (frames.position(), frames.expected());
            places.drain(..).for_each(|(seq, position)| segment.note(seq, position));
        }
    };
    let batch = batch.min(size);
    Ok(Tail { size, end, batch, stopped_at: frames.position(), stopped_before: frames.expected(), reason })
}

/// A later batch was written only after this record was synced: then the damage is no torn write, and
/// cutting it would lose what was acknowledged.
fn refuse_loss(file: &dyn File, checksum: &Checksum, segment: &Segment, tail: &Tail) -> Result<(), Fault> {
    let bytes = file.len().map_err(Fault::io("measure", &segment.name))?;
    let rest = bytes_at(file, tail.size..bytes).map_err(Fault::io("read", &segment.name))?;
    if !frame::proves_synced(&rest, checksum, tail.end) {
        return Ok(());
    }
    Err(Fault::Corrupt {
        file: segment.name.clone(),
        position: tail.stopped_at,
        seq: Seq(tail.stopped_before),
        reason: tail.reason,
    })
}

/// The bytes of the range, or as many as the file has.
fn bytes_at(file: &dyn File, range: Range<u64>) -> io::Result<Vec<u8>> {
    let length = usize::try_from(range.end.saturating_sub(range.start)).map_err(io::Error::other)?;
    let (mut bytes, mut filled) = (vec![0; length], 0);
    while filled < length {
        match file.read_at(&mut bytes[filled..], range.start + filled as u64)? {
            0 => break,
            count => filled += count,
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}
