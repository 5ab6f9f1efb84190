//! The contract of every store of what workers want to find again.

use std::time::Duration;

use bytes::Bytes;
use footbridge_schemas::PlatformId;
use futures_util::future::BoxFuture;
use metrics::{Counter, counter};

/// Largest value that is kept, in bytes (1 MiB).
pub const MAX_VALUE: usize = 1024 * 1024;

/// The longest time for which anything is kept.
pub const LONGEST: Duration = Duration::from_hours(30 * 24);

/// What workers want to find again, after their death or, where gateways share the store, from a worker of another
/// gateway: values by name, each platform's apart from those of others.
///
/// Best effort: whatever is kept may be gone when it is asked for, and what cannot be kept is lost without a word but a
/// counter. Whoever keeps something here must be able to go on without it.
pub trait Memos: Send + Sync + 'static {
    /// Keeps `value` under `name` for `lasts`, at most [`LONGEST`], in place of what was there; `None`, no time at all and a value above
    /// [`MAX_VALUE`] leave nothing there. Returns at once, whatever is written later.
    fn keep(&self, platform: &PlatformId, name: &str, value: Option<Bytes>, lasts: Duration);

    /// What is kept under that name; it sees whatever was kept before it here.
    ///
    /// # Errors
    /// [`Unreachable`], within a second or so: there may be something.
    fn recall(&self, platform: &PlatformId, name: &str) -> BoxFuture<'_, Result<Option<Bytes>, Unreachable>>;

    /// Resolves when nothing waits to be written any more, or the store is out of reach.
    fn settle(&self) -> BoxFuture<'_, ()>;
}

/// The store does not say what it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Redis does not answer")]
pub struct Unreachable;

/// What is kept under which name of which platform.
pub(crate) type Name = (PlatformId, String);

/// What every such store counts.
pub(crate) struct Meters {
    pub(crate) kept: Counter,
    /// Larger than [`MAX_VALUE`].
    pub(crate) large: Counter,
    /// What there was no room for, or what made room for others.
    pub(crate) crowded: Counter,
    /// What the store did not take.
    pub(crate) refused: Counter,
    pub(crate) found: Counter,
    pub(crate) absent: Counter,
    pub(crate) unreachable: Counter,
}

impl Meters {
    pub(crate) fn new() -> Self {
        let lost = |reason| counter!("sockethub_memos_lost_total", "reason" => reason);
        let recalled = |result| counter!("sockethub_memos_recalled_total", "result" => result);
        Self {
            kept: counter!("sockethub_memos_kept_total"),
            large: lost("large"),
            crowded: lost("full"),
            refused: lost("refused"),
            found: recalled("found"),
            absent: recalled("nothing"),
            unreachable: recalled("unreachable"),
        }
    }

    /// What is to lie under a name from now on, of what somebody wants to have kept.
    pub(crate) fn weigh(&self, value: Option<Bytes>, lasts: Duration) -> Option<Bytes> {
        let value = value.filter(|_| !lasts.is_zero())?;
        let fits = value.len() <= MAX_VALUE;
        if fits { &self.kept } else { &self.large }.increment(1);
        fits.then_some(value)
    }

    /// Counts an answer.
    pub(crate) fn recalled(&self, value: Option<&Bytes>) {
        if value.is_some() { &self.found } else { &self.absent }.increment(1);
    }
}
