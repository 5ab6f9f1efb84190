//! An actor with a secret, and what is known of the instance that acts for both.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{
    line::{Line, Word},
    world::{KEPT, LINGER},
};

/// More than an instance ever pushes.
const PUSHES: u64 = 100_000;
/// By then the gateway has noticed that a connection broke, or that a client left, whatever it has to do besides.
const NOTICED: Duration = Duration::from_secs(2);

/// An actor with a secret, and the instance that acts for both.
pub(crate) struct Spot {
    pub(crate) actor: String,
    /// `None`: of one session alone.
    pub(crate) secret: Option<String>,
    pub(crate) line: Line,
    /// Whether an instance is connected, or was and may have ended for want of sessions.
    pub(crate) connected: bool,
    /// What the actor is called besides.
    pub(crate) alias: Option<String>,
    /// The number of the next push.
    pub(crate) next_push: u64,
    /// Since when nobody is there.
    pub(crate) deserted_since: Option<Instant>,
    /// Who left, and when, where nothing proves that the gateway has noticed.
    departures: Vec<(u64, Instant)>,
    /// How the worker died, until the next one has done something.
    pub(crate) wounded: Option<String>,
}

impl Spot {
    /// One that nobody has addressed yet. `number`: no other has it, so that none says what another might have said.
    pub(crate) fn new(number: u64, actor: &str, secret: Option<String>) -> Self {
        Self {
            actor: actor.into(),
            secret,
            line: Line::new(KEPT, LINGER),
            connected: false,
            alias: None,
            next_push: number * PUSHES,
            deserted_since: None,
            departures: Vec::new(),
            wounded: None,
        }
    }

    /// Whether the instance may have ended, or may do so soon, because nobody is there.
    pub(crate) fn is_doubtful(&self) -> bool {
        self.deserted_since.is_some_and(|since| since.elapsed() > LINGER / 2)
    }

    /// A session left, or lost its connection; the gateway will notice.
    pub(crate) fn departs(&mut self, name: u64) {
        self.departures.push((name, Instant::now()));
    }

    /// Who left last, of those who may come back.
    pub(crate) fn last_to_leave(&self) -> Option<u64> {
        self.departures.last().map(|(name, _)| *name)
    }

    /// Whether the gateway knows of every departure but perhaps that one's.
    pub(crate) fn knows_all_but(&self, name: u64) -> bool {
        self.departures.iter().all(|(other, at)| *other == name || at.elapsed() > NOTICED)
    }

    /// Who had left is back.
    pub(crate) fn is_back(&mut self, name: u64) {
        self.departures.retain(|(other, at)| *other != name && at.elapsed() <= NOTICED);
    }

    /// The worker died: what is said of it, and another one is connected.
    pub(crate) fn died(&mut self, text: &str) -> [Word; 2] {
        self.wounded = Some(text.into());
        self.alias = None;
        [Word::Died(text.into()), Word::Back]
    }

    /// The next pushes, as the platform is told to make them, and as they are heard.
    pub(crate) fn pushes(&mut self, count: u64) -> (Vec<Value>, Vec<Word>) {
        let numbers = self.next_push..self.next_push + count;
        self.next_push += count;
        let push =
            |n| json!({"type": "message", "actor": {"id": "m", "type": "person"}, "object": {"type": "note", "n": n}});
        (numbers.clone().map(push).collect(), numbers.map(Word::Push).collect())
    }
}
