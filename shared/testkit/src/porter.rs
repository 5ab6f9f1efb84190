//! A stateless platform whose every job asks a test what to do, so that the test sees which jobs run at once and where,
//! and decides how each of them ends.
//!
//! | verb | what it does |
//! |---|---|
//! | `ask` | connects to `object.port` of this machine, tells its process id, how many jobs run there and `object.content`, and does what it is told; may be run again |
//! | `once` | the same; may not be run again |
//!
//! | order | what becomes of the job |
//! |---|---|
//! | `done` | it succeeds, unchanged |
//! | `panic` | it panics |
//! | `abort` | it aborts the process |
//! | `overflow` | it uses up its stack |
//! | `allocate` | it uses up the memory of the process |
//! | `block` | it blocks the process for a minute |

use std::{cell::Cell, hint::black_box, io, net::Ipv4Addr, time::Duration};

use footbridge_host::{Call, Failure, OpenError, Opened, Platform, Reply, Stateless};
use serde::Deserialize;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

/// The platform's document, to be put beside its worker.
pub const MANIFEST: &str = include_str!("../porter.platform.json");

/// Bytes that are allocated at a time.
const CHUNK: usize = 16 * 1024 * 1024;
/// Longer than anything takes that a test waits for.
const PATIENCE: Duration = Duration::from_secs(20);

/// The platform.
#[derive(Debug, Default)]
pub struct Porter {
    running: Cell<usize>,
}

/// Counts a job while it runs.
struct Running<'a>(&'a Cell<usize>);

impl<'a> Running<'a> {
    fn new(count: &'a Cell<usize>) -> Self {
        count.set(count.get() + 1);
        Self(count)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// What may be set. What is the gateway's alone is refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Jobs at a time. For the gateway, which hands them out.
    #[serde(default)]
    pub concurrency: u16,
}

#[derive(Deserialize)]
struct Activity {
    object: Object,
}

#[derive(Deserialize)]
struct Object {
    content: String,
    port: u16,
}

impl Platform for Porter {
    const ID: &'static str = "porter";
    type Settings = Settings;

    fn open(_: Settings, _: Opened) -> Result<Self, OpenError> {
        Ok(Self::default())
    }
}

impl Stateless for Porter {
    async fn perform(&self, call: Call) -> Result<Reply, Failure> {
        let Object { content, port } = call.parse::<Activity>()?.object;
        let _running = Running::new(&self.running);
        match &*ask(port, self.running.get(), &content).await.map_err(Failure::error)? {
            "done" => return Ok(Reply::Unchanged),
            "panic" => panic!("told to\nby the test"),
            "abort" => std::process::abort(),
            "overflow" => drop(black_box(overflow(black_box(0)))),
            "allocate" => allocate(),
            "block" => block(),
            _ => {}
        }
        Err(Failure::error("no order"))
    }
}

async fn ask(port: u16, running: usize, content: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    stream.write_all(format!("{} {running} {content}\n", std::process::id()).as_bytes()).await?;
    let mut order = String::new();
    BufReader::new(stream).read_line(&mut order).await?;
    Ok(order.trim_end().to_owned())
}

/// Never returns: each call needs a little more of the stack.
#[expect(unconditional_recursion, reason = "using up the stack is what it is for")]
fn overflow(depth: u64) -> u64 {
    let frame = black_box([depth; 64]);
    overflow(frame[0] + 1) + frame[1]
}

/// Ends with the process, where its memory is limited.
fn allocate() {
    let mut all = Vec::new();
    while all.len() < 1024 {
        all.push(black_box(vec![1_u8; CHUNK]));
    }
}

#[expect(clippy::disallowed_methods, reason = "blocking the whole process is what this order is for")]
fn block() {
    std::thread::sleep(Duration::from_mins(1));
}

/// Whom the porter's jobs ask.
#[derive(Debug)]
pub struct Foreman {
    listener: TcpListener,
}

/// A job that waits for its order.
#[derive(Debug)]
pub struct Asking {
    /// The process it runs in.
    pub pid: u32,
    /// How many jobs ran there when it began, itself included.
    pub running: usize,
    /// Its `object.content`.
    pub content: String,
    stream: BufReader<TcpStream>,
}

impl Foreman {
    /// Listens on a free port.
    ///
    /// # Errors
    /// There is none.
    pub async fn start() -> io::Result<Self> {
        Ok(Self { listener: TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await? })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The operating system's.
    pub fn port(&self) -> io::Result<u16> {
        Ok(self.listener.local_addr()?.port())
    }

    /// The next job that begins.
    ///
    /// # Errors
    /// None does within 20 s.
    pub async fn next(&self) -> io::Result<Asking> {
        let next = tokio::time::timeout(PATIENCE, self.accept());
        next.await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }

    /// The next `count` jobs that begin, none of which ends before.
    ///
    /// # Errors
    /// As [`Foreman::next`].
    pub async fn gather(&self, count: usize) -> io::Result<Vec<Asking>> {
        let mut all = Vec::new();
        while all.len() < count {
            all.push(self.next().await?);
        }
        Ok(all)
    }

    async fn accept(&self) -> io::Result<Asking> {
        let mut stream = BufReader::new(self.listener.accept().await?.0);
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let [pid, running, content] = line.trim_end().splitn(3, ' ').collect::<Vec<_>>()[..] else {
            return Err(io::Error::other(format!("no porter says {line:?}")));
        };
        let (pid, running) = (pid.parse().map_err(io::Error::other)?, running.parse().map_err(io::Error::other)?);
        Ok(Asking { pid, running, content: content.to_owned(), stream })
    }
}

impl Asking {
    /// Tells it what to do. A job whose process has ended does not hear it.
    pub async fn tell(mut self, order: &str) {
        let _ = self.stream.write_all(format!("{order}\n").as_bytes()).await;
    }
}
