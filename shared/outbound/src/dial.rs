//! Connections of protocols other than HTTP: the same look-up, the same judgement of addresses.

use crate::lookup::{Refusal, lookup};
use crate::{Egress, Local, Policy, Resolve, SystemResolver};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long one address of several may keep the next one waiting.
const NEXT: Duration = Duration::from_secs(3);

/// Why there is no connection. Each text names the server as it was given, and nothing that was sent to it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DialError {
    /// Authorities of the operator's own cannot be used.
    #[error("certificate authorities: {0}")]
    Authorities(String),
    /// The policy refuses the address.
    #[error("blocked non-public address {address} for {host}")]
    Blocked {
        /// The first refused address.
        address: IpAddr,
        /// The name, or the address as it was spelt.
        host: String,
    },
    /// Nobody answers at any of the addresses.
    #[error("could not connect to {host}:{port}: {source}")]
    Connect {
        /// The name.
        host: String,
        /// The port.
        port: u16,
        /// What the operating system says of the last address.
        source: io::Error,
    },
    /// The operator's lists do not let it through.
    #[error("connections to {host}:{port} are not allowed by the setting egress")]
    Forbidden {
        /// The name.
        host: String,
        /// The port.
        port: u16,
    },
    /// The certificate of our own, or its key, cannot be used.
    #[error("client certificate: {0}")]
    Identity(String),
    /// The system has no certificate authorities to check a server with.
    #[error("no certificate authorities are installed on the gateway's machine{0}")]
    NoAuthorities(String),
    /// The TLS handshake failed: no such protocol, or a certificate that is not to be trusted.
    #[error("no secure connection to {host}: {source}")]
    Tls {
        /// The name that the certificate had to be for.
        host: String,
        /// What is wrong.
        source: io::Error,
    },
    /// The name has no address.
    #[error("could not resolve {host}")]
    Unresolved {
        /// The name.
        host: String,
    },
}

/// Opens connections for people who are not trusted with our network. Cheap.
#[derive(Clone)]
pub struct Dialler {
    policy: Policy,
    egress: Egress,
    local: Local,
    resolver: Arc<dyn Resolve>,
}

impl Dialler {
    /// A dialler that asks the operating system for addresses.
    pub fn new(policy: Policy) -> Self {
        Self::with_resolver(policy, Arc::new(SystemResolver))
    }

    /// A dialler that asks `resolver` for addresses.
    pub fn with_resolver(policy: Policy, resolver: Arc<dyn Resolve>) -> Self {
        Self { policy, egress: Egress::default(), local: Local::default(), resolver }
    }

    /// Connects only to what these lists let through, too.
    #[must_use]
    pub fn within(self, egress: Egress) -> Self {
        Self { egress, ..self }
    }

    /// Connects from these addresses of ours.
    #[must_use]
    pub fn leaving_from(self, local: Local) -> Self {
        Self { local, ..self }
    }

