//! Why there is no connection, or none any more, and what the machine is told of it (platforms.md 8.3).

use std::io;

use footbridge_outbound::DialError;

use super::meter::Excess;
use crate::machine::{Cause, Down};

/// Why there is no connection, or none any more.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// No way to the server.
    #[error("{0}")]
    Dial(#[from] DialError),
    /// The connection broke, or what came is no XML.
    #[error("{}", worded(.0))]
    Broken(#[from] io::Error),
    /// The same, before a stream had begun: something else may be spoken there.
    #[error("{}", worded(.0))]
    NoStream(io::Error),
    /// The server closed the stream.
    #[error("the server closed the stream")]
    Closed,
    /// The server refused us.
    #[error("{}", joined(.condition, .said.as_deref()))]
    Sasl {
        /// Its condition.
        condition: String,
        /// Its own words.
        said: Option<String>,
    },
    /// The server ended the stream with an error.
    #[error("{}", joined(.condition, .said.as_deref()))]
    Stream {
        /// Its condition.
        condition: String,
        /// Its own words.
        said: Option<String>,
    },
    /// The server does not give us a resource.
    #[error("resource not bound: {}", joined(.condition, .said.as_deref()))]
    Bind {
        /// Its condition.
        condition: String,
        /// Its own words.
        said: Option<String>,
    },
    /// Plain text where it is not wanted.
    #[error("the server offers no encryption, and plain text is not allowed")]
    NoTls,
    /// No mechanism in common, or none that may be used.
    #[error("no way to authenticate in common with the server, which offers {0}")]
    NoMechanism(String),
    /// The server does not take the token that it gave. The password remains.
    #[error("the server does not take its own token any more")]
    Token,
    /// The server's part of authentication does not hold.
    #[error("{0}")]
    Untrue(&'static str),
    /// The server does what the protocol does not know.
    #[error("{0}")]
    Protocol(&'static str),
    /// The service is spoken to in a way that is not known here.
    #[error("No compatible connection method found.")]
    Scheme,
    /// The domain says that it has no XMPP server.
    #[error("No compatible transport found.")]
    NoTransport,
    /// It took too long.
    #[error("no connection within {0} ms")]
    Late(u128),
    /// The server does not answer any more.
    #[error("read ETIMEDOUT")]
    Silent,
}

/// Stream errors after which the same may be tried again: the server goes, or has no room at the moment.
const PASSING: [&str; 7] = [
    "connection-timeout",
    "internal-server-error",
    "remote-connection-failed",
    "reset",
    "resource-constraint",
    "see-other-host",
    "system-shutdown",
];

impl Failure {
    /// Why no stream began, which tells whether something else is spoken there.
    pub(super) fn before_stream(error: io::Error) -> Self {
        use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};

        let hung_up = matches!(error.kind(), BrokenPipe | ConnectionReset | UnexpectedEof);
        let foreign = matches!(innermost(&error).downcast_ref(), Some(Excess::Foreign));
        if hung_up || foreign { Self::NoStream(error) } else { Self::Broken(error) }
    }

    /// What the machine is told.
    pub(super) fn down(&self) -> Down {
        let cause = self.cause();
        match self {
            Self::Closed => Down::Closed,
            _ if self.is_passing() => Down::Lost(cause),
            _ => Down::Failed(cause),
        }
    }

    /// Whether another attempt may end otherwise.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            // A handshake that breaks off is the network; one that ends in a verdict is not.
            Self::Dial(DialError::Tls { source, .. }) | Self::Broken(source) | Self::NoStream(source) => {
                source.kind() != io::ErrorKind::InvalidData
            }
            Self::Stream { condition, .. } => PASSING.contains(&condition.as_str()),
            Self::Sasl { condition, .. } => condition == "temporary-auth-failure",
            Self::Bind { condition, .. } => matches!(&**condition, "resource-constraint" | "internal-server-error"),
            Self::Dial(DialError::Connect { .. } | DialError::Unresolved { .. })
            | Self::Closed
            | Self::Late(_)
            | Self::Silent
            | Self::Token => true,
            _ => false,
        }
    }

    /// Whether another server of the same service cannot do better: this one knows the account, or the domain.
    pub(super) fn is_verdict(&self) -> bool {
        !self.is_passing() && matches!(self, Self::Sasl { .. } | Self::Stream { .. } | Self::Bind { .. })
    }

    /// How much it tells: of several servers' failures, the one that got furthest is shown.
    pub(super) fn weight(&self) -> u8 {
        match self {
            Self::Dial(DialError::Unresolved { .. }) => 0,
            Self::Dial(DialError::Connect { .. }) => 1,
            Self::Closed | Self::Late(_) | Self::Silent => 2,
            Self::Broken(_) | Self::NoStream(_) => 3,
            Self::Dial(_) => 4,
            _ => 5,
        }
    }

    fn cause(&self) -> Cause {
        let (name, condition, said) = match self {
            Self::Sasl { condition, said } => ("SASLError", Some(condition), said.clone()),
            Self::Stream { condition, said } => ("StreamError", Some(condition), said.clone()),
            _ => ("Error", None, None),
        };
        Cause { name, message: self.to_string(), condition: condition.cloned(), said }
    }
}

