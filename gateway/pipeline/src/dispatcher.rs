//! From queue to worker: leases jobs, opens credentials, hands over.

use std::{collections::HashMap, sync::Arc};

use footbridge_schemas::{PlatformId, Schemas};
use footbridge_seal::Secret;
use footbridge_store::{CredentialSlot, Job, JobQueue, Vault};
use footbridge_supervisor::{InstanceHandle, Launch, Refused, Supervisor};
use footbridge_wire::{InstanceId, Job as Handover, Outcome};
use serde_json::Value;
use tokio_util::task::TaskTracker;
use zeroize::Zeroize;

use crate::{scope::Scopes, sessions::Sessions};

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
                    self.hand_over(job, None);
                }
            }
        }
        opening.close();
        opening.wait().await;
    }

    async fn with_credentials(&self, job: Job) {
        match self.credentials(&job).await {
            Ok(credentials) => self.hand_over(job, Some(credentials)),
            Err(unfit) => {
                // core.md 3.2: once the instance is initialised, and on stateless platforms, with a prefix.
                let prefixed = job.actor.is_none()
                    || self.supervisor.find(&job.lane).is_some_and(|instance| instance.is_initialised());
                let text = if prefixed { format!("Error: {unfit}") } else { unfit.to_string() };
                self.queue.finish(job.id, Outcome::Failed(text));
            }
        }
    }

    async fn credentials(&self, job: &Job) -> Result<Secret<Vec<u8>>, Unfit> {
        let slot = CredentialSlot { platform: job.platform.clone(), actor: actor_of(job) };
        let stored = self.vault.open(&job.asker, &slot).await.unwrap_or_else(|error| {
            tracing::warn!(platform = %job.platform, %error, "the vault does not answer");
            None
        });
        let CredentialSlot { platform, actor } = slot;
        match stored {
            None => Err(Unfit::Missing { platform, actor }),
            Some(credentials) if has_object(&credentials) => Ok(credentials),
            Some(_) => Err(Unfit::Invalid { platform, actor }),
        }
    }

    fn hand_over(&self, job: Job, credentials: Option<Secret<Vec<u8>>>) {
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
        for _ in 0..TRIES {
            let instance = match self.supervisor.instance(lane, launch, job.actor.as_deref()) {
                Ok(instance) => instance,
                Err(limit) => {
                    self.scopes.forget(&lane);
                    return self.queue.finish(id, Outcome::Failed(limit.to_string()));
                }
            };
            if launch.persistent {
                self.attach(&instance, session);
            }
            match instance.run(handover) {
                Ok(()) => return,
                Err(Refused(back)) => handover = back,
            }
        }
        self.queue.finish(id, Outcome::Failed("queue closed".into()));
    }

    /// A session that left before its job was handed over must not stay attached.
    fn attach(&self, instance: &InstanceHandle, session: footbridge_wire::SessionId) {
        instance.attach(session);
        if !self.sessions.is_connected(session) {
            let instance = instance.clone();
            tokio::spawn(async move { instance.detach(session).await });
        }
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

/// Whether stored credentials have a non-empty `object`.
fn has_object(credentials: &Secret<Vec<u8>>) -> bool {
    let Ok(mut activity) = serde_json::from_slice::<Value>(credentials.expose()) else {
        return false;
    };
    let filled = activity.get("object").and_then(Value::as_object).is_some_and(|object| !object.is_empty());
    wipe(&mut activity);
    filled
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
