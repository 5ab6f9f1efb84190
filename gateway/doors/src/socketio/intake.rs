//! Where events come in: synchronously, so that they are taken in the order they were sent.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicUsize, Ordering},
};

use footbridge_telemetry::emit;
use tokio::{
    sync::mpsc::{self, error::TrySendError},
    time::Instant,
};

use super::rate::{Limiter, RateLimit, Verdict};
use crate::events::{EventDropped, InputFlooded};

/// Events that wait for a session's task; beyond it the session ends. Their bytes are bounded tighter.
const MAILBOX: usize = 32 * 1024;

/// Something for the session's task. Boxed text: an idle mailbox holds room for 32 of these.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// An event: its packet text, and where its acknowledgement goes.
    Event(Box<str>, Option<i64>),
    /// An event with binary attachments, which the protocol does not have.
    Binary(Option<i64>),
    /// The event that exceeded the rate limit: the session is told, once per block.
    Blocked(Option<i64>),
    /// An event that was dropped within a block, with an acknowledgement to answer.
    Dropped(i64),
}

/// Why no more events come from a connection whose transport may still be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The client said that it leaves.
    Left,
    /// More came than may wait.
    Flooded,
}

/// What both ends see. Its identity is that of the connection.
#[derive(Debug, Default)]
struct Shared {
    /// Bytes of the events in the mailbox.
    waiting: AtomicUsize,
    end: OnceLock<End>,
}

/// The receiving end: events in order; after the last of them the mailbox is closed.
pub(crate) struct Frames {
    pub(crate) mailbox: mpsc::Receiver<Incoming>,
    shared: Arc<Shared>,
}

impl Frames {
    /// An event's text has been handled.
    pub(crate) fn handled(&self, bytes: usize) {
        self.shared.waiting.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Why the mailbox is closed, or is about to be. `None` when it is: the transport is gone.
    pub(crate) fn end(&self) -> Option<End> {
        self.shared.end.get().copied()
    }

    /// Whether no answer can reach the client through this connection any more.
    pub(crate) fn is_over(&self) -> bool {
        self.mailbox.is_closed()
    }
}

/// Takes the events of one connection, from within the engine's read loop. Dropping it ends the connection.
pub(crate) struct Intake {
    mailbox: mpsc::Sender<Incoming>,
    shared: Arc<Shared>,
    max_waiting: usize,
    limiter: Limiter,
}

/// More is on its way than may wait: the session ends, as with an oversized message.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("more events arrive than may wait")]
pub(crate) struct Flooded;

impl Intake {
    pub(crate) fn new(rate: RateLimit, max_waiting: usize) -> (Self, Frames) {
        let (sender, mailbox) = mpsc::channel(MAILBOX);
        let shared = Arc::new(Shared::default());
        let frames = Frames { mailbox, shared: Arc::clone(&shared) };
        (Self { mailbox: sender, shared, max_waiting, limiter: Limiter::new(rate) }, frames)
    }

    /// Whether it is this connection's.
    pub(crate) fn feeds(&self, frames: &Frames) -> bool {
        Arc::ptr_eq(&self.shared, &frames.shared)
    }

    /// The client leaves: what it sent before is still handled.
    pub(crate) fn leave(self) {
        // Set once only: whoever was first is right.
        let _ = self.shared.end.set(End::Left);
    }

    /// An event. `None`: one with binary attachments.
    ///
    /// # Errors
    /// [`Flooded`]; it must be dropped then.
    pub(crate) fn take(&mut self, event: Option<&str>, ack: Option<i64>) -> Result<(), Flooded> {
        let incoming = match (self.limiter.on_event(Instant::now()), event) {
            (Verdict::Pass, Some(text)) => {
                self.shared.waiting.fetch_add(text.len(), Ordering::Relaxed);
                Incoming::Event(text.into(), ack)
            }
            (Verdict::Pass, None) => Incoming::Binary(ack),
            (verdict, _) => {
                emit(EventDropped);
                match ack {
                    _ if verdict == Verdict::Block => Incoming::Blocked(ack),
                    Some(ack) => Incoming::Dropped(ack),
                    None => return Ok(()),
                }
            }
        };
        let sent = self.mailbox.try_send(incoming);
        let full = self.shared.waiting.load(Ordering::Relaxed) > self.max_waiting;
        // A mailbox that is closed belongs to a session that is over here: nobody is told, and nobody asks.
        if full || matches!(sent, Err(TrySendError::Full(_))) {
            emit(InputFlooded);
            // Set once only: whoever was first is right.
            let _ = self.shared.end.set(End::Flooded);
            return Err(Flooded);
        }
        Ok(())
    }
}
