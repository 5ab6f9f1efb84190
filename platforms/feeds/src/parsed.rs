//! What the readers of the formats have in common: a feed before the rules of the answer are applied to it.

use crate::attachment::Attachment;
use crate::dates::Date;
use crate::details::{Details, Person};
use crate::hints::Hints;
use url::Url;

/// Entries beyond this many are not read: a document of the largest size could hold a hundred times as many, all empty,
/// and nobody publishes that. They are taken in the order of the document, which is newest first in practice.
pub const MAX_ENTRIES: usize = 10_000;

/// Attachments of one entry beyond this many are not read.
pub const MAX_ATTACHMENTS: usize = 100;

/// A feed of any format, read and not yet answered with.
#[derive(Debug, Default)]
pub struct Parsed {
    pub(crate) channel: ParsedChannel,
    pub(crate) entries: Vec<ParsedEntry>,
    /// Where relative links in its texts lead.
    pub(crate) base: Base,
}

/// The feed itself. Texts are trimmed, and absent rather than empty.
#[derive(Debug, Clone, Default)]
pub(crate) struct ParsedChannel {
    pub(crate) title: Slot<String>,
    pub(crate) link: Slot<String>,
    pub(crate) description: Slot<String>,
    pub(crate) image: Slot<String>,
    pub(crate) language: Slot<String>,
    pub(crate) author: Slot<String>,
    pub(crate) categories: Vec<String>,
    pub(crate) hints: Hints,
    pub(crate) updated: Slot<Date>,
    pub(crate) generator: Slot<String>,
    pub(crate) rights: Slot<String>,
    pub(crate) explicit: Option<bool>,
    /// What a podcast calls itself: `episodic` or `serial`.
    pub(crate) podcast: Slot<String>,
    pub(crate) owner: Option<Person>,
}

/// One entry. Texts are trimmed, and absent rather than empty.
#[derive(Debug, Clone, Default)]
pub(crate) struct ParsedEntry {
    pub(crate) title: Slot<String>,
    pub(crate) link: Slot<String>,
    /// What the format calls the entry, for want of a link.
    pub(crate) id: Slot<String>,
    pub(crate) content: Slot<String>,
    pub(crate) brief: Slot<String>,
    pub(crate) date: Slot<Date>,
    pub(crate) attachments: Vec<Attachment>,
    /// The whole text, where the format has a place for it beside the content.
    pub(crate) full_text: Slot<String>,
    pub(crate) updated: Slot<Date>,
    pub(crate) image: Slot<String>,
    /// Most entries say little besides.
    pub(crate) details: Option<Box<Details>>,
    /// Where relative links in its texts lead, if not where the feed's do.
    pub(crate) base: Option<Box<Base>>,
}

impl Parsed {
    pub(crate) fn add(&mut self, entry: ParsedEntry) {
        if self.entries.len() < MAX_ENTRIES {
            self.entries.push(entry);
        }
    }
}

impl ParsedEntry {
    /// Adds an attachment, or completes the one that is known by its URL: feeds describe many twice.
    pub(crate) fn attach(&mut self, attachment: Attachment) {
        if let Some(known) = self.attachments.iter_mut().find(|known| known.url == attachment.url) {
            known.learn(attachment);
        } else if self.attachments.len() < MAX_ATTACHMENTS {
            push(&mut self.attachments, attachment);
        }
    }

    pub(crate) fn details(&mut self) -> &mut Details {
        self.details.get_or_insert_default()
    }
}

/// Adds to a list of which there are many, nearly all of one member: it gets room for more only when it has more.
pub(crate) fn push<T>(list: &mut Vec<T>, member: T) {
    if list.is_empty() {
        list.reserve_exact(1);
    }
    list.push(member);
}

/// A value for which several elements may stand: the one of the best rank wins, 0 being best, and of equals the first.
#[derive(Debug, Clone)]
pub(crate) struct Slot<T> {
    best: Option<(u8, T)>,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Slot { best: None }
    }
}

impl<T> Slot<T> {
    pub(crate) fn offer(&mut self, rank: u8, value: T) {
        if self.best.as_ref().is_none_or(|(best, _)| rank < *best) {
            self.best = Some((rank, value));
        }
    }

    pub(crate) fn get(&self) -> Option<&T> {
        self.best.as_ref().map(|(_, value)| value)
    }

    pub(crate) fn into_inner(self) -> Option<T> {
        self.best.map(|(_, value)| value)
    }
}

impl Slot<String> {
    /// As [`offer`](Self::offer), for a text that may be empty and then counts for nothing.
    pub(crate) fn offer_text(&mut self, rank: u8, text: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() {
            self.offer(rank, text);
        }
    }
}

impl Slot<Date> {
    pub(crate) fn offer_date(&mut self, rank: u8, text: &str) {
        if !text.is_empty() {
            self.offer(rank, Date::parse(text));
        }
    }
}

/// Where relative links lead. Links that are absolute stay as they are written, to the letter.
#[derive(Debug, Clone, Default)]
pub(crate) struct Base(Option<Url>);

impl Base {
    pub(crate) fn new(url: &str) -> Self {
        Base(Url::parse(url).ok())
    }

    /// The base inside an element with this `xml:base`.
    pub(crate) fn within(&self, xml_base: Option<&str>) -> Self {
        match xml_base {
            Some(reference) => Base(Url::parse(&self.resolve(reference)).ok().or_else(|| self.0.clone())),
            None => self.clone(),
        }
    }

    pub(crate) fn url(&self) -> Option<&Url> {
        self.0.as_ref()
    }

    pub(crate) fn resolve(&self, reference: &str) -> String {
        match &self.0 {
            Some(base) if !reference.is_empty() && !has_scheme(reference) => {
                base.join(reference).map_or_else(|_| reference.to_owned(), String::from)
            }
            _ => reference.to_owned(),
        }
    }
}

fn has_scheme(reference: &str) -> bool {
    reference.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_rank_wins_and_of_equals_the_first() {
        let mut slot = Slot::default();
        slot.offer_text(0, "");
        slot.offer_text(2, "c");
        slot.offer_text(1, "b");
        slot.offer_text(1, "later");
        slot.offer_text(3, "d");
        assert_eq!(slot.into_inner().as_deref(), Some("b"));
    }

    #[test]
    fn relative_links_are_resolved_and_absolute_ones_left_alone() {
        let base = Base::new("http://h.example/news/rss.xml");
        for (reference, resolved) in [
            ("a", "http://h.example/news/a"),
            ("/a?b:c", "http://h.example/a?b:c"),
            ("//o.example/x", "http://o.example/x"),
            ("HTTP://H.example:80/%7ea/../b", "HTTP://H.example:80/%7ea/../b"),
            ("mailto:ana@h.example", "mailto:ana@h.example"),
            ("", ""),
        ] {
            assert_eq!(base.resolve(reference), resolved, "{reference}");
        }
        assert_eq!(Base::new("no url").resolve("a"), "a");
        assert_eq!(base.within(Some("sub/")).resolve("a"), "http://h.example/news/sub/a");
        assert_eq!(base.within(Some("http://[bad/")).resolve("a"), "http://h.example/news/a");
        assert_eq!(base.within(None).resolve("a"), "http://h.example/news/a");
    }
}
