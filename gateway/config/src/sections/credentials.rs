//! `credentials`: how long they are kept.

use std::time::Duration;

use serde::Deserialize;

use super::units;
use crate::kind::Kind;
use crate::setting::{Fallback, Setting};

pub(crate) const SETTINGS: &[Setting] = &[Setting::new(
    "credentials.ttlMs",
    Kind::MILLISECONDS,
    Fallback::Integer(604_800_000),
    "How long stored credentials are kept without use, in milliseconds",
)
.variable("SOCKETHUB_CREDENTIALS_TTL_MS")];

/// Stored credentials (core.md 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Credentials {
    /// How long they are kept without use.
    #[serde(rename = "ttlMs", deserialize_with = "units::milliseconds")]
    pub ttl: Duration,
}
