//! `session`: what is kept for one client, and for how long after it left.

use std::collections::BTreeMap;
use std::time::Duration;

use footbridge_runtime::Bounds;
use serde::Deserialize;

use super::{platforms, units};
use crate::kind::Kind;
use crate::setting::{Fallback, Setting};

pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new(
        "session.maxPendingBytes",
        Kind::Integer { min: 1 },
        Fallback::Integer(16_777_216),
        "Bytes that may wait for one session to read them; a slower one is disconnected",
    )
    .our_own(),
    Setting::new(
        "session.lingerMs",
        Kind::Integer { min: 0 },
        Fallback::Integer(20_000),
        "How long a platform instance outlives its last session, in milliseconds",
    )
    .our_own(),
    Setting::new(
        "session.linger",
        Kind::MillisecondsByPlatform,
        Fallback::EmptyObject,
        "The same for single platforms, by their names; {\"xmpp\": 259200000} keeps XMPP connections for three days",
    )
    .our_own(),
    Setting::new(
        "session.recovery",
        Kind::Bool,
        Fallback::Bool(true),
        "Whether a client whose connection broke gets what it missed when it returns: each `message` event carries its \
         number as a second argument; off for clients whose handlers take exactly one argument",
    )
    .our_own(),
    Setting::new(
        "session.backlogMessages",
        Kind::Integer { min: 0 },
        Fallback::Integer(1000),
        "Messages kept for each client that is away, and of each instance while nobody is there; the oldest fall out",
    )
    .our_own(),
    Setting::new(
        "session.backlogBytes",
        Kind::Integer { min: 0 },
        Fallback::Integer(1_048_576),
        "Bytes of these messages; the oldest fall out",
    )
    .our_own(),
    Setting::new(
        "session.backlogAgeMs",
        Kind::Integer { min: 0 },
        Fallback::Integer(86_400_000),
        "How long each of them is kept, in milliseconds",
    )
    .our_own(),
];

/// One client's connection, and what outlives it (core.md 3.7).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Bytes that may wait for one session to read them.
    pub max_pending_bytes: usize,
    /// How long a platform instance stays when its last session is gone.
    #[serde(rename = "lingerMs", deserialize_with = "units::milliseconds")]
    pub linger: Duration,
    /// The same for single platforms.
    #[serde(rename = "linger")]
    lingers: BTreeMap<String, u64>,
    /// Whether a client whose connection broke may come back to its session.
    pub recovery: bool,
    /// Messages kept for a client that is away, and of an instance while nobody is there.
    pub backlog_messages: usize,
    /// Bytes of them.
    pub backlog_bytes: usize,
    /// How long each is kept.
    #[serde(rename = "backlogAgeMs", deserialize_with = "units::milliseconds")]
    pub backlog_age: Duration,
}

// === impl Session ===

impl Session {
    /// How long an instance of a platform stays when its last session is gone.
    pub fn linger_of(&self, platform: &str) -> Duration {
        let own = self.lingers.iter().find(|(name, _)| platforms::id(name) == Some(platform));
        own.map_or(self.linger, |(_, milliseconds)| Duration::from_millis(*milliseconds))
    }

    /// What is kept for a client that is away, and of an instance while nobody is there.
    pub fn backlog(&self) -> Bounds {
        Bounds { entries: self.backlog_messages, bytes: self.backlog_bytes, age: self.backlog_age }
    }
}
