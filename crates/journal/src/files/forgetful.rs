use super::{File, Files};
use kernel::Rng;
use std::{
    collections::BTreeMap,
    io,
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What this disk keeps whole or not at all. Real ones have 512 or 4,096; small ones tear small tests too.
const SECTOR_BYTES: usize = 32;

/// What is gone after [`Forgetful::restart`].
#[derive(Clone, Copy)]
pub enum Loss<'a> {
    /// The process was killed: the page cache is still there, and still not synced.
    Nothing,
    /// The power failed, and nothing had reached the disk but what was synced: contents, lengths and names.
    Unsynced,
    /// The power failed, and each sector, length and name that was not synced is there or not, by lot.
    Some(&'a dyn Rng),
}

/// Files in memory that forget what was not synced, with the manners of a real disk: a name is durable only when
/// the directory was synced, contents only when the file was, and a sync that failed leaves
/// pages that look clean and never reach the disk. Clones share one disk.
///
/// For tests of the journal and of what stands on it.
#[derive(Clone, Default)]
pub struct Forgetful {
    disk: Arc<Mutex<Disk>>,
}

#[derive(Default)]
struct Disk {
    contents: Vec<Content>,
    /// Name → index into `contents`, as programs see it and as it is on disk.
    names: BTreeMap<String, usize>,
    names_on_disk: BTreeMap<String, usize>,
    /// Counts restarts; handles of an earlier life no longer work.
    life: u64,
    /// Operations until the power fails; none: it does not.
    power: Option<u64>,
    failing_syncs: u32,
    failing_writes: u32,
}

#[derive(Default, Clone)]
struct Content {
    seen: Vec<u8>,
    on_disk: Vec<u8>,
    /// Bytes of `seen` that a sync would write; empty when clean.
    dirty: Range<usize>,
    /// The length was changed since the last sync.
    dirty_len: bool,
}

impl Forgetful {
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets `operations` more reads, writes and syncs pass; all after them fail, until [`Forgetful::restart`].
    pub fn cut_power_after(&self, operations: u64) {
        self.lock().power = Some(operations);
    }

    /// The next `count` syncs of files fail, and what they would have written never reaches the disk.
    pub fn fail_syncs(&self, count: u32) {
        self.lock().failing_syncs = count;
    }

    /// The next `count` writes fail after half of their bytes.
    pub fn fail_writes(&self, count: u32) {
        self.lock().failing_writes = count;
    }

    /// Comes back after a crash. Handles from before it fail from now on.
    pub fn restart(&self, loss: Loss<'_>) {
        let mut disk = self.lock();
        disk.life += 1;
        disk.power = None;
        match loss {
            Loss::Nothing => {}
            Loss::Unsynced => disk.forget(&mut |_| false),
            Loss::Some(rng) => disk.forget(&mut |choices| pick(rng, choices)),
        }
    }

    /// Changes a file as it is, past all syncs, as a failing disk would. For tests of damage.
    pub fn edit(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        let mut disk = self.lock();
        let content = disk.content_of(name)?;
        change(&mut content.seen);
        *content = Content {
            on_disk: content.seen.clone(),
            seen: std::mem::take(&mut content.seen),
            ..Content::default()
        };
        Ok(())
    }

    /// The bytes of a file as programs see them.
    pub fn bytes(&self, name: &str) -> io::Result<Vec<u8>> {
        Ok(self.lock().content_of(name)?.seen.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn handle(&self, disk: &Disk, content: usize) -> Box<dyn File> {
        Box::new(Handle { disk: self.disk.clone(), life: disk.life, content })
    }
}

/// True in one of `choices` cases.
fn pick(rng: &dyn Rng, choices: u8) -> bool {
    let mut byte = [0];
    rng.fill(&mut byte);
    byte[0].is_multiple_of(choices)
}

impl Disk {
    /// Counts an operation; fails when there is no power for it.
    fn spend(&mut self) -> io::Result<()> {
        match &mut self.power {
            None => Ok(()),
            Some(0) => Err(io::Error::other("no power")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }

    fn content_of(&mut self, name: &str) -> io::Result<&mut Content> {
        let index = *self.names.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(&mut self.contents[index])
    }

    /// Goes back to what is on disk, but keeps what `lucky` says.
    fn forget(&mut self, lucky: &mut dyn FnMut(u8) -> bool) {
        let names: Vec<String> = self.names.keys().chain(self.names_on_disk.keys()).cloned().collect();
        for name in names {
            let keep = lucky(2);
            let kept = if keep { self.names.get(&name) } else { self.names_on_disk.get(&name) };
            match kept.copied() {
                Some(content) => self.names_on_disk.insert(name, content),
                None => self.names_on_disk.remove(&name),
            };
        }
        self.names = self.names_on_disk.clone();
        self.contents.iter_mut().for_each(|content| content.forget(lucky));
    }
}

impl Content {
    fn write(&mut self, bytes: &[u8], position: usize) {
        let end = position + bytes.len();
        if self.seen.len() < end {
            self.dirty_len = true;
            self.seen.resize(end, 0);
        }
        self.seen[position..end].copy_from_slice(bytes);
        self.dirty = if self.dirty.is_empty() {
            position..end
        } else {
            self.dirty.start.min(position)..self.dirty.end.max(end)
        };
    }

    fn set_len(&mut self, bytes: usize) {
        self.seen.resize(bytes, 0);
        self.dirty_len = true;
        self.dirty.end = self.dirty.end.min(bytes);
    }

    /// Writes the dirty bytes and nothing else: what an earlier, failed sync dropped stays dropped.
    fn sync(&mut self) {
        if self.dirty_len {
            self.on_disk.resize(self.seen.len(), 0);
        }
        if !self.dirty.is_empty() {
            // A byte that is on disk is within the length on disk, even when an earlier sync lost the length.
            self.on_disk.resize(self.on_disk.len().max(self.dirty.end), 0);
            self.on_disk[self.dirty.clone()].copy_from_slice(&self.seen[self.dirty.clone()]);
        }
        self.call_clean();
    }

    fn call_clean(&mut self) {
        (self.dirty, self.dirty_len) = (0..0, false);
    }

    fn forget(&mut self, lucky: &mut dyn FnMut(u8) -> bool) {
        if self.dirty_len && lucky(2) {
            self.on_disk.resize(self.seen.len(), 0);
        }
        let mut start = self.dirty.start;
        while start < self.dirty.end {
            let end = (start / SECTOR_BYTES + 1) * SECTOR_BYTES;
            let end = end.min(self.dirty.end).min(self.on_disk.len());
            if start < end && lucky(2) {
                self.on_disk[start..end].copy_from_slice(&self.seen[start..end]);
            }
            start = (start / SECTOR_BYTES + 1) * SECTOR_BYTES;
        }
        self.call_clean();
        self.seen.clone_from(&self.on_disk);
    }
}

impl Files for Forgetful {
    fn list(&self) -> io::Result<Vec<String>> {
        let mut disk = self.lock();
        disk.spend()?;
        Ok(disk.names.keys().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn File>> {
        let mut disk = self.lock();
        disk.spend()?;
        if disk.names.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let content = disk.contents.len();
        disk.contents.push(Content::default());
        disk.names.insert(name.to_owned(), content);
        Ok(self.handle(&disk, content))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn File>> {
        let mut disk = self.lock();
        disk.spend()?;
        let content = *disk.names.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(self.handle(&disk, content))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut disk = self.lock();
        disk.spend()?;
        disk.names.remove(name).map(drop).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn sync_directory(&self) -> io::Result<()> {
        let mut disk = self.lock();
        disk.spend()?;
        disk.names_on_disk = disk.names.clone();
        Ok(())
    }
}

struct Handle {
    disk: Arc<Mutex<Disk>>,
    life: u64,
    content: usize,
}

impl Handle {
    /// Does one operation, if this handle's life lasts and there is power.
    fn with<T>(&self, f: impl FnOnce(&mut Disk, usize) -> io::Result<T>) -> io::Result<T> {
        let mut disk = self.disk.lock().unwrap_or_else(PoisonError::into_inner);
        if disk.life != self.life {
            return Err(io::Error::other("opened before the restart"));
        }
        disk.spend()?;
        f(&mut disk, self.content)
    }
}

fn index(position: u64) -> io::Result<usize> {
    usize::try_from(position).map_err(io::Error::other)
}

impl File for Handle {
    fn read_at(&self, bytes: &mut [u8], position: u64) -> io::Result<usize> {
        self.with(|disk, content| {
            let rest = disk.contents[content].seen.get(index(position)?..).unwrap_or_default();
            let count = rest.len().min(bytes.len());
            bytes[..count].copy_from_slice(&rest[..count]);
            Ok(count)
        })
    }

    fn write_at(&self, bytes: &[u8], position: u64) -> io::Result<()> {
        self.with(|disk, content| {
            let fails = disk.failing_writes > 0;
            let written = if fails { &bytes[..bytes.len() / 2] } else { bytes };
            disk.contents[content].write(written, index(position)?);
            disk.failing_writes = disk.failing_writes.saturating_sub(1);
            if fails { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
        })
    }

    fn len(&self) -> io::Result<u64> {
        self.with(|disk, content| Ok(disk.contents[content].seen.len() as u64))
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        self.with(|disk, content| {
            disk.contents[content].set_len(index(bytes)?);
            Ok(())
        })
    }

    fn sync(&self) -> io::Result<()> {
        self.with(|disk, content| {
            if disk.failing_syncs > 0 {
                disk.failing_syncs -= 1;
                disk.contents[content].call_clean();
                return Err(io::Error::other("the device reported an error"));
            }
            disk.contents[content].sync();
            Ok(())
        })
    }
}
