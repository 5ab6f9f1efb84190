//! One client's connection, whatever door it came through.

use std::{collections::HashMap, num::NonZeroU16, sync::Arc, time::Duration};

use bytes::Bytes;
use footbridge_schemas::{Checked, Platform, PlatformId, Spelled, Violation, answer};
use footbridge_seal::Secret;
use footbridge_store::{Asker, CredentialSlot, Finished, Job, SubmitError, VaultError};
use footbridge_supervisor::Seat;
use footbridge_telemetry::emit;
use footbridge_wire::{InstanceKey, JobId, Outcome, SessionId};
use serde_json::{Value, value::RawValue};
use tokio::time::Instant;

use crate::{
    events::{ActionEnded, ActionStarted, InputRejected, JobRefused, ResultInvalid},
    following::Attendance,
    pipeline::Shared,
    place::{Place, Places},
    scope,
    sessions::Presence,
};

/// Something to say to the client.
#[derive(Debug)]
pub struct Answer<T> {
    /// Where the client waits for it; `None`: it did not ask for an answer.
    pub ticket: Option<T>,
    /// The activity, with `error` if it failed.
    pub payload: Box<RawValue>,
    /// Whether it is worth saying where there is no ticket: a failure (core.md 1.3 rule 2 *ours*), or the end of what
    /// the client asked for before its connection broke.
    pub tell: bool,
}

/// One client's connection. `T` is the door's ticket for an answer.
pub struct Session<T> {
    shared: Arc<Shared>,
    asker: Asker,
    address: Option<Arc<str>>,
    /// Credentials shown, instances addressed.
    places: Places,
    /// Activity-objects of the old client generation, by id (core.md 1.7).
    objects: HashMap<String, Value>,
    /// Bytes of their texts, as they came.
    object_bytes: usize,
    pending: HashMap<JobId, Pending<T>>,
    pending_bytes: usize,
}

