//! Where instances tell what happened.

use std::sync::Arc;

use bytes::Bytes;
use footbridge_wire::{InstanceKey, JobId, Keep, Outcome, SessionId, Standing, Welcome};
use serde_json::value::RawValue;

use crate::{Recalling, exit::Exit, launch::Launch};

/// A `message` event as clients receive it. Serialised once for all its receivers.
pub type Message = Arc<RawValue>;

/// What a worker says beside jobs.
#[derive(Debug)]
pub enum Aside {
    /// A new process is there, and knows of no topic yet.
    Started,
    /// What happens to topics.
    Topic(Standing),
    /// Something to be kept for the platform.
    Keep(Keep),
    /// Asks for what was kept under that name.
    Recall(String, Recalling),
    /// Answer to somebody who called from outside.
    Welcome(Welcome),
}

/// Where instances tell what happened. Called from their tasks: must not block.
pub trait Reports: Send + Sync + 'static {
    /// A job that was handed over ended, for whatever reason. Exactly once per job, unless it is returned.
    fn done(&self, job: JobId, outcome: Outcome);

    /// The first connect of an instance failed: what waits behind it ends with it, what comes later starts anew
    /// (core.md 4.4 *ours*).
    fn refused(&self, job: JobId, outcome: Outcome);

    /// The instance ended before a worker got the job: it may run elsewhere.
    fn returned(&self, job: JobId);

    /// What others see of a job that ended (core.md 1.6). `None`: there is nothing to see.
    fn shared(&self, launch: &Launch, request: &Bytes, outcome: &Outcome) -> Option<Message>;

    /// What the platform says unasked. `None`: it breaks the platform's contract and is dropped.
    fn pushed(&self, launch: &Launch, actor: Option<&str>, activity: &Bytes) -> Option<Message>;

    /// A fault of an instance, in words (core.md 5.4).
    fn failed(&self, launch: &Launch, actor: Option<&str>, text: &str) -> Option<Message>;

    /// Sends a message to sessions, each of which receives what it is sent in this order.
    fn deliver(&self, to: &[SessionId], message: Message);

    /// A worker says something beside jobs.
    fn aside(&self, key: &InstanceKey, launch: &Launch, aside: Aside);

    /// The platform acts for another actor from now on, whom it first acted for is told too; the same one: it acts for
    /// its first actor again. Both lead to the instance when this returns (core.md 5.5 *ours*).
    fn renamed(&self, key: &InstanceKey, launch: &Launch, first: &str, actor: &str);

    /// A process of the instance ended, and every job it held was reported.
    fn ended(&self, key: &InstanceKey, launch: &Launch, exit: &Exit);

    /// The instance is no more.
    fn gone(&self, key: &InstanceKey);
}
