//! Verified credentials by their hash, in two generations: when the young one is full it becomes the old one, so the
//! size is bounded and what is used stays, without a list to keep in order.

use kernel::Timestamp;
use model::caller::Caller;
use std::{collections::HashMap, sync::Arc};

/// SHA-256 of a credential.
pub(crate) type Fingerprint = [u8; 32];

/// Callers of one generation: about 4 MB for both.
const GENERATION_MAX: usize = 8_192;

/// A verified credential.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) caller: Arc<Caller>,
    /// From this instant on it has to be verified again.
    pub(crate) ends_at: Option<Timestamp>,
    /// The revision that the same snapshot showed: a later one voids the entry.
    pub(crate) revision: i64,
}

impl Entry {
    fn good(&self, revision: i64, now: Timestamp) -> bool {
        self.revision == revision && self.ends_at.is_none_or(|ends_at| ends_at > now)
    }
}

#[derive(Default)]
pub(crate) struct Cache {
    young: HashMap<Fingerprint, Entry>,
    old: HashMap<Fingerprint, Entry>,
}

impl Cache {
    pub(crate) fn get(
        &mut self,
        fingerprint: &Fingerprint,
        revision: i64,
        now: Timestamp,
    ) -> Option<Arc<Caller>> {
        if let Some(entry) = self.young.get(fingerprint) {
            return entry.good(revision, now).then(|| Arc::clone(&entry.caller));
        }
        let entry = self.old.remove(fingerprint)?;
        let caller = entry.good(revision, now).then(|| Arc::clone(&entry.caller))?;
        self.put(*fingerprint, entry);
        Some(caller)
    }

    pub(crate) fn put(&mut self, fingerprint: Fingerprint, entry: Entry) {
        if self.young.len() >= GENERATION_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(fingerprint, entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{Env, EnvironmentId, KeyId};
    use model::caller::CallerKind;

    const NOW: Timestamp = Timestamp::from_seconds(100);

    fn entry(revision: i64, ends_at: Option<Timestamp>) -> Entry {
        let env = Env::vouched(EnvironmentId::from_uuid(Default::default()));
        let key = KeyId::from_uuid(Default::default());
        let caller = Caller { env, kind: CallerKind::Token, key, scopes: Vec::new() };
        Entry { caller: Arc::new(caller), ends_at, revision }
    }

    fn fingerprint(n: usize) -> Fingerprint {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&n.to_be_bytes());
        bytes
    }

    #[test]
    fn an_entry_ends_with_its_time_and_with_its_revision() {
        let mut cache = Cache::default();
        cache.put(fingerprint(1), entry(3, Some(NOW)));
        assert!(cache.get(&fingerprint(1), 3, Timestamp::from_seconds(99)).is_some());
        assert!(cache.get(&fingerprint(1), 3, NOW).is_none());
        assert!(cache.get(&fingerprint(1), 4, Timestamp::from_seconds(99)).is_none());
    }

    #[test]
    fn the_size_is_bounded_and_what_is_used_stays() {
        let mut cache = Cache::default();
        cache.put(fingerprint(0), entry(1, None));
        for n in 1..5 * GENERATION_MAX {
            cache.put(fingerprint(n), entry(1, None));
            if n % 1_000 == 0 {
                assert!(cache.get(&fingerprint(0), 1, NOW).is_some(), "after {n}");
            }
        }
        assert!(cache.young.len() + cache.old.len() <= 2 * GENERATION_MAX);
        assert!(cache.get(&fingerprint(1), 1, NOW).is_none());
    }
}