/// A job that has not ended.
struct Pending<T> {
    /// Where the client waits for the answer.
    ticket: Option<T>,
    /// The client waited on a connection that broke.
    lost: bool,
    /// Persistent platforms: the instance that was meant.
    instance: Option<InstanceKey>,
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
    pub(crate) fn new(shared: Arc<Shared>, asker: Asker, address: Option<Arc<str>>) -> Self {
        Self {
            shared,
            asker,
            address,
            places: Places::default(),
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
            Ok((job, instance)) => {
                self.pending_bytes += activity.len();
                let verb = checked.verb().to_owned();
                emit(ActionStarted { platform: platform.id(), verb: &verb });
                let since = Instant::now();
                self.pending.insert(job, Pending { ticket, lost: false, instance, platform, verb, activity, since });
                None
            }
            Err(refusal) => {
                emit(JobRefused);
                let payload = answer::failed(&activity, Some(&platform), &refusal.to_string());
                Some(Answer { ticket, payload, tell: true })
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
            Ok(()) => Answer { ticket, payload: answer::credentials_stored(&checked), tell: false },
            Err(refusal) => Answer { ticket, payload: answer::rejected(raw, &refusal), tell: true },
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
        let Pending { ticket, lost, instance, platform, verb, since, .. } = pending;
        emit(ActionEnded { platform: platform.id(), verb: &verb, failed, took: since.elapsed() });
        if let Some(instance) = instance.filter(|instance| !self.places.is_at(instance)) {
            // The job was sent before the session turned to another instance, and has attached it again.
            let (parts, session) = (Arc::clone(&self.shared), self.asker.session);
            tokio::spawn(async move { parts.turn_away(&instance, session).await });
        }
        Some(Answer { ticket, payload, tell: failed || lost })
    }

    /// The client's connection broke: its credentials are forgotten at once (core 77), what it asked for is answered by
    /// events from now on, and its instances know that it is away. Returns for how long it may come back; `None`: there
    /// is nothing to come back to, and the session can be closed.
    pub async fn suspend(&mut self) -> Option<Duration> {
        let parts = &self.shared.parts;
        parts.sessions.set_presence(self.asker.session, Presence::Away);
        for pending in self.pending.values_mut() {
            pending.lost |= pending.ticket.take().is_some();
        }
        parts.vault.forget(self.asker.session).await;
        let mut within = None;
        for instance in self.places.living(parts) {
            instance.seat(self.asker.session, Seat::Away).await;
            within = within.max(Some(instance.linger()));
        }
        within
    }

    /// The client is back on a new connection.
    pub async fn resume(&mut self) {
        let parts = &self.shared.parts;
        parts.sessions.set_presence(self.asker.session, Presence::Here);
        for instance in self.places.living(parts) {
            instance.seat(self.asker.session, Seat::Back).await;
        }
    }

    /// The client is gone: forget its credentials at once (core 77) and tell the instances.
    pub async fn close(self) {
        let parts = &self.shared.parts;
        parts.sessions.leave(self.asker.session);
        parts.following.gone(self.asker.session);
        parts.vault.forget(self.asker.session).await;
        for instance in self.places.living(parts) {
            instance.seat(self.asker.session, Seat::Gone).await;
        }
    }

    fn spell(&self, raw: &str) -> Result<Spelled, Violation> {
        Spelled::from_json(raw, self.shared.parts.legacy_context, &|id| self.objects.get(id).cloned())
    }

    fn rejected(raw: &str, violation: &Violation, ticket: Option<T>) -> Answer<T> {
        emit(InputRejected { stage: violation.stage() });
        Answer { ticket, payload: answer::rejected(raw, violation), tell: true }
    }

    /// Submits a job; returns its id, and the persistent instance that it is for.
    fn submit(&mut self, checked: &Checked) -> Result<(JobId, Option<InstanceKey>), Refusal> {
        let size = checked.json().len();
        if self.pending_bytes + size > self.shared.parts.limits.pending_bytes {
            return Err(SubmitError::Full.into());
        }
        let platform = checked.platform();
        let (lane, actor, parallel) = if platform.is_persistent() {
            let (parts, session, address) = (&self.shared.parts, self.asker.session, self.address.as_deref());
            let place = self.places.find(parts, session, address, platform.id(), checked.actor_id());
            (place.instance, Some(place.actor), NonZeroU16::MIN)
        } else if platform.follows(checked.verb()) {
            // The actor is who follows.
            let place = self.follower(platform.id(), checked.actor_id());
            (place.instance, Some(place.actor), NonZeroU16::MIN)
        } else {
            let parallel = NonZeroU16::new(platform.parallel()).unwrap_or(NonZeroU16::MIN);
            (scope::stateless(platform.id()), None, parallel)
        };
        let id = self.shared.next_job();
        let instance = actor.is_some().then_some(lane);
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
        Ok((id, instance))
    }

    /// The follower that the session means by an actor; the session joins it.
    fn follower(&mut self, platform: &PlatformId, actor: &str) -> Place {
        let (parts, session, address) = (&self.shared.parts, self.asker.session, self.address.as_deref());
        let place = self.places.find(parts, session, address, platform, actor);
        let named = self.places.is_named(platform, actor);
        let (follower, address) = (place.instance, self.address.as_ref());
        parts.following.attend(&Attendance { follower, platform, session, address, named });
        place
    }

    async fn store(&mut self, checked: &Checked) -> Result<(), Refusal> {
        let parts = &self.shared.parts;
        let (platform, actor) = (checked.platform().id(), checked.actor_id());
        let slot = CredentialSlot { platform: platform.clone(), actor: actor.to_owned() };
        parts.vault.put(&self.asker, slot, Secret::new(checked.json().to_vec())).await?;
        let object = checked.object().unwrap_or(&Value::Null);
        let proof = scope::fingerprint(&parts.fingerprints, object);
        if let Some(left) = self.places.show(platform, actor, proof, scope::has_secret(object)) {
            self.shared.turn_away(&left, self.asker.session).await;
        }
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
