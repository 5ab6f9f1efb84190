//! What is needed to start a worker of a platform.

use std::{path::PathBuf, time::Duration};

use bytes::Bytes;
use footbridge_runtime::Bounds;
use footbridge_schemas::PlatformId;
pub use footbridge_schemas::Restore;
use footbridge_wire::LogLevel;

use crate::restart::RestartPolicy;

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
    /// How often a connected instance gets a new worker.
    pub restart: RestartPolicy,
    /// Verbs that bring an instance back, in the platform's own words.
    pub restore: Vec<Restore>,
    /// What an instance keeps for sessions while nobody is here.
    pub backlog: Bounds,
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
    /// The same for credential verbs (`jobs.connectTimeoutMs`).
    pub connect: Duration,
    /// How long a persistent instance outlives its last session (`session.lingerMs`, `session.linger`), and a stateless
    /// worker its last job (`limits.idleWorkerMs`).
    pub linger: Duration,
}

impl Pace {
    /// Whether a heartbeat is kept: core.md 5.3, "either value <= 0 disables it".
    pub fn has_heartbeat(&self) -> bool {
        !self.beat.is_zero() && !self.silence.is_zero()
    }
}
