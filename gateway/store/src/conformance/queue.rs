//! What a [`JobQueue`] does, behaviour by behaviour.

use std::sync::{Arc, OnceLock, Weak};

use footbridge_wire::{JobId, Outcome};
use futures_util::FutureExt;

use super::props::{Recorder, failed, job};
use crate::{Depth, Finished, Job, JobQueue, LeaseError, Results, SubmitError};

/// Room for everything but the test of fullness.
const ROOMY: usize = 16 * 1024 * 1024;

/// Bytes are the limit; whatever ends makes room again.
pub async fn accepts_until_full<Q: JobQueue>(make: &impl AsyncFn(usize, Arc<dyn Results>) -> Q) {
    let recorder = Recorder::new();
    let queue = make(64 * 1024, recorder.clone()).await;
    let refused = (0..10_000).find_map(|n| queue.submit(job(n, 1, 1)).err());
    assert_eq!(refused, Some(SubmitError::Full));
    assert_eq!(SubmitError::Full.to_string(), "failed to add job to queue"); // core.md 4.7
    begin(&queue, 1).await;
    queue.finish(JobId(0), Outcome::Unchanged);
    recorder.ends(1).await;
    assert_eq!(queue.submit(job(20_000, 1, 1)), Ok(()));
}

/// A closed queue takes nothing and has nothing to lease, for whoever asks and whoever waits already.
pub async fn refuses_once_closed<Q: JobQueue>(make: &impl AsyncFn(usize, Arc<dyn Results>) -> Q) {
    let recorder = Recorder::new();
    let queue = make(ROOMY, recorder.clone()).await;
    let (one, other, ()) = tokio::join!(queue.lease(1), queue.lease(1), async { queue.close("over") });
    assert_eq!((one.err(), other.err()), (Some(LeaseError::Closed), Some(LeaseError::Closed)));
    assert_eq!(queue.lease(1).await.err(), Some(LeaseError::Closed));
    assert_eq!(queue.submit(job(1, 1, 1)), Err(SubmitError::Closed));
    assert_eq!(SubmitError::Closed.to_string(), "queue closed"); // core.md 4.7
    assert!(recorder.told().is_empty(), "a refused job has no end");
}

/// core 63, 94: jobs of a lane begin in the order in which they came.
pub async fn keeps_order_within_a_lane<Q: JobQueue>(make: &impl AsyncFn(usize, Arc<dyn Results>) -> Q) {
    let queue = make(ROOMY, Recorder::new()).await;
    for n in 0..20 {
        submit(&queue, job(n, 1, 1));
        submit(&queue, job(100 + n, 2, 10));
    }
    let mut wide = Vec::new();
    for n in 0..20 {
        let begun = begin(&queue, 2).await;
        let (serial, parallel): (Vec<_>, Vec<_>) = begun.into_iter().partition(|&id| id < 100);
        assert_eq!(serial, [n]);
        wide.extend(parallel);
        queue.finish(JobId(n), Outcome::Unchanged);
        queue.finish(JobId(100 + n), Outcome::Unchanged);
    }
    assert_eq!(wide, (100..120).collect::<Vec<_>>());
}

/// core 93: as many at once as the jobs allow, and not one more.
pub async fn begins_no_more_than_parallel<Q: JobQueue>(make: &impl AsyncFn(usize, Arc<dyn Results>) -> Q) {
    let queue = make(ROOMY, Recorder::new()).await;
    for n in 0..5 {
        submit(&queue, job(n, 1, 3));
    }
    assert_eq!(begin(&queue, 3).await, [0, 1, 2]);
    // Had the lane a fourth to give, it would come first: it waits longer.
    submit(&queue, job(100, 2, 1));
    assert_eq!(begin(&queue, 1).await, [100]);
    queue.finish(JobId(1), Outcome::Unchanged);
    assert_eq!(begin(&queue, 1).await, [3]);
    submit(&queue, job(101, 3, 1));
    assert_eq!(begin(&queue, 1).await, [101]);
}

