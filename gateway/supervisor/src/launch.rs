//! What is needed to start a worker of a platform.

use std::{num::NonZeroU16, path::PathBuf, time::Duration};

use bytes::Bytes;
use footbridge_runtime::Bounds;
use footbridge_schemas::PlatformId;
pub use footbridge_schemas::Restore;
use footbridge_wire::{Confine, LogLevel};

use crate::{
    confinement::Sandbox,
    restart::RestartPolicy,
    spawner::{Method, Spawner},
};

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
    /// How a process comes to be. Clones of this launch share it, and with it their nursery.
    pub spawner: Spawner,
    /// What a worker gives up at the greeting.
    pub sandbox: Sandbox,
    /// Deadlines.
    pub pace: Pace,
    /// How often a connected instance gets a new worker.
    pub restart: RestartPolicy,
    /// Verbs that bring an instance back, in the platform's own words.
    pub restore: Vec<Restore>,
    /// What an instance keeps for sessions while nobody is here.
    pub backlog: Bounds,
    /// Whether other gateways find what its workers want to have kept.
    pub shares: bool,
    /// Where its workers can be called from outside, ending in `/`; `None`: nowhere.
    pub callback: Option<String>,
    /// Workers that a stateless platform may have at a time (`packageConfig.….workers`).
    pub workers: NonZeroU16,
    /// Jobs that one worker of a stateless platform runs at a time (`packageConfig.….concurrency`); more wait.
    pub concurrency: NonZeroU16,
    /// Verbs of a stateless platform that may be run a second time, when the worker ended that ran them among others.
    pub repeatable: Vec<String>,
}

impl Launch {
    /// The worker `program` of a stateless platform, as it starts where nothing is set: unconfined, by exec, patiently,
    /// without a heartbeat. For whoever starts workers without a gateway around them.
    pub fn bare(platform: PlatformId, program: PathBuf) -> Self {
        const LONG: Duration = Duration::from_mins(1);
        Self {
            platform,
            program,
            settings: Bytes::from_static(b"{}"),
            persistent: false,
            log_level: LogLevel::Info,
            spawner: Spawner::new(Method::Exec),
            sandbox: Sandbox::new(Confine::default()),
            pace: Pace {
                start: LONG,
                beat: Duration::ZERO,
                silence: Duration::ZERO,
                job: LONG,
                connect: LONG,
                linger: LONG,
            },
            restart: RestartPolicy { times: 0, within: LONG, pause: Duration::ZERO },
            restore: Vec::new(),
            backlog: Bounds { entries: 0, bytes: 0, age: LONG },
            shares: false,
            callback: None,
            workers: NonZeroU16::MIN,
            concurrency: NonZeroU16::MAX,
            repeatable: Vec::new(),
        }
    }
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
