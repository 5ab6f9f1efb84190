//! The Socket.IO door (core.md 1): one [`connection`] task per socket.
//!
//! ```text
//! engine's read loop ── Intake (synchronous: rate limit, order) ── mailbox ──> Connection ── Session
//!                                                                                   │
//! engine's write loop <── 128 packets ── Outbox (bounded, in order) <───────────────┘
//! ```
//!
//! The library spawns a task per event, so order is lost as soon as a handler awaits: [`intake`] is a synchronous
//! handler instead. It drops acknowledgements when its packet buffer is full: [`outbox`] keeps them.

mod connection;
mod frame;
mod intake;
mod outbox;
mod rate;

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, extract::ConnectInfo};
use footbridge_pipeline::Pipeline;
use footbridge_schemas::answer;
use footbridge_telemetry::emit;
use socketioxide::{
    ParserConfig, SocketIo, SocketIoBuilder, TransportType,
    adapter::LocalAdapter,
    extract::{HttpExtension, SocketRef},
    handler::{ConnectHandler, FromConnectParts, Value},
    socket::Socket,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use frame::{Event, Frame, Malformed};
pub use rate::RateLimit;

use self::connection::{Connection, Stops};
use crate::events::{ConnectionClosed, ConnectionOpened, ConnectionRejected};
use crate::web::{
    address::{Addresses, ClientAddress},
    origin::{Gate, Origins},
};

/// The library's packet buffer per socket; what does not fit waits in the outbox.
const PACKETS: usize = 128;
/// Read buffer of a websocket, in bytes. The default of 128 KiB would be the cost of an idle socket.
const READ_BUFFER: usize = 4 * 1024;

/// What the door is told.
#[derive(Clone)]
pub struct Settings {
    /// Path of the endpoint without its trailing slash (`sockethub.path`).
    pub path: String,
    /// Largest message in bytes, on either transport (`sockethub.maxPayloadBytes`).
    pub max_payload: usize,
    /// Who may connect (`sockethub.cors.origin`).
    pub origins: Origins,
    /// How the client's address is found.
    pub client_address: ClientAddress,
    /// Events per session (`rateLimiter.*`).
    pub rate: RateLimit,
    /// Connections per address (`rateLimiter.maxConnectionsPerIp`); `None`: no limit.
    pub max_connections: Option<usize>,
    /// Bytes that may wait in each direction of one connection (`session.maxPendingBytes`).
    pub max_pending_bytes: usize,
}

impl Settings {
    /// Bytes of events that may wait for a connection's task: what a session may have under way, and one message more,
    /// so that the session's own bound, which answers in words, is met first.
    fn max_waiting(&self) -> usize {
        self.max_pending_bytes.saturating_add(self.max_payload)
    }
}

/// The door, built.
pub struct Door {
    /// To be merged into the server's routes.
    pub router: Router,
    io: SocketIo,
    connections: TaskTracker,
    draining: CancellationToken,
}

/// What the connect handlers share.
struct Hall {
    pipeline: Pipeline,
    settings: Settings,
    addresses: Addresses,
    connections: TaskTracker,
    draining: CancellationToken,
}

/// A socket that can be kept; the library's own extractor only lends it.
struct Owned(Arc<Socket<LocalAdapter>>);

impl FromConnectParts<LocalAdapter> for Owned {
    type Error = Infallible;

    fn from_connect_parts(socket: &Arc<Socket<LocalAdapter>>, _auth: &Option<Value>) -> Result<Self, Infallible> {
        Ok(Self(Arc::clone(socket)))
    }
}

/// Marks a socket that may not stay.
#[derive(Clone, Copy)]
struct Unwelcome;

impl Door {
    /// Builds the door in front of `pipeline`. Must be called within a runtime.
    pub fn new(pipeline: Pipeline, settings: Settings) -> Self {
        let path = format!("{}/", settings.path.trim_end_matches('/'));
        let gate = Gate::new(settings.origins.clone());
        let (service, io) = engine(&path, &settings).build_svc();
        let connections = TaskTracker::new();
        let draining = CancellationToken::new();
        let hall = Arc::new(Hall {
            pipeline,
            addresses: Addresses::new(settings.max_connections),
            settings,
            connections: connections.clone(),
            draining: draining.clone(),
        });
        let enter = move |Owned(socket): Owned, peer: HttpExtension<ConnectInfo<SocketAddr>>| {
            let hall = Arc::clone(&hall);
            // All of it happens before CONNECT is sent: an event that arrives right behind finds its handler.
            hall.enter(&socket, peer.0.0);
            std::future::ready(Ok::<(), Infallible>(()))
        };
        io.ns("/", turn_away.with(enter));
        let router =
            Router::new().route_service(&path, service).layer(axum::middleware::from_fn_with_state(gate, Gate::guard));
        Self { router, io, connections, draining }
    }

    /// Waits until every connection has sent the answers that are there, then closes all of them.
    pub async fn close(&self) {
        self.draining.cancel();
        self.connections.close();
        self.connections.wait().await;
        self.io.close().await;
    }
}

/// The library's three separate size limits are one setting here (core.md 2.7).
fn engine(path: &str, settings: &Settings) -> SocketIoBuilder {
    let max = settings.max_payload;
    SocketIo::builder()
        .req_path(path.to_owned())
        .transports([TransportType::Polling, TransportType::Websocket])
        .ping_interval(Duration::from_secs(25))
        .ping_timeout(Duration::from_secs(20))
        .upgrade_timeout(Duration::from_secs(10))
        .connect_timeout(Duration::from_secs(45))
        .max_buffer_size(PACKETS)
        .max_payload(max as u64)
        .ws_max_message_size(max)
        .ws_max_frame_size(max)
        .ws_read_buffer_size(READ_BUFFER)
        // The protocol has no binary packets; one attachment within the limit is let in to be refused in words.
        .with_parser(ParserConfig::common().max_incoming_binary_buf_size(max).max_incoming_binaries(1))
}

/// The second half of a refused connection: told after CONNECT, since before it the client hears no events.
async fn turn_away(socket: SocketRef) {
    if socket.extensions.get::<Unwelcome>().is_some() {
        let notice = answer::notice("too many concurrent connections from this address");
        // Either fails only if the client is gone already.
        let _ = socket.emit("error", &notice);
        let _ = socket.disconnect();
    }
}

impl Hall {
    /// core.md 1.1: slot of the address, rate limit, handlers; in this order, synchronously.
    fn enter(&self, socket: &Arc<Socket<LocalAdapter>>, peer: SocketAddr) {
        let address = self.settings.client_address.of(peer.ip(), &socket.req_parts().headers);
        let Some(slot) = self.addresses.enter(&address) else {
            emit(ConnectionRejected);
            socket.extensions.insert(Unwelcome);
            return;
        };
        let (session, notices) = self.pipeline.open(Some(address));
        emit(ConnectionOpened { session: session.id() });
        let (intake, frames) = intake::Intake::new(self.settings.rate, self.settings.max_waiting());
        let gone = intake.gone();
        let connection = Connection::new(
            Arc::clone(socket),
            session,
            frames,
            notices,
            Stops { gone: gone.clone(), draining: self.draining.clone() },
            self.settings.max_pending_bytes,
        );
        socket.on_fallback(intake);
        socket.on_disconnect(move |_: SocketRef| {
            gone.cancel();
            std::future::ready(())
        });
        self.connections.spawn(async move {
            let _slot = slot;
            connection.run().await;
            emit(ConnectionClosed);
        });
    }
}
