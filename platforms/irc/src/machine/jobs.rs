//! Jobs that wait for the server, and which of its lines end which of them.
//!
//! A server that can label its responses says itself whose they are. With one that cannot, each job is followed by a `PING`
//! of its own, the *fence*: once it is answered, so is the job. Errors in between belong to the oldest job that they can
//! be about.
//!
//! A fence costs its user as much of the server's patience as the line before it. It cannot be shared: an instance runs its
//! jobs one by one, so that no other line is under way which could use it. Nor is it free: many servers count a `PING`
//! like any other line, and nobody knows which.

use std::time::Instant;

use super::collector::Collector;
use super::{Answer, Ticket};
use crate::casemap::Casemap;
use crate::line::Line;

/// A job under way.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) ticket: Ticket,
    /// The command that was sent, as errors name it.
    pub(super) command: &'static str,
    /// Channels and nicks that errors about it name.
    pub(super) subjects: Vec<String>,
    pub(super) until: Until,
    pub(super) correlation: Correlation,
    /// When it fails, if it is still there.
    pub(super) deadline: Option<Instant>,
}

/// What makes a job succeed.
#[derive(Debug)]
pub(super) enum Until {
    /// The server has dealt with it, and not complained.
    Dealt,
    /// We are in the channel.
    Joined {
        /// Its name.
        channel: String,
        /// What it takes to enter.
        key: Option<String>,
    },
    /// We have the nick.
    Renamed(String),
    /// The list is complete.
    Collected(Box<Collector>),
    /// The server is there.
    Alive,
}

/// How the server's answer is known from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Correlation {
    /// Labels from the first to before the second number, and how many of them are to be answered still.
    Labels { first: u64, end: u64, open: u64 },
    /// The number in the `PING` behind it.
    Fence(u64),
}

/// All of them, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Jobs(Vec<Job>);

/// Errors that name neither channel nor nick, and the commands they are about; none: any.
const NAMELESS: [(u16, &[&str]); 12] = [
    (411, &["PRIVMSG", "NOTICE", "TAGMSG"]),
    (412, &["PRIVMSG", "NOTICE", "TAGMSG"]),
    (431, &["NICK"]),
    (432, &["NICK"]),
    (433, &["NICK"]),
    (436, &["NICK"]),
    (437, &["NICK"]),
    (438, &["NICK"]),
    (447, &["NICK"]),
    (484, &["NICK", "MODE", "KICK"]),
    (472, &["MODE"]),
    (501, &["MODE"]),
];

// === impl Job ===

impl Job {
    /// Whether an error without a label can be about this job.
    fn minds(&self, line: &Line<'_>, casemap: Casemap) -> bool {
        let Some(number) = line.numeric() else {
            // FAIL command code context… :text
            return line.param(0).is_some_and(|command| command == self.command);
        };
        let named = line.params.iter().skip(1).any(|name| self.subjects.iter().any(|own| casemap.eq(own, name)));
        // Those who lack privileges, or are banned, are told so without a name.
        named
            || matches!(number, 465 | 481 | 723)
            || (matches!(number, 421 | 461) && line.param(1).is_some_and(|command| command == self.command))
            || NAMELESS.iter().any(|(nameless, commands)| *nameless == number && commands.contains(&self.command))
    }
}

// === impl Jobs ===

impl Jobs {
    pub(super) fn push(&mut self, job: Job) {
        self.0.push(job);
    }

    pub(super) fn cancel(&mut self, ticket: Ticket) {
        self.0.retain(|job| job.ticket != ticket);
    }

    /// Takes out the job that an error is about.
    pub(super) fn failed(&mut self, line: &Line<'_>, label: Option<u64>, casemap: Casemap) -> Option<Job> {
        let place = match label {
            Some(label) => self.labelled(label)?,
            None => self.0.iter().position(|job| job.minds(line, casemap))?,
        };
        Some(self.0.remove(place))
    }

    /// Takes out every job that this satisfies.
    pub(super) fn take(&mut self, satisfied: impl Fn(&Until) -> bool) -> Vec<Job> {
        self.0.extract_if(.., |job| satisfied(&job.until)).collect()
    }

    /// A label has been answered.
    pub(super) fn answered(&mut self, label: u64) -> Option<&mut Job> {
        let place = self.labelled(label)?;
        let job = &mut self.0[place];
        if let Correlation::Labels { open, .. } = &mut job.correlation {
            *open = open.saturating_sub(1);
            return (*open == 0).then_some(job);
        }
        None
    }

    /// A fence has been reached.
    pub(super) fn fenced(&mut self, number: u64) -> Option<&mut Job> {
        self.0.iter_mut().find(|job| job.correlation == Correlation::Fence(number))
    }

    pub(super) fn remove(&mut self, ticket: Ticket) -> Option<Job> {
        let place = self.0.iter().position(|job| job.ticket == ticket)?;
        Some(self.0.remove(place))
    }

    /// Jobs that collect something, the oldest first.
    pub(super) fn collectors(&mut self) -> impl Iterator<Item = (Ticket, &mut Collector)> {
        self.0.iter_mut().filter_map(|job| match &mut job.until {
            Until::Collected(collector) => Some((job.ticket, &mut **collector)),
            _ => None,
        })
    }

    /// Takes out those whose time is over.
    pub(super) fn overdue(&mut self, now: Instant) -> Vec<Job> {
        self.0.extract_if(.., |job| job.deadline.is_some_and(|deadline| deadline <= now)).collect()
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.0.iter().filter_map(|job| job.deadline).min()
    }

    /// All of them, which nothing will answer any more.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Ticket> + '_ {
        self.0.drain(..).map(|job| job.ticket)
    }

    fn labelled(&self, label: u64) -> Option<usize> {
        self.0.iter().position(
            |job| matches!(job.correlation, Correlation::Labels { first, end, .. } if (first..end).contains(&label)),
        )
    }
}

impl Until {
    /// How a job ends that its server has dealt with; `None` if it is not over yet.
    pub(super) fn dealt(self) -> Option<Result<Answer, String>> {
        match self {
            Self::Dealt | Self::Alive => Some(Ok(Answer::Unchanged)),
            Self::Collected(collector) => Some(Ok(collector.answer())),
            Self::Joined { .. } | Self::Renamed(_) => None,
        }
    }
}
