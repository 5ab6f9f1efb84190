//! What is noteworthy at the doors.

use footbridge_pipeline::Unattended;
use footbridge_telemetry::Event;
use footbridge_wire::SessionId;

/// A socket is let in, to a new session or to one that it resumes.
pub(crate) struct ConnectionOpened;

impl Event for ConnectionOpened {
    fn emit(self) {
        metrics::counter!("sockethub_connection_opened").increment(1);
        metrics::gauge!("sockethub_connection_active").increment(1);
    }
}

/// A client has a new session.
pub(crate) struct SessionOpened {
    pub(crate) session: SessionId,
}

impl Event for SessionOpened {
    fn emit(self) {
        tracing::debug!(session = %self.session, "session opened");
    }
}

/// A connection is gone, its session closed or waiting for the client to come back.
pub(crate) struct ConnectionClosed;

impl Event for ConnectionClosed {
    fn emit(self) {
        metrics::counter!("sockethub_connection_closed").increment(1);
        metrics::gauge!("sockethub_connection_active").decrement(1);
    }
}

/// A client came back to its session.
pub(crate) struct SessionResumed {
    pub(crate) session: SessionId,
}

impl Event for SessionResumed {
    fn emit(self) {
        metrics::counter!("sockethub_session_resumed_total").increment(1);
        tracing::debug!(session = %self.session, "session resumed");
    }
}

/// A client came back for more than had been kept for it.
pub(crate) struct MessagesLost {
    pub(crate) session: SessionId,
    pub(crate) count: u64,
}

impl Event for MessagesLost {
    fn emit(self) {
        metrics::counter!("sockethub_session_messages_lost_total").increment(self.count);
        tracing::warn!(session = %self.session, count = self.count, "messages fell out of a session's backlog");
    }
}

/// An address has as many connections as it may.
pub(crate) struct ConnectionRejected;

impl Event for ConnectionRejected {
    fn emit(self) {
        metrics::counter!("sockethub_connection_rejected").increment(1);
    }
}

/// A page of an origin that is not allowed tried to connect.
pub(crate) struct OriginRefused;

impl Event for OriginRefused {
    fn emit(self) {
        metrics::counter!("sockethub_origin_refused_total").increment(1);
    }
}

/// The rate limit dropped an event.
pub(crate) struct EventDropped;

impl Event for EventDropped {
    fn emit(self) {
        metrics::counter!("sockethub_rate_limited_total").increment(1);
    }
}

/// A packet is no event.
pub(crate) struct PacketMalformed;

impl Event for PacketMalformed {
    fn emit(self) {
        metrics::counter!("sockethub_validation_failed_total", "stage" => "frame").increment(1);
    }
}

/// More input waits than may: the session is closed.
pub(crate) struct InputFlooded;

impl Event for InputFlooded {
    fn emit(self) {
        metrics::counter!("sockethub_session_flooded_total").increment(1);
    }
}

/// More output waits than may: the session is closed.
pub(crate) struct OutputStuck {
    pub(crate) session: SessionId,
}

impl Event for OutputStuck {
    fn emit(self) {
        metrics::counter!("sockethub_session_slow_total").increment(1);
        tracing::warn!(session = %self.session, "closing a connection whose client does not read");
    }
}

/// A server asked who is behind a connection.
pub(crate) struct IdentAsked {
    /// What it was answered.
    pub(crate) result: &'static str,
}

impl Event for IdentAsked {
    fn emit(self) {
        metrics::counter!("sockethub_ident_asked_total", "result" => self.result).increment(1);
    }
}

/// Another server called, and was answered by a worker.
pub(crate) struct CallbackAnswered {
    pub(crate) status: u16,
}

impl Event for CallbackAnswered {
    fn emit(self) {
        metrics::counter!("sockethub_callbacks_total", "status" => self.status.to_string()).increment(1);
    }
}

/// Another server called, and was not let in.
pub(crate) struct CallbackRefused {
    pub(crate) why: Unattended,
}

impl Event for CallbackRefused {
    fn emit(self) {
        let why = match self.why {
            Unattended::Nobody => "nobody",
            Unattended::Crowded => "crowded",
            Unattended::Late => "late",
        };
        metrics::counter!("sockethub_callbacks_refused_total", "reason" => why).increment(1);
    }
}
