//! `platformStart`: how a worker is started, and how long it may take to be ready.

use std::time::Duration;

use serde::Deserialize;

use super::units;
use crate::kind::Kind;
use crate::setting::{Fallback, Setting};

pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new(
        "platformStart.timeoutMs",
        Kind::Integer { min: 1 },
        Fallback::Integer(10_000),
        "How long a worker may take from its start until it is ready, in milliseconds",
    )
    .our_own(),
    Setting::new(
        "platformStart.method",
        Kind::Choice(&["nursery", "exec"]),
        Fallback::Text("nursery"),
        "How workers of platforms with connections are started: forked from a warm process, or each by itself",
    )
    .our_own(),
];

/// Starting a worker (core.md 5.3, "separate start-up deadline").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct PlatformStart {
    /// From the start of the process until it reports ready.
    #[serde(rename = "timeoutMs", deserialize_with = "units::milliseconds")]
    pub timeout: Duration,
    /// How its process comes to be.
    pub method: StartMethod,
}

/// How the process of a worker comes to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StartMethod {
    /// Forked from a process of its platform that was started once and is warm.
    Nursery,
    /// Started by itself.
    Exec,
}
