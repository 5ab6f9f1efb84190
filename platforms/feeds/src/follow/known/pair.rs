//! Which known entry is which of those that are shown.
//!
//! Feeds give old entries new ids: they move to `https`, hang tracking parameters on, or change what they are made with. So
//! an entry of an unknown id is compared by what it says with the known ones that have gone at the same time. Evidence is only
//! what tells an entry from all others, here and there.

use super::{Entry, Known};
use crate::follow::marks::{Marks, Seen};
use std::collections::HashSet;

/// Which known entry a shown one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pair {
    /// None.
    None,
    /// This, by its id.
    Same(usize),
    /// This, by what it says.
    Renamed(usize),
    /// One that was shown before it in the document; once is enough.
    Twice,
}

/// What tells entries apart besides their ids: of a shown one, where that is evidence, and of a known one. The best first.
struct Evidence {
    of_seen: fn(&Seen) -> u32,
    of_known: fn(&Marks) -> u32,
}

const EVIDENCE: [Evidence; 3] = [
    Evidence {
        of_seen: |seen| if seen.is_named { seen.marks.link_title } else { 0 },
        of_known: |marks| marks.link_title,
    },
    Evidence { of_seen: |seen| seen.marks.title_date, of_known: |marks| marks.title_date },
    Evidence { of_seen: |seen| if seen.is_telling { seen.marks.content } else { 0 }, of_known: |marks| marks.content },
];

impl Pair {
    /// The known entry that it is.
    pub(super) fn place(self) -> Option<usize> {
        match self {
            Pair::Same(place) | Pair::Renamed(place) => Some(place),
            Pair::None | Pair::Twice => None,
        }
    }
}

impl Known {
    /// Which known entry each of the shown ones is.
    pub(super) fn pair(&self, shown: &[Seen]) -> Vec<Pair> {
        let (places, mut met) = (self.places(), HashSet::new());
        let by_id = |seen: &Seen| match places.get(&seen.marks.id) {
            _ if !met.insert(seen.marks.id) => Pair::Twice,
            Some(place) => Pair::Same(*place),
            None => Pair::None,
        };
        let mut pairs: Vec<_> = shown.iter().map(by_id).collect();
        let mut taken = vec![false; self.entries.len()];
        for place in pairs.iter().filter_map(|pair| pair.place()) {
            taken[place] = true;
        }
        for evidence in EVIDENCE {
            for at in 0..shown.len() {
                if pairs[at] == Pair::None
                    && let Some(place) = self.only(&evidence, shown, &pairs, at)
                    && !std::mem::replace(&mut taken[place], true)
                {
                    pairs[at] = Pair::Renamed(place);
                }
            }
        }
        pairs
    }

    /// The only known entry that has something in common with a shown one that no other shown one has.
    fn only(&self, evidence: &Evidence, shown: &[Seen], pairs: &[Pair], at: usize) -> Option<usize> {
        let print = (evidence.of_seen)(&shown[at]);
        let is_same = |(seen, pair): &(&Seen, &Pair)| **pair != Pair::Twice && (evidence.of_seen)(seen) == print;
        if print == 0 || shown.iter().zip(pairs).filter(is_same).count() > 1 {
            return None;
        }
        let is_like = |(_, entry): &(usize, &Entry)| (evidence.of_known)(&entry.marks) == print;
        let mut like = self.entries.iter().enumerate().filter(is_like);
        match (like.next(), like.next()) {
            (Some((place, _)), None) => Some(place),
            _ => None,
        }
    }

    /// Whether an entry says something else than before. One that was given another id will have another link too.
    pub(super) fn is_edited(&self, pair: Pair, seen: &Seen) -> bool {
        let Some(known) = pair.place().map(|place| self.entries[place].marks) else { return false };
        known.content != seen.marks.content
            || (matches!(pair, Pair::Same(_)) && known.link_title != seen.marks.link_title)
    }
}
