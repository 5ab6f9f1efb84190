//! What one instance has said so far, and what whoever is attached must therefore have heard: the oracle, without I/O.
//!
//! An instance says two kinds of things to all who are attached. *Words* come in an order that everybody sees alike:
//! numbered pushes, deaths and returns of its worker, new names. *Results* of the jobs of one session are shown to the
//! others, each once; two sessions that ask at the same time have no order among them.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

/// Names a job, within a world.
pub(crate) type Tag = u64;

/// Something that everybody hears, in the same order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Word {
    /// A push with its number in the instance.
    Push(u64),
    /// The worker died; the text tells how.
    Died(String),
    /// Another worker is connected as the one before was.
    Back,
    /// The actor is called something else.
    Renamed(String),
}

/// What is wrong, for people to read.
pub(crate) type Wrong = String;

/// From when on an instance keeps what it says for those who are not there.
#[derive(Debug, Clone)]
struct Log {
    /// The first thing in it, counted from the beginning: at least … at most.
    first: (usize, usize),
    /// Whether it must be there: it is certain that the instance knew itself deserted.
    sure: bool,
    /// When it is closed, somebody having come: not before …; `None`: never.
    earliest: Option<Instant>,
    /// … and not after.
    latest: Option<Instant>,
    /// Whether it may have been closed before a later desertion was noticed, which then began another one.
    renewed: bool,
}

/// What one instance has said.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    words: Vec<Word>,
    /// Jobs of the same round have the same number: no order is known among them.
    results: Vec<(Tag, u64)>,
    /// What it may have said last, one of these; empty: nothing is uncertain.
    open: Vec<Vec<Word>>,
    log: Option<Log>,
    /// Messages kept for those who are away.
    kept: usize,
    linger: Duration,
}

/// How far a session that is attached has heard.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    words: usize,
    results: usize,
}

/// When, and after how much, a session was attached.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival {
    /// What had been said by then, if the worker had not been dying at the time.
    pub(crate) said: usize,
    /// Results that had been shown by then.
    pub(crate) results: usize,
    /// Asked, and answered.
    pub(crate) between: (Instant, Instant),
    /// Whether it came while a worker was being replaced.
    pub(crate) wounded: bool,
}

/// What a session has heard of an instance since the last look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) words: Vec<Word>,
    pub(crate) results: Vec<Tag>,
    /// Answers that came as events: they take room, too.
    pub(crate) answers: usize,
    /// How many messages it was told are lost.
    pub(crate) lost: usize,
    /// Words and results that it had heard before those.
    pub(crate) before: (Vec<Word>, Vec<Tag>),
}

impl Line {
    /// Nothing yet.
    pub(crate) fn new(kept: usize, linger: Duration) -> Self {
        Self { words: Vec::new(), results: Vec::new(), open: Vec::new(), log: None, kept, linger }
    }

    /// The instance says this.
    pub(crate) fn say(&mut self, words: impl IntoIterator<Item = Word>) {
        self.words.extend(words);
    }

    /// It says one of these; whoever is there will know which.
    pub(crate) fn say_one_of(&mut self, ways: Vec<Vec<Word>>) {
        self.open = ways;
    }

    /// A job succeeded: all but its asker are shown.
    pub(crate) fn show(&mut self, tag: Tag, round: u64) {
        self.results.push((tag, round));
    }

    /// The number of things said.
    pub(crate) fn said(&self) -> usize {
        self.words.len() + self.results.len()
    }

    /// Results shown.
    pub(crate) fn results(&self) -> usize {
        self.results.len()
    }

    /// Where somebody is who has heard everything.
    pub(crate) fn end(&self) -> Place {
        Place { words: self.words.len(), results: self.results.len() }
    }

    /// The last one who was there left. `sure`: the instance knows by now; `first`: what it says from there on may be,
    /// or is, in its log.
    pub(crate) fn deserted(&mut self, sure: bool, first: (usize, usize)) {
        match &mut self.log {
            Some(log) => {
                let now = Instant::now();
                if log.earliest.is_some_and(|earliest| earliest <= now) {
                    // Whether the log was closed before this is not known.
                    log.sure = false;
                    log.first.1 = log.first.1.max(first.1);
                }
                log.latest = None;
                if sure {
                    log.earliest = None;
                } else {
                    log.renewed |= log.earliest.is_some();
                }
            }
            None => self.log = Some(Log { first, sure, earliest: None, latest: None, renewed: false }),
        }
    }

    /// It is certain now that the instance noticed that it was deserted.
    pub(crate) fn was_deserted(&mut self) {
        if let Some(log) = &mut self.log {
            log.sure |= log.earliest.is_none();
        }
    }

    /// Somebody came between these times.
    pub(crate) fn attended(&mut self, between: (Instant, Instant)) {
        if let Some(log) = &mut self.log {
            if log.latest.is_none() {
                log.latest = Some(between.1 + self.linger);
            }
            log.earliest.get_or_insert(between.0 + self.linger);
        }
    }

