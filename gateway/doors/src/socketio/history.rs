//! The `message` events of one session, numbered, and kept for a client whose connection breaks.

use std::{pin::Pin, sync::Arc, time::Duration};

use footbridge_runtime::{Backlog, Bounds};
use serde_json::value::RawValue;
use tokio::time::{Instant, Sleep, sleep_until};

/// How long an event is kept while the client is connected: a dead transport shows after 45 s without a pong.
const IN_DOUBT: Duration = Duration::from_mins(1);
/// Largest number that a client is believed to know from a session before.
const BELIEVABLE: u64 = 1 << 53;

/// What was said to the client, as far as it may have to be said again.
pub(crate) struct History {
    messages: Backlog<Arc<RawValue>>,
    /// Added to the backlog's numbers.
    before: u64,
    /// Age of an event while the client is away (`session.backlogAgeMs`).
    age: Duration,
    /// Wakes when the oldest event has become too old; `None`: there is none, and nothing to wait for.
    look: Option<Pin<Box<Sleep>>>,
}

/// What a client missed.
#[derive(Debug, Default)]
pub(crate) struct Missed {
    /// How many messages fell out before they could be sent again.
    pub(crate) lost: u64,
    /// The others with their numbers, oldest first.
    pub(crate) messages: Vec<(u64, Arc<RawValue>)>,
}

impl History {
    /// Nothing said yet. Numbers go on from `known`, the last one the client has from an earlier session: it keeps that
    /// until it gets a newer one, and would come back with it.
    pub(crate) fn new(bounds: Bounds, known: u64) -> Self {
        let mut messages = Backlog::new(bounds);
        messages.set_age(IN_DOUBT.min(bounds.age));
        Self { messages, before: if known > BELIEVABLE { 0 } else { known }, age: bounds.age, look: None }
    }

    /// Keeps a message; returns its number.
    pub(crate) fn push(&mut self, message: &Arc<RawValue>) -> u64 {
        let number = self.messages.push(Arc::clone(message), message.get().len(), Instant::now());
        if self.look.is_none() {
            self.tidy();
        }
        self.before + number
    }

    /// The client is away: what it has not seen is kept for longer.
    pub(crate) fn away(&mut self) {
        self.messages.set_age(self.age);
        self.tidy();
    }

    /// The client is back, and had seen everything up to `offset`.
    pub(crate) fn back(&mut self, offset: u64) -> Missed {
        self.messages.expire(Instant::now());
        let kept = self.messages.after(offset.saturating_sub(self.before));
        let messages = kept.entries.into_iter().map(|(number, message)| (self.before + number, Arc::clone(message)));
        let missed = Missed { lost: kept.lost, messages: messages.collect() };
        self.messages.set_age(IN_DOUBT.min(self.age));
        self.tidy();
        missed
    }

    /// Resolves when there is something to [`History::tidy`].
    pub(crate) async fn stale(&mut self) {
        match &mut self.look {
            Some(look) => look.as_mut().await,
            None => std::future::pending().await,
        }
    }

    /// Drops what is too old.
    pub(crate) fn tidy(&mut self) {
        match (self.messages.expire(Instant::now()), &mut self.look) {
            (None, look) => *look = None,
            (Some(at), Some(look)) => look.as_mut().reset(at),
            (Some(at), look) => *look = Some(Box::pin(sleep_until(at))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { entries: 10, bytes: 1000, age: Duration::from_hours(1) };

    fn message(n: u64) -> Arc<RawValue> {
        RawValue::from_string(n.to_string()).expect("JSON").into()
    }

    fn missed(history: &mut History, offset: u64) -> (u64, Vec<u64>) {
        let Missed { lost, messages } = history.back(offset);
        (lost, messages.into_iter().map(|(number, _)| number).collect())
    }

    #[tokio::test(start_paused = true)]
    async fn numbers_go_on_from_those_of_the_session_before() {
        let mut history = History::new(BOUNDS, 57);
        // A client that heard nothing in this session comes back with the old number.
        assert_eq!(history.push(&message(0)), 58);
        assert_eq!(history.push(&message(1)), 59);
        assert_eq!(missed(&mut history, 57), (0, vec![58, 59]));
        assert_eq!(missed(&mut history, 58), (0, vec![59]));
        assert_eq!(missed(&mut history, 1), (0, vec![58, 59]));
        assert_eq!(missed(&mut history, 100), (0, vec![]));
        assert_eq!(History::new(BOUNDS, u64::MAX).push(&message(0)), 1, "nobody has heard that many");
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_said_is_kept_for_a_minute_and_for_longer_while_the_client_is_away() {
        let mut history = History::new(BOUNDS, 0);
        history.push(&message(0));
        history.away();
        tokio::time::advance(Duration::from_mins(10)).await;
        history.push(&message(1));
        assert_eq!(missed(&mut history, 0), (0, vec![1, 2]));
        // Back, it keeps the younger one until that is a minute old.
        let start = Instant::now();
        assert_eq!(missed(&mut history, 0), (1, vec![2]));
        history.stale().await;
        history.tidy();
        assert_eq!(start.elapsed().as_secs(), 60);
        assert!(history.look.is_none(), "an idle session waits for nothing");
    }
}
