//! `credentialCheck`: whose word is taken for the address of a client.

use serde::Deserialize;

use crate::kind::Kind;
use crate::setting::{Fallback, Setting};

pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new(
        "credentialCheck.reconnectIpSource",
        Kind::Choice(&["socket", "proxy"]),
        Fallback::Text("socket"),
        "Where the address of a client is taken from: its socket, or a header that a proxy in front sets",
    ),
    Setting::new(
        "credentialCheck.proxyHeader",
        Kind::Header,
        Fallback::Text("x-forwarded-for"),
        "The header for 'proxy'",
    ),
    Setting::new(
        "credentialCheck.resumeByAddress",
        Kind::Bool,
        Fallback::Bool(false),
        "Whether a session without a password finds the connection that one from the same address, with the same \
         credentials, has left; off: it takes the resume token, which reconnecting clients send by themselves",
    )
    .our_own(),
];

/// Where the address of a client comes from (core.md 3.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientAddress {
    /// The first entry of this header, which a proxy in front sets; the peer of the socket when it is absent.
    Proxy {
        /// Name in lower case.
        header: String,
    },
    /// The peer of the socket.
    Socket,
}

/// The section as written.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CredentialCheck {
    reconnect_ip_source: IpSource,
    proxy_header: String,
    pub(crate) resume_by_address: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum IpSource {
    Proxy,
    Socket,
}

// === impl ClientAddress ===

impl From<CredentialCheck> for ClientAddress {
    fn from(written: CredentialCheck) -> Self {
        match written.reconnect_ip_source {
            IpSource::Proxy => Self::Proxy { header: written.proxy_header.to_ascii_lowercase() },
            IpSource::Socket => Self::Socket,
        }
    }
}
