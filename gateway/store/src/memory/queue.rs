//! A queue within the process.

use std::sync::{Arc, Mutex, MutexGuard};

use footbridge_wire::{InstanceKey, JobId, Outcome};
use futures_util::{FutureExt, future::BoxFuture};
use tokio::sync::Notify;

use crate::{
    Depth, Finished, Job, JobQueue, LeaseError, Results, SubmitError,
    lanes::{Lanes, cost},
    meters::Meters,
};

/// Jobs in memory. They do not outlive the process; neither do the sessions that wait for them.
///
/// Bounded by bytes, not by number: waiting and begun jobs count with activity, actor, verb and [`JOB_OVERHEAD`](crate::JOB_OVERHEAD), and
/// what would exceed the limit is refused as [`SubmitError::Full`].
pub struct MemoryQueue {
    max_bytes: usize,
    results: Arc<dyn Results>,
    meters: Meters,
    /// A std mutex: held for moves between tables only, never over an await or a call to `results`.
    state: Mutex<State>,
    /// Holds a permit or has woken a lessee whenever a lane has a turn that no lessee has seen.
    turns: Notify,
}

#[derive(Default)]
struct State {
    lanes: Lanes,
    /// The text that waiting jobs end with, once the queue is closed.
    closed: Option<String>,
}

// === impl MemoryQueue ===

impl MemoryQueue {
    /// An empty queue of at most `max_bytes` that tells ends of jobs to `results`.
    pub fn new(max_bytes: usize, results: Arc<dyn Results>) -> Self {
        Self { max_bytes, results, meters: Meters::new(), state: Mutex::default(), turns: Notify::new() }
    }

    /// Changes the state, keeps the gauges true, and wakes a lessee if there is now something to lease.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let had_turns = state.lanes.has_turns();
        let changed = change(&mut state);
        self.meters.depth(state.lanes.depth());
        let wake = !had_turns && state.lanes.has_turns();
        drop(state);
        if wake {
            self.turns.notify_one();
        }
        changed
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing that runs under the lock panics")
    }

    /// `None`: nothing may begin yet.
    fn try_lease(&self, max: usize) -> Option<Result<Vec<Job>, LeaseError>> {
        let mut state = self.lock();
        let begun = state.lanes.begin(max);
        self.meters.depth(state.lanes.depth());
        let (closed, more) = (state.closed.is_some(), state.lanes.has_turns());
        drop(state);
        if closed || more {
            // For the next lessee: this one may not come back.
            self.turns.notify_one();
        }
        match begun.is_empty() {
            true if closed => Some(Err(LeaseError::Closed)),
            true if max > 0 => None,
            _ => Some(Ok(begun.iter().map(|job| Job::clone(job)).collect())),
        }
    }

    /// Tells the ends of jobs that are no longer in the state.
    fn tell(&self, jobs: impl IntoIterator<Item = Arc<Job>>, outcome: &Outcome) {
        for job in jobs {
            self.meters.ended(outcome);
            self.results.finished(Finished {
                job: job.id,
                session: job.asker.session,
                lane: job.lane,
                outcome: outcome.clone(),
            });
        }
    }
}

impl JobQueue for MemoryQueue {
    fn submit(&self, job: Job) -> Result<(), SubmitError> {
        let outcome = self.change(|state| {
            if state.closed.is_some() {
                return Err(SubmitError::Closed);
            }
            if state.lanes.depth().bytes.saturating_add(cost(&job)) > self.max_bytes {
                return Err(SubmitError::Full);
            }
            state.lanes.push(Arc::new(job));
            Ok(())
        });
        self.meters.submitted(outcome);
        outcome
    }

