//! From values by path to settings as meant.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use crate::command::Defaults;
use crate::config::{Config, Door};
use crate::layer::Values;
use crate::notice::Notice;
use crate::origins::Origins;
use crate::printable;
use crate::problem::Problem;
use crate::sections::callbacks::Callbacks;
use crate::sections::credential_check::{ClientAddress, CredentialCheck};
use crate::sections::credentials::Credentials;
use crate::sections::encryption::Encryption;
use crate::sections::ident::Ident;
use crate::sections::jobs::Jobs;
use crate::sections::limits::Limits;
use crate::sections::logging::Logging;
use crate::sections::metrics::Metrics;
use crate::sections::package_config::{self, PackageConfig};
use crate::sections::platform_heartbeat::{Heartbeat, PlatformHeartbeat};
use crate::sections::platform_restart::PlatformRestart;
use crate::sections::platform_start::PlatformStart;
use crate::sections::platforms;
use crate::sections::public::Public;
use crate::sections::rate_limiter::RateLimiter;
use crate::sections::redis::Redis;
use crate::sections::sandbox::Sandbox;
use crate::sections::session::Session;
use crate::sections::shutdown::Shutdown;
use crate::sections::sockethub::{Listen, Sockethub};
use crate::table;

/// A configuration that nothing is wrong with.
#[derive(Debug)]
pub struct Resolved {
    /// The settings as meant.
    pub config: Config,
    /// What to warn of at the start.
    pub notices: Vec<Notice>,
    /// Made at once, so that no second copy of a secret stays.
    printable: Value,
}

/// The settings as written, after all layers are laid over one another.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    examples: bool,
    info: bool,
    legacy_context: bool,
    platform_dir: Option<PathBuf>,
    sockethub: Sockethub,
    public: Public,
    platforms: Vec<String>,
    package_config: PackageConfig,
    logging: Logging,
    credentials: Credentials,
    credential_check: CredentialCheck,
    rate_limiter: RateLimiter,
    limits: Limits,
    sandbox: Sandbox,
    platform_heartbeat: PlatformHeartbeat,
    platform_start: PlatformStart,
    platform_restart: PlatformRestart,
    jobs: Jobs,
    session: Session,
    shutdown: Shutdown,
    metrics: Metrics,
    ident: Ident,
    callbacks: Callbacks,
    redis: Redis,
    encryption: Encryption,
}

// === impl Resolved ===

impl Resolved {
    /// Settings as meant, and whether they are to be printed rather than used.
    ///
    /// # Errors
    /// All contradictions between settings.
    pub(crate) fn new(values: Values, mut notices: Vec<Notice>, cwd: &Path) -> Result<(Self, bool), Vec<Problem>> {
        notices.extend(ignored(&values));
        let printable = printable::without_secrets(&values);
        let file: File = serde_json::from_value(table::nest(values).into())
            .expect("the table has every setting, and accepts only what its section reads");
        let problems = file.encryption.problems();
        if !problems.is_empty() {
            return Err(problems);
        }
        let info = file.info;
        let config = file.resolve(cwd, &mut notices);
        Ok((Self { config, notices, printable }, info))
    }

    /// The effective settings as a file would hold them, secrets hidden: for `--info`.
    pub fn printable(&self) -> Value {
        self.printable.clone()
    }
}

/// Settings that differ from their defaults without any effect. Where the default is "unset", any value differs.
fn ignored(values: &Values) -> impl Iterator<Item = Notice> {
    table::settings().filter_map(|setting| {
        let reason = setting.ignored?;
        // The platforms, the only default that depends on the caller, are never ignored.
        let default = setting.default.value(Defaults { platforms: &[] });
        (values[setting.path] != default).then_some(Notice::Ignored { path: setting.path, reason })
    })
}

// === impl File ===

impl File {
    fn resolve(self, cwd: &Path, notices: &mut Vec<Notice>) -> Config {
        let resume_by_address = self.credential_check.resume_by_address;
        let client_address = ClientAddress::from(self.credential_check);
        if let ClientAddress::Proxy { header } = &client_address {
            notices.push(Notice::ProxyHeader { header: header.clone() });
        }
        let redis = self.redis.resolve(cwd);
        if redis.is_some() && !self.encryption.is_lasting() {
            notices.push(Notice::NoKey);
        }
        Config {
            listen: Listen { host: self.sockethub.host, port: self.sockethub.port },
            door: Door {
                path: self.sockethub.path,
                max_payload: self.sockethub.max_payload_bytes,
                cors: Origins::parse(&self.sockethub.cors.origin, notices),
                legacy_context: self.legacy_context,
                examples: self.examples,
                public: self.public,
            },
            rate: self.rate_limiter,
            client_address,
            resume_by_address,
            limits: self.limits,
            sandbox: self.sandbox,
            credentials: self.credentials,
            heartbeat: Heartbeat::from_written(&self.platform_heartbeat),
            start: self.platform_start,
            restart: self.platform_restart,
            jobs: self.jobs,
            session: self.session,
            shutdown: self.shutdown,
            metrics: self.metrics,
            ident: self.ident,
            callbacks: self.callbacks,
            redis,
            encryption: self.encryption.resolve(cwd),
            platforms: platforms::ids(&self.platforms),
            package_config: package_config::by_id(self.package_config),
            platform_dir: self.platform_dir.map(|folder| cwd.join(folder)),
            log: self.logging,
        }
    }
}
