//! The feeds that a page names in its head: `<link rel="alternate" type="application/rss+xml" href="…">`.

use crate::parsed::Base;
use crate::xml::unescape;
use lol_html::html_content::Element;
use lol_html::{HtmlRewriter, MemorySettings, Settings, element};
use serde::Serialize;
use std::cell::RefCell;

/// Feeds of one page beyond this many are not named.
pub const MAX_FEEDS: usize = 20;

/// What the parser may hold of a page at a time, in bytes: a tag, above all.
const MEMORY: usize = 1024 * 1024;

/// How much of a page is read between two looks at what was found, in bytes.
const STRETCH: usize = 16 * 1024;

/// What feeds are served as. JSON goes last: many pages name other things of that type.
const MEDIA_TYPES: [&str; 4] =
    ["application/rss+xml", "application/atom+xml", "application/feed+json", "application/json"];

/// A feed that a page names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FeedLink {
    /// Where it is, absolute.
    pub url: String,
    /// What the page calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it is said to be: one of four media types, without parameters and in lower case.
    pub media_type: String,
}

/// The feeds that a page names, at most [`MAX_FEEDS`], in its order but for plain JSON, which comes last. `base` is where the
/// page came from.
pub(crate) fn discover(page: &str, base: &Base) -> Vec<FeedLink> {
    let found = RefCell::new(Found { base: base.clone(), is_based: false, links: Vec::new() });
    let memory = MemorySettings::new().with_max_allowed_memory_usage(MEMORY);
    let settings = Settings::new()
        .append_element_content_handler(element!("base[href]", |element| {
            found.borrow_mut().rebase(element);
            Ok(())
        }))
        .append_element_content_handler(element!("link[rel][type][href]", |element| {
            found.borrow_mut().note(element);
            Ok(())
        }))
        .with_memory_settings(memory)
        .with_strict(false);
    let mut parser = HtmlRewriter::new(settings, |_: &[u8]| {});
    for stretch in page.as_bytes().chunks(STRETCH) {
        // Whatever made it stop, such as a tag of megabytes: what was found was found.
        if parser.write(stretch).is_err() || found.borrow().links.len() >= MAX_FEEDS {
            break;
        }
    }
    drop(parser);
    let mut links = found.into_inner().links;
    links.sort_by_key(|link| link.media_type == MEDIA_TYPES[3]);
    links
}

struct Found {
    base: Base,
    /// Only the first `base` counts.
    is_based: bool,
    links: Vec<FeedLink>,
}

impl Found {
    fn rebase(&mut self, element: &Element<'_, '_>) {
        if !self.is_based {
            self.base = self.base.within(Some(&value(element, "href")));
            self.is_based = true;
        }
    }

    fn note(&mut self, element: &Element<'_, '_>) {
        let is_alternate =
            value(element, "rel").split_ascii_whitespace().any(|rel| rel.eq_ignore_ascii_case("alternate"));
        let media_type = value(element, "type");
        let media_type = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let url = self.base.resolve(&value(element, "href"));
        let is_new = !url.is_empty() && self.links.iter().all(|link| link.url != url);
        if is_alternate && is_new && MEDIA_TYPES.contains(&&*media_type) && self.links.len() < MAX_FEEDS {
            let title = Some(value(element, "title")).filter(|title| !title.is_empty());
            self.links.push(FeedLink { url, title, media_type });
        }
    }
}

fn value(element: &Element<'_, '_>, name: &str) -> String {
    let value = element.get_attribute(name).unwrap_or_default();
    unescape(&value).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls(page: &str) -> Vec<String> {
        let found = discover(page, &Base::new("http://h.example/blog/"));
        found.into_iter().map(|link| link.url).collect()
    }

    #[test]
    fn pages_name_their_feeds() {
        let page = "<!doctype html><html><head><title>x</title>
            <link rel=stylesheet type=text/css href=s.css>
            <link rel=alternate type=application/json href=/wp-json/1>
            <LINK REL='home Alternate' TYPE='Application/RSS+xml; charset=utf-8' HREF='feed?a=1&amp;b=2' title='Tide &amp; ebb'>
            <link rel=alternate type=application/atom+xml href=//o.example/atom>
            <link rel=alternate type=text/html href=/en><link rel=alternate hreflang=pt href=/pt>
            <link rel=alternate type=application/rss+xml href=feed?a=1&amp;b=2></head><body>";
        let found = discover(page, &Base::new("http://h.example/blog/"));
        let first = FeedLink {
            url: "http://h.example/blog/feed?a=1&b=2".into(),
            title: Some("Tide & ebb".into()),
            media_type: "application/rss+xml".into(),
        };
        assert_eq!(found[0], first);
        assert_eq!(urls(page)[1..], ["http://o.example/atom", "http://h.example/wp-json/1"]);
    }

    #[test]
    fn the_first_base_counts() {
        let page = "<base href='/b/'><base href='/c/'><link rel=alternate type=application/rss+xml href=f>";
        assert_eq!(urls(page), ["http://h.example/b/f"]);
    }

    #[test]
    fn comments_and_scripts_name_nothing() {
        let link = "<link rel=alternate type=application/rss+xml href=f>";
        assert!(urls(&format!("<!-- {link} --><script>'{link}'</script>")).is_empty());
    }

    #[test]
    fn a_page_of_links_or_of_one_tag_is_read_no_further_than_it_matters() {
        let link = |number| format!("<link rel=alternate type=application/rss+xml href=/{number}>");
        let links: Vec<_> = (0..50_000).map(link).collect();
        let links = links.concat();
        assert_eq!(urls(&links).len(), MAX_FEEDS);
        assert!(urls(&format!("<p title='{}'>", "x".repeat(3_000_000))).is_empty());
        assert!(urls(&"<div>".repeat(500_000)).is_empty());
    }
}
