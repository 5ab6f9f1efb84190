//! A session with an IRC server: decides everything, does nothing (platforms.md 7).
//!
//! ```text
//! Input: Up, Line, Down, Tick, Call, Cancel ──> Machine ──> Outputs: lines, pushes, ends of jobs, orders for the link
//! ```
//!
//! - `interface`: what goes in and comes out
//! - this file: a connection's life up to its registration; `ending`: its end, and whether another one follows
//! - `live`: a registered connection; `commands`, `saying`, `entering`: what is wanted as lines; `jobs`: what waits for
//!   which answer; `collector`, `batches`: answers of several lines
//! - `kept`, `channels`: what outlives a connection
//!
//! What a server can make it remember is bounded where it is kept. It follows nobody but ourselves: who is in a channel is
//! told as the server tells it, and forgotten.

mod batches;
mod channels;
mod collector;
mod commands;
mod ending;
mod entering;
mod interface;
mod jobs;
mod kept;
mod live;
mod saying;

pub use interface::{Answer, Dial, Down, Input, LinkOrder, Note, Now, Outputs, Ticket};

use std::time::{Duration, Instant};

use footbridge_host::Backoff;

use crate::cap::Sts;
use crate::credentials::{Credentials, Extension};
use crate::line::Line;
use crate::map::{self, beyond, names::Names};
use crate::outgoing::Outgoing;
use crate::registration::{Refused, Registered, Registration, Step};
use crate::verbs::{Request, Verb};
use crate::webirc::Webirc;
use kept::Kept;
use live::Live;

/// The first pause before a connection is made again, and the longest.
const FIRST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_mins(5);

/// How an instance behaves, whoever it acts for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// How long `connect` may take, from the first packet to the server's welcome.
    pub connect_timeout: Duration,
    /// Whether a connection that broke is made again without being asked, unless the credentials say otherwise.
    pub reconnect: bool,
    /// Anything that differs between processes: spreads their attempts to come back.
    pub seed: u64,
    /// Whom it introduces its user to.
    pub webirc: Webirc,
}

/// The session of one actor. Lives as long as the instance; connections come and go.
#[derive(Debug)]
pub struct Machine {
    policy: Policy,
    stage: Stage,
    credentials: Option<Box<Credentials>>,
    kept: Kept,
    /// Who waits for the connection, and until when.
    callers: Vec<Caller>,
    /// When the attempt under way counts as failed.
    deadline: Option<Instant>,
    /// Whether a connection stood that is to be made again.
    resuming: bool,
    backoff: Backoff,
}

/// Where a connection is in its life.
#[derive(Debug)]
enum Stage {
    /// There is none.
    Idle,
    /// The link was told to connect; `true`: after a pause, which is not over as far as is known here.
    Dialling { pausing: bool },
    /// It stands, and the server does not know us yet.
    Registering(Box<Registration>),
    /// The server knows us.
    Live(Box<Live>),
    /// The link was told to close, and has not said that it has.
    Closing,
}

/// A job that waits for the connection.
#[derive(Debug)]
struct Caller {
    ticket: Ticket,
    /// Whether it found an attempt under way; it waits for that one, but not for ever.
    until: Option<Instant>,
}

