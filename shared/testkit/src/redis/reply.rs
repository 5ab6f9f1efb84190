//! Just enough of RESP, the protocol of Redis, to send commands and read replies.
//!
//! See <https://redis.io/docs/latest/develop/reference/protocol-spec/>; this is version 2.

use std::io;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader};

use super::PATIENCE;

/// What Redis answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// A list of replies.
    Array(Vec<Reply>),
    /// Bytes, usually a value.
    Bulk(Vec<u8>),
    /// A refusal: a code in capitals, then a text.
    Error(String),
    /// A number.
    Integer(i64),
    /// Nothing there.
    Nil,
    /// A short text, such as `OK`.
    Status(String),
}

impl Reply {
    /// The text of a status, an error or a bulk that is UTF-8.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Status(text) | Self::Error(text) => Some(text),
            Self::Bulk(bytes) => std::str::from_utf8(bytes).ok(),
            Self::Array(_) | Self::Integer(_) | Self::Nil => None,
        }
    }

    /// The members of an array; none of anything else.
    pub fn items(&self) -> &[Reply] {
        if let Self::Array(items) = self { items } else { &[] }
    }
}

/// A connection on which commands are asked and answered one by one.
pub(super) struct Conversation<S>(BufReader<S>);

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Conversation<S> {
    pub(super) fn new(stream: S) -> Self {
        Self(BufReader::new(stream))
    }

    /// Sends a command and waits for its reply.
    pub(super) async fn ask(&mut self, words: &[&[u8]]) -> io::Result<Reply> {
        let mut command = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            command.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
            command.extend_from_slice(word);
            command.extend_from_slice(b"\r\n");
        }
        self.0.write_all(&command).await?;
        self.hear().await
    }

    /// As [`Conversation::ask`], where a refusal is an error.
    pub(super) async fn must(&mut self, words: &[&[u8]]) -> io::Result<Reply> {
        match self.ask(words).await? {
            Reply::Error(text) => Err(io::Error::other(text)),
            reply => Ok(reply),
        }
    }

    /// The next reply, or message of a subscription.
    pub(super) async fn hear(&mut self) -> io::Result<Reply> {
        tokio::time::timeout(PATIENCE, read(&mut self.0)).await.map_err(|_| io::ErrorKind::TimedOut)?
    }
}

async fn read<S: AsyncRead + Unpin + Send>(stream: &mut BufReader<S>) -> io::Result<Reply> {
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let Some(line) = line.strip_suffix("\r\n") else { return Err(io::ErrorKind::UnexpectedEof.into()) };
    let (kind, rest) = line.split_at_checked(1).ok_or_else(|| unreadable(line))?;
    Ok(match kind {
        "+" => Reply::Status(rest.to_owned()),
        "-" => Reply::Error(rest.to_owned()),
        ":" => Reply::Integer(rest.parse().map_err(|_| unreadable(line))?),
        "$" | "*" if rest == "-1" => Reply::Nil,
        "$" => {
            let length: usize = rest.parse().map_err(|_| unreadable(line))?;
            let mut bytes = vec![0; length + "\r\n".len()];
            stream.read_exact(&mut bytes).await?;
            bytes.truncate(length);
            Reply::Bulk(bytes)
        }
        "*" => {
            let length: usize = rest.parse().map_err(|_| unreadable(line))?;
            let mut items = Vec::new();
            for _ in 0..length {
                items.push(Box::pin(read(stream)).await?);
            }
            Reply::Array(items)
        }
        _ => return Err(unreadable(line)),
    })
}

fn unreadable(line: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("not a reply of Redis: {line:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn check(bytes: &[u8], want: Option<Reply>) {
        let mut stream = BufReader::new(bytes);
        assert_eq!(read(&mut stream).await.ok(), want, "{}", bytes.escape_ascii());
    }

    #[tokio::test]
    async fn every_kind_of_reply_is_read() {
        check(b"+OK\r\n", Some(Reply::Status("OK".into()))).await;
        check(b"-ERR no\r\n", Some(Reply::Error("ERR no".into()))).await;
        check(b":-3\r\n", Some(Reply::Integer(-3))).await;
        check(b"$4\r\na\r\n\xff\r\n", Some(Reply::Bulk(b"a\r\n\xff".to_vec()))).await;
        check(b"$-1\r\n", Some(Reply::Nil)).await;
        check(b"*-1\r\n", Some(Reply::Nil)).await;
        let nested = Reply::Array(vec![Reply::Array(vec![]), Reply::Integer(1)]);
        check(b"*2\r\n*0\r\n:1\r\n", Some(nested)).await;
    }

    #[tokio::test]
    async fn half_a_reply_is_none() {
        for bytes in [&b""[..], b"+OK", b"$4\r\nab", b"*2\r\n:1\r\n", b"\r\n", b"?\r\n", b"$x\r\n"] {
            check(bytes, None).await;
        }
    }
}
