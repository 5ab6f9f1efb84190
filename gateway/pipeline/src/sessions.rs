//! Who is connected, and how to reach them.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
};

use footbridge_store::{Finished, Results};
use footbridge_telemetry::emit;
use footbridge_wire::SessionId;
use serde_json::value::RawValue;
use tokio::sync::mpsc;

use crate::events::NoticesStuck;

/// Something for a session, to be handled by the door that owns its connection.
#[derive(Debug)]
pub enum Notice {
    /// A job of this session ended: give it to [`crate::Session::finished`].
    Finished(Box<Finished>),
    /// A `message` event to deliver. Serialised once for all its receivers.
    Message(Arc<RawValue>),
}

/// The sessions of this process.
///
/// A session whose mailbox is full does not read: it is struck off, which closes its mailbox, and its door ends the
/// connection. Nothing is dropped in silence.
#[derive(Default)]
pub struct Sessions {
    /// Written when somebody comes or goes, read for each result; no await happens under the lock.
    entries: RwLock<HashMap<SessionId, Entry>>,
}

struct Entry {
    mailbox: mpsc::Sender<Notice>,
    address: Option<Arc<str>>,
    presence: Presence,
}

/// Whether a session can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Its client is connected.
    Here,
    /// Its client lost its connection and may come back; what it is sent is kept for it.
    Away,
}

impl Sessions {
    /// Whether a session can be reached; `None`: it is gone, or never was.
    pub fn presence(&self, session: SessionId) -> Option<Presence> {
        self.read().get(&session).map(|entry| entry.presence)
    }

    /// How many there are, those that are away included.
    pub fn count(&self) -> usize {
        self.read().len()
    }

    /// Where a session's client connected from.
    pub(crate) fn address(&self, session: SessionId) -> Option<Arc<str>> {
        self.read().get(&session).and_then(|entry| entry.address.clone())
    }

    /// Delivers an event to each of `sessions` that is not gone.
    pub fn tell(&self, sessions: &[SessionId], message: &Arc<RawValue>) {
        for session in sessions {
            self.send(*session, Notice::Message(Arc::clone(message)));
        }
    }

    pub(crate) fn enter(&self, session: SessionId, mailbox: mpsc::Sender<Notice>, address: Option<Arc<str>>) {
        let entry = Entry { mailbox, address, presence: Presence::Here };
        self.entries.write().unwrap_or_else(PoisonError::into_inner).insert(session, entry);
    }

    pub(crate) fn leave(&self, session: SessionId) {
        self.entries.write().unwrap_or_else(PoisonError::into_inner).remove(&session);
    }

    pub(crate) fn set_presence(&self, session: SessionId, presence: Presence) {
        if let Some(entry) = self.entries.write().unwrap_or_else(PoisonError::into_inner).get_mut(&session) {
            entry.presence = presence;
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<SessionId, Entry>> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whoever is gone gets nothing (core.md 1.6).
    fn send(&self, session: SessionId, notice: Notice) {
        let full = match self.read().get(&session) {
            Some(entry) => matches!(entry.mailbox.try_send(notice), Err(mpsc::error::TrySendError::Full(_))),
            None => false,
        };
        if full {
            emit(NoticesStuck { session });
            self.leave(session);
        }
    }
}

impl Results for Sessions {
    fn finished(&self, finished: Finished) {
        self.send(finished.session, Notice::Finished(Box::new(finished)));
    }
}
