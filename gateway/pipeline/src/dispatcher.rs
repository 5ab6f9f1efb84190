//! From queue to worker: leases jobs, opens credentials, hands over.

use std::{collections::HashMap, sync::Arc, time::Duration};

use footbridge_schemas::{PlatformId, Schemas};
use footbridge_seal::{Fingerprint, Key, Secret};
use footbridge_store::{CredentialSlot, Job, JobQueue, Vault};
use footbridge_supervisor::{InstanceHandle, Launch, LimitReached, Refused, Seat, Supervisor, Wanted};
use footbridge_wire::{InstanceId, Job as Handover, Outcome, SessionId};
use serde_json::Value;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};
use zeroize::Zeroize;

use crate::{
    following::Following,
    scope::{self, Scopes},
    sessions::{Presence, Sessions},
};

/// Jobs leased at a time.
const BATCH: usize = 64;
/// How long topics may be without a worker before they are given another one.
const NEGLECT: Duration = Duration::from_secs(15);
/// Instances tried for one job: the one found may be ending, its successor is fresh.
const TRIES: usize = 3;

/// The task between queue and supervisor. Ends when the queue is closed and empty.
#[derive(Clone)]
pub struct Dispatcher {
    /// Where jobs come from.
    pub queue: Arc<dyn JobQueue>,
    /// Where credentials rest.
    pub vault: Arc<dyn Vault>,
    /// Who is connected.
    pub sessions: Arc<Sessions>,
    /// Records of anonymous scopes.
    pub scopes: Arc<Scopes>,
    /// Keys the fingerprints of credentials.
    pub fingerprints: Arc<Key>,
    /// Who follows what.
    pub following: Arc<Following>,
    /// The compiled contracts.
    pub schemas: Arc<Schemas>,
    /// Who owns the workers.
    pub supervisor: Supervisor,
    /// How to start the worker of each platform.
    pub launches: Arc<HashMap<PlatformId, Arc<Launch>>>,
}

/// Why a job's credentials are of no use. The texts are the client's (core.md 3.2).
#[derive(Debug, thiserror::Error)]
enum Unfit {
    #[error("credentials not found for {platform}:{actor}")]
    Missing { platform: PlatformId, actor: String },
    #[error("invalid credentials for {platform}:{actor}")]
    Invalid { platform: PlatformId, actor: String },
}

impl Dispatcher {
    /// Runs until the queue is closed; returns when every job it leased has been handed over or has ended.
    pub async fn run(self) {
        let opening = TaskTracker::new();
        let _tending = AbortOnDropHandle::new(tokio::spawn(self.clone().tend()));
        while let Ok(jobs) = self.queue.lease(BATCH).await {
            for job in jobs {
                let platform = self.schemas.platform(&job.platform);
                if platform.is_some_and(|platform| platform.requires_credentials(&job.verb)) {
                    // The vault may be slow; other lanes do not wait for it. Order within a lane is kept by the
                    // queue, which hands out the next job of a persistent lane only when this one has ended.
                    let this = self.clone();
                    opening.spawn(async move { this.with_credentials(job).await });
                } else if platform.is_some_and(|platform| platform.follows(&job.verb)) {
                    // So may be what is kept of a follower.
                    let this = self.clone();
                    opening.spawn(async move { this.for_follower(job).await });
                } else {
                    self.hand_over(job, None, None);
                }
            }
        }
        opening.close();
        opening.wait().await;
    }

    /// What `follow` and the like ask for is carried out by the worker that looks after the platform's topics.
    async fn for_follower(&self, job: Job) {
        for _ in 0..TRIES {
            let worker = match self.lookout(&job.platform) {
                Ok(worker) => worker,
                Err(limit) => return self.queue.finish(job.id, Outcome::Failed(limit.to_string())),
            };
            // Its topics are looked after even if nothing is asked of the worker now.
            if let Err(unreachable) = self.following.open(&job.platform, &job.lane).await {
                let text = format!("Error: what {} follows cannot be looked up: {unreachable}", actor_of(&job));
                return self.queue.finish(job.id, Outcome::Failed(text));
            }
            if !has_object(&job) {
                return self.queue.finish(job.id, self.following.list(&job.platform, &job.lane));
            }
            self.following.begin(&job);
            if worker.run(Box::new(handover(&job)), None).is_ok() {
                return;
            }
        }
        let closed = self.following.ended(job.id, Outcome::Failed("queue closed".into()));
        self.queue.finish(job.id, closed);
    }

    /// The worker that looks after the platform's topics, started if there is none.
    fn lookout(&self, platform: &PlatformId) -> Result<InstanceHandle, LimitReached> {
        // Only what the schemas know is submitted, and each has its launch.
        let launch = self.launches.get(platform).expect("a platform has its launch");
        let wanted = Wanted { key: scope::lookout(platform), launch, actor: None, address: None, alone: true };
        let worker = self.supervisor.instance(wanted)?;
        self.following.hire(platform, &worker);
        Ok(worker)
    }

    /// Gives topics whose worker ended for good another one, now and then, until dropped.
    async fn tend(self) {
        loop {
            tokio::time::sleep(NEGLECT).await;
            for platform in self.following.neglected() {
                if let Err(limit) = self.lookout(&platform) {
                    tracing::warn!(%platform, %limit, "nobody looks after what is followed");
                }
            }
        }
    }

