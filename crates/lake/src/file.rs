//! Files that prove what they hold: each block of a file has a checksum, kept outside of it, and every
//! read compares. A flipped bit becomes a fault with the file's name, never a wrong answer.

use crate::Fault;
use bytes::Bytes;
use parquet::{
    errors::ParquetError,
    file::reader::{ChunkReader, Length},
};
use std::{
    fs::{self, File},
    io::{self, Read, Write},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Bytes under one checksum: small enough for point reads, large enough that sums weigh nothing (1:4096).
pub(crate) const BLOCK: usize = 16 << 10;

/// Makes renames and new names in `dir` survive a power loss.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), Fault> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(Fault::io("sync", dir))
}

/// Replaces `path` whole or not at all, also across a power loss.
pub(crate) fn replace(path: &Path, content: &[u8]) -> Result<(), Fault> {
    let temporary = path.with_extension("tmp");
    let mut file = File::create(&temporary).map_err(Fault::io("create", &temporary))?;
    file.write_all(content).map_err(Fault::io("write", &temporary))?;
    file.sync_all().map_err(Fault::io("sync", &temporary))?;
    fs::rename(&temporary, path).map_err(Fault::io("replace", path))?;
    sync_dir(path.parent().unwrap_or(Path::new(".")))
}

/// A writer that sums each block on the way through.
pub(crate) struct Summing<W> {
    inner: W,
    block: crc32fast::Hasher,
    filled: usize,
    sums: Vec<u32>,
    len: u64,
}

impl<W: Write> Summing<W> {
    pub(crate) fn new(inner: W) -> Self {
        Self { inner, block: crc32fast::Hasher::new(), filled: 0, sums: Vec::new(), len: 0 }
    }

    /// The writer, the sum of each block, and the bytes written.
    pub(crate) fn finish(mut self) -> (W, Vec<u32>, u64) {
        if self.filled > 0 {
            self.sums.push(self.block.finalize());
        }
        (self.inner, self.sums, self.len)
    }

    fn sum(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK - self.filled));
            self.block.update(now);
            self.filled += now.len();
            if self.filled == BLOCK {
                self.sums.push(std::mem::take(&mut self.block).finalize());
                self.filled = 0;
            }
            bytes = later;
        }
    }
}

impl<W: Write> Write for Summing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.sum(&bytes[..written]);
        self.len += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A file of known length and sums, read at positions, by any number of threads at once.
pub(crate) struct Checked {
    pub(crate) path: PathBuf,
    file: File,
    len: u64,
    sums: Vec<u32>,
}

impl Checked {
    /// Takes the first `len` bytes of a file for what `sums` say they are.
    pub(crate) fn new(path: PathBuf, file: File, len: u64, sums: Vec<u32>) -> Result<Self, Fault> {
        if sums.len() as u64 != len.div_ceil(BLOCK as u64) {
            return Err(Fault::damaged(path, "the number of checksums does not fit the length"));
        }
        Ok(Self { path, file, len, sums })
    }

    /// Exactly `len` bytes from `start` on.
    pub(crate) fn read(&self, start: u64, len: usize) -> io::Result<Bytes> {
        let end = start.checked_add(len as u64).filter(|end| *end <= self.len);
        let end = end.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
        let block = BLOCK as u64;
        let first = start / block * block;
        let last = end.div_ceil(block).saturating_mul(block).min(self.len);
        let mut bytes = vec![0; (last - first) as usize];
        self.file.read_exact_at(&mut bytes, first)?;
        for (number, content) in (first / block..).zip(bytes.chunks(BLOCK)) {
            if crc32fast::hash(content) != self.sums[number as usize] {
                let what = format!("block {number} differs from its checksum");
                return Err(io::Error::new(io::ErrorKind::InvalidData, what));
            }
        }
        let from = (start - first) as usize;
        Ok(Bytes::from(bytes).slice(from..from + len))
    }

    /// The fault of a failed read: damage where the content is wrong, the operating system's otherwise.
    pub(crate) fn fault(&self, error: io::Error) -> Fault {
        match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => Fault::damaged(&self.path, error),
            _ => Fault::io("read", &self.path)(error),
        }
    }
}

/// The same as the Parquet reader wants it.
#[derive(Clone)]
pub(crate) struct Source(pub(crate) Arc<Checked>);

impl Source {
    pub(crate) fn fault(&self, error: ParquetError) -> Fault {
        match error {
            ParquetError::External(cause) => match cause.downcast::<io::Error>() {
                Ok(cause) => self.0.fault(*cause),
                Err(cause) => Fault::damaged(&self.0.path, cause),
            },
            other => Fault::damaged(&self.0.path, other),
        }
    }
}

impl Length for Source {
    fn len(&self) -> u64 {
        self.0.len
    }
}

impl ChunkReader for Source {
    type T = Forward;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Forward> {
        Ok(Forward { source: self.clone(), at: start, ready: Bytes::new() })
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        Ok(self.0.read(start, length)?)
    }
}

/// Reads on from a position, one block at a time; has a position of its own, unlike a cloned `File`.
pub(crate) struct Forward {
    source: Source,
    at: u64,
    ready: Bytes,
}

impl Read for Forward {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.ready.is_empty() {
            let left = self.source.0.len.saturating_sub(self.at).min(BLOCK as u64);
            self.ready = self.source.0.read(self.at, left as usize)?;
            self.at += left;
        }
        let now = self.ready.split_to(out.len().min(self.ready.len()));
        out[..now.len()].copy_from_slice(&now);
        Ok(now.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(dir: &Path, content: &[u8]) -> Checked {
        let path = dir.join("file");
        let mut writer = Summing::new(File::create(&path).unwrap());
        content.chunks(1_000).for_each(|part| writer.write_all(part).unwrap());
        let (_, sums, len) = writer.finish();
        Checked::new(path.clone(), File::open(path).unwrap(), len, sums).unwrap()
    }

    #[test]
    fn any_range_reads_back_as_written() {
        let dir = tempfile::tempdir().unwrap();
        let content: Vec<u8> = (0..BLOCK * 2 + 77).map(|n| (n * 31 % 251) as u8).collect();
        let file = checked(dir.path(), &content);
        for (start, len) in
            [(0, 0), (0, 1), (BLOCK - 1, 2), (5, BLOCK * 2), (BLOCK * 2, 77), (content.len(), 0)]
        {
            assert_eq!(file.read(start as u64, len).unwrap(), content[start..start + len]);
        }
        assert_eq!(file.read(content.len() as u64, 1).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        let mut forward = Vec::new();
        Source(Arc::new(file)).get_read(3).unwrap().read_to_end(&mut forward).unwrap();
        assert_eq!(forward, content[3..]);
    }

    #[test]
    fn a_flipped_bit_is_found_by_the_reads_that_touch_it() {
        let dir = tempfile::tempdir().unwrap();
        let file = checked(dir.path(), &[7; BLOCK * 3]);
        let mut content = fs::read(&file.path).unwrap();
        content[BLOCK + 9] ^= 1;
        fs::write(&file.path, content).unwrap();
        assert!(file.read(0, BLOCK).is_ok());
        assert_eq!(file.read(BLOCK as u64, 1).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
