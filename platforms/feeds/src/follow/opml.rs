//! Lists of feeds as readers exchange them (OPML 2.0).

use crate::FeedError;
use crate::error::Found;
use crate::follow::topic;
use crate::xml::{Element, Token, Xml};
use serde::Serialize;
use std::collections::HashMap;
use std::rc::Rc;
use thiserror::Error;

/// Feeds of one list, those that cannot be followed included.
pub const MAX_SUBSCRIPTIONS: usize = 1000;
/// Folders inside folders whose names are taken note of.
const MAX_FOLDERS: usize = 16;
/// What a list without a title is called.
const UNTITLED: &str = "Subscriptions";

/// A list of feeds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opml {
    /// Its title, or `Subscriptions`.
    pub title: String,
    /// Its feeds in their order, each once.
    pub feeds: Vec<Subscription>,
    /// What is in it that cannot be followed.
    pub skipped: Vec<Skipped>,
}

/// A feed of a list, as an item of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Subscription {
    /// Always `feed`.
    pub r#type: &'static str,
    /// Its URL, as it is named in what is told of it.
    pub id: Rc<str>,
    /// What the list calls it; without that its URL.
    pub name: String,
    /// The page that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The folders that it is in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// Something of a list that is no feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// What the list calls it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What should be its URL.
    pub url: String,
    /// Why it is not followed.
    pub reason: String,
}

/// Why a text is no list of feeds. The texts are for the client who sent it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpmlError {
    /// Another kind of document, or one that breaks off.
    #[error("not OPML: {0}")]
    Unreadable(FeedError),
    /// There is no feed in it.
    #[error("the OPML document names no feed")]
    Empty,
    /// There are more feeds in it than one answer tells of.
    #[error("the OPML document names more than {MAX_SUBSCRIPTIONS} feeds: follow them in several parts")]
    TooMany,
}

impl Opml {
    /// Reads a list. Costs time and memory in proportion to the text, whatever is in it.
    ///
    /// # Errors
    /// [`OpmlError`] if it is none, or one that is empty or too long.
    pub fn read(text: &str) -> Result<Self, OpmlError> {
        let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        let mut list = List::default();
        list.fill(text)?;
        if list.feeds.is_empty() && list.skipped.is_empty() {
            return Err(OpmlError::Empty);
        }
        let title = list.title.unwrap_or_else(|| UNTITLED.to_owned());
        Ok(Self { title, feeds: list.feeds, skipped: list.skipped })
    }
}

#[derive(Default)]
struct List {
    title: Option<String>,
    feeds: Vec<Subscription>,
    /// Where in `feeds` a feed is.
    places: HashMap<Rc<str>, usize>,
    skipped: Vec<Skipped>,
}

impl List {
    fn fill(&mut self, text: &str) -> Result<(), OpmlError> {
        let (mut xml, root) = Xml::open(text).map_err(OpmlError::Unreadable)?;
        if root.name != "opml" {
            let other = FeedError::NotAFeed(Found::Root(root.name.chars().take(64).collect()));
            return Err(OpmlError::Unreadable(other));
        }
        // The elements that are open inside the root, and of each the folder that it is.
        let mut open: Vec<Option<String>> = Vec::new();
        loop {
            match xml.token().map_err(OpmlError::Unreadable)? {
                Token::Start(element) if element.name == "outline" => open.push(self.outline(&element, &open)?),
                Token::Start(element) if element.name == "title" && self.title.is_none() => {
                    let title = xml.plain().map_err(OpmlError::Unreadable)?;
                    self.title = Some(title).filter(|title| !title.is_empty());
                }
                Token::Start(_) => open.push(None),
                Token::End if open.pop().is_none() => return Ok(()),
                Token::End | Token::Text(_) | Token::Character(_) => {}
            }
        }
    }

