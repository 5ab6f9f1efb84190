//! The contract of every queue.

use footbridge_wire::{InstanceKey, JobId, Outcome};
use futures_util::{FutureExt, future::BoxFuture};

use crate::job::{Finished, Job};

/// Where ends of jobs are told.
pub trait Results: Send + Sync + 'static {
    /// A job ended. Told exactly once per accepted job, from whichever task ended it: must neither block nor panic.
    /// The queue holds no lock meanwhile, so its methods may be called from here.
    fn finished(&self, finished: Finished);
}

/// Where jobs wait for their instance, in lanes (core.md 4.2, 4.3).
///
/// A job is *waiting* from [`submit`](Self::submit) to [`lease`](Self::lease), *begun* from there to
/// [`finish`](Self::finish), and ends once: begun ones through `finish`, waiting ones through
/// [`fail_lane`](Self::fail_lane) or [`close`](Self::close). Begun jobs are never leased again unless they are
/// [`release`](Self::release)d (core.md 4.6).
pub trait JobQueue: Send + Sync + 'static {
    /// Accepts a job or refuses it; never waits. Accepted means: exactly one [`Results::finished`] later.
    ///
    /// # Errors
    /// [`SubmitError`]; the job is then dropped, and nothing is told to [`Results`].
    fn submit(&self, job: Job) -> Result<(), SubmitError>;

    /// Waits for jobs that may begin, and begins at most `max` of them (with 0: none, at once). In order of arrival
    /// per lane; never more than [`Job::parallel`] of a lane begun at once; lanes take turns, job by job.
    ///
    /// May be dropped while it waits: no job is lost.
    ///
    /// # Errors
    /// [`LeaseError::Closed`] after [`close`](Self::close), once nothing waits.
    fn lease(&self, max: usize) -> BoxFuture<'_, Result<Vec<Job>, LeaseError>>;

    /// Ends a begun job. Ids that are not begun, unknown or already ended are ignored, and counted.
    fn finish(&self, job: JobId, outcome: Outcome);

    /// Ends a begun job, and as failed, with this text, what waits behind it in its lane: all at once, so that whatever
    /// is submitted once the end of the job was told is not among it (core.md 4.4 *ours*).
    fn finish_with_lane(&self, job: JobId, outcome: Outcome, error: &str);

    /// Takes back a job that was leased but that no worker got: it waits at the front of its lane again; on a closed
    /// queue it ends with the text given to [`close`](Self::close). Ids that are not begun are ignored, and counted.
    fn release(&self, job: JobId);

    /// Ends every waiting job of the lane as failed, with this text. Later ones are welcome.
    fn fail_lane(&self, lane: &InstanceKey, error: &str);

    /// Refuses jobs from now on and ends all waiting ones as failed, with this text. Begun ones still finish. Only
    /// the first call counts.
    fn close(&self, error: &str);

    /// How much there is at this moment.
    fn depth(&self) -> Depth;

    /// Whether jobs can be stored at this moment; a queue within the process always can.
    fn is_reachable(&self) -> bool {
        true
    }

    /// Waits until every end has been told wherever it must be, and leaves nothing behind. The last call, after
    /// [`close`](Self::close) and the end of what had begun; bounded by the time that a store may take to answer.
    fn leave(&self) -> BoxFuture<'_, ()> {
        std::future::ready(()).boxed()
    }
}

/// Why a job was refused. The texts are the client's (core.md 4.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// The queue takes no more jobs.
    #[error("queue closed")]
    Closed,
    /// The queue's memory is used up.
    #[error("failed to add job to queue")]
    Full,
    /// The store outside the process has been out of reach for too long (`redis.giveUpMs`).
    #[error("failed to add job to queue: Redis does not answer")]
    Unreachable,
}

/// Why there is nothing to lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LeaseError {
    /// The queue is closed and nothing waits in it.
    #[error("queue closed")]
    Closed,
}

/// How much a queue holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depth {
    /// Jobs that have not begun.
    pub waiting: usize,
    /// Jobs that have begun and not ended.
    pub running: usize,
    /// Bytes that both count for against the queue's limit.
    pub bytes: usize,
}
