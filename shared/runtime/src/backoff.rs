//! How long to wait before trying again.

use std::time::Duration;

/// Doubling waits with jitter: the n-th lies between half and the whole of `first · 2ⁿ`, which `most` caps. The jitter
/// keeps many waiters from coming back as one wave; it is handed in, so that the function is pure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The whole of the first wait.
    pub first: Duration,
    /// The whole of the longest wait.
    pub most: Duration,
}

impl Backoff {
    /// The wait after `failures` failures in a row, counted from 0 for the first. `jitter`: a random number, any.
    pub fn after(&self, failures: u32, jitter: u32) -> Duration {
        let whole = 1_u32.checked_shl(failures).map_or(self.most, |factor| self.first.saturating_mul(factor));
        let half = whole.min(self.most) / 2;
        half + half.mul_f64(f64::from(jitter) / f64::from(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff { first: Duration::from_secs(1), most: Duration::from_mins(1) };

    #[test]
    fn waits_double_up_to_the_longest() {
        let table = [(0, 1), (1, 2), (2, 4), (5, 32), (6, 60), (31, 60), (32, 60), (u32::MAX, 60)];
        for (failures, whole) in table {
            assert_eq!(BACKOFF.after(failures, u32::MAX), Duration::from_secs(whole), "{failures}");
            assert_eq!(BACKOFF.after(failures, 0), Duration::from_secs(whole) / 2, "{failures}");
        }
    }

    #[test]
    fn jitter_spreads_between_half_and_whole() {
        let middle = BACKOFF.after(0, u32::MAX / 2);
        assert!(middle > Duration::from_millis(749) && middle < Duration::from_millis(751), "{middle:?}");
    }

    #[test]
    fn extreme_settings_neither_overflow_nor_panic() {
        let endless = Backoff { first: Duration::MAX, most: Duration::MAX };
        assert!(endless.after(31, u32::MAX) <= Duration::MAX);
        let none = Backoff { first: Duration::ZERO, most: Duration::ZERO };
        assert_eq!(none.after(31, u32::MAX), Duration::ZERO);
    }
}
