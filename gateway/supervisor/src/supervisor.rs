//! Which instances live, and how many may.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use footbridge_schemas::PlatformId;
use footbridge_telemetry::emit;
use footbridge_wire::{InstanceKey, JobId, Outcome, SessionId};
use tokio_util::task::TaskTracker;

use crate::{
    events::InstanceRefused,
    exit::Exit,
    instance::{self, InstanceHandle, Origin},
    launch::Launch,
};

/// Where instances tell what happened. Called from their tasks: must not block.
pub trait Reports: Send + Sync + 'static {
    /// A job that was handed over ended, for whatever reason. Exactly once per job, unless it is returned.
    fn done(&self, job: JobId, outcome: Outcome);

    /// The first connect of an instance failed: what waits behind it ends with it, what comes later starts anew
    /// (core.md 4.4 *ours*).
    fn refused(&self, job: JobId, outcome: Outcome);

    /// The instance ended before the worker got the job: it may run elsewhere.
    fn returned(&self, job: JobId);

    /// A job succeeded on an instance that other sessions are attached to as well (core.md 1.6).
    fn shared(&self, launch: &Launch, peers: &[SessionId], request: Bytes, outcome: &Outcome);

    /// Unsolicited traffic, in the order the platform emitted it.
    fn pushed(&self, launch: &Launch, actor: Option<&str>, attached: &[SessionId], activity: Bytes);

    /// The instance is gone, and every job it held was reported.
    fn exited(&self, key: &InstanceKey, launch: &Launch, actor: Option<&str>, attached: &[SessionId], exit: &Exit);
}

/// One more instance would be too many (core.md 5.7). The text is the client's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("platform instance limit reached ({max}); cannot start new {platform} instance")]
pub struct LimitReached {
    /// `limits.maxPlatformInstances`.
    pub max: usize,
    /// The platform that was asked for.
    pub platform: PlatformId,
}

/// The owner of all instances. Cheap to clone.
#[derive(Clone)]
pub struct Supervisor {
    shared: Arc<Shared>,
}

struct Shared {
    reports: Arc<dyn Reports>,
    /// `limits.maxPlatformInstances`; `None`: no limit.
    max: Option<usize>,
    /// A std mutex: no await happens under it. Instances remove themselves when their process is gone, so the length
    /// counts dying ones too.
    instances: Mutex<HashMap<InstanceKey, Slot>>,
    tasks: TaskTracker,
}

struct Slot {
    handle: InstanceHandle,
    /// Tells a slot from the one that replaced it under the same key.
    generation: u64,
}

impl Supervisor {
    /// A supervisor without instances. `max`: how many may live at once, persistent and stateless ones together.
    pub fn new(reports: Arc<dyn Reports>, max: Option<usize>) -> Self {
        Self { shared: Arc::new(Shared { reports, max, instances: Mutex::default(), tasks: TaskTracker::new() }) }
    }

    /// The instance with that key, started if there is none. An instance that is ending is replaced by one that
    /// starts when its predecessor's process is gone. Must be called within a runtime.
    ///
    /// # Errors
    /// [`LimitReached`]; never when an instance of the same key is replaced (core 60).
    pub fn instance(
        &self,
        key: InstanceKey,
        launch: &Arc<Launch>,
        actor: Option<&str>,
    ) -> Result<InstanceHandle, LimitReached> {
        let mut instances = self.shared.lock();
        let previous = instances.get(&key);
        if let Some(slot) = previous
            && !slot.handle.is_ending()
        {
            return Ok(slot.handle.clone());
        }
        if let Some(max) = self.shared.max
            && previous.is_none()
            && instances.len() >= max
        {
            emit(InstanceRefused { platform: &launch.platform });
            return Err(LimitReached { max, platform: launch.platform.clone() });
        }
        let generation = previous.map_or(0, |slot| slot.generation + 1);
        let (handle, life) = instance::begin(Origin {
            key,
            actor: actor.map(Into::into),
            launch: Arc::clone(launch),
            reports: Arc::clone(&self.shared.reports),
            predecessor: previous.map(|slot| slot.handle.clone()),
        });
        instances.insert(key, Slot { handle: handle.clone(), generation });
        let shared = Arc::clone(&self.shared);
        self.shared.tasks.spawn(async move {
            life.await;
            let mut instances = shared.lock();
            if instances.get(&key).is_some_and(|slot| slot.generation == generation) {
                instances.remove(&key);
            }
        });
        Ok(handle)
    }

    /// The instance with that key, if it lives.
    pub fn find(&self, key: &InstanceKey) -> Option<InstanceHandle> {
        self.shared.lock().get(key).filter(|slot| !slot.handle.is_ending()).map(|slot| slot.handle.clone())
    }

    /// How many instances there are, dying ones included.
    pub fn count(&self) -> usize {
        self.shared.lock().len()
    }

    /// Stops every instance: clean-up for at most `within`, then force. Returns when all processes are gone.
    pub async fn stop(&self, within: Duration) {
        let handles: Vec<InstanceHandle> = self.shared.lock().values().map(|slot| slot.handle.clone()).collect();
        for handle in handles {
            handle.stop(within).await;
        }
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<InstanceKey, Slot>> {
        // The map is whole after every operation: a panic elsewhere under the lock cannot have torn it.
        self.instances.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
