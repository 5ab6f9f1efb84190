//! When a line may leave: servers disconnect who writes too fast, and count what is long as more than one line.
//!
//! A token bucket over a clock that is handed in. Lines wait in order, none is ever dropped; what does not fit any more is
//! refused before it is accepted, so that whoever wanted it sent is told.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::outgoing::Outgoing;

/// How fast lines may leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Tokens that are there after a silence: short lines that may leave at once. 1 to 1000.
    pub burst: u32,
    /// Time for a token to come back.
    pub per_token: Duration,
}

impl Default for Pace {
    /// What the servers of the large networks take from a client that is no bot.
    fn default() -> Self {
        Self { burst: 10, per_token: Duration::from_secs(1) }
    }
}

/// Which lines go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// Registration, `PONG`, `QUIT`: leaves at once, before everything else. It uses up tokens, and the rest waits longer.
    Now,
    /// Everything else, in order.
    InTurn,
}

/// Lines that wait, or too many bytes of them: the line is handed back.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("too much is waiting to be sent to the server")]
pub struct Full(pub Box<Outgoing>);

/// Bytes that may wait.
pub const WAITING_MAX: usize = 256 * 1024;

/// Bytes of a line that cost one token. Servers that count bytes allow about as many a second.
const BYTES_PER_TOKEN: usize = 200;

/// Lines on their way to the server.
#[derive(Debug)]
pub struct Pacer {
    pace: Pace,
    now: VecDeque<Outgoing>,
    in_turn: VecDeque<Outgoing>,
    waiting: usize,
    /// Time that the bucket lacks to be full, as of `since`.
    debt: Duration,
    since: Option<Instant>,
}

impl Pacer {
    /// With a full bucket and nothing waiting.
    pub fn new(pace: Pace) -> Self {
        let (now, in_turn) = Default::default();
        Self { pace, now, in_turn, waiting: 0, debt: Duration::ZERO, since: None }
    }

    /// Puts a line behind those of its urgency.
    ///
    /// # Errors
    ///
    /// If more than [`WAITING_MAX`] bytes would wait. The line is handed back.
    pub fn push(&mut self, urgency: Urgency, line: Outgoing) -> Result<(), Full> {
        if self.waiting + line.wire_len() > WAITING_MAX {
            return Err(Full(Box::new(line)));
        }
        self.waiting += line.wire_len();
        match urgency {
            Urgency::Now => self.now.push_back(line),
            Urgency::InTurn => self.in_turn.push_back(line),
        }
        Ok(())
    }

    /// The next line, if one may leave now.
    pub fn pop(&mut self, now: Instant) -> Option<Outgoing> {
        self.settle(now);
        let line = match self.now.pop_front() {
            Some(line) => line,
            None if self.debt > self.allowance() => return None,
            None => self.in_turn.pop_front()?,
        };
        self.waiting -= line.wire_len();
        // Bounded, or a server that pings without end would silence its user for as long.
        let most = self.pace.per_token * (2 * self.pace.burst + cost(&line));
        self.debt = (self.debt + self.pace.per_token * cost(&line)).min(most);
        Some(line)
    }

    /// When to ask again: `None` if nothing waits. May lie in the past.
    pub fn ready_at(&self, now: Instant) -> Option<Instant> {
        if !self.now.is_empty() {
            return Some(now);
        }
        self.in_turn.front()?;
        Some(self.since.unwrap_or(now) + self.debt.saturating_sub(self.allowance()))
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.now.is_empty() && self.in_turn.is_empty()
    }

    /// How much may be missing from the bucket for another line to leave.
    fn allowance(&self) -> Duration {
        self.pace.per_token * self.pace.burst.saturating_sub(1)
    }

    fn settle(&mut self, now: Instant) {
        let since = self.since.replace(now).unwrap_or(now);
        self.debt = self.debt.saturating_sub(now.saturating_duration_since(since));
    }
}

/// Tokens that a line costs: one, and one more for each full [`BYTES_PER_TOKEN`].
fn cost(line: &Outgoing) -> u32 {
    u32::try_from(1 + line.body_len() / BYTES_PER_TOKEN).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
