//! One fetch from first request to last byte, under one deadline.

use crate::client::LazyClient;
use crate::target::{self, redact, without_user_info};
use crate::{FetchError, Policy, Resolve, SystemResolver, body};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, LOCATION};
use reqwest::Response;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// How many redirects are followed; the next one fails (guard 15).
pub const MAX_REDIRECTS: usize = 20;

/// What one fetch may cost (platforms.md 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For the whole exchange: names, connections, redirects and body.
    pub deadline: Duration,
    /// Largest body in bytes, counted after decompression.
    pub max_body: usize,
}

/// A page that answered with success.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// Where it came from after redirects, without user information.
    pub final_url: Url,
    /// The `Content-Type` header as sent.
    pub content_type: Option<String>,
    /// The decoded body.
    pub body: Bytes,
}

/// Fetches pages for people who are not trusted with our network. Cheap until the first fetch; share one per process.
pub struct Guard {
    policy: Policy,
    client: LazyClient,
}

impl Guard {
    /// A guard that asks the operating system for addresses.
    pub fn new(policy: Policy) -> Self {
        Guard::with_resolver(policy, Arc::new(SystemResolver))
    }

    /// A guard that asks `resolver` for addresses.
    pub fn with_resolver(policy: Policy, resolver: Arc<dyn Resolve>) -> Self {
        Guard { policy, client: LazyClient::new(policy, resolver) }
    }

    /// GETs `url`, following redirects.
    ///
    /// # Errors
    ///
    /// [`FetchError`] names the cause, among them every status that is no success.
    pub async fn fetch(&self, url: &str, limits: Limits) -> Result<Fetched, FetchError> {
        let start = target::parse(url, self.policy)?;
        let asked = redact(&start);
        tokio::time::timeout(limits.deadline, self.exchange(start, limits.max_body))
            .await
            .unwrap_or(Err(FetchError::TimedOut { deadline: limits.deadline, url: asked }))
    }

    async fn exchange(&self, start: Url, max_body: usize) -> Result<Fetched, FetchError> {
        let (url, response) = self.arrive(start).await?;
        if !response.status().is_success() {
            return Err(FetchError::Status { status: response.status(), url: redact(&url) });
        }
        let content_type = header(&response, &CONTENT_TYPE);
        let body = body::read(response, max_body, &url).await?;
        Ok(Fetched { final_url: without_user_info(url), content_type, body })
    }

    /// Follows redirects to the first answer that is none. One without a place to go is an answer like any other.
    async fn arrive(&self, start: Url) -> Result<(Url, Response), FetchError> {
        let client = self.client.ready()?;
        let mut url = start.clone();
        for _ in 0..=MAX_REDIRECTS {
            let sent = client.get(url.clone()).send().await;
            let response = sent.map_err(|error| FetchError::from_client(error, &url))?;
            let location = header(&response, &LOCATION).filter(|_| is_redirect(response.status()));
            let Some(location) = location else { return Ok((url, response)) };
            url = target::follow(&url, &location, self.policy)?;
        }
        Err(FetchError::TooManyRedirects { limit: MAX_REDIRECTS, url: redact(&start) })
    }
}

fn is_redirect(status: http::StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// A header as text; bytes beyond ASCII are taken for UTF-8, as browsers do.
fn header(response: &Response, name: &HeaderName) -> Option<String> {
    response.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}
