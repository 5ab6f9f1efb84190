//! The HTTP client under the guard, built when the first request needs it: its TLS roots and pools are most of what a
//! worker process would otherwise hold while idle.

use crate::gate::{Asked, Gate};
use crate::{FetchError, Resolve, Terms};
use reqwest::redirect;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// How long an unused connection is kept: long enough for a redirect or two polls of one site, not more.
const IDLE: Duration = Duration::from_secs(10);

/// Some sites refuse requests that do not say who asks.
const USER_AGENT: &str = concat!("Footbridge/", env!("CARGO_PKG_VERSION"));

pub(crate) struct LazyClient {
    terms: Terms,
    resolver: Arc<dyn Resolve>,
    asked: Asked,
    built: OnceLock<reqwest::Client>,
}

impl LazyClient {
    pub(crate) fn new(terms: Terms, resolver: Arc<dyn Resolve>, asked: Asked) -> Self {
        LazyClient { terms, resolver, asked, built: OnceLock::new() }
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
            .dns_resolver(Gate {
                terms: self.terms.clone(),
                resolver: Arc::clone(&self.resolver),
                asked: self.asked.clone(),
            })
            .build()
    }
}
