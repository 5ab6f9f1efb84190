//! `jobs`: how long a job may take, and how many bytes of them may wait.

use std::time::Duration;

use serde::Deserialize;

use super::units;
use crate::kind::Kind;
use crate::setting::{Fallback, Setting};

const AT_LEAST_ONE: Kind = Kind::Integer { min: 1 };

pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new(
        "jobs.timeoutMs",
        AT_LEAST_ONE,
        Fallback::Integer(60_000),
        "How long a job may take once a worker has it, in milliseconds",
    )
    .our_own(),
    Setting::new(
        "jobs.connectTimeoutMs",
        AT_LEAST_ONE,
        Fallback::Integer(120_000),
        "The same for verbs that connect, in milliseconds",
    )
    .our_own(),
    Setting::new(
        "jobs.maxPendingBytes",
        AT_LEAST_ONE,
        Fallback::Integer(67_108_864),
        "Bytes of all jobs that wait or run; further ones are refused",
    )
    .our_own(),
];

/// Jobs on their way through the gateway (core.md 4.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Jobs {
    /// How long a job may take, counted from when a worker took it.
    #[serde(rename = "timeoutMs", deserialize_with = "units::milliseconds")]
    pub timeout: Duration,
    /// The same for verbs that require credentials.
    #[serde(rename = "connectTimeoutMs", deserialize_with = "units::milliseconds")]
    pub connect_timeout: Duration,
    /// Bytes of all jobs that wait or run.
    pub max_pending_bytes: usize,
}
