//! `limits`: how much the whole gateway takes on, and how much one worker.

use std::time::Duration;

use serde::Deserialize;

use super::units;
use crate::kind::Kind;
use crate::setting::{Fallback, Setting};

const COUNT: Kind = Kind::Integer { min: 0 };

pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new(
        "limits.maxPlatformInstances",
        COUNT,
        Fallback::Integer(100),
        "Platform instances at a time, shared ones included; 0: any number",
    ),
    Setting::new(
        "limits.maxPlatformInstancesPerAddress",
        COUNT,
        Fallback::Integer(50),
        "Persistent platform instances at a time that clients of one address have started; 0: any number",
    )
    .our_own(),
    Setting::new(
        "limits.maxTopicsPerAddress",
        COUNT,
        Fallback::Integer(2000),
        "Feeds and the like that clients of one address may follow at a time; 0: any number",
    )
    .our_own(),
    Setting::new(
        "limits.idleWorkerMs",
        COUNT,
        Fallback::Integer(300_000),
        "How long the worker of a stateless platform stays without a job, in milliseconds",
    )
    .our_own(),
    Setting::new(
        "limits.workerMemoryBytes",
        COUNT,
        Fallback::Integer(268_435_456),
        "Memory that a worker may write to; one that needs more ends; 0: any amount",
    )
    .our_own(),
    Setting::new(
        "limits.workerOpenFiles",
        COUNT,
        Fallback::Integer(256),
        "Files and sockets that a worker may have open; 0: as many as the gateway",
    )
    .our_own(),
    Setting::new(
        "limits.workerCpuSecondsPerMinute",
        COUNT,
        Fallback::Integer(30),
        "CPU time that a worker may use in a minute, in seconds; one that uses more ends; 0: any amount",
    )
    .our_own(),
];

/// Limits of the whole gateway (core.md 5.7), and of each worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// Platform instances at a time; `None`: any number.
    #[serde(deserialize_with = "units::zero_is_off")]
    pub max_platform_instances: Option<usize>,
    /// Persistent platform instances at a time that clients of one address have started; `None`: any number.
    #[serde(deserialize_with = "units::zero_is_off")]
    pub max_platform_instances_per_address: Option<usize>,
    /// What clients of one address may follow at a time; `None`: any number.
    #[serde(deserialize_with = "units::zero_is_off")]
    pub max_topics_per_address: Option<usize>,
    /// How long the worker of a stateless platform stays without a job.
    #[serde(rename = "idleWorkerMs", deserialize_with = "units::milliseconds")]
    pub idle_worker: Duration,
    /// Memory that a worker may write to, in bytes; `None`: any amount.
    #[serde(deserialize_with = "units::zero_is_off")]
    pub worker_memory_bytes: Option<usize>,
    /// Files and sockets that a worker may have open; `None`: as many as the gateway.
    #[serde(deserialize_with = "units::zero_is_off")]
    pub worker_open_files: Option<usize>,
    /// CPU time of a worker in a minute, in seconds; `None`: any amount.
    #[serde(deserialize_with = "units::zero_is_off")]
    pub worker_cpu_seconds_per_minute: Option<usize>,
}
