//! One XML stream: elements in and out, until it ends (RFC 6120, 4).
//!
//! The stream is that of `tokio-xmpp`, its `StanzaStream` is not used: that one swallows a server's stream error, so that
//! a resource taken over by another client would look like a passing cut and be taken back, for ever. Elements and not
//! typed stanzas are read, because what cannot be typed is still to be counted and to be passed over.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use futures_util::{Sink, SinkExt as _, Stream as _, StreamExt as _};
use tokio::io::BufReader;
use tokio_xmpp::xmlstream::{ReadError, StreamHeader, Timeouts, XmlStream, initiate_stream};
use xmpp_parsers::jid::BareJid;
use xmpp_parsers::minidom::Element;
use xmpp_parsers::ns;

use super::failure::Failure;
use super::features::Features;
use super::meter::Metered;
use super::stream::Stream;

/// Silence after which the server is asked whether it is there, and for how long it may think about it.
const SILENCE: Timeouts = Timeouts { read_timeout: Duration::from_mins(2), response_timeout: Duration::from_secs(30) };
/// Bytes read at a time.
const ROOM: usize = 4096;
/// Characters of a server's own words that are passed on.
const WORDS: usize = 1000;

type Io = BufReader<Metered<Stream>>;

/// One XML stream that stands.
pub(super) struct Xml {
    stream: XmlStream<Io, Element>,
    /// Since when something waits to be written that the server does not take.
    unwritten: Option<Instant>,
}

/// What happened on a stream.
pub(super) enum Heard {
    Element(Element),
    /// All that was put has been written.
    Written,
    /// Nothing for some time. Unless something comes soon, the stream will break.
    Quiet,
}

impl Xml {
    /// Begins a stream, and reads what is offered on it.
    pub(super) async fn open(stream: Stream, account: &BareJid) -> Result<(Self, Features), Failure> {
        Self::over(BufReader::with_capacity(ROOM, Metered::new(stream)), account).await
    }

    /// Begins anew on the same connection, as after authentication.
    pub(super) async fn reopen(self, account: &BareJid) -> Result<(Self, Features), Failure> {
        let mut io = self.io()?;
        io.get_mut().restart();
        Self::over(io, account).await
    }

    async fn over(io: Io, account: &BareJid) -> Result<(Self, Features), Failure> {
        // What a server offers may depend on who comes; who that is, is nobody else's business (RFC 6120, 4.7.1).
        let from = io.get_ref().get_ref().is_secure().then(|| account.as_str().into());
        let header = StreamHeader { from, to: Some(account.domain().as_str().into()), id: None };
        let stream = initiate_stream(io, ns::JABBER_CLIENT, header, SILENCE).await.map_err(Failure::before_stream)?;
        let mut xml = Self { stream: stream.skip_features(), unwritten: None };
        let features = Features::read(&xml.hear().await?)?;
        Ok((xml, features))
    }

    /// The connection below, to be secured.
    pub(super) fn into_stream(self) -> Result<Stream, Failure> {
        Ok(self.io()?.into_inner().into_inner())
    }

    /// What came with the last element, before the stream that it begins, may be from somebody else.
    fn io(self) -> Result<Io, Failure> {
        let io = self.stream.into_inner();
        if !io.buffer().is_empty() {
            return Err(Failure::Protocol("the server went on before the new stream began"));
        }
        Ok(io)
    }

    /// The connection below.
    pub(super) fn socket(&self) -> &Stream {
        self.stream.get_stream().get_ref().get_ref()
    }

    /// Writes an element.
    pub(super) async fn say(&mut self, element: &Element) -> Result<(), Failure> {
        Ok(self.stream.send(element).await?)
    }

    /// Reads the next element. Not for streams that are lived on: silence is an end.
    pub(super) async fn hear(&mut self) -> Result<Element, Failure> {
        loop {
            let read = self.stream.next().await;
            match heard(read)? {
                Some(Heard::Element(element)) => return Ok(element),
                Some(_) => return Err(Failure::Silent),
                None => {}
            }
        }
    }

