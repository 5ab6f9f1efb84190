//! The workers of a stateless platform: which of them gets the next job, and whether there may be another one.
//!
//! One worker after the other is started, when those there have as much to do as they may; who has the least gets the
//! next job, the first of equals, so that the last ones are idle first and end. A pool that may not grow goes on with
//! what it has: what is too much for the one it was given to is the next one's that has room.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use footbridge_seal::Fingerprint;
use footbridge_wire::{InstanceKey, Job};
use tokio::time::Instant;

/// How long a pool does not grow after a worker beside others could not be started.
const STALL: Duration = Duration::from_secs(10);

/// What a place of a pool is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Post {
    /// Nobody is there.
    Vacant,
    /// Whoever was there is about to be gone.
    Leaving,
    /// A worker is there.
    Staffed {
        /// How many jobs it has, those that wait for it included.
        jobs: usize,
        /// Whether it finds out which job ended its process, and takes no other one meanwhile.
        trying: bool,
    },
}

/// What becomes of the next job. Places are counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// The worker at that place gets it.
    Give(usize),
    /// A worker is started at that place.
    Start(usize),
}

/// What decides about a pool besides its places.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    /// Jobs that one worker may run at a time.
    pub(crate) concurrency: usize,
    /// Whether there may be one more process (`limits.maxPlatformInstances`).
    pub(crate) room: bool,
    /// Whether the last worker that was to come beside others did not start.
    pub(crate) stalled: bool,
}

impl Terms {
    /// Who gets the next job. `None`: nobody is there, and nobody may come.
    pub(crate) fn choose(self, posts: impl Iterator<Item = Post>) -> Option<Choice> {
        let (mut least, mut vacant, mut leaving) = (None, None, None);
        for (place, post) in posts.enumerate() {
            match post {
                Post::Vacant => vacant = vacant.or(Some(place)),
                Post::Leaving => leaving = leaving.or(Some(place)),
                Post::Staffed { jobs, trying } => {
                    if least.is_none_or(|(busy, _)| (trying, jobs) < busy) {
                        least = Some(((trying, jobs), place));
                    }
                }
            }
        }
        let give = least.map(|(_, place)| Choice::Give(place));
        let is_free = |((trying, jobs), _): ((bool, usize), usize)| !trying && jobs < self.concurrency;
        if least.is_some_and(is_free) || self.stalled && give.is_some() {
            return give;
        }
        // Where somebody is leaving, the next one has to wait for that; but its process is counted already.
        vacant.filter(|_| self.room).or(leaving).map(Choice::Start).or(give)
    }
}

/// The key of the worker at a place of a pool: the first one's is the pool's own.
pub(crate) fn key(pool: InstanceKey, place: usize) -> InstanceKey {
    let InstanceKey(mut bytes) = pool;
    // Keys are digests: others that differ in the number of a place alone do not occur.
    for (byte, bits) in bytes.iter_mut().zip(place.to_le_bytes()) {
        *byte ^= bits;
    }
    InstanceKey(bytes)
}

/// What a worker has to do, for whoever looks from outside.
#[derive(Debug, Default)]
pub(crate) struct Load {
    jobs: AtomicUsize,
    trying: AtomicBool,
}

impl Load {
    /// The place of the worker that has this to do.
    pub(crate) fn post(&self) -> Post {
        Post::Staffed { jobs: self.jobs.load(Ordering::Relaxed), trying: self.trying.load(Ordering::Relaxed) }
    }

    /// Whether it finds out which job ended its process.
    pub(crate) fn set_trying(&self, trying: bool) {
        self.trying.store(trying, Ordering::Relaxed);
    }
}

/// Counts a job from when it was given to an instance until it has ended or is given back.
#[derive(Debug)]
pub(crate) struct Counted(Arc<Load>);

impl Counted {
    pub(crate) fn new(load: &Arc<Load>) -> Self {
        load.jobs.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(load))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.jobs.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A job that none of a pool has room for, and what tells its credentials from others.
pub(crate) type Surplus = (Box<Job>, Option<Fingerprint>);

/// What the workers of each pool know of each other, by its key.
#[derive(Debug, Clone, Default)]
pub(crate) struct Crews(Arc<Mutex<HashMap<InstanceKey, Crew>>>);

#[derive(Debug, Default)]
struct Crew {
    /// Processes that have greeted and live.
    serving: usize,
    stalled_until: Option<Instant>,
    /// At most as many as the queue begins at a time. Whoever adds one has jobs itself, and looks here when one of them
    /// or its process has ended: so none stays here for ever.
    surplus: VecDeque<Surplus>,
}

impl Crews {
    /// A worker is ready, until what is returned is dropped.
    pub(crate) fn serve(&self, pool: InstanceKey) -> Serving {
        self.lock().entry(pool).or_default().serving += 1;
        Serving { crews: self.clone(), pool }
    }

    /// A worker could not be started. `true`: others serve, and none will be tried beside them for a while.
    pub(crate) fn stall(&self, pool: &InstanceKey, now: Instant) -> bool {
        let mut crews = self.lock();
        let Some(crew) = crews.get_mut(pool).filter(|crew| crew.serving > 0) else { return false };
        crew.stalled_until = Some(now + STALL);
        true
    }

    /// Whether a worker beside others could not be started a short while ago.
    pub(crate) fn is_stalled(&self, pool: &InstanceKey, now: Instant) -> bool {
        self.lock().get(pool).and_then(|crew| crew.stalled_until).is_some_and(|until| now < until)
    }

    /// A worker has no room for a job: whoever has next takes it.
    pub(crate) fn leave(&self, pool: InstanceKey, job: Surplus) {
        self.lock().entry(pool).or_default().surplus.push_back(job);
    }

    /// A worker has room for a job that another one left.
    pub(crate) fn take(&self, pool: &InstanceKey) -> Option<Surplus> {
        self.lock().get_mut(pool)?.surplus.pop_front()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<InstanceKey, Crew>> {
        // Counts and times are whole at any moment.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A worker that is ready.
#[derive(Debug)]
pub(crate) struct Serving {
    crews: Crews,
    pool: InstanceKey,
}

impl Drop for Serving {
    fn drop(&mut self) {
        if let Some(crew) = self.crews.lock().get_mut(&self.pool) {
            crew.serving -= 1;
        }
    }
}

#[cfg(test)]
mod tests;
