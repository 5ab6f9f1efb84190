//! The answer (platforms.md 5.2) and how large it may be.

use crate::{Channel, Entry, FeedError, FeedLink};
use serde::Serialize;
use std::io::{self, Write};
use std::sync::Arc;

/// Largest answer in bytes of JSON. It is in memory twice, once as the frame to the gateway, beside the document that it was
/// made from: together no more than 32 MiB. Every post repeats its feed, so a long description and many entries can get there
/// from a document of far less.
pub const MAX_ANSWER: usize = 8 * 1024 * 1024;

/// `@context` of everything this platform says.
pub(crate) const CONTEXT: [&str; 3] = [
    "https://www.w3.org/ns/activitystreams",
    "https://sockethub.org/ns/context/v1.jsonld",
    "https://sockethub.org/ns/context/platform/feeds/v1.jsonld",
];

/// What summarises an answer without posts.
const UNKNOWN: &str = "Unknown Feed";

/// The posts of a feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Collection {
    /// The request's; null if it had none.
    pub id: Option<String>,
    /// Always the three of this platform.
    #[serde(rename = "@context")]
    pub context: [&'static str; 3],
    /// Always `collection`.
    pub r#type: &'static str,
    /// The feed's name, or `Unknown Feed` if there are no posts.
    pub summary: String,
    /// How many posts.
    pub total_items: usize,
    /// Newest first.
    pub items: Vec<Item>,
    /// If what was asked for is a page: the feeds that it names, of which the first is the one answered with. A member that
    /// upstream does not have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub feeds: Vec<FeedLink>,
}

/// One post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Always the three of this platform.
    #[serde(rename = "@context")]
    pub context: [&'static str; 3],
    /// The request's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `post`; or `update`, where a follower is told that it has changed.
    pub r#type: &'static str,
    /// The feed.
    pub actor: Arc<Channel>,
    /// The entry.
    pub object: Entry,
}

impl Item {
    /// Something new of a feed that is followed, of this type.
    pub(crate) fn news(r#type: &'static str, actor: Arc<Channel>, object: Entry) -> Self {
        Item { context: CONTEXT, id: None, r#type, actor, object }
    }
}

impl Collection {
    pub(crate) fn new(id: Option<String>, channel: Channel, entries: impl Iterator<Item = Entry>) -> Self {
        let actor = Arc::new(channel);
        let items: Vec<Item> = entries.map(|entry| Item::new(id.clone(), Arc::clone(&actor), entry)).collect();
        let summary = items.first().map_or(UNKNOWN, |item| &item.actor.name).to_owned();
        Collection {
            id,
            context: CONTEXT,
            r#type: "collection",
            summary,
            total_items: items.len(),
            items,
            feeds: Vec::new(),
        }
    }

    /// The answer as JSON.
    ///
    /// # Errors
    ///
    /// [`FeedError::AnswerTooLarge`] beyond [`MAX_ANSWER`]. Sending fewer posts than asked for would be a wrong answer, so
    /// the client is asked to ask for fewer.
    pub fn to_json(&self) -> Result<Vec<u8>, FeedError> {
        let mut capped = Capped { written: Vec::new() };
        match serde_json::to_writer(&mut capped, self) {
            Ok(()) => Ok(capped.written),
            // Nothing else can fail: there are no maps in it, and no other writer.
            Err(_) => Err(FeedError::AnswerTooLarge { cap: MAX_ANSWER, entries: self.total_items }),
        }
    }
}

impl Item {
    /// A post of this entry. `id` is the request's.
    pub(crate) fn new(id: Option<String>, actor: Arc<Channel>, object: Entry) -> Self {
        Item { context: CONTEXT, id, r#type: "post", actor, object }
    }
}

/// Takes [`MAX_ANSWER`] bytes and no more.
struct Capped {
    written: Vec<u8>,
}

impl Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.written.len() + bytes.len() > MAX_ANSWER {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
