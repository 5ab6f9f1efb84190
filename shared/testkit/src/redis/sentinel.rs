//! A Sentinel, which promotes a replica when the primary is gone.

use std::{ffi::OsStr, fs, io};

use tempfile::TempDir;
use tokio::net::TcpStream;

use super::{
    Reply, StartError, config,
    options::ConfigFile,
    process::{Process, ReservedPort},
    reply::Conversation,
};

/// The name by which clients ask for the primary.
const MASTER: &str = "gateway";

/// What a Sentinel says when it runs.
const READY: &str = "Sentinel ID is";

/// What a Sentinel says of each replica it gets to know.
const REPLICA_FOUND: &str = "+slave slave";

/// A Sentinel that watches one primary, by the name `gateway`, and decides alone (quorum 1).
///
/// It holds a primary for dead that has been silent for 300 ms, and tries a failover for 1 s. Dropping it kills it.
pub struct Sentinel {
    _process: Process,
    port: ReservedPort,
    _folder: TempDir,
}

impl Sentinel {
    /// Starts a Sentinel and waits until it knows the primary and the replicas that the primary has by now.
    ///
    /// The primary must be without password.
    ///
    /// # Errors
    /// As [`super::Server::start`].
    pub async fn start(master_port: u16) -> Result<Self, StartError> {
        let replicas = replicas(master_port).await?;
        let folder = tempfile::tempdir()?;
        let port = ReservedPort::find()?;
        let mut file = ConfigFile::on_loopback(folder.path(), port.number());
        file.set("sentinel", &["monitor", MASTER, "127.0.0.1", &master_port.to_string(), "1"]);
        file.set("sentinel", &["down-after-milliseconds", MASTER, "300"]);
        file.set("sentinel", &["failover-timeout", MASTER, "1000"]);
        let config = config(folder.path());
        fs::write(&config, file.0)?;
        let mut ready = vec![READY];
        ready.resize(1 + replicas, REPLICA_FOUND);
        let process = Process::start(&[config.as_os_str(), OsStr::new("--sentinel")], &ready).await?;
        Ok(Self { _process: process, port, _folder: folder })
    }

    /// `redis+sentinel://127.0.0.1:<port>/gateway`, with `/<db>` behind it if that is not 0.
    pub fn url(&self, db: u32) -> String {
        let url = format!("redis+sentinel://127.0.0.1:{}/{MASTER}", self.port.number());
        if db == 0 { url } else { format!("{url}/{db}") }
    }

    /// The port of the primary, as the Sentinel knows it.
    ///
    /// # Errors
    /// It does not answer, or with something else.
    pub async fn master_port(&self) -> io::Result<u16> {
        let address =
            self.converse().await?.must(&[b"SENTINEL", b"GET-MASTER-ADDR-BY-NAME", MASTER.as_bytes()]).await?;
        let port = address.items().get(1).and_then(Reply::text).and_then(|port| port.parse().ok());
        port.ok_or_else(|| io::Error::other(format!("the Sentinel answers {address:?}")))
    }

    /// Waits until the primary is another than that on `port`, and tells its port.
    ///
    /// # Errors
    /// There is no failover within 20 s, or the Sentinel does not answer.
    pub async fn master_other_than(&self, port: u16) -> io::Result<u16> {
        // Subscribed before it asks, it cannot miss a change.
        let mut changes = self.converse().await?;
        changes.must(&[b"SUBSCRIBE", b"+switch-master"]).await?;
        loop {
            let master = self.master_port().await?;
            if master != port {
                return Ok(master);
            }
            changes.hear().await?;
        }
    }

    async fn converse(&self) -> io::Result<Conversation<TcpStream>> {
        Ok(Conversation::new(TcpStream::connect(("127.0.0.1", self.port.number())).await?))
    }
}

/// How many replicas are connected to a primary.
async fn replicas(master_port: u16) -> io::Result<usize> {
    let mut conversation = Conversation::new(TcpStream::connect(("127.0.0.1", master_port)).await?);
    let info = conversation.must(&[b"INFO", b"replication"]).await?;
    let count = info.text().and_then(|text| text.lines().find_map(|line| line.strip_prefix("connected_slaves:")));
    count.and_then(|count| count.parse().ok()).ok_or_else(|| io::Error::other(format!("no primary: {info:?}")))
}
