//! Bounds what one stanza may cost, before it is read into anything.
//!
//! The parser behind bounds names and attributes, but neither stanzas nor their depth, and a tree that is a hundred
//! thousand elements deep overflows the stack of whoever drops it. So bytes are watched on their way to it: just enough of
//! XML is understood to know where a stanza begins and ends. What is no XML at all is the parser's to refuse; until then,
//! it counts.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes of one stanza, tags included.
pub(super) const LARGEST: usize = 1024 * 1024;
/// Elements within each other, the stream's own not counted.
pub(super) const DEEPEST: usize = 100;
/// Elements and attributes of one stanza: each costs far more memory than its bytes.
pub(super) const PARTS: usize = 65_536;

/// More than a stanza may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Excess {
    #[error("the server sent a stanza of more than 1 MiB")]
    Large,
    #[error("the server sent a stanza of more than 65536 elements and attributes")]
    Parts,
    #[error("the server sent elements nested deeper than 100")]
    Deep,
    /// Another protocol, such as TLS where it was not expected.
    #[error("the server speaks something else than XML")]
    Foreign,
    /// RFC 6120, 11.1: no comments and processing instructions, no document types, and with these no entities.
    #[error("the server sent what XMPP forbids in XML: a comment, document type or processing instruction")]
    Restricted,
}

/// What has come of the stanza that is coming.
#[derive(Debug, Default)]
pub(super) struct Meter {
    depth: usize,
    bytes: usize,
    parts: usize,
    place: Place,
}

/// Where in the text of the document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Text,
    /// Behind `<`.
    Bracket,
    /// In a start tag; whether the last byte was a slash.
    Start(bool),
    /// In a start tag's quotes, of this kind.
    Quoted(u8),
    End,
    /// In the XML declaration; whether the last byte was a question mark.
    Declaration(bool),
    /// Behind `<!`; how many bytes of `[CDATA[` have come.
    Bang(usize),
    /// In character data; how many brackets came last.
    Cdata(usize),
}

const CDATA: &[u8] = b"[CDATA[";

impl Meter {
    /// Looks at the next bytes of the document.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<(), Excess> {
        bytes.iter().try_for_each(|byte| self.step(*byte))
    }

    /// Whether all elements but the stream itself are complete.
    pub(super) fn is_between(&self) -> bool {
        self.depth <= 1 && self.place == Place::Text
    }

    fn step(&mut self, byte: u8) -> Result<(), Excess> {
        self.bytes += 1;
        self.place = match (self.place, byte) {
            (Place::Text, b'<') => Place::Bracket,
            (Place::Text, _) if self.depth == 0 && !is_blank(byte) => return Err(Excess::Foreign),
            (Place::Bracket, b'/') => Place::End,
            (Place::Bracket, b'?') if self.depth == 0 => Place::Declaration(false),
            (Place::Bracket, b'!') => Place::Bang(0),
            (Place::Bracket, b'?') => return Err(Excess::Restricted),
            (Place::Bracket, _) => {
                self.count()?;
                Place::Start(false)
            }
            (Place::Text, _) | (Place::Start(true) | Place::Declaration(true) | Place::Cdata(2..), b'>') => Place::Text,
            (Place::Start(false), b'>') => {
                self.depth += 1;
                if self.depth > DEEPEST + 1 {
                    return Err(Excess::Deep);
                }
                Place::Text
            }
            (Place::Start(_), b'"' | b'\'') => {
                self.count()?;
                Place::Quoted(byte)
            }
            (Place::Start(_), _) => Place::Start(byte == b'/'),
            (Place::Quoted(quote), _) if quote == byte => Place::Start(false),
            (Place::Quoted(quote), _) => Place::Quoted(quote),
            (Place::End, b'>') => {
                self.depth = self.depth.saturating_sub(1);
                Place::Text
            }
            (Place::End, _) => Place::End,
            (Place::Declaration(_), _) => Place::Declaration(byte == b'?'),
            (Place::Bang(matched), _) if CDATA[matched] == byte && matched + 1 == CDATA.len() => Place::Cdata(0),
            (Place::Bang(matched), _) if CDATA[matched] == byte => Place::Bang(matched + 1),
            (Place::Bang(_), _) => return Err(Excess::Restricted),
            (Place::Cdata(brackets), b']') => Place::Cdata(brackets.saturating_add(1)),
            (Place::Cdata(_), _) => Place::Cdata(0),
        };
        if self.bytes > LARGEST {
            return Err(Excess::Large);
        }
        if self.is_between() {
            (self.bytes, self.parts) = (0, 0);
        }
        Ok(())
    }

    fn count(&mut self) -> Result<(), Excess> {
        self.parts += 1;
        if self.parts > PARTS { Err(Excess::Parts) } else { Ok(()) }
    }
}

