//! The way out for everything that is not an answer.

use std::{cell::RefCell, rc::Rc};

use bytes::{Buf, Bytes, BytesMut};
use footbridge_wire::{
    FromWorker, InstanceId, LogLevel, MAX_FRAME,
    frame::{self, FrameError},
};
use serde::Serialize;
use tokio::sync::Notify;

/// Unsent bytes above which pushes are refused: two of the largest frames.
pub(crate) const FULL: usize = 2 * MAX_FRAME;
/// Unsent bytes above which a worker takes no new work and a platform should not read more from its network (1 MiB).
pub(crate) const HIGH_WATER: usize = 1024 * 1024;
/// The buffer is given back above this size once it is empty.
pub(crate) const KEEP: usize = 64 * 1024;

/// Why an activity was not pushed.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// It cannot be written as JSON.
    #[error("activity does not serialise: {0}")]
    Unwritable(#[from] serde_json::Error),
    /// It is larger than a frame.
    #[error(transparent)]
    Unframed(#[from] FrameError),
    /// The gateway does not read, and the platform did not wait for it ([`Outbox::drained`]).
    #[error("{0} bytes wait for the gateway already")]
    Full(usize),
}

/// Unsolicited traffic, renaming and log lines of an instance. Clones share one buffer, which keeps order with the
/// answers of jobs: what was pushed before a job ended arrives before its answer.
#[derive(Debug, Clone)]
pub struct Outbox {
    instance: InstanceId,
    log_level: LogLevel,
    unsent: Rc<Unsent>,
}

impl Outbox {
    pub(crate) fn new(instance: InstanceId, log_level: LogLevel, unsent: Rc<Unsent>) -> Self {
        Self { instance, log_level, unsent }
    }

    /// Sends an activity to the sessions attached to the instance (platforms.md 1.5). Only persistent platforms may.
    ///
    /// # Errors
    /// See [`PushError`]; the activity is then not sent.
    pub fn push(&self, activity: &impl Serialize) -> Result<(), PushError> {
        let waiting = self.unsent.len();
        if waiting > FULL {
            return Err(PushError::Full(waiting));
        }
        let text = Bytes::from(serde_json::to_vec(activity)?);
        Ok(self.unsent.put(&FromWorker::Push(self.instance, text))?)
    }

    /// Waits until less than 1 MiB waits for the gateway. A platform that reads a network calls it before each read, so
    /// that a slow gateway slows the network down instead of filling memory.
    pub async fn drained(&self) {
        while self.unsent.len() > HIGH_WATER {
            self.unsent.drained.notified().await;
        }
    }

    /// The instance acts for another actor from now on (IRC nick change, core.md 5.5).
    pub fn rekey(&self, actor: String) {
        self.say(&FromWorker::Rekey { instance: self.instance, actor });
    }

    /// Writes a line to the gateway's log, if that level is wanted there. Without secrets and message bodies.
    pub fn log(&self, level: LogLevel, text: impl Into<String>) {
        if level <= self.log_level {
            self.say(&FromWorker::Log { level, text: text.into() });
        }
    }

    /// Frames of a few bytes: they fit, or the text in them was absurd and is not missed.
    fn say(&self, message: &FromWorker) {
        let _ = self.unsent.put(message);
    }
}

/// Frames not written yet. Filled by the platform and by the loop, emptied by the loop.
#[derive(Debug, Default)]
pub(crate) struct Unsent {
    frames: RefCell<BytesMut>,
    filled: Notify,
    pub(crate) drained: Notify,
}

impl Unsent {
    /// Puts a frame behind the others.
    pub(crate) fn put(&self, message: &FromWorker) -> Result<(), FrameError> {
        let mut frames = self.frames.borrow_mut();
        if frames.is_empty() {
            self.filled.notify_one();
        }
        frame::put(&mut frames, message)
    }

    pub(crate) fn len(&self) -> usize {
        self.frames.borrow().len()
    }

    /// Resolves once there is something to write that was not there before.
    pub(crate) async fn filled(&self) {
        self.filled.notified().await;
    }

    /// Lets `write` take bytes off the front: it is given all of them, and returns how many it took.
    pub(crate) fn drain<E>(&self, write: impl FnOnce(&[u8]) -> Result<usize, E>) -> Result<(), E> {
        let mut frames = self.frames.borrow_mut();
        let above = frames.len() > HIGH_WATER;
        let written = write(&frames)?;
        if written == frames.len() {
            frames.clear();
            if frames.capacity() > KEEP {
                *frames = BytesMut::new();
            }
        } else {
            frames.advance(written);
        }
        if above && frames.len() <= HIGH_WATER {
            self.drained.notify_waiters();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn outbox(log_level: LogLevel) -> (Outbox, Rc<Unsent>) {
        let unsent = Rc::new(Unsent::default());
        (Outbox::new(InstanceId(3), log_level, Rc::clone(&unsent)), unsent)
    }

    fn sent(unsent: &Unsent) -> Vec<FromWorker> {
        let mut frames = BytesMut::new();
        unsent
            .drain(|bytes| {
                frames.extend_from_slice(bytes);
                Ok::<_, Infallible>(bytes.len())
            })
            .expect("infallible");
        std::iter::from_fn(|| frame::take(&mut frames).expect("whole frames")).collect()
    }

    #[test]
    fn everything_leaves_in_order() {
        let (outbox, unsent) = outbox(LogLevel::Debug);
        outbox.push(&serde_json::json!({ "type": "send" })).expect("small");
        outbox.rekey("b@irc".into());
        outbox.log(LogLevel::Debug, "renamed");
        match &sent(&unsent)[..] {
            [FromWorker::Push(InstanceId(3), text), FromWorker::Rekey { actor, .. }, FromWorker::Log { .. }] => {
                assert_eq!(&text[..], br#"{"type":"send"}"#);
                assert_eq!(actor, "b@irc");
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn lines_below_the_wanted_level_stay_here() {
        let (outbox, unsent) = outbox(LogLevel::Warn);
        outbox.log(LogLevel::Info, "chatter");
        outbox.log(LogLevel::Error, "trouble");
        assert_eq!(sent(&unsent).len(), 1);
    }

    #[test]
    fn a_gateway_that_does_not_read_is_told_apart_from_success() {
        let (outbox, _unsent) = outbox(LogLevel::Warn);
        let large = "x".repeat(MAX_FRAME - 64);
        let mut accepted = 0;
        let refusal = loop {
            match outbox.push(&large) {
                Ok(()) => accepted += 1,
                Err(refusal) => break refusal,
            }
        };
        assert!(matches!(refusal, PushError::Full(_)), "{refusal}");
        assert_eq!(accepted, 3);
    }

    #[test]
    fn an_activity_above_the_frame_limit_is_refused() {
        let (outbox, unsent) = outbox(LogLevel::Warn);
        assert!(matches!(outbox.push(&"x".repeat(MAX_FRAME)), Err(PushError::Unframed(_))));
        assert_eq!(unsent.len(), 0);
    }
}
