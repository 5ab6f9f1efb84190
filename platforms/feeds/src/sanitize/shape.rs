//! How much work some HTML is, before anybody builds a tree of it.
//!
//! What a parser makes of tags that do not match is a long story. Here a tag only closes what it certainly closes, so that the
//! tree is never deeper nor larger than what is said of it, but for the rows and bodies that tables are given, and for the
//! paragraph that a lone `</p>` makes.

/// Elements whose content is no markup, where they are what they seem to be.
const RAW: [&str; 9] = ["iframe", "noembed", "noframes", "noscript", "script", "style", "textarea", "title", "xmp"];

/// Elements that a parser opens again wherever they were left open: each may cost an element per tag.
const FORMATTING: [&str; 14] =
    ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];

/// Bytes, or attributes, that are looked over in one step.
const LOOKED_OVER: usize = 32;

/// Elements without content.
const VOID: [&str; 15] = [
    "area", "base", "br", "col", "embed", "hr", "img", "image", "input", "link", "meta", "param", "source", "track",
    "wbr",
];

/// Elements that end with what they are in, if that is one of [`CONTAINERS`].
const OPTIONAL: [&str; 6] = ["dd", "dt", "li", "optgroup", "option", "p"];
const CONTAINERS: [&str; 12] =
    ["article", "aside", "blockquote", "dd", "div", "dl", "dt", "li", "main", "ol", "section", "ul"];

/// Bounds of what a parser would build.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// Elements and attributes.
    pub(super) nodes: usize,
    /// Elements in one another.
    pub(super) depth: usize,
    /// Work: each element costs its depth, each attribute those before it, and each `&` the length of the text.
    pub(super) steps: usize,
}

/// What is open while tags are read.
#[derive(Default)]
struct Scan<'a> {
    shape: Shape,
    open: Vec<&'a str>,
    /// Formatting elements among those.
    formatting: usize,
    /// Elements that may be open and that nothing is known to close.
    lost: usize,
    /// Attributes so far.
    attributes: usize,
}

impl Shape {
    pub(super) fn of(html: &str) -> Self {
        let mut scan = Scan::default();
        // Whoever writes the tree looks ahead from each of these as far as the text goes.
        let special = html.bytes().filter(|byte| matches!(byte, b'&' | 0xc2)).count();
        scan.shape.steps = special * html.len() / LOOKED_OVER;
        let mut rest = html;
        while let Some(at) = rest.find('<') {
            rest = scan.markup(&rest[at + 1..]);
        }
        scan.shape
    }
}