    async fn with_credentials(&self, job: Job) {
        match self.credentials(&job).await {
            Ok((credentials, proof)) => self.hand_over(job, Some(credentials), Some(proof)),
            Err(unfit) => {
                // core.md 3.2: once the instance is initialised, and on stateless platforms, with a prefix.
                let prefixed = job.actor.is_none()
                    || self.supervisor.find(&job.lane).is_some_and(|instance| instance.is_initialised());
                let text = if prefixed { format!("Error: {unfit}") } else { unfit.to_string() };
                self.queue.finish(job.id, Outcome::Failed(text));
            }
        }
    }

    async fn credentials(&self, job: &Job) -> Result<(Secret<Vec<u8>>, Fingerprint), Unfit> {
        let slot = CredentialSlot { platform: job.platform.clone(), actor: actor_of(job) };
        let stored = self.vault.open(&job.asker, &slot).await.unwrap_or_else(|error| {
            tracing::warn!(platform = %job.platform, %error, "the vault does not answer");
            None
        });
        let CredentialSlot { platform, actor } = slot;
        let Some(credentials) = stored else {
            return Err(Unfit::Missing { platform, actor });
        };
        match proof(&credentials, &self.fingerprints) {
            Some(proof) => Ok((credentials, proof)),
            None => Err(Unfit::Invalid { platform, actor }),
        }
    }

    fn hand_over(&self, job: Job, credentials: Option<Secret<Vec<u8>>>, proof: Option<Fingerprint>) {
        let Some(launch) = self.launches.get(&job.platform) else {
            // Only what the schemas know is submitted, and each has its launch.
            return self.queue.finish(job.id, Outcome::Failed("unable to resolve platform from @context".into()));
        };
        let session = job.asker.session;
        let (id, lane) = (job.id, job.lane);
        let mut handover = Box::new(Handover {
            id,
            instance: InstanceId::default(),
            session,
            verb: job.verb,
            activity: job.activity,
            credentials,
        });
        let address = launch.persistent.then(|| self.sessions.address(session)).flatten();
        let wanted = Wanted { key: lane, launch, actor: job.actor.as_deref(), address: address.as_ref(), alone: false };
        for _ in 0..TRIES {
            let instance = match self.supervisor.instance(wanted) {
                Ok(instance) => instance,
                Err(limit) => {
                    self.scopes.forget(&lane);
                    return self.queue.finish(id, Outcome::Failed(limit.to_string()));
                }
            };
            match instance.run(handover, proof) {
                Ok(()) if launch.persistent => return self.see_off(&instance, session),
                Ok(()) => return,
                Err(Refused(back)) => handover = back,
            }
        }
        self.queue.finish(id, Outcome::Failed("queue closed".into()));
    }

    /// The job has attached its session, which may have left before it was handed over.
    fn see_off(&self, instance: &InstanceHandle, session: SessionId) {
        let seen = self.sessions.presence(session);
        if seen == Some(Presence::Here) {
            return;
        }
        let (instance, sessions) = (instance.clone(), Arc::clone(&self.sessions));
        tokio::spawn(async move {
            let mut told = seen;
            loop {
                instance.seat(session, seat(told)).await;
                // It may have come back, or gone, meanwhile, and told so before this did.
                let now = sessions.presence(session);
                if now == told {
                    return;
                }
                told = now;
            }
        });
    }
}

fn seat(presence: Option<Presence>) -> Seat {
    match presence {
        Some(Presence::Here) => Seat::Back,
        Some(Presence::Away) => Seat::Away,
        None => Seat::Gone,
    }
}

/// What a worker is given of a job that needs no credentials.
fn handover(job: &Job) -> Handover {
    Handover {
        id: job.id,
        instance: InstanceId::default(),
        session: job.asker.session,
        verb: job.verb.clone(),
        activity: job.activity.clone(),
        credentials: None,
    }
}

/// Whether a job says what it is about.
fn has_object(job: &Job) -> bool {
    #[derive(serde::Deserialize)]
    struct Activity {
        object: Option<serde::de::IgnoredAny>,
    }
    serde_json::from_slice::<Activity>(&job.activity).is_ok_and(|activity| activity.object.is_some())
}

/// The actor id whose credentials a job uses. Jobs of stateless platforms carry it in the activity only.
fn actor_of(job: &Job) -> String {
    #[derive(serde::Deserialize)]
    struct Activity {
        actor: Actor,
    }
    #[derive(serde::Deserialize)]
    struct Actor {
        id: String,
    }
    job.actor.clone().unwrap_or_else(|| {
        serde_json::from_slice::<Activity>(&job.activity).map(|activity| activity.actor.id).unwrap_or_default()
    })
}

/// Tells stored credentials from others, by their `object`; `None`: there is none, or it is empty.
fn proof(credentials: &Secret<Vec<u8>>, key: &Key) -> Option<Fingerprint> {
    let mut activity: Value = serde_json::from_slice(credentials.expose()).ok()?;
    let object = activity.get("object").filter(|object| object.as_object().is_some_and(|object| !object.is_empty()));
    let proof = object.map(|object| scope::fingerprint(key, object));
    wipe(&mut activity);
    proof
}

/// Overwrites the texts of a parsed secret before it is dropped.
fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(members) => members.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
