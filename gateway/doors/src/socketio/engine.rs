//! What the engine calls: each packet is taken at once, within the read loop of its socket, and so in order.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use engineioxide::{DisconnectReason, Str, TransportType, config::EngineIoConfig, handler::EngineIoHandler};
use tokio::{task::AbortHandle, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{
    Settings,
    hall::Hall,
    intake::{Frames, Intake},
    packet::{self, Kind, Packet},
};

/// The engine's packet buffer per socket; what does not fit waits in the outbox.
const PACKETS: usize = 128;
/// Read buffer of a websocket, in bytes: the cost of an idle socket.
const READ_BUFFER: usize = 4 * 1024;
/// How long a socket may be there without a session (core.md 1.1).
const WITHOUT_SESSION: Duration = Duration::from_secs(45);

/// A transport, polling or websocket, with what it is used for.
pub(crate) type Socket = engineioxide::Socket<Seat>;

/// The engine's settings. Its three separate size limits are one setting here (core.md 2.7).
pub(crate) fn config(path: &str, settings: &Settings) -> EngineIoConfig {
    let max = settings.max_payload;
    EngineIoConfig::builder()
        .req_path(path.to_owned())
        .transports([TransportType::Polling, TransportType::Websocket])
        .ping_interval(Duration::from_secs(25))
        .ping_timeout(Duration::from_secs(20))
        .upgrade_timeout(Duration::from_secs(10))
        .max_buffer_size(PACKETS)
        .max_payload(max as u64)
        .ws_max_message_size(max)
        .ws_max_frame_size(max)
        .ws_read_buffer_size(READ_BUFFER)
        .build()
}

/// What a socket is used for. Locked by its own read loop, and by a session that ends.
#[derive(Default)]
pub(crate) struct Seat(Mutex<Use>);

#[derive(Default)]
struct Use {
    state: State,
    /// What the binary message belongs to that must come next.
    attachment: Option<Attachment>,
}

#[derive(Default)]
enum State {
    /// No session; the timer closes the socket if it stays so.
    Waiting(AbortHandle),
    /// Where its events go.
    Connected(Intake),
    /// Not there yet, or no longer.
    #[default]
    Closed,
}

/// A binary message to come. It is let in to be refused in words: the protocol has none.
#[derive(Clone, Copy)]
enum Attachment {
    Event(Option<i64>),
    /// Of something that is ignored as a whole.
    Ignored,
}

/// The socket has no business sending this: it is closed.
struct Unwanted;

impl Seat {
    /// The session of these frames is over. Another one that the socket has got meanwhile is not touched.
    pub(crate) fn vacate(socket: &Arc<Socket>, frames: &Frames, draining: &CancellationToken) {
        let mut seat = socket.data.lock();
        if matches!(&seat.state, State::Connected(intake) if intake.feeds(frames)) {
            seat.state = State::waiting(socket, draining);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Use> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn waiting(socket: &Arc<Socket>, draining: &CancellationToken) -> Self {
        let (socket, draining) = (Arc::clone(socket), draining.clone());
        let timer = tokio::spawn(async move {
            tokio::select! {
                () = sleep(WITHOUT_SESSION) => {}
                () = draining.cancelled() => {}
            }
            socket.close(DisconnectReason::TransportClose);
        });
        Self::Waiting(timer.abort_handle())
    }

    /// The state becomes another.
    fn leave(&mut self) -> Self {
        let left = std::mem::take(self);
        if let Self::Waiting(timer) = &left {
            timer.abort();
        }
        left
    }
}

/// The handler of all sockets.
pub(crate) struct Engine {
    hall: Arc<Hall>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Engine {
    pub(crate) fn new(hall: Arc<Hall>) -> Self {
        Self { hall }
    }

    fn on_text(&self, text: &str, socket: &Arc<Socket>) -> Result<(), Unwanted> {
        let packet = Packet::parse(text).map_err(|_| Unwanted)?;
        let seat = &mut *socket.data.lock();
        if seat.attachment.is_some() || packet.attachments > 1 || packet.kind == Kind::ConnectError {
            return Err(Unwanted);
        }
        if packet.namespace != packet::ROOT {
            if packet.kind == Kind::Connect {
                // It fails only if the client is gone, or does not read.
                let _ = socket.emit(packet::no_namespace(packet.namespace));
            }
            seat.attachment = (packet.attachments > 0).then_some(Attachment::Ignored);
            return Ok(());
        }
        match packet.kind {
            Kind::Connect => self.on_connect_packet(seat, packet.payload, socket),
            Kind::Disconnect => return self.on_leave(seat, socket),
            Kind::Event | Kind::BinaryEvent if !packet.names_an_event() => return Err(Unwanted),
            Kind::BinaryEvent if packet.attachments > 0 => seat.attachment = Some(Attachment::Event(packet.ack)),
            Kind::Event | Kind::BinaryEvent => return self.on_event(seat, Some(packet.payload), packet.ack, socket),
            Kind::BinaryAck => seat.attachment = (packet.attachments > 0).then_some(Attachment::Ignored),
            // The gateway asks for no acknowledgements.
            Kind::Ack | Kind::ConnectError => {}
        }
        Ok(())
    }

    /// A duplicate is ignored, as is one of a socket that has just gone.
    fn on_connect_packet(&self, seat: &mut Use, payload: &str, socket: &Arc<Socket>) {
        if matches!(seat.state, State::Waiting(_))
            && let Some(intake) = self.hall.enter(socket, payload)
        {
            seat.state.leave();
            seat.state = State::Connected(intake);
        }
    }

    fn on_leave(&self, seat: &mut Use, socket: &Arc<Socket>) -> Result<(), Unwanted> {
        match seat.state.leave() {
            State::Connected(intake) => {
                intake.leave();
                seat.state = State::waiting(socket, self.hall.draining());
                Ok(())
            }
            State::Waiting(_) | State::Closed => Err(Unwanted),
        }
    }

    fn on_event(
        &self,
        seat: &mut Use,
        event: Option<&str>,
        ack: Option<i64>,
        socket: &Arc<Socket>,
    ) -> Result<(), Unwanted> {
        let State::Connected(intake) = &mut seat.state else { return Err(Unwanted) };
        if intake.take(event, ack).is_err() {
            seat.state = State::waiting(socket, self.hall.draining());
        }
        Ok(())
    }

    fn on_attachment(&self, size: usize, socket: &Arc<Socket>) -> Result<(), Unwanted> {
        let seat = &mut *socket.data.lock();
        match seat.attachment.take() {
            Some(_) if size > self.hall.max_payload() => Err(Unwanted),
            Some(Attachment::Event(ack)) => self.on_event(seat, None, ack, socket),
            Some(Attachment::Ignored) => Ok(()),
            None => Err(Unwanted),
        }
    }
}

impl EngineIoHandler for Engine {
    type Data = Seat;

    fn on_connect(self: Arc<Self>, socket: Arc<Socket>) {
        let waiting = State::waiting(&socket, self.hall.draining());
        socket.data.lock().state = waiting;
    }

    fn on_disconnect(&self, socket: Arc<Socket>, _: DisconnectReason) {
        // With its intake dropped, the session learns that its connection is gone: after the events that came before.
        socket.data.lock().state.leave();
    }

    fn on_message(self: &Arc<Self>, text: Str, socket: Arc<Socket>) {
        if self.on_text(&text, &socket).is_err() {
            socket.close(DisconnectReason::PacketParsingError);
        }
    }

    fn on_binary(self: &Arc<Self>, data: Bytes, socket: Arc<Socket>) {
        if self.on_attachment(data.len(), &socket).is_err() {
            socket.close(DisconnectReason::PacketParsingError);
        }
    }
}
