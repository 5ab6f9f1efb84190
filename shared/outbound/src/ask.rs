//! What is asked for, and how.

use crate::FetchError;
use crate::target::{redact_text, without_fragment};
use http::HeaderValue;
use std::time::Duration;
use thiserror::Error;
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

/// One request, in all that makes it differ from others.
#[derive(Debug, Clone)]
pub struct Ask {
    pub(crate) url: String,
    pub(crate) limits: Limits,
    pub(crate) accept: Option<&'static str>,
    pub(crate) user_agent: Option<UserAgent>,
    pub(crate) names_origin: bool,
    pub(crate) max_redirects: usize,
    pub(crate) max_age: Duration,
}

impl Ask {
    /// A GET of `url` that follows redirects and is content with whatever is still fresh.
    pub fn new(url: impl Into<String>, limits: Limits) -> Self {
        Self {
            url: url.into(),
            limits,
            accept: None,
            user_agent: None,
            names_origin: false,
            max_redirects: MAX_REDIRECTS,
            max_age: Duration::MAX,
        }
    }

    /// With an `Accept` header. Answers to different ones are kept apart.
    #[must_use]
    pub fn accepting(self, media_types: &'static str) -> Self {
        Self { accept: Some(media_types), ..self }
    }

    /// Under another name than the guard's. Answers to different ones are kept apart.
    #[must_use]
    pub fn named(self, user_agent: &UserAgent) -> Self {
        Self { user_agent: Some(user_agent.clone()), ..self }
    }

    /// With an `Origin` header, which is the URL. Answers with and without are kept apart.
    #[must_use]
    pub fn naming_its_origin(self) -> Self {
        Self { names_origin: true, ..self }
    }

    /// Following at most `redirects`, 0 to [`MAX_REDIRECTS`].
    #[must_use]
    pub fn following(self, redirects: usize) -> Self {
        Self { max_redirects: redirects.min(MAX_REDIRECTS), ..self }
    }

    /// Not content with an answer that was confirmed longer ago than `age`: the server is asked then whether it has changed.
    #[must_use]
    pub fn no_older_than(self, age: Duration) -> Self {
        Self { max_age: age, ..self }
    }

    /// Under what its answer is kept. What the server never sees of a URL makes no difference.
    pub(crate) fn key(&self) -> Result<Key, FetchError> {
        let url = Url::parse(&self.url).map_err(|_| FetchError::InvalidUrl { url: redact_text(&self.url) })?;
        let (accept, user_agent) = (self.accept, self.user_agent.clone());
        Ok(Key { url: without_fragment(url).into(), accept, user_agent, names_origin: self.names_origin })
    }
}

/// Two asks with the same key get the same answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    url: String,
    accept: Option<&'static str>,
    user_agent: Option<UserAgent>,
    names_origin: bool,
}

impl Key {
    /// Bytes that it takes.
    pub(crate) fn weight(&self) -> usize {
        self.url.len()
    }

    /// As text, different for different keys.
    pub(crate) fn text(&self) -> String {
        let Self { url, accept, user_agent, names_origin } = self;
        let agent = user_agent.as_ref().map(|UserAgent(name)| String::from_utf8_lossy(name.as_bytes()));
        // No header has a line break.
        let origin = if *names_origin { "origin" } else { "" };
        format!("{}\n{}\n{origin}\n{url}", accept.unwrap_or_default(), agent.unwrap_or_default())
    }
}

/// By what name requests are made.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UserAgent(pub(crate) HeaderValue);

/// A name that cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("userAgent: '{0}' has characters that no header may have")]
pub struct UserAgentError(String);

impl UserAgent {
    /// Reads a name as an operator writes it, such as `Example/1.0 (+https://example.org)`.
    ///
    /// # Errors
    /// [`UserAgentError`] for line breaks, control characters and the like.
    pub fn new(text: &str) -> Result<Self, UserAgentError> {
        let unusable = || UserAgentError(text.chars().take(100).collect());
        HeaderValue::from_str(text).map(Self).map_err(|_| unusable())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { deadline: Duration::from_secs(1), max_body: 1 };

    fn key(url: &str) -> Key {
        Ask::new(url, LIMITS).key().unwrap()
    }

    #[test]
    fn what_the_server_would_not_tell_apart_has_one_key() {
        assert_eq!(key("HTTP://H.example:80/a#b"), key("http://h.example/a"));
        assert_ne!(key("http://h.example/a?"), key("http://h.example/a"));
        assert_ne!(key("http://ana:x@h.example/a"), key("http://h.example/a"));
    }

    #[test]
    fn those_who_ask_otherwise_are_answered_apart() {
        let ask = || Ask::new("http://h.example/", LIMITS);
        let compat = UserAgent::new("Compat/1").unwrap();
        let asks = [ask(), ask().accepting("text/html"), ask().named(&compat), ask().naming_its_origin()];
        let keys = asks.map(|ask| ask.key().unwrap());
        let same = |key| keys.iter().filter(|other| *other == key).count();
        assert!(keys.iter().all(|key| same(key) == 1));
        let texts = keys.each_ref().map(Key::text);
        assert!(texts.iter().all(|text| texts.iter().filter(|other| *other == text).count() == 1));
        let patient = ask().no_older_than(Duration::ZERO).following(3);
        assert_eq!(patient.key().unwrap(), keys[0]);
    }

    #[test]
    fn a_name_that_cannot_be_sent_is_refused() {
        assert!(UserAgent::new("Mozilla/5.0 (compatible; X/1; +https://x.example)").is_ok());
        let error = UserAgent::new("a\r\nb").unwrap_err();
        assert!(error.to_string().starts_with("userAgent: 'a\r\nb' has characters"), "{error}");
    }
}
