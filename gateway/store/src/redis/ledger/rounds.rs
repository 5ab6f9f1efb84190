//! What goes to Redis, and what comes back.
//!
//! All that a node writes goes in rounds, one at a time, each applied at once and only once: a round whose reply was
//! lost is sent again as it was, and Redis, which remembers the last one of each node, repeats its reply. A number
//! smaller than what was confirmed means that Redis has forgotten something.

use std::sync::Arc;

use footbridge_wire::{JobId, Outcome};

use super::{End, EntryId, Ledger, NodeId, Place, Stage};
use crate::Job;

/// Operations per round: enough to share a round trip, few enough for Redis to be back soon.
const ROUND: usize = 256;
/// Bytes of activities per round, after which no job is added.
const ROUND_BYTES: usize = 256 * 1024;

/// Something to be written.
#[derive(Debug, Clone)]
pub(in super::super) enum Op {
    /// A job, into its stream.
    Submit(JobId),
    /// An entry, out of its stream, to begin its job: whoever gets it out runs it.
    Take(JobId, Place),
    /// An entry that has been dealt with, out of its stream.
    Drop(Place),
    /// The end of a job, to the node that answers for it.
    Tell { to: NodeId, job: JobId, outcome: Outcome },
    /// To this node's own reader: look which streams are worth reading.
    Wake,
}

/// One round: what there was to write when the one before it was done.
#[derive(Debug, Default)]
pub(in super::super) struct Round {
    /// Counts from 1.
    pub(in super::super) number: u64,
    /// Entries to be taken, and the nodes to be told if they are others.
    pub(in super::super) takes: Vec<(JobId, Place, Option<NodeId>)>,
    /// Entries to be dropped.
    pub(in super::super) drops: Vec<Place>,
    /// Jobs to be written, each with its stream.
    pub(in super::super) submits: Vec<(Arc<Job>, usize)>,
    /// Ends to be told.
    pub(in super::super) tells: Vec<(NodeId, JobId, Outcome)>,
    /// Whether to wake the reader.
    pub(in super::super) wake: bool,
}

/// What Redis says to a round.
#[derive(Debug, Default)]
pub(in super::super) struct Reply {
    /// The number of the last round before this one that Redis remembers; 0: none.
    pub(in super::super) before: u64,
    /// Whether another node has taken over what this one had written: it was thought dead.
    pub(in super::super) inherited: bool,
    /// For each take, whether this node got the entry.
    pub(in super::super) won: Vec<bool>,
    /// For each submitted job, its entry.
    pub(in super::super) entries: Vec<EntryId>,
}

/// What a round changed.
#[derive(Debug, Default)]
pub(in super::super) struct Applied {
    /// Jobs that ended by it.
    pub(in super::super) ends: Vec<End>,
    /// Jobs that are written once more, because Redis forgot them.
    pub(in super::super) again: usize,
}

impl Round {
    fn is_empty(&self) -> bool {
        let lists = self.takes.len() + self.drops.len() + self.submits.len() + self.tells.len();
        lists == 0 && !self.wake
    }
}

impl Ledger {
    /// The next round; `None`: nothing is to be written. Must not be called before the one before it was
    /// [`applied`](Self::apply) or [`refused`](Self::refuse).
    pub(in super::super) fn next_round(&mut self) -> Option<Round> {
        let mut round = Round { number: self.confirmed + 1, ..Round::default() };
        let mut bytes = 0;
        for _ in 0..ROUND {
            if bytes > ROUND_BYTES {
                break;
            }
            match self.outbox.pop_front() {
                Some(op) => bytes += self.add(&mut round, op),
                None => break,
            }
        }
        self.under_way = !round.is_empty();
        self.under_way.then_some(round)
    }

    /// Adds an operation to a round; returns the bytes of a job's activity.
    fn add(&mut self, round: &mut Round, op: Op) -> usize {
        match op {
            Op::Submit(id) => {
                // One that ended meanwhile is not written.
                let Some(tracked) = self.jobs.get_mut(&id) else {
                    return 0;
                };
                tracked.round = round.number;
                let job = Arc::clone(&tracked.job);
                let bytes = job.activity.len();
                let stream = self.stream_of(&job);
                round.submits.push((job, stream));
                return bytes;
            }
            Op::Take(id, place) => match self.jobs.get(&id) {
                Some(tracked) => {
                    let asker = (!self.is_own(tracked)).then_some(tracked.asker);
                    round.takes.push((id, place, asker));
                }
                None => round.drops.push(place),
            },
            Op::Drop(place) => round.drops.push(place),
            Op::Tell { to, job, outcome } => round.tells.push((to, job, outcome)),
            Op::Wake => round.wake = true,
        }
        0
    }

