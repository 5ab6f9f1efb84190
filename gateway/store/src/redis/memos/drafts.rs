//! What is to be kept and has not been written yet: plain data.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use bytes::Bytes;
use tokio::time::Instant;

use crate::memos::Name;

/// Room for names and values that wait, in bytes; what finds none is lost.
pub(super) const ROOM: usize = 16 * 1024 * 1024;
/// What a draft takes beside its name and value, in bytes, about.
const OVERHEAD: usize = 256;
/// How much is written together, in values and in bytes; one that is larger is written alone.
const TOGETHER: (usize, usize) = (64, 1024 * 1024);

/// Drafts by name, the latest of each, in the order in which they came.
pub(super) struct Drafts {
    by_name: HashMap<Arc<Name>, Draft>,
    order: BTreeMap<u64, Arc<Name>>,
    next: u64,
    bytes: usize,
    room: usize,
}

/// What is to be under a name.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    number: u64,
    /// `None`: nothing.
    value: Option<Bytes>,
    /// The end of its time.
    pub(super) until: Instant,
}

impl Draft {
    /// What is to be there at that time.
    pub(super) fn value_at(&self, now: Instant) -> Option<Bytes> {
        self.value.clone().filter(|_| self.until > now)
    }
}

impl Drafts {
    /// None, with room for so many bytes.
    pub(super) fn new(room: usize) -> Self {
        Self { by_name: HashMap::new(), order: BTreeMap::new(), next: 0, bytes: 0, room }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// Puts a draft in place of an earlier one of that name, behind all others. Whether there was room for it.
    pub(super) fn put(&mut self, name: Name, value: Option<Bytes>, until: Instant) -> bool {
        self.remove(&name);
        let size = size(&name, value.as_ref());
        if self.bytes + size > self.room {
            return false;
        }
        let name = Arc::new(name);
        self.next += 1;
        self.bytes += size;
        self.order.insert(self.next, Arc::clone(&name));
        self.by_name.insert(name, Draft { number: self.next, value, until });
        true
    }

    /// The draft of that name.
    pub(super) fn get(&self, name: &Name) -> Option<&Draft> {
        self.by_name.get(name)
    }

    /// What is to be written next. It stays until it is [`done`](Self::done) with.
    pub(super) fn batch(&self) -> Vec<(Arc<Name>, Draft)> {
        let (most, mut room) = TOGETHER;
        let mut batch = Vec::new();
        for name in self.order.values().take(most) {
            let Some(draft) = self.by_name.get(name) else { continue };
            let size = size(name, draft.value.as_ref());
            if !batch.is_empty() && size > room {
                break;
            }
            room = room.saturating_sub(size);
            batch.push((Arc::clone(name), draft.clone()));
        }
        batch
    }

    /// What was written leaves, unless there is something later under that name.
    pub(super) fn done(&mut self, batch: &[(Arc<Name>, Draft)]) {
        for (name, draft) in batch {
            if self.by_name.get(name).is_some_and(|latest| latest.number == draft.number) {
                self.remove(name);
            }
        }
    }

    fn remove(&mut self, name: &Name) {
        if let Some((name, draft)) = self.by_name.remove_entry(name) {
            self.order.remove(&draft.number);
            self.bytes -= size(&name, draft.value.as_ref());
        }
    }
}

fn size((platform, name): &Name, value: Option<&Bytes>) -> usize {
    OVERHEAD + platform.as_str().len() + name.len() + value.map_or(0, Bytes::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str) -> Name {
        ("feeds".into(), name.to_owned())
    }

    fn put(drafts: &mut Drafts, of: &str, bytes: usize) -> bool {
        drafts.put(name(of), Some(vec![0; bytes].into()), Instant::now())
    }

    fn names(batch: &[(Arc<Name>, Draft)]) -> Vec<&str> {
        batch.iter().map(|(name, _)| name.1.as_str()).collect()
    }

    #[tokio::test]
    async fn of_one_name_only_the_latest_waits() {
        let mut drafts = Drafts::new(10_000);
        for n in 0..1000 {
            assert!(put(&mut drafts, "a", n));
            assert!(drafts.put(name("b"), None, Instant::now()));
        }
        assert_eq!(names(&drafts.batch()), ["a", "b"]);
        assert_eq!(drafts.get(&name("a")).and_then(|draft| draft.value.as_ref()).map(Bytes::len), Some(999));
        drafts.done(&drafts.batch());
        assert_eq!((drafts.is_empty(), drafts.bytes, drafts.order.len()), (true, 0, 0));
    }

    #[tokio::test]
    async fn what_changes_while_it_is_written_is_written_again() {
        let mut drafts = Drafts::new(10_000);
        put(&mut drafts, "a", 1);
        put(&mut drafts, "b", 1);
        let batch = drafts.batch();
        put(&mut drafts, "a", 2);
        drafts.done(&batch);
        assert_eq!(names(&drafts.batch()), ["a"]);
    }

    #[tokio::test]
    async fn there_is_an_end_to_what_waits() {
        let mut drafts = Drafts::new(10_000);
        assert!(put(&mut drafts, "a", 5000));
        assert!(!put(&mut drafts, "b", 5000));
        assert!(put(&mut drafts, "a", 6000), "in its own place");
        assert!(!put(&mut drafts, "a", 10_000));
        assert!(drafts.is_empty(), "what is superseded is not written though its successor is lost");
    }

    #[tokio::test]
    async fn large_values_are_written_a_few_at_a_time() {
        let mut drafts = Drafts::new(usize::MAX);
        for n in 0..100 {
            put(&mut drafts, &n.to_string(), 0);
        }
        assert_eq!(drafts.batch().len(), 64);
        let mut drafts = Drafts::new(usize::MAX);
        for (of, bytes) in [("a", 2_000_000), ("b", 500_000), ("c", 500_000), ("d", 500_000)] {
            put(&mut drafts, of, bytes);
        }
        for expected in [&["a"][..], &["b", "c"], &["d"]] {
            let batch = drafts.batch();
            assert_eq!(names(&batch), expected);
            drafts.done(&batch);
        }
    }
}
