//! The deadlines of one instance: a table of times without a clock.
//!
//! The instance task feeds it what happened and asks when to look again and what is due then.

use std::collections::VecDeque;

use footbridge_wire::JobId;
use tokio::time::Instant;

use crate::launch::Pace;

/// Something whose time has come.
#[derive(Debug, PartialEq, Eq)]
pub enum Due {
    /// The worker has not greeted.
    Start,
    /// The worker has been silent.
    Beat,
    /// A job is held for too long.
    Job(JobId),
    /// It is its turn to connect.
    Turn,
    /// Nobody came back, or there was nothing to do, for the linger time.
    Idle,
    /// It was asked to stop, and did not.
    Stop,
}

/// When what is due.
#[derive(Debug)]
pub struct Watch {
    pace: Pace,
    start: Option<Instant>,
    beat: Option<Instant>,
    /// In order of their deadlines.
    jobs: VecDeque<(Instant, JobId)>,
    idle: Option<Instant>,
    turn: Option<Instant>,
    stop: Option<Instant>,
}

impl Watch {
    /// An instance was spawned.
    pub fn new(pace: Pace, now: Instant) -> Self {
        let start = Some(now + pace.start);
        Self { pace, start, beat: None, jobs: VecDeque::new(), idle: None, turn: None, stop: None }
    }

    /// The worker greeted: from here on it must beat (core.md 5.3 *ours*).
    pub fn ready(&mut self, now: Instant) {
        self.start = None;
        self.heard(now);
    }

    /// The worker said something: as good as a beat.
    pub fn heard(&mut self, now: Instant) {
        if self.start.is_none() && self.pace.has_heartbeat() {
            self.beat = Some(now + self.pace.silence);
        }
    }

    /// A job was handed over; `opens`: it connects, which may take longer.
    pub fn began(&mut self, job: JobId, opens: bool, now: Instant) {
        let deadline = now + if opens { self.pace.connect } else { self.pace.job };
        // All but connects have the same time: behind the last is nearly always right.
        let place = self.jobs.iter().rposition(|(other, _)| *other <= deadline).map_or(0, |before| before + 1);
        self.jobs.insert(place, (deadline, job));
    }

    /// Nobody is here, or nothing is to be done, since then; `None`: that is over.
    pub fn idle(&mut self, since: Option<Instant>) {
        if self.stop.is_none() {
            self.idle = since.map(|since| since + self.pace.linger);
        }
    }

    /// It may connect from then on.
    pub fn turn(&mut self, at: Instant) {
        self.turn = Some(at);
    }

    /// The worker was asked to stop until `at`; nothing else matters any more.
    pub fn stopping(&mut self, at: Instant) {
        let jobs = VecDeque::new();
        *self = Self { stop: Some(at), start: None, beat: None, jobs, idle: None, turn: None, ..*self };
    }

    /// The time of the next deadline.
    pub fn next(&self) -> Option<Instant> {
        let job = self.jobs.front().map(|(at, _)| *at);
        [self.start, self.beat, job, self.idle, self.turn, self.stop].into_iter().flatten().min()
    }

    /// What is due by `now`, one at a time. Jobs that ended meanwhile are skipped: `holds` tells whether one has not.
    pub fn due(&mut self, now: Instant, holds: impl Fn(JobId) -> bool) -> Option<Due> {
        let take = |slot: &mut Option<Instant>, due: Due| slot.take_if(|at| *at <= now).map(|_| due);
        if let Some(due) = take(&mut self.stop, Due::Stop)
            .or_else(|| take(&mut self.start, Due::Start))
            .or_else(|| take(&mut self.beat, Due::Beat))
            .or_else(|| take(&mut self.turn, Due::Turn))
            .or_else(|| take(&mut self.idle, Due::Idle))
        {
            return Some(due);
        }
        while let Some((at, job)) = self.jobs.front().copied() {
            let held = holds(job);
            if at > now && held {
                break;
            }
            self.jobs.pop_front();
            if held {
                return Some(Due::Job(job));
            }
        }
        None
    }

