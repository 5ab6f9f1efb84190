//! JSON Feed 1.0 and 1.1. Members of a wrong type count as absent, so that one slip does not cost the whole feed.

mod lenient;

use crate::FeedError;
use crate::attachment::Attachment;
use crate::details::{Details, Person, some};
use crate::error::Found;
use crate::parsed::{Base, MAX_ATTACHMENTS, MAX_ENTRIES, Parsed, ParsedEntry};
use lenient::{Few, Maybe, Size, Text, Texts};
use serde::Deserialize;

/// Authors and tags of one item beyond this many are not read.
const MANY: usize = 100;

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
    feed_url: Text,
    hubs: Few<Hub, 8>,
    description: Text,
    icon: Text,
    favicon: Text,
    language: Text,
    authors: Few<Author, 1>,
    /// What 1.0 has in place of `authors`.
    author: Maybe<Author>,
    items: Few<Item, MAX_ENTRIES>,
}

/// Who announces what is new.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Hub {
    r#type: Text,
    url: Text,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Author {
    name: Text,
    url: Text,
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
    image: Text,
    banner_image: Text,
    authors: Few<Author, MANY>,
    /// What 1.0 has in place of `authors`.
    author: Maybe<Author>,
    tags: Texts<MANY>,
    attachments: Few<JsonAttachment, MAX_ATTACHMENTS>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct JsonAttachment {
    url: Text,
    mime_type: Text,
    title: Text,
    size_in_bytes: Size,
    duration_in_seconds: Size,
}

impl Document {
    fn into_parsed(self, base: &Base) -> Parsed {
        let mut parsed = Parsed { base: base.clone(), ..Parsed::default() };
        let channel = &mut parsed.channel;
        channel.title.offer_text(0, self.title.0);
        channel.link.offer_text(0, base.resolve(&self.home_page_url.0));
        channel.description.offer_text(0, self.description.0);
        channel.image.offer_text(0, base.resolve(&self.icon.0));
        channel.image.offer_text(1, base.resolve(&self.favicon.0));
        channel.language.offer_text(0, self.language.0);
        channel.hints.link("self", base.resolve(&self.feed_url.0));
        for hub in self.hubs.0.into_iter().filter(|hub| hub.r#type.0.eq_ignore_ascii_case("websub")) {
            channel.hints.link("hub", base.resolve(&hub.url.0));
        }
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
        entry.updated.offer_date(0, &self.date_modified.0);
        entry.image.offer_text(1, base.resolve(&self.image.0));
        entry.image.offer_text(2, base.resolve(&self.banner_image.0));
        let mut details = Details::default();
        for author in self.authors.0.into_iter().chain(self.author.0) {
            let url = some(&base.resolve(&author.url.0));
            details.author(Person { name: some(&author.name.0), url, email: None });
        }
        self.tags.0.iter().for_each(|tag| details.tag(tag));
        entry.details = (details != Details::default()).then(|| Box::new(details));
        for attachment in self.attachments.0.into_iter().filter(|attachment| !attachment.url.0.is_empty()) {
            entry.attach(attachment.into_attachment(base));
        }
        entry
    }
}

impl JsonAttachment {
    fn into_attachment(self, base: &Base) -> Attachment {
        let attachment = Attachment::new(base.resolve(&self.url.0), Some(self.mime_type.0), self.size_in_bytes.0);
        Attachment { name: some(&self.title.0), duration: self.duration_in_seconds.0, ..attachment }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Entry;
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
    fn a_feed_names_its_hub() {
        let hints = parse_feed(
            r#""feed_url":"/feed.json","hubs":[{"type":"rssCloud","url":"/cloud"},{"type":"WebSub","url":"/hub"}]"#,
        )
        .channel
        .hints;
        assert_eq!(hints.hub.as_deref(), Some("http://h.example/hub"));
        assert_eq!(hints.own.as_deref(), Some("http://h.example/feed.json"));
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
    fn items_say_who_wrote_them_and_what_they_are_about() {
        let feed = r#""items":[{"id":"1","authors":[{"name":"Ana","url":"/ana"},{"name":"Bo"},{}],"tags":["sea",7,null,"sea",""],
            "image":"/i.png","banner_image":"/b.png","date_published":"2024-05-01","date_modified":"2024-05-02",
            "attachments":[{"url":"/a.mp3","mime_type":"audio/mpeg","title":"Ebb","duration_in_seconds":61.4}]},
            {"id":"2","author":{"name":"Old"},"banner_image":"/b.png"}]"#;
        let entries = parse_feed(feed).entries.into_iter().map(|entry| Entry::new(entry, "u", None));
        let [first, second] = <[_; 2]>::try_from(entries.collect::<Vec<_>>()).unwrap();
        let sound = &first.attachments[0];
        assert_eq!((sound.name.as_deref(), sound.duration), (Some("Ebb"), Some(61)));
        let (first, second) = (first.details.unwrap(), second.details.unwrap());
        let ana = Person { name: Some("Ana".into()), url: Some("http://h.example/ana".into()), email: None };
        assert_eq!((first.authors.len(), &first.authors[0]), (2, &ana));
        assert_eq!(first.tags, ["sea", "7"]);
        assert_eq!(first.updated.as_deref(), Some("2024-05-02T00:00:00.000Z"));
        assert_eq!(first.image.as_deref(), Some("http://h.example/i.png"));
        assert_eq!(second.image.as_deref(), Some("http://h.example/b.png"));
        assert_eq!(second.authors[0].name.as_deref(), Some("Old"));
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
