//! What this gateway keeps in Redis, so that there is an end to it: plain data.

use std::collections::{BTreeSet, HashMap, HashSet};

use tokio::time::Instant;

/// What a value takes beside itself, in bytes, about: there, and here.
const OVERHEAD: usize = 512;

/// Number of a key in Redis.
pub(super) type Key = u128;

/// Values by key and by the end of their time. What would end soonest makes room.
pub(super) struct Lodgings {
    by_key: HashMap<Key, (Instant, usize)>,
    by_end: BTreeSet<(Instant, Key)>,
    /// What has to leave, and Redis has not heard of.
    leaving: HashSet<Key>,
    bytes: usize,
    room: usize,
}

impl Lodgings {
    /// None, with room for so many bytes.
    pub(super) fn new(room: usize) -> Self {
        Self { by_key: HashMap::new(), by_end: BTreeSet::new(), leaving: HashSet::new(), bytes: 0, room }
    }

    /// Notes a value of `size` bytes, in place of what was there.
    pub(super) fn put(&mut self, key: Key, size: usize, until: Instant, now: Instant) {
        self.remove(key);
        self.leaving.remove(&key);
        self.bytes += size + OVERHEAD;
        self.by_key.insert(key, (until, size + OVERHEAD));
        self.by_end.insert((until, key));
        while self.bytes > self.room
            && let Some(&(end, key)) = self.by_end.first()
        {
            self.remove(key);
            if end > now {
                self.leaving.insert(key);
            }
        }
    }

    /// Nothing is under that key any more.
    pub(super) fn remove(&mut self, key: Key) {
        if let Some((until, size)) = self.by_key.remove(&key) {
            self.by_end.remove(&(until, key));
            self.bytes -= size;
        }
    }

    /// What Redis is to remove.
    pub(super) fn leaving(&self) -> impl Iterator<Item = Key> {
        self.leaving.iter().copied()
    }

    /// Redis was told; says how many have left.
    pub(super) fn left(&mut self) -> u64 {
        self.leaving.drain().count() as u64
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn put(lodgings: &mut Lodgings, key: Key, seconds: u64) {
        let start = Instant::now();
        lodgings.put(key, 1000 - OVERHEAD, start + Duration::from_secs(seconds), start);
    }

    fn leaving(lodgings: &Lodgings) -> Vec<Key> {
        let mut leaving: Vec<_> = lodgings.leaving().collect();
        leaving.sort_unstable();
        leaving
    }

    #[tokio::test(start_paused = true)]
    async fn what_would_end_soonest_makes_room() {
        let mut lodgings = Lodgings::new(3000);
        for (key, seconds) in [(1, 90), (2, 10), (3, 50)] {
            put(&mut lodgings, key, seconds);
        }
        assert_eq!(leaving(&lodgings), []);
        put(&mut lodgings, 4, 70);
        assert_eq!(leaving(&lodgings), [2]);
        put(&mut lodgings, 5, 1);
        assert_eq!(leaving(&lodgings), [2, 5], "even if it has just come");
        assert_eq!(lodgings.left(), 2);
        put(&mut lodgings, 6, 80);
        assert_eq!(leaving(&lodgings), [3]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_has_ended_leaves_by_itself() {
        let mut lodgings = Lodgings::new(2000);
        put(&mut lodgings, 1, 10);
        put(&mut lodgings, 2, 20);
        tokio::time::advance(Duration::from_secs(10)).await;
        put(&mut lodgings, 3, 10);
        assert_eq!(leaving(&lodgings), []);
        put(&mut lodgings, 4, 20);
        assert_eq!(leaving(&lodgings), [2]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_back_does_not_leave() {
        let mut lodgings = Lodgings::new(2000);
        for (key, seconds) in [(1, 10), (2, 20), (3, 30), (1, 40)] {
            put(&mut lodgings, key, seconds);
        }
        assert_eq!(leaving(&lodgings), [2]);
        for seconds in 50..150 {
            put(&mut lodgings, 1, seconds);
        }
        assert_eq!(leaving(&lodgings), [2], "what is replaced makes room for itself");
        lodgings.remove(1);
        lodgings.remove(3);
        assert_eq!((lodgings.bytes, lodgings.by_end.len()), (0, 0));
    }
}
