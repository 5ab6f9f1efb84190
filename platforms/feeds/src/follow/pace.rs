//! When a feed is looked at again: as often as it publishes, and never when it does not want that.

use crate::hints::Wishes;

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
pub(crate) const DAY: u64 = 24 * HOUR;
/// For a feed of which nobody knows how often it publishes.
const UNKNOWN: u64 = 15 * MINUTE;
/// Looks without news before the next ones are further and further apart.
const PATIENCE: u8 = 3;
/// The longest rest that a feed, its server or its cache headers can ask for.
const LONGEST_REST: u64 = 7 * DAY;
/// Dates that are looked at for how often a feed publishes, the newest.
const DATES: usize = 20;

/// Between which times of an operator's choice looks are apart, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) least: u64,
    pub(crate) most: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { least: 5 * MINUTE, most: DAY }
    }
}

/// What is known of how a feed behaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Pace {
    /// Half of the time between two entries, in seconds; 0: not known.
    pub(crate) half_gap: u32,
    /// Looks without news since the last.
    pub(crate) silent: u8,
    /// Looks that failed since the last that did not.
    pub(crate) failures: u8,
    pub(crate) wishes: Wishes,
}

/// What besides its pace decides when a feed is looked at.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Circumstances {
    /// For how long its server wants it to be left alone, or what is kept of it is fresh, in milliseconds.
    pub(crate) rest: u64,
    /// Whether somebody else tells what is new: then a look a day is enough.
    pub(crate) is_announced: bool,
}

impl Pace {
    /// Takes note of what a feed shows: the dates of all entries, and what it wishes.
    pub(crate) fn looked(&mut self, dates: impl Iterator<Item = u64>, wishes: Wishes, now: u64) {
        self.half_gap = half_gap(dates, now);
        self.wishes = wishes;
    }

    /// Takes note of whether a look had any news. One that was made before its time, because somebody asked, says nothing by
    /// having none.
    pub(crate) fn heard(&mut self, news: bool, is_due: bool) {
        self.failures = 0;
        if news {
            self.silent = 0;
        } else if is_due {
            self.silent = self.silent.saturating_add(1);
        }
    }

    /// Takes note of a look that failed.
    pub(crate) fn failed(&mut self) {
        self.failures = self.failures.saturating_add(1);
    }

    /// Time between two looks in milliseconds, before anybody's wishes.
    pub(crate) fn interval(&self, bounds: Bounds) -> u64 {
        let usual = if self.half_gap == 0 { UNKNOWN } else { u64::from(self.half_gap) * SECOND };
        let doublings = u32::from(self.silent.saturating_sub(PATIENCE).saturating_add(self.failures)).min(20);
        (usual.clamp(bounds.least, bounds.most) << doublings).min(bounds.most)
    }

    /// When to look again, in milliseconds since 1970. `seed` tells the feed from others: no two are looked at in step.
    pub(crate) fn next(&self, now: u64, seed: u64, bounds: Bounds, circumstances: Circumstances) -> u64 {
        let interval = self.interval(bounds);
        let interval = if circumstances.is_announced { interval.max(DAY) } else { interval };
        // A tenth more or less of one's own time; of somebody's wish only more.
        let jittered = interval / 10 * 9 + share(seed, interval / 5);
        let rest = circumstances.rest.max(u64::from(self.wishes.rest) * SECOND).min(LONGEST_REST);
        let rest = rest + share(seed, rest / 10);
        self.allowed(now + jittered.max(rest), seed)
    }

    /// That time, or where the feed does not want to be looked at then, one in the next hour in which it does.
    fn allowed(&self, at: u64, seed: u64) -> u64 {
        let Wishes { skip_hours, skip_days, .. } = self.wishes;
        // Who skips all of them cannot mean it.
        let skip_hours = if skip_hours & 0xff_ffff == 0xff_ffff { 0 } else { skip_hours };
        let skip_days = if skip_days & 0x7f == 0x7f { 0 } else { skip_days };
        let is_allowed = |hour: u64| {
            // 1970 began on a Thursday.
            let (day, hour) = ((hour / 24 + 3) % 7, hour % 24);
            skip_hours >> hour & 1 == 0 && skip_days >> day & 1 == 0
        };
        let hour = at / HOUR;
        match (hour..=hour + 7 * 24).find(|hour| is_allowed(*hour)) {
            Some(allowed) if allowed != hour => allowed * HOUR + share(seed, HOUR),
            _ => at,
        }
    }
}

/// A part of `span` that is the feed's own: less than all of it.
pub(crate) fn share(seed: u64, span: u64) -> u64 {
    let product = u128::from(seed) * u128::from(span);
    u64::try_from(product >> 64).unwrap_or_default()
}

