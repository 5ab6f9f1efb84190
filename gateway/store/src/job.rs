//! A job, who asked for it, how it ended.

use std::{num::NonZeroU16, sync::Arc};

use bytes::Bytes;
use footbridge_schemas::PlatformId;
use footbridge_seal::{Secret, random};
use footbridge_wire::{InstanceKey, JobId, Outcome, SessionId};

/// One activity to be carried out by a platform (core.md 4.2).
#[derive(Debug, Clone)]
pub struct Job {
    /// Names the answer. Unique over all nodes that share a queue; a queue does not check it.
    pub id: JobId,
    /// The instance it is for: jobs of one lane begin in order of arrival.
    pub lane: InstanceKey,
    /// How many jobs of the lane may run at once: 1 on persistent platforms, else as many as
    /// all workers of the platform take, `workers` times `concurrency`.
    pub parallel: NonZeroU16,
    /// The platform that carries it out.
    pub platform: PlatformId,
    /// The actor that the instance acts for; `None` on stateless platforms.
    pub actor: Option<String>,
    /// The activity's `type`.
    pub verb: String,
    /// The checked activity, JSON text. Never holds secrets.
    pub activity: Bytes,
    /// Who gets the answer, and whose credentials it may use.
    pub asker: Asker,
}

/// A session, together with the proof that it may open its own credentials.
#[derive(Debug, Clone)]
pub struct Asker {
    /// The session.
    pub session: SessionId,
    /// Opens the session's credentials.
    pub secret: SessionSecret,
}

/// 32 random bytes that exist once per session (core.md 3.1): without them its credentials stay sealed. Clones share
/// one allocation, wiped with the last of them.
#[derive(Debug, Clone)]
pub struct SessionSecret(Arc<Secret<[u8; 32]>>);

impl SessionSecret {
    /// A new secret, for a new session.
    pub fn random() -> Self {
        Self(Arc::new(Secret::new(random())))
    }

    /// A secret that was sealed into a job.
    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Arc::new(Secret::new(bytes)))
    }

    /// The bytes, as salt of a key. Do not log, format or store them.
    pub fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }
}

/// The one end of an accepted job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// The job.
    pub job: JobId,
    /// The session that asked.
    pub session: SessionId,
    /// The lane it waited in.
    pub lane: InstanceKey,
    /// How it ended.
    pub outcome: Outcome,
}
