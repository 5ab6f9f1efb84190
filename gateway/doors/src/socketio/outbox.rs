//! What waits to be sent: the library refuses a packet when its buffer is full, and with it the acknowledgement.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use serde_json::value::RawValue;
use socketioxide::{
    SendError, SocketError,
    adapter::LocalAdapter,
    extract::AckSender,
    handler::{FromMessageParts as _, Value},
    socket::Socket,
};

/// How soon a full buffer is tried again. The library does not tell when there is room.
pub(crate) const RETRY: Duration = Duration::from_millis(2);

/// A packet for the client.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// Answer to the event that carried this acknowledgement id.
    Ack(i64, Box<RawValue>),
    /// An event of the server.
    Event(&'static str, Arc<RawValue>),
}

impl Outgoing {
    fn len(&self) -> usize {
        match self {
            Self::Ack(_, payload) => payload.get().len(),
            Self::Event(_, payload) => payload.get().len(),
        }
    }
}

/// The client reads too slowly: more waits than may.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the client does not read")]
pub(crate) struct Slow;

/// Packets in order, bounded in bytes. When full the connection ends: an acknowledgement is never dropped alone.
pub(crate) struct Outbox {
    socket: Arc<Socket<LocalAdapter>>,
    waiting: VecDeque<Outgoing>,
    bytes: usize,
    max_bytes: usize,
}

impl Outbox {
    pub(crate) fn new(socket: Arc<Socket<LocalAdapter>>, max_bytes: usize) -> Self {
        Self { socket, waiting: VecDeque::new(), bytes: 0, max_bytes }
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

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Ends the connection from our side.
    pub(crate) fn close(self) {
        // It fails only if the client is gone already.
        let _ = self.socket.disconnect();
    }

    /// `false`: not now.
    fn try_send(&self, packet: &Outgoing) -> bool {
        let sent = match packet {
            // The library's sender is used up by a failed attempt; a new one for the same id costs two counts.
            Outgoing::Ack(id, payload) => {
                let packet = &mut Value::Bytes(Vec::new().into());
                let Ok(sender) = AckSender::from_message_parts(&self.socket, packet, &Some(*id));
                sender.send(payload)
            }
            Outgoing::Event(name, payload) => self.socket.emit(*name, payload),
        };
        match sent {
            Ok(()) => true,
            // `InternalChannelFull`: there will be room. `Closed`: between CONNECT, which the client may answer at once,
            // and the end of its own handshake the library takes its socket for closed. One that really is shows by
            // its disconnect handler, which ends this connection.
            Err(SendError::Socket(SocketError::InternalChannelFull | SocketError::Closed)) => false,
            Err(SendError::Serialize(error)) => {
                // JSON text always serialises; losing the packet is all that is left to do.
                tracing::error!(%error, "a packet does not serialise");
                true
            }
        }
    }
}
