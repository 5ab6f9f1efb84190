//! What outlives a connection.

use std::collections::VecDeque;

use super::channels::Channels;
use super::commands;
use super::{Answer, Outputs, Ticket};
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

    /// Watches somebody.
    ///
    /// # Errors
    ///
    /// If that are too many.
    pub(super) fn watch(&mut self, nick: &str) -> Result<(), String> {
        if self.watched.len() >= WATCHED_MAX {
            return Err(format!("only {WATCHED_MAX} people can be watched"));
        }
        self.watched.push(nick.to_owned());
        Ok(())
    }

    /// Enters the channels again that the last connection was in.
    pub(super) fn enter_again(&mut self) {
        let Self { channels, outputs, .. } = self;
        outputs.send.extend(channels.wanted().flat_map(|one| commands::join(&one.name, one.key.as_deref())));
    }

    /// A job has ended.
    pub(super) fn end(&mut self, ticket: Ticket, result: Result<Answer, String>) {
        self.outputs.done.push((ticket, result));
    }
}