    /// Forgets ended jobs at the front, so that the table stays as small as what is held.
    pub fn ended(&mut self, holds: impl Fn(JobId) -> bool) {
        while self.jobs.front().is_some_and(|(_, job)| !holds(*job)) {
            self.jobs.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn pace() -> Pace {
        Pace {
            start: 10 * SECOND,
            beat: 5 * SECOND,
            silence: 15 * SECOND,
            job: 60 * SECOND,
            connect: 120 * SECOND,
            linger: 20 * SECOND,
        }
    }

    #[test]
    fn silence_counts_from_ready_not_from_the_spawn() {
        let t0 = Instant::now();
        let mut watch = Watch::new(pace(), t0);
        watch.heard(t0);
        assert_eq!(watch.next(), Some(t0 + 10 * SECOND));
        watch.ready(t0 + 9 * SECOND);
        assert_eq!(watch.next(), Some(t0 + 24 * SECOND));
        assert_eq!(watch.due(t0 + 23 * SECOND, |_| true), None);
        assert_eq!(watch.due(t0 + 24 * SECOND, |_| true), Some(Due::Beat));
    }

    #[test]
    fn a_heartbeat_of_zero_is_none() {
        let t0 = Instant::now();
        let mut watch = Watch::new(Pace { beat: Duration::ZERO, ..pace() }, t0);
        watch.ready(t0);
        assert_eq!(watch.next(), None);
    }

    #[test]
    fn only_jobs_still_held_are_due() {
        let t0 = Instant::now();
        let mut watch = Watch::new(Pace { silence: Duration::ZERO, ..pace() }, t0);
        watch.ready(t0);
        watch.began(JobId(1), false, t0);
        watch.began(JobId(2), false, t0 + SECOND);
        watch.began(JobId(3), false, t0 + 2 * SECOND);
        assert_eq!(watch.due(t0 + 61 * SECOND, |job| job != JobId(1)), Some(Due::Job(JobId(2))));
        assert_eq!(watch.due(t0 + 61 * SECOND, |job| job != JobId(1)), None);
        watch.ended(|_| false);
        assert_eq!(watch.next(), None);
    }

    #[test]
    fn a_connect_may_take_longer_than_what_follows_it() {
        // core 84
        let t0 = Instant::now();
        let mut watch = Watch::new(Pace { silence: Duration::ZERO, ..pace() }, t0);
        watch.ready(t0);
        watch.began(JobId(1), true, t0);
        watch.began(JobId(2), false, t0);
        watch.began(JobId(3), true, t0 + SECOND);
        watch.began(JobId(4), false, t0 + SECOND);
        let mut due = |second| watch.due(t0 + second * SECOND, |_| true);
        assert_eq!([due(60), due(60)], [Some(Due::Job(JobId(2))), None]);
        assert_eq!([due(61), due(61)], [Some(Due::Job(JobId(4))), None]);
        assert_eq!([due(120), due(120)], [Some(Due::Job(JobId(1))), None]);
        assert_eq!(due(121), Some(Due::Job(JobId(3))));
    }

    #[test]
    fn coming_back_cancels_the_linger_time() {
        let t0 = Instant::now();
        let mut watch = Watch::new(Pace { silence: Duration::ZERO, ..pace() }, t0);
        watch.ready(t0);
        watch.idle(Some(t0));
        watch.idle(None);
        assert_eq!(watch.due(t0 + 30 * SECOND, |_| true), None);
        watch.idle(Some(t0 + 30 * SECOND));
        assert_eq!(watch.due(t0 + 50 * SECOND, |_| true), Some(Due::Idle));
    }

    #[test]
    fn stopping_leaves_one_deadline() {
        let t0 = Instant::now();
        let mut watch = Watch::new(pace(), t0);
        watch.ready(t0);
        watch.began(JobId(1), false, t0);
        watch.stopping(t0 + SECOND);
        assert_eq!(watch.next(), Some(t0 + SECOND));
        assert_eq!(watch.due(t0 + SECOND, |_| true), Some(Due::Stop));
    }
}
