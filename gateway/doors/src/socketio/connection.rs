//! One connection of a session, while it is there: what the client asks, and what it is told.

use std::sync::Arc;

use engineioxide::DisconnectReason;
use footbridge_pipeline::{Answer, Notice};
use footbridge_schemas::answer;
use footbridge_telemetry::emit;
use serde_json::value::RawValue;
use tokio::time::sleep;

use super::{
    client::{Client, Returning, Turn},
    engine::{Seat, Socket},
    frame::{Event, Frame},
    history::Missed,
    intake::{End, Frames, Incoming},
    outbox::{Outbox, Outgoing, RETRY, Slow},
    passes::Arrival,
};
use crate::events::{MessagesLost, OutputStuck, PacketMalformed};

/// core.md 7.1 *ours*.
const RATE_LIMITED: &str = "Rate limit exceeded";
/// The protocol has no binary packets (core.md 1.1).
const BINARY: &str = "binary attachments are not part of this protocol";

/// What became of a connection.
pub(crate) enum Over {
    /// The session ends with it.
    Ended,
    /// Its transport is gone, and everything that had arrived through it is handled.
    Lost,
    /// The client has another one.
    Replaced(Box<Arrival>),
}

/// All that the loop can wake up for.
enum Step {
    Notice(Option<Notice>),
    Incoming(Option<Incoming>),
    Turn(Turn),
    Retry,
    Drained,
}

pub(crate) struct Connection<'a> {
    client: &'a mut Client,
    frames: Frames,
    outbox: Outbox,
}

impl<'a> Connection<'a> {
    /// The connection of a client that has been told that it is connected. First of all it gets what it missed.
    pub(crate) fn new(client: &'a mut Client, socket: Arc<Socket>, frames: Frames, missed: Missed) -> Self {
        let mut outbox = Outbox::new(socket, client.hall.settings.max_pending_bytes);
        if missed.lost > 0 {
            emit(MessagesLost { session: client.session.id(), count: missed.lost });
            outbox.replay(Outgoing::Event("error", answer::notice(&lost(missed.lost)).into()));
        }
        for (number, message) in missed.messages {
            outbox.replay(Outgoing::Message(message, Some(number)));
        }
        Self { client, frames, outbox }
    }

    /// Runs until the connection is over.
    pub(crate) async fn run(mut self) -> Over {
        let over = loop {
            let step = self.next().await;
            match self.on(step).await {
                Ok(None) => {}
                Ok(Some(over)) => break over,
                Err(Slow) => {
                    emit(OutputStuck { session: self.client.session.id() });
                    self.outbox.disconnect();
                    break Over::Ended;
                }
            }
        };
        Seat::vacate(self.outbox.socket(), &self.frames, self.client.hall.draining());
        over
    }

    async fn next(&mut self) -> Step {
        let Client { hall, notices, returning, .. } = &mut *self.client;
        tokio::select! {
            biased;
            notice = notices.recv() => Step::Notice(notice),
            incoming = self.frames.mailbox.recv() => Step::Incoming(incoming),
            turn = Returning::turn(returning) => Step::Turn(turn),
            () = sleep(RETRY), if !self.outbox.is_empty() => Step::Retry,
            () = hall.draining().cancelled(), if self.outbox.is_empty() => Step::Drained,
        }
    }

    async fn on(&mut self, step: Step) -> Result<Option<Over>, Slow> {
        match step {
            // Struck off the list of sessions: its notices piled up.
            Step::Notice(None) => return Err(Slow),
            Step::Notice(Some(notice)) => self.on_notice(notice)?,
            Step::Incoming(incoming) => match (incoming, self.frames.end()) {
                (_, Some(End::Flooded)) => {
                    self.outbox.disconnect();
                    return Ok(Some(Over::Ended));
                }
                (Some(incoming), _) => self.on_incoming(incoming).await?,
                (None, Some(End::Left)) => return Ok(Some(Over::Ended)),
                (None, None) => return Ok(Some(Over::Lost)),
            },
            Step::Turn(Turn::Back(arrival)) => return Ok(Some(self.on_arrival(arrival).await)),
            Step::Turn(Turn::Stale) => self.client.tidy(),
            Step::Retry => self.outbox.retry(),
            Step::Drained => {
                // The transport is closed, so that clients come back by themselves; a disconnect of the session would
                // tell them not to.
                self.outbox.socket().close(DisconnectReason::ClosingServer);
                self.outbox.socket().closed().await;
                return Ok(Some(Over::Ended));
            }
        }
        Ok(None)
    }

