//! When to try again after a connection was lost.

use std::time::Duration;

/// Pauses that double, each shortened at random by up to half, so that those who lost their server together do not come
/// back together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    attempts: u32,
    random: u64,
}

impl Backoff {
    /// The first pause and the longest, and anything that differs between those who are to come back apart.
    pub fn new(first: Duration, longest: Duration, seed: u64) -> Self {
        Self { first, longest, attempts: 0, random: seed | 1 }
    }

    /// The pause before the next attempt.
    #[expect(clippy::should_implement_trait, reason = "pauses are taken, not iterated over")]
    pub fn next(&mut self) -> Duration {
        let whole = self.first.saturating_mul(1 << self.attempts.min(10)).min(self.longest);
        self.attempts = self.attempts.saturating_add(1);
        // xorshift64: jitter has to differ, not to be unpredictable.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let half = whole / 2;
        half + half.mul_f64(f64::from(u32::try_from(self.random >> 32).unwrap_or(0)) / f64::from(u32::MAX))
    }

    /// A connection stood.
    pub fn reset(&mut self) {
        self.attempts = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_secs(2);
    const LONGEST: Duration = Duration::from_mins(5);

    #[test]
    fn pauses_grow_to_the_longest_and_differ() {
        let [mut one, mut other] = [1, 99].map(|seed| Backoff::new(FIRST, LONGEST, seed));
        let pauses: Vec<_> = (0..20).map(|_| one.next()).collect();
        assert!(pauses[0] >= FIRST / 2 && pauses[0] <= FIRST);
        assert!(pauses[19] >= LONGEST / 2 && pauses.iter().all(|pause| *pause <= LONGEST));
        assert_ne!(pauses, (0..20).map(|_| other.next()).collect::<Vec<_>>());
        one.reset();
        assert!(one.next() <= FIRST);
    }
}
