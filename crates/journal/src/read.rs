//! Reading: from the nearest indexed place, walking over checked frames.

use crate::{
    Fault, Record, Seq,
    frame::{Frames, Next},
    record::Undecodable,
    segment::Segment,
    shared::Shared,
};

pub(crate) struct Limits {
    pub(crate) records: usize,
    pub(crate) bytes: usize,
}

/// What was read so far.
struct Batch {
    limits: Limits,
    bytes: usize,
    records: Vec<(Seq, Record)>,
}

impl Batch {
    fn is_full(&self) -> bool {
        self.records.len() >= self.limits.records
            || (self.bytes >= self.limits.bytes && !self.records.is_empty())
    }

    /// Takes the record unless it is one too many.
    fn take(&mut self, seq: u64, record: Record) -> bool {
        let bytes = self.bytes + record.body.len();
        if self.is_full() || (bytes > self.limits.bytes && !self.records.is_empty()) {
            return false;
        }
        self.bytes = bytes;
        self.records.push((Seq(seq), record));
        true
    }
}

pub(crate) fn read(shared: &Shared, from: Seq, limits: Limits) -> Result<Vec<(Seq, Record)>, Fault> {
    let (first, end) = (shared.first(), *shared.end.borrow());
    if from < first {
        return Err(Fault::Gone { from, first });
    }
    if from.0 > end {
        return Err(Fault::Beyond { from, end: Seq(end) });
    }
    let mut batch = Batch { limits, bytes: 0, records: Vec::new() };
    let mut next = from.0;
    while next < end && !batch.is_full() {
        let Some((segment, until)) = shared.segment_of(next) else { break };
        let until = until.min(end);
        match read_segment(shared, &segment, next..until, &mut batch) {
            Ok(Walk::Through) => next = until,
            Ok(Walk::Stopped) => break,
            Err(fault) if batch.records.is_empty() => return Err(fault),
            // What is whole before the broken record is answered first; the next read meets the fault.
            Err(_) => break,
        }
    }
    Ok(batch.records)
}

enum Walk {
    /// All records asked for are in the batch.
    Through,
    /// The batch has no room.
    Stopped,
}

fn read_segment(
    shared: &Shared,
    segment: &Segment,
    wanted: std::ops::Range<u64>,
    batch: &mut Batch,
) -> Result<Walk, Fault> {
    let file = shared.files.open(&segment.name).map_err(Fault::io("open", &segment.name))?;
    let (seq, position) = segment.nearest(wanted.start);
    let mut frames = Frames::new(&*file, &shared.checksum, seq, position);
    while frames.expected() < wanted.end {
        let at = (frames.position(), frames.expected());
        match frames.next().map_err(Fault::io("read", &segment.name))? {
            Next::Frame(frame) => {
                segment.note(frame.place.seq, frame.position);
                if frame.place.seq < wanted.start {
                    continue;
                }
                let record = decode(segment, at, frame.record)?;
                if !batch.take(frame.place.seq, record) {
                    return Ok(Walk::Stopped);
                }
            }
            Next::End => return Err(corrupt(segment, at, "the file ends before its last record")),
            Next::Broken(reason) => return Err(corrupt(segment, at, reason)),
        }
    }
    Ok(Walk::Through)
}

fn decode(segment: &Segment, at: (u64, u64), bytes: &[u8]) -> Result<Record, Fault> {
    Record::decode(bytes).map_err(|why| match why {
        Undecodable::Short => corrupt(segment, at, "the record is too short"),
        Undecodable::Version(version) => {
            Fault::Newer { file: segment.name.clone(), format: version.into(), known: Record::VERSION.into() }
        }
    })
}

fn corrupt(segment: &Segment, (position, seq): (u64, u64), reason: &'static str) -> Fault {
    Fault::Corrupt { file: segment.name.clone(), position, seq: Seq(seq), reason }
}
