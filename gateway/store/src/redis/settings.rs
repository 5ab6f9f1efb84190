//! How a store in Redis behaves.

use std::{path::PathBuf, time::Duration};

/// What queue, vault and memos need to know; the names in brackets are those of the configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    /// First part of every key (`redis.prefix`).
    pub prefix: String,
    /// How long making a connection may take (`redis.connectTimeout`).
    pub connect_timeout: Duration,
    /// How long one reply may take (`redis.timeoutMs`).
    pub timeout: Duration,
    /// After Redis was out of reach for so long, what waits fails, and new jobs are refused (`redis.giveUpMs`).
    pub give_up: Duration,
    /// How long a node that says nothing is believed to live; others then take over its jobs (`redis.leaseMs`).
    pub lease: Duration,
    /// How long what a dead node leaves behind stays in Redis (`redis.keepMs`).
    pub keep: Duration,
    /// Bytes of what workers keep that each gateway has in Redis (`redis.memosMaxBytes`).
    pub memos_room: usize,
    /// PEM certificates to trust instead of the system's (`redis.caFile`).
    pub ca_file: Option<PathBuf>,
}

impl Settings {
    /// How often a node renews its lease and looks after the others: three times within it.
    pub(super) fn renewal(&self) -> Duration {
        self.lease / 3
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            prefix: "sockethub".into(),
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(2),
            give_up: Duration::from_secs(10),
            lease: Duration::from_secs(10),
            keep: Duration::from_hours(1),
            memos_room: 128 * 1024 * 1024,
            ca_file: None,
        }
    }
}
