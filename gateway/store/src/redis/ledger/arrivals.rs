//! What is read from the streams.

use std::sync::Arc;

use footbridge_wire::{JobId, Outcome};
use tokio::time::Instant;

use super::{End, Ledger, NodeId, Op, Place, Stage, Tracked};
use crate::Job;

/// An entry of a stream.
#[derive(Debug)]
pub(in super::super) struct Arrival {
    /// Where it lies.
    pub(in super::super) place: Place,
    /// What it says.
    pub(in super::super) content: Content,
}

/// What an entry says.
#[derive(Debug)]
pub(in super::super) enum Content {
    /// A job that waits. `job`: `None` if this node submitted it, and so knows it.
    Job { id: JobId, asker: NodeId, job: Option<Box<Job>> },
    /// Another node began a job of this one's.
    Begun { id: JobId, by: NodeId },
    /// A job of this node's ended elsewhere.
    Ended { id: JobId, outcome: Outcome },
    /// Nothing: it has done its work by being read.
    Wake,
    /// It makes no sense. If it was a job, its node is told.
    Garbled { job: Option<(JobId, NodeId)> },
}

impl Ledger {
    /// Takes note of an entry. After the last of those read together, [`begin`](Self::begin) is due: not before, so that
    /// lanes take turns.
    pub(in super::super) fn arrived(&mut self, arrival: Arrival, now: Instant) -> Option<End> {
        let Arrival { place, content } = arrival;
        match content {
            Content::Job { id, asker, job } => {
                self.job_arrived(id, asker, job, place, now);
                None
            }
            Content::Begun { id, by } => {
                self.outbox.push_back(Op::Drop(place));
                if self.jobs.get(&id).is_some_and(|tracked| self.is_own(tracked) && !tracked.stage.is_begun_here()) {
                    self.leave_lane(id);
                    self.set(id, Stage::Elsewhere(by));
                }
                None
            }
            Content::Ended { id, outcome } => {
                self.outbox.push_back(Op::Drop(place));
                let waited_for =
                    self.jobs.get(&id).is_some_and(|tracked| self.is_own(tracked) && !tracked.stage.is_begun_here());
                waited_for.then(|| {
                    self.leave_lane(id);
                    self.end(id, outcome)
                })?
            }
            Content::Wake => {
                self.outbox.push_back(Op::Drop(place));
                None
            }
            Content::Garbled { job } => {
                self.outbox.push_back(Op::Drop(place));
                if let Some((job, to)) = job.filter(|(_, asker)| *asker != self.node) {
                    let outcome = Outcome::Failed(super::VANISHED.into());
                    self.outbox.push_back(Op::Tell { to, job, outcome });
                }
                None
            }
        }
    }

    fn job_arrived(&mut self, id: JobId, asker: NodeId, job: Option<Box<Job>>, place: Place, now: Instant) {
        if let Some(tracked) = self.jobs.get(&id) {
            match tracked.stage {
                Stage::Leaving | Stage::Missing => {
                    let job = Arc::clone(&tracked.job);
                    self.hold(&job, place);
                }
                // Read once more, after the connection was made anew, or after it was written once more.
                Stage::Held(known) if known != place => {
                    self.set(id, Stage::Held(place));
                    self.outbox.push_back(Op::Drop(known));
                }
                Stage::Taking(known) if known != place => self.outbox.push_back(Op::Drop(place)),
                Stage::Held(_) | Stage::Taking(_) => {}
                // Begun: Redis has forgotten that it was.
                Stage::Elsewhere(_) | Stage::Ready | Stage::Leased => {
                    self.outbox.push_back(Op::Drop(place));
                }
            }
            return;
        }
        match job {
            Some(job) if self.closed.is_none() => {
                let job = Arc::new(*job);
                let stage = Stage::Held(place);
                self.lanes.push(Arc::clone(&job));
                self.track(Tracked { job, asker, stage, round: 0, since: now });
            }
            // Left to the others: they get it when this node is gone.
            Some(_) => {}
            // One of this node's own that has ended.
            None => self.outbox.push_back(Op::Drop(place)),
        }
    }
}
