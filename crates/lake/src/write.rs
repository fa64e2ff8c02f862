//! What changes the lake: taking events in, sealing the head, merging segments.

use crate::{
    Fault, Ingested, Lake, Sealed, State, Writer,
    head::Head,
    manifest::Manifest,
    merge,
    row::Row,
    segment::{self, Segment},
};
use kernel::{EnvironmentId, Timestamp};
use model::event::Event;
use std::{
    collections::HashSet,
    sync::{Arc, MutexGuard, RwLockReadGuard, RwLockWriteGuard},
};

impl Lake {
    /// Takes in what the journal holds from [`Lake::offset`] up to, not including, `upto`. `events` are in the
    /// order of their sequence numbers; numbers may be missing (records that no event came from). What an earlier
    /// call handled is passed over, so the same call twice is one. On a fault nothing of the batch was taken. `at` is
    /// now: the head's age counts from it.
    pub fn ingest(&self, events: &[(u64, Event)], upto: u64, at: Timestamp) -> Result<Ingested, Fault> {
        check_order(events, upto)?;
        if self.state()?.segments.len() >= self.0.options.segments_max {
            self.compact()?;
        }
        let mut writer = self.writer()?;
        if self.head_is_full()? {
            self.seal_under(&mut writer)?;
        }
        let (rows, ingested) = fresh(&*self.state()?, events)?;
        let mut state = self.state_mut()?;
        state.head.extend(rows, at);
        state.position = state.position.max(upto);
        state.duplicates += ingested.duplicates;
        Ok(ingested)
    }

    /// Moves the head into a segment and the manifest's position to [`Lake::offset`]. Answers whether anything
    /// changed. To be called before the process ends and when [`crate::Stats::head_since`] is old: it spares the
    /// next start reading those events again.
    pub fn seal(&self) -> Result<bool, Fault> {
        self.seal_under(&mut *self.writer()?)
    }

    /// Merges small segments until none are left to merge; answers how many went away. Takes seconds where there
    /// is much to do; `ingest` and all questions go on meanwhile. To be called now and then, after a seal.
    pub fn compact(&self) -> Result<usize, Fault> {
        let _merging = self.0.merging.lock().map_err(|_| Fault::Poisoned)?;
        let mut gone = 0;
        loop {
            let segments = self.state()?.segments.clone();
            let rows: Vec<u64> = segments.iter().map(|segment| segment.entry.rows).collect();
            let Some(places) = merge::choose(&rows) else { return Ok(gone) };
            let inputs: Vec<Arc<Segment>> = places.iter().map(|place| segments[*place].clone()).collect();
            self.replace(&inputs)?;
            gone += inputs.len() - 1;
        }
    }

    /// Puts one segment in the place of several.
    fn replace(&self, inputs: &[Arc<Segment>]) -> Result<(), Fault> {
        let number = self.writer()?.number();
        let merge = || merge::merge(self.create(number)?, &self.0.dir, inputs);
        let merged = merge().inspect_err(|_| self.discard(number))?;
        let (bytes, merged) = (merged.bytes(), Arc::new(merged));
        let _writer = self.writer()?;
        let is_input = |segment: &Arc<Segment>| inputs.iter().any(|input| Arc::ptr_eq(input, segment));
        let (segments, sealed) = {
            let state = self.state()?;
            let first = state.segments.iter().position(is_input).unwrap_or(0);
            let mut segments: Vec<_> = state.segments.iter().filter(|s| !is_input(s)).cloned().collect();
            segments.insert(first.min(segments.len()), merged);
            (segments, state.sealed)
        };
        self.publish(&segments, sealed)?;
        let mut state = self.state_mut()?;
        state.segments = segments.into();
        state.written += bytes;
        drop(state);
        inputs.iter().for_each(|input| self.discard(input.entry.number));
        Ok(())
    }