    /// Puts an element or a stanza behind what waits to be written, which [`Xml::poll`] does.
    pub(super) fn put<T>(&mut self, item: &T) -> io::Result<()>
    where
        for<'x> XmlStream<Io, Element>: Sink<&'x T, Error = io::Error>,
    {
        Pin::new(&mut self.stream).start_send(item)?;
        self.unwritten.get_or_insert_with(Instant::now);
        Ok(())
    }

    /// Since when something waits to be written; `None` when nothing does.
    pub(super) fn unwritten(&self) -> Option<Instant> {
        self.unwritten
    }

    /// Writes, and reads if `reads`. Nothing is lost where it is not polled again.
    pub(super) fn poll(&mut self, context: &mut Context<'_>, reads: bool) -> Poll<Result<Heard, Failure>> {
        if self.unwritten.is_some() {
            let flushed = Sink::<&Element>::poll_flush(Pin::new(&mut self.stream), context);
            if let Poll::Ready(flushed) = flushed {
                flushed?;
                self.unwritten = None;
                return Poll::Ready(Ok(Heard::Written));
            }
        }
        if !reads {
            return Poll::Pending;
        }
        loop {
            let read = ready!(Pin::new(&mut self.stream).poll_next(context));
            if let Some(heard) = heard(read)? {
                return Poll::Ready(Ok(heard));
            }
        }
    }

    /// Writes what waits, and ends our side of the stream and the connection.
    pub(super) async fn shutdown(&mut self) -> Result<(), Failure> {
        self.stream.shutdown().await?;
        self.unwritten = None;
        Ok(())
    }
}

/// What was read; `None` for what is to be passed over.
fn heard(read: Option<Result<Element, ReadError>>) -> Result<Option<Heard>, Failure> {
    match read {
        Some(Ok(element)) if element.is("error", ns::STREAM) => {
            let (condition, said) = error(&element);
            Err(Failure::Stream { condition, said })
        }
        Some(Ok(element)) => Ok(Some(Heard::Element(element))),
        Some(Err(ReadError::SoftTimeout)) => Ok(Some(Heard::Quiet)),
        // Well-formed, and nothing that can be represented.
        Some(Err(ReadError::ParseError(_))) => Ok(None),
        Some(Err(ReadError::HardError(error))) => Err(error.into()),
        Some(Err(ReadError::StreamFooterReceived)) => Err(Failure::Closed),
        None => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
    }
}

/// Condition and words of an error: of a stream, of authentication, of a stanza.
pub(super) fn error(element: &Element) -> (String, Option<String>) {
    let condition = element.children().find(|child| child.name() != "text");
    let condition = condition.map_or_else(|| "undefined-condition".to_owned(), |child| bounded(child.name()));
    let said = element.children().find(|child| child.name() == "text").map(|text| bounded(text.text().trim()));
    (condition, said.filter(|said| !said.is_empty()))
}

fn bounded(text: &str) -> String {
    text.chars().take(WORDS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_its_condition_and_the_servers_words() {
        let read = |inner: &str| {
            let element: Element =
                format!("<error xmlns='http://etherx.jabber.org/streams'>{inner}</error>").parse().unwrap();
            error(&element)
        };
        let conflict = "<conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>";
        let text = "<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'> Replaced </text>";
        assert_eq!(read(&format!("{text}{conflict}")), ("conflict".to_owned(), Some("Replaced".to_owned())));
        assert_eq!(read(conflict), ("conflict".to_owned(), None));
        assert_eq!(read(""), ("undefined-condition".to_owned(), None));
        let long = format!("{conflict}<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>{}</text>", "ä".repeat(5000));
        assert_eq!(read(&long).1.unwrap().chars().count(), WORDS);
    }
}
