//! The HTTP client under the guard, built when the first request needs it: its TLS roots and pools are most of what a
//! worker process would otherwise hold while idle.

use crate::gate::{Asked, Gate};
use crate::{FetchError, Resolve, Terms};
use reqwest::{Certificate, redirect};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// How long an unused connection is kept: long enough for a redirect or two polls of one site, not more.
const IDLE: Duration = Duration::from_secs(10);

/// What HTTP/2 servers may send ahead of what was read, in bytes: of one answer, and of all on one connection.
const AHEAD: u32 = 256 * 1024;
const AHEAD_IN_ALL: u32 = 1024 * 1024;

/// How often HTTP/2 servers are asked whether they still answer, and how long that may take. One that only talks is hung up
/// on by that, too.
const BEAT: Duration = Duration::from_secs(5);

/// Some sites refuse requests that do not say who asks.
const USER_AGENT: &str = concat!("Footbridge/", env!("CARGO_PKG_VERSION"));

pub(crate) struct LazyClient {
    terms: Terms,
    resolver: Arc<dyn Resolve>,
    asked: Asked,
    authorities: Vec<Certificate>,
    built: OnceLock<reqwest::Client>,
}

impl LazyClient {
    pub(crate) fn new(terms: Terms, resolver: Arc<dyn Resolve>, asked: Asked, authorities: Vec<Certificate>) -> Self {
        LazyClient { terms, resolver, asked, authorities, built: OnceLock::new() }
    }

    /// The client. A failure to build it is not remembered: certificates may appear later.
    pub(crate) fn ready(&self) -> Result<&reqwest::Client, FetchError> {
        if let Some(client) = self.built.get() {
            return Ok(client);
        }
        let client = self.build().map_err(|source| FetchError::NoClient { source: Arc::new(source) })?;
        Ok(self.built.get_or_init(|| client))
    }

    fn build(&self) -> Result<reqwest::Client, reqwest::Error> {
        // Fails only if the process has chosen its provider already, which is just as well.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        reqwest::Client::builder()
            .user_agent(USER_AGENT)
            // A proxy would connect where the guard cannot look.
            .no_proxy()
            // Followed by the guard, which judges every hop.
            .redirect(redirect::Policy::none())
            .referer(false)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(1)
            .http2_initial_stream_window_size(AHEAD)
            .http2_initial_connection_window_size(AHEAD_IN_ALL)
            .http2_keep_alive_interval(BEAT)
            .http2_keep_alive_timeout(BEAT)
            .http2_keep_alive_while_idle(true)
            .tls_certs_merge(self.authorities.iter().cloned())
            .dns_resolver(Gate {
                terms: self.terms.clone(),
                resolver: Arc::clone(&self.resolver),
                asked: self.asked.clone(),
            })
            .build()
    }
}
