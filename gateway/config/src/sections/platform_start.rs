//! `platformStart`: how long a worker may take to be ready.

use std::time::Duration;

use serde::Deserialize;

use super::units;
use crate::kind::Kind;
use crate::setting::{Fallback, Setting};

pub(crate) const SETTINGS: &[Setting] = &[Setting::new(
    "platformStart.timeoutMs",
    Kind::Integer { min: 1 },
    Fallback::Integer(10_000),
    "How long a worker may take from its start until it is ready, in milliseconds",
)
.our_own()];

/// Starting a worker (core.md 5.3, "separate start-up deadline").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct PlatformStart {
    /// From the start of the process until it reports ready.
    #[serde(rename = "timeoutMs", deserialize_with = "units::milliseconds")]
    pub timeout: Duration,
}
