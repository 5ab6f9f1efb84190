//! `session`: what is kept for one client, and for how long after it left.

use std::time::Duration;

use serde::Deserialize;

use super::units;
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
];

/// One client's connection, and what outlives it (core.md 3.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Bytes that may wait for one session to read them.
    pub max_pending_bytes: usize,
    /// How long a platform instance stays when its last session is gone.
    #[serde(rename = "lingerMs", deserialize_with = "units::milliseconds")]
    pub linger: Duration,
}
