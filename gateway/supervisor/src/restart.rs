//! Whether, and when, the worker of an instance is started again.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

use crate::exit::Exit;

/// The longest pause before a start.
const LONGEST: Duration = Duration::from_mins(1);

/// How often an instance's worker may be started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RestartPolicy {
    /// Starts (`platformRestart.maxTimes`) …
    pub times: usize,
    /// … within that time (`platformRestart.withinMs`). What is older counts no more.
    pub within: Duration,
    /// Pause before the second of them (`platformRestart.pauseMs`); before the first there is none, before each further
    /// one it is twice as long, up to a minute.
    pub pause: Duration,
}

/// What follows an exit.
#[derive(Debug, PartialEq, Eq)]
pub enum Restart {
    /// A new worker, after that pause.
    After(Duration),
    /// Nothing: the instance ends.
    Never,
}

/// What is left of the restarts of one instance.
#[derive(Debug)]
pub struct Budget {
    policy: RestartPolicy,
    /// Starts that still count, oldest first.
    starts: VecDeque<Instant>,
}

impl Budget {
    /// An unspent budget.
    pub fn new(policy: RestartPolicy) -> Self {
        Self { policy, starts: VecDeque::new() }
    }

    /// What follows `exit`. Only an instance that `was_connected` has anything to be brought back to, and only a fault
    /// of the process or of what it connects to may be gone the next time. A restart is spent at once.
    pub fn after(&mut self, exit: &Exit, was_connected: bool, now: Instant) -> Restart {
        let policy = self.policy;
        while self.starts.front().is_some_and(|start| *start + policy.within <= now) {
            self.starts.pop_front();
        }
        let spent = self.starts.len();
        if !was_connected || !exit.may_pass() || spent >= policy.times {
            return Restart::Never;
        }
        self.starts.push_back(now);
        let doubled = u32::try_from(spent).ok().and_then(|spent| spent.checked_sub(1)).map(|exponent| {
            2u32.checked_pow(exponent).and_then(|factor| policy.pause.checked_mul(factor)).unwrap_or(LONGEST)
        });
        Restart::After(doubled.unwrap_or_default().min(LONGEST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const POLICY: RestartPolicy = RestartPolicy { times: 3, within: Duration::from_mins(10), pause: SECOND };

    #[test]
    fn pauses_double_until_the_budget_is_spent_and_it_fills_again() {
        let start = Instant::now();
        let mut budget = Budget::new(POLICY);
        let mut after = |second| budget.after(&Exit::Silent, true, start + second * SECOND);
        assert_eq!(after(0), Restart::After(Duration::ZERO));
        assert_eq!(after(1), Restart::After(SECOND));
        assert_eq!(after(2), Restart::After(2 * SECOND));
        assert_eq!(after(3), Restart::Never);
        assert_eq!(after(599), Restart::Never);
        assert_eq!(after(600), Restart::After(2 * SECOND), "the first start counts no more");
        assert_eq!(after(600), Restart::Never);
        assert_eq!(after(2000), Restart::After(Duration::ZERO));
    }

    #[test]
    fn a_pause_has_an_end() {
        let mut budget = Budget::new(RestartPolicy { times: 100, ..POLICY });
        let now = Instant::now();
        let pauses: Vec<_> = (0..100).map(|_| budget.after(&Exit::Silent, true, now)).collect();
        assert_eq!(pauses[6], Restart::After(32 * SECOND));
        assert!(pauses[7..].iter().all(|pause| *pause == Restart::After(LONGEST)));
    }

    #[test]
    fn only_faults_of_connected_instances_are_worth_a_restart() {
        let now = Instant::now();
        let after = |exit: &Exit, connected| Budget::new(POLICY).after(exit, connected, now);
        assert_eq!(after(&Exit::Silent, false), Restart::Never);
        for asked_for in [Exit::Stopped, Exit::Idle, Exit::Unconnected] {
            assert_eq!(after(&asked_for, true), Restart::Never);
        }
        assert_eq!(after(&Exit::Forbidden, true), Restart::Never, "whoever made it do that would do it again");
        let strange = Exit::Stranger { version: 0, platform: "x".into() };
        assert_eq!(after(&strange, true), Restart::Never, "the next one would be as strange");
        for fault in [Exit::crashed(None, None), Exit::Late, Exit::Unrestored("no route".into())] {
            assert_eq!(after(&fault, true), Restart::After(Duration::ZERO), "{fault:?}");
        }
    }
}
