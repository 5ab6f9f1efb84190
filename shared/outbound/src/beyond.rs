//! Pages beyond this process: what a fetcher finds there it need not ask for, though it never fetched it.

use crate::ask::Key;
use crate::guard::Guard;
use crate::record;
use crate::shelf::Kept;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::time::{Instant, timeout};

/// The largest page that is kept beyond the process, in bytes (512 KiB).
pub const LARGEST: usize = 512 * 1024;
/// For how long a page that is no longer fresh stays there where its server can tell whether it has changed.
const LINGER: Duration = Duration::from_hours(1);
/// A place that does not answer by then has nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// A place where several processes keep pages for each other, by name. Best effort: it may forget.
pub trait Beyond: Send + Sync + 'static {
    /// Keeps `value` for that time, in place of what was there. Returns at once.
    fn keep(&self, name: String, value: Bytes, lasts: Duration);

    /// What is kept under that name.
    fn recall(&self, name: String) -> BoxFuture<'static, Option<Bytes>>;
}

/// What can be kept beyond the process.
pub trait Portable: Sized {
    /// As bytes; `None`: it is of no use elsewhere.
    fn pack(&self) -> Option<Bytes>;

    /// What was packed by a build of the same version.
    fn unpack(bytes: Bytes) -> Option<Self>;
}

impl Portable for Bytes {
    fn pack(&self) -> Option<Bytes> {
        Some(self.clone())
    }

    fn unpack(bytes: Bytes) -> Option<Self> {
        Some(bytes)
    }
}

/// A fetcher's part of a place beyond.
pub(crate) struct Annex {
    beyond: Arc<dyn Beyond>,
    /// Fetchers that may not connect to the same servers, or go by other names, do not see each other's pages.
    terms: u64,
}

impl Annex {
    /// For what `guard` fetches.
    pub(crate) fn new(beyond: Arc<dyn Beyond>, guard: &Guard) -> Self {
        Self { beyond, terms: guard.terms() }
    }

    /// What is kept of a page, fresh or not.
    pub(crate) async fn find<T: Portable>(&self, key: &Key) -> Option<Kept<T>> {
        let value = timeout(PATIENCE, self.beyond.recall(self.name(key))).await.ok()??;
        record::read(&value, SystemTime::now(), Instant::now())
    }

    /// Keeps what has just been confirmed, for as long as somebody could use it.
    pub(crate) fn keep<T: Portable>(&self, key: &Key, kept: &Kept<T>) {
        let lingers = if kept.validators.are_none() { Duration::ZERO } else { LINGER };
        let lasts = kept.freshness.lasts + lingers;
        if !lasts.is_zero()
            && let Some(value) = record::write(kept, SystemTime::now()).filter(|value| value.len() <= LARGEST)
        {
            self.beyond.keep(self.name(key), value, lasts);
        }
    }

    fn name(&self, key: &Key) -> String {
        format!("page:{:016x}:{}", self.terms, key.text())
    }
}
