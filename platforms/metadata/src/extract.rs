//! Reads a page as it arrives, no further than it has something to tell, and finds what it says of itself.

use crate::findings::{Findings, Link, Part, Picture};
use crate::sieve::Sieve;
use crate::text::value;
use lol_html::html_content::TextChunk;
use lol_html::send::{Element, HtmlRewriter, Settings};
use lol_html::{HandlerResult, MemorySettings, element, end_tag, text};
use std::fmt;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What the parser may hold of a page at a time, in bytes: a tag, above all.
const MEMORY: usize = 2 * 1024 * 1024;
/// After this much, in bytes, only pictures are still worth reading for.
const FAR: usize = 512 * 1024;

type Found = Arc<Mutex<Findings>>;
type Sink = fn(&[u8]);

/// Elements whose text is of interest.
const PARTS: [(&str, Part); 6] = [
    ("title", Part::Title),
    (".post-title", Part::PostTitle),
    (".entry-title", Part::EntryTitle),
    ("h1 a", Part::HeadingLink),
    ("h1", Part::Heading),
    ("#description", Part::Description),
];

pub(crate) struct Extractor {
    /// Gone once it has stopped.
    parser: Option<HtmlRewriter<'static, Sink>>,
    sieve: Sieve,
    found: Found,
    read: usize,
}

/// The page has nothing more to tell.
#[derive(Debug)]
struct Enough;

impl fmt::Display for Enough {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("enough")
    }
}

impl std::error::Error for Enough {}

impl Extractor {
    pub(crate) fn new() -> Self {
        let found = Found::default();
        let parser = HtmlRewriter::new(settings(&found), (|_| {}) as Sink);
        Self { parser: Some(parser), sieve: Sieve::new(), found, read: 0 }
    }

