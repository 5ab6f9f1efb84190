//! Parts of a page that are known by a class or an id. To look at these of every tag costs ten times as much as to look at
//! names, and hardly any page has such a part and needs it: so only what follows the mention of one is read that way.

use crate::extract::{Enough, Found, Sink, locked};
use crate::findings::Part;
use lol_html::html_content::TextChunk;
use lol_html::send::{Element, HtmlRewriter, Settings};
use lol_html::{HandlerResult, MemorySettings, element, end_tag, text};
use std::sync::Arc;

/// Parts, how they are meant, and how they are mentioned.
const PARTS: [(Part, &str, &[&str]); 3] = [
    (Part::PostTitle, ".post-title", &["post-title"]),
    (Part::EntryTitle, ".entry-title", &["entry-title"]),
    (Part::Description, "#description", &["id=\"description\"", "id='description'", "id=description"]),
];
/// The longest beginning of a tag that is kept for when its mention follows, in bytes.
const TAG: usize = 4096;
/// What a parser may hold at a time, in bytes.
const MEMORY: usize = 256 * 1024;

/// All of them.
pub(crate) struct Parts(Vec<Seeker>);

struct Seeker {
    part: Part,
    selector: &'static str,
    mentions: &'static [&'static str],
    found: Found,
    /// While it reads the part.
    parser: Option<HtmlRewriter<'static, Sink>>,
    /// From the last opening of a tag on.
    tail: String,
}

impl Parts {
    pub(crate) fn new(found: &Found) -> Self {
        let seeker = |(part, selector, mentions)| Seeker {
            part,
            selector,
            mentions,
            found: Arc::clone(found),
            parser: None,
            tail: String::new(),
        };
        Self(PARTS.map(seeker).into())
    }

    pub(crate) fn feed(&mut self, text: &str) {
        self.0.iter_mut().for_each(|seeker| seeker.feed(text));
    }
}

impl Seeker {
    fn feed(&mut self, text: &str) {
        if self.parser.is_some() {
            return self.read(text);
        }
        if !locked(&self.found).needs(self.part) {
            return self.tail.clear();
        }
        self.tail.push_str(text);
        let recent = std::mem::take(&mut self.tail);
        if let Some(at) = self.mentions.iter().filter_map(|mention| recent.find(mention)).min() {
            self.parser = Some(parser(self.part, self.selector, &self.found));
            let start = recent[..at].rfind('<').unwrap_or(at);
            self.read(&recent[start..]);
        } else if let Some(last) = recent.rfind('<').filter(|last| recent.len() - last <= TAG) {
            self.tail.push_str(&recent[last..]);
        }
    }

    /// Reads the part, to its end or to that of what there is.
    fn read(&mut self, text: &str) {
        if self.parser.as_mut().is_some_and(|parser| parser.write(text.as_bytes()).is_err()) {
            self.parser = None;
        }
    }
}

fn parser(part: Part, selector: &str, found: &Found) -> HtmlRewriter<'static, Sink> {
    let (opening, writing) = (Arc::clone(found), Arc::clone(found));
    let settings = Settings::new_send()
        .append_element_content_handler(element!(selector, move |element: &mut Element<'_, '_>| {
            open(element, part, &opening)
        }))
        .append_element_content_handler(text!(selector, move |chunk: &mut TextChunk<'_>| {
            locked(&writing).write(part, chunk.as_str());
            Ok(())
        }))
        .with_memory_settings(MemorySettings::new().with_max_allowed_memory_usage(MEMORY))
        .with_strict(false);
    HtmlRewriter::new(settings, (|_| {}) as Sink)
}

fn open(element: &mut Element<'_, '_>, part: Part, found: &Found) -> HandlerResult {
    if element.can_have_content() && locked(found).open(part) {
        let found = Arc::clone(found);
        element.on_end_tag(end_tag!(move |_| {
            locked(&found).close(part);
            Err(Box::new(Enough))
        }))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(page: &str, size: usize) -> Found {
        let found = Found::default();
        let mut parts = Parts::new(&found);
        for chunk in page.as_bytes().chunks(size) {
            parts.feed(std::str::from_utf8(chunk).unwrap());
        }
        found
    }

    #[test]
    fn parts_are_found_wherever_chunks_end() {
        let page = "<p>x</p><div a=b class='x post-title'>High <b>tide</b></div><p>y</p><i id=description>D</i><p>z";
        for size in [1, 2, 5, 17, 1000] {
            let found = read(page, size);
            let found = locked(&found);
            assert_eq!(found.text(Part::PostTitle), Some("High tide"), "{size}");
            assert_eq!(found.text(Part::Description), Some("D"), "{size}");
        }
    }

    #[test]
    fn what_is_known_better_is_not_looked_for() {
        let found = Found::default();
        locked(&found).add_meta("og:title", "T".into());
        let mut parts = Parts::new(&found);
        parts.feed("<p class=post-title>P</p>");
        assert_eq!(locked(&found).text(Part::PostTitle), None);
    }

    #[test]
    fn a_mention_that_is_none_is_survived() {
        let found = read("<style>.post-title { color: red }</style><p>x</p><b class=post-title>T</b>", 1000);
        assert_eq!(locked(&found).text(Part::PostTitle), Some("T"));
    }
}
