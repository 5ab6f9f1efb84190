//! What waits to be sent: the engine refuses a packet when its buffer is full.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use engineioxide::DisconnectReason;
use serde_json::value::RawValue;
use tokio::sync::mpsc::error::TrySendError;

use super::{engine::Socket, packet};

/// How soon a full buffer is tried again. The engine does not tell when there is room.
pub(crate) const RETRY: Duration = Duration::from_millis(2);

/// A packet for the client.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// Answer to the event that carried this acknowledgement id.
    Ack(i64, Box<RawValue>),
    /// An event of the server.
    Event(&'static str, Arc<RawValue>),
    /// A `message` event with its number in the session, if they are numbered.
    Message(Arc<RawValue>, Option<u64>),
}

impl Outgoing {
    fn len(&self) -> usize {
        match self {
            Self::Ack(_, payload) => payload.get().len(),
            Self::Event(_, payload) | Self::Message(payload, _) => payload.get().len(),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Ack(id, payload) => packet::ack(*id, payload),
            Self::Event(name, payload) => packet::event(name, payload, None),
            Self::Message(payload, number) => packet::event("message", payload, *number),
        }
    }
}

/// The client reads too slowly: more waits than may.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the client does not read")]
pub(crate) struct Slow;

/// Packets in order, bounded in bytes. When full the session ends: an acknowledgement is never dropped alone.
pub(crate) struct Outbox {
    socket: Arc<Socket>,
    waiting: VecDeque<Outgoing>,
    bytes: usize,
    max_bytes: usize,
}

impl Outbox {
    pub(crate) fn new(socket: Arc<Socket>, max_bytes: usize) -> Self {
        Self { socket, waiting: VecDeque::new(), bytes: 0, max_bytes }
    }

    /// The socket it writes to.
    pub(crate) fn socket(&self) -> &Arc<Socket> {
        &self.socket
    }

    /// Sends, or queues behind what waits already. That is tried first: on a busy connection the timer never fires.
    pub(crate) fn send(&mut self, packet: Outgoing) -> Result<(), Slow> {
        self.retry();
        if self.waiting.is_empty() && self.try_send(&packet) {
            return Ok(());
        }
        self.bytes += packet.len();
        self.waiting.push_back(packet);
        if self.bytes > self.max_bytes { Err(Slow) } else { Ok(()) }
    }

    /// Sends what the client missed while it was away. It is bounded already, and does not count here.
    pub(crate) fn replay(&mut self, packet: Outgoing) {
        self.max_bytes = self.max_bytes.saturating_add(packet.len());
        // The bound has just grown by as much.
        let _ = self.send(packet);
    }

    /// Sends as much of what waits as there is room for.
    pub(crate) fn retry(&mut self) {
        while let Some(packet) = self.waiting.pop_front() {
            if !self.try_send(&packet) {
                self.waiting.push_front(packet);
                return;
            }
            self.bytes -= packet.len();
        }
        // The room of a burst is given back; an empty queue has none to give.
        self.waiting = VecDeque::new();
    }

    /// Drops all that waits.
    pub(crate) fn clear(&mut self) {
        self.waiting = VecDeque::new();
        self.bytes = 0;
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Ends the session from our side: the client is told, and does not come back by itself. One that cannot be told
    /// loses its transport.
    pub(crate) fn disconnect(&self) {
        if self.socket.emit(packet::DISCONNECT).is_err() {
            self.socket.close(DisconnectReason::TransportError);
        }
    }

    /// `false`: not now.
    fn try_send(&self, packet: &Outgoing) -> bool {
        match self.socket.reserve() {
            Ok(room) => {
                room.emit(packet.text().into());
                true
            }
            Err(TrySendError::Full(())) => false,
            // Nobody is there any more. What has to survive that is in the session's history.
            Err(TrySendError::Closed(())) => true,
        }
    }
}
