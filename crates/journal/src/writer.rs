//! The writer: one thread, one batch at a time. What queued up while the last sync ran is the next batch, so there is
//! no timer, and the price of a sync is shared by however many wait.

use crate::{
    Fault, Options, Seq,
    files::Files,
    frame::{self, Place},
    header::HEADER_BYTES,
    queue::{Append, Queue},
    recovery::Recovered,
    segment::{Active, INDEX_SPACING_BYTES},
    shared::Shared,
};
use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    thread,
};
use tokio::sync::watch;

struct Writer {
    shared: Arc<Shared>,
    segment_bytes: u64,
    /// The number that the next record gets.
    end: u64,
    announce: watch::Sender<u64>,
    /// None after a failure: that segment is given up.
    active: Option<Active>,
    buffer: Vec<u8>,
    /// Places in the buffer that the index will want once they are synced: number and position.
    places: Vec<(u64, u64)>,
}

/// Starts the thread. It ends when the queue is closed and empty.
pub(crate) fn start(
    files: Arc<dyn Files>,
    options: Options,
    recovered: Recovered,
) -> Result<Arc<Shared>, Fault> {
    let Recovered { id, segments, active, disk_bytes, opened } = recovered;
    let (announce, end) = watch::channel(opened.end.0);
    let segment_bytes = options.segment_bytes;
    let shared = Arc::new(Shared::new(id, files, Queue::new(options), end, segments));
    shared.counters.disk_bytes.store(disk_bytes, Relaxed);
    let writer = Writer {
        shared: shared.clone(),
        segment_bytes,
        end: opened.end.0,
        announce,
        active: Some(active),
        buffer: Vec::new(),
        places: Vec::new(),
    };
    let thread = thread::Builder::new().name("journal".into()).spawn(move || writer.run());
    thread.map_err(Fault::io("start the writer of", "the journal"))?;
    Ok(shared)
}

impl Writer {
    fn run(mut self) {
        let _ends = Ends(self.shared.clone());
        while let Some(batch) = self.shared.queue.take() {
            self.commit(batch);
        }
    }

    /// Writes and syncs the batch, lets readers see it, and answers, in this order.
    fn commit(&mut self, batch: Vec<Append>) {
        match self.write(&batch) {
            Ok(()) => self.publish(batch),
            Err(fault) => self.give_up(batch, &fault),
        }
    }

    fn write(&mut self, batch: &[Append]) -> Result<(), Fault> {
        let bytes = batch.iter().map(|append| append.bytes).sum();
        let (base, indexed) = self.prepare(bytes)?;
        self.encode(batch, base, indexed);
        let Some(active) = &mut self.active else { return Err(Fault::Lost) };
        active.file.write_at(&self.buffer, active.size).map_err(Fault::io("write", &active.segment.name))?;
        active.file.sync().map_err(Fault::io("sync", &active.segment.name))?;
        active.size += self.buffer.len() as u64;
        Ok(())
    }

    /// Sees to a segment with room. Answers the position of the batch and the last position in the index.
    fn prepare(&mut self, bytes: usize) -> Result<(u64, u64), Fault> {
        let (empty, limit) = (HEADER_BYTES as u64, self.segment_bytes);
        if self
            .active
            .as_ref()
            .is_some_and(|active| active.size > empty && active.size + bytes as u64 > limit)
        {
            self.active = None;
        }
        if self.active.is_none() {
            self.forget_empty_segment();
            let active = Active::create(&*self.shared.files, self.shared.id, self.end)?;
            self.shared.segments().push(active.segment.clone());
            self.shared.counters.disk_bytes.fetch_add(active.size, Relaxed);
            self.active = Some(active);
        }
        let Some(active) = &self.active else { return Err(Fault::Lost) };
        Ok((active.size, active.segment.nearest(u64::MAX).1))
    }

    /// A segment that was given up before anything in it was acknowledged has the name of the next one.
    fn forget_empty_segment(&self) {
        let popped = self.shared.segments().pop_if(|segment| segment.first == self.end);
        if popped.is_some() {
            self.shared.counters.disk_bytes.fetch_sub(HEADER_BYTES as u64, Relaxed);
        }
    }

    fn encode(&mut self, batch: &[Append], base: u64, mut indexed: u64) {
        self.buffer.clear();
        self.places.clear();
        let (mut seq, committed) = (self.end, self.end);
        for append in batch {
            for (index, record) in append.records.iter().enumerate() {
                let position = base + self.buffer.len() as u64;
                if position - indexed >= INDEX_SPACING_BYTES {
                    self.places.push((seq, position));
                    indexed = position;
                }
                let left = u32::try_from(append.records.len() - index - 1).expect("group_bytes bounds it");
                let place = Place { seq, committed, left };
                frame::encode(&mut self.buffer, &self.shared.checksum, place, record);
                seq += 1;
            }
        }
    }

    fn publish(&mut self, batch: Vec<Append>) {
        if let Some(active) = &self.active {
            self.places.iter().for_each(|(seq, position)| active.segment.note(*seq, *position));
        }
        let records: u64 = batch.iter().map(|append| append.records.len() as u64).sum();
        let mut first = self.end;
        self.end += records;
        self.count(records);
        self.announce.send_replace(self.end);
        for append in batch {
            let after = first + append.records.len() as u64;
            // Whoever dropped the future does not want the answer; the records are there all the same.
            let _ = append.answer.send(Ok(Seq(first)..Seq(after)));
            first = after;
        }
    }

    fn count(&self, records: u64) {
        let (counters, bytes) = (&self.shared.counters, self.buffer.len() as u64);
        counters.records.fetch_add(records, Relaxed);
        counters.bytes.fetch_add(bytes, Relaxed);
        counters.disk_bytes.fetch_add(bytes, Relaxed);
        counters.syncs.fetch_add(1, Relaxed);
    }

    /// Nobody is acknowledged, and the segment is left as it is. After a failed fsync the kernel may call pages
    /// clean that never reached the disk, so a second one on the same file would prove nothing. The next batch begins
    /// a segment with the numbers of this one; what this one left in the old file is behind that segment's end.
    fn give_up(&mut self, batch: Vec<Append>, fault: &Fault) {
        tracing::error!(
            error = fault as &dyn std::error::Error,
            appends = batch.len(),
            "journal batch failed"
        );
        self.active = None;
        self.shared.counters.failures.fetch_add(1, Relaxed);
        for append in batch {
            let _ = append.answer.send(Err(fault.clone()));
        }
    }
}

/// However the thread ends, nobody waits for it afterwards.
struct Ends(Arc<Shared>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.queue.abandon();
    }
}
