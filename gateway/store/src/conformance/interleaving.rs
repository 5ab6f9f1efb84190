//! What a [`JobQueue`] does whatever the order of calls: random sequences against a model, and threads at once.

use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use footbridge_wire::{JobId, Outcome};

use super::props::{Dice, Recorder, failed, job};
use crate::{Depth, Job, JobQueue, LeaseError, Results, SubmitError};

/// How many jobs of each lane may run at once; a lane's number is its place here.
const PARALLEL: [u16; 5] = [1, 1, 2, 3, 10];

/// Small enough to be full now and then.
const TIGHT: usize = 24 * 1024;

/// Random calls, one after the other: every accepted job ends once, as the model says it must; lanes keep order and
/// limit throughout.
pub async fn one_end_per_job_in_any_order<Q: JobQueue>(make: &impl AsyncFn(usize, Arc<dyn Results>) -> Q) {
    for seed in 0..100 {
        let recorder = Recorder::new();
        let queue = make(TIGHT, recorder.clone()).await;
        let (mut dice, mut model) = (Dice::new(seed), Model::default());
        for id in 0..400 {
            match dice.roll(10) {
                0..4 => model.submit(&queue, id, dice.roll(PARALLEL.len())),
                4..6 => model.lease(&queue, 1 + dice.roll(4)).await,
                6..8 => model.finish(&queue, &mut dice),
                8 => model.release(&queue, &mut dice),
                _ if dice.roll(4) == 0 => model.fail_lane(&queue, dice.roll(PARALLEL.len())),
                _ => model.stray(&queue, &mut dice),
            }
        }
        model.close(&queue, &mut dice);
        let mut ends = recorder.ends(model.ends.len()).await;
        ends.sort_unstable_by_key(|&(id, _)| id);
        assert_eq!(ends, model.ends.into_iter().collect::<Vec<_>>(), "seed {seed}");
        assert_eq!(queue.depth(), Depth::default(), "seed {seed}");
    }
}

/// What a queue should hold.
#[derive(Default)]
struct Model {
    waiting: [VecDeque<u128>; PARALLEL.len()],
    running: [Vec<u128>; PARALLEL.len()],
    ends: BTreeMap<u128, Outcome>,
}

impl Model {
    fn submit(&mut self, queue: &impl JobQueue, id: u128, lane: usize) {
        match queue.submit(numbered(id, lane)) {
            Ok(()) => self.waiting[lane].push_back(id),
            Err(error) => assert_eq!(error, SubmitError::Full),
        }
    }

    /// Only when something may begin: otherwise it would wait.
    async fn lease(&mut self, queue: &impl JobQueue, max: usize) {
        let may_begin = |lane: usize| !self.waiting[lane].is_empty() && self.running[lane].len() < limit(lane);
        if !(0..PARALLEL.len()).any(may_begin) {
            return;
        }
        let batch = queue.lease(max).await.expect("open");
        assert!((1..=max).contains(&batch.len()));
        for job in batch {
            let lane = lane_of(&job);
            assert_eq!(self.waiting[lane].pop_front(), Some(job.id.0), "order of arrival");
            self.running[lane].push(job.id.0);
            assert!(self.running[lane].len() <= limit(lane));
        }
    }

    fn finish(&mut self, queue: &impl JobQueue, dice: &mut Dice) {
        if let Some((_, id)) = self.any_running(dice) {
            let outcome = if dice.roll(2) == 0 { Outcome::Unchanged } else { failed("Error: no") };
            queue.finish(JobId(id), outcome.clone());
            self.ends.insert(id, outcome);
        }
    }

    fn release(&mut self, queue: &impl JobQueue, dice: &mut Dice) {
        if let Some((lane, id)) = self.any_running(dice) {
            queue.release(JobId(id));
            self.waiting[lane].push_front(id);
        }
    }

    fn fail_lane(&mut self, queue: &impl JobQueue, lane: usize) {
        queue.fail_lane(&numbered(0, lane).lane, "gone");
        self.ends.extend(self.waiting[lane].drain(..).map(|id| (id, failed("gone"))));
    }

    /// An end or a return of a job that is not begun: an ended, a waiting or an unknown one.
    fn stray(&mut self, queue: &impl JobQueue, dice: &mut Dice) {
        let waiting = self.waiting.iter().flatten();
        let candidates: Vec<u128> = self.ends.keys().chain(waiting).copied().chain([u128::MAX]).collect();
        let id = JobId(candidates[dice.roll(candidates.len())]);
        if dice.roll(2) == 0 {
            queue.finish(id, failed("stray"));
        } else {
            queue.release(id);
        }
    }

