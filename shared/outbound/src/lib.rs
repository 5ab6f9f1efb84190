//! Guarded outbound HTTP: the only way in which a platform fetches a page (platforms.md 3).
//!
//! Whoever may name a URL to a gateway may try to reach what only the gateway can reach. So each request passes the
//! same gate, and so does every redirect it meets: an `http` or `https` URL, a port that a browser would use, and
//! public addresses only. Names are resolved once and the connection goes to the very addresses that were judged, so a
//! name that changes its answer gains nothing.
//!
//! ```no_run
//! # async fn example() -> Result<(), footbridge_outbound::FetchError> {
//! use footbridge_outbound::{Guard, Limits, Policy};
//! use std::time::Duration;
//!
//! let guard = Guard::new(Policy::default());
//! let limits = Limits { deadline: Duration::from_secs(5), max_body: 5 * 1024 * 1024 };
//! let page = guard.fetch("https://example.org/feed.xml", limits).await?;
//! println!("{} bytes of {:?} from {}", page.body.len(), page.content_type, page.final_url);
//! # Ok(())
//! # }
//! ```
//!
//! - [`address`]: which addresses are public
//! - [`Guard`]: the client: deadline, redirects, size cap
//! - [`Resolve`]: where addresses come from, replaceable in tests
//! - [`FetchError`]: every way in which a fetch fails, with the texts that clients read
//!
//! It does not retry, cache, send cookies or use proxies of the environment.

pub mod address;
mod body;
mod client;
mod error;
mod gate;
mod guard;
mod resolve;
mod target;

pub use error::FetchError;
pub use guard::{Fetched, Guard, Limits, MAX_REDIRECTS};
pub use resolve::{Resolve, Resolving, SystemResolver};

/// What a [`Guard`] lets through (platforms.md 3.1). The default refuses every address that is not public.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
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
