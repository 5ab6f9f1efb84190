//! By what an entry is known again: its id, and what it still has in common with itself once its feed has given it another.

use crate::html;
use crate::parsed::ParsedEntry;
use std::collections::HashMap;
use url::{Url, form_urlencoded};

/// Contents shorter than this, in bytes of plain text, are no evidence: many entries say "Read more".
const TELLING: usize = 32;
/// Parameters that say where a reader came from, and nothing of what is read.
const TRACKING: [&str; 9] = ["fbclid", "gclid", "dclid", "msclkid", "mc_cid", "mc_eid", "igshid", "yclid", "ref_src"];

/// Fingerprints of an entry. 0 stands for what it does not have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    /// What the feed calls it; without that its link, without that what it says.
    pub(crate) id: u32,
    pub(crate) link_title: u32,
    pub(crate) title_date: u32,
    pub(crate) content: u32,
}

/// An entry of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) marks: Marks,
    /// Whether it has both a link and a title, which together are evidence that two entries are one.
    pub(crate) is_named: bool,
    /// Whether the content alone is evidence.
    pub(crate) is_telling: bool,
    /// When it was published, in milliseconds since 1970.
    pub(crate) date: Option<u64>,
}

impl Seen {
    /// The entries of a document, in its order. Ids that several share are told apart by link and title.
    pub(crate) fn all(entries: &[ParsedEntry]) -> Vec<Seen> {
        let mut all: Vec<_> = entries.iter().map(Seen::of).collect();
        let mut shared: HashMap<u32, Option<u32>> = HashMap::new();
        for seen in &all {
            let first = shared.entry(seen.marks.id).or_insert(Some(seen.marks.link_title));
            if *first != Some(seen.marks.link_title) {
                *first = None;
            }
        }
        for seen in &mut all {
            if shared.get(&seen.marks.id) == Some(&None) {
                let Marks { id, link_title, .. } = seen.marks;
                seen.marks.id = print(&[&id.to_string(), &link_title.to_string()]);
            }
        }
        all
    }

    fn of(entry: &ParsedEntry) -> Seen {
        let text = |text: Option<&String>| plain(text.map_or("", String::as_str));
        let title = text(entry.title.get());
        let content = text(entry.content.get().or_else(|| entry.brief.get()));
        let link = entry.link.get().map(|link| bare(link)).unwrap_or_default();
        let date = entry.date.get();
        let dated = date.map(crate::dates::Date::published).unwrap_or_default();
        let id = match entry.id.get() {
            Some(id) => print(&[&bare(id)]),
            None if !link.is_empty() => print(&[&link]),
            None => print(&[&title, &dated, if title.is_empty() { &content } else { "" }]),
        };
        // Two entries of one title or of one moment are common; both together are evidence.
        let pair = |one: &str, two: &str| if one.is_empty() || two.is_empty() { 0 } else { print(&[one, two]) };
        let link_title = if title.is_empty() && link.is_empty() { 0 } else { print(&[&link, &title]) };
        Seen {
            marks: Marks {
                id,
                link_title,
                title_date: pair(&title, &dated),
                content: if content.is_empty() { 0 } else { print(&[&content]) },
            },
            is_named: !title.is_empty() && !link.is_empty(),
            is_telling: content.len() >= TELLING,
            date: date.and_then(crate::dates::Date::millis).and_then(|millis| u64::try_from(millis).ok()),
        }
    }
}

/// A text without markup and with single spaces: how it is written is no matter.
fn plain(text: &str) -> String {
    let text = html::to_text(text);
    let mut plain = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !plain.is_empty() {
            plain.push(' ');
        }
        plain.push_str(word);
    }
    plain
}

/// A URL without what feeds change on a whim: the scheme, `www.`, tracking parameters, a last slash. Other texts as they are.
fn bare(text: &str) -> String {
    let Some(url) = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https")) else {
        return text.trim().to_owned();
    };
    let host = url.host_str().unwrap_or_default();
    let mut bare = host.strip_prefix("www.").unwrap_or(host).to_owned();
    if let Some(port) = url.port() {
        bare.extend([":", &port.to_string()]);
    }
    bare.push_str(url.path().trim_end_matches('/'));
    let kept = url.query_pairs().filter(|(name, _)| !is_tracking(name));
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish();
    if !query.is_empty() {
        bare.extend(["?", &query]);
    }
    // What comes behind a hash may be all that tells the entries of one page apart.
    if let Some(fragment) = url.fragment().filter(|fragment| !fragment.is_empty()) {
        bare.extend(["#", fragment]);
    }
    bare
}