/// A busy lane does not keep the others waiting.
pub async fn lanes_take_turns<Q: JobQueue>(make: &impl AsyncFn(usize, Arc<dyn Results>) -> Q) {
    let queue = make(ROOMY, Recorder::new()).await;
    for n in 0..50 {
        submit(&queue, job(n, 1, 50));
    }
    for n in 0..5 {
        submit(&queue, job(100 + n, 2, 5));
        submit(&queue, job(200 + n, 3, 5));
    }
    let mut begun = begin(&queue, 9).await;
    begun.sort_unstable();
    assert_eq!(begun, [0, 1, 2, 100, 101, 102, 200, 201, 202]);
    submit(&queue, job(300, 4, 1));
    // A queue outside the process hears of it a little later; the long lane has 47 jobs left.
    let mut before = 0;
    while begin(&queue, 1).await != [300] {
        before += 1;
        assert!(before < 30, "a lane that comes later does not wait for a long one");
    }
}

/// Whoever waits is woken by a submitted job, and by an end or a return that lets one begin; two who wait, by two jobs.
pub async fn wakes_who_waits<Q: JobQueue>(make: &impl AsyncFn(usize, Arc<dyn Results>) -> Q) {
    let queue = make(ROOMY, Recorder::new()).await;
    let (begun, ()) = tokio::join!(begin(&queue, 1), async { submit(&queue, job(1, 1, 1)) });
    assert_eq!(begun, [1]);
    submit(&queue, job(2, 1, 1));
    let (begun, ()) = tokio::join!(begin(&queue, 1), async { queue.finish(JobId(1), Outcome::Unchanged) });
    assert_eq!(begun, [2]);
    let (begun, ()) = tokio::join!(begin(&queue, 1), async { queue.release(JobId(2)) });
    assert_eq!(begun, [2]);
    let both = async {
        submit(&queue, job(3, 2, 1));
        submit(&queue, job(4, 3, 1));
    };
    let (mut one, other, ()) = tokio::join!(begin(&queue, 1), begin(&queue, 1), both);
    one.extend(other);
    one.sort_unstable();
    assert_eq!(one, [3, 4]);
}

/// A lease that is given up leaves its jobs, and its wake-up, to the next.
pub async fn loses_nothing_to_a_dropped_lease<Q: JobQueue>(make: &impl AsyncFn(usize, Arc<dyn Results>) -> Q) {
    let queue = make(ROOMY, Recorder::new()).await;
    let (mut given_up, mut patient) = (queue.lease(1), queue.lease(1));
    assert!((&mut given_up).now_or_never().is_none());
    assert!((&mut patient).now_or_never().is_none());
    submit(&queue, job(1, 1, 1));
    drop(given_up);
    assert_eq!(ids(patient.await.expect("open")), [1]);
}

/// The end of a job says whose it was and what came of it.
pub async fn tells_the_outcome_once<Q: JobQueue>(make: &impl AsyncFn(usize, Arc<dyn Results>) -> Q) {
    let recorder = Recorder::new();
    let queue = make(ROOMY, recorder.clone()).await;
    let outcomes = [Outcome::Unchanged, Outcome::Activity("{}".into()), failed("Error: bad auth")];
    let mut expected = Vec::new();
    for (id, outcome) in (0..).zip(outcomes) {
        let job = job(id, 1, 1);
        expected.push(Finished { job: job.id, session: job.asker.session, lane: job.lane, outcome: outcome.clone() });
        submit(&queue, job);
        begin(&queue, 1).await;
        queue.finish(JobId(id), outcome);
        queue.finish(JobId(id), failed("again"));
    }
    recorder.ends(3).await;
    assert_eq!(recorder.told(), expected);
}

/// Ends of unknown, waiting and ended jobs change nothing.
pub async fn ignores_ends_of_jobs_that_are_not_begun<Q: JobQueue>(make: &impl AsyncFn(usize, Arc<dyn Results>) -> Q) {
    let recorder = Recorder::new();
    let queue = make(ROOMY, recorder.clone()).await;
    submit(&queue, job(1, 1, 1));
    for id in [1, 2] {
        queue.finish(JobId(id), failed("not begun"));
        queue.release(JobId(id));
    }
    assert_eq!(begin(&queue, 1).await, [1]);
    queue.release(JobId(1));
    queue.finish(JobId(1), failed("released"));
    assert_eq!(begin(&queue, 1).await, [1]);
    queue.finish(JobId(1), Outcome::Unchanged);
    queue.release(JobId(1));
    submit(&queue, job(3, 1, 1));
    assert_eq!(begin(&queue, 1).await, [3]);
    assert_eq!(recorder.ends(1).await, [(1, Outcome::Unchanged)]);
}

