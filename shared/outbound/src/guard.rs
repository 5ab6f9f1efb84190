//! One fetch from first request to last byte, under one deadline.

mod post;

use crate::ask::UserAgent;
use crate::body::{self, Head, Reading, Whole};
use crate::client::LazyClient;
use crate::freshness::Validators;
use crate::gate::Asked;
use crate::manners::{LeftAlone, Manners, Pace, Turn};
use crate::target::{self, authority, redact, without_user_info};
use crate::{Ask, Egress, FetchError, Limits, Policy, Resolve, SystemResolver, Terms};
use bytes::Bytes;
use http::header::{ACCEPT, IF_MODIFIED_SINCE, IF_NONE_MATCH, LOCATION, ORIGIN, USER_AGENT};
use http::{HeaderMap, HeaderValue, StatusCode};
use reqwest::{Certificate, Response};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::sync::Arc;
use url::Url;

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

/// Fetches pages for people who are not trusted with our network, and without being a burden to those who serve them:
/// few requests to one host at a time and in a time, and none while it asks for that. Cheap until the first fetch; share
/// one per process.
#[derive(Clone)]
pub struct Guard {
    terms: Terms,
    resolver: Arc<dyn Resolve>,
    user_agent: Option<UserAgent>,
    authorities: Vec<Certificate>,
    client: Arc<LazyClient>,
    asked: Asked,
    manners: Manners,
}

/// What one has of a page already.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) url: &'a Url,
    pub(crate) validators: &'a Validators,
}

/// How a request ends well.
pub(crate) enum Reply<T> {
    Read {
        head: Head,
        content: T,
    },
    /// What is known is still true.
    Unchanged(HeaderMap),
}

/// An answer that is no redirect. The turn lasts until its body was read.
struct Arrived {
    url: Url,
    response: Response,
    _turn: Turn,
}

impl Guard {
    /// A guard that asks the operating system for addresses.
    pub fn new(policy: Policy) -> Self {
        Guard::with_resolver(policy, Arc::new(SystemResolver))
    }

    /// A guard that asks `resolver` for addresses.
    pub fn with_resolver(policy: Policy, resolver: Arc<dyn Resolve>) -> Self {
        let (terms, asked) = (Terms { policy, ..Terms::default() }, Asked::default());
        let client = Arc::new(LazyClient::new(terms.clone(), Arc::clone(&resolver), asked.clone(), Vec::new()));
        let (user_agent, authorities) = (None, Vec::new());
        Self { terms, resolver, user_agent, authorities, client, asked, manners: Manners::default() }
    }

    /// Connects only to what these lists let through, too.
    #[must_use]
    pub fn within(self, egress: Egress) -> Self {
        self.under(|terms| Terms { egress, ..terms })
    }

    /// Connects to this very address too, where a URL spells it out with its port, public or not: for a service of one's
    /// own. Names that lead there, and other ports, are judged as without it.
    #[must_use]
    pub fn excepting(self, address: SocketAddr) -> Self {
        self.under(|terms| Terms { exception: Some(address), ..terms })
    }

    /// Trusts servers with a certificate from these authorities, PEM, besides those that the operating system trusts.
    ///
    /// # Errors
    ///
    /// [`FetchError::NoClient`] when one cannot be used.
    pub fn trusting(self, pem: &[u8]) -> Result<Self, FetchError> {
        let authorities = Certificate::from_pem_bundle(pem);
        let authorities = authorities.map_err(|source| FetchError::NoClient { source: Arc::new(source) })?;
        Ok(Self { authorities, ..self }.under(|terms| terms))
    }

    /// Makes its requests under this name, unless they have one of their own.
    #[must_use]
    pub fn named(self, user_agent: UserAgent) -> Self {
        Self { user_agent: Some(user_agent), ..self }
    }

    /// Asks hosts at this pace.
    #[must_use]
    pub fn paced(self, pace: Pace) -> Self {
        Self { manners: Manners::at(pace), ..self }
    }

    /// Equal for guards that let the same through and make their requests under the same name.
    pub(crate) fn terms(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (&self.terms, &self.user_agent).hash(&mut hasher);
        hasher.finish()
    }

    /// The same under other terms, which a client has for good.
    fn under(self, change: impl FnOnce(Terms) -> Terms) -> Self {
        let (terms, asked, authorities) = (change(self.terms), Asked::default(), self.authorities.clone());
        let client = LazyClient::new(terms.clone(), Arc::clone(&self.resolver), asked.clone(), authorities);
        let client = Arc::new(client);
        Self { terms, client, asked, ..self }
    }

