//! The jobs of a queue, ordered by lane: plain data, every operation O(1) per job it moves.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use footbridge_wire::{InstanceKey, JobId};

use crate::{Depth, Job};

/// What a job counts for besides its texts, in bytes: its own size and its places in the queue's tables, rounded up.
pub const JOB_OVERHEAD: usize = 512;

/// All jobs that wait or run.
#[derive(Default)]
pub(crate) struct Lanes {
    by_key: HashMap<InstanceKey, Lane>,
    /// Lanes that may begin a job, next one first; each at most once. May hold lanes whose jobs have ended meanwhile:
    /// taking those out here would cost a search.
    turns: VecDeque<InstanceKey>,
    /// Begun jobs, whole, so that they can come back.
    running: HashMap<JobId, Arc<Job>>,
    waiting: usize,
    bytes: usize,
}

/// The jobs of one instance. Exists while it holds a job or a turn.
#[derive(Default)]
struct Lane {
    waiting: VecDeque<Arc<Job>>,
    running: usize,
    has_turn: bool,
}

// === impl Lanes ===

impl Lanes {
    /// Appends a job to its lane.
    pub(crate) fn push(&mut self, job: Arc<Job>) {
        self.waiting += 1;
        self.bytes += cost(&job);
        let key = job.lane;
        self.by_key.entry(key).or_default().waiting.push_back(job);
        self.settle(key);
    }

    /// Begins up to `max` jobs, one per lane and turn.
    pub(crate) fn begin(&mut self, max: usize) -> Vec<Arc<Job>> {
        let mut begun = Vec::with_capacity(max.min(self.waiting));
        while begun.len() < max
            && let Some(key) = self.turns.pop_front()
        {
            let lane = self.by_key.get_mut(&key).expect("a lane with a turn exists");
            lane.has_turn = false;
            if let Some(job) = lane.begin() {
                self.waiting -= 1;
                self.running.insert(job.id, Arc::clone(&job));
                begun.push(job);
            }
            self.settle(key);
        }
        begun
    }

    /// Takes out a begun job. Its place in the lane stays taken until [`vacate`](Self::vacate).
    pub(crate) fn end(&mut self, id: JobId) -> Option<Arc<Job>> {
        let job = self.running.remove(&id)?;
        self.bytes -= cost(&job);
        Some(job)
    }

    /// Frees the place of an ended job, so that the lane's next one may begin.
    pub(crate) fn vacate(&mut self, key: InstanceKey) {
        self.by_key.get_mut(&key).expect("a lane with a running job exists").running -= 1;
        self.settle(key);
    }

    /// Puts a begun job back to the front of its lane; `false` when it is not begun.
    pub(crate) fn put_back(&mut self, id: JobId) -> bool {
        let Some(job) = self.running.remove(&id) else {
            return false;
        };
        self.waiting += 1;
        let key = job.lane;
        let lane = self.by_key.get_mut(&key).expect("a lane with a running job exists");
        lane.running -= 1;
        lane.waiting.push_front(job);
        self.settle(key);
        true
    }

    /// Takes out all waiting jobs of a lane, oldest first.
    pub(crate) fn clear_lane(&mut self, key: &InstanceKey) -> VecDeque<Arc<Job>> {
        let Some(lane) = self.by_key.get_mut(key) else {
            return VecDeque::new();
        };
        let jobs = std::mem::take(&mut lane.waiting);
        self.waiting -= jobs.len();
        self.bytes -= jobs.iter().map(|job| cost(job)).sum::<usize>();
        self.settle(*key);
        jobs
    }

    /// Takes out one waiting job; costs a search in its lane.
    pub(crate) fn take_out(&mut self, job: &Job) {
        let Some(lane) = self.by_key.get_mut(&job.lane) else {
            return;
        };
        if let Some(place) = lane.waiting.iter().position(|waiting| waiting.id == job.id) {
            lane.waiting.remove(place);
            self.waiting -= 1;
            self.bytes -= cost(job);
            self.settle(job.lane);
        }
    }

    /// Takes out all waiting jobs; within a lane oldest first.
    pub(crate) fn clear(&mut self) -> Vec<Arc<Job>> {
        let keys: Vec<InstanceKey> = self.by_key.keys().copied().collect();
        keys.iter().flat_map(|key| self.clear_lane(key)).collect()
    }

