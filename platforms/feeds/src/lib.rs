//! Fetches RSS, RDF, Atom and JSON feeds and answers with one collection of posts, whatever the format
//! (platforms.md 5).
//!
//! ```
//! use footbridge_feeds::{Request, map};
//!
//! let request = Request::for_url("https://news.example/rss.xml");
//! let body = b"<rss version='2.0'><channel><title>Harbour News</title>
//!   <item><title>High tide</title><link>/a/1</link></item></channel></rss>";
//! let collection = map(body, Some("application/rss+xml"), &request.url, &request)?;
//! assert_eq!(collection.summary, "Harbour News");
//! assert_eq!(collection.items[0].object.url, "https://news.example/a/1");
//! # Ok::<(), footbridge_feeds::FeedError>(())
//! ```
//!
//! A body becomes an answer in steps, none of which does I/O:
//!
//! - `decode`: bytes to text, whatever the charset
//! - `document`: which format the text is in; `format`: one reader per format, each into `parsed`; `xml`: the lenient
//!   pull reader under the XML ones; `dates`: the many ways to write a date
//! - `channel`, `entry`: from what was parsed to what clients get; `html`: is a text HTML?; `packed`: names that
//!   are quick to find
//! - `attachment`, `details`: what upstream has no members for; `sanitize`: HTML that can be shown as it is
//! - `discover`: the feeds that a page names
//! - `order`: newest first, `since`, `limit`
//! - [`Collection`]: the answer and its size cap
//!
//! and [`Feeds`] is the platform around them: settings, the guarded fetch, errors in words. `follow` looks after feeds that
//! somebody follows; `hints`: what they say of when to do that.
//!

mod attachment;
mod channel;
mod collection;
mod dates;
mod decode;
mod details;
mod discover;
mod document;
mod entry;
mod error;
mod follow;
mod format;
mod hints;
mod html;
mod map;
mod order;
mod packed;
mod parsed;
mod platform;
mod request;
mod sanitize;
mod settings;
mod verbs;
mod xml;

pub use attachment::Attachment;
pub use channel::Channel;
pub use collection::{Collection, Item, MAX_ANSWER};
pub use details::{Details, Person, Source};
pub use discover::{FeedLink, MAX_FEEDS};
pub use entry::Entry;
pub use error::{FeedError, Found};
pub use follow::opml::{MAX_SUBSCRIPTIONS, Opml, OpmlError, Skipped, Subscription};
pub use map::{map, read};
pub use parsed::{MAX_ATTACHMENTS, MAX_ENTRIES, Parsed};
pub use platform::{Feeds, MAX_BODY};
pub use request::Request;
pub use settings::Settings;
