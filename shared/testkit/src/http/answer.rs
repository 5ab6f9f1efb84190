//! What a scripted server sends, and how badly.

use super::{brotli, gzip, zstd};
use bytes::Bytes;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncWrite, AsyncWriteExt};

/// One answer: a status, headers and a body, and the manner in which the body is sent.
#[derive(Debug, Clone)]
pub struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
    pub(super) manner: Manner,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Manner {
    /// With its length, at once.
    Whole,
    /// As chunks, without a length.
    Chunked,
    /// The body again and again, as chunks, for ever.
    Endless,
    /// The given number of bytes, then silence on an open connection.
    Stall(usize),
    /// The given number of bytes, then the connection closes.
    Cut(usize),
    /// A byte at a time with a pause before each.
    Trickle(Duration),
    /// Not even a status line.
    Mute,
    /// The body instead of an answer.
    Raw,
}

impl Answer {
    /// 200 with a body.
    pub fn ok(content_type: &str, body: impl Into<Bytes>) -> Self {
        Answer { body: body.into(), ..Answer::status(200) }.header("content-type", content_type)
    }

    /// A status with an empty body.
    pub fn status(status: u16) -> Self {
        Answer { status, headers: Vec::new(), body: Bytes::new(), manner: Manner::Whole }
    }

    /// 302 to another place, given absolutely or relatively.
    pub fn redirect(location: &str) -> Self {
        Answer::status(302).header("location", location)
    }

    /// 200 with a body that decompresses to `length` times the letter `a`, from less than a hundredth of that.
    pub fn gzip_bomb(length: usize) -> Self {
        Answer::ok("text/plain", gzip::repeated(b'a', length)).header("content-encoding", "gzip")
    }

    /// 200 with a body that decompresses to `length` bytes or at most 16 MiB more, from next to nothing.
    pub fn brotli_bomb(length: u64) -> Self {
        Answer::ok("text/plain", brotli::repeated(b'a', length)).header("content-encoding", "br")
    }

    /// 200 with a body that decompresses to `length` bytes or a little more, from a tiny part of that.
    pub fn zstd_bomb(length: u64) -> Self {
        Answer::ok("text/plain", zstd::repeated(b'a', length)).header("content-encoding", "zstd")
    }

    /// Accepts the request and never says a word.
    pub fn mute() -> Self {
        Answer { manner: Manner::Mute, ..Answer::status(200) }
    }

    /// These bytes in place of an HTTP answer, then the connection closes.
    pub fn raw(bytes: impl Into<Bytes>) -> Self {
        Answer { body: bytes.into(), manner: Manner::Raw, ..Answer::status(200) }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends the body in chunks, without announcing its length.
    #[must_use]
    pub fn chunked(self) -> Self {
        Answer { manner: Manner::Chunked, ..self }
    }

    /// Sends the body over and over.
    #[must_use]
    pub fn endless(self) -> Self {
        Answer { manner: Manner::Endless, ..self }
    }

    /// Announces the whole body, sends `count` bytes of it and falls silent.
    #[must_use]
    pub fn stall_after(self, count: usize) -> Self {
        Answer { manner: Manner::Stall(count), ..self }
    }

    /// Announces the whole body, sends `count` bytes of it and hangs up.
    #[must_use]
    pub fn cut_after(self, count: usize) -> Self {
        Answer { manner: Manner::Cut(count), ..self }
    }

    /// Sends one byte every `pause`.
    #[must_use]
    pub fn trickle(self, pause: Duration) -> Self {
        Answer { manner: Manner::Trickle(pause), ..self }
    }

    /// Sends it; the result says whether the connection can take another request.
    pub(super) async fn write(&self, peer: &mut (impl AsyncWrite + Unpin)) -> io::Result<bool> {
        match self.manner {
            Manner::Mute => std::future::pending().await,
            Manner::Raw => {}
            _ => peer.write_all(self.head().as_bytes()).await?,
        }
        match self.manner {
            Manner::Whole => peer.write_all(&self.body).await?,
            Manner::Chunked => {
                for part in self.body.chunks(16 * 1024) {
                    write_chunk(peer, part).await?;
                }
                write_chunk(peer, b"").await?;
            }
            Manner::Endless => loop {
                write_chunk(peer, &self.body).await?;
            },
            Manner::Stall(count) => {
                peer.write_all(&self.body[..count]).await?;
                peer.flush().await?;
                std::future::pending::<()>().await;
            }
            Manner::Cut(count) => {
                peer.write_all(&self.body[..count]).await?;
                return Ok(false);
            }
            Manner::Trickle(pause) => {
                let mut beat = tokio::time::interval(pause);
                for byte in &self.body {
                    beat.tick().await;
                    peer.write_u8(*byte).await?;
                    peer.flush().await?;
                }
            }
            Manner::Raw => {
                peer.write_all(&self.body).await?;
                return Ok(false);
            }
            Manner::Mute => {}
        }
        peer.flush().await?;
        Ok(true)
    }

    fn head(&self) -> String {
        let reason = match self.status {
            200 => "OK",
            302 => "Found",
            404 => "Not Found",
            _ => "Scripted",
        };
        let lines = self.headers.iter().map(|(name, value)| [name, ": ", value, "\r\n"].concat());
        let headers: String = lines.collect();
        let framing = match self.manner {
            Manner::Chunked | Manner::Endless => "transfer-encoding: chunked".to_owned(),
            _ => format!("content-length: {}", self.body.len()),
        };
        format!("HTTP/1.1 {} {reason}\r\n{headers}{framing}\r\n\r\n", self.status)
    }
}

async fn write_chunk(peer: &mut (impl AsyncWrite + Unpin), part: &[u8]) -> io::Result<()> {
    peer.write_all(format!("{:x}\r\n", part.len()).as_bytes()).await?;
    peer.write_all(part).await?;
    peer.write_all(b"\r\n").await
}
