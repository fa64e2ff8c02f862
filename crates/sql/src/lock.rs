//! Named locks: what a command may touch alone.

use std::fmt;

/// FNV-1a's offset basis and prime for 64 bits: a hash that every build of ours computes alike, for a few
/// nanoseconds. Locks are named several times a command.
const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// One lock, named by a namespace and immutable parts ("subject", environment, workflow, user). On PostgreSQL
/// it is a 64-bit advisory lock made from a hash of the name: two names that collide only wait for each other.
#[derive(Clone)]
pub struct Lock {
    key: i64,
    name: String,
}

impl Lock {
    pub fn new(namespace: &'static str, parts: &[&str]) -> Self {
        let mut key = BASIS;
        let mut hash = |bytes: &[u8]| {
            key = bytes.iter().fold(key, |key, byte| (key ^ u64::from(*byte)).wrapping_mul(PRIME));
        };
        let mut name = String::from(namespace);
        for part in std::iter::once(&namespace).chain(parts) {
            // The length goes in too, so that ("a", "bc") and ("ab", "c") differ.
            hash(&(part.len() as u64).to_be_bytes());
            hash(part.as_bytes());
        }
        for part in parts {
            name.push('/');
            name.push_str(part);
        }
        Self { key: key.cast_signed(), name }
    }

    pub(crate) fn key(&self) -> i64 {
        self.key
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lock({})", self.name)
    }
}

impl PartialEq for Lock {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Lock {}

/// The locks of one command: sorted, each once. The first decides the lane on PostgreSQL.
#[derive(Debug, Clone, Default)]
pub struct Locks(Vec<Lock>);

impl Locks {
    /// For a command that only adds rows nobody else can name, or whose statement decides alone.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn holds(&self, lock: &Lock) -> bool {
        self.0.binary_search_by_key(&lock.key, |held| held.key).is_ok()
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = i64> + '_ {
        self.0.iter().map(Lock::key)
    }
}

impl From<Vec<Lock>> for Locks {
    fn from(mut locks: Vec<Lock>) -> Self {
        locks.sort_by_key(Lock::key);
        locks.dedup();
        Self(locks)
    }
}

impl From<Lock> for Locks {
    fn from(lock: Lock) -> Self {
        Self(vec![lock])
    }
}

impl<const N: usize> From<[Lock; N]> for Locks {
    fn from(locks: [Lock; N]) -> Self {
        Vec::from(locks).into()
    }
}
