//! Tells servers who is behind a connection of ours, where they ask (RFC 1413).
//!
//! To an IRC network, all users of a gateway have one address. Where it can also see that two of them are not the same, a
//! ban or a limit need not meet all. The name is the caller's to choose; here is only the protocol.
//!
//! A question is a line `local port, remote port`, and is about connections between the two machines that talk: nobody can
//! ask about those of others.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use footbridge_telemetry::emit;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
    time::timeout,
};

use crate::events::IdentAsked;

/// Connections at a time. Further ones are closed unanswered, as by a machine that answers none.
const MOST: usize = 128;
/// How long a connection may take. Servers do not wait for longer either.
const DEADLINE: Duration = Duration::from_secs(10);
/// Bytes of a question (RFC 1413, 6: up to 1,000).
const LINE: u64 = 1000;
/// Questions on one connection.
const QUESTIONS: usize = 16;

/// The connection that is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Our end.
    pub local: SocketAddr,
    /// The end of whoever asks.
    pub remote: SocketAddr,
}

/// A name for whoever is behind a connection, at most 512 bytes without control characters and spaces; `None`: nobody is.
pub type Name = Arc<dyn Fn(Asked) -> Pin<Box<dyn Future<Output = Option<String>> + Send>> + Send + Sync>;

/// A bound port, not served yet.
#[derive(Debug)]
pub struct Ident(TcpListener);

impl Ident {
    /// Binds the first address of `host`; port 0 takes a free one.
    ///
    /// # Errors
    /// The host does not resolve, or its address cannot be bound: ports below 1024 need a privilege.
    pub async fn bind(host: &str, port: u16) -> io::Result<Self> {
        Ok(Self(TcpListener::bind((host, port)).await?))
    }

    /// The port it listens on.
    ///
    /// # Errors
    /// The operating system's.
    pub fn port(&self) -> io::Result<u16> {
        Ok(self.0.local_addr()?.port())
    }

    /// Answers with `name`s. Never ends; dropped, it takes its connections along.
    pub async fn serve(self, name: Name) {
        let room = Arc::new(Semaphore::new(MOST));
        let mut served = JoinSet::new();
        loop {
            let accepted = self.0.accept().await;
            while served.try_join_next().is_some() {}
            let Ok((stream, _)) = accepted else {
                // Out of files, most likely: the next try is no better than a later one.
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            };
            if let Ok(place) = Arc::clone(&room).try_acquire_owned() {
                let name = Arc::clone(&name);
                served.spawn(async move {
                    let _place = place;
                    // How it ends is the asker's business.
                    let _ = timeout(DEADLINE, answer(stream, name)).await;
                });
            } else {
                emit(IdentAsked { result: "refused" });
            }
        }
    }
}

async fn answer(stream: TcpStream, name: Name) -> io::Result<()> {
    let (local, remote) = (stream.local_addr()?.ip(), stream.peer_addr()?.ip());
    let mut stream = BufReader::with_capacity(256, stream);
    for _ in 0..QUESTIONS {
        let mut line = Vec::new();
        (&mut stream).take(LINE).read_until(b'\n', &mut line).await?;
        if line.is_empty() {
            break;
        }
        let (said, result) = reply(&line, local, remote, &name).await;
        emit(IdentAsked { result });
        stream.write_all(said.as_bytes()).await?;
        if line.last() != Some(&b'\n') {
            break;
        }
    }
    stream.shutdown().await
}

/// The answer, and its name in the metrics.
async fn reply(line: &[u8], local: IpAddr, remote: IpAddr, name: &Name) -> (String, &'static str) {
    let Some((ours, theirs)) = ports(line) else {
        return ("0, 0 : ERROR : INVALID-PORT\r\n".to_owned(), "invalid");
    };
    let asked = Asked { local: SocketAddr::new(local, ours), remote: SocketAddr::new(remote, theirs) };
    match name(asked).await {
        // Not `OTHER`, which would be the word for a name that is none on this machine: servers ignore such answers.
        Some(name) => (format!("{ours}, {theirs} : USERID : UNIX : {name}\r\n"), "named"),
        None => (format!("{ours}, {theirs} : ERROR : NO-USER\r\n"), "nobody"),
    }
}

/// `local port, remote port`
fn ports(line: &[u8]) -> Option<(u16, u16)> {
    let (ours, theirs) = std::str::from_utf8(line).ok()?.split_once(',')?;
    let port = |text: &str| text.trim().parse().ok().filter(|port| *port != 0);
    Some((port(ours)?, port(theirs)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kim() -> Name {
        Arc::new(|asked| Box::pin(async move { (asked.local.port() == 40_000).then(|| format!("k{}", asked.remote)) }))
    }

    async fn ask(line: &[u8]) -> String {
        reply(line, [127, 0, 0, 1].into(), [127, 0, 0, 2].into(), &kim()).await.0
    }

    #[tokio::test]
    async fn questions_are_answered_as_the_rfc_says() {
        for (line, want) in [
            (&b"40000, 6697\r\n"[..], "40000, 6697 : USERID : UNIX : k127.0.0.2:6697\r\n"),
            (b" 40000 ,6697 \n", "40000, 6697 : USERID : UNIX : k127.0.0.2:6697\r\n"),
            (b"40001,6697\r\n", "40001, 6697 : ERROR : NO-USER\r\n"),
            (b"0, 6697\r\n", "0, 0 : ERROR : INVALID-PORT\r\n"),
            (b"70000, 6697\r\n", "0, 0 : ERROR : INVALID-PORT\r\n"),
            (b"6697\r\n", "0, 0 : ERROR : INVALID-PORT\r\n"),
            (b"\xff, 1\r\n", "0, 0 : ERROR : INVALID-PORT\r\n"),
        ] {
            assert_eq!(ask(line).await, want, "{}", String::from_utf8_lossy(line));
        }
    }

    #[tokio::test]
    async fn several_questions_come_on_one_connection_and_too_long_a_one_ends_it() {
        let ident = Ident::bind("127.0.0.1", 0).await.unwrap();
        let port = ident.port().unwrap();
        tokio::spawn(ident.serve(kim()));
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.write_all(b"40000, 1\r\n40001, 1\r\n").await.unwrap();
        stream.write_all(&[b'4'; 1000]).await.unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).await.unwrap();
        let lines: Vec<_> = said.lines().collect();
        assert_eq!(
            lines,
            ["40000, 1 : USERID : UNIX : k127.0.0.1:1", "40001, 1 : ERROR : NO-USER", "0, 0 : ERROR : INVALID-PORT"]
        );
    }
}
