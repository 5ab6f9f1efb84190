//! What a run consisted of.

use std::{collections::BTreeMap, fmt};

/// Counts, to be printed at the end.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) steps: BTreeMap<&'static str, u64>,
    pub(crate) asks: u64,
    pub(crate) answers: u64,
    /// Asks of connections that were cut.
    pub(crate) unwaited: u64,
    /// Answers that are failures, by their texts.
    pub(crate) failures: BTreeMap<String, u64>,
    /// Pushes that instances said, and that sessions heard.
    pub(crate) pushed: u64,
    pub(crate) heard: u64,
    /// Results of one session's jobs that others were shown.
    pub(crate) shown: u64,
    pub(crate) resumed: u64,
    /// Sessions that came too late for that, or may have.
    pub(crate) late: u64,
    /// Answers that came as events after a resumption.
    pub(crate) answered_by_event: u64,
    /// Messages that backlogs had no room for.
    pub(crate) lost: u64,
    /// Things told to newcomers that nobody had been there to hear.
    pub(crate) caught_up: u64,
    pub(crate) crashes: u64,
}

impl Tally {
    pub(crate) fn step(&mut self, kind: &'static str) {
        *self.steps.entry(kind).or_default() += 1;
    }

    pub(crate) fn failure(&mut self, text: &str) {
        *self.failures.entry(text.to_owned()).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: Self) {
        for (kind, count) in other.steps {
            *self.steps.entry(kind).or_default() += count;
        }
        for (text, count) in other.failures {
            *self.failures.entry(text).or_default() += count;
        }
        let counts = [
            (&mut self.asks, other.asks),
            (&mut self.answers, other.answers),
            (&mut self.unwaited, other.unwaited),
            (&mut self.pushed, other.pushed),
            (&mut self.heard, other.heard),
            (&mut self.shown, other.shown),
            (&mut self.resumed, other.resumed),
            (&mut self.late, other.late),
            (&mut self.answered_by_event, other.answered_by_event),
            (&mut self.lost, other.lost),
            (&mut self.caught_up, other.caught_up),
            (&mut self.crashes, other.crashes),
        ];
        for (count, more) in counts {
            *count += more;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} steps: {:?}", self.steps.values().sum::<u64>(), self.steps)?;
        writeln!(
            f,
            "{} asks, {} on connections that were cut, {} answers, of these {} failures: {:?}",
            self.asks,
            self.unwaited,
            self.answers,
            self.failures.values().sum::<u64>(),
            self.failures
        )?;
        write!(
            f,
            "{} pushes, heard {} times; {} results shown to others; {} sessions resumed ({} came late), {} answers by \
             event; {} messages caught up on, {} lost by overflow; {} crashes",
            self.pushed,
            self.heard,
            self.shown,
            self.resumed,
            self.late,
            self.answered_by_event,
            self.caught_up,
            self.lost,
            self.crashes
        )
    }
}
