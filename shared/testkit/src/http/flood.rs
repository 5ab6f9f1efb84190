//! HTTP/2 as nobody should speak it (RFC 9113, 10.5): a server that answers a request with more of something than its client
//! can have asked for.

use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const WINDOW: u8 = 8;
const CONTINUATION: u8 = 9;

const END_HEADERS: u8 = 4;

/// `:status: 200` and `:status: 103`, as HPACK spells them, and `content-type: text/html`.
const OK: &[u8] = b"\x88";
const EARLY_HINTS: &[u8] = b"\x08\x03103";
const HTML: &[u8] = b"\x0f\x10\x09text/html";

/// What there is too much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flood {
    /// Headers that are continued for ever, with nothing in them.
    Continuations,
    /// Data for ever, with nothing in it.
    EmptyData,
    /// Headers that are continued for ever, with more and more in them.
    Headers,
    /// Answers before the answer, for ever.
    Interim,
    /// Questions whether the client is still there, whose answers are not read.
    Pings,
    /// Streams that are reset as soon as they are opened, with the advice to try again, and again.
    Resets,
    /// Changes of settings, whose confirmations are not read.
    Settings,
    /// A single answer whose end never comes.
    Silence,
    /// Permissions to send, of which each is fine.
    Windows,
}

/// Speaks to one client until it hangs up. A connection that has agreed to speak HTTP/2, from its beginning.
pub(super) async fn speak(mut stream: impl AsyncRead + AsyncWrite + Unpin, flood: Flood) -> io::Result<()> {
    let mut preface = [0; 24];
    stream.read_exact(&mut preface).await?;
    stream.write_all(&frame(SETTINGS, 0, 0, &[])).await?;
    loop {
        let id = opened(&mut stream).await?;
        let head = frame(HEADERS, END_HEADERS, id, &[OK, HTML].concat());
        let (beginning, again) = match flood {
            Flood::Continuations => (frame(HEADERS, 0, id, OK), frame(CONTINUATION, 0, id, &[])),
            Flood::EmptyData => (head, frame(DATA, 0, id, &[])),
            Flood::Headers => (frame(HEADERS, 0, id, OK), frame(CONTINUATION, 0, id, &HTML.repeat(1000))),
            Flood::Interim => (Vec::new(), frame(HEADERS, END_HEADERS, id, EARLY_HINTS)),
            Flood::Pings => (head, frame(PING, 0, 0, &[0; 8])),
            Flood::Resets => {
                stream.write_all(&frame(RESET, 0, id, &[0, 0, 0, 7])).await?;
                continue;
            }
            Flood::Settings => (head, frame(SETTINGS, 0, 0, &[0, 4, 0, 1, 0, 0])),
            Flood::Silence => {
                stream.write_all(&head).await?;
                continue;
            }
            Flood::Windows => (head, frame(WINDOW, 0, id, &[0, 0, 0, 1])),
        };
        stream.write_all(&beginning).await?;
        let again = again.repeat(64);
        loop {
            stream.write_all(&again).await?;
        }
    }
}

/// The next stream that the client opens.
async fn opened(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<u32> {
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        tokio::io::copy(&mut (&mut *stream).take(u64::from(length)), &mut tokio::io::sink()).await?;
        if head[3] == HEADERS {
            return Ok(u32::from_be_bytes([head[5], head[6], head[7], head[8]]));
        }
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("frames of floods are small").to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend_from_slice(&stream.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}
