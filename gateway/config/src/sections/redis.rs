//! `redis`: where queue and credentials are kept when they are to outlive the gateway.

use std::path::{Path, PathBuf};
use std::time::Duration;

use footbridge_seal::Secret;
use serde::{Deserialize, Deserializer};

use super::units;
use crate::kind::Kind;
use crate::setting::{Fallback, Secrecy, Setting};

pub(crate) const SETTINGS: &[Setting] = &[
    // Unset rather than Sockethub's address: without a Redis there is nothing to install.
    Setting::new(
        "redis.url",
        Kind::RedisUrl,
        Fallback::Unset,
        "Redis to keep queue and credentials in, so that they outlive the gateway; unset or empty: in memory",
    )
    .variable("REDIS_URL")
    .switch("redis.url")
    .kept_secret(Secrecy::UrlParts),
    Setting::new(
        "redis.connectTimeout",
        Kind::MILLISECONDS,
        Fallback::Integer(10_000),
        "How long connecting to Redis may take, in milliseconds; 0: as long as redis.giveUpMs",
    ),
    Setting::new(
        "redis.timeoutMs",
        Kind::Integer { min: 100 },
        Fallback::Integer(2000),
        "How long Redis may take for one reply, in milliseconds; more for a distant or busy one",
    )
    .our_own(),
    Setting::new(
        "redis.giveUpMs",
        Kind::Integer { min: 500 },
        Fallback::Integer(10_000),
        "After Redis has been out of reach for so long, in milliseconds, waiting jobs fail and new ones are refused; \
         more sits out a restart of Redis, less tells clients sooner",
    )
    .our_own(),
    Setting::new(
        "redis.leaseMs",
        Kind::Integer { min: 1000 },
        Fallback::Integer(10_000),
        "How long a gateway that Redis does not hear of counts as alive, in milliseconds; then another one that shares \
         the Redis and the key, or the next one started, takes over its waiting jobs",
    )
    .our_own(),
    Setting::new(
        "redis.keepMs",
        Kind::Integer { min: 60_000 },
        Fallback::Integer(3_600_000),
        "How long what a gateway leaves behind stays in Redis, in milliseconds; make it longer than one may be away",
    )
    .our_own(),
    Setting::new(
        "redis.memosMaxBytes",
        Kind::Integer { min: 0 },
        Fallback::Integer(128 * 1024 * 1024),
        "Bytes of what workers want to find again, pages above all, that each gateway keeps in Redis; what would end \
         soonest makes room. 0: none, so that each worker has only what it fetched itself",
    )
    .our_own(),
    Setting::new(
        "redis.required",
        Kind::Bool,
        Fallback::Bool(true),
        "Whether the start fails when Redis cannot be reached; false: the gateway starts and waits for it",
    )
    .our_own(),
    Setting::new(
        "redis.prefix",
        Kind::RedisPrefix,
        Fallback::Text("sockethub"),
        "First part of every key's name; another one for each installation that shares the Redis",
    )
    .our_own(),
    Setting::new(
        "redis.caFile",
        Kind::Path,
        Fallback::Unset,
        "PEM file of the certificates to trust for TLS in place of the system's, for a Redis whose certificate these do \
         not vouch for; unset: the system's",
    )
    .our_own(),
    Setting::new("redis.disconnectTimeout", Kind::MILLISECONDS, Fallback::Integer(5000), "In milliseconds")
        .ignored_because("closing a connection takes no time"),
    Setting::new("redis.maxRetriesPerRequest", Kind::NumberOrNull, Fallback::Null, "Attempts; null: without end")
        .ignored_because("redis.giveUpMs bounds how long is tried"),
];

/// A Redis that keeps queue and credentials, and how long to wait for it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Redis {
    /// Never empty, and of one of these forms, the scheme in either case:
    /// `redis://` or `rediss://[user:password@]host[:port][/database]`, `redis+unix://` or `unix:///path[?…]`,
    /// `redis+sentinel://` or `rediss+sentinel://[user:password@]host:port[,host:port…]/master[/database]`.
    #[serde(deserialize_with = "address")]
    pub url: Secret<String>,
    /// How long connecting may take; never zero.
    #[serde(deserialize_with = "units::milliseconds")]
    pub connect_timeout: Duration,
    /// How long one reply may take, from 100 ms.
    #[serde(rename = "timeoutMs", deserialize_with = "units::milliseconds")]
    pub timeout: Duration,
    /// After being out of reach for so long, from 500 ms, waiting jobs fail and new ones are refused.
    #[serde(rename = "giveUpMs", deserialize_with = "units::milliseconds")]
    pub give_up: Duration,
    /// How long a gateway that is not heard of counts as alive, from 1 s.
    #[serde(rename = "leaseMs", deserialize_with = "units::milliseconds")]
    pub lease: Duration,
    /// How long what a gateway leaves behind stays, from a minute.
    #[serde(rename = "keepMs", deserialize_with = "units::milliseconds")]
    pub keep: Duration,
    /// Bytes of what workers keep that each gateway has there; 0: none.
    pub memos_max_bytes: usize,
    /// Whether the start fails when it cannot be reached, rather than waiting for it.
    pub required: bool,
    /// First part of every key's name: 1 to 64 ASCII letters, digits, dots, underscores and hyphens.
    pub prefix: String,
    /// Absolute path of the PEM certificates to trust for TLS; `None`: the system's.
    pub ca_file: Option<PathBuf>,
}

// === impl Redis ===

impl Redis {
    /// The section as meant; `None`: no Redis is named.
    pub(crate) fn resolve(mut self, cwd: &Path) -> Option<Self> {
        if self.url.expose().is_empty() {
            return None;
        }
        if self.connect_timeout.is_zero() {
            self.connect_timeout = self.give_up;
        }
        self.ca_file = self.ca_file.map(|file| cwd.join(file));
        Some(self)
    }
}

/// Whether keys can begin with this.
pub(crate) fn is_prefix(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(legal)
}

fn address<'de, D: Deserializer<'de>>(from: D) -> Result<Secret<String>, D::Error> {
    Ok(Secret::new(Option::<String>::deserialize(from)?.unwrap_or_default()))
}
