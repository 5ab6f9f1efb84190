//! Guarded outbound connections: the only way in which a platform reaches the network (platforms.md 3).
//!
//! Whoever may name a URL or a server to a gateway may try to reach what only the gateway can reach. So each connection
//! passes the same gate. Names are resolved once and the connection goes to the very addresses that were judged, so a
//! name that changes its answer gains nothing.
//!
//! Pages are fetched through a `Guard` (feature `http`): each request, and every redirect it meets, needs an `http` or
//! `https` URL, a port that a browser would use, and public addresses. A `Fetcher` keeps what came of it, so that a page is
//! asked for once however many want it.
//!
//! ```no_run
//! # #[cfg(feature = "http")]
//! # async fn example() -> Result<(), footbridge_outbound::FetchError> {
//! use footbridge_outbound::{Fetcher, Guard, Limits, Policy};
//! use std::time::Duration;
//!
//! let fetcher = Fetcher::new(Guard::new(Policy::default()));
//! let limits = Limits { deadline: Duration::from_secs(5), max_body: 5 * 1024 * 1024 };
//! let page = fetcher.fetch("https://example.org/feed.xml", limits).await?;
//! println!("{} bytes of {:?} from {}", page.body.len(), page.content_type, page.final_url);
//! # Ok(())
//! # }
//! ```
//!
//! Protocols that keep a connection open it with a `Dialler` and secure it with a `Tls` (feature `raw`).
//!
//! ```no_run
//! # #[cfg(feature = "raw")]
//! # async fn example() -> Result<(), footbridge_outbound::DialError> {
//! use footbridge_outbound::{Dialler, Policy, Tls, Trust};
//!
//! let stream = Dialler::new(Policy::default()).connect("irc.example.org", 6697).await?;
//! let stream = Tls::new(&Trust::System, None)?.connect("irc.example.org", stream).await?;
//! # Ok(())
//! # }
//! ```
//!
//! - [`address`]: which addresses are public
//! - [`Resolve`]: where addresses come from, replaceable in tests
//! - `Guard`: the HTTP client: deadline, redirects, size cap, manners; `FetchError`: every way in which a fetch fails, with
//!   the texts that clients read
//! - `Fetcher`: what was fetched, for as long as it is fresh; `Version`: enough of it to ask whether it has changed;
//!   `Reading`: what a platform makes of a body while it arrives
//! - `Beyond`: a place where several processes keep pages for each other
//! - `Egress`: an operator's lists of what may be connected to
//! - `Local`: which of our addresses a connection is made from
//! - `Dialler`, `Tls`: connections; `DialError`: every way in which there is none
//!
//! It does not retry, send cookies or use proxies of the environment.

pub mod address;
#[cfg(feature = "http")]
mod ask;
#[cfg(feature = "http")]
mod beyond;
#[cfg(feature = "http")]
mod body;
#[cfg(feature = "http")]
mod client;
#[cfg(feature = "raw")]
mod dial;
#[cfg(any(feature = "http", feature = "raw"))]
mod egress;
#[cfg(feature = "http")]
mod error;
#[cfg(feature = "http")]
mod fetcher;
#[cfg(feature = "http")]
mod freshness;
#[cfg(feature = "http")]
mod gate;
#[cfg(feature = "http")]
mod guard;
#[cfg(feature = "raw")]
mod local;
#[cfg(any(feature = "http", feature = "raw"))]
mod lookup;
#[cfg(feature = "http")]
mod manners;
#[cfg(feature = "http")]
mod record;
mod resolve;
#[cfg(feature = "http")]
mod shelf;
#[cfg(feature = "http")]
mod target;
#[cfg(feature = "raw")]
mod tls;

#[cfg(feature = "http")]
pub use ask::{Ask, Limits, MAX_REDIRECTS, UserAgent, UserAgentError};
#[cfg(feature = "http")]
pub use beyond::{Beyond, LARGEST, Portable};
#[cfg(feature = "http")]
pub use body::{Head, Reading, Unreadable, Whole};
#[cfg(feature = "raw")]
pub use dial::{DialError, Dialler};
#[cfg(any(feature = "http", feature = "raw"))]
pub use egress::{Egress, RuleError};
#[cfg(feature = "http")]
pub use error::FetchError;
#[cfg(feature = "http")]
pub use fetcher::{Fetcher, Newer, ROOM, Version};
#[cfg(feature = "http")]
pub use guard::{Fetched, Guard};
#[cfg(feature = "raw")]
pub use local::Local;
#[cfg(feature = "http")]
pub use manners::Pace;
pub use resolve::{Resolve, Resolving, SystemResolver};
#[cfg(feature = "raw")]
pub use rustls::ProtocolVersion;
#[cfg(feature = "http")]
pub use shelf::{Page, Weigh};
#[cfg(feature = "raw")]
pub use tls::{Identity, Tls, TlsStream, Trust};

/// What is let through (platforms.md 3.1). The default refuses every address that is not public.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Policy {
    /// Skips the check of addresses. Scheme, ports, sizes, redirects and the deadline stay as they are (guard 11).
    pub allow_private_addresses: bool,
}

impl Policy {
    /// Whether a connection to `address` is allowed.
    pub fn allows(self, address: std::net::IpAddr) -> bool {
        self.allow_private_addresses || address::is_public(address)
    }
}

/// What a guard lets through: addresses by policy, and of these what the operator's lists say.
#[cfg(feature = "http")]
#[derive(Debug, Clone, Default, Hash)]
pub(crate) struct Terms {
    pub(crate) policy: Policy,
    pub(crate) egress: Egress,
    pub(crate) exception: Option<std::net::SocketAddr>,
}

#[cfg(feature = "http")]
impl Terms {
    /// Whether the policy lets a URL with this very address through.
    pub(crate) fn allow(&self, address: std::net::IpAddr, port: u16) -> bool {
        self.policy.allows(address) || self.exception == Some((address, port).into())
    }
}
