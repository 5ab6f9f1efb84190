//! One socket: the task that owns its session and what waits to be sent.

use std::sync::Arc;

use footbridge_pipeline::{Answer, Notice, Session};
use footbridge_schemas::answer;
use serde_json::value::RawValue;
use socketioxide::{adapter::LocalAdapter, socket::Socket};
use tokio::{sync::mpsc, time::sleep};
use tokio_util::sync::CancellationToken;

use footbridge_telemetry::emit;

use super::{
    frame::{Event, Frame},
    intake::{Frames, Incoming},
    outbox::{Outbox, Outgoing, RETRY, Slow},
};
use crate::events::{OutputStuck, PacketMalformed};

/// core.md 7.1 *ours*.
const RATE_LIMITED: &str = "Rate limit exceeded";
/// The protocol has no binary packets (core.md 1.1).
const BINARY: &str = "binary attachments are not part of this protocol";

/// Whether the connection goes on.
type Flow = std::ops::ControlFlow<()>;

/// All that the loop can wake up for.
enum Step {
    Gone,
    Notice(Option<Notice>),
    Incoming(Option<Incoming>),
    Retry,
    Drained,
}

pub(crate) struct Connection {
    session: Session<i64>,
    frames: Frames,
    notices: mpsc::Receiver<Notice>,
    outbox: Outbox,
    stops: Stops,
}

/// What ends a connection from outside.
pub(crate) struct Stops {
    /// The socket is gone, or has to go.
    pub(crate) gone: CancellationToken,
    /// The gateway stops: leave once every answer that is there has been handed to the library.
    pub(crate) draining: CancellationToken,
}

impl Connection {
    pub(crate) fn new(
        socket: Arc<Socket<LocalAdapter>>,
        session: Session<i64>,
        frames: Frames,
        notices: mpsc::Receiver<Notice>,
        stops: Stops,
        max_bytes: usize,
    ) -> Self {
        Self { session, frames, notices, outbox: Outbox::new(socket, max_bytes), stops }
    }

    /// Runs until the socket is gone.
    pub(crate) async fn run(mut self) {
        loop {
            let step = self.next().await;
            if matches!(step, Step::Drained) {
                // The engine closes the transport, so that clients come back by themselves; a disconnect of the
                // namespace would tell them not to.
                return self.session.close().await;
            }
            match self.on(step).await {
                Ok(Flow::Continue(())) => {}
                Ok(Flow::Break(())) => break,
                Err(Slow) => {
                    emit(OutputStuck { session: self.session.id() });
                    break;
                }
            }
        }
        self.outbox.close();
        self.session.close().await;
    }

    async fn next(&mut self) -> Step {
        tokio::select! {
            biased;
            () = self.stops.gone.cancelled() => Step::Gone,
            notice = self.notices.recv() => Step::Notice(notice),
            incoming = self.frames.mailbox.recv() => Step::Incoming(incoming),
            () = sleep(RETRY), if !self.outbox.is_empty() => Step::Retry,
            () = self.stops.draining.cancelled(), if self.outbox.is_empty() => Step::Drained,
        }
    }

    async fn on(&mut self, step: Step) -> Result<Flow, Slow> {
        match step {
            Step::Gone | Step::Drained | Step::Incoming(None) => return Ok(Flow::Break(())),
            // Struck off the list of sessions: its notices piled up.
            Step::Notice(None) => return Err(Slow),
            Step::Notice(Some(notice)) => self.on_notice(notice)?,
            Step::Incoming(Some(incoming)) => self.on_incoming(incoming).await?,
            Step::Retry => self.outbox.retry(),
        }
        Ok(Flow::Continue(()))
    }

    fn on_notice(&mut self, notice: Notice) -> Result<(), Slow> {
        match notice {
            Notice::Finished(finished) => match self.session.finished(*finished) {
                Some(answer) => self.answer(answer),
                None => Ok(()),
            },
            Notice::Message(message) => self.outbox.send(Outgoing::Event("message", message)),
        }
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
            Some(Event::Message) => match self.session.message(frame.activity(), ack) {
                Some(answer) => self.answer(answer),
                None => Ok(()),
            },
            Some(Event::Credentials) => {
                let answer = self.session.credentials(frame.activity(), ack).await;
                self.reply(answer.ticket, answer.payload)
            }
            Some(Event::Schemas) => {
                let registry = self.session.schemas(frame.fingerprint().as_deref());
                match ack {
                    Some(_) => self.reply(ack, registry),
                    None => self.outbox.send(Outgoing::Event("schemas", registry.into())),
                }
            }
            Some(Event::ActivityObject) => match self.session.activity_object(frame.activity()) {
                Ok(()) => self.reply(ack, RawValue::NULL.to_owned()),
                Err(payload) => self.reply(ack, payload),
            },
            // core 22: no handler, no acknowledgement.
            None => Ok(()),
        }
    }

    /// A result: acknowledged if asked for; a failure nobody asked about is told as an event (core 20).
    fn answer(&mut self, answer: Answer<i64>) -> Result<(), Slow> {
        match answer.ticket {
            None if answer.tell => self.outbox.send(Outgoing::Event("message", Arc::from(answer.payload))),
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
