//! One entry, as the object of a post (platforms.md 5.2).

use crate::attachment::Attachment;
use crate::dates::Date;
use crate::details::Details;
use crate::html;
use crate::parsed::ParsedEntry;
use crate::sanitize::Sanitizer;
use serde::Serialize;

/// Texts longer than this, in UTF-16 code units, make an entry an article (feeds 6).
const NOTE: usize = 256;

/// An entry as an ActivityStreams object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// `article` or `note`, by the length of the content.
    pub r#type: &'static str,
    /// May be empty.
    pub title: String,
    /// The link; without one whatever tells this entry from the feed's others.
    pub id: String,
    /// A summary, where it says something other than the content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brief: Option<String>,
    /// The text, not sanitised. May be empty.
    pub content: String,
    /// `html` if the content contains an HTML tag, else `text`.
    pub content_type: &'static str,
    /// The link; without one the feed's URL.
    pub url: String,
    /// ISO 8601 in UTC, or the feed's own words if they are no date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<String>,
    /// Milliseconds since 1970; 0 if not known.
    pub datenum: i64,
    /// Enclosures: sound, pictures, files. A member that upstream does not have (platforms.md 5, weak spots).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// HTML that says what the whole text says, else the content, and can be put into a page as it is. Only if the client
    /// asked for it, and only of HTML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sanitized: Option<String>,
    /// More that upstream does not have.
    #[serde(flatten)]
    pub details: Option<Box<Details>>,
}

impl Entry {
    /// `feed_url` is what the client asked for; with a sanitiser there is a sanitised text, too.
    pub(crate) fn new(parsed: ParsedEntry, feed_url: &str, sanitizer: Option<&Sanitizer>) -> Self {
        let title = parsed.title.into_inner().unwrap_or_default();
        let link = parsed.link.into_inner();
        let date = parsed.date.into_inner();
        let mut full_text = parsed.full_text.into_inner();
        // The whole text stands in for a missing description.
        let content = parsed.content.into_inner().or_else(|| full_text.take()).unwrap_or_default();
        let full_text = full_text.filter(|full_text| *full_text != content);
        let named = link.clone().or_else(|| parsed.id.into_inner());
        let is_html = html::is_html(&content);
        let clean = sanitizer.and_then(|sanitizer| {
            let is_content = full_text.is_none();
            let text = full_text.as_ref().unwrap_or(&content);
            let is_html = if is_content { is_html } else { html::is_html(text) };
            is_html.then(|| sanitizer.clean(text, parsed.base.as_deref()))
        });
        let mut details = parsed.details;
        let (updated, image) = (parsed.updated.into_inner(), parsed.image.into_inner());
        if updated.is_some() || image.is_some() || full_text.is_some() {
            let details = details.get_or_insert_default();
            details.updated = updated.map(|updated| updated.published());
            details.image = image;
            details.full_text = full_text;
        }
        Entry {
            r#type: if is_long(&content) { "article" } else { "note" },
            id: named.unwrap_or_else(|| made_up_id(feed_url, &title, date.as_ref())),
            title,
            brief: parsed.brief.into_inner().filter(|brief| *brief != content),
            content_type: if is_html { "html" } else { "text" },
            content,
            url: link.unwrap_or_else(|| feed_url.to_owned()),
            datenum: date.as_ref().and_then(Date::millis).unwrap_or_default(),
            published: date.as_ref().map(Date::published),
            attachments: parsed.attachments,
            sanitized: clean,
            details,
        }
    }
}

/// Whether a text is too long for a note. No character takes more than three bytes for each UTF-16 unit, nor less than one.
fn is_long(content: &str) -> bool {
    content.len() > NOTE && (content.len() > 3 * NOTE || content.encode_utf16().nth(NOTE).is_some())
}