    /// What somebody heard who had been at `place`, `own` being the jobs whose answers it got itself: all that was said
    /// since, once each and in order, but for what it was told is lost. `missing` more may be lost: answers. Returns
    /// where it is now.
    pub(crate) fn follow(
        &mut self,
        place: Place,
        heard: &Heard,
        own: impl Fn(Tag) -> bool,
        missing: (usize, usize),
    ) -> Result<Place, Wrong> {
        if !self.open.is_empty() {
            self.settle(place, heard)?;
        }
        let (words_before, results_before) = &heard.before;
        let words = self.words[place.words..].strip_prefix(&words_before[..]);
        let words = words.ok_or_else(|| format!("heard {words_before:?} before what is lost"))?;
        let shown = &self.results[place.results..];
        if let Some(unknown) = results_before.iter().find(|tag| shown.iter().all(|(known, _)| known != *tag)) {
            return Err(format!("result {unknown} is none of {shown:?}"));
        }
        let is_left = |tag: &Tag| !own(*tag) && !results_before.contains(tag);
        let shown: Vec<_> = shown.iter().copied().filter(|(tag, _)| is_left(tag)).collect();
        if heard.lost == 0 && heard.words != words {
            return Err(format!("heard {:?}, said was {words:?}", heard.words));
        }
        let words_missing = suffix(words, &heard.words)?;
        let results_missing = latest(&shown, &heard.results)?;
        let lost = words_missing + results_missing;
        if heard.lost < lost + missing.0 || heard.lost > lost + missing.1 {
            return Err(format!("{} are said to be lost, {lost} and {missing:?} answers are: {heard:?}", heard.lost));
        }
        if heard.lost > 0 && heard.words.len() + heard.results.len() + heard.answers + missing.1 < self.kept {
            return Err(format!("{} are lost although there was room: {heard:?}", heard.lost));
        }
        Ok(self.end())
    }

    /// What somebody heard who was attached anew at `arrival`: all since then and, before it, what nobody was there to
    /// hear. Returns where it is now.
    pub(crate) fn greet(&mut self, arrival: Arrival, heard: &Heard, own: impl Fn(Tag) -> bool) -> Result<Place, Wrong> {
        if !heard.before.0.is_empty() || !heard.before.1.is_empty() {
            return Err(format!("what is lost comes first: {heard:?}"));
        }
        suffix(&self.words, &heard.words)?;
        let own_since = self.results[arrival.results..].iter().filter(|(tag, _)| own(*tag)).count();
        let of_others: Vec<_> = {
            let since = self.results.iter().enumerate();
            since.filter(|(at, (tag, _))| *at < arrival.results || !own(*tag)).map(|(_, result)| *result).collect()
        };
        latest(&of_others, &heard.results)?;
        let since = self.said() - arrival.said - own_since;
        let total = heard.lost + heard.words.len() + heard.results.len();
        let logged = total.checked_sub(since).ok_or_else(|| format!("of {since} things since it came only {total}"))?;
        let replayed = logged - heard.lost.min(logged);
        let slack = if arrival.wounded { 2 } else { 0 };
        if heard.lost > 0 && !(self.kept..=self.kept + slack).contains(&replayed) || replayed > self.kept + slack {
            return Err(format!("{} lost, {replayed} kept of at most {}", heard.lost, self.kept));
        }
        self.learn(arrival, logged)?;
        self.attended(arrival.between);
        Ok(self.end())
    }

    /// A newcomer was given that many things from the log, lost ones included.
    fn learn(&mut self, arrival: Arrival, logged: usize) -> Result<(), Wrong> {
        let closed = |log: &Log| log.latest.is_some_and(|latest| arrival.between.0 > latest);
        let Some(log) = self.log.as_mut().filter(|log| !closed(log)) else {
            self.log = None;
            return if logged == 0 { Ok(()) } else { Err(format!("{logged} things that were not for it")) };
        };
        let may_be_closed = log.earliest.is_some_and(|earliest| arrival.between.1 > earliest);
        let last = if may_be_closed && log.renewed { usize::MAX } else { log.first.1 };
        let possible = arrival.said.saturating_sub(last)..=arrival.said - log.first.0;
        if possible.contains(&logged) {
            // One that is not there, or is closed, looks like one with nothing in it.
            log.sure |= logged > 0;
            log.first = (arrival.said - logged, arrival.said - logged);
            log.renewed = false;
            return Ok(());
        }
        if logged == 0 && (!log.sure || may_be_closed) {
            self.log = None;
            return Ok(());
        }
        Err(format!("given {logged} things that nobody was there to hear, of {possible:?}"))
    }

    /// Finds out which of the ways it was.
    fn settle(&mut self, place: Place, heard: &Heard) -> Result<(), Wrong> {
        let known = &self.words[place.words..];
        let is = |way: &&Vec<Word>| known.iter().chain(way.iter()).eq(&heard.words);
        let Some(way) = self.open.iter().find(is) else {
            return Err(format!("heard {:?}, said was {known:?} and one of {:?}", heard.words, self.open));
        };
        self.words.extend(way.clone());
        self.open.clear();
        Ok(())
    }
}

/// How many words come before those heard, which must be the last ones.
fn suffix(said: &[Word], heard: &[Word]) -> Result<usize, Wrong> {
    if !said.ends_with(heard) {
        return Err(format!(
            "heard {heard:?}, said last was {:?}",
            &said[said.len().saturating_sub(heard.len() + 3)..]
        ));
    }
    Ok(said.len() - heard.len())
}

/// How many results come before those heard, which must be the last ones, each once.
fn latest(shown: &[(Tag, u64)], heard: &[Tag]) -> Result<usize, Wrong> {
    let distinct: BTreeSet<_> = heard.iter().copied().collect();
    if distinct.len() != heard.len() {
        return Err(format!("results heard twice: {heard:?}"));
    }
    let known: BTreeSet<_> = shown.iter().map(|(tag, _)| *tag).collect();
    if let Some(unknown) = distinct.difference(&known).next() {
        return Err(format!("result {unknown} is none of {known:?}"));
    }
    let oldest = shown.iter().filter(|(tag, _)| distinct.contains(tag)).map(|(_, round)| *round).min();
    let skipped =
        shown.iter().find(|(tag, round)| oldest.is_some_and(|oldest| *round > oldest) && !distinct.contains(tag));
    if let Some((tag, _)) = skipped {
        return Err(format!("result {tag} is missing among {heard:?}"));
    }
    Ok(shown.len() - heard.len())
}

#[cfg(test)]
mod tests;
