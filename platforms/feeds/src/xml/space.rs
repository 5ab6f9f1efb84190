//! Which vocabulary an element belongs to.

use quick_xml::events::BytesStart;

/// The vocabularies that feeds are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Space {
    /// No prefix: the format's own vocabulary.
    Plain,
    Atom,
    /// `content:encoded`
    Content,
    /// Dublin Core and its terms
    DublinCore,
    Itunes,
    /// Creative Commons, by any of its three names.
    License,
    Media,
    Other,
}

/// A bound on the prefixes remembered: documents have a handful.
const MOST_PREFIXES: usize = 64;

/// The prefixes declared so far. They are not scoped: a feed that gives one prefix two meanings is yet to be found.
#[derive(Default)]
pub(super) struct Spaces {
    prefixes: Vec<(String, Space)>,
}

impl Spaces {
    /// Takes note of the prefixes that a start tag declares for vocabularies we know.
    pub(super) fn declare(&mut self, tag: &BytesStart<'_>) {
        if !tag.attributes_raw().contains("xmlns:") {
            return;
        }
        for attribute in tag.html_attributes().with_checks(false).flatten() {
            let prefix = attribute.key.as_ref().strip_prefix("xmlns:");
            if let (Some(prefix), Some(space)) = (prefix, known(&attribute.value)) {
                self.prefixes.retain(|(other, _)| other != prefix);
                if self.prefixes.len() < MOST_PREFIXES {
                    self.prefixes.push((prefix.to_owned(), space));
                }
            }
        }
    }

    pub(super) fn of(&self, tag: &BytesStart<'_>) -> Space {
        let name = tag.name();
        match name.as_ref().rsplit_once(':') {
            Some((prefix, _)) => {
                let declared = self.prefixes.iter().find(|(known, _)| known == prefix);
                declared.map_or_else(|| customary(prefix), |(_, space)| *space)
            }
            None if tag.attributes_raw().contains("xmlns") => own(tag),
            None => Space::Plain,
        }
    }
}

/// An element without a prefix but with a vocabulary of its own. One that we do not know says nothing: feeds put all
/// kinds of things on their own elements.
fn own(tag: &BytesStart<'_>) -> Space {
    let mut attributes = tag.html_attributes();
    let uri = attributes.with_checks(false).flatten().find(|attribute| attribute.key.as_ref() == "xmlns");
    match uri {
        Some(uri) if uri.value.trim().eq_ignore_ascii_case("http://www.w3.org/1999/xhtml") => Space::Other,
        Some(uri) => known(&uri.value).unwrap_or(Space::Plain),
        None => Space::Plain,
    }
}

/// The vocabulary of a namespace name. Old, moved and misspelt names are as good as the right ones.
fn known(uri: &str) -> Option<Space> {
    let uri = uri.trim().to_ascii_lowercase();
    let uri = uri.strip_prefix("https:").or_else(|| uri.strip_prefix("http:")).unwrap_or(&uri);
    let uri = uri.trim_start_matches("//").trim_start_matches("www.").trim_end_matches(['/', '#']);
    match uri {
        "w3.org/2005/atom" | "purl.org/atom/ns" => Some(Space::Atom),
        "purl.org/rss/1.0"
        | "purl.org/rss/2.0"
        | "purl.org/net/rss1.1"
        | "my.netscape.com/rdf/simple/0.9"
        | "channel.netscape.com/rdf/simple/0.9" => Some(Space::Plain),
        "purl.org/rss/1.0/modules/content" => Some(Space::Content),
        "purl.org/dc/elements/1.0" | "purl.org/dc/elements/1.1" | "purl.org/dc/terms" => Some(Space::DublinCore),
        "search.yahoo.com/mrss" | "tools.search.yahoo.com/mrss" => Some(Space::Media),
        "web.resource.org/cc"
        | "creativecommons.org/ns"
        | "backend.userland.com/creativecommonsrssmodule"
        | "cyber.law.harvard.edu/rss/creativecommonsrssmodule.html" => Some(Space::License),
        _ if uri.starts_with("backend.userland.com/rss") || uri.starts_with("blogs.law.harvard.edu/tech/rss") => {
            Some(Space::Plain)
        }
        _ if uri.starts_with("itunes.com/dtds/podcast-1.0.dtd") => Some(Space::Itunes),
        _ => None,
    }
}

/// What a prefix means where nothing declares it.
fn customary(prefix: &str) -> Space {
    match prefix.to_ascii_lowercase().as_str() {
        "atom" | "atom03" | "atom10" | "a10" => Space::Atom,
        "rss" => Space::Plain,
        "content" => Space::Content,
        "dc" | "dcterms" => Space::DublinCore,
        "itunes" => Space::Itunes,
        "media" => Space::Media,
        "cc" | "creativecommons" => Space::License,
        _ => Space::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Xml;
    use super::*;

    #[test]
    fn elements_find_their_vocabulary() {
        for (document, space) in [
            ("<a/>", Space::Plain),
            ("<a xmlns='urn:anything'/>", Space::Plain),
            ("<a xmlns='http://www.w3.org/2005/Atom'/>", Space::Atom),
            ("<a xmlns='http://www.w3.org/1999/xhtml'/>", Space::Other),
            ("<x:a xmlns:x='http://purl.org/dc/elements/1.1/'/>", Space::DublinCore),
            ("<x:a xmlns:x='HTTP://www.iTunes.com/DTDs/Podcast-1.0.dtd'/>", Space::Itunes),
            ("<dc:a xmlns:dc='http://www.w3.org/2005/Atom'/>", Space::Atom),
            ("<dc:a xmlns:dc='urn:anything'/>", Space::DublinCore),
            ("<media:a/>", Space::Media),
            ("<y:a/>", Space::Other),
        ] {
            let (_, root) = Xml::open(document).unwrap();
            assert_eq!((root.name.as_str(), root.space), ("a", space), "{document}");
        }
    }
}
