//! `limits`: how much the whole gateway takes on.

use serde::Deserialize;

use super::units;
use crate::kind::Kind;
use crate::setting::{Fallback, Setting};

pub(crate) const SETTINGS: &[Setting] = &[Setting::new(
    "limits.maxPlatformInstances",
    Kind::Integer { min: 0 },
    Fallback::Integer(100),
    "Platform instances at a time, shared ones included; 0: any number",
)];

/// Limits of the whole gateway (core.md 5.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// Platform instances at a time; `None`: any number.
    #[serde(deserialize_with = "units::zero_is_off")]
    pub max_platform_instances: Option<usize>,
}