    /// The client has a new connection, whatever this one looks like. What had arrived through this one still counts.
    async fn on_arrival(&mut self, arrival: Box<Arrival>) -> Over {
        self.outbox.socket().close(DisconnectReason::TransportClose);
        self.frames.mailbox.close();
        while let Some(incoming) = self.frames.mailbox.recv().await {
            if self.on_incoming(incoming).await.is_err() {
                // Nobody reads the answers here any more, but the events are to be handled.
                self.outbox.clear();
            }
        }
        Over::Replaced(arrival)
    }

    fn on_notice(&mut self, notice: Notice) -> Result<(), Slow> {
        match notice {
            Notice::Finished(finished) => match self.client.session.finished(*finished) {
                Some(answer) => self.answer(answer),
                None => Ok(()),
            },
            Notice::Message(message) => self.message(message),
        }
    }

    fn message(&mut self, message: Arc<RawValue>) -> Result<(), Slow> {
        let number = self.client.remember(&message);
        self.outbox.send(Outgoing::Message(message, number))
    }

    async fn on_incoming(&mut self, incoming: Incoming) -> Result<(), Slow> {
        match incoming {
            Incoming::Event(text, ack) => {
                let outcome = self.on_event(&text, ack).await;
                self.frames.handled(text.len());
                outcome
            }
            Incoming::Binary(ack) => self.refuse(ack, BINARY),
            Incoming::Blocked(ack) => {
                let notice = answer::notice("rate limit exceeded, temporarily blocked");
                self.outbox.send(Outgoing::Event("error", notice.into()))?;
                self.refuse(ack, RATE_LIMITED)
            }
            Incoming::Dropped(ack) => self.refuse(Some(ack), RATE_LIMITED),
        }
    }

    async fn on_event(&mut self, text: &str, ack: Option<i64>) -> Result<(), Slow> {
        let Ok(frame) = Frame::parse(text) else {
            emit(PacketMalformed);
            return self.refuse(ack, "message received is not an object.");
        };
        match frame.event {
            Some(Event::Message) => match self.client.session.message(frame.activity(), ack) {
                Some(answer) => self.answer(answer),
                None => Ok(()),
            },
            Some(Event::Credentials) => {
                let answer = self.client.session.credentials(frame.activity(), ack).await;
                self.reply(answer.ticket, answer.payload)
            }
            Some(Event::Schemas) => {
                let registry = self.client.session.schemas(frame.fingerprint().as_deref());
                match ack {
                    Some(_) => self.reply(ack, registry),
                    None => self.outbox.send(Outgoing::Event("schemas", registry.into())),
                }
            }
            Some(Event::ActivityObject) => match self.client.session.activity_object(frame.activity()) {
                Ok(()) => self.reply(ack, RawValue::NULL.to_owned()),
                Err(payload) => self.reply(ack, payload),
            },
            // core 22: no handler, no acknowledgement.
            None => Ok(()),
        }
    }

    /// A result: acknowledged if asked for; a failure nobody asked about is told as an event (core 20).
    fn answer(&mut self, answer: Answer<i64>) -> Result<(), Slow> {
        // Through a connection that is gone nothing is acknowledged.
        let ticket = answer.ticket.filter(|_| !self.frames.is_over());
        match ticket {
            None if answer.tell => self.message(answer.payload.into()),
            ticket => self.reply(ticket, answer.payload),
        }
    }

    fn reply(&mut self, ack: Option<i64>, payload: Box<RawValue>) -> Result<(), Slow> {
        match ack {
            Some(id) => self.outbox.send(Outgoing::Ack(id, payload)),
            None => Ok(()),
        }
    }

    fn refuse(&mut self, ack: Option<i64>, error: &str) -> Result<(), Slow> {
        self.reply(ack, answer::rejected("null", &error))
    }
}

/// What the client is told of messages that fell out of its backlog.
fn lost(count: u64) -> String {
    format!("{count} messages were lost while you were away")
}
