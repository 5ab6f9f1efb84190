//! From a body to an answer.

use crate::parsed::Base;
use crate::{Channel, Collection, Entry, FeedError, Request, decode, document, order};

/// Reads the feed in `body` and answers `request` with it. Does no I/O, and costs time and memory in proportion to the
/// body, whatever is in it.
///
/// - `content_type` is the header the body came with, for its charset only
/// - `feed_url` is where it came from, after redirects: relative links lead from there. What clients see as the feed's URL
///   is the request's.
///
/// # Errors
///
/// [`FeedError`] if the body is no feed, or one that breaks off.
pub fn map(
    body: &[u8],
    content_type: Option<&str>,
    feed_url: &str,
    request: &Request,
) -> Result<Collection, FeedError> {
    let text = decode::decode(body, content_type);
    let parsed = document::parse(&text, &Base::new(feed_url))?;
    let entries = order::arrange(parsed.entries, request.since, request.limit);
    let entries = entries.into_iter().map(|entry| Entry::new(entry, &request.url));
    Ok(Collection::new(request.id.clone(), Channel::new(parsed.channel, &request.url), entries))
}