/// A job that no worker got is the next of its lane again.
pub async fn released_jobs_come_back_first<Q: JobQueue>(make: &impl AsyncFn(usize, Arc<dyn Results>) -> Q) {
    let queue = make(ROOMY, Recorder::new()).await;
    for n in 0..4 {
        submit(&queue, job(n, 1, 2));
    }
    assert_eq!(begin(&queue, 2).await, [0, 1]);
    queue.release(JobId(1));
    queue.release(JobId(0));
    assert_eq!(begin(&queue, 2).await, [0, 1]);
    queue.finish(JobId(0), Outcome::Unchanged);
    assert_eq!(begin(&queue, 1).await, [2]);
}

/// core 86: what waits in a lane ends with a text, oldest first; what has begun, and other lanes, go on.
pub async fn fails_what_waits_in_a_lane<Q: JobQueue>(make: &impl AsyncFn(usize, Arc<dyn Results>) -> Q) {
    let recorder = Recorder::new();
    let queue = make(ROOMY, recorder.clone()).await;
    for n in 0..3 {
        submit(&queue, job(n, 1, 1));
    }
    assert_eq!(begin(&queue, 1).await, [0]);
    submit(&queue, job(100, 2, 1));
    queue.fail_lane(&job(0, 1, 1).lane, "platform process terminated");
    queue.fail_lane(&job(0, 9, 1).lane, "nobody waits here");
    let gone = failed("platform process terminated");
    assert_eq!(recorder.ends(2).await, [(1, gone.clone()), (2, gone)]);
    queue.finish(JobId(0), Outcome::Unchanged);
    submit(&queue, job(3, 1, 1));
    let mut begun = begin(&queue, 2).await;
    begun.sort_unstable();
    assert_eq!(begun, [3, 100]);
    assert_eq!(recorder.ends(3).await[2], (0, Outcome::Unchanged));
}

/// core.md 4.4: what waits behind a job ends with it; what is submitted when its end is told does not.
pub async fn ends_what_waits_behind_a_job<Q: JobQueue>(make: &impl AsyncFn(usize, Arc<dyn Results>) -> Q) {
    let again = Arc::new(Again::default());
    let queue = Arc::new(make(ROOMY, again.clone()).await);
    let as_dyn: Arc<dyn JobQueue> = queue.clone();
    again.queue.set(Arc::downgrade(&as_dyn)).expect("set once");
    for n in 1..4 {
        submit(&*queue, job(n, 1, 1));
    }
    assert_eq!(begin(&*queue, 1).await, [1]);
    queue.finish_with_lane(JobId(9), failed("not begun"), "queue closed");
    queue.finish_with_lane(JobId(1), failed("bad auth"), "queue closed");
    let behind = failed("queue closed");
    assert_eq!(again.recorder.ends(3).await, [(1, failed("bad auth")), (2, behind.clone()), (3, behind)]);
    assert_eq!(begin(&*queue, 1).await, [100]);
}

/// Closing ends what waits with the text given first; what has begun still ends by itself.
pub async fn closing_fails_what_waits<Q: JobQueue>(make: &impl AsyncFn(usize, Arc<dyn Results>) -> Q) {
    let recorder = Recorder::new();
    let queue = make(ROOMY, recorder.clone()).await;
    submit(&queue, job(1, 1, 1));
    assert_eq!(begin(&queue, 1).await, [1]);
    submit(&queue, job(2, 1, 1));
    submit(&queue, job(3, 2, 1));
    queue.close("gateway shutting down");
    queue.close("a second time");
    let mut ends = recorder.ends(2).await;
    ends.sort_unstable_by_key(|&(id, _)| id);
    let stopped = failed("gateway shutting down");
    assert_eq!(ends, [(2, stopped.clone()), (3, stopped)]);
    queue.finish(JobId(1), Outcome::Unchanged);
    assert_eq!(recorder.ends(3).await[2], (1, Outcome::Unchanged));
    assert_eq!(queue.depth(), Depth::default());
}

