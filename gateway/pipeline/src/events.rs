//! What is noteworthy on the way of a message. Names and labels of actions: core.md 10.2.

use std::{fmt::Display, time::Duration};

use footbridge_schemas::{PlatformId, Stage};
use footbridge_supervisor::Exit;
use footbridge_telemetry::{Event, counters};
use footbridge_wire::{InstanceKey, SessionId};

/// A checked activity is on its way. The verb is one of the platform's, so the labels are bounded.
pub(crate) struct ActionStarted<'a> {
    pub(crate) platform: &'a PlatformId,
    pub(crate) verb: &'a str,
}

impl Event for ActionStarted<'_> {
    fn emit(self) {
        if !counters::are_kept() {
            return;
        }
        let labels = [("platform", self.platform.to_string()), ("action", self.verb.to_owned())];
        metrics::counter!("sockethub_action_started", &labels).increment(1);
    }
}

/// An action has its answer.
pub(crate) struct ActionEnded<'a> {
    pub(crate) platform: &'a PlatformId,
    pub(crate) verb: &'a str,
    pub(crate) failed: bool,
    pub(crate) took: Duration,
}

impl Event for ActionEnded<'_> {
    fn emit(self) {
        if !counters::are_kept() {
            return;
        }
        let labels = [("platform", self.platform.to_string()), ("action", self.verb.to_owned())];
        if self.failed {
            metrics::counter!("sockethub_action_failed", &labels).increment(1);
        } else {
            metrics::counter!("sockethub_action_completed", &labels).increment(1);
        }
        metrics::histogram!("sockethub_action_duration", &labels).record(self.took.as_secs_f64() * 1e3);
    }
}

/// Input was refused.
pub(crate) struct InputRejected {
    pub(crate) stage: Stage,
}

impl Event for InputRejected {
    fn emit(self) {
        metrics::counter!("sockethub_validation_failed_total", "stage" => self.stage.as_str()).increment(1);
    }
}

/// A checked activity was not taken: there is no room, or no more.
pub(crate) struct JobRefused;

impl Event for JobRefused {
    fn emit(self) {
        metrics::counter!("sockethub_job_refused_total").increment(1);
    }
}

/// A result breaks its platform's contract. It was sent.
pub(crate) struct ResultInvalid<'a, E> {
    pub(crate) platform: &'a PlatformId,
    pub(crate) error: E,
}

impl<E: Display> Event for ResultInvalid<'_, E> {
    fn emit(self) {
        metrics::counter!("sockethub_result_invalid_total", "platform" => self.platform.to_string()).increment(1);
        tracing::error!(platform = %self.platform, error = %self.error, "a result breaks the platform's contract");
    }
}

/// A push breaks its platform's contract. Nobody got it.
pub(crate) struct PushDropped<'a, E> {
    pub(crate) platform: &'a PlatformId,
    pub(crate) error: E,
}

impl<E: Display> Event for PushDropped<'_, E> {
    fn emit(self) {
        metrics::counter!("sockethub_push_dropped_total", "platform" => self.platform.to_string()).increment(1);
        tracing::error!(platform = %self.platform, error = %self.error, "push dropped: it breaks the platform's contract");
    }
}

/// A session does not read its notices and is closed.
pub(crate) struct NoticesStuck {
    pub(crate) session: SessionId,
}

impl Event for NoticesStuck {
    fn emit(self) {
        metrics::counter!("sockethub_session_slow_total").increment(1);
        tracing::warn!(session = %self.session, "closing a session that does not read its notices");
    }
}

/// A worker process is gone.
pub(crate) struct WorkerEnded<'a> {
    pub(crate) platform: &'a PlatformId,
    pub(crate) instance: &'a InstanceKey,
    pub(crate) exit: &'a Exit,
}

impl Event for WorkerEnded<'_> {
    fn emit(self) {
        let Self { platform, instance, exit } = self;
        let labels = [("platform", platform.to_string()), ("reason", exit.reason().to_owned())];
        metrics::counter!("sockethub_instance_exited_total", &labels).increment(1);
        if exit.is_failure() {
            tracing::warn!(%platform, ?instance, ?exit, "worker ended");
        } else {
            tracing::debug!(%platform, ?instance, reason = exit.reason(), "worker ended");
        }
    }
}

/// Something new of a topic was told.
pub(crate) struct NewsTold<'a> {
    pub(crate) platform: &'a PlatformId,
    /// To how many sessions.
    pub(crate) sessions: usize,
}

impl Event for NewsTold<'_> {
    fn emit(self) {
        metrics::counter!("sockethub_news_total", "platform" => self.platform.to_string()).increment(1);
        let sessions = u64::try_from(self.sessions).unwrap_or(u64::MAX);
        metrics::counter!("sockethub_news_told_total", "platform" => self.platform.to_string()).increment(sessions);
    }
}

/// A topic is no more, and nobody follows it any longer.
pub(crate) struct TopicOver<'a> {
    pub(crate) platform: &'a PlatformId,
}

impl Event for TopicOver<'_> {
    fn emit(self) {
        tracing::info!(platform = %self.platform, "a topic that was followed is no more");
        metrics::counter!("sockethub_topic_over_total", "platform" => self.platform.to_string()).increment(1);
    }
}
