//! One client's connection, whatever door it came through.

use std::{
    collections::{HashMap, HashSet},
    num::NonZeroU16,
    sync::Arc,
};

use bytes::Bytes;
use footbridge_schemas::{Checked, Platform, PlatformId, Spelled, Violation, answer};
use footbridge_seal::{Fingerprint, Secret};
use footbridge_store::{Asker, CredentialSlot, Finished, Job, SubmitError, VaultError};
use footbridge_telemetry::emit;
use footbridge_wire::{InstanceKey, JobId, Outcome, SessionId};
use serde_json::{Value, value::RawValue};
use tokio::time::Instant;

use crate::{
    events::{ActionEnded, ActionStarted, InputRejected, JobRefused, ResultInvalid},
    pipeline::Shared,
    scope::{self, Scope},
};

/// Instances remembered before those that have ended are cleared out. The supervisor bounds how many live.
const CLEAR_OUT: usize = 64;

/// Something to say to the client.
#[derive(Debug)]
pub struct Answer<T> {
    /// Where the client waits for it; `None`: it did not ask for an answer.
    pub ticket: Option<T>,
    /// The activity, with `error` if it failed.
    pub payload: Box<RawValue>,
    /// Whether it failed: then it is worth saying even unasked (core.md 1.3 rule 2 *ours*).
    pub failed: bool,
}

/// One client's connection. `T` is the door's ticket for an answer.
pub struct Session<T> {
    shared: Arc<Shared>,
    asker: Asker,
    address: Option<String>,
    /// Scope rule 1: what was submitted per platform and actor. `None`: credentials without a shareable secret.
    credentials: HashMap<(PlatformId, String), Option<Fingerprint>>,
    /// Persistent instances addressed so far, those that ended cleared out now and then.
    instances: HashSet<InstanceKey>,
    /// Activity-objects of the old client generation, by id (core.md 1.7).
    objects: HashMap<String, Value>,
    /// Bytes of their texts, as they came.
    object_bytes: usize,
    pending: HashMap<JobId, Pending<T>>,
    pending_bytes: usize,
}

/// A job that has not ended.
struct Pending<T> {
    ticket: Option<T>,
    platform: Arc<Platform>,
    verb: String,
    activity: Bytes,
    since: Instant,
}

