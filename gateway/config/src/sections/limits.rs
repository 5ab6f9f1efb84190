//! `limits`: how much the whole gateway takes on.

use std::time::Duration;

use serde::Deserialize;

use super::units;
use crate::kind::Kind;
use crate::setting::{Fallback, Setting};

pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new(
        "limits.maxPlatformInstances",
        Kind::Integer { min: 0 },
        Fallback::Integer(100),
        "Platform instances at a time, shared ones included; 0: any number",
    ),
    Setting::new(
        "limits.maxPlatformInstancesPerAddress",
        Kind::Integer { min: 0 },
        Fallback::Integer(50),
        "Persistent platform instances at a time that clients of one address have started; 0: any number",
    )
    .our_own(),
    Setting::new(
        "limits.idleWorkerMs",
        Kind::Integer { min: 0 },
        Fallback::Integer(300_000),
        "How long the worker of a stateless platform stays without a job, in milliseconds",
    )
    .our_own(),
];

/// Limits of the whole gateway (core.md 5.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// Platform instances at a time; `None`: any number.
    #[serde(deserialize_with = "units::zero_is_off")]
    pub max_platform_instances: Option<usize>,
    /// Persistent platform instances at a time that clients of one address have started; `None`: any number.
    #[serde(deserialize_with = "units::zero_is_off")]
    pub max_platform_instances_per_address: Option<usize>,
    /// How long the worker of a stateless platform stays without a job.
    #[serde(rename = "idleWorkerMs", deserialize_with = "units::milliseconds")]
    pub idle_worker: Duration,
}
