//! Which job ended the process of a stateless platform.
//!
//! A process that ends takes all its jobs with it, and nobody knows which of them did it. Those that may be run again (the
//! platform's document says of which verbs) become *suspects*: the next process is given one of them at a time, and
//! nothing else beside it. Whoever ends that one too is the guilty one and fails; the others are answered as if nothing
//! had happened. What comes meanwhile waits, or goes to others of the pool.

use std::collections::VecDeque;

use footbridge_telemetry::emit;
use footbridge_wire::{JobId, Outcome, ToWorker};
use tokio::time::Instant;

use super::{
    Flow, Instance, LAST_CHANCE, Origin,
    stint::{Held, Stint},
};
use crate::{
    events::JobsSuspected,
    exit::Exit,
    pool::{Counted, Surplus},
};

/// The suspects of one instance.
#[derive(Default)]
pub(super) struct Trial {
    waiting: VecDeque<(JobId, Held)>,
    /// The one that has a process to itself.
    current: Option<JobId>,
}

impl Trial {
    /// Whether there is a suspect left.
    pub(super) fn is_on(&self) -> bool {
        self.current.is_some() || !self.waiting.is_empty()
    }

    /// Whether a suspect waits to be tried.
    pub(super) fn awaits(&self, job: JobId) -> bool {
        self.waiting.iter().any(|(id, _)| *id == job)
    }

    /// A process ended with these jobs. Keeps those that `may_repeat` for the next one, oldest first, and gives back those
    /// that fail. `doubt`: a job that is not among them any more may have done it.
    fn accuse(
        &mut self,
        held: impl Iterator<Item = (JobId, Held)>,
        doubt: bool,
        may_repeat: impl Fn(&Held) -> bool,
    ) -> Vec<(JobId, Held)> {
        let mut held: Vec<_> = held.collect();
        if self.current.take().is_some() || held.len() == 1 && !doubt {
            return held;
        }
        held.sort_by_key(|(id, held)| (held.since, *id));
        let (suspects, lost): (Vec<_>, _) = held.into_iter().partition(|(_, held)| may_repeat(held));
        self.waiting.extend(suspects);
        lost
    }

    /// All that are left.
    fn dismiss(&mut self) -> impl Iterator<Item = (JobId, Held)> {
        self.current = None;
        self.waiting.drain(..)
    }

    /// The next one to be tried.
    fn call(&mut self) -> Option<(JobId, Held)> {
        let next = self.waiting.pop_front();
        self.current = next.as_ref().map(|(job, _)| *job);
        next
    }

    /// Those that wait and have begun before that.
    fn overdue(&self, begun_before: Option<Instant>) -> Vec<JobId> {
        let is_overdue = |held: &Held| begun_before.is_some_and(|before| held.since <= before);
        self.waiting.iter().filter(|(_, held)| is_overdue(held)).map(|(job, _)| *job).collect()
    }

    /// Takes one out that waits.
    fn withdraw(&mut self, job: JobId) -> Option<Held> {
        let place = self.waiting.iter().position(|(id, _)| *id == job)?;
        self.waiting.remove(place).map(|(_, held)| held)
    }
}

impl Instance {
    /// The process is gone. Answers what it held, or keeps it for the next one.
    pub(super) fn settle(&mut self, stint: &mut Stint, exit: &Exit) {
        let launch = &self.origin.launch;
        let held = std::mem::take(&mut stint.held).into_iter();
        if launch.persistent {
            return self.fail(held.collect(), exit);
        }
        if let Exit::Spare(_) = exit {
            for (job, held) in held {
                drop(held);
                // The process did not greet, so it has begun none of them.
                self.origin.world.reports.returned(job);
            }
        } else if stint.has_greeted() && exit.is_failure() {
            let tried = self.trial.is_on();
            let lost = self.trial.accuse(held, stint.gave_up, |held| launch.repeatable.contains(&held.verb));
            if self.trial.is_on() && !tried {
                emit(JobsSuspected { platform: &launch.platform, count: self.trial.waiting.len() });
            }
            self.load.set_trying(self.trial.is_on());
            return self.fail(lost, exit);
        } else {
            self.fail(held.collect(), exit);
        }
        self.dismiss_trial(exit);
    }

    /// There is no process that suspects could be tried in.
    pub(super) fn dismiss_trial(&mut self, exit: &Exit) {
        let suspects = self.trial.dismiss().collect();
        self.load.set_trying(false);
        self.fail(suspects, exit);
    }

    fn fail(&self, jobs: Vec<(JobId, Held)>, exit: &Exit) {
        let text = exit.client_text();
        for (job, held) in jobs {
            if held.is_asked_for() {
                drop(held);
                self.origin.world.reports.done(job, Outcome::Failed(text.clone()));
            }
        }
    }

    /// A fresh process is given the first suspect; the others' time goes on, and for some it is up.
    pub(super) fn resume_trial(&mut self, stint: &mut Stint) -> Flow {
        let begun_before = Instant::now().checked_sub(self.origin.launch.pace.job);
        for job in self.trial.overdue(begun_before) {
            self.on_overdue(stint, job)?;
        }
        for (job, held) in &self.trial.waiting {
            stint.watch.began(*job, held.opens, held.since);
        }
        self.advance(stint)
    }

