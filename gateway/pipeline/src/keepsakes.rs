//! What workers want to find again: from them to the store, and back.

use std::sync::Arc;

use footbridge_store::Memos;
use footbridge_supervisor::{Launch, Recalling};
use footbridge_wire::{Keep, MAX_NAME};
use tokio::sync::Semaphore;

/// Questions of all workers that wait for the store: many times what a worker asks at once. One that is beyond them stays
/// without an answer, since whoever asked so much has lost its senses.
const MAX_RECALLS: usize = 16_384;

/// What names of the gateway's own memos begin with; workers have others.
pub(crate) const OURS: char = '/';

/// The store, by the platform that asks.
pub struct Keepsakes {
    memos: Arc<dyn Memos>,
    asking: Arc<Semaphore>,
}

impl Keepsakes {
    /// Kept in `memos`.
    pub fn new(memos: Arc<dyn Memos>) -> Self {
        Self { memos, asking: Arc::new(Semaphore::new(MAX_RECALLS)) }
    }

    /// Something to be kept for the platform.
    pub(crate) fn keep(&self, launch: &Launch, keep: Keep) {
        if keep.name.len() <= MAX_NAME && !keep.name.starts_with(OURS) {
            self.memos.keep(&launch.platform, &keep.name, keep.value, keep.lasts);
        }
    }

    /// Answers a worker that asks for what was kept.
    pub(crate) fn recall(&self, launch: &Launch, name: String, recalling: Recalling) {
        let Ok(permit) = Arc::clone(&self.asking).try_acquire_owned() else { return };
        let (memos, platform) = (Arc::clone(&self.memos), launch.platform.clone());
        tokio::spawn(async move {
            // To a worker, what cannot be found is not there.
            recalling.answer(memos.recall(&platform, &name).await.ok().flatten()).await;
            drop(permit);
        });
    }
}