/// A text of the contract (platforms.md 7.3).
const BUSY: &str = "failed to get irc client, please try again.";
const NO_CLIENT: &str = "no client found, and no credentials specified. you must connect first";
/// A text of our own.
const UNCHECKED: &str = "/object/allowInvalidCert is not possible with this server: it is one of the gateway's webirc";
/// For the log.
const UNKNOWN: &str = "the client's address is unknown: the network is not told where it comes from";

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
    pub fn handle(&mut self, input: Input<'_>, now: Now) {
        match input {
            Input::Line(line) => self.on_line(&line, now),
            Input::Call(ticket, Request { actor, verb }) => self.on_call(ticket, &actor, verb, now),
            Input::Cancel(ticket) => self.on_cancel(ticket),
            Input::Tick => self.on_tick(now),
            Input::Up => self.on_up(now),
            Input::Down(down) => self.on_down(down, now),
        }
    }

    /// What is to be done. Take it after each input, or after a few.
    pub fn outputs(&mut self) -> Outputs {
        std::mem::take(&mut self.kept.outputs)
    }

    /// When it wants [`Input::Tick`] at the latest; may change with every input.
    pub fn deadline(&self) -> Option<Instant> {
        let live = if let Stage::Live(live) = &self.stage { live.deadline() } else { None };
        let callers = self.callers.iter().filter_map(|caller| caller.until);
        callers.chain(self.deadline).chain(live).min()
    }

    /// Whether the connection stands and is registered.
    pub fn is_initialised(&self) -> bool {
        matches!(self.stage, Stage::Live(_))
    }

    /// Whether the connection stands, or is being made, now or after a pause: whether there is anything to disconnect.
    pub fn is_wanted(&self) -> bool {
        !matches!(self.stage, Stage::Idle | Stage::Closing)
    }

    fn on_call(&mut self, ticket: Ticket, actor: &str, verb: Verb, now: Now) {
        match (verb, &mut self.stage) {
            (Verb::Connect(credentials), _) => self.connect(ticket, actor, credentials, now),
            (Verb::Disconnect { reason }, Stage::Live(_)) => {
                let reason = reason.unwrap_or_else(|| "bye".to_owned());
                self.kept.outputs.send.extend(Outgoing::new("QUIT").trailing(&reason));
                self.leave();
                self.kept.end(ticket, Ok(Answer::Unchanged));
            }
            (Verb::Disconnect { .. }, _) => {
                self.leave();
                self.kept.end(ticket, Ok(Answer::Unchanged));
            }
            (verb, Stage::Live(live)) => {
                self.kept.acts(actor);
                live.call(&mut self.kept, ticket, verb, now);
            }
            (_, _) => self.kept.end(ticket, Err(NO_CLIENT.to_owned())),
        }
    }

    fn connect(&mut self, ticket: Ticket, actor: &str, credentials: Box<Credentials>, now: Now) {
        self.kept.acts(actor);
        if let Stage::Live(live) = &mut self.stage {
            return live.probe(&mut self.kept, ticket, now);
        }
        // Before any connection, whatever there is to refuse (irc 9).
        if let Err(refused) = Registration::new(&credentials) {
            return self.kept.end(ticket, Err(refused.to_string()));
        }
        // Whoever stands between could read the operator's password.
        if credentials.allow_invalid_cert && self.policy.webirc.find(&credentials.server, credentials.port).is_some() {
            return self.kept.end(ticket, Err(UNCHECKED.to_owned()));
        }
        let waits = matches!(self.stage, Stage::Dialling { pausing: false } | Stage::Registering(_));
        let until = waits.then(|| now.instant + self.policy.connect_timeout);
        self.callers.push(Caller { ticket, until });
        if !waits {
            self.kept.asked.clone_from(&credentials.extensions);
            self.credentials = Some(credentials);
            if !matches!(self.stage, Stage::Closing) {
                self.dial(Duration::ZERO, now);
            }
        }
    }

    /// Orders a connection. `after`: a pause before.
    fn dial(&mut self, after: Duration, now: Now) {
        let Some(credentials) = &self.credentials else { return };
        self.kept.outputs.link = Some(LinkOrder::Dial(Dial::new(credentials, after)));
        self.stage = Stage::Dialling { pausing: !after.is_zero() };
        // What nobody waits for may wait for its turn.
        let unattended = self.resuming && self.callers.is_empty();
        self.deadline = now.instant.checked_add(after + self.policy.connect_timeout).filter(|_| !unattended);
    }

    /// The pause is over, and it is our turn: where to connect to, given what other users learnt of the network, in the
    /// words of [`Outputs::note`]. `None`: nowhere any more.
    pub fn cleared(&mut self, known: Option<&str>, now: Instant) -> Option<Dial> {
        let (Stage::Dialling { pausing }, Some(credentials)) = (&mut self.stage, &mut self.credentials) else {
            return None;
        };
        *pausing = false;
        if let Some(port) = known.filter(|_| !credentials.secure).and_then(Sts::read) {
            (credentials.port, credentials.secure) = (port, true);
        }
        self.deadline = self.deadline.or_else(|| now.checked_add(self.policy.connect_timeout));
        Some(Dial::new(credentials, Duration::ZERO))
    }

    fn on_up(&mut self, _: Now) {
        let (Stage::Dialling { .. }, Some(credentials)) = (&self.stage, &self.credentials) else { return };
        match Registration::new(credentials) {
            Ok((registration, send)) => {
                // Before anything else, or it is refused.
                match self.policy.webirc.find(&credentials.server, credentials.port) {
                    // An upgrade to TLS may have led here.
                    Some(_) if credentials.allow_invalid_cert => return self.give_up(UNCHECKED),
                    Some(Some(line)) => self.kept.outputs.send.push(line.clone()),
                    Some(None) => self.kept.outputs.log.push(UNKNOWN.to_owned()),
                    None => {}
                }
                self.kept.outputs.send.extend(send);
                self.stage = Stage::Registering(Box::new(registration));
            }
            Err(refused) => self.give_up(&refused.to_string()),
        }
    }

    fn on_line(&mut self, line: &Line<'_>, now: Now) {
        let step = match &mut self.stage {
            Stage::Live(session) => {
                session.on_line(&mut self.kept, line, now);
                return self.resumed(now);
            }
            Stage::Registering(registration) => registration.on_line(line, &mut self.kept.outputs.send),
            Stage::Idle | Stage::Dialling { .. } | Stage::Closing => return,
        };
        match step {
            Step::Continue => {}
            Step::Registered(registered) => self.registered(*registered, now),
            Step::Upgrade { port } => {
                if let Some(credentials) = &mut self.credentials {
                    (credentials.port, credentials.secure) = (port, true);
                }
                self.dial(Duration::ZERO, now);
            }
            Step::Refused(refused) => self.refused(&refused, now),
        }
    }

    fn registered(&mut self, mut registered: Registered, now: Now) {
        let Some(credentials) = &self.credentials else { return };
        self.kept.outputs.send.extend(registered.identify.take());
        // Only what is heard within TLS, from who proved to be that server, counts (IRCv3 sts).
        if credentials.secure && !credentials.allow_invalid_cert {
            self.kept.outputs.note =
                registered.caps.sts().and_then(|sts| sts.note(&credentials.server, credentials.port));
        }
        let names = Names::new(&*credentials.server);
        // Before anything is answered: nobody is to speak under a name that is not known to be theirs.
        let known = self.kept.known_as.replace(registered.nick.clone());
        let known = known.unwrap_or_else(|| credentials.nick.clone());
        if known != registered.nick {
            self.kept.outputs.push.push(map::renamed(&names, &known, &registered.nick, now.time));
        }
        let live = Live::new(registered, credentials, self.resuming || self.kept.is_wanting(), self.policy.seed, now);
        self.stage = Stage::Live(Box::new(live));
        self.deadline = None;
        self.backoff.reset();
        for caller in self.callers.drain(..) {
            self.kept.end(caller.ticket, Ok(Answer::Unchanged));
        }
    }

    /// Tells that the connection is there again, once its channels have been asked for.
    fn resumed(&mut self, now: Now) {
        if self.resuming
            && let Stage::Live(live) = &self.stage
            && live.is_settled()
        {
            self.resuming = false;
            self.tell("connected", "connection to server restored.", now);
        }
    }

    fn on_tick(&mut self, now: Now) {
        let impatient = |caller: &mut Caller| caller.until.is_some_and(|until| until <= now.instant);
        for caller in self.callers.extract_if(.., impatient) {
            self.kept.outputs.done.push((caller.ticket, Err(BUSY.to_owned())));
        }
        if self.deadline.is_some_and(|deadline| deadline <= now.instant) {
            if self.resuming {
                self.again(&Refused::Silent.to_string(), now);
            } else {
                self.give_up(&Refused::Silent.to_string());
            }
        }
        if let Stage::Live(live) = &mut self.stage {
            let waiting = live.tick(&mut self.kept, now);
            if !waiting.is_empty() {
                return self.replace(waiting, now);
            }
            self.resumed(now);
        }
    }

    /// Tells what became of the connection to those who asked for it.
    fn tell(&mut self, code: &str, text: &str, now: Now) {
        if let Some(credentials) =
            self.credentials.as_ref().filter(|_| self.kept.asked.contains(&Extension::Connection))
        {
            let names = Names::new(&*credentials.server);
            self.kept.outputs.push.push(beyond::connection(&names, code, text, now.time));
        }
    }
}

#[cfg(test)]
mod tests;
