//! What outlives a connection.

use std::collections::VecDeque;

use super::channels::Channels;
use super::entering;
use super::{Answer, Outputs, Ticket};
use crate::casemap::Casemap;
use crate::isupport::Isupport;
use crate::map::beyond::Extensions;

/// Actor ids that are remembered as the client's own.
const IDS_MAX: usize = 16;
/// People who are watched.
const WATCHED_MAX: usize = 256;

/// What the session knows whether or not it is connected.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) channels: Channels,
    pub(super) asked: Extensions,
    /// People whose coming and going is to be told.
    pub(super) watched: Vec<String>,
    /// The nick that was taken since the credentials were given.
    pub(super) renamed: Option<String>,
    /// The nick that the client knows to be ours, once there was a connection.
    pub(super) known_as: Option<String>,
    pub(super) outputs: Outputs,
    ids: VecDeque<String>,
}

impl Kept {
    /// A job was done for this actor: what it does is its own, and not pushed.
    pub(super) fn acts(&mut self, actor: &str) {
        if self.is_own(actor) {
            return;
        }
        if self.ids.len() == IDS_MAX {
            self.ids.pop_front();
        }
        self.ids.push_back(actor.to_owned());
    }

    /// Whether a job was done for this actor.
    pub(super) fn is_own(&self, actor: &str) -> bool {
        self.ids.iter().any(|id| id == actor)
    }

    /// Watches somebody. `most`: people whom the server watches.
    ///
    /// # Errors
    ///
    /// If that are too many.
    pub(super) fn watch(&mut self, nick: &str, most: usize) -> Result<(), String> {
        let most = most.min(WATCHED_MAX);
        if self.watched.len() >= most {
            return Err(format!("only {most} people can be watched"));
        }
        self.watched.push(nick.to_owned());
        Ok(())
    }

    /// The server watches these no more, or never has: they are not asked for again.
    pub(super) fn unwatch(&mut self, nicks: &str, casemap: Casemap) {
        self.watched.retain(|watched| !nicks.split(',').any(|nick| casemap.eq(watched, nick)));
    }

    /// Whether there is anything that a new connection is to be told of.
    pub(super) fn is_wanting(&self) -> bool {
        !self.watched.is_empty() || self.channels.wanted().next().is_some()
    }

    /// Enters the channels again that the last connection was in.
    pub(super) fn enter_again(&mut self, isupport: &Isupport) {
        self.outputs.send.extend(entering::joins(self.channels.wanted(), isupport));
        self.channels.entering();
    }

    /// A job has ended.
    pub(super) fn end(&mut self, ticket: Ticket, result: Result<Answer, String>) {
        self.outputs.done.push((ticket, result));
    }
}
