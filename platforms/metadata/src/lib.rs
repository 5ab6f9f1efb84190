//! Fetches pages and answers with what they say of themselves, for previews (platforms.md 6).
//!
//! What arrives of a page is read at once and no further than it has something to tell:
//!
//! - `address`: which texts are URLs of pages; `route`: which pages are asked about elsewhere: `twitter`, `reddit`
//! - `content`: what is kept of an answer; its reader is the platform's end of the fetcher
//! - `charset`: bytes to text; `sieve`, with `tag` and `kind`: what of it is worth parsing; `extract`: the streaming parser over that,
//!   into `findings`
//! - `choose`: of several sources the first that has something, with `images`, `data` (JSON-LD) and `links`; `text`:
//!   white space and character references
//! - `challenge`: pages that stand in front of the page; `oembed`: what a service says of it
//! - `media`, `mp4`: files that are no pages
//! - [`Page`]: the answer; `words`: failures
//!
//! and [`Metadata`] is the platform around them: settings, the guarded and shared fetcher. [`read`] is all of it without
//! the network.
//!
//! It does not run scripts, ask for pictures or pass them on.

mod address;
mod challenge;
mod charset;
mod choose;
mod content;
mod data;
mod extract;
mod findings;
mod images;
mod kind;
mod links;
mod media;
mod mp4;
mod oembed;
mod page;
mod platform;
mod reddit;
mod route;
mod settings;
mod sieve;
mod tag;
mod text;
mod twitter;
mod verbs;
mod words;

pub use page::{Favicon, Image, Length, Media, Page, Video};
pub use platform::{MAX_BODY, Metadata, Services};
pub use settings::Settings;

/// What the page in `html`, which came from `url`, says of itself. Reads no further than it has something to tell; costs
/// time in proportion to that, whatever is in it.
///
/// ```
/// let html = b"<title>Tide tables</title><link rel=canonical href=/tides>";
/// let page = footbridge_metadata::read(html, Some("text/html"), &"https://h.example/".parse()?);
/// assert_eq!(page.title.as_deref(), Some("Tide tables"));
/// assert_eq!(page.url.as_deref(), Some("https://h.example/tides"));
/// # Ok::<(), url::ParseError>(())
/// ```
pub fn read(html: &[u8], content_type: Option<&str>, url: &url::Url) -> Page {
    content::read(html, content_type, url)
}
