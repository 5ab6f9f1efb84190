//! The time of day, by a clock that is never put back.

use std::time::{Duration, SystemTime};
use tokio::time::{Instant, sleep_until};

/// Milliseconds since 1970, counted on from when it was made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    began: Instant,
    at: u64,
}

impl Clock {
    pub(crate) fn new() -> Self {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { began: Instant::now(), at: millis(since) }
    }

    pub(crate) fn now(&self) -> u64 {
        self.at + millis(self.began.elapsed())
    }

    /// Resolves at that time; never where there is none.
    pub(crate) async fn until(&self, at: Option<u64>) {
        match at {
            Some(at) => sleep_until(self.began + Duration::from_millis(at.saturating_sub(self.at))).await,
            None => std::future::pending().await,
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_goes_on() {
        let clock = Clock::new();
        let now = clock.now();
        clock.until(Some(now + 5000)).await;
        assert_eq!(clock.now(), now + 5000);
        clock.until(Some(now)).await;
        assert_eq!(clock.now(), now + 5000);
    }
}
