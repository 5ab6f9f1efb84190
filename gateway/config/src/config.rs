//! The settings as meant: the sum of small parts, so that each component is given its own.

use std::path::PathBuf;

use crate::origins::Origins;
use crate::sections::callbacks::Callbacks;
use crate::sections::credential_check::ClientAddress;
use crate::sections::credentials::Credentials;
use crate::sections::encryption::Encryption;
use crate::sections::ident::Ident;
use crate::sections::jobs::Jobs;
use crate::sections::limits::Limits;
use crate::sections::logging::Logging;
use crate::sections::metrics::Metrics;
use crate::sections::package_config::PackageConfig;
use crate::sections::platform_heartbeat::Heartbeat;
use crate::sections::platform_restart::PlatformRestart;
use crate::sections::platform_start::PlatformStart;
use crate::sections::public::Public;
use crate::sections::rate_limiter::RateLimiter;
use crate::sections::redis::Redis;
use crate::sections::sandbox::Sandbox;
use crate::sections::session::Session;
use crate::sections::shutdown::Shutdown;
use crate::sections::sockethub::Listen;

/// Everything that can be set and that this build honours. Not to be compared, as secrets are among it.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen.
    pub listen: Listen,
    /// The Socket.IO door and the pages beside it.
    pub door: Door,
    /// Events per session, sessions per address.
    pub rate: RateLimiter,
    /// Where the address of a client comes from.
    pub client_address: ClientAddress,
    /// Whether an anonymous session finds what one from its address with its credentials has left.
    pub resume_by_address: bool,
    /// Limits of the whole gateway.
    pub limits: Limits,
    /// Confinement of workers.
    pub sandbox: Sandbox,
    /// How long credentials are kept.
    pub credentials: Credentials,
    /// Watching over workers; `None`: silence is never held against them.
    pub heartbeat: Option<Heartbeat>,
    /// Starting workers.
    pub start: PlatformStart,
    /// Bringing instances back whose worker died.
    pub restart: PlatformRestart,
    /// Jobs on their way through the gateway.
    pub jobs: Jobs,
    /// One client's connection, and what outlives it.
    pub session: Session,
    /// An orderly end.
    pub shutdown: Shutdown,
    /// Counters for whoever runs it.
    pub metrics: Metrics,
    /// Answers for servers that ask who is behind a connection.
    pub ident: Ident,
    /// Where other servers reach this gateway.
    pub callbacks: Callbacks,
    /// Where queue and credentials are kept; `None`: in memory.
    pub redis: Option<Redis>,
    /// Keys for what is kept outside of the gateway.
    pub encryption: Encryption,
    /// Ids of the platforms to offer, each once, in the order in which clients see them.
    pub platforms: Vec<String>,
    /// Settings of platforms, by id.
    pub package_config: PackageConfig,
    /// Folder of the worker binaries and platform manifests; `None`: the folder of the gateway binary.
    pub platform_dir: Option<PathBuf>,
    /// What is logged.
    pub log: Logging,
}

/// The Socket.IO door (core.md 1) and the pages beside it (core.md 8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Door {
    /// Path of the Socket.IO endpoint, with a leading and without a trailing slash.
    pub path: String,
    /// Largest message, in bytes (core.md 2.7).
    pub max_payload: usize,
    /// Pages that may connect (core.md 7.4).
    pub cors: Origins,
    /// Whether `context: "<platform>"` is accepted in place of `@context` (core.md 1.7).
    pub legacy_context: bool,
    /// Whether the start page is served.
    pub examples: bool,
    /// The address that the start page tells browsers.
    pub public: Public,
}
