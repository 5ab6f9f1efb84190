//! When to try again after a connection was lost.

use std::time::Duration;

/// The first pause, and the longest (platforms.md 8.3).
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(1);

/// Pauses that double, each shortened at random by up to half, so that those who lost their server together do not come
/// back together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Backoff {
    attempts: u32,
    random: u64,
}

impl Backoff {
    pub(super) fn new(seed: u64) -> Self {
        Self { attempts: 0, random: seed | 1 }
    }

    /// The pause before the next attempt.
    pub(super) fn next(&mut self) -> Duration {
        let whole = FIRST.saturating_mul(1 << self.attempts.min(10)).min(LONGEST);
        self.attempts = self.attempts.saturating_add(1);
        // xorshift64: jitter has to differ, not to be unpredictable.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let half = whole / 2;
        half + half.mul_f64(f64::from(u32::try_from(self.random >> 32).unwrap_or(0)) / f64::from(u32::MAX))
    }

    /// A connection stood.
    pub(super) fn reset(&mut self) {
        self.attempts = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_minute_and_differ() {
        let mut one = Backoff::new(1);
        let mut other = Backoff::new(99);
        let pauses: Vec<_> = (0..20).map(|_| one.next()).collect();
        assert!(pauses[0] >= FIRST / 2 && pauses[0] <= FIRST);
        assert!(pauses[19] >= LONGEST / 2 && pauses.iter().all(|pause| *pause <= LONGEST));
        assert_ne!(pauses, (0..20).map(|_| other.next()).collect::<Vec<_>>());
        one.reset();
        assert!(one.next() <= FIRST);
    }
}
