//! `platformHeartbeat`: when a silent worker counts as dead.

use std::time::Duration;

use serde::Deserialize;

use crate::kind::Kind;
use crate::setting::{Fallback, Setting};

pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new(
        "platformHeartbeat.intervalMs",
        Kind::ANY_NUMBER,
        Fallback::Integer(5000),
        "How often a worker reports, in milliseconds; 0 or less: never",
    )
    .variable("SOCKETHUB_PLATFORM_HEARTBEAT_INTERVAL_MS"),
    Setting::new(
        "platformHeartbeat.timeoutMs",
        Kind::ANY_NUMBER,
        Fallback::Integer(15_000),
        "Silence after which a worker is ended, in milliseconds; 0 or less: never",
    )
    .variable("SOCKETHUB_PLATFORM_HEARTBEAT_TIMEOUT_MS"),
];

/// Watching over workers (core.md 5.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heartbeat {
    /// How often a worker reports.
    pub interval: Duration,
    /// Silence after which it is ended.
    pub timeout: Duration,
}

/// The section as written.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PlatformHeartbeat {
    interval_ms: f64,
    timeout_ms: f64,
}

// === impl Heartbeat ===

impl Heartbeat {
    /// `None` when either value switches the watch off.
    pub(crate) fn from_written(written: &PlatformHeartbeat) -> Option<Self> {
        Some(Self { interval: positive(written.interval_ms)?, timeout: positive(written.timeout_ms)? })
    }
}

fn positive(milliseconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(milliseconds / 1000.0).ok().filter(|span| !span.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_value_at_zero_or_below_switches_the_watch_off() {
        let seconds = Duration::from_secs;
        let cases = [
            (5000.0, 15_000.0, Some((seconds(5), seconds(15)))),
            (0.0, 15_000.0, None),
            (5000.0, -1.0, None),
            (0.5, 1.0, Some((Duration::from_micros(500), Duration::from_millis(1)))),
        ];
        for (interval_ms, timeout_ms, want) in cases {
            let got = Heartbeat::from_written(&PlatformHeartbeat { interval_ms, timeout_ms });
            assert_eq!(got.map(|beat| (beat.interval, beat.timeout)), want, "{interval_ms} {timeout_ms}");
        }
    }
}
