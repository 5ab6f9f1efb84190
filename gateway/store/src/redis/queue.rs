//! The queue of one node: its ledger, and the tasks that keep it and Redis in step.

use std::{
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use footbridge_schemas::PlatformId;
use footbridge_seal::Keyring;
use footbridge_wire::{InstanceKey, JobId, Outcome};
use futures_util::{FutureExt, future::BoxFuture};
use metrics::Counter;
use tokio::{sync::Notify, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Redis,
    contact::Contact,
    keeper,
    ledger::{End, Ledger},
    names::{Names, NodeId},
    pool::Connections,
    reader,
    record::Records,
    scripts::Books,
    writer,
};
use crate::{Depth, Finished, Job, JobQueue, LeaseError, Results, SubmitError, meters::Meters};

/// Jobs in Redis, and those of this node's sessions in memory as well, so that they survive the loss of either.
///
/// Accepted jobs are bounded by bytes as those of [`crate::MemoryQueue`] are. While Redis is away, jobs wait; after
/// `redis.giveUpMs` they end as failed and new ones are refused as [`SubmitError::Unreachable`], until it is back.
pub struct RedisQueue {
    node: Arc<Node>,
    tasks: TaskTracker,
}

/// What the tasks of a node share.
pub(super) struct Node {
    pub(super) connections: Connections,
    pub(super) books: Books,
    pub(super) records: Records,
    pub(super) contact: Contact,
    /// A std mutex: held for moves between tables only, never over an await or a call to `results`.
    ledger: Mutex<Ledger>,
    results: Arc<dyn Results>,
    meters: Meters,
    written_again: Counter,
    adopted: Counter,
    /// Holds a permit or has woken a lessee whenever a lease is worth a try.
    lessees: Notify,
    /// Holds a permit or has woken the writer whenever there is something to write.
    pub(super) news: Notify,
    /// Told when everything was written.
    pub(super) quiet: Notify,
    /// How many streams the reader is reading, while these are not all; 0: all, or it has been woken.
    pub(super) reading_less: AtomicUsize,
    pub(super) stopping: CancellationToken,
}

impl RedisQueue {
    /// A queue of at most `max_bytes` that tells ends of jobs to `results`. `platforms`: the stateless ones. Starts its
    /// tasks: must be called within a runtime.
    pub fn new(
        redis: &Redis,
        keys: &Keyring,
        platforms: Vec<PlatformId>,
        max_bytes: usize,
        results: Arc<dyn Results>,
    ) -> Self {
        let id = NodeId::random();
        let prefix = &redis.settings.prefix;
        let names = Names::new(prefix, &keys.current().name());
        let old_names = keys.old().iter().map(|key| Names::new(prefix, &key.name())).collect();
        let node = Arc::new(Node {
            connections: redis.connections.clone(),
            books: Books::new(id, names, old_names, platforms.clone(), (*redis.settings).clone()),
            records: Records::new(keys),
            contact: Contact::default(),
            ledger: Mutex::new(Ledger::new(id, platforms, max_bytes)),
            results,
            meters: Meters::new(),
            written_again: metrics::counter!("sockethub_queue_written_again_total"),
            adopted: metrics::counter!("sockethub_queue_adopted_total"),
            lessees: Notify::new(),
            news: Notify::new(),
            quiet: Notify::new(),
            reading_less: AtomicUsize::new(0),
            stopping: CancellationToken::new(),
        });
        let tasks = TaskTracker::new();
        tasks.spawn(writer::run(Arc::clone(&node)));
        tasks.spawn(reader::run(Arc::clone(&node)));
        tasks.spawn(keeper::run(Arc::clone(&node)));
        tasks.spawn(give_up_when_due(Arc::clone(&node)));
        tasks.close();
        Self { node, tasks }
    }
}

impl Drop for RedisQueue {
    fn drop(&mut self) {
        self.node.stopping.cancel();
    }
}

/// Ends what waits whenever Redis has been away for too long.
async fn give_up_when_due(node: Arc<Node>) {
    let patience = node.books.settings.give_up;
    while let Some(()) = node.stopping.run_until_cancelled(node.contact.patience_ended(patience)).await {
        let ends = node.change(Ledger::give_up);
        tracing::warn!(
            failed = ends.len(),
            "Redis is away for too long: what waits has failed, and new jobs are refused"
        );
        node.tell(ends);
    }
}

impl Node {
    /// Changes the ledger, keeps the gauges true, and wakes who has something to do now.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Ledger) -> T) -> T {
        let mut ledger = self.lock();
        let (had_lease, had_news) = (ledger.is_worth_a_lease(), ledger.has_news());
        let changed = change(&mut ledger);
        if self.reading_less.load(Ordering::Relaxed) > 0
            && ledger.readable().count() > self.reading_less.load(Ordering::Relaxed)
        {
            self.reading_less.store(0, Ordering::Relaxed);
            ledger.wake_reader();
        }
        self.meters.depth(ledger.depth());
        let (lease, news) = (!had_lease && ledger.is_worth_a_lease(), !had_news && ledger.has_news());
        drop(ledger);
        if lease {
            self.lessees.notify_one();
        }
        if news {
            self.news.notify_one();
        }
        changed
    }

    /// Tells ends of jobs that are no longer in the ledger.
    pub(super) fn tell(&self, ends: impl IntoIterator<Item = End>) {
        for (job, outcome) in ends {
            self.meters.ended(&outcome);
            self.results.finished(Finished { job: job.id, session: job.asker.session, lane: job.lane, outcome });
        }
    }

    pub(super) fn count_written_again(&self, jobs: usize) {
        if jobs > 0 {
            tracing::warn!(jobs, "Redis has lost jobs that nobody had begun: they are written once more");
            self.written_again.increment(jobs as u64);
        }
    }

    pub(super) fn count_adopted(&self, entries: usize) {
        if entries > 0 {
            tracing::info!(entries, "took over what a gateway that is gone had left");
            self.adopted.increment(entries as u64);
        }
    }

    /// Redis answered.
    pub(super) fn here(&self) {
        if self.contact.worked() {
            tracing::info!("Redis is back");
        }
    }

    /// Redis did not answer something asked at `since`.
    pub(super) fn away(&self, since: Instant, error: &dyn std::fmt::Display) {
        if self.contact.failed(since) {
            tracing::warn!(%error, "Redis does not answer");
        }
    }

    /// Sleeps between two attempts; `None`: the node stops.
    pub(super) async fn pause(&self, pause: Duration) -> Option<()> {
        self.stopping.run_until_cancelled(tokio::time::sleep(pause)).await
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().expect("nothing that runs under the lock panics")
    }

    /// `None`: nothing may begin yet.
    fn try_lease(&self, max: usize) -> Option<Result<Vec<Job>, LeaseError>> {
        let (leased, more) = self.change(|ledger| {
            let leased = ledger.lease(max);
            (leased, ledger.is_worth_a_lease())
        });
        if more {
            // For the next lessee: this one may not come back.
            self.lessees.notify_one();
        }
        leased
    }
}

