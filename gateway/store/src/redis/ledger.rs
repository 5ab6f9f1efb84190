//! What one node knows of jobs: those it answers for, those it holds, and what is to be written next. No I/O.
//!
//! - here: jobs and their stages, what the queue's contract asks
//! - `rounds`: what goes to Redis and what comes back
//! - `arrivals`: what is read from the streams

mod arrivals;
mod rounds;
#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, VecDeque},
    ops::Range,
    sync::Arc,
};

use footbridge_schemas::PlatformId;
use footbridge_wire::{InstanceKey, JobId, Outcome};
use tokio::time::Instant;

pub(super) use self::{
    arrivals::{Arrival, Content},
    rounds::{Op, Reply, Round},
};
use super::names::{EntryId, NodeId, Place};
use crate::{
    Depth, Job, LeaseError, SubmitError,
    lanes::{Lanes, cost},
};

/// The text of jobs whose node took them and died.
const PEER_DIED: &str = "platform process terminated";
/// The text of jobs that waited for a store out of reach.
const UNREACHABLE: &str = "failed to add job to queue: Redis does not answer";
/// The text of jobs of which nothing was heard for too long.
const VANISHED: &str = "job failed for unknown reason";

/// Jobs of a shared stream that a node holds before it leaves the rest to others.
const HOARD: usize = 64;

/// A job that ended, for [`crate::Results`] to be told once no lock is held.
pub(super) type End = (Arc<Job>, Outcome);

/// All that a node knows.
pub(super) struct Ledger {
    node: NodeId,
    /// Stateless platforms; their streams follow the node's own, in this order.
    platforms: Vec<PlatformId>,
    max_bytes: usize,
    bytes: usize,
    jobs: HashMap<JobId, Tracked>,
    /// Jobs whose entries may be taken; their places stay taken from then to the end.
    lanes: Lanes,
    /// Begun, for the next lessee.
    ready: VecDeque<Arc<Job>>,
    /// How many jobs lessees wait for.
    wanted: usize,
    /// Jobs being begun.
    taking: usize,
    leased: usize,
    elsewhere: usize,
    /// Jobs held per stream.
    held: Vec<usize>,
    outbox: VecDeque<Op>,
    /// Whether a round was given out and is neither applied nor refused.
    under_way: bool,
    /// The last round that Redis confirmed.
    confirmed: u64,
    /// The rounds that Redis forgot when it last forgot any: entries on their way to be taken may be among them.
    forgotten: Range<u64>,
    /// Jobs to be written once more, since that was last told.
    again: usize,
    closed: Option<String>,
}

/// A job that has not ended.
struct Tracked {
    job: Arc<Job>,
    /// The node that answers the session.
    asker: NodeId,
    stage: Stage,
    /// The round that wrote it; 0: not yet, or written by another node.
    round: u64,
    since: Instant,
}

/// How far a job has come, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Not in Redis for sure.
    Leaving,
    /// In Redis, and in its lane.
    Held(Place),
    /// Its entry is being taken out of the stream: whoever manages to, begins it.
    Taking(Place),
    /// Somebody else took the entry; word of it is on its way.
    Missing,
    /// Begun by that node.
    Elsewhere(NodeId),
    /// Begun here; waits for a lessee, or came back from one. Its entry is gone from Redis, where it counts as begun: if
    /// this node dies now, nobody runs it.
    Ready,
    /// A lessee has it.
    Leased,
}

impl Stage {
    /// Whether the job waits, as whoever uses the queue sees it.
    fn waits(&self) -> bool {
        !matches!(self, Self::Leased | Self::Elsewhere(_))
    }

    /// Whether this node, and nobody else, can still say what becomes of it.
    fn is_begun_here(&self) -> bool {
        matches!(self, Self::Ready | Self::Leased)
    }
}

impl Ledger {
    /// An empty ledger of a node. `platforms`: the stateless ones.
    pub(super) fn new(node: NodeId, platforms: Vec<PlatformId>, max_bytes: usize) -> Self {
        Self {
            node,
            held: vec![0; 1 + platforms.len()],
            platforms,
            max_bytes,
            bytes: 0,
            jobs: HashMap::new(),
            lanes: Lanes::default(),
            ready: VecDeque::new(),
            wanted: 0,
            taking: 0,
            leased: 0,
            elsewhere: 0,
            outbox: VecDeque::new(),
            under_way: false,
            confirmed: 0,
            forgotten: 0..0,
            again: 0,
            closed: None,
        }
    }

    /// A job of a session of this node.
    pub(super) fn submit(&mut self, job: Job, now: Instant) -> Result<(), SubmitError> {
        if self.closed.is_some() {
            return Err(SubmitError::Closed);
        }
        if self.bytes.saturating_add(cost(&job)) > self.max_bytes {
            return Err(SubmitError::Full);
        }
        let (id, asker) = (job.id, self.node);
        self.track(Tracked { job: Arc::new(job), asker, stage: Stage::Leaving, round: 0, since: now });
        self.outbox.push_back(Op::Submit(id));
        Ok(())
    }

