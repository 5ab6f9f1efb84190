//! What all sessions share.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use footbridge_schemas::Schemas;
use footbridge_seal::Key;
use footbridge_store::{Asker, JobQueue, SessionSecret, Vault};
use footbridge_supervisor::{Seat, Supervisor};
use footbridge_wire::{InstanceKey, JobId, SessionId};
use tokio::sync::mpsc;

use crate::{
    following::Following,
    names::Names,
    scope::Scopes,
    session::Session,
    sessions::{Notice, Sessions},
};

/// Notices that wait for a session. One that lets so many pile up does not read and is closed.
const NOTICES: usize = 32 * 1024;

/// Bounds on what one session may have under way.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of a session's jobs that are not answered yet (`session.maxPendingBytes`); beyond it jobs are refused.
    pub pending_bytes: usize,
    /// Activity-objects a session of the old client generation may register (core.md 1.7).
    pub activity_objects: usize,
    /// Bytes of their texts, over the life of the session.
    pub activity_object_bytes: usize,
}

/// What a pipeline is made of.
pub struct Parts {
    /// The compiled contracts.
    pub schemas: Arc<Schemas>,
    /// Where jobs go.
    pub queue: Arc<dyn JobQueue>,
    /// Where credentials rest.
    pub vault: Arc<dyn Vault>,
    /// Who is connected; the queue's results must lead here.
    pub sessions: Arc<Sessions>,
    /// Records of anonymous scopes, shared with the fan-out.
    pub scopes: Arc<Scopes>,
    /// What actors are called now, shared with the fan-out.
    pub names: Arc<Names>,
    /// Keys the fingerprints of credentials, so that they are worthless outside the process.
    pub fingerprints: Arc<Key>,
    /// Who follows what.
    pub following: Arc<Following>,
    /// To tell instances that a session left.
    pub supervisor: Supervisor,
    /// Bounds per session.
    pub limits: Limits,
    /// Whether clients of the old generation are served (`legacyContext`).
    pub legacy_context: bool,
}

/// What all sessions share. Cheap to clone.
#[derive(Clone)]
pub struct Pipeline {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) parts: Parts,
    jobs: JobIds,
}

/// Names jobs: random per boot, counting within it.
struct JobIds {
    boot: u64,
    next: AtomicU64,
}

impl Shared {
    pub(crate) fn next_job(&self) -> JobId {
        JobId(u128::from(self.jobs.boot) << 64 | u128::from(self.jobs.next.fetch_add(1, Ordering::Relaxed)))
    }

    /// A session has no business at an instance any more.
    pub(crate) async fn turn_away(&self, instance: &InstanceKey, session: SessionId) {
        self.parts.following.leave(instance, session);
        if let Some(instance) = self.parts.supervisor.find(instance) {
            instance.seat(session, Seat::Gone).await;
        }
    }
}

impl Pipeline {
    /// A pipeline over its parts.
    pub fn new(parts: Parts) -> Self {
        let jobs = JobIds { boot: u64::from_ne_bytes(random()), next: AtomicU64::new(0) };
        Self { shared: Arc::new(Shared { parts, jobs }) }
    }

    /// Opens a session for a client at `address` (core.md 3.4; `None`: unknown). `T` is how the door finds the place
    /// for an answer.
    pub fn open<T>(&self, address: Option<String>) -> (Session<T>, mpsc::Receiver<Notice>) {
        let asker = Asker { session: SessionId::from_random(random()), secret: SessionSecret::random() };
        let (sender, notices) = mpsc::channel(NOTICES);
        let address: Option<Arc<str>> = address.map(Into::into);
        self.shared.parts.sessions.enter(asker.session, sender, address.clone());
        (Session::new(Arc::clone(&self.shared), asker, address), notices)
    }
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Without randomness there is no safe way on: ids and keys would be guessable.
    getrandom::fill(&mut bytes).expect("the system's random source works");
    bytes
}