    /// A round was carried out.
    pub(in super::super) fn apply(&mut self, round: &Round, reply: &Reply) -> Applied {
        let mut applied = Applied::default();
        self.under_way = false;
        for ((job, stream), entry) in round.submits.iter().zip(&reply.entries) {
            let place = Place { stream: *stream, entry: *entry };
            match self.jobs.get(&job.id).map(|tracked| &tracked.stage) {
                // Held as if it had been read. Nodes that do read it find out who is first.
                Some(Stage::Leaving) => self.hold(job, place),
                // The reader was faster, or another node was.
                Some(_) => {}
                None => self.outbox.push_back(Op::Drop(place)),
            }
        }
        self.begin();
        if reply.inherited {
            self.inherited(reply.before);
        }
        if reply.before < self.confirmed {
            self.forgotten(reply.before, round.number);
        }
        // After it is known what was forgotten: an entry may not be there for that reason.
        for ((id, ..), won) in round.takes.iter().zip(&reply.won) {
            applied.ends.extend(if *won { self.won(*id) } else { self.lost(*id) });
        }
        applied.again = std::mem::take(&mut self.again);
        self.confirmed = round.number;
        applied
    }

    /// Redis refused a round and did nothing of it. Jobs in it end, with that text; the rest is tried again.
    pub(in super::super) fn refuse(&mut self, round: Round, text: &str) -> Vec<End> {
        self.under_way = false;
        let Round { takes, drops, submits, tells, wake, .. } = round;
        self.outbox.extend(takes.into_iter().map(|(id, place, _)| Op::Take(id, place)));
        self.outbox.extend(drops.into_iter().map(Op::Drop));
        self.outbox.extend(tells.into_iter().map(|(to, job, outcome)| Op::Tell { to, job, outcome }));
        self.outbox.extend(wake.then_some(Op::Wake));
        submits.into_iter().filter_map(|(job, _)| self.end_waiting(job.id, text)).collect()
    }

    /// Whether nothing is being written, and nothing is to be.
    pub(in super::super) fn is_quiet(&self) -> bool {
        self.outbox.is_empty() && !self.under_way
    }

    /// Asks for the reader to be woken.
    pub(in super::super) fn wake_reader(&mut self) {
        self.outbox.push_back(Op::Wake);
    }

    /// Asks for a round if any was confirmed: its reply tells whether Redis still knows of that one.
    pub(in super::super) fn write_something(&mut self) {
        if self.confirmed > 0 && self.outbox.is_empty() {
            self.outbox.push_back(Op::Wake);
        }
    }

    fn won(&mut self, id: JobId) -> Option<End> {
        // One that ended while it was taken is run by nobody.
        let job = self.jobs.get(&id).map(|tracked| Arc::clone(&tracked.job))?;
        if let Some(text) = self.closed.clone() {
            self.leave_lane(id);
            return self.end(id, super::Outcome::Failed(text));
        }
        self.set(id, Stage::Ready);
        self.ready.push_back(job);
        None
    }

    fn lost(&mut self, id: JobId) -> Option<End> {
        let tracked = self.jobs.get(&id)?;
        let (own, forgotten) = (self.is_own(tracked), self.forgotten.contains(&tracked.round));
        self.leave_lane(id);
        match (own, forgotten) {
            (true, true) => self.write_again(id),
            (true, false) => self.set(id, Stage::Missing),
            (false, _) => drop(self.untrack(id)),
        }
        // A place in the lane is free again.
        self.begin();
        None
    }

    /// Another node moved what rounds up to `last` had written into its own stream.
    fn inherited(&mut self, last: u64) {
        for id in self.own_where(|tracked| tracked.round <= last && tracked.stage.is_in_redis()) {
            self.leave_lane(id);
            self.set(id, Stage::Missing);
        }
    }

    /// Redis has lost what came after round `last` and before round `now`: jobs that nobody is known to have begun are
    /// written once more.
    fn forgotten(&mut self, last: u64, now: u64) {
        self.forgotten = last + 1..now;
        for id in self.own_where(|tracked| self.forgotten.contains(&tracked.round) && tracked.stage.is_in_redis()) {
            self.leave_lane(id);
            self.write_again(id);
        }
    }

    fn write_again(&mut self, id: JobId) {
        self.set(id, Stage::Leaving);
        self.outbox.push_back(Op::Submit(id));
        self.again += 1;
    }

    fn own_where(&self, applies: impl Fn(&super::Tracked) -> bool) -> Vec<JobId> {
        let own = self.jobs.iter().filter(|(_, tracked)| self.is_own(tracked) && applies(tracked));
        let mut ids: Vec<JobId> = own.map(|(id, _)| *id).collect();
        ids.sort_unstable();
        ids
    }
}

impl Stage {
    /// Whether its entry should be in a stream, as far as this node knows.
    fn is_in_redis(&self) -> bool {
        matches!(self, Self::Held(_) | Self::Missing)
    }
}