/// A job that comes back to a closed queue has nowhere to wait.
pub async fn ends_what_is_released_after_closing<Q: JobQueue>(make: &impl AsyncFn(usize, Arc<dyn Results>) -> Q) {
    let recorder = Recorder::new();
    let queue = make(ROOMY, recorder.clone()).await;
    submit(&queue, job(1, 1, 1));
    begin(&queue, 1).await;
    queue.close("gateway shutting down");
    queue.close("a second time");
    queue.release(JobId(1));
    assert_eq!(recorder.ends(1).await, [(1, failed("gateway shutting down"))]);
    assert_eq!(queue.lease(1).await.err(), Some(LeaseError::Closed));
}

/// core.md 1.3: within a lane that runs one job at a time, answers come in the order of the jobs: the next one cannot
/// begin before the end of the one before it was told. The queue may be used while it tells.
pub async fn answers_before_the_next_begins<Q: JobQueue>(make: &impl AsyncFn(usize, Arc<dyn Results>) -> Q) {
    let eager = Arc::new(Eager::default());
    let queue = Arc::new(make(ROOMY, eager.clone()).await);
    let as_dyn: Arc<dyn JobQueue> = queue.clone();
    eager.queue.set(Arc::downgrade(&as_dyn)).expect("set once");
    submit(&*queue, job(1, 1, 1));
    submit(&*queue, job(2, 1, 1));
    begin(&*queue, 1).await;
    queue.finish(JobId(1), Outcome::Unchanged);
    assert_eq!(begin(&*queue, 1).await, [2]);
    assert_eq!(eager.recorder.ends(1).await, [(1, Outcome::Unchanged)]);
}

/// What waits and runs is counted, and weighs something until it ends.
pub async fn counts_what_it_holds<Q: JobQueue>(make: &impl AsyncFn(usize, Arc<dyn Results>) -> Q) {
    let recorder = Recorder::new();
    let queue = make(ROOMY, recorder.clone()).await;
    assert_eq!(queue.depth(), Depth::default());
    for n in 0..3 {
        submit(&queue, job(n, 1, 2));
    }
    let full = queue.depth();
    assert_eq!((full.waiting, full.running), (3, 0));
    assert!(full.bytes > 3 * job(0, 1, 2).activity.len());
    begin(&queue, 2).await;
    assert_eq!(queue.depth(), Depth { waiting: 1, running: 2, bytes: full.bytes });
    queue.finish(JobId(0), Outcome::Unchanged);
    queue.release(JobId(1));
    recorder.ends(1).await;
    let less = queue.depth();
    assert_eq!((less.waiting, less.running), (2, 0));
    assert!(less.bytes < full.bytes);
    queue.fail_lane(&job(0, 1, 2).lane, "over");
    recorder.ends(3).await;
    assert_eq!(queue.depth(), Depth::default());
}

/// Leases until `count` jobs have begun: an implementation may hand them out in smaller batches.
async fn begin(queue: &impl JobQueue, count: usize) -> Vec<u128> {
    let mut begun = Vec::new();
    while begun.len() < count {
        begun.extend(ids(queue.lease(count - begun.len()).await.expect("open")));
    }
    begun
}

fn ids(jobs: Vec<Job>) -> Vec<u128> {
    jobs.into_iter().map(|job| job.id.0).collect()
}

fn submit(queue: &impl JobQueue, job: Job) {
    queue.submit(job).expect("open, and roomy");
}

/// Submits another job for the lane when it hears of the first end.
#[derive(Default)]
struct Again {
    queue: OnceLock<Weak<dyn JobQueue>>,
    recorder: Recorder,
}

impl Results for Again {
    fn finished(&self, finished: Finished) {
        if finished.job == JobId(1) {
            let queue = self.queue.get().and_then(Weak::upgrade).expect("set before the first job");
            queue.submit(job(100, 1, 1)).expect("open, and roomy");
        }
        self.recorder.finished(finished);
    }
}

/// Tries to begin the next job from within the end of one.
#[derive(Default)]
struct Eager {
    queue: OnceLock<Weak<dyn JobQueue>>,
    recorder: Recorder,
}

impl Results for Eager {
    fn finished(&self, finished: Finished) {
        let queue = self.queue.get().and_then(Weak::upgrade).expect("set before the first job");
        let begun = queue.lease(9).now_or_never();
        assert!(begun.is_none(), "began before {:?} was told: {begun:?}", finished.job);
        self.recorder.finished(finished);
    }
}
