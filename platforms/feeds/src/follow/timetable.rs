//! Which feed is looked at when. However their times fall together, no second gets many more than its share.

use std::collections::BTreeMap;
use std::rc::Rc;

const SECOND: u64 = 1000;
/// Looks that begin within one second, at least, whatever the share of each is.
const FEW: u64 = 4;
/// How many times its even share a second may get.
const UNEVEN: u64 = 2;
/// A wait is taken for this long at least when shares are reckoned, in milliseconds: who comes once and at once does not set
/// the pace.
const SHORTEST: u64 = 60 * SECOND;
/// What a look a millisecond would weigh.
const UNIT: u64 = 1 << 32;

/// Feeds by when they are due, in milliseconds since 1970.
#[derive(Debug, Default)]
pub(crate) struct Timetable {
    due: BTreeMap<(u64, Rc<str>), u32>,
    /// Looks per millisecond that all waits together come to, in parts of [`UNIT`].
    load: u64,
}

impl Timetable {
    /// Enters `topic` for that time, or for the next second that has a place. Tells for which.
    pub(crate) fn enter(&mut self, topic: &Rc<str>, at: u64, now: u64) -> u64 {
        let weight = u32::try_from(UNIT / at.saturating_sub(now).max(SHORTEST)).unwrap_or(u32::MAX);
        self.load += u64::from(weight);
        let most = (UNEVEN * self.load * SECOND / UNIT).max(FEW);
        let (mut at, least) = (at, Rc::<str>::from(""));
        loop {
            let second = at / SECOND * SECOND;
            let taken = self.due.range((second, Rc::clone(&least))..(second + SECOND, Rc::clone(&least))).count();
            if u64::try_from(taken).unwrap_or(u64::MAX) < most {
                break;
            }
            at += SECOND;
        }
        self.due.insert((at, Rc::clone(topic)), weight);
        at
    }

    /// Strikes out what was entered for that time.
    pub(crate) fn strike(&mut self, topic: &Rc<str>, at: u64) {
        if let Some(weight) = self.due.remove(&(at, Rc::clone(topic))) {
            self.load -= u64::from(weight);
        }
    }

    /// Takes out the first that is due.
    pub(crate) fn take(&mut self, now: u64) -> Option<Rc<str>> {
        let first = self.due.first_entry().filter(|first| first.key().0 <= now)?;
        let ((_, topic), weight) = first.remove_entry();
        self.load -= u64::from(weight);
        Some(topic)
    }

    /// When the first is due.
    pub(crate) fn first(&self) -> Option<u64> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3600 * SECOND;

    fn name(n: usize) -> Rc<str> {
        format!("http://h.example/{n}").into()
    }

    #[test]
    fn the_first_due_comes_first() {
        let mut table = Timetable::default();
        let [one, two] = [name(1), name(2)];
        table.enter(&one, 5000, 0);
        table.enter(&two, 3000, 0);
        assert_eq!((table.first(), table.take(2999)), (Some(3000), None));
        assert_eq!(table.take(3000), Some(two));
        table.strike(&one, 4000);
        assert_eq!(table.first(), Some(5000));
        table.strike(&one, 5000);
        assert_eq!((table.first(), table.load), (None, 0));
    }

    #[test]
    fn those_of_one_moment_are_spread() {
        let mut table = Timetable::default();
        for n in 0..3600 {
            table.enter(&name(n), HOUR, 0);
        }
        let times: Vec<_> = table.due.keys().map(|(at, _)| at / SECOND).collect();
        for second in times.chunk_by(|one, other| one == other) {
            assert!(second.len() <= 4, "{}", second.len());
        }
        assert!(times.last().unwrap() - times[0] <= 900);
        while table.take(u64::MAX).is_some() {}
        assert_eq!(table.load, 0);
    }

    #[test]
    fn many_that_come_often_have_more_room() {
        let mut table = Timetable::default();
        for n in 0..6000 {
            table.enter(&name(n), 60 * SECOND, 0);
        }
        let last = table.due.last_key_value().unwrap().0.0;
        assert!(last < 120 * SECOND, "a hundred a second are an even share: {last}");
    }
}
