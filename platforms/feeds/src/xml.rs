//! A lenient pull reader for the XML that feeds really contain, on top of `quick_xml`.
//!
//! It hands out balanced elements whatever the tags look like: an end tag closes the element it names and everything left
//! open inside, one that names nothing open is passed over. Entities of HTML are known, unknown ones and bare `&` stay as
//! written (feeds 26), and none of a document's own are ever expanded. Time and memory are linear in the input, and
//! nesting costs no stack.

mod entities;
mod inner;
mod names;
mod space;

pub(crate) use entities::unescape;
pub(crate) use inner::{Inner, escape_into};
pub(crate) use space::Space;

use crate::FeedError;
use crate::error::XmlFault;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use space::Spaces;
use std::borrow::Cow;

/// How far up an end tag looks for the element it closes. A bound, since each stray end tag costs this much.
const LOOK_UP: usize = 32;

/// Elements in one another. No feed comes near it, and each one that is open takes memory.
const DEEPEST: usize = 1 << 16;

/// Reads a document from its root element on.
pub(crate) struct Xml<'a> {
    text: &'a str,
    reader: Reader<&'a [u8]>,
    spaces: Spaces,
    open: OpenElements,
    /// Ends to hand out before the next event is read.
    ends: usize,
    /// Local name of the element whose end was handed out last.
    closed: String,
}

/// What comes next.
pub(crate) enum Token<'a> {
    Start(Element<'a>),
    /// The end of the innermost open element.
    End,
    /// Character data, decoded.
    Text(Cow<'a, str>),
    /// A character that was written as a reference.
    Character(char),
}

/// A start tag.
pub(crate) struct Element<'a> {
    /// Local name in lower case.
    pub(crate) name: String,
    /// What the prefix or an own `xmlns` makes of it.
    pub(crate) space: Space,
    /// `<br/>`, whose end follows at once.
    empty: bool,
    tag: BytesStart<'a>,
}

/// Qualified names of the open elements, one behind the other.
#[derive(Default)]
struct OpenElements {
    names: String,
    starts: Vec<usize>,
}

impl<'a> Xml<'a> {
    /// Reads up to the root element.
    pub(crate) fn open(text: &'a str) -> Result<(Self, Element<'a>), FeedError> {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.allow_dangling_amp = true;
        config.allow_unmatched_ends = true;
        config.check_end_names = false;
        let (spaces, open) = (Spaces::default(), OpenElements::default());
        let mut xml = Xml { text, reader, spaces, open, ends: 0, closed: String::new() };
        loop {
            // Whatever stands before the root is no concern of ours.
            if let Token::Start(root) = xml.token()? {
                return Ok((xml, root));
            }
        }
    }