    /// Closes, then ends whatever had begun, in one way or the other.
    fn close(&mut self, queue: &impl JobQueue, dice: &mut Dice) {
        queue.close("closed");
        self.ends.extend(self.waiting.iter_mut().flat_map(|lane| lane.drain(..)).map(|id| (id, failed("closed"))));
        while let Some((_, id)) = self.any_running(dice) {
            let outcome = if dice.roll(2) == 0 {
                queue.release(JobId(id));
                failed("closed")
            } else {
                queue.finish(JobId(id), Outcome::Unchanged);
                Outcome::Unchanged
            };
            self.ends.insert(id, outcome);
        }
    }

    fn any_running(&mut self, dice: &mut Dice) -> Option<(usize, u128)> {
        let busy: Vec<usize> = (0..PARALLEL.len()).filter(|&lane| !self.running[lane].is_empty()).collect();
        let lane = *busy.get(dice.roll(busy.len().max(1)))?;
        let place = dice.roll(self.running[lane].len());
        Some((lane, self.running[lane].swap_remove(place)))
    }
}

/// Two submitters and two dispatchers on threads of their own, then a close: every accepted job ends once, and no lane
/// is ever above its limit.
pub async fn one_end_per_job_across_threads<Q: JobQueue>(make: &impl AsyncFn(usize, Arc<dyn Results>) -> Q) {
    let recorder = Recorder::new();
    let queue = Arc::new(make(TIGHT, recorder.clone()).await);
    let running: Arc<[AtomicUsize; PARALLEL.len()]> = Arc::default();
    let dispatchers = [1, 2].map(|seed| {
        let (queue, running) = (Arc::clone(&queue), Arc::clone(&running));
        tokio::task::spawn_blocking(move || dispatch(&*queue, &running, &mut Dice::new(seed)))
    });
    let submitters = [3, 4].map(|seed| {
        let queue = Arc::clone(&queue);
        tokio::task::spawn_blocking(move || submit_many(&*queue, seed))
    });
    let mut accepted = HashSet::new();
    for submitter in submitters {
        accepted.extend(submitter.await.expect("submitter"));
    }
    queue.close("closed");
    for dispatcher in dispatchers {
        dispatcher.await.expect("dispatcher");
    }
    let ends = recorder.ends(accepted.len()).await;
    assert_eq!(ends.len(), accepted.len(), "no job ends twice");
    assert_eq!(ends.into_iter().map(|(id, _)| id).collect::<HashSet<_>>(), accepted);
    assert_eq!(queue.depth(), Depth::default());
}

/// Leases until the queue is closed, and ends what it got in every way there is.
fn dispatch(queue: &impl JobQueue, running: &[AtomicUsize; PARALLEL.len()], dice: &mut Dice) {
    let runtime = tokio::runtime::Handle::current();
    loop {
        let batch = match runtime.block_on(queue.lease(8)) {
            Ok(batch) => batch,
            Err(LeaseError::Closed) => return,
        };
        for job in &batch {
            let others = running[lane_of(job)].fetch_add(1, Ordering::SeqCst);
            assert!(others < limit(lane_of(job)), "{others} run already");
        }
        for job in batch {
            running[lane_of(&job)].fetch_sub(1, Ordering::SeqCst);
            match dice.roll(8) {
                0 => queue.release(job.id),
                1 => {
                    queue.fail_lane(&job.lane, "gone");
                    queue.finish(job.id, failed("gone"));
                }
                2 => {
                    queue.finish(job.id, Outcome::Unchanged);
                    queue.finish(job.id, failed("again"));
                }
                _ => queue.finish(job.id, Outcome::Unchanged),
            }
        }
    }
}

/// Submits jobs, as fast as it goes, until 2000 were accepted; returns their ids.
fn submit_many(queue: &impl JobQueue, seed: u64) -> Vec<u128> {
    let mut dice = Dice::new(seed);
    let mut accepted = Vec::new();
    let first = u128::from(seed) << 64;
    for id in first.. {
        match queue.submit(numbered(id, dice.roll(PARALLEL.len()))) {
            Ok(()) => accepted.push(id),
            Err(error) => {
                assert_eq!(error, SubmitError::Full);
                std::thread::yield_now();
            }
        }
        if accepted.len() == 2000 {
            break;
        }
    }
    accepted
}

fn numbered(id: u128, lane: usize) -> Job {
    job(id, u8::try_from(lane).expect("few lanes"), PARALLEL[lane])
}

fn lane_of(job: &Job) -> usize {
    job.lane.0[0].into()
}

fn limit(lane: usize) -> usize {
    PARALLEL[lane].into()
}