/// `not-authorized`, or `not-authorized - Bad password`.
fn joined(condition: &str, said: Option<&str>) -> String {
    said.map_or_else(|| condition.to_owned(), |said| format!("{condition} - {said}"))
}

/// What is wrong with a connection, as clients know it from elsewhere (platforms.md 8.3).
fn worded(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => "read ECONNRESET".to_owned(),
        io::ErrorKind::TimedOut => "read ETIMEDOUT".to_owned(),
        io::ErrorKind::UnexpectedEof => "the connection broke off".to_owned(),
        _ => innermost(error).to_string(),
    }
}

/// What it is, rather than where it was found. An error that one of the socket wraps is passed over by `source`.
fn innermost(error: &io::Error) -> &(dyn std::error::Error + 'static) {
    let mut error: &(dyn std::error::Error + 'static) = error;
    loop {
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        match wrapped.map(|inner| inner as &(dyn std::error::Error + 'static)).or_else(|| error.source()) {
            Some(inner) => error = inner,
            None => return error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // xmpp 2
    #[test]
    fn texts_are_those_of_the_contract() {
        let condition = || "not-authorized".to_owned();
        for (failure, text) in [
            (Failure::Sasl { condition: condition(), said: None }, "not-authorized"),
            (
                Failure::Sasl { condition: condition(), said: Some("Bad password".into()) },
                "not-authorized - Bad password",
            ),
            (Failure::Scheme, "No compatible connection method found."),
            (Failure::NoTransport, "No compatible transport found."),
            (Failure::Broken(io::ErrorKind::ConnectionReset.into()), "read ECONNRESET"),
            (Failure::Late(1500), "no connection within 1500 ms"),
        ] {
            assert_eq!(failure.to_string(), text);
        }
    }

    // xmpp 23
    #[test]
    fn a_conflict_is_final_and_carries_what_clients_read() {
        let conflict =
            Failure::Stream { condition: "conflict".into(), said: Some("Replaced by new connection".into()) };
        assert_eq!(
            conflict.down(),
            Down::Failed(Cause {
                name: "StreamError",
                message: "conflict - Replaced by new connection".into(),
                condition: Some("conflict".into()),
                said: Some("Replaced by new connection".into()),
            })
        );
    }

    // xmpp 25
    #[test]
    fn what_may_pass_is_told_from_what_will_not() {
        let stream = |condition: &str| Failure::Stream { condition: condition.into(), said: None };
        let broken = |kind| Failure::Broken(io::Error::from(kind));
        for failure in [
            stream("system-shutdown"),
            stream("reset"),
            broken(io::ErrorKind::ConnectionReset),
            broken(io::ErrorKind::UnexpectedEof),
            Failure::Silent,
            Failure::Dial(DialError::Unresolved { host: "h".into() }),
            Failure::Dial(DialError::Tls { host: "h".into(), source: io::ErrorKind::UnexpectedEof.into() }),
        ] {
            assert!(matches!(failure.down(), Down::Lost(_)), "{failure:?}");
        }
        for failure in [
            stream("host-unknown"),
            stream("policy-violation"),
            broken(io::ErrorKind::InvalidData),
            Failure::NoTls,
            Failure::NoMechanism("PLAIN".into()),
            Failure::Dial(DialError::Tls { host: "h".into(), source: io::ErrorKind::InvalidData.into() }),
        ] {
            assert!(matches!(failure.down(), Down::Failed(_)), "{failure:?}");
        }
        assert_eq!(Failure::Closed.down(), Down::Closed);
    }

    #[test]
    fn the_innermost_reason_is_what_is_shown() {
        let excess = io::Error::new(io::ErrorKind::InvalidData, super::super::meter::Excess::Large);
        let wrapped = io::Error::new(io::ErrorKind::InvalidData, excess);
        assert_eq!(Failure::Broken(wrapped).to_string(), "the server sent a stanza of more than 1 MiB");
    }
}
