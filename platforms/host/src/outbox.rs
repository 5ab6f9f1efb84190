//! What a platform says unasked.

use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use bytes::Bytes;
use footbridge_wire::{FromWorker, InstanceId, LogLevel};
use serde::Serialize;
use tokio::sync::Notify;

/// Frames that wait while the gateway does not read. Beyond it the oldest log line goes, then the newest push is
/// refused: the platform can stop reading its network.
const BOUND: usize = 1024;

/// For what a platform says unasked. Cheap to clone; for one thread, like all of a worker.
#[derive(Debug, Clone)]
pub struct Outbox {
    shared: Rc<Shared>,
}

#[derive(Debug)]
struct Shared {
    log_level: LogLevel,
    waiting: RefCell<VecDeque<FromWorker>>,
    filled: Notify,
}

/// The gateway does not keep up: the push was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the gateway does not keep up")]
pub struct Full;

impl Outbox {
    pub(crate) fn new(log_level: LogLevel) -> Self {
        let shared = Shared { log_level, waiting: RefCell::default(), filled: Notify::new() };
        Self { shared: Rc::new(shared) }
    }

    /// Sends an activity to every session attached to the instance. The gateway checks it against the platform's
    /// `responses` schema and stamps its `@context`.
    ///
    /// # Errors
    /// [`Full`] while too much waits to be read.
    pub fn push(&self, activity: &impl Serialize) -> Result<(), Full> {
        if self.shared.waiting.borrow().len() >= BOUND {
            return Err(Full);
        }
        match serde_json::to_vec(activity) {
            Ok(text) => self.put(FromWorker::Push(InstanceId::default(), Bytes::from(text))),
            Err(error) => self.log(LogLevel::Error, format!("a push does not serialise: {error}")),
        }
        Ok(())
    }

    /// The instance acts for another actor from now on.
    pub fn rekey(&self, actor: String) {
        self.put(FromWorker::Rekey { instance: InstanceId::default(), actor });
    }

    /// A line for the gateway's log. No secrets, no message bodies.
    pub fn log(&self, level: LogLevel, text: impl Into<String>) {
        if level > self.shared.log_level {
            return;
        }
        let mut waiting = self.shared.waiting.borrow_mut();
        if waiting.len() >= BOUND {
            let Some(oldest) = waiting.iter().position(|frame| matches!(frame, FromWorker::Log { .. })) else {
                return;
            };
            waiting.remove(oldest);
        }
        waiting.push_back(FromWorker::Log { level, text: text.into() });
        self.shared.filled.notify_one();
    }

    pub(crate) fn put(&self, frame: FromWorker) {
        self.shared.waiting.borrow_mut().push_back(frame);
        self.shared.filled.notify_one();
    }

    /// Resolves when something may wait.
    pub(crate) async fn filled(&self) {
        self.shared.filled.notified().await;
    }

    pub(crate) fn take(&self) -> Option<FromWorker> {
        self.shared.waiting.borrow_mut().pop_front()
    }
}
