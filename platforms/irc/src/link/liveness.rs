//! Whether the server is still there (platforms.md 7.3): asked after five minutes of silence, given up after five more.

use std::time::{Duration, Instant};

/// Silence after which the server is asked, and after which it is given up once it was.
const SILENCE: Duration = Duration::from_mins(5);

/// What to do about a silent server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing until then.
    Wait(Instant),
    /// Send it a `PING`.
    Ask,
    /// It is gone.
    Dead,
}

/// Since when it is silent.
#[derive(Debug)]
pub(super) struct Liveness {
    heard: Instant,
    asked: Option<Instant>,
}

impl Liveness {
    pub(super) fn new(now: Instant) -> Self {
        Self { heard: now, asked: None }
    }

    /// Something came from the server.
    pub(super) fn heard(&mut self, now: Instant) {
        self.heard = now;
        self.asked = None;
    }

    pub(super) fn judge(&mut self, now: Instant) -> Verdict {
        let limit = self.asked.unwrap_or(self.heard) + SILENCE;
        if now < limit {
            return Verdict::Wait(limit);
        }
        if self.asked.replace(now).is_some() { Verdict::Dead } else { Verdict::Ask }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_server_is_asked_once_and_then_given_up() {
        let start = Instant::now();
        let mut liveness = Liveness::new(start);
        assert_eq!(liveness.judge(start), Verdict::Wait(start + SILENCE));
        let asked = start + SILENCE;
        assert_eq!(liveness.judge(asked), Verdict::Ask);
        assert_eq!(liveness.judge(asked), Verdict::Wait(asked + SILENCE));
        assert_eq!(liveness.judge(asked + SILENCE), Verdict::Dead);
    }

    #[test]
    fn whatever_it_says_proves_that_it_lives() {
        let start = Instant::now();
        let mut liveness = Liveness::new(start);
        assert_eq!(liveness.judge(start + SILENCE), Verdict::Ask);
        let later = start + SILENCE + Duration::from_secs(9);
        liveness.heard(later);
        assert_eq!(liveness.judge(later), Verdict::Wait(later + SILENCE));
        assert_eq!(liveness.judge(later + SILENCE), Verdict::Ask);
    }
}
