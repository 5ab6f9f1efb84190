//! Reading a body no further than its cap (platforms.md 3.2).

use crate::FetchError;
use crate::target::redact;
use bytes::Bytes;
use reqwest::Response;
use url::Url;

/// The decoded body of `response`. The cap counts what comes out of decompression, so that a small bomb cannot become
/// a large body, and is enforced while reading: at most one chunk beyond it is ever held (guard 10).
pub(crate) async fn read(mut response: Response, cap: usize, url: &Url) -> Result<Bytes, FetchError> {
    let too_large = || FetchError::BodyTooLarge { cap, url: redact(url) };
    // What the peer announces is a reason to give up early, never a reason to believe.
    let announced = response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    if announced > cap {
        return Err(too_large());
    }
    let mut body = Vec::with_capacity(announced);
    while let Some(chunk) = response.chunk().await.map_err(|error| FetchError::from_client(error, url))? {
        if body.len() + chunk.len() > cap {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.into())
}