    /// Gives the process what it has room for, now that a job has ended or it is fresh.
    pub(super) fn advance(&mut self, stint: &mut Stint) -> Flow {
        self.trial.current = None;
        if self.trial.is_on() {
            return self.try_next(stint);
        }
        self.load.set_trying(false);
        while stint.takes_jobs()
            && self.has_room(stint)
            && let Some((job, proof)) = self.surplus()
        {
            self.hand_over(stint, (job, proof, Counted::new(&self.load)))?;
        }
        Flow::Continue(())
    }

    /// A job that nobody of the pool had room for.
    pub(super) fn surplus(&self) -> Option<Surplus> {
        let Origin { launch, world, pool, .. } = &self.origin;
        if launch.persistent { None } else { world.crews.take(pool) }
    }

    /// Whether the process may be given another job.
    pub(super) fn has_room(&self, stint: &Stint) -> bool {
        let launch = &self.origin.launch;
        launch.persistent || !self.trial.is_on() && stint.held.len() < usize::from(launch.concurrency.get())
    }

    fn try_next(&mut self, stint: &mut Stint) -> Flow {
        if stint.gave_up {
            // The last one did not end in time: it may be blocking the process, and the next one would get the blame.
            stint.process.terminate();
            stint.end(Some(Exit::Overdue), LAST_CHANCE);
        }
        if !stint.takes_jobs() {
            return Flow::Continue(());
        }
        let Some((job, held)) = self.trial.call() else { return Flow::Continue(()) };
        self.idle_since = None;
        let (job, errand) = held.again(job);
        match stint.hand(job, errand) {
            Ok(fits) => debug_assert!(fits, "it fitted into a frame before"),
            Err(exit) => return Flow::Break(exit),
        }
        Flow::Continue(())
    }

    /// A job was held for too long.
    pub(super) fn on_overdue(&mut self, stint: &mut Stint, job: JobId) -> Flow {
        let outcome = Outcome::Failed("job timed out".into());
        if stint.held.contains_key(&job) {
            stint.put(&ToWorker::Cancel(job))?;
            stint.gave_up = true;
            return self.on_done(stint, job, outcome);
        }
        if self.trial.withdraw(job).is_some() {
            self.origin.world.reports.done(job, outcome);
        }
        Flow::Continue(())
    }

    /// The process did not get ready. Where others of its pool serve, that is not the end of anything: they go on, and
    /// no further one is tried for a while.
    pub(super) fn unready(&self, exit: Exit) -> Exit {
        let Origin { launch, world, pool, .. } = &self.origin;
        let is_spare = !launch.persistent && exit.is_failure() && world.crews.stall(pool, Instant::now());
        if is_spare { Exit::Spare(Box::new(exit)) } else { exit }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use footbridge_wire::SessionId;

    use super::*;
    use crate::instance::stint::Asker;

    fn held(verb: &str, since: Instant) -> Held {
        let asker = Asker::Session(SessionId::from_random([1; 16]));
        Held { asker, verb: verb.into(), activity: "{}".into(), opens: false, credentials: None, since, counted: None }
    }

    fn accuse(trial: &mut Trial, jobs: &[(u128, &str)], doubt: bool) -> Vec<u128> {
        let start = Instant::now();
        // The later ones began first.
        let since = |id: u128| start + Duration::from_mins(1) - Duration::from_secs(u64::try_from(id).unwrap_or(0));
        let held = jobs.iter().map(|(id, verb)| (JobId(*id), held(verb, since(*id))));
        trial.accuse(held, doubt, |held| held.verb == "fetch").into_iter().map(|(job, _)| job.0).collect()
    }

    fn order(trial: &mut Trial) -> Vec<u128> {
        std::iter::from_fn(|| trial.call()).map(|(job, _)| job.0).collect()
    }

    #[test]
    fn of_several_those_that_may_be_run_again_are_suspects_in_the_order_in_which_they_began() {
        let mut trial = Trial::default();
        assert_eq!(accuse(&mut trial, &[(1, "fetch"), (2, "send"), (3, "fetch")], false), [2]);
        assert!(trial.is_on() && trial.awaits(JobId(1)) && !trial.awaits(JobId(2)));
        assert_eq!(order(&mut trial), [3, 1]);
        assert!(!trial.is_on());
    }

    #[test]
    fn who_was_alone_did_it_unless_somebody_had_been_given_up() {
        let mut trial = Trial::default();
        assert_eq!(accuse(&mut trial, &[(1, "fetch")], false), [1]);
        assert!(!trial.is_on());
        assert!(accuse(&mut trial, &[(1, "fetch")], true).is_empty());
        assert_eq!(order(&mut trial), [1]);
    }

    #[test]
    fn a_suspect_that_ends_the_process_again_is_guilty_and_the_others_are_tried_next() {
        let mut trial = Trial::default();
        accuse(&mut trial, &[(1, "fetch"), (2, "fetch"), (3, "fetch")], false);
        assert_eq!(trial.call().map(|(job, _)| job.0), Some(3));
        assert!(!trial.awaits(JobId(3)), "it is being tried");
        assert_eq!(accuse(&mut trial, &[(3, "fetch")], true), [3]);
        assert!(trial.withdraw(JobId(2)).is_some() && trial.withdraw(JobId(3)).is_none());
        assert_eq!(order(&mut trial), [1]);
    }

    #[test]
    fn where_nothing_may_be_run_again_all_fail() {
        let mut trial = Trial::default();
        assert_eq!(accuse(&mut trial, &[(1, "send"), (2, "send")], true), [2, 1]);
        assert!(!trial.is_on());
    }
}
