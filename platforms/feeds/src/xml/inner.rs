//! What stands inside an element: text, or markup written as text again.

use super::{Element, Token, Xml};
use crate::FeedError;
use crate::html;
use std::ops::Range;

/// The content of an element, trimmed.
pub(crate) struct Inner {
    /// Text with references resolved; or markup, if the element has children.
    text: String,
    /// Where the content of the one `div` around everything lies in `text`, if there is one.
    wrapped: Option<Range<usize>>,
    markup: bool,
}

impl Inner {
    /// Text as it stands, markup as markup.
    pub(crate) fn into_text(self) -> String {
        trimmed(self.text)
    }

    /// As [`into_text`](Self::into_text), without the `div` that Atom puts around XHTML (RFC 4287, 3.1.1.3).
    pub(crate) fn into_unwrapped(mut self) -> String {
        if let Some(range) = self.wrapped.take() {
            self.text.truncate(range.end);
            self.text.drain(..range.start);
        }
        trimmed(self.text)
    }

    /// Text as it stands; of markup only the text.
    pub(crate) fn into_plain(self) -> String {
        if self.markup { html::to_text(&self.text) } else { trimmed(self.text) }
    }

    /// Whether there were elements inside.
    pub(crate) fn is_markup(&self) -> bool {
        self.markup
    }
}

/// Reads to the end of the current element.
pub(super) fn read(xml: &mut Xml<'_>) -> Result<Inner, FeedError> {
    let mut writer = Writer::default();
    loop {
        match xml.token()? {
            Token::Text(text) => writer.text(&text),
            Token::Character(character) => writer.text(character.encode_utf8(&mut [0; 4])),
            Token::Start(element) => writer.start(&element),
            Token::End if writer.depth == 0 => return Ok(writer.finish()),
            Token::End => writer.end(&xml.closed),
        }
    }
}

#[derive(Default)]
struct Writer {
    out: String,
    markup: bool,
    depth: usize,
    /// The last start tag had no content and has written its own end.
    closed: bool,
    wrapper: Wrapper,
}

/// Is everything inside one `div`?
#[derive(Default)]
enum Wrapper {
    #[default]
    Unknown,
    /// Content begins here.
    Open(usize),
    Closed(Range<usize>),
    None,
}

impl Writer {
    fn text(&mut self, text: &str) {
        if !self.markup {
            self.out.push_str(text);
            return;
        }
        if self.depth == 0 && !text.trim().is_empty() {
            self.wrapper = Wrapper::None;
        }
        escape_into(&mut self.out, text);
    }

    fn start(&mut self, element: &Element<'_>) {
        if !self.markup {
            // It was text so far; as part of markup it must read the same.
            let text = std::mem::take(&mut self.out);
            self.markup = true;
            self.text(&text);
        }
        write_tag(&mut self.out, element);
        if self.depth == 0 {
            let lone = element.name == "div" && !element.empty && matches!(self.wrapper, Wrapper::Unknown);
            self.wrapper = if lone { Wrapper::Open(self.out.len()) } else { Wrapper::None };
        }
        self.closed = element.empty;
        self.depth += 1;
    }

    fn end(&mut self, name: &str) {
        self.depth -= 1;
        let content_end = self.out.len();
        if !std::mem::take(&mut self.closed) && !is_void(name) {
            self.out.push_str("</");
            self.out.push_str(name);
            self.out.push('>');
        }
        if let (0, Wrapper::Open(start)) = (self.depth, &self.wrapper) {
            self.wrapper = Wrapper::Closed(*start..content_end);
        }
    }

    fn finish(self) -> Inner {
        let wrapped = match self.wrapper {
            Wrapper::Closed(range) => Some(range),
            _ => None,
        };
        Inner { text: self.out, wrapped, markup: self.markup }
    }
}