    /// Takes note of a feed, or tells the name of a folder.
    fn outline(&mut self, outline: &Element<'_>, open: &[Option<String>]) -> Result<Option<String>, OpmlError> {
        let attribute = |name| outline.attribute(name).filter(|text| !text.is_empty());
        let name = attribute("text").or_else(|| attribute("title"));
        let Some(url) = attribute("xmlurl") else { return Ok(name) };
        if self.feeds.len() + self.skipped.len() >= MAX_SUBSCRIPTIONS {
            return Err(OpmlError::TooMany);
        }
        let tags = open.iter().flatten().take(MAX_FOLDERS).cloned();
        let id = match topic::name(&url) {
            Ok(id) => id,
            Err(error) => {
                self.skipped.push(Skipped { name: name.unwrap_or_default(), url, reason: error.to_string() });
                return Ok(None);
            }
        };
        if let Some(place) = self.places.get(&id) {
            let known = &mut self.feeds[*place].tags;
            let tags: Vec<_> = tags.filter(|tag| !known.contains(tag)).collect();
            known.extend(tags.into_iter().take(MAX_FOLDERS.saturating_sub(known.len())));
        } else {
            self.places.insert(Rc::clone(&id), self.feeds.len());
            let name = name.unwrap_or_else(|| id.to_string());
            let (link, tags) = (attribute("htmlurl"), tags.collect());
            self.feeds.push(Subscription { r#type: "feed", id, name, link, tags });
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"<?xml version="1.0"?>
        <opml version="2.0"><head><title> My &amp; yours </title></head><body>
            <outline text="Sea">
                <outline type="rss" text="Harbour" xmlUrl="https://H.example/rss.xml#top" htmlUrl="https://h.example/"/>
                <outline title="Boats"><outline xmlUrl="http://b.example/feed"/></outline>
                <outline text="Old" xmlUrl="gopher://old.example/"/>
            </outline>
            <outline text="Again" xmlurl="https://h.example/rss.xml"/>
            <outline text="A note without a feed"/>
            <outline text="Bad" xmlUrl="no url"></outline>
        </body></opml>"#;

    #[test]
    fn a_list_is_feeds_in_folders() {
        let list = Opml::read(LIST).unwrap();
        assert_eq!(list.title, "My & yours");
        let feeds: Vec<_> = list.feeds.iter().map(|feed| (&*feed.id, &*feed.name, feed.link.as_deref())).collect();
        let expected = [
            ("https://h.example/rss.xml", "Harbour", Some("https://h.example/")),
            ("http://b.example/feed", "http://b.example/feed", None),
        ];
        assert_eq!(feeds, expected);
        assert_eq!(list.feeds[0].tags, ["Sea"]);
        assert_eq!(list.feeds[1].tags, ["Sea", "Boats"]);
        let skipped: Vec<_> = list.skipped.iter().map(|one| (&*one.name, &*one.url, &*one.reason)).collect();
        let expected = [("Old", "gopher://old.example/", "unsupported scheme gopher:"), ("Bad", "no url", "not a URL")];
        assert_eq!(skipped, expected);
    }

    #[test]
    fn folders_of_one_feed_are_put_together() {
        let list = "<opml><body><outline text='a'><outline xmlUrl='http://h.example/'/></outline><outline text='b'>\
                    <outline text='a'><outline xmlUrl='http://h.example'/></outline></outline></body></opml>";
        assert_eq!(Opml::read(list).unwrap().feeds[0].tags, ["a", "b"]);
    }

    #[test]
    fn what_is_no_list_is_named() {
        for (text, error) in [
            ("", "not OPML: the document has no element (line 1, column 1)"),
            ("<rss/>", "not OPML: not a feed: the document's root element is <rss>"),
            ("<opml><body>", "not OPML: the document ends inside <body> (line 1, column 13)"),
            ("<opml><body><outline text='x'/></body></opml>", "the OPML document names no feed"),
        ] {
            assert_eq!(Opml::read(text).unwrap_err().to_string(), error);
        }
        assert_eq!(
            Opml::read("<opml><body><outline xmlUrl='http://h.example/'/></body></opml>").unwrap().title,
            UNTITLED
        );
    }

    #[test]
    fn long_and_deep_lists_are_survived() {
        let outlines = |count: usize| -> String {
            let feeds: Vec<_> = (0..count).map(|n| format!("<outline xmlUrl='http://h.example/{n}'/>")).collect();
            format!("<opml><body>{}</body></opml>", feeds.concat())
        };
        assert_eq!(Opml::read(&outlines(MAX_SUBSCRIPTIONS)).unwrap().feeds.len(), MAX_SUBSCRIPTIONS);
        assert!(matches!(Opml::read(&outlines(MAX_SUBSCRIPTIONS + 1)), Err(OpmlError::TooMany)));
        let deep = [
            "<opml><body>",
            &"<outline text='x'>".repeat(50_000),
            "<outline xmlUrl='http://h.example/'/>",
            &"</outline>".repeat(50_000),
            "</body></opml>",
        ];
        assert_eq!(Opml::read(&deep.concat()).unwrap().feeds[0].tags.len(), MAX_FOLDERS);
        let error = Opml::read(&format!("<opml><body>{}", "<outline>".repeat(100_000))).unwrap_err();
        assert!(error.to_string().contains("65536"), "{error}");
    }
}
