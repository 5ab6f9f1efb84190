//! Is a text HTML, and what does it say without its tags?

use crate::packed::pack;
use crate::xml::unescape;

/// Elements of HTML whose tags make a text HTML (platforms.md 5.2), sorted.
#[rustfmt::skip]
const ELEMENTS: [&str; 118] = [
    "a", "abbr", "address", "area", "article", "aside", "audio", "b", "base", "bdi", "bdo", "blockquote", "body",
    "br", "button", "canvas", "caption", "cite", "code", "col", "colgroup", "data", "datalist", "dd", "del",
    "details", "dfn", "dialog", "div", "dl", "dt", "em", "embed", "fieldset", "figcaption", "figure", "footer",
    "form", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hgroup", "hr", "html", "i", "iframe", "img",
    "input", "ins", "kbd", "label", "legend", "li", "link", "main", "map", "mark", "math", "menu", "menuitem",
    "meta", "meter", "nav", "noscript", "object", "ol", "optgroup", "option", "output", "p", "param", "picture",
    "pre", "progress", "q", "rb", "rp", "rt", "rtc", "ruby", "s", "samp", "script", "search", "section", "select",
    "slot", "small", "source", "span", "strong", "style", "sub", "summary", "sup", "svg", "table", "tbody", "td",
    "template", "textarea", "tfoot", "th", "thead", "time", "title", "tr", "track", "u", "ul", "var", "video", "wbr",
];

/// The same, packed.
static PACKED: [Option<u128>; ELEMENTS.len()] = {
    let mut packed = [None; ELEMENTS.len()];
    let mut at = 0;
    while at < ELEMENTS.len() {
        packed[at] = pack(ELEMENTS[at]);
        at += 1;
    }
    packed
};

/// How far into a text a doctype or a custom element counts, in characters.
const HEAD: usize = 1000;

/// Whether a text contains HTML: near its beginning a doctype or a custom `x-` tag, or anywhere a tag of a standard
/// element. Linear in the text: a tag needs an end, but any `>` further on will do, so one search serves all.
pub(crate) fn is_html(text: &str) -> bool {
    let text = text.trim();
    let Some(last) = text.rfind('>') else { return false };
    let head = text.char_indices().nth(HEAD).map_or(text.len(), |(end, _)| end);
    let candidates = text[..=last].match_indices('<').map(|(at, _)| (at < head, &text[at + 1..=last]));
    candidates.into_iter().any(|(early, tag)| is_element(tag) || (early && (is_doctype(tag) || is_custom(tag))))
}

/// `tag` begins behind the `<` and reaches to the last `>` of the text.
fn is_element(tag: &str) -> bool {
    let end = tag.bytes().position(|byte| !byte.is_ascii_alphanumeric() && byte != b'_').unwrap_or(tag.len());
    let Some(name) = pack(&tag[..end]) else { return false };
    let lower = u128::from_be_bytes(name.to_be_bytes().map(|byte| byte.to_ascii_lowercase()));
    PACKED.binary_search(&Some(lower)).is_ok()
}

fn is_doctype(tag: &str) -> bool {
    tag.get(..13).is_some_and(|start| start.eq_ignore_ascii_case("!doctype html"))
}

fn is_custom(tag: &str) -> bool {
    tag.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("x-")) && !tag[2..].starts_with('>')
}

/// The text of some HTML: tags, comments, scripts and styles taken out, references resolved, trimmed.
pub(crate) fn to_text(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        if !rest[1..].starts_with(|next: char| next.is_ascii_alphabetic() || "/!?".contains(next)) {
            text.push('<');
            rest = &rest[1..];
            continue;
        }
        let end = if rest.starts_with("<!--") { "-->" } else { ">" };
        // What nothing closes is no tag, nor is anything behind it.
        let Some(at) = rest.find(end) else { break };
        rest = match silent(rest) {
            // A script without an end goes on to the end.
            Some(name) => behind(&rest[at + end.len()..], name),
            None => &rest[at + end.len()..],
        };
    }
    text.push_str(rest);
    unescape(&text).trim().to_owned()
}

/// The element that begins here, if what is in it is no text.
fn silent(tag: &str) -> Option<&'static str> {
    let is = |name: &&str| {
        let start = tag.get(1..=name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        start && !tag[name.len() + 1..].starts_with(|next: char| next.is_ascii_alphanumeric())
    };
    ["script", "style"].into_iter().find(is)
}

/// What comes after the end tag of this name.
fn behind<'a>(text: &'a str, name: &str) -> &'a str {
    let is_end = |at: &usize| text.get(at + 2..at + 2 + name.len()).is_some_and(|end| end.eq_ignore_ascii_case(name));
    let end = text.match_indices("</").map(|(at, _)| at).find(is_end);
    end.map_or("", |end| text[end..].split_once('>').map_or("", |(_, behind)| behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_standard_elements_make_html() {
        for text in ["<p>x", "a <B>c", "x<br/>", "<h6 class='a'>", "1 <a\nhref='x'>", "<video>", "<wbr>", "<a-b>"] {
            assert!(is_html(text), "{text}");
        }
    }

    #[test]
    fn other_brackets_do_not() {
        for text in
            ["", "plain", "1 < 2 > 0", "<ana@example.org>", "<blink>", "<px>", "<a", "</p>", "<p_>", "< p>", ">p<"]
        {
            assert!(!is_html(text), "{text}");
        }
    }

    #[test]
    fn doctype_and_custom_elements_count_near_the_beginning() {
        let far = "é".repeat(HEAD);
        for tag in ["<!DOCTYPE html>", "<x-card>", "<X-Y z>"] {
            assert!(is_html(&format!("  {tag}")), "{tag}");
            assert!(is_html(&format!("{}{tag}", &far[2..])), "{tag}");
            assert!(!is_html(&format!("{far}{tag}")), "{tag}");
        }
        assert!(is_html(&format!("{far}<html>")));
        assert!(!is_html("<x->"));
    }

    #[test]
    fn elements_are_sorted_for_the_search() {
        assert!(PACKED.is_sorted() && PACKED.iter().all(Option::is_some));
    }

    #[test]
    fn hostile_texts_cost_no_more_than_long_ones() {
        let (tags, brackets) = ("<q ".repeat(200_000), "<".repeat(200_000) + ">");
        assert!(!is_html(&tags));
        assert!(!is_html(&brackets));
        assert_eq!(to_text(&tags).len(), tags.len() - 1);
        assert_eq!(to_text(&brackets).len(), brackets.len());
    }

    #[test]
    fn text_is_what_remains_without_tags() {
        for (html, text) in [
            ("Fish &amp; <em>chips</em>", "Fish & chips"),
            ("1 &lt; 2, 2 < 3, 3 > 2", "1 < 2, 2 < 3, 3 > 2"),
            (" <!-- a > b -->x<br/>y ", "xy"),
            ("open <b", "open <b"),
            ("é<p title='ü'>ñ", "éñ"),
            ("a<script type=x>if (1<2) b</x></SCRIPT >c<styles>d<style>e", "acd"),
        ] {
            assert_eq!(to_text(html), text, "{html}");
        }
    }
}
