//! Reading a body as it arrives, no further than its cap and than its reader wants (platforms.md 3.2).

use crate::FetchError;
use crate::target::redact;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, LINK};
use http::{HeaderMap, StatusCode};
use reqwest::Response;
use std::future::Future;
use std::ops::ControlFlow;
use url::Url;

/// What comes before the body of an answer that is a success.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Head {
    /// Where it came from after redirects, without user information.
    pub final_url: Url,
    /// The status, 200 to 299.
    pub status: StatusCode,
    /// All headers. `Content-Encoding` and `Content-Length` are gone where the body was compressed.
    pub headers: HeaderMap,
}

impl Head {
    /// A header as text; bytes beyond ASCII are taken for UTF-8, as browsers do.
    pub fn text(&self, name: &HeaderName) -> Option<String> {
        text(&self.headers, name)
    }

    /// The `Content-Type` header as sent.
    pub fn content_type(&self) -> Option<String> {
        self.text(&CONTENT_TYPE)
    }

    /// The `Link` headers as sent, one behind the other, with commas between.
    pub fn links(&self) -> Option<String> {
        let lines: Vec<_> = self.headers.get_all(LINK).iter().filter_map(|line| line.to_str().ok()).collect();
        (!lines.is_empty()).then(|| lines.join(", "))
    }

    /// Bytes that the body has, if the server says so and does not compress it.
    pub fn length(&self) -> Option<u64> {
        self.text(&CONTENT_LENGTH)?.parse().ok()
    }
}

pub(crate) fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// What a platform makes of a body while it arrives.
pub trait Reading: Send + 'static {
    /// What comes of it.
    type Output: Send + Sync + 'static;

    /// Whether only a whole body is of use: then one that is announced too large is not begun.
    const WHOLE: bool;

    /// Takes the next decoded bytes. After a break the rest is not transferred.
    ///
    /// # Errors
    /// [`Unreadable`] ends the fetch.
    fn take(&mut self, bytes: Bytes) -> impl Future<Output = Result<ControlFlow<()>, Unreadable>> + Send;

    /// The end of the body, or of what was wanted of it.
    ///
    /// # Errors
    /// [`Unreadable`].
    fn finish(self) -> impl Future<Output = Result<Self::Output, Unreadable>> + Send;
}

/// Why nothing can be made of a body; a text for the client who named the URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable(pub String);

/// Keeps the bytes.
#[derive(Debug, Default)]
pub struct Whole(Vec<u8>);

impl Whole {
    /// For a body of about `length` bytes, which is what the server says and need not be true.
    pub(crate) fn expecting(length: Option<u64>, cap: usize) -> Self {
        let length = length.and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
        Self(Vec::with_capacity(length.min(cap)))
    }
}

impl Reading for Whole {
    type Output = Bytes;
    const WHOLE: bool = true;

    async fn take(&mut self, bytes: Bytes) -> Result<ControlFlow<()>, Unreadable> {
        self.0.extend_from_slice(&bytes);
        Ok(ControlFlow::Continue(()))
    }

    async fn finish(self) -> Result<Bytes, Unreadable> {
        Ok(self.0.into())
    }
}

/// What `reading` makes of the decoded body of `response`. The cap counts what comes out of decompression, so that a
/// small bomb cannot become a large body, and is enforced while reading: at most one chunk beyond it is ever held
/// (guard 10).
pub(crate) async fn read<R: Reading>(
    mut response: Response,
    cap: usize,
    url: &Url,
    mut reading: R,
) -> Result<R::Output, FetchError> {
    let too_large = || FetchError::BodyTooLarge { cap, url: redact(url) };
    let unreadable = |Unreadable(reason)| FetchError::Unreadable { url: redact(url), reason };
    // What the peer announces is a reason to give up early, never a reason to believe.
    let announced = response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    if R::WHOLE && announced > cap {
        return Err(too_large());
    }
    let mut total = 0;
    while let Some(chunk) = response.chunk().await.map_err(|error| FetchError::from_client(error, url))? {
        total += chunk.len();
        if total > cap {
            return Err(too_large());
        }
        if reading.take(chunk).await.map_err(unreadable)?.is_break() {
            break;
        }
    }
    reading.finish().await.map_err(unreadable)
}
