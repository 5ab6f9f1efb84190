//! What is kept for somebody who is away: bounded, oldest out, and what fell out is counted.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

/// How much a backlog holds. Whatever is exceeded first, the oldest entries go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Number of entries.
    pub entries: usize,
    /// Sum of their sizes, in bytes.
    pub bytes: usize,
    /// Age of an entry.
    pub age: Duration,
}

/// Entries in order, each with a number: consecutive, from 1.
#[derive(Debug)]
pub struct Backlog<T> {
    bounds: Bounds,
    entries: VecDeque<Entry<T>>,
    bytes: usize,
    /// Number of the last entry that ever came in; 0: none did.
    last: u64,
}

#[derive(Debug)]
struct Entry<T> {
    item: T,
    bytes: usize,
    at: Instant,
}

/// What somebody who knows everything up to some entry has missed.
#[derive(Debug)]
pub struct Missed<'a, T> {
    /// How many entries fell out before they could be handed over; they come before the first of `entries`.
    pub lost: u64,
    /// Number and content of those that are there, oldest first.
    pub entries: Vec<(u64, &'a T)>,
}

impl<T> Backlog<T> {
    /// An empty backlog. Its first entry has the number 1.
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, entries: VecDeque::new(), bytes: 0, last: 0 }
    }

    /// Takes an entry of that size in; returns its number. An entry above the bound of bytes falls out at once.
    pub fn push(&mut self, item: T, bytes: usize, now: Instant) -> u64 {
        self.last += 1;
        self.bytes += bytes;
        self.entries.push_back(Entry { item, bytes, at: now });
        while self.entries.len() > self.bounds.entries || self.bytes > self.bounds.bytes {
            self.pop();
        }
        self.expire(now);
        self.last
    }

    /// Drops what is too old; returns when to look again.
    pub fn expire(&mut self, now: Instant) -> Option<Instant> {
        let age = self.bounds.age;
        while self.entries.front().is_some_and(|entry| entry.at + age <= now) {
            self.pop();
        }
        self.entries.front().map(|entry| entry.at + age)
    }

    /// From now on entries may be of that age.
    pub fn set_age(&mut self, age: Duration) {
        self.bounds.age = age;
    }

    /// What came in after the entry with that number (0: from the beginning).
    pub fn after(&self, number: u64) -> Missed<'_, T> {
        let first = self.last + 1 - self.entries.len() as u64;
        let known = number.min(self.last);
        let skip = usize::try_from((known + 1).saturating_sub(first)).unwrap_or(usize::MAX);
        Missed {
            lost: first.saturating_sub(known + 1),
            entries: (first..).zip(&self.entries).skip(skip).map(|(number, entry)| (number, &entry.item)).collect(),
        }
    }

    /// Number of the last entry that ever came in; 0: none did.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn pop(&mut self) {
        if let Some(entry) = self.entries.pop_front() {
            self.bytes -= entry.bytes;
        }
        if self.entries.is_empty() {
            // The room of a burst is given back.
            self.entries = VecDeque::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn filled(bounds: Bounds, items: &[&'static str], start: Instant) -> Backlog<&'static str> {
        let mut backlog = Backlog::new(bounds);
        for (item, second) in items.iter().zip(0..) {
            backlog.push(*item, item.len(), start + second * SECOND);
        }
        backlog
    }

    fn missed(backlog: &Backlog<&'static str>, number: u64) -> (u64, Vec<(u64, &'static str)>) {
        let missed = backlog.after(number);
        (missed.lost, missed.entries.into_iter().map(|(number, item)| (number, *item)).collect())
    }

    const ROOMY: Bounds = Bounds { entries: 100, bytes: 100, age: Duration::from_secs(100) };

    #[test]
    fn what_came_after_a_number_is_handed_over_in_order() {
        let backlog = filled(ROOMY, &["a", "b", "c"], Instant::now());
        assert_eq!(missed(&backlog, 0), (0, vec![(1, "a"), (2, "b"), (3, "c")]));
        assert_eq!(missed(&backlog, 2), (0, vec![(3, "c")]));
        assert_eq!(missed(&backlog, 3), (0, vec![]));
        assert_eq!(missed(&backlog, 99), (0, vec![]), "a number that was never given");
        assert_eq!(missed(&Backlog::new(ROOMY), 0), (0, vec![]));
    }

    #[test]
    fn the_oldest_fall_out_and_are_counted_for_whoever_did_not_know_them() {
        let start = Instant::now();
        for bounds in
            [Bounds { entries: 2, ..ROOMY }, Bounds { bytes: 2, ..ROOMY }, Bounds { age: 2 * SECOND, ..ROOMY }]
        {
            let backlog = filled(bounds, &["a", "b", "c", "d"], start);
            assert_eq!(missed(&backlog, 0), (2, vec![(3, "c"), (4, "d")]), "{bounds:?}");
            assert_eq!(missed(&backlog, 1), (1, vec![(3, "c"), (4, "d")]), "{bounds:?}");
            assert_eq!(missed(&backlog, 3), (0, vec![(4, "d")]), "{bounds:?}");
        }
    }

    #[test]
    fn one_entry_above_the_bound_leaves_nothing() {
        let backlog = filled(Bounds { bytes: 3, ..ROOMY }, &["a", "long"], Instant::now());
        assert_eq!(missed(&backlog, 0), (2, vec![]));
        assert_eq!(backlog.bytes, 0);
    }

    #[test]
    fn age_is_looked_at_when_it_is_asked_for() {
        let start = Instant::now();
        let mut backlog = filled(Bounds { age: 5 * SECOND, ..ROOMY }, &["a", "b"], start);
        assert_eq!(backlog.expire(start + 4 * SECOND), Some(start + 5 * SECOND));
        assert_eq!(backlog.expire(start + 5 * SECOND), Some(start + 6 * SECOND));
        assert_eq!(backlog.expire(start + 6 * SECOND), None);
        assert!(backlog.is_empty());
        assert_eq!(backlog.last(), 2);
    }
}
