//! All topics, and what each learns from a look.

use crate::follow::known::{Diff, Kind, Known, Look};
use crate::follow::marks::Seen;
use crate::follow::pace::{Bounds, Circumstances, DAY, share};
use crate::follow::timetable::Timetable;
use crate::follow::topic::{self, Lore, Topic};
use crate::hints::Wishes;
use footbridge_host::Returning;
use footbridge_outbound::Version;
use std::collections::HashMap;
use std::rc::Rc;

/// Nothing waits longer for its next look, unless it is looked at that seldom, in milliseconds.
const FAR: u64 = 8 * DAY;

/// What a document shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown<'a> {
    /// Its entries, newest first.
    pub(crate) entries: &'a [Seen],
    pub(crate) wishes: Wishes,
    /// Its fingerprint.
    pub(crate) document: u64,
    /// Whether it is all that the feed shows, and not only what is new.
    pub(crate) whole: bool,
}

/// What is to be told after a look.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) diff: Diff,
    /// What each who has come back is to be told alone.
    pub(crate) returning: Vec<(u64, Vec<(usize, Kind)>)>,
}

/// All topics. Times are in milliseconds since 1970.
#[derive(Debug)]
pub(crate) struct Watched {
    topics: HashMap<Rc<str>, Topic>,
    timetable: Timetable,
    bounds: Bounds,
}

