//! `session`: what is kept for one client, and for how long after it left.

use std::collections::BTreeMap;
use std::time::Duration;

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
}

// === impl Session ===

impl Session {
    /// How long an instance of a platform stays when its last session is gone.
    pub fn linger_of(&self, platform: &str) -> Duration {
        let own = self.lingers.iter().find(|(name, _)| platforms::id(name) == Some(platform));
        own.map_or(self.linger, |(_, milliseconds)| Duration::from_millis(*milliseconds))
    }
}