    /// Hands out begun jobs, at most `max`; if there are none, sees to it that some begin. `None`: not yet.
    pub(super) fn lease(&mut self, max: usize) -> Option<Result<Vec<Job>, LeaseError>> {
        if max == 0 {
            return Some(Ok(Vec::new()));
        }
        if self.ready.is_empty() {
            self.wanted = self.wanted.max(max);
            self.begin();
        }
        let batch: Vec<Arc<Job>> = self.ready.drain(..max.min(self.ready.len())).collect();
        if batch.is_empty() {
            let over = self.closed.is_some() && self.taking == 0;
            return over.then_some(Err(LeaseError::Closed));
        }
        self.wanted = 0;
        for job in &batch {
            self.set(job.id, Stage::Leased);
        }
        Some(Ok(batch.iter().map(|job| Job::clone(job)).collect()))
    }

    /// Takes out a leased job; its place in the lane is to be [`vacate`](Self::vacate)d when its end was told.
    /// `Err`: it is not leased. `Ok(None)`: another node tells its session.
    pub(super) fn finish(&mut self, id: JobId, outcome: Outcome) -> Result<(InstanceKey, Option<End>), ()> {
        if !self.is(id, &Stage::Leased) {
            return Err(());
        }
        self.lanes.end(id);
        let lane = self.jobs[&id].job.lane;
        Ok((lane, self.end(id, outcome)))
    }

    /// Lets the next job of a lane begin.
    pub(super) fn vacate(&mut self, lane: InstanceKey) {
        self.lanes.vacate(lane);
        self.begin();
    }

    /// Takes back a leased job; `Err`: it is not leased.
    pub(super) fn release(&mut self, id: JobId) -> Result<Option<End>, ()> {
        if !self.is(id, &Stage::Leased) {
            return Err(());
        }
        if let Some(text) = self.closed.clone() {
            self.leave_lane(id);
            return Ok(self.end(id, Outcome::Failed(text)));
        }
        // Its place in the lane stays taken, so that nothing of the lane gets ahead of it.
        let job = Arc::clone(&self.jobs[&id].job);
        self.set(id, Stage::Ready);
        self.ready.push_front(job);
        Ok(None)
    }

    /// Ends what waits in a lane.
    pub(super) fn fail_lane(&mut self, lane: &InstanceKey, text: &str) -> Vec<End> {
        self.end_where(|_, tracked| tracked.job.lane == *lane && tracked.stage.waits(), text)
    }

