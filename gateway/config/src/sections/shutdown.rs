//! `shutdown`: how long leaving may take.

use std::time::Duration;

use serde::Deserialize;

use super::units;
use crate::kind::Kind;
use crate::setting::{Fallback, Setting};

pub(crate) const SETTINGS: &[Setting] = &[Setting::new(
    "shutdown.withinMs",
    Kind::Integer { min: 0 },
    Fallback::Integer(10_000),
    "How long workers and clients have to say goodbye when the gateway stops, in milliseconds",
)
.our_own()];

/// An orderly end (core.md 5.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Shutdown {
    /// After this the gateway ends whatever is still open.
    #[serde(rename = "withinMs", deserialize_with = "units::milliseconds")]
    pub within: Duration,
}
