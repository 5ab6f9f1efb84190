//! What is needed to start a worker of a platform.

use std::{path::PathBuf, time::Duration};

use bytes::Bytes;
use footbridge_schemas::PlatformId;
use footbridge_wire::LogLevel;

/// How to start the worker of one platform. The same for all its instances.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The platform; the worker must name the same one in its greeting.
    pub platform: PlatformId,
    /// Path of the worker binary.
    pub program: PathBuf,
    /// The platform's settings, a JSON object (`packageConfig`).
    pub settings: Bytes,
    /// Whether instances belong to an actor and end when nobody is attached any more.
    pub persistent: bool,
    /// Least severe level of the worker's log lines that is wanted.
    pub log_level: LogLevel,
    /// Deadlines.
    pub pace: Pace,
}

/// The times that rule an instance's life. Each has its setting, named in `docs/configuration.md`.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// From spawn to the worker's greeting (`platformStart.timeoutMs`).
    pub start: Duration,
    /// Between two beats (`platformHeartbeat.intervalMs`); zero: no heartbeat.
    pub beat: Duration,
    /// Silence after which a ready worker counts as hung (`platformHeartbeat.timeoutMs`); zero: never.
    pub silence: Duration,
    /// How long a worker may hold a job (`jobs.timeoutMs`).
    pub job: Duration,
    /// How long a persistent instance outlives its last session (`session.lingerMs`).
    pub linger: Duration,
}

impl Pace {
    /// Whether a heartbeat is kept: core.md 5.3, "either value <= 0 disables it".
    pub fn has_heartbeat(&self) -> bool {
        !self.beat.is_zero() && !self.silence.is_zero()
    }
}
