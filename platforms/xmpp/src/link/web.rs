//! XMPP in a WebSocket (RFC 7395), made to look like a stream of bytes: whoever reads and writes streams need not know.
//!
//! In a WebSocket each element is a message of its own, with all its namespaces, and a stream begins and ends with elements
//! of their own kind. What is written is cut apart at the ends of elements, what is read is put together.

use std::io::{self, Write as _};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::{Sink as _, Stream as _};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::tungstenite::client::ClientRequestBuilder;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::failure::Failure;
use super::meter::{LARGEST, Meter};
use super::stream::Stream;

const FRAMING: &str = "urn:ietf:params:xml:ns:xmpp-framing";
/// What begins a stream elsewhere.
const HEAD: &str = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
                    xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>";
const FOOT: &str = "</stream:stream>";
/// Bytes of a request that the server may leave unread, and that are read at a time.
const ROOM: usize = 4096;

/// A WebSocket.
pub(super) struct Web {
    socket: WebSocketStream<Box<Stream>>,
    domain: String,
    /// Of the last message.
    unread: io::Cursor<Vec<u8>>,
    /// Of an element that is not complete yet.
    unsent: Vec<u8>,
    /// Where in what is written.
    meter: Meter,
}

impl Web {
    /// Makes a WebSocket of a connection. `at` is `host:port`; `domain` is where streams in it go.
    pub(super) async fn open(stream: Stream, at: &str, path: &str, domain: &str) -> Result<Self, Failure> {
        let scheme = if stream.is_secure() { "wss" } else { "ws" };
        let uri = format!("{scheme}://{at}{path}").parse();
        let uri = uri.map_err(|_| Failure::Protocol("what is behind the server's name in the service is no path"))?;
        let request = ClientRequestBuilder::new(uri).with_sub_protocol("xmpp");
        let config = WebSocketConfig::default()
            .max_message_size(Some(LARGEST))
            .max_frame_size(Some(LARGEST))
            .read_buffer_size(ROOM)
            .write_buffer_size(ROOM);
        let opened = Box::pin(client_async_with_config(request, Box::new(stream), Some(config))).await;
        let (socket, _) = opened.map_err(|error| Failure::NoStream(input(error)))?;
        Ok(Self {
            socket,
            domain: domain.to_owned(),
            unread: io::Cursor::default(),
            unsent: Vec::new(),
            meter: Meter::default(),
        })
    }

    /// The connection below.
    pub(super) fn below(&self) -> &Stream {
        self.socket.get_ref()
    }

    /// Puts one byte behind those that wait, and sends them where they are an element.
    fn push(&mut self, byte: u8) -> io::Result<()> {
        if self.unsent.is_empty() && byte.is_ascii_whitespace() {
            return Ok(());
        }
        self.unsent.push(byte);
        self.meter.feed(&[byte]).map_err(io::Error::other)?;
        if byte != b'>' || !self.meter.is_between() {
            return Ok(());
        }
        let element = String::from_utf8(std::mem::take(&mut self.unsent)).map_err(io::Error::other)?;
        match framed(&element, &self.domain) {
            Some(message) => Pin::new(&mut self.socket).start_send(Message::text(message)).map_err(input),
            None => Ok(()),
        }
    }
}

/// An element of a stream as a message; `None` for what has no place in one.
fn framed(element: &str, domain: &str) -> Option<String> {
    if element.starts_with("<?") {
        None
    } else if element.starts_with("<stream:stream") {
        Some(format!("<open xmlns='{FRAMING}' to='{domain}' version='1.0'/>"))
    } else if element == FOOT {
        Some(format!("<close xmlns='{FRAMING}'/>"))
    } else if declares(element) {
        Some(element.to_owned())
    } else {
        let name = element.find([' ', '/', '>']).unwrap_or(element.len());
        let (name, rest) = element.split_at(name);
        Some(format!("{name} xmlns='jabber:client'{rest}"))
    }
}

/// Whether an element's first tag says what namespace names have that say nothing.
fn declares(element: &str) -> bool {
    let mut quote = None;
    for (at, letter) in element.char_indices() {
        match (quote, letter) {
            (None, '>') => return false,
            (None, '"' | '\'') => quote = Some(letter),
            (None, ' ') if element[at..].starts_with(" xmlns=") => return true,
            (Some(open), letter) if open == letter => quote = None,
            _ => {}
        }
    }
    false
}

/// A message as part of a stream.
fn unframed(message: &str) -> &str {
    let is = |name: &str| {
        let rest = message.trim_start().strip_prefix(name);
        rest.is_some_and(|rest| rest.starts_with([' ', '/', '>', '\n', '\t'])) && message.contains(FRAMING)
    };
    if is("<open") {
        HEAD
    } else if is("<close") {
        FOOT
    } else {
        message
    }
}

fn input(error: Error) -> io::Error {
    match error {
        Error::Io(error) => error,
        Error::ConnectionClosed | Error::AlreadyClosed => io::ErrorKind::UnexpectedEof.into(),
        error => io::Error::new(io::ErrorKind::InvalidData, error),
    }
}

impl AsyncRead for Web {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            let at = usize::try_from(this.unread.position()).unwrap_or(usize::MAX);
            let left = this.unread.get_ref().get(at..).unwrap_or_default();
            if !left.is_empty() {
                let read = left.len().min(buf.remaining());
                buf.put_slice(&left[..read]);
                this.unread.set_position((at + read) as u64);
                return Poll::Ready(Ok(()));
            }
            this.unread = io::Cursor::default();
            match ready!(Pin::new(&mut this.socket).poll_next(context)) {
                Some(Ok(Message::Text(text))) => {
                    this.unread.get_mut().write_all(unframed(&text).as_bytes())?;
                }
                Some(Ok(Message::Binary(_))) => {
                    return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, "a message that is no text")));
                }
                Some(Ok(Message::Close(_))) | None => return Poll::Ready(Ok(())),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Poll::Ready(Err(input(error))),
            }
        }
    }
}

impl AsyncWrite for Web {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(Pin::new(&mut this.socket).poll_ready(context)).map_err(input)?;
        if this.unsent.is_empty() && buf.starts_with(b"<?xml") {
            // Another stream begins.
            this.meter = Meter::default();
        }
        buf.iter().try_for_each(|byte| this.push(*byte))?;
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_flush(context).map_err(input)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_close(context).map_err(input)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_become_messages_that_stand_alone() {
        for (element, message) in [
            ("<?xml version='1.0'?>", None),
            (
                "<stream:stream to='x.example'>",
                Some("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='x.example' version='1.0'/>"),
            ),
            ("</stream:stream>", Some("<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>")),
            ("<message/>", Some("<message xmlns='jabber:client'/>")),
            (
                "<message a=' xmlns=\"' b='>'>x</message>",
                Some("<message xmlns='jabber:client' a=' xmlns=\"' b='>'>x</message>"),
            ),
            ("<iq><query xmlns='q'/></iq>", Some("<iq xmlns='jabber:client'><query xmlns='q'/></iq>")),
            ("<r xmlns='urn:xmpp:sm:3'/>", Some("<r xmlns='urn:xmpp:sm:3'/>")),
        ] {
            assert_eq!(framed(element, "x.example").as_deref(), message, "{element}");
        }
    }

    #[test]
    fn messages_become_parts_of_a_stream() {
        assert_eq!(unframed("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' id='1'/>"), HEAD);
        assert_eq!(unframed("<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>"), FOOT);
        for message in ["<message/>", "<opened xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>", "<open xmlns='other'/>"]
        {
            assert_eq!(unframed(message), message);
        }
    }
}
