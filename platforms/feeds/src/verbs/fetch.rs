//! `fetch`: the posts of a feed, or of the first feed that a page names (platforms.md 5.2).

use crate::discover::{FeedLink, discover};
use crate::error::Found;
use crate::parsed::{Base, Parsed};
use crate::{Collection, FeedError, Feeds, Request, decode, map};
use bytes::Bytes;
use footbridge_host::{Call, Failure, Reply};
use footbridge_outbound::{Ask, FetchError, Fetcher, Limits, Page};

/// A feed that was fetched and read.
pub(crate) struct Feed {
    pub(crate) parsed: Parsed,
    /// By what URL it is to be asked for.
    pub(crate) url: String,
    pub(crate) page: Origin,
    /// The feeds that the page named where it was found; none, where it was what was asked for.
    pub(crate) named: Vec<FeedLink>,
}

/// Where a feed came from.
pub(crate) struct Origin {
    /// Its URL after redirects.
    pub(crate) url: url::Url,
    /// The `Link` headers.
    pub(crate) links: Option<String>,
    /// Fingerprint of the document.
    pub(crate) document: u64,
}

/// Why there is no feed.
#[derive(Debug)]
pub(crate) enum Unread {
    Fetch(FetchError),
    Feed(FeedError),
    /// The reader panicked, with these words.
    Broken(String),
}

/// Fetches the feed that the actor is and answers with its posts.
pub(crate) async fn perform(feeds: &Feeds, call: &Call) -> Result<Reply, Failure> {
    let request: Request = call.parse()?;
    let feed = read(&feeds.fetcher, feeds.limits, &request.url).await?;
    answer(feed.parsed, feed.named, &request)
}

/// Fetches and reads a feed, or the first one that the page at `url` names. The document is gone then: the answer may need
/// as much memory.
pub(crate) async fn read(fetcher: &Fetcher<Bytes>, limits: Limits, url: &str) -> Result<Feed, Unread> {
    match look(fetcher, limits, url).await? {
        Look::Feed(feed) => Ok(*feed),
        Look::Page(error, named) => {
            let Some(first) = named.first() else { return Err(Unread::Feed(error)) };
            // One hop: what a page calls a feed is one, or an error.
            match look(fetcher, limits, &first.url).await? {
                Look::Feed(feed) => Ok(Feed { named, ..*feed }),
                Look::Page(error, _) => Err(Unread::Feed(error)),
            }
        }
    }
}

/// What a document turned out to be.
enum Look {
    Feed(Box<Feed>),
    /// No feed, and why not; but it names these.
    Page(FeedError, Vec<FeedLink>),
}

async fn look(fetcher: &Fetcher<Bytes>, limits: Limits, url: &str) -> Result<Look, Unread> {
    let page = fetcher.get(Ask::new(url, limits)).await.map_err(Unread::Fetch)?;
    match parse(&page) {
        Ok(parsed) => {
            let (url, page) = (url.to_owned(), Origin::of(&page));
            Ok(Look::Feed(Box::new(Feed { parsed, url, page, named: Vec::new() })))
        }
        Err(Unread::Feed(error @ FeedError::NotAFeed(Found::Root(_)))) => {
            let text = decode::decode(&page.content, page.content_type.as_deref());
            Ok(Look::Page(error, discover(&text, &Base::new(page.final_url.as_str()))))
        }
        Err(unread) => Err(unread),
    }
}

/// Reads the feed on a page.
pub(crate) fn parse(page: &Page<Bytes>) -> Result<Parsed, Unread> {
    map::read(&page.content, page.content_type.as_deref(), page.final_url.as_str()).map_err(Unread::Feed)
}

/// The posts of a feed as a reply, and the feeds that the page named where it was found.
pub(crate) fn answer(parsed: Parsed, named: Vec<FeedLink>, request: &Request) -> Result<Reply, Failure> {
    let collection = Collection { feeds: named, ..parsed.collection(request) };
    Ok(Reply::Activity(collection.to_json().map_err(Unread::Feed)?.into()))
}

impl Origin {
    pub(crate) fn of(page: &Page<Bytes>) -> Self {
        Self { url: page.final_url.clone(), links: page.links.clone(), document: fingerprint(&page.content) }
    }
}

/// Tells a document from others of its feed. Never 0.
pub(crate) fn fingerprint(document: &[u8]) -> u64 {
    let hash = |hash: u64, word: &[u8]| {
        let mut padded = [0; 8];
        padded[..word.len()].copy_from_slice(word);
        (hash.rotate_left(5) ^ u64::from_le_bytes(padded)).wrapping_mul(0x517c_c1b7_2722_0a95)
    };
    document.chunks(8).fold(0x9e37_79b9_7f4a_7c15, hash).max(1)
}

impl From<Unread> for Failure {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::Fetch(error) => unfetched(error),
            Unread::Feed(error) => unreadable(error),
            Unread::Broken(panic) => Failure::error(format_args!("the reader of feeds failed ({panic})")),
        }
    }
}

/// A transport failure in words: upstream's name where it has a telling one, always with the cause (platforms.md 3.3).
fn unfetched(error: FetchError) -> Failure {
    match error {
        FetchError::TimedOut { .. } => {
            Failure::named("TimeoutError", format_args!("The operation was aborted due to timeout: {error}"))
        }
        error => Failure::error(error),
    }
}

/// An unreadable document in words (platforms.md 5.4).
fn unreadable(error: FeedError) -> Failure {
    match error {
        FeedError::Xml { .. } => Failure::named("XmlError", error),
        error => Failure::error(error),
    }
}
