//! What goes into the machine and what comes out of it.

use std::time::{Duration, Instant};

use tokio_xmpp::Stanza;
use xmpp_parsers::jid::FullJid;
use xmpp_parsers::minidom::Element;

use crate::map::Ignored;
use crate::map::activity::{Activity, Time};
use crate::verbs::Request;

/// A job, by a number that the caller chooses and never uses twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// The time, twice: a clock that never jumps for deadlines, and the one on the wall for what clients read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// For deadlines.
    pub instant: Instant,
    /// For times that clients and others read.
    pub time: Time,
}

/// Something that happened.
#[derive(Debug)]
pub enum Input {
    /// The connection that was dialled stands, and the server knows us.
    Up(Up),
    /// A stanza came. An element rather than a typed stanza: whatever a server writes can be one, and what is odd about it
    /// is found where it is read. A typed one is made one by `Element::from`.
    Stanza(Box<Element>),
    /// The connection is gone, or was never there. Also the answer to [`LinkOrder::Close`], whatever it says.
    Down(Down),
    /// Time has passed; see [`Machine::deadline`](super::Machine::deadline).
    Tick,
    /// A verb is to be run; it ends in [`Outputs::done`], exactly once unless it is cancelled.
    Call(Ticket, Request),
    /// Nobody waits for this job any more. It may end nevertheless; what was sent stays sent.
    Cancel(Ticket),
}

/// A connection that stands.
#[derive(Debug)]
pub struct Up {
    /// Who we are to the server; the resource may be another one than was asked for.
    pub bound: FullJid,
    /// Whether it is the last one, resumed (XEP-0198): nothing was lost, and rooms and presence are as they were.
    pub resumed: bool,
    /// What was sent on the last connection and not acknowledged by the server, oldest first, where the link does not
    /// send it again itself. Empty when resumed.
    pub unacked: Vec<Stanza>,
}

/// How a connection ended, or an attempt at one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Down {
    /// For good: the server refused us, its certificate does not hold, its stream error is no passing one. Trying again
    /// would end alike.
    Failed(Cause),
    /// The network failed, or the server is not to be reached now. Another attempt may succeed: the machine orders it.
    Lost(Cause),
    /// In good manners, by either side.
    Closed,
}

/// Why a connection ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cause {
    /// What kind of error it is, as clients read it: `SASLError`, `StreamError`, `Error`.
    pub name: &'static str,
    /// The error itself: `not-authorized - Bad password`, `conflict - Replaced by new connection`, `read ECONNRESET`.
    pub message: String,
    /// The condition of the stream error or the refusal, if it was one: `conflict`.
    pub condition: Option<String>,
    /// The server's own words in it, if there are any: `Replaced by new connection`.
    pub said: Option<String>,
}

/// Everything to be done after one or several inputs, in this order: stanzas, pushes, ends of jobs, the link.
#[derive(Debug, Default)]
pub struct Outputs {
    /// Stanzas to send, in order. Dropped if there is no connection.
    pub send: Vec<Stanza>,
    /// Activities to push, in order.
    pub push: Vec<Activity>,
    /// Jobs that ended, and how. Texts are whole: nothing is to be put before them (platforms.md 8.3, 8.4).
    pub done: Vec<(Ticket, Result<Answer, String>)>,
    /// What the link is to do. A later order replaces an earlier one.
    pub link: Option<LinkOrder>,
    /// Lines for the log, without message bodies and secrets.
    pub log: Vec<String>,
    /// Why stanzas meant nothing to the client, one each.
    pub ignored: Vec<Ignored>,
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
    /// Drop what there is, if anything, and connect with the credentials of the last `connect`; then say [`Input::Up`]
    /// or [`Input::Down`].
    Dial(Dial),
    /// Send what was given to send, then close, and say [`Input::Down`]. Also ends a dial that is under way or waits.
    /// Nothing of the stream is kept: what is dialled next resumes nothing.
    Close,
}

/// How to connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dial {
    /// How long to wait before.
    pub after: Duration,
    /// Whether the last connection is to be resumed if the server can do that (XEP-0198).
    pub resume: bool,
}

impl Outputs {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.send.is_empty()
            && self.push.is_empty()
            && self.done.is_empty()
            && self.log.is_empty()
            && self.link.is_none()
    }
}
