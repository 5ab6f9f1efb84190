//! From worker to queue and sessions: what instances report becomes results and `message` events.

use std::sync::Arc;

use bytes::Bytes;
use footbridge_schemas::{Schemas, answer};
use footbridge_store::JobQueue;
use footbridge_supervisor::{Exit, Launch, Reports};
use footbridge_telemetry::emit;
use footbridge_wire::{InstanceKey, JobId, Outcome, SessionId};

use crate::{
    events::{PushDropped, WorkerEnded},
    scope::Scopes,
    sessions::Sessions,
};

/// The receiver of what instances report.
pub struct Fanout {
    /// Where jobs end.
    pub queue: Arc<dyn JobQueue>,
    /// Who is connected.
    pub sessions: Arc<Sessions>,
    /// Records of anonymous scopes.
    pub scopes: Arc<Scopes>,
    /// The compiled contracts.
    pub schemas: Arc<Schemas>,
}

impl Fanout {
    /// Delivers an activity as `message` event, unless it breaks the platform's contract (core.md 2.6).
    fn push(&self, launch: &Launch, actor: Option<&str>, to: &[SessionId], activity: &[u8]) {
        let Some(platform) = self.schemas.platform(&launch.platform) else {
            return;
        };
        match answer::push(activity, platform, actor) {
            Ok(message) => self.sessions.tell(to, message),
            Err(error) => emit(PushDropped { platform: &launch.platform, error }),
        }
    }
}

impl Reports for Fanout {
    fn done(&self, job: JobId, outcome: Outcome) {
        self.queue.finish(job, outcome);
    }

    fn refused(&self, job: JobId, outcome: Outcome) {
        self.queue.finish_with_lane(job, outcome, &Exit::Unconnected.client_text());
    }

    fn returned(&self, job: JobId) {
        self.queue.release(job);
    }

    fn shared(&self, launch: &Launch, peers: &[SessionId], request: Bytes, outcome: &Outcome) {
        match outcome {
            Outcome::Unchanged => self.push(launch, None, peers, &request),
            Outcome::Activity(result) => self.push(launch, None, peers, result),
            // Weak spot 22: another session's failures are its own business.
            Outcome::Failed(_) => {}
        }
    }

    fn pushed(&self, launch: &Launch, actor: Option<&str>, attached: &[SessionId], activity: Bytes) {
        self.push(launch, actor, attached, &activity);
    }

    fn exited(&self, key: &InstanceKey, launch: &Launch, actor: Option<&str>, attached: &[SessionId], exit: &Exit) {
        let text = exit.client_text();
        emit(WorkerEnded { platform: &launch.platform, instance: key, exit });
        // A stateless platform's waiting jobs were not begun: the next worker runs them, if there can be one.
        // What waited behind a failed connect ended with it: what waits now was sent later.
        if launch.persistent && !matches!(exit, Exit::Idle | Exit::Unconnected) || exit.is_hopeless() {
            self.queue.fail_lane(key, &text);
        }
        self.scopes.forget(key);
        if exit.is_failure()
            && !attached.is_empty()
            && let Some(platform) = self.schemas.platform(&launch.platform)
        {
            self.sessions.tell(attached, answer::platform_error(platform, actor, &text));
        }
    }
}