    /// Connects to `host`, a name or an address, trying its addresses one after the other. Small writes are sent at
    /// once. Sets no deadline: the last address is tried for as long as the operating system does.
    ///
    /// # Errors
    /// [`DialError::Forbidden`], [`DialError::Unresolved`], [`DialError::Blocked`] or [`DialError::Connect`].
    pub async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, DialError> {
        let addresses = self.addresses(host, port).await?;
        let last = addresses.len() - 1;
        let mut failure = None;
        for (nth, address) in addresses.into_iter().enumerate() {
            let connecting = self.local.connect(SocketAddr::new(address, port));
            let connected = if nth == last {
                connecting.await
            } else {
                timeout(NEXT, connecting).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
            };
            match connected {
                Ok(stream) => {
                    // Without it, lines are late but nothing is lost.
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Err(error) => failure = Some(error),
            }
        }
        let source = failure.unwrap_or_else(|| io::ErrorKind::AddrNotAvailable.into());
        Err(DialError::Connect { host: host.to_owned(), port, source })
    }

    /// The addresses of `host` that may be connected to; at least one. What no address could make allowed is not even
    /// looked up.
    async fn addresses(&self, host: &str, port: u16) -> Result<Vec<IpAddr>, DialError> {
        let forbidden = || DialError::Forbidden { host: host.to_owned(), port };
        if !self.egress.may_admit(host, port) {
            return Err(forbidden());
        }
        let mut addresses = lookup(self.policy, Arc::clone(&self.resolver), host.to_owned()).await?;
        addresses.retain(|address| self.egress.admits(host, port, *address));
        if addresses.is_empty() { Err(forbidden()) } else { Ok(addresses) }
    }
}

impl From<Refusal> for DialError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Blocked { address, host } => Self::Blocked { address, host },
            #[cfg(feature = "http")]
            Refusal::Forbidden { host, port } => Self::Forbidden { host, port },
            Refusal::Unresolved { host, source } => {
                tracing::debug!(host, error = ?source, "name not resolved");
                Self::Unresolved { host }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Resolving;
    use tokio::net::TcpListener;

    const OPEN: Policy = Policy { allow_private_addresses: true };

    struct Fixed(Vec<IpAddr>);

    impl Resolve for Fixed {
        fn resolve(&self, _: &str) -> Resolving {
            let answer = self.0.clone();
            Box::pin(async move { Ok(answer) })
        }
    }

    fn dialler(policy: Policy, addresses: &[&str]) -> Dialler {
        let addresses = addresses.iter().map(|text| text.parse().unwrap()).collect();
        Dialler::with_resolver(policy, Arc::new(Fixed(addresses)))
    }

    // guard 1, 6
    #[tokio::test]
    async fn private_addresses_are_refused_however_they_are_spelt() {
        for host in ["127.0.0.1", "::1", "localhost", "0x7f.1", "2130706433", "::ffff:127.0.0.1"] {
            let refused = Dialler::new(Policy::default()).connect(host, 6667).await.unwrap_err();
            assert!(matches!(refused, DialError::Blocked { .. }), "{host}: {refused}");
            assert!(refused.to_string().starts_with("blocked non-public address "), "{refused}");
        }
        let mixed = dialler(Policy::default(), &["8.8.8.8", "10.0.0.1"]);
        let refused = mixed.connect("irc.example", 6667).await.unwrap_err();
        assert_eq!(refused.to_string(), "blocked non-public address 10.0.0.1 for irc.example");
    }

    #[tokio::test]
    async fn the_next_address_is_tried_where_one_refuses() {
        let listener = TcpListener::bind("127.0.0.2:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let stream = dialler(OPEN, &["127.0.0.3", "127.0.0.2"]).connect("irc.example", port).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), listener.local_addr().unwrap());
        assert!(stream.nodelay().unwrap());
    }

    #[tokio::test]
    async fn nobody_there_is_told_with_the_servers_name() {
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let failed = dialler(OPEN, &["127.0.0.1"]).connect("irc.example", port).await.unwrap_err();
        assert!(failed.to_string().starts_with(&format!("could not connect to irc.example:{port}: ")), "{failed}");
    }

    #[tokio::test]
    async fn the_operators_lists_are_asked_about_name_and_address() {
        let listener = TcpListener::bind("127.0.0.4:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let local = || dialler(OPEN, &["127.0.0.5", "127.0.0.4"]);
        let text = format!("connections to irc.example:{port} are not allowed by the setting egress");
        for (allow, deny) in [(&["other.example"][..], &[][..]), (&[], &["irc.example"]), (&[], &["127.0.0.0/8"])] {
            let egress = Egress::new(allow, deny).unwrap();
            let refused = local().within(egress).connect("irc.example", port).await.unwrap_err();
            assert_eq!(refused.to_string(), text);
        }
        let egress = Egress::new(&["127.0.0.4/32"], &["irc.example:1"]).unwrap();
        let stream = local().within(egress).connect("irc.example", port).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), listener.local_addr().unwrap());
    }

    #[tokio::test]
    async fn an_allowed_network_does_not_open_what_is_not_public() {
        let egress = Egress::new(&["10.0.0.0/8", "irc.example"], &[]).unwrap();
        let inner = dialler(Policy::default(), &["10.0.0.1"]).within(egress);
        let refused = inner.connect("irc.example", 6667).await.unwrap_err();
        assert_eq!(refused.to_string(), "blocked non-public address 10.0.0.1 for irc.example");
    }

    #[tokio::test]
    async fn a_name_without_addresses_is_told() {
        let failed = dialler(OPEN, &[]).connect("irc.example", 6667).await.unwrap_err();
        assert_eq!(failed.to_string(), "could not resolve irc.example");
    }
}
