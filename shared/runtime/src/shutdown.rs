//! Soft stop, hard stop, and the drain between them.

use std::{future::Future, time::Duration};

use tokio_util::sync::CancellationToken;

/// The two stops of a process. Clones share them.
///
/// A *soft* stop asks: take nothing new, finish what has begun. A *hard* stop ends the waiting: drop what is left and
/// go. A hard stop is a soft one as well.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    soft: CancellationToken,
    hard: CancellationToken,
}

impl Shutdown {
    /// Nobody has asked yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins the soft stop.
    pub fn stop(&self) {
        self.soft.cancel();
    }

    /// Begins the hard stop.
    pub fn force(&self) {
        self.soft.cancel();
        self.hard.cancel();
    }

    /// Cancelled from the soft stop on.
    pub fn soft(&self) -> &CancellationToken {
        &self.soft
    }

    /// Cancelled from the hard stop on.
    pub fn hard(&self) -> &CancellationToken {
        &self.hard
    }

    /// Lets `work` run to its end for at most `within`, then begins the hard stop. `None`: it was dropped unfinished,
    /// because time was up or somebody else began the hard stop.
    pub async fn drain<T>(&self, within: Duration, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.hard.cancelled() => None,
            () = tokio::time::sleep(within) => {
                self.force();
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use tokio::time::Instant;

    use super::*;

    const WITHIN: Duration = Duration::from_secs(10);

    #[test]
    fn a_soft_stop_reaches_clones_and_is_not_hard() {
        let shutdown = Shutdown::new();
        let clone = shutdown.clone();
        assert!(!clone.soft().is_cancelled());
        shutdown.stop();
        assert!(clone.soft().is_cancelled());
        assert!(!clone.hard().is_cancelled());
    }

    #[test]
    fn a_hard_stop_is_a_soft_one_too() {
        let shutdown = Shutdown::new();
        shutdown.clone().force();
        assert!(shutdown.soft().is_cancelled() && shutdown.hard().is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn a_drain_ends_with_its_work() {
        let shutdown = Shutdown::new();
        assert_eq!(shutdown.drain(WITHIN, ready(7)).await, Some(7));
        assert!(!shutdown.hard().is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn a_drain_that_takes_too_long_becomes_a_hard_stop() {
        let shutdown = Shutdown::new();
        let start = Instant::now();
        assert_eq!(shutdown.drain(WITHIN, pending::<()>()).await, None);
        assert!(start.elapsed() >= WITHIN, "the paused clock moved on by {:?}", start.elapsed());
        assert!(shutdown.hard().is_cancelled());
    }

    #[tokio::test(start_paused = true)]
    async fn a_hard_stop_cuts_a_drain_short() {
        let shutdown = Shutdown::new();
        let start = Instant::now();
        let (outcome, ()) = tokio::join!(shutdown.drain(WITHIN, pending::<()>()), async { shutdown.force() });
        assert_eq!(outcome, None);
        assert_eq!(start.elapsed(), Duration::ZERO);
    }
}