/// White space, or part of the mark that some begin documents with.
fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, 0xef | 0xbb | 0xbf)
}

/// A connection whose incoming bytes are metered.
pub(super) struct Metered<S> {
    stream: S,
    meter: Meter,
}

impl<S> Metered<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, meter: Meter::default() }
    }

    /// A new document begins, as after authentication.
    pub(super) fn restart(&mut self) {
        self.meter = Meter::default();
    }

    pub(super) fn into_inner(self) -> S {
        self.stream
    }

    pub(super) fn get_ref(&self) -> &S {
        &self.stream
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let room = buf.remaining() > 0;
        match Pin::new(&mut this.stream).poll_read(context, buf) {
            // The end of a stream is said in XML. Without that, it broke off, which a parser would call bad XML.
            Poll::Ready(Ok(())) if room && buf.filled().len() == before => {
                Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()))
            }
            Poll::Ready(Ok(())) => {
                let metered = this.meter.feed(&buf.filled()[before..]);
                Poll::Ready(metered.map_err(|excess| io::Error::new(io::ErrorKind::InvalidData, excess)))
            }
            other => other,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' a='>' b=\"/>\">";

    fn feed(text: &str) -> Result<Meter, Excess> {
        let mut meter = Meter::default();
        meter.feed(HEAD.as_bytes())?;
        meter.feed(text.as_bytes())?;
        Ok(meter)
    }

    #[test]
    fn what_is_read_whole_or_byte_by_byte_comes_out_between_stanzas() {
        for text in [
            "<a/>",
            "<a b='c'/>",
            "<a b='/'>text</a>",
            "<a><b/><c d=\"'>'\"/>&lt;</a>",
            "<a><![CDATA[<b><c>]]]></a>",
            "<a/ >x</a>",
            " \n <a></a >  ",
        ] {
            let meter = feed(text).unwrap_or_else(|excess| panic!("{text}: {excess}"));
            assert_eq!((meter.depth, meter.bytes, meter.place), (1, 0, Place::Text), "{text}");
        }
    }

    #[test]
    fn a_stanza_may_be_of_one_mebibyte_and_no_more() {
        let stanza = |size: usize| format!("<a>{}</a>", "x".repeat(size - 7));
        assert!(feed(&stanza(LARGEST)).is_ok());
        assert_eq!(feed(&stanza(LARGEST + 1)).unwrap_err(), Excess::Large);
        // Any number of them, and of spaces between them.
        assert!(feed(&stanza(LARGEST).repeat(3)).is_ok());
        assert!(feed(&" ".repeat(3 * LARGEST)).is_ok());
        for endless in ["<a b='", "<", "</", "<a><![CDATA["] {
            assert!(feed(&format!("{endless}{}", "x".repeat(LARGEST))).is_err(), "{endless}");
        }
        assert_eq!(Meter::default().feed(format!("<?{}", "x".repeat(LARGEST)).as_bytes()), Err(Excess::Large));
    }

    #[test]
    fn elements_may_be_a_hundred_deep_and_no_deeper() {
        let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert_eq!(feed(&nested(DEEPEST)).unwrap().depth, 1);
        assert_eq!(feed(&nested(DEEPEST + 1)).unwrap_err(), Excess::Deep);
        assert!(feed(&"<a></a>".repeat(1000)).is_ok());
    }

    #[test]
    fn small_parts_are_counted_too() {
        let elements = |count: usize| format!("<a>{}</a>", "<b/>".repeat(count - 1));
        assert!(feed(&elements(PARTS)).is_ok());
        assert_eq!(feed(&elements(PARTS + 1)).unwrap_err(), Excess::Parts);
        assert_eq!(feed(&format!("<a{}/>", " b=''".repeat(PARTS))).unwrap_err(), Excess::Parts);
    }

    #[test]
    fn what_xmpp_forbids_in_xml_is_refused_at_once() {
        for text in ["<!DOCTYPE x>", "<!ENTITY x 'y'>", "<!-- x -->", "<?php ?>", "<a><!-- --></a>", "<a><![CDAT"] {
            let refused = feed(text);
            match text {
                "<a><![CDAT" => assert!(refused.is_ok()),
                _ => assert_eq!(refused.unwrap_err(), Excess::Restricted, "{text}"),
            }
        }
        for foreign in [&b"\x15\x03\x01\0\x02\x02\x28"[..], b"HTTP/1.1 400 Bad Request"] {
            assert_eq!(Meter::default().feed(foreign), Err(Excess::Foreign));
        }
        assert_eq!(Meter::default().feed("\u{feff} <?xml version='1.0'?>".as_bytes()), Ok(()));
        let mut fresh = Meter::default();
        assert_eq!(fresh.feed(b"<?xml version='1.0'?><!DOCTYPE"), Err(Excess::Restricted));
    }
}
