//! Which instances live, and how many may.

use std::{
    collections::HashMap,
    num::NonZeroU16,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use footbridge_schemas::PlatformId;
use footbridge_seal::{MasterKey, Purpose};
use footbridge_telemetry::emit;
use footbridge_wire::InstanceKey;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use crate::{
    connections::Connections,
    events::InstanceRefused,
    instance::{self, InstanceHandle, Origin, World},
    launch::Launch,
    pool::{self, Choice, Crews, Post, Terms},
    reports::Reports,
    turnstile::Turnstile,
};

/// How many instances may live at once. Dying ones count; `None`: any number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InstanceLimits {
    /// Persistent and stateless ones together (`limits.maxPlatformInstances`).
    pub all: Option<usize>,
    /// Persistent ones that were started from one address (`limits.maxPlatformInstancesPerAddress`).
    pub per_address: Option<usize>,
}

/// One more instance would be too many (core.md 5.7). The texts are the client's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitReached {
    /// In the whole gateway.
    #[error("platform instance limit reached ({max}); cannot start new {platform} instance")]
    All {
        /// `limits.maxPlatformInstances`.
        max: usize,
        /// The platform that was asked for.
        platform: PlatformId,
    },
    /// From one address.
    #[error("platform instance limit of this address reached ({max}); cannot start new {platform} instance")]
    Address {
        /// `limits.maxPlatformInstancesPerAddress`.
        max: usize,
        /// The platform that was asked for.
        platform: PlatformId,
    },
}

/// Which instance is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Its key; on a stateless platform that of its pool.
    pub key: InstanceKey,
    /// How its workers start.
    pub launch: &'a Arc<Launch>,
    /// Whom it acts for; `None` on stateless platforms.
    pub actor: Option<&'a str>,
    /// The client's address; `None`: unknown, and counted nowhere. The worker of a persistent instance is told.
    pub address: Option<&'a Arc<str>>,
    /// On a stateless platform: whether that pool has one worker, however many others may have.
    pub alone: bool,
}

/// The owner of all instances. Cheap to clone.
#[derive(Clone)]
pub struct Supervisor {
    shared: Arc<Shared>,
}

struct Shared {
    world: Arc<World>,
    limits: InstanceLimits,
    /// A std mutex: no await happens under it. Instances remove themselves when their process is gone, so the length
    /// counts dying ones too.
    instances: Mutex<HashMap<InstanceKey, Slot>>,
    tasks: TaskTracker,
}

struct Slot {
    handle: InstanceHandle,
    /// Who is charged with it.
    address: Option<Arc<str>>,
    /// Tells a slot from the one that replaced it under the same key.
    generation: u64,
}

impl Supervisor {
    /// A supervisor without instances.
    pub fn new(reports: Arc<dyn Reports>, limits: InstanceLimits) -> Self {
        let world = Arc::new(World {
            reports,
            key_of_records: MasterKey::generate().derive(Purpose::Credentials, &[]),
            turnstile: Turnstile::default(),
            connections: Connections::default(),
            crews: Crews::default(),
        });
        let (instances, tasks) = (Mutex::default(), TaskTracker::new());
        Self { shared: Arc::new(Shared { world, limits, instances, tasks }) }
    }

    /// The connections that its workers have told of.
    pub fn connections(&self) -> Connections {
        self.shared.world.connections.clone()
    }

    /// The instance with that key, started if there is none. An instance that is ending is replaced by one that
    /// starts when its predecessor's process is gone. On a stateless platform, the one of the pool that is to have the
    /// next job: that with the least to do, or another one if all have as much as they may and there may be more. Must
    /// be called within a runtime.
    ///
    /// # Errors
    /// [`LimitReached`]; never when an instance of the same key is replaced (core 60), nor while the pool has any.
    pub fn instance(&self, wanted: Wanted<'_>) -> Result<InstanceHandle, LimitReached> {
        let Wanted { key: pool, launch, alone, .. } = wanted;
        let address = wanted.address.filter(|_| launch.persistent);
        let mut instances = self.shared.lock();
        let key = if launch.persistent || alone { pool } else { self.shared.place(&instances, pool, launch) };
        match instances.get(&key) {
            Some(slot) if !slot.handle.is_ending() => return Ok(slot.handle.clone()),
            Some(_) => {}
            None => self.shared.limits.admit(&instances, &launch.platform, address)?,
        }
        Ok(self.start(&mut instances, pool, Wanted { key, address, ..wanted }))
    }

    fn start(
        &self,
        instances: &mut HashMap<InstanceKey, Slot>,
        pool: InstanceKey,
        wanted: Wanted<'_>,
    ) -> InstanceHandle {
        let Wanted { key, launch, actor, address, .. } = wanted;
        let previous = instances.get(&key);
        let generation = previous.map_or(0, |slot| slot.generation + 1);
        let (handle, life) = instance::begin(Origin {
            key,
            pool,
            actor: actor.map(Into::into),
            address: address.cloned(),
            launch: Arc::clone(launch),
            world: Arc::clone(&self.shared.world),
            predecessor: previous.map(|slot| slot.handle.clone()),
        });
        instances.insert(key, Slot { handle: handle.clone(), address: address.cloned(), generation });
        let shared = Arc::clone(&self.shared);
        self.shared.tasks.spawn(async move {
            life.await;
            let mut instances = shared.lock();
            if instances.get(&key).is_some_and(|slot| slot.generation == generation) {
                instances.remove(&key);
            }
        });
        handle
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

impl InstanceLimits {
    /// Whether there may be one more.
    fn admit(
        self,
        instances: &HashMap<InstanceKey, Slot>,
        platform: &PlatformId,
        address: Option<&Arc<str>>,
    ) -> Result<(), LimitReached> {
        let platform = || {
            emit(InstanceRefused { platform });
            platform.clone()
        };
        if let Some(max) = self.all.filter(|_| !self.has_room(instances)) {
            return Err(LimitReached::All { max, platform: platform() });
        }
        if let Some((max, address)) = self.per_address.zip(address)
            && instances.values().filter(|slot| slot.address.as_ref() == Some(address)).count() >= max
        {
            return Err(LimitReached::Address { max, platform: platform() });
        }
        Ok(())
    }

    fn has_room(self, instances: &HashMap<InstanceKey, Slot>) -> bool {
        self.all.is_none_or(|max| instances.len() < max)
    }
}

impl Shared {
    /// The key of the worker of a pool that is to have the next job.
    fn place(&self, instances: &HashMap<InstanceKey, Slot>, pool: InstanceKey, launch: &Launch) -> InstanceKey {
        if launch.workers == NonZeroU16::MIN {
            return pool;
        }
        let posts = (0..usize::from(launch.workers.get()))
            .map(|place| instances.get(&pool::key(pool, place)).map_or(Post::Vacant, |slot| slot.handle.post()));
        let terms = Terms {
            concurrency: launch.concurrency.get().into(),
            room: self.limits.has_room(instances),
            stalled: self.world.crews.is_stalled(&pool, Instant::now()),
        };
        match terms.choose(posts) {
            Some(Choice::Give(place) | Choice::Start(place)) => pool::key(pool, place),
            // Nobody is there and nobody may come, as will be found out.
            None => pool,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<InstanceKey, Slot>> {
        // The map is whole after every operation: a panic elsewhere under the lock cannot have torn it.
        self.instances.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