    /// GETs `url`, following redirects. Keeps nothing.
    ///
    /// # Errors
    ///
    /// [`FetchError`] names the cause, among them every status that is no success.
    pub async fn fetch(&self, url: &str, limits: Limits) -> Result<Fetched, FetchError> {
        let begin = |head: &Head| Whole::expecting(head.length(), limits.max_body);
        match self.request(&Ask::new(url, limits), None, begin).await? {
            Reply::Read { head, content } => {
                let content_type = head.content_type();
                Ok(Fetched { final_url: head.final_url, content_type, body: content })
            }
            Reply::Unchanged(_) => unreachable!("only who knows something is told that it has not changed"),
        }
    }

    /// Asks, unless what is known is still true, and reads the answer.
    pub(crate) async fn request<R: Reading>(
        &self,
        ask: &Ask,
        known: Option<Known<'_>>,
        begin: impl FnOnce(&Head) -> R,
    ) -> Result<Reply<R::Output>, FetchError> {
        let start = target::parse(&ask.url, &self.terms)?;
        let (asked, deadline) = (redact(&start), ask.limits.deadline);
        tokio::time::timeout(deadline, self.exchange(start, ask, known, begin))
            .await
            .unwrap_or(Err(FetchError::TimedOut { deadline, url: asked }))
    }

    async fn exchange<R: Reading>(
        &self,
        start: Url,
        ask: &Ask,
        known: Option<Known<'_>>,
        begin: impl FnOnce(&Head) -> R,
    ) -> Result<Reply<R::Output>, FetchError> {
        let Arrived { url, response, _turn } = self.arrive(start, ask, known).await?;
        let status = response.status();
        if status == StatusCode::NOT_MODIFIED && known.is_some_and(|known| *known.url == without_user_info(url.clone()))
        {
            return Ok(Reply::Unchanged(response.headers().clone()));
        }
        if !status.is_success() {
            let content_type = body::text(response.headers(), &http::header::CONTENT_TYPE);
            return Err(FetchError::Status { status, url: redact(&url), content_type });
        }
        let head = Head { final_url: without_user_info(url.clone()), status, headers: response.headers().clone() };
        let content = body::read(response, ask.limits.max_body, &url, begin(&head)).await?;
        Ok(Reply::Read { head, content })
    }

    /// Follows redirects to the first answer that is none. One without a place to go is an answer like any other.
    async fn arrive(&self, start: Url, ask: &Ask, known: Option<Known<'_>>) -> Result<Arrived, FetchError> {
        let mut url = start.clone();
        for _ in 0..=ask.max_redirects {
            let left_alone = |LeftAlone { status, remaining }| FetchError::LeftAlone {
                status,
                url: redact(&url),
                seconds: remaining.as_secs_f64().ceil(),
            };
            let turn = self.manners.turn(&authority(&url)).await.map_err(left_alone)?;
            let response = self.hop(&url, ask, known).await?;
            if let Some(alone) = turn.heard(response.status(), response.headers()) {
                return Err(left_alone(alone));
            }
            let location = body::text(response.headers(), &LOCATION).filter(|_| is_redirect(response.status()));
            let Some(location) = location else { return Ok(Arrived { url, response, _turn: turn }) };
            url = target::follow(&url, &location, &self.terms)?;
        }
        Err(FetchError::TooManyRedirects { limit: ask.max_redirects, url: redact(&start) })
    }

    /// A single request. What is known is told only to who said it.
    async fn hop(&self, url: &Url, ask: &Ask, known: Option<Known<'_>>) -> Result<Response, FetchError> {
        let mut request = self.client.ready()?.get(url.clone());
        if let Some(UserAgent(name)) = ask.user_agent.as_ref().or(self.user_agent.as_ref()) {
            request = request.header(USER_AGENT, name);
        }
        if let Some(accept) = ask.accept {
            request = request.header(ACCEPT, accept);
        }
        if ask.names_origin
            && let Ok(origin) = HeaderValue::from_str(&redact(url))
        {
            request = request.header(ORIGIN, origin);
        }
        if let Some(Known { validators, .. }) = known.filter(|known| *known.url == without_user_info(url.clone())) {
            let named = [(IF_NONE_MATCH, &validators.etag), (IF_MODIFIED_SINCE, &validators.last_modified)];
            for (name, value) in named {
                if let Some(value) = value {
                    request = request.header(name, value);
                }
            }
        }
        let _asking = self.asked.ask(url);
        request.send().await.map_err(|error| FetchError::from_client(error, url))
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}
