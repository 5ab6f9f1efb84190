//! What is known of a feed's entries, and what a document has that is new.
//!
//! Feeds do strange things at times: they show nothing, or all of their archive as if it were new. What nobody would want to be
//! told of is only taken note of.

mod pair;

use crate::follow::marks::{Marks, Seen};
use pair::Pair;
use std::collections::{HashMap, HashSet};

/// Entries of a document that are looked at, the newest; and the most that are known of a feed.
pub(crate) const MAX_KNOWN: usize = 500;
/// As many are known of any feed, though it shows fewer: those that went may come back.
const LEAST_KNOWN: usize = 64;
/// Time between two updates of one entry, in milliseconds.
const CALM: u64 = 3_600_000;
/// Entries that may change, or appear with an old date, all at once. If more do, and that is the larger part of what is shown,
/// the feed was made anew.
const FLOOD: usize = 10;
/// How old the date of an entry is that has come late, in milliseconds. Zones are got wrong, and some write first.
const LATE: u64 = 86_400_000;

/// What is known of one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) marks: Marks,
    /// When it was first seen, in milliseconds since 1970; of one that was there before us, when it was published; else 0.
    pub(crate) first: u64,
    /// When its last update was told; 0: none was.
    pub(crate) changed: u64,
}

/// What is known of a feed's entries: those it showed last, newest first, then those that went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) entries: Vec<Entry>,
}

/// How an entry is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Post,
    Update,
}

/// What a document has that was not known.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Diff {
    /// What is to be told, oldest first, by place in the document.
    pub(crate) news: Vec<(usize, Kind)>,
    /// What looked new, or changed, and is not told because the feed was made anew.
    pub(crate) hushed: usize,
    /// Whether something waits until it may be told: the same document is worth another look.
    pub(crate) deferred: bool,
    /// Whether anything is known now that was not before.
    pub(crate) learnt: bool,
}

/// When a document is looked at, in milliseconds since 1970.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    pub(crate) now: u64,
    /// When the feed was looked at before.
    pub(crate) before: u64,
    /// Whether the document is all that the feed shows, not only what is new.
    pub(crate) whole: bool,
}

impl Known {
    /// What there is when a feed is looked at for the first time. None of it is news.
    pub(crate) fn baseline(shown: &[Seen], now: u64) -> Self {
        let mut known = Self::default();
        for seen in shown.iter().take(MAX_KNOWN) {
            if !known.entries.iter().any(|entry| entry.marks.id == seen.marks.id) {
                known.entries.push(old(seen, now));
            }
        }
        known.entries.shrink_to_fit();
        known
    }

    /// Takes note of what a document shows, newest first, and tells what of it is new.
    pub(crate) fn compare(&mut self, shown: &[Seen], look: Look) -> Diff {
        let shown = &shown[..shown.len().min(MAX_KNOWN)];
        // An empty document is a server's bad moment; there is nothing to learn from it.
        if shown.is_empty() {
            return Diff::default();
        }
        let pairs = self.pair(shown);
        let mut diff = Diff::default();
        let mut entries: Vec<Entry> = Vec::with_capacity(shown.len());
        let fresh = pairs.iter().zip(shown).filter(|(pair, seen)| **pair == Pair::None && is_late(seen, look)).count();
        let edited = pairs.iter().zip(shown).filter(|(pair, seen)| self.is_edited(**pair, seen)).count();
        let [no_posts, no_updates] = [fresh, edited].map(|count| count > FLOOD && count * 2 > shown.len());
        for (at, (seen, pair)) in shown.iter().zip(&pairs).enumerate() {
            let entry = match *pair {
                Pair::Twice => continue,
                Pair::None if no_posts && is_late(seen, look) => {
                    diff.hushed += 1;
                    old(seen, look.now)
                }
                Pair::None => {
                    diff.news.push((at, Kind::Post));
                    Entry { marks: seen.marks, first: look.now, changed: 0 }
                }
                Pair::Same(place) | Pair::Renamed(place) => {
                    let known = self.entries[place];
                    let is_edited = self.is_edited(*pair, seen);
                    if !is_edited {
                        Entry { marks: seen.marks, ..known }
                    } else if no_updates {
                        diff.hushed += 1;
                        Entry { marks: seen.marks, ..known }
                    } else if known.changed != 0 && look.now.saturating_sub(known.changed) < CALM {
                        diff.deferred = true;
                        Entry { marks: Marks { id: seen.marks.id, ..known.marks }, ..known }
                    } else {
                        diff.news.push((at, Kind::Update));
                        Entry { marks: seen.marks, changed: look.now, ..known }
                    }
                }
            };
            diff.learnt |= pair.place().map(|place| self.entries[place]) != Some(entry);
            entries.push(entry);
        }
        diff.news.reverse();
        self.put(entries, &pairs, look.whole);
        diff
    }

    /// What a document shows that somebody has not been told who was told everything until then, oldest first.
    pub(crate) fn since(&self, shown: &[Seen], told: u64) -> Vec<(usize, Kind)> {
        let places = self.places();
        let (mut news, mut met) = (Vec::new(), HashSet::new());
        for (at, seen) in shown.iter().enumerate().take(MAX_KNOWN).filter(|(_, seen)| met.insert(seen.marks.id)) {
            match places.get(&seen.marks.id).map(|place| self.entries[*place]) {
                Some(entry) if entry.first > told => news.push((at, Kind::Post)),
                Some(entry) if entry.changed > told => news.push((at, Kind::Update)),
                _ => {}
            }
        }
        news.reverse();
        news
    }

    fn places(&self) -> HashMap<u32, usize> {
        self.entries.iter().enumerate().map(|(place, entry)| (entry.marks.id, place)).collect()
    }

    /// Puts what is shown in front of what has gone.
    fn put(&mut self, mut entries: Vec<Entry>, pairs: &[Pair], whole: bool) {
        let mut is_shown = vec![false; self.entries.len()];
        for place in pairs.iter().filter_map(|pair| pair.place()) {
            is_shown[place] = true;
        }
        let most = if whole { (2 * entries.len()).max(LEAST_KNOWN) } else { MAX_KNOWN };
        let gone = self.entries.iter().zip(is_shown).filter(|(_, is_shown)| !is_shown).map(|(entry, _)| *entry);
        entries.extend(gone);
        entries.truncate(most.min(MAX_KNOWN));
        entries.shrink_to_fit();
        self.entries = entries;
    }
}

/// An entry that was there before us.
fn old(seen: &Seen, now: u64) -> Entry {
    Entry { marks: seen.marks, first: seen.date.unwrap_or(0).min(now), changed: 0 }
}

/// Whether an entry should have been there at the look before, by its date.
fn is_late(seen: &Seen, look: Look) -> bool {
    seen.date.is_some_and(|date| date + LATE < look.before)
}

#[cfg(test)]
mod tests;
