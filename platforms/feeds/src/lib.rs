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
//! - `order`: newest first, `since`, `limit`
//! - [`Collection`]: the answer and its size cap
//!
//! and [`Feeds`] is the platform around them: settings, the guarded fetch, errors in words.
//!
//! It does not sanitise HTML, discover feeds in pages, or poll.

mod channel;
mod collection;
mod dates;
mod decode;
mod document;
mod entry;
mod error;
mod format;
mod html;
mod map;
mod order;
mod packed;
mod parsed;
mod platform;
mod request;
mod settings;
mod verbs;
mod xml;

pub use channel::Channel;
pub use collection::{Collection, Item, MAX_ANSWER};
pub use entry::{Attachment, Entry};
pub use error::{FeedError, Found};
pub use map::map;
pub use parsed::{MAX_ATTACHMENTS, MAX_ENTRIES};
pub use platform::{Feeds, MAX_BODY};
pub use request::Request;
pub use settings::Settings;