impl<'a> Scan<'a> {
    /// Reads what stands behind a `<`, and gives back what follows.
    fn markup(&mut self, rest: &'a str) -> &'a str {
        match rest.as_bytes() {
            [b'a'..=b'z' | b'A'..=b'Z', ..] => {
                let (name, attributes, rest) = tag(rest);
                self.attributes(attributes);
                self.start(name);
                if is_in(&RAW, name) { self.raw(name, rest) } else { rest }
            }
            [b'/', b'a'..=b'z' | b'A'..=b'Z', ..] => {
                let (name, attributes, rest) = tag(&rest[1..]);
                self.attributes(attributes);
                self.end(name);
                rest
            }
            [b'!', b'-', b'-', ..] => self.uncertain(rest, "-->"),
            [b'!', b'[', ..] => self.uncertain(rest, "]]>"),
            [b'!' | b'?' | b'/', ..] => rest.split_once('>').map_or("", |(_, rest)| rest),
            _ => rest,
        }
    }

    fn start(&mut self, name: &'a str) {
        self.count();
        if is_in(&VOID, name) {
            return;
        }
        // One in the other is one after the other.
        let is_next = |open: &str| open.eq_ignore_ascii_case(name) && is_in(&["dd", "dt", "li", "option", "p"], name);
        if self.open.last().is_some_and(|open| is_next(open)) {
            self.open.pop();
        }
        self.open.push(name);
        self.formatting += usize::from(is_in(&FORMATTING, name));
        self.shape.depth = self.shape.depth.max(self.open.len() + self.lost);
    }

    fn end(&mut self, name: &str) {
        self.count();
        let through: &[&str] = if is_in(&CONTAINERS, name) { &OPTIONAL } else { &[] };
        let implied =
            self.open.iter().rev().take_while(|open| is_in(through, open) && !open.eq_ignore_ascii_case(name));
        let remaining = self.open.len() - implied.count();
        if remaining > 0 && self.open[remaining - 1].eq_ignore_ascii_case(name) {
            self.open.truncate(remaining - 1);
            self.formatting -= usize::from(is_in(&FORMATTING, name));
        }
    }

    /// Notes a tag: each may be an element, and bring back all the formatting that was left open.
    fn count(&mut self) {
        let elements = 1 + self.formatting;
        self.shape.nodes += elements;
        self.shape.steps += self.open.len() + self.lost + 8 * elements;
    }

    /// Notes the attributes of a tag. Their names are looked up among those that there are.
    fn attributes(&mut self, count: usize) {
        self.attributes += count;
        self.shape.nodes += count;
        self.shape.steps += count * self.attributes / LOOKED_OVER;
    }

    /// What stands in an element that holds no markup, unless it does, because it is not where it should be.
    fn raw(&mut self, name: &str, text: &'a str) -> &'a str {
        let is_end = |at: &usize| {
            let end = text.get(at + 2..at + 2 + name.len()).is_some_and(|end| end.eq_ignore_ascii_case(name));
            end && text[at + 2 + name.len()..].starts_with(['>', '/', ' ', '\t', '\n', '\r', '\x0c'])
        };
        let end = text.match_indices("</").map(|(at, _)| at).find(is_end).unwrap_or(text.len());
        self.lose(&text[..end]);
        &text[end..]
    }

    /// A comment or the like. It may end earlier than it seems to, so its tags count, but close nothing.
    fn uncertain(&mut self, rest: &'a str, end: &str) -> &'a str {
        let (inside, rest) = rest.split_once(end).unwrap_or((rest, ""));
        self.lose(inside);
        rest
    }

    fn lose(&mut self, text: &str) {
        let tags = text.as_bytes().windows(2).filter(|pair| pair[0] == b'<' && pair[1].is_ascii_alphabetic());
        for _ in tags {
            self.count();
            self.lost += 1;
            // Each may be formatting.
            self.formatting += 1;
        }
        self.shape.depth = self.shape.depth.max(self.open.len() + self.lost);
    }
}

/// The name that a tag begins with, how many attributes it may have, and what follows it (WHATWG HTML, 13.2.5.8 to
/// 13.2.5.40).
fn tag(text: &str) -> (&str, usize, &str) {
    let is_space = |byte: u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c');
    let bytes = text.as_bytes();
    let named = bytes.iter().position(|&byte| is_space(byte) || byte == b'/' || byte == b'>').unwrap_or(bytes.len());
    let (mut at, mut place, mut attributes) = (named, Place::Between, 0);
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        place = match (place, byte) {
            (Place::Quoted(quote), _) if byte == quote => Place::Between,
            (Place::Quoted(quote), _) => Place::Quoted(quote),
            (_, b'>') => return (&text[..named], attributes, &text[at..]),
            (Place::Value, b'"' | b'\'') => Place::Quoted(byte),
            (Place::Value, _) if is_space(byte) => Place::Value,
            (Place::Value | Place::Unquoted, _) => {
                if is_space(byte) {
                    Place::Between
                } else {
                    Place::Unquoted
                }
            }
            (Place::Name | Place::Named, b'=') => Place::Value,
            (Place::Name | Place::Named, _) if is_space(byte) => Place::Named,
            (_, b'/') => Place::Between,
            (Place::Between, _) if is_space(byte) => Place::Between,
            (Place::Name, _) => Place::Name,
            (Place::Between | Place::Named, _) => {
                attributes += 1;
                Place::Name
            }
        };
    }
    // A tag that does not end is none, nor is there anything behind it.
    (&text[..named], attributes, "")
}

/// Where in a tag.
#[derive(Clone, Copy)]
enum Place {
    /// Before the name of an attribute, of which even a `=` may be the beginning.
    Between,
    Name,
    /// Behind a name and a space.
    Named,
    /// Before a value.
    Value,
    Unquoted,
    Quoted(u8),
}

fn is_in(names: &[&str], name: &str) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Elements of HTML as the sanitiser writes it, and how many of them stand in one another.
    fn built(html: &str) -> (usize, usize) {
        let (mut count, mut depth, mut deepest) = (0, 0_usize, 0);
        for tag in html.split('<').skip(1) {
            let name = tag.split([' ', '>']).next().unwrap_or_default();
            if tag.starts_with('/') {
                depth -= 1;
            } else {
                count += 1;
                depth += usize::from(!is_in(&VOID, name));
                deepest = deepest.max(depth);
            }
        }
        (count, deepest)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_tree_is_larger_or_deeper_than_said(
            words in prop::collection::vec(prop::sample::select(&[
                "<div>", "</div>", "<p>", "</p>", "<b>", "</b>", "<i>", "</i>", "<b lang=x>", "<a href=x>", "</a>", "<span>",
                "</span>", "<ul>", "</ul>", "<li>", "</li>", "<dl>", "<dt>", "</dt>", "<dd>", "</dl>", "<table>", "</table>",
                "<tr>", "</tr>", "<td>", "</td>", "<caption>", "</caption>", "<style>", "</style>", "<svg>", "</svg>",
                "<title>", "</title>", "<math>", "<mi>", "</mi>", "<!--", "-->", "<!-->", "<![CDATA[", "]]>", "<p title='",
                "'>", "<br>", "text", "<select>", "</select>", "<option>", "<template>", "</template>", "<h1>", "</h1>",
                "<h2>", "<nobr>", "<object>", "</object>", "<code>", "<font>", "</font>", "<button>", "<form>", "</form>",
            ][..]), 0..80),
        ) {
            let html = words.concat();
            let (count, depth) = built(&ammonia::clean(&html));
            let shape = Shape::of(&html);
            // Tables are given a body and a row, and there may be a paragraph of an end tag alone.
            let implied = 1 + 2 * html.matches("<table>").count();
            prop_assert!(depth <= shape.depth + implied, "{} in {}", depth, html);
            prop_assert!(count <= shape.nodes + implied + html.matches("<t").count(), "{} of {:?}: {}", count, shape, html);
        }
    }

    #[track_caller]
    fn depth(html: &str, depth: usize) {
        assert_eq!(Shape::of(html).depth, depth, "{html}");
    }

    #[test]
    fn tags_that_match_nest() {
        depth("plain", 0);
        depth("<p>x</p><p>y</p>", 1);
        depth("<DIV><p>x<br>y</P></div><hr>", 2);
        depth("<ul><li>a<li>b<li><p>c</ul><ul></ul>", 3);
        depth("<a title='</a>' href=x>x</a><b>", 1);
    }

    #[test]
    fn what_may_not_close_does_not() {
        depth(&"<i><div></i>".repeat(10), 20);
        depth(&"<div></span>".repeat(10), 10);
        depth(&"<div><!-- </div> -->".repeat(10), 10);
        depth(&"<div><style></div></style>".repeat(10), 11);
        depth(&"<div><!--> <p> -->".repeat(10), 20);
        depth(&"<div title=\"x\" y='></div>'>".repeat(10), 10);
        depth(&"<div title=x =\"></div>\">".repeat(10), 1);
        depth(&"<span><p></span>".repeat(10), 20);
    }

    #[test]
    fn formatting_that_stays_open_costs_with_each_tag() {
        let shape = Shape::of(&format!("<p>{}</p>{}", "<b>".repeat(100), "<p>x</p>".repeat(100)));
        assert!(shape.nodes > 100 * 100);
    }

    #[test]
    fn attributes_are_counted() {
        for (tag_text, count) in [
            ("p>", 0),
            ("p a>", 1),
            ("p a b = c d='e f' g=\"h\"i>", 5),
            ("p/a/b=c/d>", 2),
            ("p =a b>", 2),
            ("p a b", 2),
        ] {
            assert_eq!(tag(tag_text).1, count, "{tag_text}");
        }
    }

    #[test]
    fn work_is_counted_once() {
        for piece in ["<", "<!--", "<a ", "<a b='", "</", "<style>", "<![CDATA[", "<script></script "] {
            Shape::of(&piece.repeat(100_000));
        }
    }
}