impl JobQueue for RedisQueue {
    fn submit(&self, job: Job) -> Result<(), SubmitError> {
        let outcome = if self.node.contact.gave_up() {
            Err(SubmitError::Unreachable)
        } else {
            self.node.change(|ledger| ledger.submit(job, Instant::now()))
        };
        self.node.meters.submitted(outcome);
        outcome
    }

    fn lease(&self, max: usize) -> BoxFuture<'_, Result<Vec<Job>, LeaseError>> {
        async move {
            loop {
                if let Some(outcome) = self.node.try_lease(max) {
                    return outcome;
                }
                self.node.lessees.notified().await;
            }
        }
        .boxed()
    }

    fn finish(&self, job: JobId, outcome: Outcome) {
        let counted = self.node.meters.outcome(&outcome);
        let Ok((lane, end)) = self.node.change(|ledger| ledger.finish(job, outcome)) else {
            self.node.meters.stray();
            return;
        };
        match end {
            Some(end) => self.node.tell([end]),
            // Told, and answered for, by another node; run here.
            None => counted.increment(1),
        }
        // Only now: a lane that runs one job at a time is answered in order (core.md 1.3).
        self.node.change(|ledger| ledger.vacate(lane));
    }

    fn finish_with_lane(&self, job: JobId, outcome: Outcome, error: &str) {
        let finished = self.node.change(|ledger| {
            let (lane, end) = ledger.finish(job, outcome)?;
            Ok((lane, end, ledger.fail_lane(&lane, error)))
        });
        let Ok((lane, end, behind)): Result<_, ()> = finished else {
            self.node.meters.stray();
            return;
        };
        self.node.tell(end);
        self.node.tell(behind);
        self.node.change(|ledger| ledger.vacate(lane));
    }

    fn release(&self, job: JobId) {
        match self.node.change(|ledger| ledger.release(job)) {
            Ok(end) => self.node.tell(end),
            Err(()) => self.node.meters.stray(),
        }
    }

    fn fail_lane(&self, lane: &InstanceKey, error: &str) {
        let ends = self.node.change(|ledger| ledger.fail_lane(lane, error));
        self.node.tell(ends);
    }

    fn close(&self, error: &str) {
        let ends = self.node.change(|ledger| ledger.close(error));
        self.node.lessees.notify_one();
        self.node.tell(ends);
    }

    fn depth(&self) -> Depth {
        self.node.lock().depth()
    }

    fn is_reachable(&self) -> bool {
        self.node.contact.is_good()
    }

    fn leave(&self) -> BoxFuture<'_, ()> {
        async move {
            let node = &self.node;
            let settings = &node.books.settings;
            let written = async {
                while !node.lock().is_quiet() {
                    node.quiet.notified().await;
                }
            };
            // Away or slow: what is left goes by itself, `redis.keepMs` later.
            let _ = tokio::time::timeout(settings.timeout, written).await;
            node.stopping.cancel();
            self.tasks.wait().await;
            let gone = async {
                let mut link = node.connections.get().await.ok()?;
                let left = node.books.leave(link.connection()).await;
                left.inspect_err(|error| link.failed(error)).ok()
            };
            if tokio::time::timeout(settings.timeout, gone).await.ok().flatten().is_none() {
                tracing::warn!("Redis does not answer: what this gateway leaves there expires by itself");
            }
        }
        .boxed()
    }
}