/// Half of the median time between two entries, in seconds; 0 where there are too few.
fn half_gap(dates: impl Iterator<Item = u64>, now: u64) -> u32 {
    let mut dates: Vec<_> = dates.filter(|date| *date <= now).collect();
    dates.sort_unstable_by(|one, other| other.cmp(one));
    dates.dedup();
    dates.truncate(DATES);
    let mut gaps: Vec<_> = dates.windows(2).map(|pair| pair[0] - pair[1]).collect();
    if gaps.len() < 2 {
        return 0;
    }
    gaps.sort_unstable();
    u32::try_from(gaps[gaps.len() / 2] / 2 / SECOND).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-01 08:00 GMT, a Sunday.
    const NOW: u64 = 1_793_520_000_000;
    /// A share of one half: no jitter either way.
    const MIDDLE: u64 = 1 << 63;

    fn wait(pace: &Pace, circumstances: Circumstances) -> u64 {
        pace.next(NOW, MIDDLE, Bounds::default(), circumstances) - NOW
    }

    fn every(gap: u64) -> Pace {
        let mut pace = Pace::default();
        pace.looked((0..10).map(|n| NOW - n * gap), Wishes::default(), NOW);
        pace
    }

    #[test]
    fn a_feed_is_looked_at_twice_as_often_as_it_publishes() {
        assert_eq!(wait(&every(2 * HOUR), Circumstances::default()), HOUR);
        assert_eq!(wait(&every(MINUTE), Circumstances::default()), 5 * MINUTE);
        assert_eq!(wait(&every(30 * DAY), Circumstances::default()), DAY);
        assert_eq!(wait(&Pace::default(), Circumstances::default()), UNKNOWN);
        let mut few = Pace::default();
        few.looked([NOW, NOW - HOUR, NOW + DAY].into_iter(), Wishes::default(), NOW);
        assert_eq!(few.half_gap, 0, "two dates of the past are not enough");
    }

    #[test]
    fn the_usual_gap_counts_and_not_the_odd_one() {
        let dates = [0, 1, 2, 3, 4, 500].map(|hours| NOW - hours * HOUR);
        assert_eq!(half_gap(dates.into_iter(), NOW), 1800);
        assert_eq!(half_gap([NOW; 50].into_iter(), NOW), 0);
    }

    #[test]
    fn silence_and_failures_double_the_wait() {
        let mut pace = every(HOUR);
        let waits: Vec<_> = (0..12)
            .map(|_| {
                pace.heard(false, true);
                pace.heard(false, false);
                wait(&pace, Circumstances::default()) / MINUTE
            })
            .collect();
        assert_eq!(waits, [30, 30, 30, 60, 120, 240, 480, 960, 1440, 1440, 1440, 1440]);
        let mut pace = every(HOUR);
        pace.failed();
        pace.failed();
        assert_eq!(wait(&pace, Circumstances::default()), 2 * HOUR);
        for _ in 0..1000 {
            pace.failed();
        }
        assert_eq!(wait(&pace, Circumstances::default()), DAY);
        pace.heard(false, false);
        assert_eq!(wait(&pace, Circumstances::default()), 30 * MINUTE);
        for _ in 0..9 {
            pace.heard(false, true);
        }
        assert_eq!(wait(&pace, Circumstances::default()), 1920 * MINUTE - 480 * MINUTE);
        pace.heard(true, true);
        assert_eq!(wait(&pace, Circumstances::default()), 30 * MINUTE);
    }

    #[test]
    fn wishes_are_obeyed_up_to_a_week() {
        for (rest, expected) in [(60, HOUR), (7200, 2 * HOUR), (u32::MAX, 7 * DAY)] {
            let pace = Pace { wishes: Wishes { rest, ..Wishes::default() }, ..every(2 * HOUR) };
            let waited = wait(&pace, Circumstances::default());
            assert!(waited >= expected && waited <= expected + expected / 10, "{rest}: {waited}");
        }
        let fresh = Circumstances { rest: 3 * HOUR, ..Circumstances::default() };
        assert!(wait(&every(2 * HOUR), fresh) >= 3 * HOUR);
        let announced = Circumstances { is_announced: true, ..Circumstances::default() };
        assert_eq!(wait(&every(2 * HOUR), announced), DAY);
    }

    #[test]
    fn hours_and_days_that_a_feed_skips_are_skipped() {
        let next = |hours: &[u32], days: &[u32], at: u64| {
            let bits = |bits: &[u32]| bits.iter().fold(0_u32, |all, bit| all | 1 << bit);
            let skip_days = u8::try_from(bits(days)).unwrap();
            let wishes = Wishes { rest: 0, skip_hours: bits(hours), skip_days };
            Pace { wishes, ..Pace::default() }.allowed(at, MIDDLE) - NOW
        };
        assert_eq!(next(&[7, 9], &[0], NOW), 0);
        assert_eq!(next(&[8, 9], &[], NOW), 2 * HOUR + HOUR / 2);
        // A whole Sunday, and the hour after it.
        assert_eq!(next(&[0], &[6], NOW), 17 * HOUR + HOUR / 2);
        let all: Vec<_> = (0..24).collect();
        assert_eq!(next(&all, &[6], NOW), 16 * HOUR + HOUR / 2);
        assert_eq!(next(&all, &[0, 1, 2, 3, 4, 5, 6], NOW), 0);
        assert_eq!(next(&all[1..], &[0, 1, 2, 3, 4, 5], NOW), 6 * DAY + 16 * HOUR + HOUR / 2);
    }

    #[test]
    fn looks_are_a_tenth_earlier_or_later_by_the_feeds_own_measure() {
        let pace = every(2 * HOUR);
        let wait = |seed| pace.next(NOW, seed, Bounds::default(), Circumstances::default()) - NOW;
        assert_eq!(wait(0), 54 * MINUTE);
        assert!(wait(u64::MAX) <= 66 * MINUTE && wait(u64::MAX) > 65 * MINUTE);
        assert_eq!(wait(7), wait(7));
        assert_eq!((share(u64::MAX, 10), share(0, 10), share(MIDDLE, 10)), (9, 0, 5));
    }
}
