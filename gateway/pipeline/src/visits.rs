//! Calls from outside on their way to the worker that expects them, and back.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use footbridge_schemas::PlatformId;
use footbridge_wire::{ToWorker, Visit, Welcome};
use tokio::{sync::oneshot, time::timeout};

use crate::following::Following;

/// Visitors that wait for a worker; further ones are sent away.
const MAX_VISITORS: usize = 64;
/// How long a visitor waits.
const PATIENCE: Duration = Duration::from_secs(10);

/// Visitors that wait for an answer.
pub struct Visits {
    following: Arc<Following>,
    /// A std mutex: no await happens under it.
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    visitors: HashMap<u32, oneshot::Sender<Welcome>>,
    last: u32,
}

/// Why a visitor was not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unattended {
    /// No worker looks after anything of that platform.
    #[error("nobody expects a visit")]
    Nobody,
    /// Too many visitors wait already.
    #[error("too many visitors")]
    Crowded,
    /// The worker did not answer in time, or died.
    #[error("no answer in time")]
    Late,
}

/// A visitor's place, given back when it leaves.
struct Place<'a> {
    visits: &'a Visits,
    number: u32,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.visits.lock().visitors.remove(&self.number);
    }
}

impl Visits {
    /// Nobody waits yet. Visitors are led to the workers that look after what is followed.
    pub fn new(following: Arc<Following>) -> Self {
        Self { following, waiting: Mutex::default() }
    }

    /// Leads a visitor to the worker of `platform` and waits for its answer, at most ten seconds. The number of the visit
    /// is given here.
    ///
    /// # Errors
    /// [`Unattended`]; nothing is known of what the worker made of it, if it got it.
    pub async fn visit(&self, platform: &PlatformId, mut visit: Visit) -> Result<Welcome, Unattended> {
        let worker = self.following.worker(platform).filter(|worker| !worker.is_ending()).ok_or(Unattended::Nobody)?;
        let (sender, answer) = oneshot::channel();
        let place = self.place(sender)?;
        visit.number = place.number;
        let answered = timeout(PATIENCE, async {
            worker.tell(ToWorker::Visit(visit)).await;
            answer.await
        });
        answered.await.ok().and_then(Result::ok).ok_or(Unattended::Late)
    }

    /// A worker answered.
    pub(crate) fn welcome(&self, welcome: Welcome) {
        if let Some(visitor) = self.lock().visitors.remove(&welcome.number) {
            // It may have left.
            let _ = visitor.send(welcome);
        }
    }

    fn place(&self, visitor: oneshot::Sender<Welcome>) -> Result<Place<'_>, Unattended> {
        let mut waiting = self.lock();
        if waiting.visitors.len() >= MAX_VISITORS {
            return Err(Unattended::Crowded);
        }
        waiting.last = waiting.last.wrapping_add(1);
        let number = waiting.last;
        waiting.visitors.insert(number, visitor);
        Ok(Place { visits: self, number })
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