    /// Ends what waits, and takes nothing more. What other nodes wait for and this one has not begun is left to them.
    pub(super) fn close(&mut self, text: &str) -> Vec<End> {
        self.closed.get_or_insert_with(|| text.into());
        let ends = self.end_where(
            |ledger, tracked| tracked.stage.waits() && (ledger.is_own(tracked) || tracked.stage.is_begun_here()),
            text,
        );
        let held = self.jobs.iter().filter(|(_, tracked)| matches!(tracked.stage, Stage::Held(_)));
        for id in held.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.forget(id);
        }
        ends
    }

    /// Redis was out of reach for too long: nobody waits any longer for what has not begun here.
    pub(super) fn give_up(&mut self) -> Vec<End> {
        self.end_where(|ledger, tracked| ledger.is_own(tracked) && !tracked.stage.is_begun_here(), UNREACHABLE)
    }

    /// Ends jobs begun by nodes that died, and those of which nothing was heard since `before`.
    pub(super) fn give_up_on(&mut self, dead: &[NodeId], before: Option<Instant>) -> Vec<End> {
        let mut ends = self
            .end_where(|_, tracked| matches!(&tracked.stage, Stage::Elsewhere(node) if dead.contains(node)), PEER_DIED);
        if let Some(before) = before {
            ends.extend(
                self.end_where(|_, tracked| tracked.stage == Stage::Missing && tracked.since < before, VANISHED),
            );
        }
        ends
    }

    pub(super) fn depth(&self) -> Depth {
        Depth {
            waiting: self.jobs.len() - self.leased - self.elsewhere,
            running: self.leased + self.elsewhere,
            bytes: self.bytes,
        }
    }

    /// Whether a lessee should look again: for a job, for the end, or to say how many it wants.
    pub(super) fn is_worth_a_lease(&self) -> bool {
        let over = self.closed.is_some() && self.taking == 0;
        !self.ready.is_empty() || over || (self.wanted == 0 && self.lanes.has_turns())
    }

    /// Whether there is something for a round.
    pub(super) fn has_news(&self) -> bool {
        !self.outbox.is_empty()
    }

    /// The streams worth reading: the node's own, and the shared ones of which it does not hold enough already. What
    /// it does not read is there for others.
    pub(super) fn readable(&self) -> impl Iterator<Item = usize> {
        let shared = (1..self.held.len()).filter(|stream| self.closed.is_none() && self.held[*stream] < HOARD);
        std::iter::once(0).chain(shared)
    }

    /// The shared streams of which it holds nothing, though somebody waits for jobs: others may hold more than they can
    /// run.
    pub(super) fn idle(&self) -> Vec<usize> {
        let idle = self.closed.is_none() && self.wanted > 0;
        (1..self.held.len()).filter(|stream| idle && self.held[*stream] == 0).collect()
    }

    /// The stream a job is written to.
    fn stream_of(&self, job: &Job) -> usize {
        let shared = job.actor.is_none().then(|| self.platforms.iter().position(|id| *id == job.platform)).flatten();
        shared.map_or(0, |n| n + 1)
    }

    /// Begins as many jobs as lessees wait for: each must first be taken out of its stream.
    pub(super) fn begin(&mut self) {
        let missing = self.wanted.saturating_sub(self.ready.len() + self.taking);
        if missing == 0 || self.closed.is_some() {
            return;
        }
        for job in self.lanes.begin(missing) {
            match self.jobs.get(&job.id).map(|tracked| tracked.stage) {
                Some(Stage::Held(place)) => {
                    self.outbox.push_back(Op::Take(job.id, place));
                    self.set(job.id, Stage::Taking(place));
                }
                // What ends leaves its lane.
                stage => debug_assert!(false, "a job in a lane is held, not {stage:?}"),
            }
        }
    }

    /// Puts a job into its lane: its entry can be taken.
    fn hold(&mut self, job: &Arc<Job>, place: Place) {
        self.set(job.id, Stage::Held(place));
        self.lanes.push(Arc::clone(job));
    }

    fn is(&self, id: JobId, stage: &Stage) -> bool {
        self.jobs.get(&id).is_some_and(|tracked| tracked.stage == *stage)
    }

    fn is_own(&self, tracked: &Tracked) -> bool {
        tracked.asker == self.node
    }

    fn track(&mut self, tracked: Tracked) {
        self.bytes += cost(&tracked.job);
        if let Stage::Held(place) = &tracked.stage {
            self.held[place.stream] += 1;
        }
        self.jobs.insert(tracked.job.id, tracked);
    }

    /// Keeps the counts true.
    fn set(&mut self, id: JobId, stage: Stage) {
        let Some(tracked) = self.jobs.get_mut(&id) else {
            return;
        };
        let after = stage;
        let before = std::mem::replace(&mut tracked.stage, stage);
        if let Some(count) = self.count_of(&before) {
            *count -= 1;
        }
        if let Some(count) = self.count_of(&after) {
            *count += 1;
        }
    }

    /// The count that a stage has of its own.
    fn count_of(&mut self, stage: &Stage) -> Option<&mut usize> {
        match stage {
            Stage::Held(place) => self.held.get_mut(place.stream),
            Stage::Taking(_) => Some(&mut self.taking),
            Stage::Leased => Some(&mut self.leased),
            Stage::Elsewhere(_) => Some(&mut self.elsewhere),
            Stage::Leaving | Stage::Missing | Stage::Ready => None,
        }
    }

    /// Takes a job out of its lane, wherever in it it is.
    fn leave_lane(&mut self, id: JobId) {
        let Some(job) = self.jobs.get(&id).map(|tracked| Arc::clone(&tracked.job)) else {
            return;
        };
        self.ready.retain(|ready| ready.id != id);
        if self.lanes.end(id).is_some() {
            self.lanes.vacate(job.lane);
        } else {
            self.lanes.take_out(&job);
        }
    }

    /// Drops a job without telling anybody.
    fn forget(&mut self, id: JobId) -> Option<Tracked> {
        self.leave_lane(id);
        self.untrack(id)
    }

    fn untrack(&mut self, id: JobId) -> Option<Tracked> {
        // Any stage without a count of its own.
        self.set(id, Stage::Missing);
        let tracked = self.jobs.remove(&id)?;
        self.bytes -= cost(&tracked.job);
        Some(tracked)
    }

    /// The one end of a job: told here, or sent to the node that answers for it. It is out of its lane already.
    fn end(&mut self, id: JobId, outcome: Outcome) -> Option<End> {
        let tracked = self.untrack(id)?;
        if self.is_own(&tracked) {
            return Some((tracked.job, outcome));
        }
        self.outbox.push_back(Op::Tell { to: tracked.asker, job: id, outcome });
        None
    }

    fn end_where(&mut self, applies: impl Fn(&Self, &Tracked) -> bool, text: &str) -> Vec<End> {
        let mut ids: Vec<JobId> =
            self.jobs.iter().filter(|(_, tracked)| applies(self, tracked)).map(|(id, _)| *id).collect();
        // As they were submitted: ids count.
        ids.sort_unstable();
        ids.into_iter().filter_map(|id| self.end_waiting(id, text)).collect()
    }

    fn end_waiting(&mut self, id: JobId, text: &str) -> Option<End> {
        let place = self.jobs.get(&id).and_then(|tracked| match &tracked.stage {
            // One that is being taken is gone from its stream, whoever manages.
            Stage::Held(place) => Some(*place),
            _ => None,
        });
        self.outbox.extend(place.map(Op::Drop));
        self.leave_lane(id);
        self.end(id, Outcome::Failed(text.into()))
    }
}