/// A start tag without prefix and declarations of namespaces: what is XHTML there is HTML here.
fn write_tag(out: &mut String, element: &Element<'_>) {
    out.push('<');
    let name = element.tag.local_name();
    out.push_str(name.as_ref());
    let raw = element.tag.attributes_raw();
    if raw.contains("xmlns") {
        for attribute in element.tag.html_attributes().with_checks(false).flatten() {
            let (key, value) = (attribute.key.as_ref(), &attribute.value);
            if !key.starts_with("xmlns") {
                let quote = if value.contains('"') { '\'' } else { '"' };
                out.extend([" ", key, "="]);
                out.push(quote);
                out.push_str(value);
                out.push(quote);
            }
        }
    } else {
        out.push_str(raw.trim_end());
    }
    out.push_str(if element.empty { "/>" } else { ">" });
}

/// Elements of HTML that have no end.
fn is_void(name: &str) -> bool {
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
        .iter()
        .any(|void| name.eq_ignore_ascii_case(void))
}

/// Adds text as markup that reads the same.
pub(crate) fn escape_into(out: &mut String, text: &str) {
    for part in text.split_inclusive(['&', '<', '>']) {
        let (plain, escaped) = match part.as_bytes().last() {
            Some(b'&') => (&part[..part.len() - 1], "&amp;"),
            Some(b'<') => (&part[..part.len() - 1], "&lt;"),
            Some(b'>') => (&part[..part.len() - 1], "&gt;"),
            _ => (part, ""),
        };
        out.push_str(plain);
        out.push_str(escaped);
    }
}

fn trimmed(mut text: String) -> String {
    text.truncate(text.trim_end().len());
    let start = text.len() - text.trim_start().len();
    text.drain(..start);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inner(document: &str) -> Inner {
        let (mut xml, _) = Xml::open(document).unwrap();
        xml.inner().unwrap()
    }

    // feeds 16
    #[test]
    fn text_is_decoded_and_trimmed() {
        for (document, text) in [
            ("<a/>", ""),
            ("<a> x\n</a>", "x"),
            ("<a>&lt;p&gt;Fish &amp;amp; chips&lt;/p&gt;</a>", "<p>Fish &amp; chips</p>"),
            ("<a> <![CDATA[<p>Fish &amp; chips</p>]]>\n</a>", "<p>Fish &amp; chips</p>"),
            ("<a>one <![CDATA[<two>]]> three</a>", "one <two> three"),
        ] {
            assert_eq!(inner(document).into_text(), text, "{document}");
        }
    }

    #[test]
    fn markup_is_written_as_markup() {
        for (document, text) in [
            ("<a>1 &lt; 2 <b>is</b> true &amp; <![CDATA[<c>]]></a>", "1 &lt; 2 <b>is</b> true &amp; &lt;c&gt;"),
            ("<a>x<br/>y<img src='i' alt=\"a&amp;b\"/></a>", "x<br/>y<img src='i' alt=\"a&amp;b\"/>"),
            ("<a><p>x<br>y</p></a>", "<p>x<br>y</p>"),
            ("<a><h:p xmlns:h='http://www.w3.org/1999/xhtml' id='\"'>x</h:p></a>", "<p id='\"'>x</p>"),
        ] {
            assert_eq!(inner(document).into_text(), text, "{document}");
        }
    }

    #[test]
    fn the_div_around_xhtml_is_taken_off() {
        for (document, text) in [
            ("<a> <div xmlns='http://www.w3.org/1999/xhtml'> <p>x</p> </div> </a>", "<p>x</p>"),
            ("<a><div>x</div><div>y</div></a>", "<div>x</div><div>y</div>"),
            ("<a>x<div>y</div></a>", "x<div>y</div>"),
            ("<a><div>y</div>x</a>", "<div>y</div>x"),
            ("<a><p>x</p></a>", "<p>x</p>"),
            ("<a><div/></a>", "<div/>"),
        ] {
            assert_eq!(inner(document).into_unwrapped(), text, "{document}");
        }
    }

    #[test]
    fn of_markup_the_text_can_be_had() {
        assert_eq!(inner("<a>Fish <b>&amp;</b> chips</a>").into_plain(), "Fish & chips");
        assert_eq!(inner("<a>1 &lt; 2 &gt; 0</a>").into_plain(), "1 < 2 > 0");
    }
}
