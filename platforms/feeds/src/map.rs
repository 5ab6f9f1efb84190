//! From a body to an answer, in two steps: a body is read once, whatever is to be made of it.

use crate::parsed::{Base, Parsed};
use crate::sanitize::Sanitizer;
use crate::{Channel, Collection, Entry, FeedError, Request, decode, document, order};

/// Reads the feed in `body` and answers `request` with it: [`read`], then [`Parsed::collection`].
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
    Ok(read(body, content_type, feed_url)?.collection(request))
}

/// Reads the feed in `body`. Does no I/O, and costs time and memory in proportion to the body, whatever is in it.
///
/// - `content_type` is the header the body came with, for its charset only
/// - `feed_url` is where it came from, after redirects: relative links lead from there. What clients see as the feed's URL
///   is what they asked for.
///
/// # Errors
///
/// [`FeedError`] if the body is no feed, or one that breaks off.
pub fn read(body: &[u8], content_type: Option<&str>, feed_url: &str) -> Result<Parsed, FeedError> {
    let text = decode::decode(body, content_type);
    document::parse(&text, &Base::new(feed_url))
}

impl Parsed {
    /// The feed itself. `url` is what the client asked for.
    pub fn channel(&self, url: &str) -> Channel {
        Channel::new(&self.channel, url)
    }

    /// All entries, in the order of the document, as `request` wants them to look; `since` and `limit` change nothing.
    pub fn into_entries(self, request: &Request) -> Vec<Entry> {
        let sanitizer = self.sanitizer(request);
        let entries = self.entries.into_iter();
        entries.map(|entry| Entry::new(entry, &request.url, sanitizer.as_ref())).collect()
    }

    /// The answer to `request`.
    pub fn collection(self, request: &Request) -> Collection {
        let (channel, sanitizer) = (self.channel(&request.url), self.sanitizer(request));
        let entries = order::arrange(self.entries, request.since, request.limit);
        let entries = entries.into_iter().map(|entry| Entry::new(entry, &request.url, sanitizer.as_ref()));
        Collection::new(request.id.clone(), channel, entries)
    }

    fn sanitizer(&self, request: &Request) -> Option<Sanitizer> {
        request.sanitize.then(|| Sanitizer::new(&self.base))
    }
}