    /// The next child of the element being read, or nothing at that element's end. The caller reads each child to its own
    /// end before asking for the next: by [`inner`](Self::inner), [`skip`](Self::skip) or its children in turn.
    pub(crate) fn child(&mut self) -> Result<Option<Element<'a>>, FeedError> {
        loop {
            match self.token()? {
                Token::Start(element) => return Ok(Some(element)),
                Token::End => return Ok(None),
                Token::Text(_) | Token::Character(_) => {}
            }
        }
    }

    /// Reads to the end of the current element.
    pub(crate) fn skip(&mut self) -> Result<(), FeedError> {
        let mut depth = 0_usize;
        loop {
            match self.token()? {
                Token::Start(_) => depth += 1,
                Token::End if depth == 0 => return Ok(()),
                Token::End => depth -= 1,
                Token::Text(_) | Token::Character(_) => {}
            }
        }
    }

    /// Reads to the end of the current element and keeps what was in it.
    pub(crate) fn inner(&mut self) -> Result<Inner, FeedError> {
        inner::read(self)
    }

    /// As [`inner`](Self::inner), but only the text: markup goes, what it encloses stays.
    pub(crate) fn plain(&mut self) -> Result<String, FeedError> {
        Ok(self.inner()?.into_plain())
    }

    /// The next token. Starts and ends are balanced.
    pub(crate) fn token(&mut self) -> Result<Token<'a>, FeedError> {
        loop {
            if self.ends > 0 {
                self.ends -= 1;
                self.open.pop(&mut self.closed);
                return Ok(Token::End);
            }
            match self.reader.read_event() {
                Ok(Event::Start(tag)) => return self.start(tag, false),
                Ok(Event::Empty(tag)) => {
                    self.ends = 1;
                    return self.start(tag, true);
                }
                Ok(Event::End(tag)) => self.ends = self.open.distance(tag.name().as_ref().trim_end()),
                Ok(Event::Text(text)) => return Ok(Token::Text(text.xml10_content())),
                Ok(Event::CData(text)) => return Ok(Token::Text(text.xml10_content())),
                Ok(Event::GeneralRef(reference)) => {
                    return Ok(match entities::known(&reference) {
                        Some(character) => Token::Character(character),
                        None => Token::Text(format!("&{};", &*reference).into()),
                    });
                }
                Ok(Event::Eof) => return Err(self.end_of_document()),
                Ok(Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_)) => {}
                Err(error) => self.ends = self.last_ends().ok_or_else(|| self.fault(error.into(), self.position()))?,
            }
        }
    }

    fn start(&mut self, tag: BytesStart<'a>, empty: bool) -> Result<Token<'a>, FeedError> {
        if self.open.starts.len() == DEEPEST {
            let position = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX);
            return Err(self.fault(XmlFault::TooDeep { most: DEEPEST }, position));
        }
        self.spaces.declare(&tag);
        self.open.push(tag.name().as_ref());
        let name = tag.local_name().as_ref().to_ascii_lowercase();
        Ok(Token::Start(Element { name, space: self.spaces.of(&tag), empty, tag }))
    }

    /// How many elements end where the reader gave up: all of them, if what is left is the root's end tag but for its `>`.
    /// Nothing is lost then.
    fn last_ends(&self) -> Option<usize> {
        let name = self.text.get(self.position()..)?.strip_prefix("</")?;
        let ends = self.open.distance(name.trim());
        (ends > 0 && ends == self.open.starts.len()).then_some(ends)
    }

    /// Where the reader gave up.
    fn position(&self) -> usize {
        usize::try_from(self.reader.error_position()).unwrap_or(usize::MAX)
    }

    fn end_of_document(&self) -> FeedError {
        let cause = match self.open.innermost() {
            Some(element) => XmlFault::CutOff { element: element.to_owned() },
            None => XmlFault::NoElement,
        };
        self.fault(cause, self.text.len())
    }

    fn fault(&self, cause: XmlFault, position: usize) -> FeedError {
        let before = &self.text[..self.text.floor_char_boundary(position)];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |start| start.chars().count()) + 1;
        FeedError::Xml { cause, line, column }
    }
}

impl Element<'_> {
    /// The value of an attribute, by its name as written and without regard to case.
    pub(crate) fn attribute(&self, name: &str) -> Option<String> {
        let mut all = self.tag.html_attributes();
        let found = all.with_checks(false).flatten().find(|found| found.key.as_ref().eq_ignore_ascii_case(name))?;
        Some(unescape(&found.value).trim().to_owned())
    }
}

impl OpenElements {
    fn push(&mut self, name: &str) {
        self.starts.push(self.names.len());
        self.names.push_str(name);
    }

    /// Takes the innermost element off and puts its local name into `closed`.
    fn pop(&mut self, closed: &mut String) {
        closed.clear();
        if let Some(start) = self.starts.pop() {
            closed.push_str(local(&self.names[start..]));
            self.names.truncate(start);
        }
    }

    /// How many elements an end tag of this name closes: none if it closes nothing that is open.
    fn distance(&self, name: &str) -> usize {
        let mut end = self.names.len();
        for (above, &start) in self.starts.iter().rev().take(LOOK_UP).enumerate() {
            if self.names[start..end].eq_ignore_ascii_case(name) {
                return above + 1;
            }
            end = start;
        }
        0
    }

