//! Whether Redis can be reached, and since when not.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

/// What is known of Redis' reach.
#[derive(Default)]
pub(super) struct Contact {
    away_since: Mutex<Option<Instant>>,
    gave_up: AtomicBool,
    lost: Notify,
}

impl Contact {
    /// Redis answered. Whether that is news.
    pub(super) fn worked(&self) -> bool {
        let was_away = self.lock().take().is_some();
        self.gave_up.store(false, Ordering::Relaxed);
        was_away
    }

    /// Redis did not answer something asked at `since`. Whether that is news.
    pub(super) fn failed(&self, since: Instant) -> bool {
        let mut away_since = self.lock();
        let news = away_since.is_none();
        away_since.get_or_insert(since);
        drop(away_since);
        self.lost.notify_one();
        news
    }

    /// Whether Redis answered when it was last asked.
    pub(super) fn is_good(&self) -> bool {
        self.lock().is_none()
    }

    /// Whether Redis has been away for too long.
    pub(super) fn gave_up(&self) -> bool {
        self.gave_up.load(Ordering::Relaxed)
    }

    /// Waits until Redis has been away for `patience`; returns once each time that it happens.
    pub(super) async fn patience_ended(&self, patience: Duration) {
        loop {
            let since = *self.lock();
            match since.filter(|_| !self.gave_up()) {
                Some(since) => {
                    tokio::time::sleep_until(since + patience).await;
                    // It may have come back meanwhile, and even be away again.
                    if *self.lock() == Some(since) {
                        self.gave_up.store(true, Ordering::Relaxed);
                        return;
                    }
                }
                None => self.lost.notified().await,
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        // A time is whole whatever happened to whoever wrote it.
        self.away_since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn patience_ends_once_per_absence_and_counts_from_the_first_failure() {
        let contact = Contact::default();
        let start = Instant::now();
        assert!(contact.failed(start));
        tokio::time::advance(Duration::from_secs(4)).await;
        assert!(!contact.failed(Instant::now()));
        contact.patience_ended(PATIENCE).await;
        assert_eq!(start.elapsed(), PATIENCE);
        assert!(contact.gave_up());
        assert!(contact.patience_ended(PATIENCE).now_or_never().is_none());
        assert!(contact.worked() && contact.is_good() && !contact.gave_up());
        assert!(!contact.worked());
    }

    #[tokio::test(start_paused = true)]
    async fn coming_back_starts_the_count_anew() {
        let contact = Contact::default();
        contact.failed(Instant::now());
        let back = async {
            tokio::time::sleep(PATIENCE / 2).await;
            contact.worked();
            contact.failed(Instant::now());
        };
        let start = Instant::now();
        tokio::join!(contact.patience_ended(PATIENCE), back);
        assert_eq!(start.elapsed(), PATIENCE + PATIENCE / 2);
    }
}
