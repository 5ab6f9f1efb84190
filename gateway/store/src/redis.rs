//! Queue, vault and memos in Redis 6.2 or newer, or Valkey: sealed, so that Redis knows nothing; jobs that nobody has begun
//! outlive the gateway; several gateways share the work.
//!
//! Each gateway process is a *node* with a stream of its own: for jobs of the instances it owns, and for news of jobs
//! that other nodes run for its sessions. Jobs of stateless platforms lie in one stream per platform that all nodes
//! read. A node writes in *rounds* and reads with one blocked read, so that it needs few connections however many
//! workers it has. A job begins when its entry is taken out of its stream, which only one node can: it is never begun
//! twice, and one that was begun by a node that died is not run again (core.md 4.6).
//!
//! - [`settings`]: how all this behaves
//! - [`endpoint`]: where Redis is
//! - `ledger`: what a node knows, as plain data
//! - `scripts`, `record`, `names`: what is in Redis, and how it gets there
//! - `queue` with `writer`, `reader`, `keeper`, `contact`: the tasks of a node
//! - `vault`: credentials; `memos`: what workers want to find again

mod contact;
pub mod endpoint;
mod keeper;
mod ledger;
mod memos;
mod names;
mod pool;
mod queue;
mod reader;
mod record;
mod scripts;
pub mod settings;
mod vault;
mod writer;

use std::sync::Arc;

use self::{endpoint::Endpoint, pool::Connections};
pub use self::{endpoint::EndpointError, memos::RedisMemos, queue::RedisQueue, settings::Settings, vault::RedisVault};

/// The oldest version that knows all commands used.
const OLDEST: (u32, u32) = (6, 2);

/// A Redis, with at most four connections to it.
#[derive(Clone)]
pub struct Redis {
    connections: Connections,
    settings: Arc<Settings>,
}

/// Why Redis cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RedisError {
    /// There is no connection, or no answer.
    #[error("redis.url: Redis cannot be reached: {0}")]
    Unreachable(String),
    /// It lacks commands that are needed.
    #[error("redis.url: version {0} is too old; 6.2 or newer is needed, or Valkey")]
    TooOld(String),
}

impl Redis {
    /// Prepares connections to the Redis at `url`; none is made yet. Must be called within a runtime.
    ///
    /// # Errors
    /// The URL is none, or the certificates cannot be read.
    pub fn new(url: &str, settings: Settings) -> Result<Self, EndpointError> {
        let endpoint = Endpoint::parse(url, &settings)?;
        Ok(Self { connections: Connections::new(endpoint, &settings), settings: Arc::new(settings) })
    }

    /// Whether Redis answers, and is new enough.
    ///
    /// # Errors
    /// [`RedisError`], within `redis.connectTimeout` and `redis.timeoutMs`.
    pub async fn check(&self) -> Result<(), RedisError> {
        let info = async {
            let mut link = self.connections.own().await?;
            redis::cmd("INFO").arg("server").query_async::<String>(link.connection()).await
        };
        let info = info.await.map_err(|error| RedisError::Unreachable(error.to_string()))?;
        let version = info.lines().find_map(|line| line.strip_prefix("redis_version:")).unwrap_or("0").trim();
        let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
        let found = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
        if found < OLDEST { Err(RedisError::TooOld(version.into())) } else { Ok(()) }
    }
}
