//! One entry, as the object of a post (platforms.md 5.2).

use crate::dates::Date;
use crate::html;
use crate::parsed::ParsedEntry;
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
}

/// Something to download with an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// `audio`, `image`, `video` or `document`, by the media type.
    pub r#type: &'static str,
    /// Where it is.
    pub url: String,
    /// Its media type, as the feed spells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Its size in bytes, as the feed claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<u64>,
}

impl Attachment {
    pub(crate) fn new(url: String, media_type: Option<String>, length: Option<u64>) -> Self {
        let media_type = media_type.filter(|media_type| !media_type.is_empty());
        let family = media_type.as_deref().and_then(|media_type| media_type.split('/').next()).unwrap_or_default();
        let r#type = ["audio", "image", "video"].into_iter().find(|known| family.trim().eq_ignore_ascii_case(known));
        Attachment { r#type: r#type.unwrap_or("document"), url, media_type, length }
    }
}

impl Entry {
    /// `feed_url` is what the client asked for.
    pub(crate) fn new(parsed: ParsedEntry, feed_url: &str) -> Self {
        let title = parsed.title.into_inner().unwrap_or_default();
        let link = parsed.link.into_inner();
        let date = parsed.date.into_inner();
        let content = parsed.content.into_inner().unwrap_or_default();
        let named = link.clone().or_else(|| parsed.id.into_inner());
        Entry {
            r#type: if content.encode_utf16().nth(NOTE).is_some() { "article" } else { "note" },
            id: named.unwrap_or_else(|| made_up_id(feed_url, &title, date.as_ref())),
            title,
            brief: parsed.brief.into_inner().filter(|brief| *brief != content),
            content_type: if html::is_html(&content) { "html" } else { "text" },
            content,
            url: link.unwrap_or_else(|| feed_url.to_owned()),
            datenum: date.as_ref().and_then(Date::millis).unwrap_or_default(),
            published: date.as_ref().map(Date::published),
            attachments: parsed.attachments,
        }
    }
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
        Entry::new(parsed, FEED)
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
    fn attachments_are_sorted_by_media_type() {
        for (media_type, kind) in [
            (Some("audio/mpeg"), "audio"),
            (Some("Image/PNG"), "image"),
            (Some("video/mp4"), "video"),
            (Some("application/pdf"), "document"),
            (Some(""), "document"),
            (None, "document"),
        ] {
            assert_eq!(Attachment::new("u".into(), media_type.map(Into::into), None).r#type, kind);
        }
        let json = serde_json::to_string(&Attachment::new("u".into(), Some("a/b".into()), Some(3))).unwrap();
        assert_eq!(json, r#"{"type":"document","url":"u","mediaType":"a/b","length":3}"#);
    }
}
