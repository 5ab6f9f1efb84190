//! What a platform wants to find again: after its death, or, where gateways share a store, from another one.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
    time::Duration,
};

use bytes::Bytes;
use footbridge_wire::{FromWorker, Keep, MAX_NAME};
use tokio::sync::oneshot;

use crate::outbox::{HIGH_WATER, Unsent};

/// Questions that wait for their answer; one that would be another is answered with nothing.
const MAX_QUESTIONS: usize = 1024;

/// Small things kept by the gateway, by name. Best effort: whatever is kept may be gone when it is asked for. Clones share
/// everything.
#[derive(Debug, Clone)]
pub struct Memos {
    unsent: Rc<Unsent>,
    asked: Rc<Asked>,
    shared: bool,
}

/// Questions without an answer.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    waiting: RefCell<HashMap<u32, oneshot::Sender<Option<Bytes>>>>,
    next: Cell<u32>,
}

impl Memos {
    pub(crate) fn new(unsent: Rc<Unsent>, asked: Rc<Asked>, shared: bool) -> Self {
        Self { unsent, asked, shared }
    }

    /// Whether what is kept is found by workers of other gateways too. If not, only what a successor of this process
    /// needs is worth keeping.
    pub fn are_shared(&self) -> bool {
        self.shared
    }

    /// Keeps `value` under `name` for that time, in place of what was there. Lost where the name is longer than
    /// [`footbridge_wire::MAX_NAME`] or the gateway does not read.
    pub fn keep(&self, name: &str, value: Bytes, lasts: Duration) {
        self.put(name, Some(value), lasts);
    }

    /// What is kept under `name` need not be kept any more.
    pub fn forget(&self, name: &str) {
        self.put(name, None, Duration::ZERO);
    }

    /// What is kept under `name`, if anything is.
    pub async fn recall(&self, name: &str) -> Option<Bytes> {
        if name.len() > MAX_NAME || self.asked.waiting.borrow().len() >= MAX_QUESTIONS {
            return None;
        }
        let number = self.asked.next.get();
        self.asked.next.set(number.wrapping_add(1));
        let (sender, answer) = oneshot::channel();
        self.asked.waiting.borrow_mut().insert(number, sender);
        // Where the future is dropped, the answer removes the question.
        self.unsent.put(&FromWorker::Recall { number, name: name.to_owned() }).ok()?;
        answer.await.ok().flatten()
    }

    fn put(&self, name: &str, value: Option<Bytes>, lasts: Duration) {
        if name.len() <= MAX_NAME && self.unsent.len() <= HIGH_WATER {
            // What no frame can hold is not kept.
            let _ = self.unsent.put(&FromWorker::Keep(Keep { name: name.to_owned(), value, lasts }));
        }
    }
}

impl Asked {
    /// The gateway answered.
    pub(crate) fn answer(&self, number: u32, value: Option<Bytes>) {
        if let Some(question) = self.waiting.borrow_mut().remove(&number) {
            // Whoever asked may have left.
            let _ = question.send(value);
        }
    }
}
