//! HTML that can be put into a page as it is.
//!
//! What is allowed is listed, everything else goes: scripts, styles, forms, frames, event handlers, and URLs of schemes that
//! nobody needs in prose. Links and pictures get absolute URLs, links leave no trace of the page they were followed from, and
//! pictures too small to be seen, which are there to count readers, are taken out.

mod pixels;
mod shape;

use crate::collection::MAX_ANSWER;
use crate::html;
use crate::parsed::Base;
use crate::xml::escape_into;
use ammonia::{Builder, UrlRelative};
use shape::Shape;
use std::cell::Cell;
use std::collections::HashSet;

/// Texts larger than this, in bytes, are given as text, and no more of it: as HTML they would take many times the memory.
const LARGEST: usize = 512 * 1024;

/// Texts of more elements and attributes than this are given as text, for the same reason.
const MOST_NODES: usize = 20_000;

/// Texts nested deeper than this are given as text: building a tree takes time that grows with the square of its depth.
const DEEPEST: usize = 512;

/// Work for one answer, in steps of some ten nanoseconds. What would take more is given as text.
const BUDGET: usize = 10_000_000;

/// Steps for a text with a base of its own.
const REBASED: usize = 5_000;

/// Sanitises the texts of one answer.
pub(crate) struct Sanitizer {
    builder: Builder<'static>,
    /// What is left of the budget.
    left: Cell<usize>,
    /// Bytes that came of it so far.
    written: Cell<usize>,
}

impl Sanitizer {
    /// Relative links lead from `base`.
    pub(crate) fn new(base: &Base) -> Self {
        Self { builder: builder(base), left: Cell::new(BUDGET), written: Cell::new(0) }
    }

    /// HTML that says the same; of what is too much work only the text. `base` is the text's own, if it has one.
    pub(crate) fn clean(&self, html: &str, base: Option<&Base>) -> String {
        if self.written.get() > MAX_ANSWER {
            // The answer is refused anyway.
            return String::new();
        }
        let clean = if self.is_affordable(html, base.map_or(0, |_| REBASED)) {
            let own = base.map(builder);
            pixels::without(own.as_ref().unwrap_or(&self.builder).clean(html).to_string())
        } else {
            text(html)
        };
        self.written.set(self.written.get() + clean.len());
        clean
    }

    /// Whether a text can be taken on that costs `extra` steps besides what is in it; if so, it is paid for.
    fn is_affordable(&self, html: &str, extra: usize) -> bool {
        if html.len() > LARGEST {
            return false;
        }
        let shape = Shape::of(html);
        match self.left.get().checked_sub(shape.steps.saturating_add(extra)) {
            Some(left) if shape.nodes <= MOST_NODES && shape.depth <= DEEPEST => {
                self.left.set(left);
                true
            }
            _ => false,
        }
    }
}

/// The beginning of the text, as HTML.
fn text(html: &str) -> String {
    let text = html::to_text(html);
    let mut escaped = String::with_capacity(text.len().min(LARGEST));
    escape_into(&mut escaped, &text[..text.floor_char_boundary(LARGEST)]);
    escaped
}

