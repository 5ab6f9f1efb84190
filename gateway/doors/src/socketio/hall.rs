//! Where sockets become connections: who is let in, and to which session.

use std::{net::SocketAddr, sync::Arc};

use axum::extract::ConnectInfo;
use engineioxide::DisconnectReason;
use footbridge_pipeline::Pipeline;
use footbridge_schemas::answer;
use footbridge_telemetry::emit;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Settings,
    absent::Absent,
    client::{Client, Returning},
    engine::Socket,
    history::History,
    intake::Intake,
    packet,
    passes::{Arrival, Claim, Passes, Pid},
};
use crate::{
    events::{ConnectionRejected, SessionOpened},
    web::address::Addresses,
};

/// What all connections share.
pub(crate) struct Hall {
    pipeline: Pipeline,
    pub(crate) settings: Settings,
    addresses: Addresses,
    pub(crate) absent: Absent,
    passes: Arc<Passes>,
    sessions: TaskTracker,
    draining: CancellationToken,
}

impl Hall {
    /// Nobody yet. A session is a task of `sessions`; all of them end when `draining` is cancelled.
    pub(crate) fn new(
        pipeline: Pipeline,
        settings: Settings,
        sessions: TaskTracker,
        draining: CancellationToken,
    ) -> Self {
        Self {
            pipeline,
            addresses: Addresses::new(settings.max_connections),
            absent: Absent::new(settings.max_connections),
            passes: Arc::default(),
            settings,
            sessions,
            draining,
        }
    }

    /// Cancelled when the gateway stops.
    pub(crate) fn draining(&self) -> &CancellationToken {
        &self.draining
    }

    /// Bytes of one message.
    pub(crate) fn max_payload(&self) -> usize {
        self.settings.max_payload
    }

    /// A CONNECT (core.md 1.1): slot of the address, rate limit, session; in this order, synchronously, so that an event
    /// that arrives right behind finds where to go. `None`: the socket is not let in.
    pub(crate) fn enter(self: &Arc<Self>, socket: &Arc<Socket>, auth: &str) -> Option<Intake> {
        let Some(ConnectInfo(peer)) = socket.req_parts.extensions.get::<ConnectInfo<SocketAddr>>() else {
            tracing::error!("the server does not say who is connected");
            socket.close(DisconnectReason::TransportClose);
            return None;
        };
        let address = self.settings.client_address.of(peer.ip(), &socket.req_parts.headers);
        let claim = self.settings.recovery.map(|_| Claim::read(auth)).unwrap_or_default();
        let place = self.passes.take_place(claim, &address).or_else(|| self.addresses.enter(&address));
        let Some(slot) = place else {
            emit(ConnectionRejected);
            turn_away(socket);
            return None;
        };
        let (intake, frames) = Intake::new(self.settings.rate, self.settings.max_waiting());
        let arrival = Box::new(Arrival { socket: Arc::clone(socket), frames, address, slot, offset: claim.offset });
        if let Err(arrival) = self.passes.hand_over(claim, arrival) {
            self.open(arrival);
        }
        Some(intake)
    }

    /// Opens a new session for a connection, and tells the client that it is connected.
    pub(crate) fn open(self: &Arc<Self>, arrival: Box<Arrival>) {
        let (session, notices) = self.pipeline.open(Some(arrival.address.clone()));
        emit(SessionOpened { session: session.id() });
        let place = Arc::default();
        let returning = self.settings.recovery.map(|bounds| Returning {
            pass: self.passes.issue(Arc::clone(&place)),
            history: History::new(bounds, arrival.offset),
        });
        confirm(&arrival.socket, returning.as_ref().map(|returning| returning.pass.pid));
        let client = Client { hall: Arc::clone(self), session, notices, place, returning };
        self.sessions.spawn(client.run(arrival));
    }
}

/// Answers CONNECT. A socket that cannot take even that is closed.
pub(crate) fn confirm(socket: &Socket, pid: Option<Pid>) {
    if socket.emit(packet::connected(socket.id.as_str(), pid)).is_err() {
        socket.close(DisconnectReason::TransportError);
    }
}

/// The address has as many connections as it may (core 56). Told after CONNECT: before it the client hears no events.
fn turn_away(socket: &Socket) {
    let notice = answer::notice("too many concurrent connections from this address");
    confirm(socket, None);
    for text in [packet::event("error", &notice, None), packet::DISCONNECT.to_owned()] {
        // It fails only if the client is gone, or does not read.
        let _ = socket.emit(text);
    }
}
