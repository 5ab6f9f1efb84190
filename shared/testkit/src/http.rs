//! A scripted HTTP server on loopback: well-behaved answers, and the ill-behaved ones that a client must survive. With a
//! certificate it speaks TLS, and HTTP/2 to those who know it.
//!
//! ```no_run
//! # async fn example() {
//! use footbridge_testkit::http::{Answer, Server};
//!
//! let server = Server::start(|request| match request.path.as_str() {
//!     "/feed" => Answer::ok("application/rss+xml", "<rss/>"),
//!     "/slow" => Answer::ok("text/plain", "ten bytes!").stall_after(4),
//!     _ => Answer::status(404),
//! })
//! .await;
//! let url = server.url("/feed"); // http://127.0.0.1:<port>/feed
//! # }
//! ```

mod answer;
mod bits;
mod brotli;
mod flood;
mod gzip;
mod secure;
mod two;
mod zstd;

pub use answer::Answer;
pub use flood::Flood;

use crate::certificate::Certificate;
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

/// What the server was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET` and the like.
    pub method: String,
    /// Path and query, as sent.
    pub path: String,
    /// Header values by lower-case name; of a repeated header the last.
    pub headers: HashMap<String, String>,
    /// What came after them, if they say how long it is; not read of HTTP/2.
    pub body: String,
    /// Of HTTP: 1 or 2.
    pub version: u8,
}

/// A running server. Dropping it closes every connection.
pub struct Server {
    address: SocketAddr,
    is_secure: bool,
    seen: Arc<Seen>,
    serving: JoinHandle<()>,
}

/// What has happened so far.
#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    /// How many of them are still open.
    open: watch::Sender<usize>,
    requests: Mutex<Vec<Request>>,
}

impl Seen {
    fn push(&self, request: &Request) {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
    }
}

type Handler = dyn Fn(&Request) -> Answer + Send + Sync;

/// What connections are for.
enum Script {
    Answers(Box<Handler>),
    Flood(Flood),
}

impl Server {
    /// Listens on a free port of 127.0.0.1 and answers each request as `handler` says.
    pub async fn start(handler: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        Self::serve(Script::Answers(Box::new(handler)), None).await
    }

    /// The same over TLS, as the owner of `certificate`, which should be for `localhost`. `protocols` are those of ALPN,
    /// the best first: `h2`, `http/1.1`.
    ///
    /// # Errors
    /// What is wrong with the certificate.
    pub async fn start_secure(
        certificate: &Certificate,
        protocols: &[&str],
        handler: impl Fn(&Request) -> Answer + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let tls = secure::acceptor(certificate, protocols)?;
        Ok(Self::serve(Script::Answers(Box::new(handler)), Some(tls)).await)
    }

    /// Speaks HTTP/2 over TLS, and answers whatever it is asked with a flood.
    ///
    /// # Errors
    /// What is wrong with the certificate.
    pub async fn start_flood(certificate: &Certificate, flood: Flood) -> io::Result<Self> {
        let tls = secure::acceptor(certificate, &["h2"])?;
        Ok(Self::serve(Script::Flood(flood), Some(tls)).await)
    }

    async fn serve(script: Script, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let (seen, is_secure) = (Arc::new(Seen::default()), tls.is_some());
        let serving = tokio::spawn(accept(listener, tls, Arc::new(script), Arc::clone(&seen)));
        Server { address, is_secure, seen, serving }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of `path`, which begins with a slash: by address, and over TLS by the name `localhost`.
    pub fn url(&self, path: &str) -> String {
        if self.is_secure {
            return format!("https://localhost:{}{path}", self.address.port());
        }
        format!("http://{}{path}", self.address)
    }

    /// How many connections were accepted so far.
    pub fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// Waits until no connection is open. One shows that its client has gone when something is read from it or written to it.
    pub async fn deserted(&self) {
        // The sender is as old as the server.
        let _ = self.seen.open.subscribe().wait_for(|open| *open == 0).await;
    }

    /// All requests so far, in order of arrival.
    pub fn requests(&self) -> Vec<Request> {
        self.seen.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, script: Arc<Script>, seen: Arc<Seen>) {
    // Dropped with this task, and the connections with it.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        seen.connections.fetch_add(1, Ordering::SeqCst);
        // Head and body are written one after the other: without it, the second waits for the first to be acknowledged.
        let _ = stream.set_nodelay(true);
        let (tls, script, seen) = (tls.clone(), Arc::clone(&script), Arc::clone(&seen));
        seen.open.send_modify(|open| *open += 1);
        connections.spawn(async move {
            // A client that hangs up in the middle is what many tests are about.
            let _ = match tls {
                None => converse(stream, &script, &seen).await,
                Some(tls) => converse_securely(stream, &tls, &script, &seen).await,
            };
            seen.open.send_modify(|open| *open -= 1);
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn converse_securely(stream: TcpStream, tls: &TlsAcceptor, script: &Script, seen: &Seen) -> io::Result<()> {
    let stream = tls.accept(stream).await?;
    match script {
        Script::Flood(flood) => flood::speak(stream, *flood).await,
        Script::Answers(handler) if secure::is_two(&stream) => two::converse(stream, handler, seen).await,
        Script::Answers(_) => converse(stream, script, seen).await,
    }
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin>(stream: S, script: &Script, seen: &Seen) -> io::Result<()> {
    let Script::Answers(handler) = script else { return Ok(()) };
    let mut stream = BufReader::new(stream);
    while let Some(request) = read_request(&mut stream).await? {
        seen.push(&request);
        let keep = handler(&request).write(stream.get_mut()).await?;
        if !keep {
            return stream.get_mut().shutdown().await;
        }
    }
    Ok(())
}

/// The next request, or nothing at the end of the connection.
async fn read_request(stream: &mut BufReader<impl AsyncRead + Unpin>) -> io::Result<Option<Request>> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(ToOwned::to_owned);
    let (Some(method), Some(path)) = (words.next(), words.next()) else { return Ok(None) };
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => headers.insert(name.to_ascii_lowercase(), value.trim().to_owned()),
            None => break,
        };
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok(Some(Request { method, path, headers, body, version: 1 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(server: &Server, path: &str) -> String {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nX-Probe: one\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn answers_as_scripted_and_keeps_count() {
        let server = Server::start(|request| match request.path.as_str() {
            "/moved" => Answer::redirect("/here"),
            _ => Answer::ok("text/plain", "hello").header("x-more", "yes"),
        })
        .await;
        let plain = ask(&server, "/a?b").await;
        assert!(plain.starts_with("HTTP/1.1 200 OK\r\n"), "{plain}");
        assert!(plain.contains("content-length: 5\r\n") && plain.contains("x-more: yes\r\n"), "{plain}");
        assert!(plain.ends_with("\r\n\r\nhello"), "{plain}");
        assert!(ask(&server, "/moved").await.contains("location: /here\r\n"));
        assert_eq!(server.connections(), 2);
        let requests = server.requests();
        assert_eq!((requests[0].method.as_str(), requests[0].path.as_str()), ("GET", "/a?b"));
        assert_eq!(requests[0].headers["x-probe"], "one");
    }

    #[tokio::test]
    async fn cuts_off_where_told() {
        let server = Server::start(|_| Answer::ok("text/plain", "hello").cut_after(2)).await;
        assert!(ask(&server, "/").await.ends_with("\r\n\r\nhe"));
    }
}
