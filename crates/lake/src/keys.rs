//! The sidecar of a segment: which message ids it holds, and the checksums of its Parquet file.
//!
//! ```text
//! header   magic, rows, bytes of the Parquet file (8 bytes each, little endian)
//! sums     of the Parquet file's blocks (4 bytes each)
//! bloom    10 bits a row, rounded up to 8 bytes
//! fence    every 1,024th key (16 bytes each)
//! keys     16 bytes each, big endian, ascending within each environment's part
//! trailer  sums of all blocks above, then their sum (4), their number (4), magic (8)
//! ```
//!
//! In memory: bloom and fence, 1.3 bytes a row. A look-up of an id that is not there ends at the bloom filter
//! 99 times in 100; else it reads the one block of keys that could hold it. The answer is exact.

use crate::{
    Fault,
    file::{Checked, Summing},
    manifest::Part,
};
use kernel::EnvironmentId;
use std::{
    fs::File,
    io::{self, BufWriter, Write},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

const MAGIC: &[u8; 8] = b"TSLKEYS1";
const HEADER: usize = 24;
const TRAILER: usize = 16;
const KEY: usize = 16;
/// Keys between two entries of the fence: one checksummed block's worth.
const STRIDE: usize = crate::file::BLOCK / KEY;
const BLOOM_BITS_PER_KEY: usize = 10;
const BLOOM_PROBES: u64 = 7;

/// Where the variable parts begin, given both sizes of the header.
struct Layout {
    sums: usize,
    bloom: usize,
    fence: usize,
    keys: usize,
    end: usize,
}

impl Layout {
    fn of(rows: usize, data_bytes: u64) -> Self {
        let sums = HEADER;
        let bloom = sums + 4 * data_bytes.div_ceil(crate::file::BLOCK as u64) as usize;
        let fence = bloom + 8 * bloom_words(rows);
        let keys = fence + KEY * rows.div_ceil(STRIDE);
        Self { sums, bloom, fence, keys, end: keys + KEY * rows }
    }
}

fn bloom_words(rows: usize) -> usize {
    (rows * BLOOM_BITS_PER_KEY).div_ceil(64).max(1)
}

/// Writes the sidecar and syncs it; answers its length. `keys` are ascending within each of `parts`.
pub(crate) fn write(
    path: &Path,
    parts: &[Part],
    keys: &[u128],
    data_sums: &[u32],
    data_bytes: u64,
) -> Result<u64, Fault> {
    let file = File::create(path).map_err(Fault::io("create", path))?;
    let mut out = Summing::new(BufWriter::new(file));
    let written = write_content(&mut out, parts, keys, data_sums, data_bytes).and_then(|()| {
        let (mut out, sums, len) = out.finish();
        let sums = words(&sums);
        out.write_all(&sums)?;
        out.write_all(&crc32fast::hash(&sums).to_le_bytes())?;
        out.write_all(&((sums.len() / 4) as u32).to_le_bytes())?;
        out.write_all(MAGIC)?;
        out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        Ok(len + (sums.len() + TRAILER) as u64)
    });
    written.map_err(Fault::io("write", path))
}

fn write_content(
    out: &mut impl Write,
    parts: &[Part],
    keys: &[u128],
    data_sums: &[u32],
    data_bytes: u64,
) -> io::Result<()> {
    out.write_all(MAGIC)?;
    out.write_all(&(keys.len() as u64).to_le_bytes())?;
    out.write_all(&data_bytes.to_le_bytes())?;
    out.write_all(&words(data_sums))?;
    let mut bloom = Bloom(vec![0; bloom_words(keys.len())]);
    for part in parts {
        let range = part.start as usize..(part.start + part.rows) as usize;
        keys[range].iter().for_each(|key| bloom.insert(part.env, *key));
    }
    bloom.0.iter().try_for_each(|word| out.write_all(&word.to_le_bytes()))?;
    keys.iter().step_by(STRIDE).try_for_each(|key| out.write_all(&key.to_be_bytes()))?;
    keys.iter().try_for_each(|key| out.write_all(&key.to_be_bytes()))
}

fn words(sums: &[u32]) -> Vec<u8> {
    sums.iter().flat_map(|sum| sum.to_le_bytes()).collect()
}

/// An open sidecar.
pub(crate) struct Keys {
    file: Checked,
    keys_start: u64,
    rows: usize,
    bloom: Bloom,
    fence: Vec<u128>,
}

impl Keys {
    /// Opens a sidecar of `len` bytes and hands out the checksums of the `data_bytes` of Parquet beside it.
    pub(crate) fn open(
        path: PathBuf,
        len: u64,
        rows: u64,
        data_bytes: u64,
    ) -> Result<(Self, Vec<u32>), Fault> {
        let file = open_sized(&path, len)?;
        let layout = Layout::of(rows as usize, data_bytes);
        let sums = trailer(&path, &file, len)?;
        if layout.end as u64 + (4 * sums.len() + TRAILER) as u64 != len {
            return Err(Fault::damaged(path, "the length does not fit the number of rows"));
        }
        let file = Checked::new(path, file, layout.end as u64, sums)?;
        let front = file.read(0, layout.keys).map_err(|error| file.fault(error))?;
        let expected = [MAGIC.as_slice(), &rows.to_le_bytes(), &data_bytes.to_le_bytes()].concat();
        if front[..HEADER] != expected {
            return Err(Fault::damaged(&file.path, "it belongs to another segment"));
        }
        let data_sums = front[layout.sums..layout.bloom].chunks_exact(4).map(le32).collect();
        let bloom = Bloom(front[layout.bloom..layout.fence].chunks_exact(8).map(le64).collect());
        let fence = front[layout.fence..].chunks_exact(KEY).map(be128).collect();
        let keys = Self { file, keys_start: layout.keys as u64, rows: rows as usize, bloom, fence };
        Ok((keys, data_sums))
    }

    /// Whether the rows of `part` hold this message id.
    pub(crate) fn contains(&self, part: &Part, key: u128) -> Result<bool, Fault> {
        if !self.bloom.may_contain(part.env, key) {
            return Ok(false);
        }
        let (start, end) = (part.start as usize, (part.start + part.rows) as usize);
        // The fence's entries inside the part are sorted; the key is after the last one that is not greater.
        let inside = start.div_ceil(STRIDE)..end.div_ceil(STRIDE);
        let later = inside.start + self.fence[inside].partition_point(|first| *first <= key);
        let from = (later.saturating_sub(1) * STRIDE).max(start);
        let to = (later * STRIDE).min(end).max(from);
        let keys = self.read(from, to)?;
        Ok(keys.binary_search(&key).is_ok())
    }

    /// The keys of the rows from `from` up to, not including, `to`, in the sidecar's order.
    fn read(&self, from: usize, to: usize) -> Result<Vec<u128>, Fault> {
        debug_assert!(from <= to && to <= self.rows, "a part ends within its segment");
        let start = self.keys_start + (from * KEY) as u64;
        let bytes = self.file.read(start, (to - from) * KEY).map_err(|error| self.file.fault(error))?;
        Ok(bytes.chunks_exact(KEY).map(be128).collect())
    }
}

/// Opens a file that must have exactly this length.
pub(crate) fn open_sized(path: &Path, len: u64) -> Result<File, Fault> {
    let file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Fault::damaged(path, "it is missing"),
        _ => Fault::io("open", path)(error),
    })?;
    let found = file.metadata().map_err(Fault::io("measure", path))?.len();
    if found != len {
        return Err(Fault::damaged(path, format!("it has {found} bytes and should have {len}")));
    }
    Ok(file)
}

