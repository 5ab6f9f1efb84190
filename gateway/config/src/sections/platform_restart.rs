//! `platformRestart`: how often a connected instance gets a new worker.

use std::time::Duration;

use serde::Deserialize;

use super::units;
use crate::kind::Kind;
use crate::setting::{Fallback, Setting};

pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new(
        "platformRestart.maxTimes",
        Kind::Integer { min: 0 },
        Fallback::Integer(5),
        "How often a connected instance whose worker died is brought back within withinMs; 0: never",
    )
    .our_own(),
    Setting::new(
        "platformRestart.withinMs",
        Kind::Integer { min: 1 },
        Fallback::Integer(600_000),
        "The time in which these are counted, in milliseconds",
    )
    .our_own(),
    Setting::new(
        "platformRestart.pauseMs",
        Kind::Integer { min: 0 },
        Fallback::Integer(1000),
        "Pause before the second of them, in milliseconds; before the first there is none, then it doubles",
    )
    .our_own(),
];

/// Bringing instances back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlatformRestart {
    /// How often …
    pub max_times: usize,
    /// … within that time.
    #[serde(rename = "withinMs", deserialize_with = "units::milliseconds")]
    pub within: Duration,
    /// Pause before the second of them; it doubles from there on.
    #[serde(rename = "pauseMs", deserialize_with = "units::milliseconds")]
    pub pause: Duration,
}
