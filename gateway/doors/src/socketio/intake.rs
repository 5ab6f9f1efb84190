//! Where events come in: a synchronous handler, so that they are taken in the order they were sent.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use socketioxide::{
    adapter::LocalAdapter,
    handler::{MessageHandler, Value},
    socket::Socket,
};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use footbridge_telemetry::emit;

use super::rate::{Limiter, RateLimit, Verdict};
use crate::events::{EventDropped, InputFlooded};

/// Events that wait for a connection's task; beyond it the connection ends. Their bytes are bounded tighter.
const MAILBOX: usize = 32 * 1024;

/// Something for the connection's task. Boxed text: an idle mailbox holds room for 32 of these.
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

/// The receiving end, with the count of bytes that wait in it.
pub(crate) struct Frames {
    pub(crate) mailbox: mpsc::Receiver<Incoming>,
    waiting: Arc<AtomicUsize>,
}

impl Frames {
    /// An event's text has been handled.
    pub(crate) fn handled(&self, bytes: usize) {
        self.waiting.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// The handler of every event of one socket. Registered as fallback: one handler, whatever the event's name.
pub(crate) struct Intake {
    mailbox: mpsc::Sender<Incoming>,
    waiting: Arc<AtomicUsize>,
    max_waiting: usize,
    /// Locked by the socket's own read loop only; the library's handlers take `&self`.
    limiter: Mutex<Limiter>,
    gone: CancellationToken,
}

impl Intake {
    pub(crate) fn new(rate: RateLimit, max_waiting: usize) -> (Self, Frames) {
        let (sender, mailbox) = mpsc::channel(MAILBOX);
        let waiting = Arc::new(AtomicUsize::new(0));
        let frames = Frames { mailbox, waiting: Arc::clone(&waiting) };
        let limiter = Mutex::new(Limiter::new(rate));
        (Self { mailbox: sender, waiting, max_waiting, limiter, gone: CancellationToken::new() }, frames)
    }

    /// Cancelled when the socket is gone, or has to go.
    pub(crate) fn gone(&self) -> CancellationToken {
        self.gone.clone()
    }

    fn take(&self, packet: Value, ack: Option<i64>) {
        let verdict = self.limiter.lock().unwrap_or_else(PoisonError::into_inner).on_event(Instant::now());
        let incoming = match (verdict, packet) {
            (Verdict::Pass, Value::Str(text, None)) => {
                self.waiting.fetch_add(text.len(), Ordering::Relaxed);
                Incoming::Event(text.as_str().into(), ack)
            }
            (Verdict::Pass, Value::Str(_, Some(_)) | Value::Bytes(_)) => Incoming::Binary(ack),
            (verdict, _) => {
                emit(EventDropped);
                match ack {
                    _ if verdict == Verdict::Block => Incoming::Blocked(ack),
                    Some(ack) => Incoming::Dropped(ack),
                    None => return,
                }
            }
        };
        let flooded = self.waiting.load(Ordering::Relaxed) > self.max_waiting;
        if flooded || self.mailbox.try_send(incoming).is_err() {
            // More is on its way than may wait: the connection ends, as with an oversized message.
            emit(InputFlooded);
            self.gone.cancel();
        }
    }
}

impl MessageHandler<LocalAdapter, Intake> for Intake {
    fn call(&self, _: Arc<Socket<LocalAdapter>>, packet: Value, ack: Option<i64>) {
        self.take(packet, ack);
    }
}
