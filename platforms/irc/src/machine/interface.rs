//! What goes into the machine and what comes out of it.

use std::time::{Duration, Instant};

use crate::credentials::Credentials;
use crate::line::Line;
use crate::map::activity::{Activity, Time};
use crate::outgoing::Outgoing;
use crate::verbs::Request;

/// A job, by a number that the caller chooses and never uses twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// The time, twice: a clock that never jumps for deadlines, and the one on the wall for what clients read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// For deadlines.
    pub instant: Instant,
    /// For `published`.
    pub time: Time,
}

/// Something that happened.
#[derive(Debug)]
pub enum Input<'a> {
    /// The connection that was dialled stands: TCP, and TLS where it was asked for.
    Up,
    /// A line came.
    Line(Line<'a>),
    /// The connection is gone, or was never there. Also the answer to [`LinkOrder::Close`], whatever its reason.
    Down(Down),
    /// Time has passed; see [`Machine::deadline`](super::Machine::deadline).
    Tick,
    /// A verb is to be run; it ends in [`Outputs::done`], exactly once unless it is cancelled.
    Call(Ticket, Request),
    /// Nobody waits for this job any more. It may end nevertheless; what was sent stays sent.
    Cancel(Ticket),
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Down {
    /// No TCP, no TLS, no such name, a certificate that does not hold.
    Unreachable,
    /// The operator does not want connections to this server. There was none.
    Forbidden,
    /// It broke.
    Abrupt,
    /// The server closed it.
    Orderly,
    /// Nothing was heard for too long.
    Silent,
}

/// Everything to be done after one or several inputs, in this order: lines, pushes, renaming, ends of jobs, the link.
#[derive(Debug, Default)]
pub struct Outputs {
    /// Lines to send, in order. Dropped if there is no connection.
    pub send: Vec<Outgoing>,
    /// Activities to push, in order.
    pub push: Vec<Activity>,
    /// The instance acts for this actor id from now on.
    pub rekey: Option<String>,
    /// Jobs that ended, and how. Texts are whole: nothing is to be put before them (platforms.md 7.3, 7.4).
    pub done: Vec<(Ticket, Result<Answer, String>)>,
    /// What the link is to do. A later order replaces an earlier one.
    pub link: Option<LinkOrder>,
    /// What all who connect to this server are to know before they do.
    pub note: Option<Note>,
    /// Lines for the log, without message bodies and secrets.
    pub log: Vec<String>,
}

/// What was learnt of a server, for [`Machine::cleared`](super::Machine::cleared).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Which server.
    pub server: String,
    /// What to know.
    pub text: String,
    /// For how long; zero: what was known does not hold any more.
    pub keep: Duration,
}

/// How a job succeeded.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The request itself is the answer.
    Unchanged,
    /// An activity.
    Activity(Box<Activity>),
    /// A list of activities: `{type: collection, summary, totalItems, items}` (platforms.md 2).
    Collection {
        /// What is listed.
        summary: String,
        /// The list.
        items: Vec<Activity>,
    },
}

/// What the link is to do with its connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkOrder {
    /// Drop what there is and connect; then say [`Input::Up`] or [`Input::Down`].
    Dial(Dial),
    /// Send what was given to send, then close, and say [`Input::Down`]. Also ends a dial that is under way or waits.
    Close,
}

/// Where to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dial {
    /// Host name or address; also the name in the certificate.
    pub server: String,
    /// TCP port.
    pub port: u16,
    /// Whether to begin with TLS.
    pub secure: bool,
    /// Whether any certificate will do.
    pub allow_invalid_cert: bool,
    /// How long to wait before.
    pub after: Duration,
}

impl Dial {
    pub(super) fn new(credentials: &Credentials, after: Duration) -> Self {
        Self {
            server: credentials.server.clone(),
            port: credentials.port,
            secure: credentials.secure,
            allow_invalid_cert: credentials.allow_invalid_cert,
            after,
        }
    }
}

impl Outputs {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.send.is_empty()
            && self.push.is_empty()
            && self.done.is_empty()
            && self.log.is_empty()
            && self.rekey.is_none()
            && self.link.is_none()
            && self.note.is_none()
    }
}
