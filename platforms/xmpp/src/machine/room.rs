//! A room that was entered, or is about to be.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use tokio_xmpp::Stanza;
use xmpp_parsers::minidom::Element;

use crate::map::activity::Occupant;
use crate::map::ns;
use crate::map::xml::{CLIENT, around, attribute, child, element, texted};
use crate::verbs::Join;

/// Silence after which a room is asked whether we are still in it (XEP-0410).
const QUIET: Duration = Duration::from_mins(10);
/// Silence after which whoever knocks again is not taken for impatient.
const UNANSWERED: Duration = Duration::from_secs(10);
/// How long changes wait for others to be told with; and while entering, when they come all at once.
const GATHER: Duration = Duration::from_secs(1);
const GATHER_ENTERING: Duration = Duration::from_secs(5);
/// When a room that could not be entered again is tried once more.
pub(super) const RETRY: Duration = Duration::from_secs(30);
/// Occupants of one push.
pub(super) const TOGETHER: usize = 100;
/// Messages that wait until the room was entered again.
const HELD: usize = 256;
/// Messages that are known again when a room repeats them.
const KNOWN: usize = 64;
/// More of what was said than we missed is asked for, since nobody knows when exactly the connection broke.
const OVERLAP: Duration = Duration::from_mins(2);

/// A room.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) join: Join,
    /// The nick that we have, or want.
    pub(super) nick: String,
    pub(super) state: State,
    /// When something was last heard from it.
    heard: Instant,
    /// When to try to enter it again.
    pub(super) retry: Option<Instant>,
    /// Messages that wait until it was entered.
    held: Vec<Stanza>,
    /// Changes of occupants that are not told yet, and when they are.
    gathered: Vec<Occupant>,
    flush: Option<Instant>,
    /// Messages that were heard, the latest last.
    known: VecDeque<String>,
}

/// Whether we are in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// We knocked; `again`: we were in it before, on another connection.
    Entering { again: bool },
    /// We are in it.
    In,
    /// We are in it, and asked whether that is true.
    Doubted,
}

impl Room {
    pub(super) fn new(join: Join, nick: String, now: Instant) -> Self {
        Self {
            join,
            nick,
            state: State::Entering { again: false },
            heard: now,
            retry: None,
            held: Vec::new(),
            gathered: Vec::new(),
            flush: None,
            known: VecDeque::new(),
        }
    }

    /// Our address in it.
    pub(super) fn address(&self) -> String {
        format!("{}/{}", self.join.room, self.nick)
    }

    /// What enters it.
    pub(super) fn knock(&self, now: Instant) -> Element {
        let mut x = element("x", ns::MUC, &[]);
        if let Some(password) = &self.join.password {
            x.append_child(texted("password", ns::MUC, password));
        }
        let limit = self.join.limit.map(|limit| limit.to_string());
        let missed = now.saturating_duration_since(self.heard).saturating_add(OVERLAP).as_secs().to_string();
        let mut history = Vec::new();
        if self.state == (State::Entering { again: true }) {
            history.push(("seconds", &*missed));
        } else {
            history.extend(limit.as_deref().map(|limit| ("maxstanzas", limit)));
            history.extend(self.join.since.as_deref().map(|since| ("since", since)));
        }
        if !history.is_empty() {
            x.append_child(element("history", ns::MUC, &history));
        }
        around(element("presence", CLIENT, &[("to", &self.address())]), [x])
    }

    /// Whether something has to be done about it by then.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let doubt = (self.state == State::In).then(|| self.heard + QUIET);
        [doubt, self.retry, self.flush].into_iter().flatten().min()
    }

    /// Something was heard from it.
    pub(super) fn heard(&mut self, now: Instant) {
        self.heard = now;
        if self.state == State::Doubted {
            self.state = State::In;
        }
    }

    /// Whether we knocked and the room has said nothing to that.
    pub(super) fn is_unanswered(&self, now: Instant) -> bool {
        self.state == (State::Entering { again: false }) && self.heard + UNANSWERED <= now
    }

    /// Whether it has been silent for so long that it has to be asked.
    pub(super) fn is_quiet(&self, now: Instant) -> bool {
        self.state == State::In && self.heard + QUIET <= now
    }

    /// We are in it: what may be sent now.
    pub(super) fn entered(&mut self) -> Vec<Stanza> {
        self.state = State::In;
        self.retry = None;
        std::mem::take(&mut self.held)
    }

    /// Keeps a message until it was entered. Whether there was room for it.
    pub(super) fn hold(&mut self, message: Stanza) -> bool {
        let fits = self.held.len() < HELD;
        if fits {
            self.held.push(message);
        }
        fits
    }

    /// Keeps a change until there are more. Those that are to be told now.
    pub(super) fn gather(&mut self, occupant: Occupant, now: Instant) -> Vec<Occupant> {
        // Only the latest counts.
        self.gathered.retain(|other| other.id != occupant.id);
        self.gathered.push(occupant);
        let pause = if matches!(self.state, State::Entering { .. }) { GATHER_ENTERING } else { GATHER };
        self.flush.get_or_insert(now + pause);
        if self.gathered.len() >= TOGETHER { self.gathered() } else { Vec::new() }
    }

    /// All changes that are not told yet.
    pub(super) fn gathered(&mut self) -> Vec<Occupant> {
        self.flush = None;
        std::mem::take(&mut self.gathered)
    }

    /// Those that have waited long enough.
    pub(super) fn due(&mut self, now: Instant) -> Vec<Occupant> {
        if self.flush.is_some_and(|flush| flush <= now) { self.gathered() } else { Vec::new() }
    }

    /// Whether this message was heard before; it is known from now on.
    pub(super) fn knows(&mut self, message: &Element) -> bool {
        let id = child(message, "stanza-id", ns::STANZA_ID).and_then(|one| attribute(one, "id"));
        let own = || attribute(message, "id").map(|id| format!("{}\n{id}", attribute(message, "from").unwrap_or("")));
        let Some(key) = id.map(str::to_owned).or_else(own) else { return false };
        let delayed = child(message, "delay", ns::DELAY).is_some();
        if delayed && self.known.contains(&key) {
            return true;
        }
        if self.known.len() == KNOWN {
            self.known.pop_front();
        }
        self.known.push_back(key);
        false
    }

    /// We are not in it any more, and want to be: what to send. It is tried again until there is an answer.
    pub(super) fn knock_again(&mut self, now: Instant) -> Element {
        self.state = State::Entering { again: true };
        self.retry = Some(now + RETRY);
        self.gathered();
        self.knock(now)
    }
}