fn builder(base: &Base) -> Builder<'static> {
    let mut builder = Builder::default();
    for element in ["blockquote", "del", "ins", "q"] {
        // An address that the sanitiser does not take for one.
        builder.rm_tag_attributes(element, ["cite"]);
    }
    // A feed may name any base, and one of another scheme would make a harmless link run.
    let url = base.url().filter(|url| ["http", "https"].contains(&url.scheme()));
    builder
        .link_rel(Some("noopener noreferrer nofollow"))
        .url_schemes(HashSet::from(["http", "https", "mailto", "tel"]))
        .url_relative(url.map_or(UrlRelative::Deny, |url| UrlRelative::RewriteWithBase(url.clone())));
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(html: &str) -> String {
        Sanitizer::new(&Base::new("http://h.example/news/rss.xml")).clean(html, None)
    }

    #[test]
    fn prose_stays_and_what_acts_goes() {
        for (html, clean_html) in [
            ("<p>Fish &amp; <em>chips</em><br/>x</p>", "<p>Fish &amp; <em>chips</em><br>x</p>"),
            ("<p onclick='x()' style='color:red' class=c id=i>a</p>", "<p>a</p>"),
            ("a<script>alert(1)</script><style>p{}</style>b", "ab"),
            ("<form action='/x'><input name=a>text<button>b</button></form>", "textb"),
            ("<iframe src='http://x.example/'></iframe><object data=x></object><embed src=x>", ""),
            ("<a href='javascript:alert(1)'>x</a>", "<a rel=\"noopener noreferrer nofollow\">x</a>"),
            ("<b>unclosed", "<b>unclosed</b>"),
        ] {
            assert_eq!(clean(html), clean_html, "{html}");
        }
    }

    #[test]
    fn links_are_absolute_and_leave_no_trace() {
        let link = |href: &str| format!("<a href=\"{href}\" rel=\"noopener noreferrer nofollow\">x</a>");
        assert_eq!(clean("<a href='/a' rel=author target=_blank>x</a>"), link("http://h.example/a"));
        assert_eq!(clean("<img src='i.png' alt=i>"), "<img src=\"http://h.example/news/i.png\" alt=\"i\">");
        let other = Base::new("http://o.example/b/");
        let sanitizer = Sanitizer::new(&Base::default());
        assert_eq!(sanitizer.clean("<a href='c'>x</a>", Some(&other)), link("http://o.example/b/c"));
        assert_eq!(sanitizer.clean("<img src='c'><i>x</i>", None), "<i>x</i>");
    }

    #[test]
    fn links_do_not_lead_from_a_base_that_acts() {
        for base in ["javascript:alert(1)//", "javascript:/x/", "data:text/html,x", "file:///"] {
            let sanitizer = Sanitizer::new(&Base::new("http://h.example/"));
            for link in ["#x", "x", "?x", "/x", "//x"] {
                let html = format!("<a href='{link}'>x</a><img src='{link}'>");
                let clean = sanitizer.clean(&html, Some(&Base::new(base)));
                assert_eq!(clean, "<a rel=\"noopener noreferrer nofollow\">x</a>", "{base} {link}");
            }
        }
    }

    #[test]
    fn what_is_too_deep_too_large_or_too_much_is_given_as_text() {
        let deep = |depth: usize| format!("{}a &lt; b{}", "<div>".repeat(depth), "</div>".repeat(depth));
        assert!(clean(&deep(DEEPEST)).starts_with("<div>"));
        assert_eq!(clean(&deep(DEEPEST + 1)), "a &lt; b");
        assert_eq!(clean(&"<b></b>".repeat(MOST_NODES)), "");
        assert_eq!(clean(&format!("<p>{}</p>", "x".repeat(LARGEST))).len(), LARGEST);
        let attributes: Vec<_> = (0..MOST_NODES).map(|number| format!(" a{number}")).collect();
        assert_eq!(clean(&format!("<p{}>x</p>", attributes.concat())), "x");
        for (many, shown) in [("&", "&amp;"), ("&amp;", "&amp;"), ("©", "©")] {
            assert!(clean(&many.repeat(LARGEST / many.len())).starts_with(shown), "{many}");
        }
        assert_eq!(clean(&"&".repeat(LARGEST + 1)).len(), "&amp;".len() * LARGEST);
        let sanitizer = Sanitizer::new(&Base::default());
        let texts: Vec<_> = (0..200).map(|_| sanitizer.clean(&deep(DEEPEST), None)).collect();
        assert!(texts[0].starts_with("<div>") && texts[199].starts_with('a'));
        let rebased = Sanitizer::new(&Base::default());
        let texts: Vec<_> = (0..=BUDGET / REBASED).map(|_| rebased.clean("<b>x</b>", Some(&Base::default()))).collect();
        assert!(texts[0] == "<b>x</b>" && texts.last().is_some_and(|last| last == "x"));
        let many = "&".repeat(LARGEST);
        let written: usize = (0..10).map(|_| sanitizer.clean(&many, None).len()).sum();
        assert!((MAX_ANSWER..MAX_ANSWER * 2).contains(&written));
    }
}
