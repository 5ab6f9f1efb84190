//! A scripted HTTP/1.1 server on loopback: well-behaved answers, and the ill-behaved ones that a client must survive.
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
mod gzip;
mod zstd;

pub use answer::Answer;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// What the server was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET` and the like.
    pub method: String,
    /// Path and query, as sent.
    pub path: String,
    /// Header values by lower-case name; of a repeated header the last.
    pub headers: HashMap<String, String>,
}

/// A running server. Dropping it closes every connection.
pub struct Server {
    address: SocketAddr,
    seen: Arc<Seen>,
    serving: JoinHandle<()>,
}

/// What has happened so far.
#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    requests: Mutex<Vec<Request>>,
}

type Handler = dyn Fn(&Request) -> Answer + Send + Sync;

impl Server {
    /// Listens on a free port of 127.0.0.1 and answers each request as `handler` says.
    pub async fn start(handler: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let seen = Arc::new(Seen::default());
        let serving = tokio::spawn(accept(listener, Arc::new(handler), Arc::clone(&seen)));
        Server { address, seen, serving }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of `path`, which begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// How many connections were accepted so far.
    pub fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
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

async fn accept(listener: TcpListener, handler: Arc<Handler>, seen: Arc<Seen>) {
    // Dropped with this task, and the connections with it.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        seen.connections.fetch_add(1, Ordering::SeqCst);
        // Head and body are written one after the other: without it, the second waits for the first to be acknowledged.
        let _ = stream.set_nodelay(true);
        let (handler, seen) = (Arc::clone(&handler), Arc::clone(&seen));
        connections.spawn(async move {
            // A client that hangs up in the middle is what many tests are about.
            let _ = converse(stream, &*handler, &seen).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn converse(stream: TcpStream, handler: &Handler, seen: &Seen) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read_request(&mut stream).await? {
        seen.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        let keep = handler(&request).write(stream.get_mut()).await?;
        if !keep {
            return stream.get_mut().shutdown().await;
        }
    }
    Ok(())
}

/// The next request, or nothing at the end of the connection. Bodies are not read: these tests only GET.
async fn read_request(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Request>> {
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
            None => return Ok(Some(Request { method, path, headers })),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

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
