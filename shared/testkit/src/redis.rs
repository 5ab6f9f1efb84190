//! Redis servers of one's own: real ones, on free ports, gone with the test.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use footbridge_testkit::redis::{Options, Persist, Server};
//!
//! let mut server = Server::start(Options { persist: Persist::EveryWrite, ..Options::default() }).await?;
//! server.command(&["SET", "colour", "green"]).await?;
//! server.kill().await; // as a power cut would
//! server.restart().await?; // same port, same folder
//! assert_eq!(server.command(&["GET", "colour"]).await?.text(), Some("green"));
//! # Ok(())
//! # }
//! ```

mod contents;
mod options;
mod process;
mod reply;
mod sentinel;

pub use options::{Options, Persist, Tls};
pub use process::StartError;
pub use reply::Reply;
pub use sentinel::Sentinel;

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use tempfile::TempDir;
use tokio::net::UnixStream;

pub(crate) use process::ReservedPort;

use process::Process;
use reply::Conversation;

/// Longer than a start or a reply takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// How many ports are tried before a start fails.
const PORTS_TRIED: usize = 5;

/// What a server says when it has loaded what it kept.
const READY: &str = "Ready to accept connections";

/// What a replica says when it has what its primary has.
const IN_SYNC: &str = "MASTER <-> REPLICA sync: Finished with success";

/// The name of this module's own connections, by which [`Server::clients`] leaves them out.
const OWN_NAME: &str = "footbridge-testkit";

/// A `redis-server` with a folder of its own, on TCP, on a Unix socket and, if asked for, on TLS.
///
/// Dropping it kills the process, also a paused one, waits for its end and removes the folder.
pub struct Server {
    // Before the folder: fields are dropped in this order, and a server that lives would write into its folder.
    process: Option<Process>,
    options: Options,
    port: ReservedPort,
    tls_port: Option<ReservedPort>,
    folder: TempDir,
}

impl Server {
    /// Starts a server and waits until it answers; a replica is also in sync with its primary then.
    ///
    /// # Errors
    /// `redis-server` is not installed, refuses the options, finds five ports taken, or is not ready within 20 s.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let ready: &[_] = if options.replica_of.is_some() { &[READY, IN_SYNC] } else { &[READY] };
        for _ in 1..PORTS_TRIED {
            let mut server = Self::prepare(options.clone())?;
            match server.run(ready).await {
                Err(StartError::PortTaken { .. }) => {}
                outcome => return outcome.map(|()| server),
            }
        }
        let mut server = Self::prepare(options)?;
        server.run(ready).await.map(|()| server)
    }

    /// Its TCP port on 127.0.0.1: the same for its whole life, and nobody else's while it is killed.
    pub fn port(&self) -> u16 {
        self.port.number()
    }

    /// `redis://127.0.0.1:<port>`, without credentials.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port())
    }

    /// `redis+unix://<path>`, without credentials.
    pub fn unix_url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    /// `rediss://127.0.0.1:<port>`, without credentials.
    ///
    /// # Panics
    /// If it was started without [`Options::tls`].
    pub fn tls_url(&self) -> String {
        let port = self.tls_port.as_ref().expect("the server is started with `Options::tls`");
        format!("rediss://127.0.0.1:{}", port.number())
    }

    /// Process id.
    ///
    /// # Panics
    /// If it was killed and not restarted.
    pub fn pid(&self) -> u32 {
        self.process().pid()
    }

    /// Kills it at once, as a power cut would, and waits for its end. Without effect on one that was killed.
    pub async fn kill(&mut self) {
        if let Some(process) = self.process.take() {
            process.kill().await;
        }
    }

    /// Starts it again on the same ports and in the same folder, after killing it if it runs. Its configuration is
    /// the file as it stands, which Sentinel rewrites.
    ///
    /// # Errors
    /// As [`Server::start`], and when something else listens on its port.
    pub async fn restart(&mut self) -> Result<(), StartError> {
        self.kill().await;
        self.run(&[READY]).await
    }

    /// Stops its process: it accepts and answers nothing, while the kernel keeps its connections open.
    ///
    /// # Errors
    /// It has ended.
    ///
    /// # Panics
    /// If it was killed and not restarted.
    pub fn pause(&self) -> io::Result<()> {
        self.process().pause()
    }

    /// Lets a paused server go on.
    ///
    /// # Errors
    /// It has ended.
    ///
    /// # Panics
    /// If it was killed and not restarted.
    pub fn resume(&self) -> io::Result<()> {
        self.process().resume()
    }

    /// Sends a command over a connection of its own and waits for the reply; errors that Redis answers are replies.
    ///
    /// # Errors
    /// It is not running, closes the connection, or does not answer within 20 s.
    pub async fn command(&self, words: &[&str]) -> io::Result<Reply> {
        let words: Vec<_> = words.iter().map(|word| word.as_bytes()).collect();
        self.converse().await?.ask(&words).await
    }

    fn process(&self) -> &Process {
        self.process.as_ref().expect("the server runs: it is not killed, or restarted since")
    }

    fn socket(&self) -> PathBuf {
        socket(self.folder.path())
    }

    /// A connection that has introduced itself.
    async fn converse(&self) -> io::Result<Conversation<UnixStream>> {
        let mut conversation = Conversation::new(UnixStream::connect(self.socket()).await?);
        if let Some((user, password)) = self.options.credentials() {
            conversation.must(&[b"AUTH", user.as_bytes(), password.as_bytes()]).await?;
        }
        conversation.must(&[b"CLIENT", b"SETNAME", OWN_NAME.as_bytes()]).await?;
        Ok(conversation)
    }

    /// A server that is configured and not running.
    fn prepare(options: Options) -> Result<Self, StartError> {
        let folder = tempfile::tempdir()?;
        let port = ReservedPort::find()?;
        let tls_port = options.tls.is_some().then(ReservedPort::find).transpose()?;
        let text = options.file(folder.path(), port.number(), tls_port.as_ref().map(ReservedPort::number));
        fs::write(config(folder.path()), text)?;
        Ok(Self { process: None, options, port, tls_port, folder })
    }

    async fn run(&mut self, ready: &[&str]) -> Result<(), StartError> {
        self.process = Some(Process::start(&[config(self.folder.path()).as_os_str()], ready).await?);
        match self.command(&["PING"]).await? {
            Reply::Status(pong) if pong == "PONG" => Ok(()),
            reply => Err(StartError::Ping { reply }),
        }
    }
}

fn config(folder: &Path) -> PathBuf {
    folder.join("redis.conf")
}

fn socket(folder: &Path) -> PathBuf {
    folder.join("redis.sock")
}
