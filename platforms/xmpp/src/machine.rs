//! A session with an XMPP server: decides everything, does nothing (platforms.md 8).
//!
//! ```text
//! Input: Up, Stanza, Down, Tick, Call, Cancel ──> Machine ──> Outputs: stanzas, pushes, ends of jobs, orders for the link
//! ```
//!
//! - `interface`: what goes in and comes out
//! - this file: a connection's beginning; `ending`: its end, and whether another one follows
//! - `saying`, `asking`, `publishing`, `commands`: verbs as stanzas; `iqs`: what was asked, of whom, and for whom
//! - `hearing`: stanzas; `answering`: answers to what was asked; `requests`: what others ask us; `caps`: what we tell them
//! - `kept`, `rooms`, `room`: what outlives a connection; `restoring`: making it true again on the next one
//!
//! What a server can make it remember is bounded where it is kept. An answer counts only if it comes from the one who was
//! asked (RFC 6120 8.1.2.1), and our questions have ids that nobody guesses.

mod answering;
mod asking;
mod caps;
mod commands;
mod ending;
mod hearing;
mod interface;
mod iqs;
mod kept;
mod publishing;
mod requests;
mod restoring;
mod room;
mod rooms;
mod saying;

pub use interface::{Answer, Cause, Dial, Down, Input, LinkOrder, Now, Outputs, Ticket, Up};

use std::time::{Duration, Instant};

use footbridge_host::Backoff;

use crate::credentials::{Credentials, Extension};
use crate::map::activity::{Activity, Entity, Object};
use crate::verbs::{Request, Verb};
use kept::Kept;

/// The first pause before a connection is made again, and the longest (platforms.md 8.3).
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(1);

/// How an instance behaves, whoever it acts for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// How long `connect` may take, from the first packet to the bound resource.
    pub connect_timeout: Duration,
    /// Whether a connection that broke is made again without being asked, unless the credentials say otherwise.
    pub reconnect: bool,
    /// Anything that differs between processes: spreads their attempts to come back.
    pub seed: u64,
}

/// The session of one actor. Lives as long as the instance; connections come and go.
#[derive(Debug)]
pub struct Machine {
    policy: Policy,
    stage: Stage,
    credentials: Option<Box<Credentials>>,
    kept: Kept,
    /// Who waits for the connection.
    callers: Vec<Ticket>,
    /// When the attempt under way counts as failed.
    deadline: Option<Instant>,
    /// Whether a connection stood that is to be made again.
    resuming: bool,
    backoff: Backoff,
}

/// Where a connection is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// There is none.
    Idle,
    /// The link was told to connect; `pausing`: after a pause, which is not over as far as is known here.
    Dialling { pausing: bool },
    /// The server knows us.
    Live,
    /// The link was told to close, and has not said that it has.
    Closing,
}

/// A text of the contract (platforms.md 8.3).
const NOT_CONNECTED: &str = "not connected";
/// How much longer than the link the machine waits, which knows less about what went wrong.
const GRACE: Duration = Duration::from_secs(2);

impl Machine {
    /// A session that is not connected.
    pub fn new(policy: Policy) -> Self {
        Self {
            backoff: Backoff::new(FIRST, LONGEST, policy.seed),
            policy,
            stage: Stage::Idle,
            credentials: None,
            kept: Kept::default(),
            callers: Vec::new(),
            deadline: None,
            resuming: false,
        }
    }

    /// Takes in what happened; what is to be done about it is in [`Machine::outputs`] then.
    pub fn handle(&mut self, input: Input, now: Now) {
        match input {
            Input::Stanza(stanza) if self.stage == Stage::Live => {
                if let Err(ignored) = self.kept.hear(&stanza, now) {
                    self.kept.outputs.ignored.push(ignored);
                }
            }
            // Of a connection that is wanted no more.
            Input::Stanza(_) => {}
            Input::Call(ticket, Request { actor, verb }) => self.on_call(ticket, actor, verb, now),
            Input::Cancel(ticket) => self.on_cancel(ticket),
            Input::Tick => self.on_tick(now),
            Input::Up(up) => self.on_up(up, now),
            Input::Down(down) => self.on_down(down, now),
        }
    }

    /// What is to be done. Take it after each input, or after a few.
    pub fn outputs(&mut self) -> Outputs {
        std::mem::take(&mut self.kept.outputs)
    }

    /// When it wants [`Input::Tick`] at the latest; may change with every input.
    pub fn deadline(&self) -> Option<Instant> {
        let live = self.kept.deadline(self.stage == Stage::Live);
        self.deadline.into_iter().chain(live).min()
    }

    /// Whether a connection stands, or is taken up again.
    pub fn is_initialised(&self) -> bool {
        self.stage == Stage::Live || (self.resuming && matches!(self.stage, Stage::Dialling { .. }))
    }

    fn on_call(&mut self, ticket: Ticket, actor: String, verb: Verb, now: Now) {
        match (verb, self.stage) {
            (Verb::Connect(credentials), _) => self.connect(ticket, actor, credentials, now),
            (Verb::Disconnect, _) => {
                self.leave();
                self.kept.end(ticket, Ok(Answer::Unchanged));
            }
            (verb, Stage::Live) => self.kept.call(ticket, verb, now),
            (_, _) => self.kept.end(ticket, Err(NOT_CONNECTED.to_owned())),
        }
    }

    fn connect(&mut self, ticket: Ticket, actor: String, credentials: Box<Credentials>, now: Now) {
        if self.stage == Stage::Live {
            return self.kept.end(ticket, Ok(Answer::Unchanged));
        }
        self.callers.push(ticket);
        if (self.stage == Stage::Dialling { pausing: false }) {
            return;
        }
        self.kept.actor = actor;
        self.kept.asked.clone_from(&credentials.extensions);
        self.credentials = Some(credentials);
        if self.stage != Stage::Closing {
            self.dial(Duration::ZERO, now);
        }
    }

    /// Orders a connection. `after`: a pause before.
    fn dial(&mut self, after: Duration, now: Now) {
        self.kept.outputs.link = Some(LinkOrder::Dial(Dial { after, resume: self.resuming }));
        self.stage = Stage::Dialling { pausing: !after.is_zero() };
        self.deadline = now.instant.checked_add(after + self.policy.connect_timeout + GRACE);
    }

    fn on_up(&mut self, up: Up, now: Now) {
        let (Stage::Dialling { .. }, Some(credentials)) = (self.stage, &self.credentials) else { return };
        self.kept.own(&credentials.account, &up.bound);
        self.stage = Stage::Live;
        self.deadline = None;
        self.backoff.reset();
        let resumed = up.resumed;
        if !resumed {
            self.kept.restore(up.unacked, now);
        }
        if std::mem::take(&mut self.resuming) {
            self.tell_again(resumed);
        }
        for ticket in self.callers.drain(..) {
            self.kept.end(ticket, Ok(Answer::Unchanged));
        }
    }

    /// Tells those who asked for it that the connection is there again.
    fn tell_again(&mut self, resumed: bool) {
        if self.kept.asked.contains(&Extension::Connection) {
            let condition = if resumed { "resumed" } else { "restored" }.to_owned();
            let actor = Entity::person(&self.kept.actor);
            let object = Object::Connect { status: "online", condition };
            self.kept.outputs.push.push(Activity::new("connect", actor).about(object));
        }
    }

    fn on_tick(&mut self, now: Now) {
        if self.deadline.is_some_and(|deadline| deadline <= now.instant) {
            self.on_silence(now);
        }
        self.kept.tick(self.stage == Stage::Live, now);
    }
}

#[cfg(test)]
mod tests;