    fn lease(&self, max: usize) -> BoxFuture<'_, Result<Vec<Job>, LeaseError>> {
        async move {
            loop {
                if let Some(outcome) = self.try_lease(max) {
                    return outcome;
                }
                self.turns.notified().await;
            }
        }
        .boxed()
    }

    fn finish(&self, job: JobId, outcome: Outcome) {
        let Some(job) = self.change(|state| state.lanes.end(job)) else {
            self.meters.stray();
            return;
        };
        let lane = job.lane;
        self.tell([job], &outcome);
        // Only now: a lane that runs one job at a time is answered in order (core.md 1.3).
        self.change(|state| state.lanes.vacate(lane));
    }

    fn finish_with_lane(&self, job: JobId, outcome: Outcome, error: &str) {
        let Some((job, behind)) = self.change(|state| {
            let job = state.lanes.end(job)?;
            let behind = state.lanes.clear_lane(&job.lane);
            Some((job, behind))
        }) else {
            self.meters.stray();
            return;
        };
        let lane = job.lane;
        self.tell([job], &outcome);
        self.tell(behind, &Outcome::Failed(error.into()));
        self.change(|state| state.lanes.vacate(lane));
    }

    fn release(&self, job: JobId) {
        let (known, failed) = self.change(|state| {
            let known = state.lanes.put_back(job);
            (known, state.closed.clone().map(|error| (state.lanes.clear(), error)))
        });
        if !known {
            self.meters.stray();
        }
        if let Some((jobs, error)) = failed {
            self.tell(jobs, &Outcome::Failed(error));
        }
    }

    fn fail_lane(&self, lane: &InstanceKey, error: &str) {
        let jobs = self.change(|state| state.lanes.clear_lane(lane));
        self.tell(jobs, &Outcome::Failed(error.into()));
    }

    fn close(&self, error: &str) {
        let jobs = self.change(|state| {
            state.closed.get_or_insert_with(|| error.into());
            state.lanes.clear()
        });
        self.turns.notify_one();
        self.tell(jobs, &Outcome::Failed(error.into()));
    }

    fn depth(&self) -> Depth {
        self.lock().lanes.depth()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::props::{Recorder, job};

    fn queue_for(jobs: usize) -> MemoryQueue {
        MemoryQueue::new(jobs * cost(&job(0, 0, 1)), Recorder::new())
    }

    #[test]
    fn the_last_byte_may_be_used_but_not_exceeded() {
        let queue = queue_for(2);
        assert_eq!(queue.submit(job(1, 1, 1)), Ok(()));
        let mut larger = job(2, 1, 1);
        larger.activity = [&larger.activity[..], b" "].concat().into();
        assert_eq!(queue.submit(larger), Err(SubmitError::Full));
        assert_eq!(queue.submit(job(2, 1, 1)), Ok(()));
    }

    #[test]
    fn running_jobs_count_against_the_limit() {
        let queue = queue_for(1);
        queue.submit(job(1, 1, 1)).expect("room");
        queue.lease(1).now_or_never().expect("ready").expect("open");
        assert_eq!(queue.submit(job(2, 1, 1)), Err(SubmitError::Full));
        queue.finish(job(1, 1, 1).id, Outcome::Unchanged);
        assert_eq!(queue.submit(job(2, 1, 1)), Ok(()));
    }

    #[test]
    fn a_lessee_sleeps_until_something_may_begin() {
        let queue = queue_for(9);
        queue.submit(job(1, 1, 1)).expect("room");
        queue.lease(9).now_or_never().expect("ready").expect("open");
        let waker = futures_util::task::noop_waker();
        let mut lease = queue.lease(9);
        let mut poll = || lease.poll_unpin(&mut std::task::Context::from_waker(&waker));
        assert!(poll().is_pending());
        queue.submit(job(2, 1, 1)).expect("room");
        assert!(poll().is_pending(), "the lane runs one job at a time");
        queue.finish(job(1, 1, 1).id, Outcome::Unchanged);
        assert!(poll().is_ready());
    }

    #[test]
    fn a_lease_of_nothing_neither_waits_nor_begins() {
        let queue = queue_for(1);
        assert_eq!(queue.lease(0).now_or_never().map(|batch| batch.map(|jobs| jobs.len())), Some(Ok(0)));
        queue.submit(job(1, 1, 1)).expect("room");
        assert_eq!(queue.lease(0).now_or_never().map(|batch| batch.map(|jobs| jobs.len())), Some(Ok(0)));
        assert_eq!(queue.depth().waiting, 1);
    }
}
