//! One client: the task that owns its session, from its first connection to the end of its last.

use std::sync::{Arc, PoisonError};

use footbridge_pipeline::{Notice, Session};
use footbridge_telemetry::emit;
use serde_json::value::RawValue;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

use super::{
    connection::{Connection, Over},
    hall::{self, Hall},
    history::{History, Missed},
    passes::{Arrival, Pass, Place},
};
use crate::{
    events::{ConnectionClosed, ConnectionOpened, SessionResumed},
    web::address::Slot,
};

/// What stays when a connection breaks.
pub(crate) struct Client {
    pub(crate) hall: Arc<Hall>,
    pub(crate) session: Session<i64>,
    pub(crate) notices: mpsc::Receiver<Notice>,
    pub(crate) place: Place,
    /// `None`: clients cannot come back (`session.recovery`).
    pub(crate) returning: Option<Returning>,
}

/// What a client needs to come back.
pub(crate) struct Returning {
    pub(crate) pass: Pass,
    pub(crate) history: History,
}

/// What happens to clients that can come back.
pub(crate) enum Turn {
    /// There is a new connection.
    Back(Box<Arrival>),
    /// The history is to be tidied.
    Stale,
}

/// All that can happen while a client is away.
enum Step {
    Turn(Turn),
    Told(Notice),
    Over,
}

impl Returning {
    /// What happens next. Nothing ever does where clients cannot come back.
    pub(crate) async fn turn(returning: &mut Option<Self>) -> Turn {
        let Some(Self { pass, history }) = returning else { return std::future::pending().await };
        tokio::select! {
            biased;
            // It is open until the pass is revoked.
            Some(arrival) = pass.arrivals.recv() => Turn::Back(arrival),
            () = history.stale() => Turn::Stale,
        }
    }
}

impl Client {
    /// Runs until the client will not come back.
    pub(crate) async fn run(mut self, mut arrival: Box<Arrival>) {
        let mut missed = Missed::default();
        loop {
            let Arrival { socket, frames, address, slot, .. } = *arrival;
            self.take_place(Some(slot));
            emit(ConnectionOpened);
            let over = Connection::new(&mut self, socket, frames, missed).run().await;
            emit(ConnectionClosed);
            self.take_place(None);
            let next = match over {
                Over::Ended => None,
                Over::Lost => self.away(address).await,
                Over::Replaced(next) => self.replaced(next).await,
            };
            let Some(next) = next else { break };
            missed = self.resume(&next).await;
            arrival = next;
        }
        self.close().await;
    }

    /// Keeps a `message` event for a client that may have to be told again; returns its number.
    pub(crate) fn remember(&mut self, message: &Arc<RawValue>) -> Option<u64> {
        self.returning.as_mut().map(|returning| returning.history.push(message))
    }

    /// Drops what is too old to be told again.
    pub(crate) fn tidy(&mut self) {
        if let Some(returning) = &mut self.returning {
            returning.history.tidy();
        }
    }

    fn take_place(&self, slot: Option<Slot>) {
        *self.place.lock().unwrap_or_else(PoisonError::into_inner) = slot;
    }

    /// The transport is gone: waits for the client to come back. `None`: it does not, or may not.
    async fn away(&mut self, address: String) -> Option<Box<Arrival>> {
        self.returning.as_mut()?.history.away();
        let until = Instant::now() + self.session.suspend().await?;
        let absence = self.hall.absent.enter(address);
        loop {
            let step = tokio::select! {
                biased;
                turn = Returning::turn(&mut self.returning) => Step::Turn(turn),
                // Struck off the list of sessions: its notices piled up.
                notice = self.notices.recv() => notice.map_or(Step::Over, Step::Told),
                () = absence.displaced() => Step::Over,
                () = self.hall.draining().cancelled() => Step::Over,
                () = sleep_until(until) => Step::Over,
            };
            match step {
                Step::Turn(Turn::Back(arrival)) => return Some(arrival),
                Step::Turn(Turn::Stale) => self.tidy(),
                Step::Told(notice) => self.note(notice),
                Step::Over => return None,
            }
        }
    }

    /// What is told while nobody listens.
    fn note(&mut self, notice: Notice) {
        let message = match notice {
            Notice::Message(message) => message,
            Notice::Finished(finished) => match self.session.finished(*finished) {
                Some(answer) if answer.tell => answer.payload.into(),
                _ => return,
            },
        };
        self.remember(&message);
    }

    /// A new connection came while the old one seemed alive. What waits for answers on the old one is told by events, as
    /// after any loss; a session that has nothing to come back to makes room for a new one.
    async fn replaced(&mut self, next: Box<Arrival>) -> Option<Box<Arrival>> {
        if self.session.suspend().await.is_some() {
            return Some(next);
        }
        self.hall.open(next);
        None
    }

    /// The client is back: it is told so, and what it missed is to be sent before anything new.
    async fn resume(&mut self, arrival: &Arrival) -> Missed {
        self.session.resume().await;
        emit(SessionResumed { session: self.session.id() });
        let Some(Returning { pass, history }) = &mut self.returning else { return Missed::default() };
        hall::confirm(&arrival.socket, Some(pass.pid));
        history.back(arrival.offset)
    }

    async fn close(self) {
        if let Some(late) = self.returning.and_then(|returning| returning.pass.revoke()) {
            self.hall.open(late);
        }
        self.session.close().await;
    }
}
