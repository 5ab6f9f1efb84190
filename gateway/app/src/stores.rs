//! Where jobs, credentials and what workers want to find again are kept: in memory, or in Redis.

use std::{fs, io, path::PathBuf, sync::Arc};

use footbridge_config::{Config, Encryption};
use footbridge_runtime::Exit;
use footbridge_schemas::PlatformId;
use footbridge_seal::{Keyring, MasterKey, Secret};
use footbridge_store::{
    JobQueue, MemoryMemos, MemoryQueue, MemoryVault, Memos, RedisMemos, RedisQueue, RedisVault, Results, Vault,
    redis::{EndpointError, Redis, RedisError, Settings},
};

/// What keeps the gateway from its store. Each text names the setting to change.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreProblem {
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    #[error("{0}; redis.required: false starts without it and waits")]
    Redis(#[from] RedisError),
    #[error("encryption.keyFile: {path}: {source}", path = .path.display())]
    KeyFile { path: PathBuf, source: io::Error },
    #[error("encryption.keyFile: {path}: line {line} is not a key of 64 hexadecimal digits", path = .path.display())]
    KeyLine { path: PathBuf, line: usize },
    #[error("encryption.keyFile: {path}: there is no key in it", path = .path.display())]
    NoKey { path: PathBuf },
}

impl StoreProblem {
    /// How the gateway ends because of it.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            // It may be there the next time.
            Self::Redis(RedisError::Unreachable(_)) => Exit::Failed,
            _ => Exit::Misconfigured,
        }
    }
}

/// The stores, before it is known who hears of results.
pub(crate) struct Stores {
    /// The keys: of this boot only, unless the configuration has some.
    pub(crate) keys: Arc<Keyring>,
    redis: Option<Redis>,
}

impl Stores {
    /// Prepares what the configuration asks for. With Redis, waits until it answers, unless it is not required.
    pub(crate) async fn open(config: &Config) -> Result<Self, StoreProblem> {
        let keys = Arc::new(keyring(&config.encryption)?);
        let Some(redis) = &config.redis else {
            return Ok(Self { keys, redis: None });
        };
        let settings = Settings {
            prefix: redis.prefix.clone(),
            connect_timeout: redis.connect_timeout,
            timeout: redis.timeout,
            give_up: redis.give_up,
            lease: redis.lease,
            keep: redis.keep,
            memos_room: redis.memos_max_bytes,
            ca_file: redis.ca_file.clone(),
        };
        // For `rediss://`; an error says that one is installed already.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let opened = Redis::new(redis.url.expose(), settings)?;
        match opened.check().await {
            Ok(()) => tracing::info!("queue and credentials are kept in Redis"),
            Err(RedisError::Unreachable(error)) if !redis.required => {
                tracing::warn!(error, "Redis does not answer; it is not required, so the gateway waits for it");
            }
            Err(error) => return Err(error.into()),
        }
        Ok(Self { keys, redis: Some(opened) })
    }

    /// The queue. `stateless`: the platforms whose jobs any gateway may run.
    pub(crate) fn queue(
        &self,
        config: &Config,
        stateless: Vec<PlatformId>,
        results: Arc<dyn Results>,
    ) -> Arc<dyn JobQueue> {
        let max_bytes = config.jobs.max_pending_bytes;
        match &self.redis {
            Some(redis) => Arc::new(RedisQueue::new(redis, &self.keys, stateless, max_bytes, results)),
            None => Arc::new(MemoryQueue::new(max_bytes, results)),
        }
    }

    /// The vault.
    pub(crate) fn vault(&self, config: &Config) -> Arc<dyn Vault> {
        let ttl = (!config.credentials.ttl.is_zero()).then_some(config.credentials.ttl);
        match &self.redis {
            Some(redis) => Arc::new(RedisVault::new(redis, Arc::clone(&self.keys), ttl)),
            None => Arc::new(MemoryVault::new(Arc::clone(&self.keys), ttl)),
        }
    }

    /// What workers want to find again.
    pub(crate) fn memos(&self, config: &Config) -> Arc<dyn Memos> {
        match &self.redis {
            Some(redis) if shares(config) => Arc::new(RedisMemos::new(redis, &self.keys)),
            _ => Arc::new(MemoryMemos::new()),
        }
    }
}

/// Whether what workers want to find again is shared with other gateways.
pub(crate) fn shares(config: &Config) -> bool {
    config.redis.as_ref().is_some_and(|redis| redis.memos_max_bytes > 0)
}

/// The keys that the configuration names, or a new one.
fn keyring(encryption: &Encryption) -> Result<Keyring, StoreProblem> {
    let keys = match (&encryption.key, &encryption.key_file) {
        (Some(key), _) => std::iter::once(key).chain(&encryption.old_keys).cloned().collect(),
        (None, Some(path)) => key_file(path)?,
        (None, None) => return Ok(Keyring::generate()),
    };
    let mut keys = keys.into_iter().map(|key: Secret<[u8; 32]>| MasterKey::from_bytes(*key.expose()));
    let path = || encryption.key_file.clone().unwrap_or_default();
    let current = keys.next().ok_or_else(|| StoreProblem::NoKey { path: path() })?;
    Ok(Keyring::new(current, keys.collect()))
}

/// One key per line; empty lines are skipped.
fn key_file(path: &PathBuf) -> Result<Vec<Secret<[u8; 32]>>, StoreProblem> {
    let text = fs::read_to_string(path).map_err(|source| StoreProblem::KeyFile { path: path.clone(), source })?;
    let text = Secret::new(text);
    let lines = text.expose().lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            let wrong = || StoreProblem::KeyLine { path: path.clone(), line: number + 1 };
            footbridge_config::key_from_hex(line.trim()).ok_or_else(wrong)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Result<Keyring, StoreProblem> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(file.path(), text).expect("written");
        keyring(&Encryption { key: None, key_file: Some(file.path().to_owned()), old_keys: Vec::new() })
    }

    #[test]
    fn the_first_line_of_a_key_file_seals_and_the_others_open() {
        let (one, other) = ("11".repeat(32), "22".repeat(32));
        let keys = file(&format!("{one}\n\n  {other}\n")).expect("two keys");
        assert_eq!(keys.current().name(), MasterKey::from_bytes([0x11; 32]).name());
        assert_eq!(keys.old().len(), 1);
    }

    #[test]
    fn a_bad_key_file_is_refused_by_line_and_never_shown() {
        let secret = "1".repeat(63);
        let error = file(&format!("{}\n{secret}", "2".repeat(64))).err().expect("refused").to_string();
        assert!(
            error.starts_with("encryption.keyFile: ") && error.contains("line 2") && !error.contains(&secret),
            "{error}"
        );
        assert!(matches!(file("\n"), Err(StoreProblem::NoKey { .. })));
        let absent = Encryption { key: None, key_file: Some("/nonexistent/key".into()), old_keys: Vec::new() };
        assert!(matches!(keyring(&absent), Err(StoreProblem::KeyFile { .. })));
    }
}
