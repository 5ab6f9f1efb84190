//! Who is connected, and how to reach them.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use footbridge_store::{Finished, Results};
use footbridge_telemetry::emit;
use footbridge_wire::SessionId;
use serde_json::value::RawValue;
use std::sync::Arc;
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

/// The connected sessions of this process.
///
/// A session whose mailbox is full does not read: it is struck off, which closes its mailbox, and its door ends the
/// connection. Nothing is dropped in silence.
#[derive(Default)]
pub struct Sessions {
    /// Written when somebody comes or goes, read for each result; no await happens under the lock.
    mailboxes: RwLock<HashMap<SessionId, mpsc::Sender<Notice>>>,
}

impl Sessions {
    /// Whether a session is connected.
    pub fn is_connected(&self, session: SessionId) -> bool {
        self.mailboxes.read().unwrap_or_else(PoisonError::into_inner).contains_key(&session)
    }

    /// How many are connected.
    pub fn count(&self) -> usize {
        self.mailboxes.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Delivers an event to each of `sessions` that is still connected.
    pub fn tell(&self, sessions: &[SessionId], message: Box<RawValue>) {
        let message: Arc<RawValue> = message.into();
        for session in sessions {
            self.send(*session, Notice::Message(Arc::clone(&message)));
        }
    }

    pub(crate) fn enter(&self, session: SessionId, mailbox: mpsc::Sender<Notice>) {
        self.mailboxes.write().unwrap_or_else(PoisonError::into_inner).insert(session, mailbox);
    }

    pub(crate) fn leave(&self, session: SessionId) {
        self.mailboxes.write().unwrap_or_else(PoisonError::into_inner).remove(&session);
    }

    /// Whoever is gone gets nothing: there is no offline buffer (core.md 1.6).
    fn send(&self, session: SessionId, notice: Notice) {
        let full = match self.mailboxes.read().unwrap_or_else(PoisonError::into_inner).get(&session) {
            Some(mailbox) => matches!(mailbox.try_send(notice), Err(mpsc::error::TrySendError::Full(_))),
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