    /// Reads on. After a break the rest is of no interest.
    pub(crate) fn feed(&mut self, text: &str) -> ControlFlow<()> {
        self.read += text.len();
        let Some(parser) = &mut self.parser else { return ControlFlow::Break(()) };
        let wants = locked(&self.found).wants();
        let kept = self.sieve.sift(text, wants);
        // Whatever made it stop: what was found was found.
        let has_stopped = parser.write(kept.as_bytes()).is_err();
        if has_stopped {
            self.parser = None;
        }
        if has_stopped || (self.read >= FAR && locked(&self.found).have_image()) {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    /// What was found.
    pub(crate) fn finish(mut self) -> Findings {
        if let Some(parser) = self.parser.take() {
            let _ = parser.end();
        }
        std::mem::take(&mut *locked(&self.found))
    }
}

fn locked(found: &Found) -> MutexGuard<'_, Findings> {
    found.lock().unwrap_or_else(PoisonError::into_inner)
}

fn settings(found: &Found) -> Settings<'static, 'static> {
    let with = |handle: fn(&mut Element<'_, '_>, &Found) -> HandlerResult| {
        let found = Arc::clone(found);
        move |element: &mut Element<'_, '_>| handle(element, &found)
    };
    let noting = |note: fn(&mut Element<'_, '_>, &Found)| {
        let found = Arc::clone(found);
        move |element: &mut Element<'_, '_>| {
            note(element, &found);
            Ok(())
        }
    };
    let data = Arc::clone(found);
    let mut settings = Settings::new_send()
        .append_element_content_handler(element!("html", noting(root)))
        .append_element_content_handler(element!("meta", noting(meta)))
        .append_element_content_handler(element!("link", noting(link)))
        .append_element_content_handler(element!("img", noting(picture)))
        .append_element_content_handler(element!("head", with(head)))
        .append_element_content_handler(element!("body", with(body)))
        .append_element_content_handler(element!(r#"script[type="application/ld+json" i]"#, noting(block)))
        .append_element_content_handler(text!(
            r#"script[type="application/ld+json" i]"#,
            move |chunk: &mut TextChunk<'_>| {
                locked(&data).write_data(chunk.as_str());
                Ok(())
            }
        ));
    for (selector, part) in PARTS {
        let (opening, writing) = (Arc::clone(found), Arc::clone(found));
        settings = settings
            .append_element_content_handler(element!(selector, move |element: &mut Element<'_, '_>| {
                open(element, part, &opening)
            }))
            .append_element_content_handler(text!(selector, move |chunk: &mut TextChunk<'_>| {
                locked(&writing).write(part, chunk.as_str());
                Ok(())
            }));
    }
    settings.with_memory_settings(MemorySettings::new().with_max_allowed_memory_usage(MEMORY)).with_strict(false)
}

fn attribute(element: &Element<'_, '_>, name: &str) -> Option<String> {
    element.get_attribute(name).map(|raw| value(&raw)).filter(|value| !value.is_empty())
}

fn root(html: &mut Element<'_, '_>, found: &Found) {
    let language = attribute(html, "lang").or_else(|| attribute(html, "xml:lang"));
    let mut found = locked(found);
    found.language = found.language.take().or(language);
}

fn meta(meta: &mut Element<'_, '_>, found: &Found) {
    let Some(value) = attribute(meta, "content").or_else(|| attribute(meta, "value")) else { return };
    let mut found = locked(found);
    if let Some(name) = attribute(meta, "itemprop") {
        found.add_property(&name, value.clone());
    }
    let names = [attribute(meta, "property"), attribute(meta, "name")];
    for name in names.iter().flatten() {
        found.add_meta(name, value.clone());
    }
    if let Some(name) = attribute(meta, "http-equiv").filter(|name| name.eq_ignore_ascii_case("content-language")) {
        found.add_meta(&name, value);
    }
}

fn link(link: &mut Element<'_, '_>, found: &Found) {
    let text = |name| attribute(link, name).unwrap_or_default().to_ascii_lowercase();
    if let Some(href) = attribute(link, "href") {
        let link = Link { rel: text("rel"), href, kind: text("type"), hreflang: text("hreflang") };
        locked(found).add_link(link);
    }
}

fn picture(img: &mut Element<'_, '_>, found: &Found) {
    let mut found = locked(found);
    // Of no interest to a page that has named a picture for itself.
    if !found.have_image()
        && let Some(src) = attribute(img, "src")
    {
        let (width, height, alt) = (attribute(img, "width"), attribute(img, "height"), attribute(img, "alt"));
        found.add_picture(Picture { src, width, height, alt });
    }
}

fn block(_: &mut Element<'_, '_>, found: &Found) {
    locked(found).open_data();
}

fn open(element: &mut Element<'_, '_>, part: Part, found: &Found) -> HandlerResult {
    let is_heading = || element.get_attribute("class").is_some_and(|class| class.contains("title"));
    let is_wanted = match part {
        Part::Heading => is_heading(),
        Part::HeadingLink => locked(found).is_open(Part::Heading),
        _ => true,
    };
    // By its title a page that stands in front of another is known, whatever else it says.
    let is_needed = || part == Part::Title || locked(found).needs(part);
    if is_wanted && is_needed() && element.can_have_content() && locked(found).open(part) {
        let found = Arc::clone(found);
        element.on_end_tag(end_tag!(move |_| {
            locked(&found).close(part);
            Ok(())
        }))?;
    }
    Ok(())
}

fn head(head: &mut Element<'_, '_>, found: &Found) -> HandlerResult {
    let found = Arc::clone(found);
    head.on_end_tag(end_tag!(move |_| stop_if_enough(&found)))
}

fn body(_: &mut Element<'_, '_>, found: &Found) -> HandlerResult {
    stop_if_enough(found)
}

fn stop_if_enough(found: &Found) -> HandlerResult {
    if locked(found).are_enough() { Err(Box::new(Enough)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(page: &str) -> Findings {
        let mut extractor = Extractor::new();
        let _ = extractor.feed(page);
        extractor.finish()
    }

    const FULL: &str = "<html lang=en><head><title>T &amp; t</title><meta name=description content=d>\
         <meta property=og:image content=/i.png></head>";

    #[test]
    fn a_page_that_has_said_all_is_not_read_further() {
        let mut extractor = Extractor::new();
        assert!(extractor.feed(FULL).is_break());
        let found = extractor.finish();
        assert_eq!((found.text(Part::Title), found.meta(&["description"])), (Some("T &amp; t"), Some("d")));
        assert_eq!((found.language.as_deref(), found.meta(&["og:image"])), (Some("en"), Some("/i.png")));
    }

    #[test]
    fn one_that_has_not_is_read_to_its_end() {
        let page = "<head><title>T</title></head><body><div id=description>d <b>e</b></div><img src=http://h.example/a.png width=3>";
        let mut extractor = Extractor::new();
        assert!(extractor.feed(page).is_continue());
        let found = extractor.finish();
        assert_eq!(found.text(Part::Description), Some("d e"));
        assert_eq!(found.pictures[0].width.as_deref(), Some("3"));
    }

    #[test]
    fn chunks_may_end_anywhere() {
        let page = FULL.replace("</head>", "").replace("<title>T &amp; t</title>", "")
            + r#"<script type="Application/LD+JSON">{"a": "<b>"}</script><h1 class="x-title y">H <a>L</a></h1>"#;
        let whole = find(&page);
        for size in [1, 2, 3, 7, 31] {
            let mut extractor = Extractor::new();
            for chunk in page.as_bytes().chunks(size) {
                assert!(extractor.feed(std::str::from_utf8(chunk).unwrap()).is_continue());
            }
            assert_eq!(format!("{:?}", extractor.finish()), format!("{whole:?}"), "{size}");
        }
        assert_eq!(whole.data, [r#"{"a": "<b>"}"#]);
        assert_eq!((whole.text(Part::Heading), whole.text(Part::HeadingLink)), (Some("H L"), Some("L")));
    }

    #[test]
    fn drawings_and_scripts_have_no_titles_of_pages() {
        let page = "<body><svg><title>icon</title></svg><script>'<title>no</title>'</script><!--<title>no</title>--><title>yes</title>";
        assert_eq!(find(page).text(Part::Title), Some("yes"));
    }

    #[test]
    fn tags_without_end_and_nesting_without_number_are_survived() {
        let endless = format!("<title>T</title><div {}", "a='b' ".repeat(1_000_000));
        assert_eq!(find(&endless).text(Part::Title), Some("T"));
        let deep = format!("<title>T</title>{}", "<div class='post-title'>".repeat(100_000));
        assert_eq!(find(&deep).text(Part::Title), Some("T"));
    }

    #[test]
    fn after_half_a_megabyte_a_picture_is_enough() {
        let mut extractor = Extractor::new();
        let filler = "<p>word</p>".repeat(1000);
        assert!(extractor.feed("<meta name=twitter:image content=i>").is_continue());
        let rounds = (0..1000).take_while(|_| extractor.feed(&filler).is_continue()).count();
        assert_eq!(rounds, FAR / filler.len());
    }
}