    /// Whether a lane has a turn, so that [`begin`](Self::begin) is worth a try.
    pub(crate) fn has_turns(&self) -> bool {
        !self.turns.is_empty()
    }

    pub(crate) fn depth(&self) -> Depth {
        Depth { waiting: self.waiting, running: self.running.len(), bytes: self.bytes }
    }

    /// After a change to a lane: gives it a turn if it may begin a job, drops it if it holds nothing.
    fn settle(&mut self, key: InstanceKey) {
        let lane = self.by_key.get_mut(&key).expect("callers have just touched the lane");
        if lane.has_turn {
            return;
        }
        if lane.may_begin() {
            lane.has_turn = true;
            self.turns.push_back(key);
        } else if lane.waiting.is_empty() && lane.running == 0 {
            self.by_key.remove(&key);
        }
    }
}

// === impl Lane ===

impl Lane {
    /// The first waiting job says how many may run beside it.
    fn may_begin(&self) -> bool {
        self.waiting.front().is_some_and(|job| self.running < usize::from(job.parallel.get()))
    }

    fn begin(&mut self) -> Option<Arc<Job>> {
        if !self.may_begin() {
            return None;
        }
        self.running += 1;
        self.waiting.pop_front()
    }
}

/// What a job counts for against the queue's limit, in bytes.
pub(crate) fn cost(job: &Job) -> usize {
    JOB_OVERHEAD + job.activity.len() + job.verb.len() + job.actor.as_ref().map_or(0, String::len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::props;

    fn job(id: u128, lane: u8, parallel: u16) -> Arc<Job> {
        Arc::new(props::job(id, lane, parallel))
    }

    #[test]
    fn lanes_are_dropped_when_empty() {
        let mut lanes = Lanes::default();
        let job = job(1, 1, 1);
        lanes.push(Arc::clone(&job));
        assert_eq!(lanes.begin(9).len(), 1);
        assert!(lanes.end(job.id).is_some());
        lanes.vacate(job.lane);
        assert!(lanes.by_key.is_empty() && lanes.turns.is_empty());
        assert_eq!(lanes.depth(), Depth::default());
    }

    #[test]
    fn a_cleared_lane_is_dropped_at_its_turn_and_never_has_two() {
        let mut lanes = Lanes::default();
        lanes.push(job(1, 1, 1));
        assert_eq!(lanes.clear_lane(&job(1, 1, 1).lane).len(), 1);
        lanes.push(job(2, 1, 1));
        assert_eq!(lanes.turns.len(), 1);
        lanes.clear();
        assert!(lanes.begin(9).is_empty());
        assert!(lanes.by_key.is_empty() && lanes.turns.is_empty());
    }

    #[test]
    fn a_lane_at_its_limit_has_no_turn_so_that_nobody_is_woken_for_it() {
        let mut lanes = Lanes::default();
        lanes.push(job(1, 1, 1));
        lanes.begin(1);
        lanes.push(job(2, 1, 1));
        assert!(!lanes.has_turns());
    }

    #[test]
    fn a_job_taken_out_leaves_the_others_in_order() {
        let mut lanes = Lanes::default();
        let jobs = [1, 2, 3].map(|id| job(id, 1, 9));
        for job in &jobs {
            lanes.push(Arc::clone(job));
        }
        lanes.take_out(&jobs[1]);
        lanes.take_out(&jobs[1]);
        assert_eq!(lanes.begin(9).iter().map(|job| job.id.0).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(lanes.depth(), Depth { waiting: 0, running: 2, bytes: cost(&jobs[0]) + cost(&jobs[2]) });
    }

    #[test]
    fn bytes_follow_every_job() {
        let mut lanes = Lanes::default();
        let (first, second) = (job(1, 1, 1), job(2, 1, 1));
        let both = cost(&first) + cost(&second);
        lanes.push(Arc::clone(&first));
        lanes.push(Arc::clone(&second));
        lanes.begin(1);
        assert_eq!(lanes.depth().bytes, both);
        lanes.put_back(first.id);
        assert_eq!(lanes.depth().bytes, both);
        lanes.begin(1);
        lanes.end(first.id);
        assert_eq!(lanes.depth().bytes, cost(&second));
        lanes.vacate(first.lane);
        lanes.clear();
        assert_eq!(lanes.depth().bytes, 0);
    }
}