    fn innermost(&self) -> Option<&str> {
        self.starts.last().map(|start| &self.names[*start..])
    }
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The document as start tags, texts and `/` for each end.
    fn show(text: &str) -> String {
        let (mut xml, root) = match Xml::open(text) {
            Ok(opened) => opened,
            Err(error) => return error.to_string(),
        };
        let mut shown = format!("<{}", root.name);
        let mut depth = 1;
        while depth > 0 {
            match xml.token() {
                Ok(Token::Start(element)) => {
                    depth += 1;
                    shown.extend([" <", &element.name]);
                }
                Ok(Token::End) => {
                    depth -= 1;
                    shown.push_str(" /");
                }
                Ok(Token::Text(text)) => shown.push_str(&text),
                Ok(Token::Character(character)) => shown.push(character),
                Err(error) => return error.to_string(),
            }
        }
        shown
    }

    #[test]
    fn elements_come_out_balanced() {
        for (document, tokens) in [
            ("<a>x<b/>y</a>", "<ax <b /y /"),
            ("<?xml version='1.0'?><!DOCTYPE a><!-- c --><A>x</A>", "<ax /"),
            ("<a><b>x</a>", "<a <bx / /"),
            ("<a>x</c>y</a>", "<axy /"),
            ("<a><b><c>x</b></a>", "<a <b <cx / / /"),
            ("<a>x</a>junk<b>", "<ax /"),
            ("<a><x:b>1</x:b ></a>", "<a <b1 / /"),
            ("<a><![CDATA[<b>&amp;]]></a>", "<a<b>&amp; /"),
            ("<a>1\r\n2</a>", "<a1\n2 /"),
            ("<a><b>x</a\n", "<a <bx / /"),
        ] {
            assert_eq!(show(document), tokens, "{document}");
        }
    }

    // feeds 26
    #[test]
    fn entities_that_nobody_knows_stay_as_written() {
        for (document, tokens) in [
            ("<a>&lt;&#65;&#x42;&amp;</a>", "<a<AB& /"),
            ("<a>a&nbsp;b&mdash;c&hellip;</a>", "<aa\u{a0}b\u{2014}c\u{2026} /"),
            ("<a>AT&T; R&D & co</a>", "<aAT&T; R&D & co /"),
            ("<a>&nosuch; &#0; &#xD800; &#99999999999;</a>", "<a&nosuch; &#0; &#xD800; &#99999999999; /"),
            ("<!DOCTYPE a [<!ENTITY x 'boom'>]><a>&x;</a>", "<a&x; /"),
        ] {
            assert_eq!(show(document), tokens, "{document}");
        }
    }

    #[test]
    fn a_fault_has_a_place() {
        for (document, fault) in [
            ("<a>\n <b>x", "the document ends inside <b> (line 2, column 6)"),
            ("<a><b>x</b", "not found before end of input (line 1, column 8)"),
            ("<!-- x -->", "the document has no element (line 1, column 11)"),
            ("<a>\n\n  <![CDATA[x</a>", "(line 3, column 3)"),
        ] {
            let shown = show(document);
            assert!(shown.ends_with(fault), "{shown}");
        }
    }

    #[test]
    fn there_is_an_end_to_nesting() {
        let document = format!("<a>{}</a>", "<b>".repeat(DEEPEST));
        let (mut xml, _) = Xml::open(&document).unwrap();
        let error = xml.skip().unwrap_err().to_string();
        assert_eq!(error, "elements are nested more than 65536 deep (line 1, column 196612)");
    }

    #[test]
    fn attributes_are_found_however_they_are_written() {
        let document = "<a One='1' two=2 THREE = \"a&amp;b&nbsp;c &x\" x:four=' 4 '/>";
        let (_, root) = Xml::open(document).unwrap();
        let values = ["one", "two", "three", "x:four", "five"].map(|name| root.attribute(name));
        let expected = [Some("1"), Some("2"), Some("a&b\u{a0}c &x"), Some("4"), None];
        assert_eq!(values.each_ref().map(Option::as_deref), expected);
    }

    #[test]
    fn deep_nesting_costs_neither_stack_nor_patience() {
        let document = ["<a>".repeat(50_000), "</b>".repeat(50_000), "</a>".repeat(50_000)].concat();
        let (mut xml, _) = Xml::open(&document).unwrap();
        assert!(xml.skip().is_ok());
    }
}
