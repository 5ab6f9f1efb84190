//! What workers keep, within the process: it outlives them, and ends with the gateway.

use std::{
    collections::{BTreeMap, HashMap},
    future::ready,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use footbridge_schemas::PlatformId;
use futures_util::{FutureExt, future::BoxFuture};
use tokio::time::Instant;

use crate::{
    Memos, Unreachable,
    memos::{LONGEST, Meters, Name},
};

/// Room for names and values of all platforms together, in bytes (32 MiB).
pub const ROOM: usize = 32 * 1024 * 1024;
/// What an entry takes beside its name and value, in bytes, about.
const OVERHEAD: usize = 256;

/// Values in memory. Where they need more than [`ROOM`], what was not used for longest makes room.
pub struct MemoryMemos {
    /// A std mutex: no await under it.
    shelf: Mutex<Shelf>,
    meters: Meters,
}

/// Entries by name, and their order.
struct Shelf {
    entries: HashMap<Arc<Name>, Entry>,
    /// Names by when they were last used.
    order: BTreeMap<u64, Arc<Name>>,
    clock: u64,
    bytes: usize,
    room: usize,
}

struct Entry {
    value: Bytes,
    until: Instant,
    used: u64,
}

// === impl MemoryMemos ===

impl MemoryMemos {
    /// Nothing kept yet.
    pub fn new() -> Self {
        Self::with_room(ROOM)
    }

    fn with_room(room: usize) -> Self {
        Self { shelf: Mutex::new(Shelf::new(room)), meters: Meters::new() }
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        // What is lost or kept twice is of no harm.
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryMemos {
    fn default() -> Self {
        Self::new()
    }
}

impl Memos for MemoryMemos {
    fn keep(&self, platform: &PlatformId, name: &str, value: Option<Bytes>, lasts: Duration) {
        let name = (platform.clone(), name.to_owned());
        let value = self.meters.weigh(value, lasts);
        let mut entries = self.shelf();
        entries.remove(&name);
        if let Some(value) = value {
            let displaced = entries.put(name, value, Instant::now() + lasts.min(LONGEST));
            self.meters.crowded.increment(displaced);
        }
    }

    fn recall(&self, platform: &PlatformId, name: &str) -> BoxFuture<'_, Result<Option<Bytes>, Unreachable>> {
        let value = self.shelf().get(&(platform.clone(), name.to_owned()), Instant::now());
        self.meters.recalled(value.as_ref());
        ready(Ok(value)).boxed()
    }

    fn settle(&self) -> BoxFuture<'_, ()> {
        ready(()).boxed()
    }
}

// === impl Shelf ===

impl Shelf {
    fn new(room: usize) -> Self {
        Self { entries: HashMap::new(), order: BTreeMap::new(), clock: 0, bytes: 0, room }
    }

    /// Adds an entry that is not there, and says how many made room for it.
    fn put(&mut self, name: Name, value: Bytes, until: Instant) -> u64 {
        let name = Arc::new(name);
        self.clock += 1;
        self.bytes += size(&name, &value);
        self.order.insert(self.clock, Arc::clone(&name));
        self.entries.insert(name, Entry { value, until, used: self.clock });
        let mut displaced = 0;
        while self.bytes > self.room
            && let Some(oldest) = self.order.first_key_value().map(|(_, name)| Arc::clone(name))
        {
            self.remove(&oldest);
            displaced += 1;
        }
        displaced
    }

    /// The value, unless its time is over. It is used by that.
    fn get(&mut self, name: &Name, now: Instant) -> Option<Bytes> {
        if self.entries.get(name)?.until <= now {
            self.remove(name);
        }
        let entry = self.entries.get_mut(name)?;
        self.clock += 1;
        if let Some(name) = self.order.remove(&entry.used) {
            self.order.insert(self.clock, name);
        }
        entry.used = self.clock;
        Some(entry.value.clone())
    }

    fn remove(&mut self, name: &Name) {
        if let Some((name, entry)) = self.entries.remove_entry(name) {
            self.order.remove(&entry.used);
            self.bytes -= size(&name, &entry.value);
        }
    }
}

fn size((platform, name): &Name, value: &Bytes) -> usize {
    OVERHEAD + platform.as_str().len() + name.len() + value.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);
    const NEARLY: Duration = Duration::from_secs(59);

    fn keep(memos: &MemoryMemos, name: &str, bytes: usize) {
        memos.keep(&"feeds".into(), name, Some(vec![7; bytes].into()), MINUTE);
    }

    async fn has(memos: &MemoryMemos, name: &str) -> bool {
        memos.recall(&"feeds".into(), name).await.expect("within the process").is_some()
    }

    #[tokio::test]
    async fn what_was_not_used_for_longest_makes_room() {
        let memos = MemoryMemos::with_room(4 * 1300);
        for name in ["a", "b", "c", "d"] {
            keep(&memos, name, 1000);
        }
        assert!(has(&memos, "a").await);
        keep(&memos, "e", 1000);
        assert!(!has(&memos, "b").await);
        for name in ["a", "c", "d", "e"] {
            assert!(has(&memos, name).await, "{name}");
        }
    }

    #[tokio::test]
    async fn what_is_kept_again_or_forgotten_takes_no_second_place() {
        let memos = MemoryMemos::with_room(10_000);
        for _ in 0..100 {
            keep(&memos, "a", 1000);
        }
        assert_eq!(memos.shelf().entries.len(), 1);
        assert_eq!(memos.shelf().order.len(), 1);
        memos.keep(&"feeds".into(), "a", None, MINUTE);
        assert_eq!(memos.shelf().bytes, 0);
        assert_eq!(memos.shelf().order.len(), 0);
    }

    #[tokio::test]
    async fn names_count_too() {
        let memos = MemoryMemos::with_room(100_000);
        for n in 0..10_000 {
            keep(&memos, &format!("{n:04096}"), 0);
        }
        assert!(memos.shelf().bytes <= 100_000);
        assert!(memos.shelf().entries.len() < 30);
    }

    #[tokio::test(start_paused = true)]
    async fn everything_ends_in_time() {
        let memos = MemoryMemos::new();
        keep(&memos, "a", 1);
        memos.keep(&"feeds".into(), "b", Some("1".into()), Duration::MAX);
        tokio::time::advance(NEARLY).await;
        assert!(has(&memos, "a").await, "asking does not prolong it");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(!has(&memos, "a").await);
        assert!(has(&memos, "b").await);
        tokio::time::advance(LONGEST).await;
        assert!(!has(&memos, "b").await);
        assert_eq!(memos.shelf().bytes, 0);
    }
}
