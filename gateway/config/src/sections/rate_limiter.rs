//! `rateLimiter`: how much one session and one address may ask.

use std::time::Duration;

use serde::Deserialize;

use super::units;
use crate::kind::Kind;
use crate::setting::{Fallback, Setting};

const COUNT: Kind = Kind::Integer { min: 0 };

pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new("rateLimiter.windowMs", COUNT, Fallback::Integer(1000), "Length of a window, in milliseconds"),
    Setting::new("rateLimiter.maxRequests", COUNT, Fallback::Integer(100), "Events per session and window"),
    Setting::new(
        "rateLimiter.blockDurationMs",
        COUNT,
        Fallback::Integer(5000),
        "How long a session that sent more is blocked, in milliseconds",
    ),
    Setting::new(
        "rateLimiter.maxConnectionsPerIp",
        COUNT,
        Fallback::Integer(20),
        "Sessions per client address; 0: any number",
    ),
];

/// Events per session (core.md 7.1) and sessions per address (core.md 7.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RateLimiter {
    /// Length of a window, which the first event starts.
    #[serde(rename = "windowMs", deserialize_with = "units::milliseconds")]
    pub window: Duration,
    /// Events that a window lets through; the next one blocks the session.
    pub max_requests: u64,
    /// How long a blocked session stays so.
    #[serde(rename = "blockDurationMs", deserialize_with = "units::milliseconds")]
    pub block: Duration,
    /// Sessions per client address; `None`: any number.
    #[serde(deserialize_with = "units::zero_is_off")]
    pub max_connections_per_ip: Option<usize>,
}