/// Why a checked activity was not taken.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error(transparent)]
    Queue(#[from] SubmitError),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl<T> Session<T> {
    pub(crate) fn new(shared: Arc<Shared>, asker: Asker, address: Option<String>) -> Self {
        Self {
            shared,
            asker,
            address,
            credentials: HashMap::new(),
            instances: HashSet::new(),
            objects: HashMap::new(),
            object_bytes: 0,
            pending: HashMap::new(),
            pending_bytes: 0,
        }
    }

    /// The session's id: not the transport's.
    pub fn id(&self) -> SessionId {
        self.asker.session
    }

    /// Jobs submitted and not answered.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// The `schemas` event: the registry, or that it is unchanged (core.md 1.4).
    pub fn schemas(&self, fingerprint: Option<&str>) -> Box<RawValue> {
        self.shared.parts.schemas.registry(fingerprint).to_owned()
    }

    /// The `message` event. `None`: it is on its way, and [`Session::finished`] will answer.
    pub fn message(&mut self, raw: &str, ticket: Option<T>) -> Option<Answer<T>> {
        let checked = match self.spell(raw).and_then(|spelled| self.shared.parts.schemas.message(spelled)) {
            Ok(checked) => checked,
            Err(violation) => return Some(Self::rejected(raw, &violation, ticket)),
        };
        let platform = Arc::clone(checked.platform());
        let activity = checked.json().clone();
        match self.submit(&checked) {
            Ok(job) => {
                self.pending_bytes += activity.len();
                let verb = checked.verb().to_owned();
                emit(ActionStarted { platform: platform.id(), verb: &verb });
                self.pending.insert(job, Pending { ticket, platform, verb, activity, since: Instant::now() });
                None
            }
            Err(refusal) => {
                emit(JobRefused);
                let payload = answer::failed(&activity, Some(&platform), &refusal.to_string());
                Some(Answer { ticket, payload, failed: true })
            }
        }
    }

    /// The `credentials` event. Returns when they are stored, so that a verb sent right behind finds them.
    pub async fn credentials(&mut self, raw: &str, ticket: Option<T>) -> Answer<T> {
        let checked = match self.spell(raw).and_then(|spelled| self.shared.parts.schemas.credentials(spelled)) {
            Ok(checked) => checked,
            Err(violation) => return Self::rejected(raw, &violation, ticket),
        };
        let platform = checked.platform().id();
        let (since, stored) = (Instant::now(), self.store(&checked).await);
        emit(ActionStarted { platform, verb: "credentials" });
        emit(ActionEnded { platform, verb: "credentials", failed: stored.is_err(), took: since.elapsed() });
        match stored {
            Ok(()) => Answer { ticket, payload: answer::credentials_stored(&checked), failed: false },
            Err(refusal) => Answer { ticket, payload: answer::rejected(raw, &refusal), failed: true },
        }
    }

    /// The `activity-object` event of the old client generation: `Ok` is acknowledged with `null`.
    ///
    /// # Errors
    /// The payload to acknowledge with, when it is not an object with `id` and `type`, or there are too many.
    pub fn activity_object(&mut self, raw: &str) -> Result<(), Box<RawValue>> {
        let (id, object) = answer::activity_object(raw).map_err(|violation| answer::rejected(raw, &violation))?;
        let limits = &self.shared.parts.limits;
        let known = self.objects.contains_key(&id);
        let full = self.object_bytes + raw.len() > limits.activity_object_bytes;
        if full || (self.objects.len() >= limits.activity_objects && !known) {
            return Err(answer::rejected(raw, &"too many activity objects"));
        }
        // Replacing one counts anew: who registers the same id over and over reaches the limit as well.
        self.object_bytes += raw.len();
        self.objects.insert(id, object);
        Ok(())
    }

    /// A job of this session ended. `None`: it is not pending (any more).
    pub fn finished(&mut self, finished: Finished) -> Option<Answer<T>> {
        let pending = self.pending.remove(&finished.job)?;
        self.pending_bytes -= pending.activity.len();
        let (payload, failed) = compose(&pending, finished.outcome);
        let Pending { ticket, platform, verb, since, .. } = pending;
        emit(ActionEnded { platform: platform.id(), verb: &verb, failed, took: since.elapsed() });
        Some(Answer { ticket, payload, failed })
    }

    /// The client is gone: forget its credentials at once (core 77) and tell the instances.
    pub async fn close(self) {
        let parts = &self.shared.parts;
        parts.sessions.leave(self.asker.session);
        parts.vault.forget(self.asker.session).await;
        for instance in &self.instances {
            if let Some(handle) = parts.supervisor.find(instance) {
                handle.detach(self.asker.session).await;
            }
        }
    }

    fn spell(&self, raw: &str) -> Result<Spelled, Violation> {
        Spelled::from_json(raw, self.shared.parts.legacy_context, &|id| self.objects.get(id).cloned())
    }

    fn rejected(raw: &str, violation: &Violation, ticket: Option<T>) -> Answer<T> {
        emit(InputRejected { stage: violation.stage() });
        Answer { ticket, payload: answer::rejected(raw, violation), failed: true }
    }

    fn submit(&mut self, checked: &Checked) -> Result<JobId, Refusal> {
        let size = checked.json().len();
        if self.pending_bytes + size > self.shared.parts.limits.pending_bytes {
            return Err(SubmitError::Full.into());
        }
        let platform = checked.platform();
        let (lane, actor, parallel) = if platform.is_persistent() {
            (self.instance(platform.id(), checked.actor_id()), Some(checked.actor_id().to_owned()), NonZeroU16::MIN)
        } else {
            let parallel = NonZeroU16::new(platform.concurrency()).unwrap_or(NonZeroU16::MIN);
            (scope::stateless(platform.id()), None, parallel)
        };
        let id = self.shared.next_job();
        self.shared.parts.queue.submit(Job {
            id,
            lane,
            parallel,
            platform: platform.id().clone(),
            actor,
            verb: checked.verb().to_owned(),
            activity: checked.json().clone(),
            asker: self.asker.clone(),
        })?;
        Ok(id)
    }

    /// The persistent instance that this session means by an actor.
    fn instance(&mut self, platform: &PlatformId, actor: &str) -> InstanceKey {
        let parts = &self.shared.parts;
        let scope = match self.credentials.get(&(platform.clone(), actor.to_owned())) {
            Some(Some(fingerprint)) => Scope::Credentials(*fingerprint),
            Some(None) | None => {
                parts.scopes.anonymous(&parts.sessions, self.asker.session, self.address.as_deref(), platform, actor)
            }
        };
        let key = scope::persistent(platform, actor, &scope);
        if self.instances.len() >= CLEAR_OUT {
            self.instances.retain(|instance| parts.supervisor.find(instance).is_some());
        }
        self.instances.insert(key);
        key
    }

    async fn store(&mut self, checked: &Checked) -> Result<(), Refusal> {
        let platform = checked.platform().id().clone();
        let actor = checked.actor_id().to_owned();
        let slot = CredentialSlot { platform: platform.clone(), actor: actor.clone() };
        self.shared.parts.vault.put(&self.asker, slot, Secret::new(checked.json().to_vec())).await?;
        // `Value`'s maps are sorted by key: its text is the canonical form.
        let fingerprint = checked
            .object()
            .filter(|object| scope::has_secret(object))
            .map(|object| self.shared.fingerprints.fingerprint(object.to_string().as_bytes()));
        self.credentials.insert((platform, actor), fingerprint);
        Ok(())
    }
}

/// The answer to a job, and whether it is a failure (core.md 4.5).
fn compose<T>(pending: &Pending<T>, outcome: Outcome) -> (Box<RawValue>, bool) {
    let Pending { platform, activity, .. } = pending;
    let failed = |error: &str| (answer::failed(activity, Some(platform), error), true);
    let completed = match outcome {
        Outcome::Unchanged => answer::completed(activity, platform),
        Outcome::Activity(result) => answer::completed(&result, platform).inspect(|payload| check(payload, platform)),
        Outcome::Failed(error) => return failed(&error),
    };
    match completed {
        Ok(payload) => (payload, false),
        Err(error) => {
            emit(ResultInvalid { platform: platform.id(), error });
            failed("job failed for unknown reason")
        }
    }
}

/// core.md 2.6 *ours*: a result that breaks its platform's contract is noted, and sent: somebody waits for it.
fn check(payload: &RawValue, platform: &Platform) {
    if let Err(error) = answer::conforms(payload, platform) {
        emit(ResultInvalid { platform: platform.id(), error });
    }
}
