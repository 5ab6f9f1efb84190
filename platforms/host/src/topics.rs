//! What a platform says of topics that are followed.

use std::rc::Rc;

use bytes::Bytes;
use footbridge_wire::{FromWorker, Standing};
use serde::Serialize;

use crate::{
    Call, PushError,
    outbox::{FULL, HIGH_WATER, Unsent},
};

/// The gateway's ear for what happens to topics. Who follows which is the gateway's business; a platform looks after each
/// topic that is followed and tells what is new. Clones share one way out, which keeps order with the answers of jobs.
#[derive(Debug, Clone)]
pub struct Topics {
    unsent: Rc<Unsent>,
}

impl Topics {
    pub(crate) fn new(unsent: Rc<Unsent>) -> Self {
        Self { unsent }
    }

    /// Whoever asked for `call` follows `topic` from now on, which the platform looks after until it is told otherwise. To
    /// be said while the call runs; a name of [`footbridge_wire::MAX_NAME`] bytes at most.
    pub fn follows(&self, call: &Call, topic: &str) {
        self.say(Standing::Follows { job: call.job, topic: topic.to_owned() });
    }

    /// Whoever asked for `call` does not follow `topic` any more; nothing, if it never did.
    pub fn unfollows(&self, call: &Call, topic: &str) {
        self.say(Standing::Unfollows { job: call.job, topic: topic.to_owned() });
    }

    /// Tells all followers of `topic` something new, or the one who was away until now.
    ///
    /// # Errors
    /// See [`PushError`]; nobody is told then.
    pub fn news(&self, topic: &str, only: Option<u64>, activity: &impl Serialize) -> Result<(), PushError> {
        let waiting = self.unsent.len();
        if waiting > FULL {
            return Err(PushError::Full(waiting));
        }
        let activity = Bytes::from(serde_json::to_vec(activity)?);
        let news = Standing::News { topic: topic.to_owned(), only, activity };
        Ok(self.unsent.put(&FromWorker::Standing(news))?)
    }

    /// A topic is no more, and why, in the words that its followers read.
    pub fn over(&self, topic: &str, text: impl Into<String>) {
        self.say(Standing::Over { topic: topic.to_owned(), text: text.into() });
    }

    /// Waits until less than 1 MiB waits for the gateway. To be called before the next topic is looked at.
    pub async fn drained(&self) {
        while self.unsent.len() > HIGH_WATER {
            self.unsent.drained.notified().await;
        }
    }

    /// Frames of a few bytes: they fit.
    fn say(&self, said: Standing) {
        let _ = self.unsent.put(&FromWorker::Standing(said));
    }
}