impl Watched {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self { topics: HashMap::new(), timetable: Timetable::default(), bounds }
    }

    pub(crate) fn len(&self) -> usize {
        self.topics.len()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Topic> {
        self.topics.get(name)
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut Topic> {
        self.topics.get_mut(name)
    }

    /// The topic, as a new one if there was none.
    pub(crate) fn add(&mut self, name: &Rc<str>) -> &mut Topic {
        self.topics.entry(Rc::clone(name)).or_default()
    }

    pub(crate) fn remove(&mut self, name: &str) -> Option<Topic> {
        let (name, topic) = self.topics.remove_entry(name)?;
        if let Some(at) = topic.entered {
            self.timetable.strike(&name, at);
        }
        Some(topic)
    }

    /// Takes in what was kept of a topic, and enters it: who has come back is waiting, who was to be looked at later is, and
    /// the others are spread over the time that is usual for them.
    pub(crate) fn recalled(&mut self, name: &Rc<str>, lore: Option<Lore>, now: u64) {
        let bounds = self.bounds;
        let Some(topic) = self.topics.get_mut(name).filter(|topic| !topic.is_recalled) else { return };
        topic.is_recalled = true;
        topic.lore = lore.unwrap_or_default();
        let interval = topic.lore.pace.interval(bounds);
        let at = if !topic.returning.is_empty() {
            now
        } else if topic.lore.due > now && topic.lore.due - now <= FAR.max(2 * interval) {
            topic.lore.due
        } else {
            now + share(topic::seed(name), interval)
        };
        self.enter(name, at, now);
    }

    /// Somebody has come back: it is looked at now.
    pub(crate) fn returned(&mut self, name: &Rc<str>, returning: Returning, now: u64) {
        let Some(topic) = self.topics.get_mut(name) else { return };
        match topic.returning.iter_mut().find(|known| known.follower == returning.follower) {
            Some(known) => known.told = known.told.min(returning.told),
            None => topic.returning.push(returning),
        }
        if topic.is_recalled && !topic.is_busy {
            self.enter(name, now, now);
        }
    }

    /// The next topic that is due, which is busy from now on.
    pub(crate) fn due(&mut self, now: u64) -> Option<Rc<str>> {
        let name = self.timetable.take(now)?;
        if let Some(topic) = self.topics.get_mut(&name) {
            topic.entered = None;
            topic.is_busy = true;
        }
        Some(name)
    }

    /// When the next one is due.
    pub(crate) fn first(&self) -> Option<u64> {
        self.timetable.first()
    }

    /// Whether there is nothing to be learnt from that document.
    pub(crate) fn has_seen(&self, name: &str, document: u64) -> bool {
        self.topics.get(name).is_some_and(|topic| topic.document == document && topic.returning.is_empty())
    }

    /// The version of a topic that was seen, where the same once more would tell nothing.
    pub(crate) fn version(&self, name: &str) -> Option<Version> {
        let topic = self.topics.get(name).filter(|topic| topic.document != 0 && topic.returning.is_empty())?;
        topic.version.as_deref().cloned()
    }

    /// Takes note of what a document shows; nothing if nobody follows the topic any more.
    pub(crate) fn shown(&mut self, name: &str, shown: Shown<'_>, now: u64) -> Option<Found> {
        let topic = self.topics.get_mut(name)?;
        let lore = &mut topic.lore;
        let look = Look { now, before: lore.looked, whole: shown.whole };
        let diff = if let Some(known) = &mut lore.known {
            known.compare(shown.entries, look)
        } else {
            lore.known = Some(Known::baseline(shown.entries, now));
            Diff { learnt: true, ..Diff::default() }
        };
        if shown.whole {
            let dates = shown.entries.iter().filter_map(|seen| seen.date);
            lore.pace.looked(dates, shown.wishes, now);
            lore.pace.heard(!diff.news.is_empty(), now >= lore.due);
            let posts = diff.news.iter().any(|(_, kind)| *kind == Kind::Post);
            if let Some(lease) = lore.lease.as_mut().filter(|lease| posts && lease.is_kept(now)) {
                // It has had the time between two looks to tell.
                lease.is_deaf |= lease.asked < lore.looked;
            }
            lore.looked = now;
            topic.document = if diff.deferred { 0 } else { shown.document };
        } else if let Some(lease) = &mut lore.lease {
            lease.is_deaf = false;
        }
        let mut found = Found { diff, returning: Vec::new() };
        if shown.whole
            && let Some(known) = &lore.known
        {
            let away = std::mem::take(&mut topic.returning);
            // What is told to all now is not told again to one of them.
            let news = |since: Vec<(usize, Kind)>| -> Vec<_> {
                since.into_iter().filter(|(at, _)| !found.diff.news.iter().any(|(told, _)| told == at)).collect()
            };
            found.returning =
                away.iter().map(|one| (one.follower, news(known.since(shown.entries, one.told)))).collect();
        }
        Some(found)
    }

    /// Takes note of a feed that shows what it showed before. Says when it was kept last.
    pub(crate) fn unchanged(&mut self, name: &str, now: u64) -> Option<u64> {
        let topic = self.topics.get_mut(name)?;
        topic.lore.pace.heard(false, now >= topic.lore.due);
        topic.lore.looked = now;
        Some(topic.kept)
    }

    /// Ends a look, and enters the next.
    pub(crate) fn settle(&mut self, name: &Rc<str>, rest: u64, now: u64) {
        let Some(topic) = self.topics.get_mut(name) else { return };
        topic.is_busy = false;
        let announced = topic.lore.lease.as_ref().filter(|lease| lease.is_kept(now)).map(|lease| lease.again(now));
        let circumstances = Circumstances { rest, is_announced: announced.is_some() };
        let next = topic.lore.pace.next(now, topic::seed(name), self.bounds, circumstances);
        // In time to renew the lease, too.
        let again = announced.map_or(u64::MAX, |again| again.max(now + self.bounds.least));
        topic.lore.due = next.min(again);
        let at = topic.lore.due;
        self.enter(name, at, now);
    }

    /// Looks at a topic that is not being looked at.
    pub(crate) fn hurry(&mut self, name: &Rc<str>, now: u64) {
        if self.topics.get(name).is_some_and(|topic| topic.is_recalled && !topic.is_busy) {
            self.enter(name, now, now);
        }
    }

    fn enter(&mut self, name: &Rc<str>, at: u64, now: u64) {
        let Some(topic) = self.topics.get_mut(name) else { return };
        if let Some(entered) = topic.entered.take() {
            self.timetable.strike(name, entered);
        }
        topic.entered = Some(self.timetable.enter(name, at, now));
    }
}

#[cfg(test)]
mod tests;