fn is_tracking(name: &str) -> bool {
    name.starts_with("utm_") || TRACKING.contains(&name)
}

/// A fingerprint of texts in their order: FNV-1a, folded. It is kept, so it must be the same in every build. Never 0.
fn print(parts: &[&str]) -> u32 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    let folded = u32::try_from((hash >> 32) ^ (hash & 0xffff_ffff)).unwrap_or_default();
    folded.max(1)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Entries from `id|link|title|date|content`; an empty part is absent.
    pub(crate) fn entries(texts: &[&str]) -> Vec<ParsedEntry> {
        let parse = |text: &&str| {
            let mut parts = text.split('|');
            let mut next = || parts.next().unwrap_or_default();
            let mut entry = ParsedEntry::default();
            entry.id.offer_text(0, next());
            entry.link.offer_text(0, next());
            entry.title.offer_text(0, next());
            entry.date.offer_date(0, next());
            entry.content.offer_text(0, next());
            entry
        };
        texts.iter().map(parse).collect()
    }

    pub(crate) fn seen(texts: &[&str]) -> Vec<Seen> {
        Seen::all(&entries(texts))
    }

    fn one(text: &str) -> Marks {
        seen(&[text])[0].marks
    }

    #[test]
    fn a_url_is_the_same_whatever_is_hung_on_it() {
        for (one, other) in [
            ("http://h.example/a", "https://www.h.example/a/"),
            ("http://h.example/a?id=1", "http://h.example/a?utm_source=rss&id=1&fbclid=x"),
            ("HTTP://H.example:80/a", "http://h.example/a"),
            (" tag:h.example,2026:1 ", "tag:h.example,2026:1"),
        ] {
            assert_eq!(bare(one), bare(other), "{one}");
        }
        for (one, other) in [
            ("http://h.example/a?id=1", "http://h.example/a?id=2"),
            ("http://h.example/day#1", "http://h.example/day#2"),
            ("http://h.example:8080/a", "http://h.example/a"),
            ("urn:1", "urn:2"),
        ] {
            assert_ne!(bare(one), bare(other), "{one}");
        }
    }

    #[test]
    fn how_a_text_is_written_is_no_matter() {
        let one_way = one("1||T|2026-01-01|<p>High   water\n at <b>noon</b></p>");
        let other_way = one("1||T|2026-01-01T00:00:00Z|<div class='x'>High water at noon</div>");
        assert_eq!(one_way.content, other_way.content);
        assert_eq!(one_way.title_date, other_way.title_date);
        assert_ne!(one_way.content, one("1||T||High water at one").content);
    }

    #[test]
    fn what_is_absent_has_no_fingerprint() {
        let marks = one("1||||");
        assert_eq!((marks.link_title, marks.title_date, marks.content), (0, 0, 0));
        assert_ne!(marks.id, 0);
        assert_eq!(one("||T||").title_date, 0);
        assert_ne!(one("||||a").id, one("||||b").id);
    }

    #[test]
    fn an_id_that_all_share_is_none() {
        let shared = seen(&["x|http://h.example/1|A", "x|http://h.example/2|B", "y|http://h.example/3|C"]);
        assert_ne!(shared[0].marks.id, shared[1].marks.id);
        assert_eq!(shared[2].marks.id, one("y").id);
        let twice = seen(&["x|http://h.example/1|A", "x|http://h.example/1|A"]);
        assert_eq!(twice[0].marks.id, twice[1].marks.id);
        assert_eq!(twice[0].marks.id, one("x").id);
    }

    // Kept things are found again by it.
    #[test]
    fn a_fingerprint_is_the_same_for_ever() {
        assert_eq!([print(&["a", "b"]), print(&["ab"]), print(&[])], [0x4024_880b, 0xe262_6b36, 0x4fd0_bfc1]);
    }
}
