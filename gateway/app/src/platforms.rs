//! Which platforms there are, and how their workers start.

use std::{
    collections::HashMap,
    fs, io,
    num::NonZeroU16,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use footbridge_config::{Config, SandboxMode, StartMethod};
use footbridge_schemas::{Manifest, PlatformId, Schemas};
use footbridge_supervisor::{Launch, Method, Pace, RestartPolicy, Sandbox, Spawner};
use footbridge_wire::{Confine, LogLevel, Mode};

use crate::stores;

/// The setting that says how many workers a stateless platform may have …
const WORKERS: &str = "workers";
/// … and the most that it may say.
const MOST_WORKERS: NonZeroU16 = NonZeroU16::new(64).expect("sixty-four is not zero");

/// What makes a platform unusable. Each stops the start, with all others named beside it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlatformProblem {
    #[error("platforms: '{id}' is not available; available: {available}")]
    Unknown { id: String, available: String },
    #[error("platforms: '{id}' has no worker at {program}; platformDir names the folder of the workers", program = .program.display())]
    NoWorker { id: String, program: PathBuf },
    #[error("{path}: {source}", path = .path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{path}: {source}", path = .path.display())]
    Manifest { path: PathBuf, source: footbridge_schemas::ManifestError },
    #[error(transparent)]
    Schemas(#[from] footbridge_schemas::SchemaError),
}

/// The enabled platforms.
pub(crate) struct Platforms {
    pub(crate) schemas: Arc<Schemas>,
    pub(crate) launches: HashMap<PlatformId, Arc<Launch>>,
}

/// Loads the platforms that the configuration enables, in its order.
///
/// A platform is known by its manifest: those of this build are embedded; more may lie beside the workers, as
/// `footbridge-<id>.platform.json`.
pub(crate) fn load(config: &Config, version: &str) -> Result<Platforms, Vec<PlatformProblem>> {
    let folder = config.platform_dir.clone().unwrap_or_else(own_folder);
    let mut known = Manifest::builtin();
    known.extend(manifests_in(&folder)?);
    let mut problems = Vec::new();
    let mut enabled = Vec::new();
    let mut launches = HashMap::new();
    for id in &config.platforms {
        let Some(manifest) = known.iter().find(|manifest| manifest.id.as_str() == id) else {
            let available = known.iter().map(|manifest| manifest.id.to_string()).collect::<Vec<_>>().join(", ");
            problems.push(PlatformProblem::Unknown { id: id.clone(), available });
            continue;
        };
        let program = folder.join(format!("footbridge-{id}"));
        if !program.is_file() {
            problems.push(PlatformProblem::NoWorker { id: id.clone(), program });
            continue;
        }
        let mut manifest = manifest.clone();
        if let Some(concurrency) = number(config, id, "concurrency") {
            manifest.concurrency = concurrency;
        }
        if let Some(workers) = number(config, id, WORKERS) {
            manifest.workers = workers.min(MOST_WORKERS);
        }
        launches.insert(manifest.id.clone(), Arc::new(launch(config, &manifest, program)));
        enabled.push(manifest);
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let schemas = Schemas::compile(version, enabled, config.door.legacy_context).map_err(|error| vec![error.into()])?;
    tracing::info!(mode = config.sandbox.mode.as_str(), "sandbox.mode: how workers are confined");
    Ok(Platforms { schemas: Arc::new(schemas), launches })
}

/// The folder of this binary: workers are installed beside it.
fn own_folder() -> PathBuf {
    std::env::current_exe().ok().and_then(|path| path.parent().map(Path::to_owned)).unwrap_or_default()
}

fn manifests_in(folder: &Path) -> Result<Vec<Manifest>, Vec<PlatformProblem>> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        |source| vec![PlatformProblem::Unreadable { path, source }]
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable(folder))? {
        let path = entry.map_err(unreadable(folder))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with("footbridge-") && name.ends_with(".platform.json") {
            paths.push(path);
        }
    }
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).map_err(unreadable(&path))?;
            Manifest::parse(&text).map_err(|source| vec![PlatformProblem::Manifest { path, source }])
        })
        .collect()
}

/// `packageConfig` of a platform.
fn settings<'a>(config: &'a Config, id: &str) -> Option<&'a serde_json::Map<String, serde_json::Value>> {
    config.package_config.get(id)
}

/// A number that is for the gateway. Of platforms that the configuration does not know it has not been checked.
fn number(config: &Config, id: &str, key: &str) -> Option<NonZeroU16> {
    let value = settings(config, id)?.get(key)?.as_u64()?;
    NonZeroU16::new(u16::try_from(value).unwrap_or(u16::MAX))
}

fn launch(config: &Config, manifest: &Manifest, program: PathBuf) -> Launch {
    let mut settings = settings(config, manifest.id.as_str()).cloned().unwrap_or_default();
    if !manifest.persist {
        // No worker knows how many there are, nor has to know the key.
        settings.remove(WORKERS);
    }
    Launch {
        platform: manifest.id.clone(),
        program,
        settings: Bytes::from(serde_json::Value::Object(settings).to_string()),
        persistent: manifest.persist,
        log_level: match config.log.level {
            footbridge_config::Level::Error => LogLevel::Error,
            footbridge_config::Level::Warn => LogLevel::Warn,
            footbridge_config::Level::Info => LogLevel::Info,
            footbridge_config::Level::Debug => LogLevel::Debug,
        },
        spawner: Spawner::new(match config.start.method {
            StartMethod::Nursery => Method::Nursery,
            StartMethod::Exec => Method::Exec,
        }),
        sandbox: Sandbox::new(confine(config)),
        pace: Pace {
            start: config.start.timeout,
            beat: config.heartbeat.map_or(Duration::ZERO, |heartbeat| heartbeat.interval),
            silence: config.heartbeat.map_or(Duration::ZERO, |heartbeat| heartbeat.timeout),
            job: config.jobs.timeout,
            connect: config.jobs.connect_timeout,
            linger: if manifest.persist {
                config.session.linger_of(manifest.id.as_str())
            } else {
                config.limits.idle_worker
            },
        },
        restart: RestartPolicy {
            times: config.restart.max_times,
            within: config.restart.within,
            pause: config.restart.pause,
        },
        restore: manifest.restore.clone(),
        backlog: config.session.backlog(),
        shares: stores::shares(config),
        callback: config.callbacks.url.as_ref().map(|url| format!("{url}/{}/", manifest.id)),
        workers: manifest.workers,
        concurrency: manifest.concurrency,
        repeatable: manifest.repeatable.clone(),
    }
}

/// What every worker gives up.
fn confine(config: &Config) -> Confine {
    let limits = &config.limits;
    // Whole numbers of the machine's size, which is 64 bits where there is seccomp.
    let wide = |limit: Option<usize>| limit.map(|limit| u64::try_from(limit).unwrap_or(u64::MAX));
    Confine {
        mode: match config.sandbox.mode {
            SandboxMode::Off => Mode::Off,
            SandboxMode::Preferred => Mode::Preferred,
            SandboxMode::Required => Mode::Required,
        },
        memory: wide(limits.worker_memory_bytes),
        open_files: wide(limits.worker_open_files),
        cpu_seconds: wide(limits.worker_cpu_seconds_per_minute),
    }
}
