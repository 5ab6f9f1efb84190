//! What every queue counts. The handles are made once: a job costs a few atomic operations, no look-up.

use footbridge_wire::Outcome;
use metrics::{Counter, Gauge, counter, gauge};

use crate::{Depth, SubmitError};

pub(crate) struct Meters {
    accepted: Counter,
    refused_closed: Counter,
    refused_full: Counter,
    refused_unreachable: Counter,
    succeeded: Counter,
    failed: Counter,
    stray: Counter,
    waiting: Gauge,
    running: Gauge,
    bytes: Gauge,
}

impl Meters {
    pub(crate) fn new() -> Self {
        Self {
            accepted: counter!("sockethub_queue_accepted_total"),
            refused_closed: counter!("sockethub_queue_refused_total", "reason" => "closed"),
            refused_full: counter!("sockethub_queue_refused_total", "reason" => "full"),
            refused_unreachable: counter!("sockethub_queue_refused_total", "reason" => "unreachable"),
            succeeded: counter!("sockethub_queue_ended_total", "outcome" => "success"),
            failed: counter!("sockethub_queue_ended_total", "outcome" => "failure"),
            stray: counter!("sockethub_queue_stray_ends_total"),
            waiting: gauge!("sockethub_queue_waiting_jobs"),
            running: gauge!("sockethub_queue_running_jobs"),
            bytes: gauge!("sockethub_queue_bytes"),
        }
    }

    pub(crate) fn submitted(&self, outcome: Result<(), SubmitError>) {
        match outcome {
            Ok(()) => &self.accepted,
            Err(SubmitError::Closed) => &self.refused_closed,
            Err(SubmitError::Full) => &self.refused_full,
            Err(SubmitError::Unreachable) => &self.refused_unreachable,
        }
        .increment(1);
    }

    pub(crate) fn ended(&self, outcome: &Outcome) {
        self.outcome(outcome).increment(1);
    }

    /// The counter of ends like this one.
    pub(crate) fn outcome(&self, outcome: &Outcome) -> &Counter {
        match outcome {
            Outcome::Unchanged | Outcome::Activity(_) => &self.succeeded,
            Outcome::Failed(_) => &self.failed,
        }
    }

    /// An end or return of a job that is not begun.
    pub(crate) fn stray(&self) {
        self.stray.increment(1);
    }

    #[expect(clippy::cast_precision_loss, reason = "gauges are floating point; exact up to 2^53")]
    pub(crate) fn depth(&self, depth: Depth) {
        self.waiting.set(depth.waiting as f64);
        self.running.set(depth.running as f64);
        self.bytes.set(depth.bytes as f64);
    }
}
