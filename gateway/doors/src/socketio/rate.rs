//! Events per session (core.md 7.1): a fixed window, then a block.

use std::time::Duration;

use tokio::time::Instant;

/// How many events a session may send.
#[derive(Debug, Clone, Copy)]
pub struct RateLimit {
    /// Length of the window; zero: no limit.
    pub window: Duration,
    /// Events per window.
    pub max_requests: u64,
    /// How long a session that exceeds them is blocked.
    pub block: Duration,
}

/// What becomes of an event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is served.
    Pass,
    /// It is dropped, and the block begins: the one time to say so.
    Block,
    /// It is dropped like the others.
    Drop,
}

/// The limiter of one session.
#[derive(Debug)]
pub(crate) struct Limiter {
    limit: RateLimit,
    window_end: Option<Instant>,
    count: u64,
    blocked_until: Option<Instant>,
}

impl Limiter {
    pub(crate) fn new(limit: RateLimit) -> Self {
        Self { limit, window_end: None, count: 0, blocked_until: None }
    }

    /// An event arrived.
    pub(crate) fn on_event(&mut self, now: Instant) -> Verdict {
        if self.limit.window.is_zero() {
            return Verdict::Pass;
        }
        match self.blocked_until {
            Some(until) if now < until => return Verdict::Drop,
            Some(_) => {
                self.blocked_until = None;
                self.window_end = None;
            }
            None => {}
        }
        if self.window_end.is_none_or(|end| now > end) {
            self.window_end = Some(now + self.limit.window);
            self.count = 0;
        }
        self.count = self.count.saturating_add(1);
        if self.count <= self.limit.max_requests {
            return Verdict::Pass;
        }
        self.blocked_until = Some(now + self.limit.block);
        Verdict::Block
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn limiter() -> Limiter {
        Limiter::new(RateLimit { window: 1000 * MS, max_requests: 100, block: 5000 * MS })
    }

    #[test]
    fn the_event_after_the_last_allowed_blocks_and_says_so_once() {
        // core 52
        let (mut limiter, now) = (limiter(), Instant::now());
        assert!((0..100).all(|_| limiter.on_event(now) == Verdict::Pass));
        assert_eq!(limiter.on_event(now), Verdict::Block);
        assert_eq!(limiter.on_event(now + 4999 * MS), Verdict::Drop);
    }

    #[test]
    fn after_the_block_a_fresh_window_starts() {
        // core 53
        let (mut limiter, now) = (limiter(), Instant::now());
        while limiter.on_event(now) == Verdict::Pass {}
        let later = now + 5000 * MS;
        assert!((0..100).all(|_| limiter.on_event(later) == Verdict::Pass));
        assert_eq!(limiter.on_event(later), Verdict::Block);
    }

    #[test]
    fn windows_start_with_the_first_event_and_restart_when_older() {
        let (mut limiter, now) = (limiter(), Instant::now());
        assert!((0..100).all(|_| limiter.on_event(now + 500 * MS) == Verdict::Pass));
        assert!((0..100).all(|_| limiter.on_event(now + 1501 * MS) == Verdict::Pass));
    }

    #[test]
    fn a_window_of_zero_is_no_limit() {
        let mut limiter = Limiter::new(RateLimit { window: Duration::ZERO, max_requests: 0, block: MS });
        assert_eq!(limiter.on_event(Instant::now()), Verdict::Pass);
    }
}
