//! What is noteworthy about workers.

use std::time::Duration;

use footbridge_schemas::PlatformId;
use footbridge_telemetry::Event;
use footbridge_wire::{Confinement, InstanceKey};

/// A worker was started.
pub(crate) struct WorkerStarted<'a> {
    pub(crate) platform: &'a PlatformId,
}

impl Event for WorkerStarted<'_> {
    fn emit(self) {
        metrics::counter!("sockethub_instance_started_total", "platform" => self.platform.to_string()).increment(1);
        tracing::debug!(platform = %self.platform, "worker started");
    }
}

/// One more instance would be too many.
pub(crate) struct InstanceRefused<'a> {
    pub(crate) platform: &'a PlatformId,
}

impl Event for InstanceRefused<'_> {
    fn emit(self) {
        metrics::counter!("sockethub_instance_refused_total", "platform" => self.platform.to_string()).increment(1);
    }
}

/// A job failed by a panic of the platform's code.
pub(crate) struct JobPanicked<'a> {
    pub(crate) platform: &'a PlatformId,
    pub(crate) instance: &'a InstanceKey,
    pub(crate) text: &'a str,
}

impl Event for JobPanicked<'_> {
    fn emit(self) {
        metrics::counter!("sockethub_job_panicked_total", "platform" => self.platform.to_string()).increment(1);
        tracing::error!(
            platform = %self.platform, instance = ?self.instance,
            "a platform panicked over a message, which failed by itself: {}", self.text
        );
    }
}

/// A worker ended while it ran several jobs, and nobody knows which of them did it: these are run once more, each alone.
pub(crate) struct JobsSuspected<'a> {
    pub(crate) platform: &'a PlatformId,
    pub(crate) count: usize,
}

impl Event for JobsSuspected<'_> {
    fn emit(self) {
        metrics::counter!("sockethub_job_repeated_total", "platform" => self.platform.to_string())
            .increment(u64::try_from(self.count).unwrap_or(u64::MAX));
        tracing::info!(platform = %self.platform, jobs = self.count, "a worker ended; its jobs are tried again one by one");
    }
}

/// A worker answered a job whose deadline had passed.
pub(crate) struct AnswerLate;

impl Event for AnswerLate {
    fn emit(self) {
        metrics::counter!("sockethub_job_late_total").increment(1);
    }
}

/// A session showed credentials that are not those of the connection it addressed.
pub(crate) struct SessionBarred<'a> {
    pub(crate) platform: &'a PlatformId,
}

impl Event for SessionBarred<'_> {
    fn emit(self) {
        metrics::counter!("sockethub_session_barred_total", "platform" => self.platform.to_string()).increment(1);
        tracing::info!(platform = %self.platform, "session detached: its credentials are not those of the connection");
    }
}

/// Messages fell out of the backlog of an instance before anybody came to see them.
pub(crate) struct MessagesLost<'a> {
    pub(crate) platform: &'a PlatformId,
    pub(crate) count: u64,
}

impl Event for MessagesLost<'_> {
    fn emit(self) {
        metrics::counter!("sockethub_backlog_lost_total", "platform" => self.platform.to_string())
            .increment(self.count);
    }
}

/// An instance has to wait before it connects, since others have just connected to that network.
pub(crate) struct TurnDelayed<'a> {
    pub(crate) platform: &'a PlatformId,
    pub(crate) pause: Duration,
}

impl Event for TurnDelayed<'_> {
    fn emit(self) {
        metrics::counter!("sockethub_connect_delayed_total", "platform" => self.platform.to_string()).increment(1);
        tracing::debug!(platform = %self.platform, pause = ?self.pause, "connecting has to wait its turn");
    }
}

/// An instance lost its worker and gets another one.
pub(crate) struct InstanceRestarting<'a> {
    pub(crate) platform: &'a PlatformId,
    pub(crate) pause: Duration,
}

impl Event for InstanceRestarting<'_> {
    fn emit(self) {
        metrics::counter!("sockethub_instance_restarted_total", "platform" => self.platform.to_string()).increment(1);
        tracing::info!(platform = %self.platform, pause = ?self.pause, "starting another worker");
    }
}

/// An instance is connected again, without its sessions having done anything.
pub(crate) struct InstanceRestored<'a> {
    pub(crate) platform: &'a PlatformId,
}

impl Event for InstanceRestored<'_> {
    fn emit(self) {
        metrics::counter!("sockethub_instance_restored_total", "platform" => self.platform.to_string()).increment(1);
        tracing::info!(platform = %self.platform, "instance brought back");
    }
}

/// A nursery could not be started, died or did not answer. The worker is started without it.
pub(crate) struct NurseryFailed<'a> {
    pub(crate) platform: &'a PlatformId,
    pub(crate) error: &'a std::io::Error,
}

impl Event for NurseryFailed<'_> {
    fn emit(self) {
        metrics::counter!("sockethub_nursery_failed_total", "platform" => self.platform.to_string()).increment(1);
        tracing::warn!(platform = %self.platform, error = %self.error, "the nursery failed; workers start without it until the next one");
    }
}

/// A worker could not give up all that it should.
pub(crate) struct ConfinementLacking<'a> {
    pub(crate) platform: &'a PlatformId,
    pub(crate) confinement: Confinement,
}

impl Event for ConfinementLacking<'_> {
    fn emit(self) {
        tracing::warn!(
            platform = %self.platform, confined = %self.confinement,
            "workers are not fully confined, as this system lacks what it takes; sandbox.mode says whether they start"
        );
    }
}

/// A worker made a system call that none needs, and was ended for it: a platform that has been taken over, or a library
/// that our list does not know.
pub(crate) struct Violation<'a> {
    pub(crate) platform: &'a PlatformId,
    pub(crate) instance: &'a InstanceKey,
}

impl Event for Violation<'_> {
    fn emit(self) {
        metrics::counter!("sockethub_sandbox_violation_total", "platform" => self.platform.to_string()).increment(1);
        tracing::error!(
            platform = %self.platform, instance = ?self.instance,
            "security: a worker was ended for a system call that sandbox.mode forbids"
        );
    }
}

/// A worker ended, perhaps at one of its limits.
pub(crate) struct LimitHit<'a> {
    pub(crate) platform: &'a PlatformId,
    pub(crate) instance: &'a InstanceKey,
    /// What to look at.
    pub(crate) hint: &'static str,
}

impl Event for LimitHit<'_> {
    fn emit(self) {
        tracing::warn!(platform = %self.platform, instance = ?self.instance, "{}", self.hint);
    }
}
