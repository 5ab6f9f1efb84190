//! From queue to worker: leases jobs, opens credentials, hands over.

use std::{collections::HashMap, sync::Arc};

use footbridge_schemas::{PlatformId, Schemas};
use footbridge_seal::{Fingerprint, Key, Secret};
use footbridge_store::{CredentialSlot, Job, JobQueue, Vault};
use footbridge_supervisor::{InstanceHandle, Launch, Refused, Seat, Supervisor, Wanted};
use footbridge_wire::{InstanceId, Job as Handover, Outcome, SessionId};
use serde_json::Value;
use tokio_util::task::TaskTracker;
use zeroize::Zeroize;

use crate::{
    scope::{self, Scopes},
    sessions::{Presence, Sessions},
};

/// Jobs leased at a time.
const BATCH: usize = 64;
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
        while let Ok(jobs) = self.queue.lease(BATCH).await {
            for job in jobs {
                let platform = self.schemas.platform(&job.platform);
                if platform.is_some_and(|platform| platform.requires_credentials(&job.verb)) {
                    // The vault may be slow; other lanes do not wait for it. Order within a lane is kept by the
                    // queue, which hands out the next job of a persistent lane only when this one has ended.
                    let this = self.clone();
                    opening.spawn(async move { this.with_credentials(job).await });
                } else {
                    self.hand_over(job, None, None);
                }
            }
        }
        opening.close();
        opening.wait().await;
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
        let wanted = Wanted { key: lane, launch, actor: job.actor.as_deref(), address: address.as_ref() };
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