fn trailer(path: &Path, file: &File, len: u64) -> Result<Vec<u32>, Fault> {
    let short = || Fault::damaged(path, "it has no trailer");
    let mut end = [0; TRAILER];
    let at = len.checked_sub(TRAILER as u64).ok_or_else(short)?;
    file.read_exact_at(&mut end, at).map_err(Fault::io("read", path))?;
    if end[8..] != *MAGIC {
        return Err(short());
    }
    let mut sums = vec![0; 4 * le32(&end[4..8]) as usize];
    let at = at.checked_sub(sums.len() as u64).ok_or_else(short)?;
    file.read_exact_at(&mut sums, at).map_err(Fault::io("read", path))?;
    if crc32fast::hash(&sums) != le32(&end[..4]) {
        return Err(Fault::damaged(path, "its checksums differ from theirs"));
    }
    Ok(sums.chunks_exact(4).map(le32).collect())
}

fn le32(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

fn le64(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn be128(bytes: &[u8]) -> u128 {
    bytes.iter().fold(0, |number, byte| number << 8 | u128::from(*byte))
}

/// Says "certainly not" or "perhaps".
struct Bloom(Vec<u64>);

impl Bloom {
    fn insert(&mut self, env: EnvironmentId, key: u128) {
        for bit in Self::bits(self.0.len(), env, key) {
            self.0[bit / 64] |= 1 << (bit % 64);
        }
    }

    fn may_contain(&self, env: EnvironmentId, key: u128) -> bool {
        Self::bits(self.0.len(), env, key).all(|bit| self.0[bit / 64] & 1 << (bit % 64) != 0)
    }

    /// Double hashing (Kirsch and Mitzenmacher 2006) over a mixed key: ids need not be random.
    fn bits(words: usize, env: EnvironmentId, key: u128) -> impl Iterator<Item = usize> {
        let env = env.uuid().as_u128();
        let low = mix(key as u64 ^ mix(env as u64 ^ mix((env >> 64) as u64)));
        let high = mix((key >> 64) as u64 ^ low);
        let bits = words as u128 * 64;
        (0..BLOOM_PROBES).map(move |probe| {
            let hash = low.wrapping_add(probe.wrapping_mul(high | 1));
            ((u128::from(hash) * bits) >> 64) as usize
        })
    }
}

/// The finalizer of SplitMix64 (Steele, Lea and Flood 2014).
fn mix(mut word: u64) -> u64 {
    word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ word >> 31
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn env(number: u128) -> EnvironmentId {
        EnvironmentId::from_uuid(Uuid::from_u128(number))
    }

    fn part(number: u128, start: u64, rows: u64) -> Part {
        Part { env: env(number), start, rows, first_at: 0, last_at: 0 }
    }

    #[test]
    fn every_key_is_found_in_its_own_environment_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("1.keys");
        let parts = [part(1, 0, 1_500), part(2, 1_500, 1), part(3, 1_501, 3_000)];
        let multiples = |rows: u128, step: u128| (1..=rows).map(move |n| n * step);
        let keys: Vec<u128> =
            multiples(1_500, 2).chain([u128::MAX]).chain(multiples(3_000, 3 << 64)).collect();
        let len = write(&path, &parts, &keys, &[1, 2], 20_000).unwrap();
        let (open, sums) = Keys::open(path, len, keys.len() as u64, 20_000).unwrap();
        assert_eq!(sums, [1, 2]);
        for part in &parts {
            let own = &keys[part.start as usize..(part.start + part.rows) as usize];
            for key in keys.iter().copied().chain(0..40).chain(own.iter().map(|key| key ^ 1)) {
                assert_eq!(open.contains(part, key).unwrap(), own.contains(&key), "{key} in {part:?}");
            }
        }
    }

    #[test]
    fn the_bloom_filter_answers_most_absent_keys() {
        let mut bloom = Bloom(vec![0; bloom_words(10_000)]);
        (0..10_000).for_each(|key| bloom.insert(env(1), key));
        assert!((0..10_000).all(|key| bloom.may_contain(env(1), key)));
        let wrong = (10_000..20_000).filter(|key| bloom.may_contain(env(1), *key)).count();
        assert!(wrong < 200, "{wrong} of 10,000");
    }
}