/// An id for an entry that the feed gives neither link nor id.
fn made_up_id(feed_url: &str, title: &str, date: Option<&Date>) -> String {
    let title = if title.is_empty() { "item" } else { title };
    match date {
        Some(Date::Known(millis)) => format!("{feed_url}#{millis}"),
        Some(Date::Raw(text)) => format!("{feed_url}#{title}-{text}"),
        None => format!("{feed_url}#{title}-unknown"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FEED: &str = "http://h.example/rss.xml";

    fn entry(fill: impl FnOnce(&mut ParsedEntry)) -> Entry {
        let mut parsed = ParsedEntry::default();
        fill(&mut parsed);
        Entry::new(parsed, FEED, None)
    }

    // feeds 6
    #[test]
    fn long_content_makes_an_article() {
        let kind = |content: String| entry(|parsed| parsed.content.offer_text(0, content)).r#type;
        assert_eq!(kind("x".repeat(256)), "note");
        assert_eq!(kind("x".repeat(257)), "article");
        assert_eq!(kind("é".repeat(256)), "note");
        assert_eq!(kind("😀".repeat(128)), "note");
        assert_eq!(kind("😀".repeat(129)), "article");
    }

    // feeds 4
    #[test]
    fn without_a_link_the_url_is_the_feeds_and_the_id_the_entrys() {
        let entry = entry(|parsed| parsed.id.offer_text(0, "urn:1"));
        assert_eq!((entry.url.as_str(), entry.id.as_str()), (FEED, "urn:1"));
    }

    // feeds 5
    #[test]
    fn without_link_and_id_an_id_is_made_up() {
        for (title, date, suffix) in [
            ("T", "Thu, 01 Jan 1970 00:00:00 GMT", "#0"),
            ("T", "2024-05-01", "#1714521600000"),
            ("T", "soon", "#T-soon"),
            ("", "soon", "#item-soon"),
            ("T", "", "#T-unknown"),
            ("", "", "#item-unknown"),
        ] {
            let entry = entry(|parsed| {
                parsed.title.offer_text(0, title);
                parsed.date.offer_date(0, date);
            });
            assert_eq!(entry.id, format!("{FEED}{suffix}"));
        }
    }

    #[test]
    fn the_link_is_url_and_id() {
        let entry = entry(|parsed| {
            parsed.link.offer_text(0, "http://h.example/a");
            parsed.id.offer_text(0, "urn:1");
        });
        assert_eq!((entry.url.as_str(), entry.id.as_str()), ("http://h.example/a", "http://h.example/a"));
    }

    // feeds 17
    #[test]
    fn a_brief_says_something_else_than_the_content() {
        let brief = |brief: &str| {
            entry(|parsed| {
                parsed.content.offer_text(0, "same");
                parsed.brief.offer_text(0, brief);
            })
            .brief
        };
        assert_eq!(brief("same"), None);
        assert_eq!(brief("").as_deref(), None);
        assert_eq!(brief("other").as_deref(), Some("other"));
    }

    #[test]
    fn dates_that_nobody_can_read_are_passed_on() {
        let entry = entry(|parsed| parsed.date.offer_date(0, "soon"));
        assert_eq!((entry.published.as_deref(), entry.datenum), (Some("soon"), 0));
    }

    #[test]
    fn only_html_is_sanitised_and_the_whole_text_first() {
        let clean = |content: &str, full_text: &str| {
            let mut parsed = ParsedEntry::default();
            parsed.content.offer_text(0, content);
            parsed.full_text.offer_text(0, full_text);
            Entry::new(parsed, FEED, Some(&Sanitizer::new(&crate::parsed::Base::default()))).sanitized
        };
        assert_eq!(clean("<b>c</b>", "").as_deref(), Some("<b>c</b>"));
        assert_eq!(clean("<b>c</b>", "<i>f</i>").as_deref(), Some("<i>f</i>"));
        assert_eq!(clean("c", "<i>f</i>").as_deref(), Some("<i>f</i>"));
        assert_eq!(clean("", "<i>f</i>").as_deref(), Some("<i>f</i>"));
        assert_eq!(clean("1 < 2", ""), None);
        assert_eq!(clean("", ""), None);
    }
}
