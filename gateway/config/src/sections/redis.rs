//! `redis`: accepted, so that an existing file starts this gateway; nothing is kept there.

use crate::kind::Kind;
use crate::setting::{Fallback, Secrecy, Setting};

const IN_MEMORY: &str = "this build keeps its queue and credentials in memory";

pub(crate) const SETTINGS: &[Setting] = &[
    // Unset rather than Sockethub's address: whoever names a Redis is told that it stays unused.
    Setting::new("redis.url", Kind::Text, Fallback::Unset, "Redis to keep queue and credentials in")
        .variable("REDIS_URL")
        .switch("redis.url")
        .kept_secret(Secrecy::UrlParts)
        .ignored_because(IN_MEMORY),
    Setting::new("redis.connectTimeout", Kind::MILLISECONDS, Fallback::Integer(10_000), "In milliseconds")
        .ignored_because(IN_MEMORY),
    Setting::new("redis.disconnectTimeout", Kind::MILLISECONDS, Fallback::Integer(5000), "In milliseconds")
        .ignored_because(IN_MEMORY),
    Setting::new("redis.maxRetriesPerRequest", Kind::NumberOrNull, Fallback::Null, "Attempts; null: without end")
        .ignored_because(IN_MEMORY),
];
