//! Which format a text is in.

use crate::FeedError;
use crate::error::Found;
use crate::format::{atom, json, rss};
use crate::parsed::{Base, Parsed};
use crate::xml::Xml;

/// Names of root elements are shown up to here.
const SHOWN: usize = 64;

/// Reads a feed of any format. The media type it came with is no evidence: half of all feeds lie about it.
pub(crate) fn parse(text: &str, base: &Base) -> Result<Parsed, FeedError> {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\0');
    match text.chars().next() {
        None => Err(FeedError::Empty),
        Some('<') => xml(text, base),
        Some('{' | '[') => json::parse(text, base),
        Some(_) => Err(FeedError::NotAFeed(Found::Text)),
    }
}

fn xml(text: &str, base: &Base) -> Result<Parsed, FeedError> {
    let (mut xml, root) = Xml::open(text)?;
    match root.name.as_str() {
        "rss" | "rdf" => rss::parse(&mut xml, &root, base),
        "feed" => atom::parse(&mut xml, &root, base),
        other => Err(FeedError::NotAFeed(Found::Root(shown(other)))),
    }
}

fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str) -> String {
        parse(text, &Base::default()).unwrap_err().to_string()
    }

    // feeds 24
    #[test]
    fn what_is_no_feed_is_named() {
        for (text, cause) in [
            ("", "not a feed: the document is empty"),
            (" \r\n\u{feff}\t", "not a feed: the document is empty"),
            ("hello", "not a feed: the document is neither XML nor JSON"),
            ("<!DOCTYPE html>\n<html><head>", "not a feed: the document's root element is <html>"),
            ("<\0x\u{1}>", "not a feed: the document's root element is <x>"),
            ("<HTML>", "not a feed: the document's root element is <html>"),
            ("<x:opml xmlns:x='u'/>", "not a feed: the document's root element is <opml>"),
            ("{\"a\":1}", "not a feed: the JSON document has no version of jsonfeed.org"),
            ("[1]", "not a feed: the JSON document has no version of jsonfeed.org"),
            ("{\"a\":", "not a feed: invalid JSON: EOF while parsing a value at line 1 column 5"),
            ("<rss version='2.0'/>", "Missing required <channel> element."),
            ("<rss><channel>\n<item>", "the document ends inside <item> (line 2, column 7)"),
        ] {
            assert_eq!(refused(text), cause, "{text}");
        }
    }
}
