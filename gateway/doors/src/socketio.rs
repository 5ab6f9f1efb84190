//! The Socket.IO door (core.md 1): a socket is a transport, a connection is a socket whose CONNECT was accepted, and
//! a session outlives its connection for a while. One [`client`] task per session.
//!
//! ```text
//! engine's read loop ── Engine (packets) ── Intake (rate limit, order) ── mailbox ──> Connection ── Session
//!                          │                                                              │  ▲
//!                          └── CONNECT ── Hall ── Arrival ──> Client <────────────────────┘  └── notices
//! engine's write loop <── 128 packets ── Outbox (bounded, in order) <── History (what may have to be said again)
//! ```
//!
//! - [`packet`], [`frame`]: the text of packets, and of events in them
//! - [`engine`]: what the Engine.IO library calls, and what a socket is used for
//! - [`hall`]: who is let in, and to which session; [`passes`]: who may come back; [`absent`]: how many may be away
//! - [`client`]: a session's task; [`connection`]: its work while there is a connection
//! - [`intake`] with [`rate`], [`outbox`], [`history`]: what waits, in and out

mod absent;
mod client;
mod connection;
mod engine;
mod frame;
mod hall;
mod history;
mod intake;
mod outbox;
mod packet;
mod passes;
mod rate;

use std::sync::Arc;

use axum::Router;
use engineioxide::service::EngineIoService;
use footbridge_pipeline::Pipeline;
use footbridge_runtime::Bounds;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use frame::{Event, Frame, Malformed};
pub use packet::{Kind, NoPacket, Packet};
pub use rate::RateLimit;

use self::{engine::Engine, hall::Hall};
use crate::web::{
    address::ClientAddress,
    origin::{Gate, Origins},
};

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
    /// What is kept for a client whose connection broke (`session.backlog*`); `None`: it cannot come back
    /// (`session.recovery`).
    pub recovery: Option<Bounds>,
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
    sessions: TaskTracker,
    draining: CancellationToken,
}

impl Door {
    /// Builds the door in front of `pipeline`. Must be called within a runtime.
    pub fn new(pipeline: Pipeline, settings: Settings) -> Self {
        let path = format!("{}/", settings.path.trim_end_matches('/'));
        let gate = Gate::new(settings.origins.clone());
        let config = engine::config(&path, &settings);
        let (sessions, draining) = (TaskTracker::new(), CancellationToken::new());
        let hall = Arc::new(Hall::new(pipeline, settings, sessions.clone(), draining.clone()));
        let service = EngineIoService::with_config(Arc::new(Engine::new(hall)), config);
        let router =
            Router::new().route_service(&path, service).layer(axum::middleware::from_fn_with_state(gate, Gate::guard));
        Self { router, sessions, draining }
    }

    /// Waits until every session has sent the answers that are there; its transport is closed then. Sessions whose
    /// clients are away end.
    pub async fn close(&self) {
        self.draining.cancel();
        self.sessions.close();
        self.sessions.wait().await;
    }
}
