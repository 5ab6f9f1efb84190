//! Somebody on a server, for whom a test speaks raw lines.

use std::{io, net::Ipv4Addr};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::timeout,
};

use super::PATIENCE;

/// A connected user.
pub struct User {
    lines: Lines<BufReader<OwnedReadHalf>>,
    writer: OwnedWriteHalf,
}

impl User {
    /// Connects in clear text and registers.
    ///
    /// # Errors
    /// The server refuses, or is not there.
    pub async fn connect(port: u16, nick: &str) -> io::Result<Self> {
        let (reader, writer) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?.into_split();
        let mut user = Self { lines: BufReader::new(reader).lines(), writer };
        user.say(&format!("NICK {nick}\r\nUSER {nick} 0 * :{nick}")).await?;
        user.until(" 376 ").await?;
        Ok(user)
    }

    /// Sends a line, or several.
    ///
    /// # Errors
    /// The connection's.
    pub async fn say(&mut self, line: &str) -> io::Result<()> {
        self.writer.write_all(format!("{line}\r\n").as_bytes()).await
    }

    /// Waits for a line that contains `text`; answers pings meanwhile.
    ///
    /// # Errors
    /// The connection ends, or there is none within 20 s.
    pub async fn until(&mut self, text: &str) -> io::Result<String> {
        let search = async {
            while let Some(line) = self.lines.next_line().await? {
                if let Some(token) = line.strip_prefix("PING ") {
                    self.writer.write_all(format!("PONG {token}\r\n").as_bytes()).await?;
                } else if line.contains(text) {
                    return Ok(line);
                }
            }
            Err(io::ErrorKind::UnexpectedEof.into())
        };
        timeout(PATIENCE, search).await.map_err(|_| io::Error::other(format!("nobody says {text:?}")))?
    }
}
