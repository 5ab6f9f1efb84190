//! From worker to queue and sessions: what instances report becomes results and `message` events.

use std::sync::Arc;

use bytes::Bytes;
use footbridge_schemas::{Schemas, answer};
use footbridge_store::JobQueue;
use footbridge_supervisor::{Aside, Exit, Launch, Message, Reports};
use footbridge_telemetry::emit;
use footbridge_wire::{InstanceKey, JobId, Outcome, SessionId};

use crate::{
    events::{PushDropped, WorkerEnded},
    following::Following,
    keepsakes::Keepsakes,
    names::Names,
    scope::{self, Scopes},
    sessions::Sessions,
    visits::Visits,
};

/// The receiver of what instances report.
pub struct Fanout {
    /// Where jobs end.
    pub queue: Arc<dyn JobQueue>,
    /// Who is connected.
    pub sessions: Arc<Sessions>,
    /// Records of anonymous scopes.
    pub scopes: Arc<Scopes>,
    /// What actors are called now.
    pub names: Arc<Names>,
    /// The compiled contracts.
    pub schemas: Arc<Schemas>,
    /// Who follows what.
    pub following: Arc<Following>,
    /// Who called from outside.
    pub visits: Arc<Visits>,
    /// What workers want to find again.
    pub keepsakes: Keepsakes,
}

impl Reports for Fanout {
    fn done(&self, job: JobId, outcome: Outcome) {
        self.queue.finish(job, self.following.ended(job, outcome));
    }

    fn refused(&self, job: JobId, outcome: Outcome) {
        self.queue.finish_with_lane(job, outcome, &Exit::Unconnected.client_text());
    }

    fn returned(&self, job: JobId) {
        self.queue.release(job);
    }

    fn shared(&self, launch: &Launch, request: &Bytes, outcome: &Outcome) -> Option<Message> {
        match outcome {
            Outcome::Unchanged => self.pushed(launch, None, request),
            Outcome::Activity(result) => self.pushed(launch, None, result),
            Outcome::Failed(error) => {
                let platform = self.schemas.platform(&launch.platform)?;
                Some(answer::failed(request, Some(platform), error).into())
            }
        }
    }

    fn pushed(&self, launch: &Launch, actor: Option<&str>, activity: &Bytes) -> Option<Message> {
        let platform = self.schemas.platform(&launch.platform)?;
        match answer::push(activity, platform, actor) {
            Ok(message) => Some(message.into()),
            // core.md 2.6
            Err(error) => {
                emit(PushDropped { platform: &launch.platform, error });
                None
            }
        }
    }

    fn failed(&self, launch: &Launch, actor: Option<&str>, text: &str) -> Option<Message> {
        let platform = self.schemas.platform(&launch.platform)?;
        Some(answer::platform_error(platform, actor, text).into())
    }

    fn deliver(&self, to: &[SessionId], message: Message) {
        self.sessions.tell(to, &message);
    }

    fn aside(&self, key: &InstanceKey, launch: &Launch, aside: Aside) {
        match aside {
            Aside::Started if *key == scope::lookout(&launch.platform) => self.following.restarted(&launch.platform),
            Aside::Started => {}
            Aside::Topic(said) => self.following.heard(&launch.platform, said),
            Aside::Keep(keep) => self.keepsakes.keep(launch, keep),
            Aside::Recall(name, recalling) => self.keepsakes.recall(launch, name, recalling),
            Aside::Welcome(welcome) => self.visits.welcome(welcome),
        }
    }

    fn renamed(&self, key: &InstanceKey, launch: &Launch, first: &str, actor: &str) {
        self.names.renamed(key, &launch.platform, first, actor);
    }

    fn ended(&self, key: &InstanceKey, launch: &Launch, exit: &Exit) {
        emit(WorkerEnded { platform: &launch.platform, instance: key, exit });
        // A stateless platform's waiting jobs were not begun: the next worker runs them, if there can be one.
        // What waited behind a failed connect ended with it: what waits now was sent later.
        if launch.persistent && !matches!(exit, Exit::Idle | Exit::Unconnected) || exit.is_hopeless() {
            // All workers of a stateless platform have one lane; jobs for the one that looks after topics, their follower's.
            let lane = if launch.persistent { *key } else { scope::stateless(&launch.platform) };
            if *key != scope::lookout(&launch.platform) {
                self.queue.fail_lane(&lane, &exit.client_text());
            }
        }
    }

    fn gone(&self, key: &InstanceKey) {
        self.scopes.forget(key);
        self.names.forget(key);
    }
}
