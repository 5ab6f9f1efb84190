//! JSON Feed 1.0 and 1.1. Members of a wrong type count as absent, so that one slip does not cost the whole feed.

mod lenient;

use crate::FeedError;
use crate::entry::Attachment;
use crate::error::Found;
use crate::parsed::{Base, MAX_ATTACHMENTS, MAX_ENTRIES, Parsed, ParsedEntry};
use lenient::{Few, Maybe, Size, Text};
use serde::Deserialize;

/// Reads a feed, if the document calls itself one.
pub(crate) fn parse(text: &str, base: &Base) -> Result<Parsed, FeedError> {
    match serde_json::from_str(text)? {
        Maybe(Some(Document { version: Text(version), .. })) if !version.contains("jsonfeed.org/version/") => {
            Err(FeedError::NotAFeed(Found::Json))
        }
        Maybe(Some(document)) => Ok(document.into_parsed(base)),
        Maybe(None) => Err(FeedError::NotAFeed(Found::Json)),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Document {
    version: Text,
    title: Text,
    home_page_url: Text,
    description: Text,
    icon: Text,
    favicon: Text,
    language: Text,
    authors: Few<Author, 1>,
    /// What 1.0 has in place of `authors`.
    author: Maybe<Author>,
    items: Few<Item, MAX_ENTRIES>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Author {
    name: Text,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Item {
    id: Text,
    url: Text,
    external_url: Text,
    title: Text,
    content_html: Text,
    content_text: Text,
    summary: Text,
    date_published: Text,
    date_modified: Text,
    attachments: Few<JsonAttachment, MAX_ATTACHMENTS>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct JsonAttachment {
    url: Text,
    mime_type: Text,
    size_in_bytes: Size,
}

impl Document {
    fn into_parsed(self, base: &Base) -> Parsed {
        let mut parsed = Parsed::default();
        let channel = &mut parsed.channel;
        channel.title.offer_text(0, self.title.0);
        channel.link.offer_text(0, base.resolve(&self.home_page_url.0));
        channel.description.offer_text(0, self.description.0);
        channel.image.offer_text(0, base.resolve(&self.icon.0));
        channel.image.offer_text(1, base.resolve(&self.favicon.0));
        channel.language.offer_text(0, self.language.0);
        for author in self.authors.0.into_iter().chain(self.author.0) {
            channel.author.offer_text(0, author.name.0);
        }
        parsed.entries = self.items.0.into_iter().map(|item| item.into_entry(base)).collect();
        parsed
    }
}

impl Item {
    fn into_entry(self, base: &Base) -> ParsedEntry {
        let mut entry = ParsedEntry::default();
        entry.id.offer_text(0, self.id.0);
        entry.link.offer_text(0, base.resolve(&self.url.0));
        entry.link.offer_text(1, base.resolve(&self.external_url.0));
        entry.title.offer_text(0, self.title.0);
        entry.content.offer_text(0, self.content_html.0);
        entry.content.offer_text(1, self.content_text.0);
        entry.content.offer_text(2, self.summary.0.clone());
        entry.brief.offer_text(0, self.summary.0);
        entry.date.offer_date(0, &self.date_published.0);
        entry.date.offer_date(1, &self.date_modified.0);
        for JsonAttachment { url, mime_type, size_in_bytes } in self.attachments.0 {
            if !url.0.is_empty() {
                entry.attach(Attachment::new(base.resolve(&url.0), Some(mime_type.0), size_in_bytes.0));
            }
        }
        entry
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parsed::Slot;

    fn parse_feed(members: &str) -> Parsed {
        let document = format!(r#"{{"version":"https://jsonfeed.org/version/1.1",{members}}}"#);
        parse(&document, &Base::new("http://h.example/feed.json")).unwrap()
    }

    fn text(slot: Slot<String>) -> String {
        slot.into_inner().unwrap_or_default()
    }

    // feeds 23
    #[test]
    fn the_feed_describes_itself() {
        let channel = parse_feed(
            r#""title":" T ","home_page_url":"/","description":"D","favicon":"/f","icon":"/i","language":"pt",
               "authors":[{"name":"Ana"},{"name":"Bo"}],"author":{"name":"Old"},"items":[]"#,
        )
        .channel;
        let shown = [channel.title, channel.link, channel.description, channel.image, channel.language, channel.author];
        assert_eq!(shown.map(text), ["T", "http://h.example/", "D", "http://h.example/i", "pt", "Ana"]);
        assert_eq!(text(parse_feed(r#""author":{"name":"Old"},"favicon":"/f""#).channel.author), "Old");
    }

    #[test]
    fn content_is_html_before_text_before_summary() {
        for (members, content) in [
            (r#""summary":"s","content_text":"t","content_html":"h""#, "h"),
            (r#""summary":"s","content_text":"t""#, "t"),
            (r#""summary":"s""#, "s"),
        ] {
            let entry = parse_feed(&format!(r#""items":[{{{members}}}]"#)).entries.remove(0);
            assert_eq!((text(entry.content), text(entry.brief)), (content.to_owned(), "s".to_owned()));
        }
    }

    #[test]
    fn one_slip_does_not_cost_the_feed() {
        let parsed = parse_feed(
            r#""title":["x"],"authors":"Ana","icon":null,"items":[
               7, null, {"id":12,"title":{"a":[1]},"url":true,"attachments":{"url":"x"}},
               {"id":"b","attachments":[{"url":"/a.mp3","mime_type":"audio/mpeg","size_in_bytes":9.0},{"url":""},5]}]"#,
        );
        assert_eq!(text(parsed.channel.title), "");
        let [first, second] = <[_; 2]>::try_from(parsed.entries).unwrap();
        assert_eq!((text(first.id), text(first.title), text(first.link)), ("12".into(), String::new(), String::new()));
        assert_eq!(text(second.id), "b");
        assert_eq!(second.attachments.len(), 1);
        assert_eq!(second.attachments[0].length, Some(9));
    }

    #[test]
    fn lists_are_read_to_their_caps() {
        let items = format!(r#""items":[{}{{}}]"#, "{},".repeat(MAX_ENTRIES));
        assert_eq!(parse_feed(&items).entries.len(), MAX_ENTRIES);
    }

    #[test]
    fn deep_nesting_costs_no_stack() {
        let (open, close) = ("[".repeat(1_000_000), "]".repeat(1_000_000));
        let parsed = parse_feed(&format!(r#""a":{open}{close},"title":{open}{close},"items":{open}{close}"#));
        assert!(parsed.entries.is_empty());
        let objects = format!("{}1{}", r#"{"a":"#.repeat(100_000), "}".repeat(100_000));
        assert_eq!(parse_feed(&format!(r#""items":[{objects}]"#)).entries.len(), 1);
    }
}