    fn seal_under(&self, writer: &mut Writer) -> Result<bool, Fault> {
        let (segments, reached, bytes) = {
            let state = self.state()?;
            if state.head.rows().is_empty() && state.position == state.sealed.position {
                return Ok(false);
            }
            let mut segments = state.segments.to_vec();
            let sealed = self.write_head(writer, &state.head)?;
            let bytes = sealed.as_ref().map_or(0, Segment::bytes);
            segments.extend(sealed.map(Arc::new));
            let reached = Sealed { position: state.position, duplicates: state.duplicates };
            (segments, reached, bytes)
        };
        self.publish(&segments, reached)?;
        let mut state = self.state_mut()?;
        state.segments = segments.into();
        state.head = Head::default();
        state.sealed = reached;
        state.written += bytes;
        Ok(true)
    }

    /// The head as a segment, which the manifest does not name yet.
    fn write_head(&self, writer: &mut Writer, head: &Head) -> Result<Option<Segment>, Fault> {
        if head.rows().is_empty() {
            return Ok(None);
        }
        let number = writer.number();
        let write = || {
            let mut out = self.create(number)?;
            head.sorted().into_iter().try_for_each(|row| out.push(row.clone()))?;
            out.finish(&self.0.dir)
        };
        write().map(Some).inspect_err(|_| self.discard(number))
    }

    /// The step that counts: from here on, a start finds these segments and no others. After a fault it may find
    /// either, so nobody removes files then.
    fn publish(&self, segments: &[Arc<Segment>], sealed: Sealed) -> Result<(), Fault> {
        let Sealed { position: offset, duplicates } = sealed;
        let entries = segments.iter().map(|segment| segment.entry.clone()).collect();
        Manifest { journal: self.0.journal, offset, duplicates, segments: entries }.write(&self.0.dir)
    }

    fn create(&self, number: u64) -> Result<segment::Writer, Fault> {
        segment::Writer::create(&self.0.dir, number, self.0.options.group_rows_max)
    }

    fn discard(&self, number: u64) {
        segment::remove(&self.0.dir, number);
    }

    fn head_is_full(&self) -> Result<bool, Fault> {
        let state = self.state()?;
        let options = &self.0.options;
        Ok(state.head.rows().len() >= options.head_rows_max || state.head.bytes() >= options.head_bytes_max)
    }

    fn writer(&self) -> Result<MutexGuard<'_, Writer>, Fault> {
        self.0.writer.lock().map_err(|_| Fault::Poisoned)
    }

    pub(crate) fn state(&self) -> Result<RwLockReadGuard<'_, State>, Fault> {
        self.0.state.read().map_err(|_| Fault::Poisoned)
    }

    fn state_mut(&self) -> Result<RwLockWriteGuard<'_, State>, Fault> {
        self.0.state.write().map_err(|_| Fault::Poisoned)
    }
}

impl Writer {
    fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number - 1
    }
}

fn check_order(events: &[(u64, Event)], upto: u64) -> Result<(), Fault> {
    let mut least = 0;
    for (seq, _) in events {
        if *seq < least || *seq >= upto {
            return Err(Fault::Order { seq: *seq, least, upto });
        }
        least = seq + 1;
    }
    Ok(())
}

/// The rows that the lake does not hold yet, and what became of the others.
fn fresh(state: &State, events: &[(u64, Event)]) -> Result<(Vec<Row>, Ingested), Fault> {
    let mut ids = HashSet::with_capacity(events.len());
    let (mut rows, mut ingested) = (Vec::with_capacity(events.len()), Ingested::default());
    for (seq, event) in events {
        let (env, id) = (event.env.id(), event.message_id.0);
        if *seq < state.position {
            ingested.seen += 1;
        } else if !ids.insert((env, id)) || holds(state, env, id)? {
            ingested.duplicates += 1;
        } else {
            rows.push(Row::of(*seq, event));
            ingested.stored += 1;
        }
    }
    Ok((rows, ingested))
}

/// Duplicates are mostly retries, so the newest segments are asked first.
fn holds(state: &State, env: EnvironmentId, message_id: u128) -> Result<bool, Fault> {
    if state.head.contains(env, message_id) {
        return Ok(true);
    }
    for segment in state.segments.iter().rev() {
        if segment.contains(env, message_id)? {
            return Ok(true);
        }
    }
    Ok(false)
}
