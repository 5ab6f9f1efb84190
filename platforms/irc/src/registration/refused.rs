//! Why there is no connection, in the words of the contract (platforms.md 7.3).

/// Why connecting failed. Its text is what the client reads; what the server said is for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// TCP, TLS or the look-up of the name failed, or the certificate is bad.
    #[error("error connecting to server.")]
    Connecting,
    /// The operator does not want connections to this server. The text is ours: the contract knows no such lists.
    #[error("error connecting to server: the gateway's setting egress does not allow it.")]
    Forbidden,
    /// The connection broke off.
    #[error("connection to server closed.")]
    Closed,
    /// The server said nothing for too long.
    #[error("connection timeout to server.")]
    Silent,
    /// The server closed the connection in good order, but before registration was done.
    #[error("unable to connect to server: socket ended")]
    Ended,
    /// The nick was refused, and every alternative.
    #[error("unable to connect to server: nicknames unavailable")]
    Nicknames,
    /// SASL failed.
    #[error("unable to connect to server: sasl authentication failed")]
    Sasl,
    /// There is no SASL, or not the mechanism that was chosen.
    #[error("unable to connect to server: missing required capabilities")]
    Capabilities,
    /// The server wants another password.
    #[error("unable to connect to server: bad password")]
    Password,
    /// The server said `ERROR`. The contract takes that for a proxy's fault.
    #[error("unable to connect to server: bad proxy configuration")]
    Proxy {
        /// What the server said.
        said: String,
    },
}

impl Refused {
    /// Whether the server is told that we leave.
    pub(super) fn quits(&self) -> bool {
        matches!(self, Self::Nicknames | Self::Sasl | Self::Capabilities | Self::Password)
    }
}
