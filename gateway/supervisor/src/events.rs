//! What is noteworthy about workers.

use footbridge_schemas::PlatformId;
use footbridge_telemetry::Event;

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

/// A worker answered a job whose deadline had passed.
pub(crate) struct AnswerLate;

impl Event for AnswerLate {
    fn emit(self) {
        metrics::counter!("sockethub_job_late_total").increment(1);
    }
}
