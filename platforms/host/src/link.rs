//! The worker's end of the socket: greeting, frames, beats.

use std::{io, time::Duration};

use bytes::BytesMut;
use footbridge_wire::{
    FromWorker, Hello, JobId, Outcome, Ready, ToWorker, VERSION,
    frame::{self, FrameError},
};
use tokio::{
    io::Interest,
    net::UnixStream,
    time::{Interval, MissedTickBehavior},
};

use crate::Outbox;

/// Bytes asked of the socket at a time.
const READ: usize = 16 * 1024;
/// Buffers above this size are given back once they are empty: a worker is idle most of its life.
const KEEP: usize = 64 * 1024;
/// Answers that wait for the gateway to read them, in bytes; above it nothing is read either: the socket is the
/// back-pressure.
const UNSENT: usize = 1024 * 1024;

/// Why the conversation with the gateway is over.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Over {
    /// The gateway closed its end, or died.
    #[error("the gateway is gone")]
    Gone,
    /// The socket failed.
    #[error("the socket failed: {0}")]
    Failed(#[from] io::Error),
    /// The gateway wrote something that is no frame.
    #[error(transparent)]
    Garbled(#[from] FrameError),
}

/// The connection to the gateway.
pub(crate) struct Link {
    stream: UnixStream,
    incoming: BytesMut,
    outgoing: BytesMut,
    outbox: Option<Outbox>,
    beat: Option<Interval>,
}

impl Link {
    pub(crate) fn new(stream: UnixStream) -> Self {
        Self { stream, incoming: BytesMut::new(), outgoing: BytesMut::new(), outbox: None, beat: None }
    }

    /// Waits for the greeting. It is answered by [`Link::ready`].
    pub(crate) async fn hello(&mut self) -> Result<Hello, Over> {
        match self.next().await? {
            ToWorker::Hello(hello) => Ok(hello),
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, "the first frame is no greeting").into()),
        }
    }

    /// Answers the greeting; beats and what the outbox holds are sent from now on.
    pub(crate) fn ready(&mut self, platform: &str, beat: Duration, outbox: Outbox) -> Result<(), Over> {
        if !beat.is_zero() {
            let mut interval = tokio::time::interval_at(tokio::time::Instant::now() + beat, beat);
            interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
            self.beat = Some(interval);
        }
        self.outbox = Some(outbox);
        self.put(&FromWorker::Ready(Ready {
            version: VERSION,
            platform: platform.into(),
            package: env!("CARGO_PKG_VERSION").into(),
        }))
    }

    /// The next frame. Writes what waits, beats, and empties the outbox meanwhile. May be dropped at any await: what
    /// was read stays.
    pub(crate) async fn next(&mut self) -> Result<ToWorker, Over> {
        loop {
            self.empty_outbox()?;
            self.flush()?;
            if self.outgoing.len() <= UNSENT
                && let Some(message) = self.take()?
            {
                return Ok(message);
            }
            tokio::select! {
                biased;
                ready = self.stream.ready(self.interest()) => {
                    if ready?.is_readable() && self.outgoing.len() <= UNSENT {
                        self.fill()?;
                    }
                }
                () = filled(self.outbox.as_ref()) => {}
                () = tick(self.beat.as_mut()) => self.put(&FromWorker::Beat)?,
            }
        }
    }

    /// A frame that has been read already.
    pub(crate) fn take(&mut self) -> Result<Option<ToWorker>, Over> {
        let message = frame::take(&mut self.incoming)?;
        if message.is_none() && self.incoming.is_empty() && self.incoming.capacity() > KEEP {
            self.incoming = BytesMut::new();
        }
        Ok(message)
    }

    /// A job ended.
    pub(crate) fn done(&mut self, job: JobId, outcome: Outcome) -> Result<(), Over> {
        // What the platform pushed before comes before.
        self.empty_outbox()?;
        match self.put(&FromWorker::Done(job, outcome)) {
            Err(Over::Garbled(FrameError::TooLong(length))) => {
                let text = format!("Error: the answer of {length} bytes is too large");
                self.put(&FromWorker::Done(job, Outcome::Failed(text)))
            }
            other => other,
        }
    }

    pub(crate) fn put(&mut self, message: &FromWorker) -> Result<(), Over> {
        Ok(frame::put(&mut self.outgoing, message)?)
    }

    /// Writes as much as the socket takes without waiting.
    pub(crate) fn flush(&mut self) -> Result<(), Over> {
        while !self.outgoing.is_empty() {
            match self.stream.try_write(&self.outgoing) {
                Ok(written) => drop(self.outgoing.split_to(written)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
        if self.outgoing.capacity() > KEEP {
            self.outgoing = BytesMut::new();
        }
        Ok(())
    }

    /// Writes all of it, waiting as long as it takes.
    pub(crate) async fn drain(&mut self) -> Result<(), Over> {
        self.empty_outbox()?;
        loop {
            self.flush()?;
            if self.outgoing.is_empty() {
                return Ok(());
            }
            self.stream.writable().await?;
        }
    }

    fn empty_outbox(&mut self) -> Result<(), Over> {
        while let Some(message) = self.outbox.as_ref().and_then(Outbox::take) {
            self.put(&message)?;
        }
        Ok(())
    }

    fn interest(&self) -> Interest {
        match (self.outgoing.is_empty(), self.outgoing.len() > UNSENT) {
            (true, _) => Interest::READABLE,
            (false, false) => Interest::READABLE | Interest::WRITABLE,
            (false, true) => Interest::WRITABLE,
        }
    }

    fn fill(&mut self) -> Result<(), Over> {
        self.incoming.reserve(READ);
        match self.stream.try_read_buf(&mut self.incoming) {
            Ok(0) => Err(Over::Gone),
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

async fn filled(outbox: Option<&Outbox>) {
    match outbox {
        Some(outbox) => outbox.filled().await,
        None => std::future::pending().await,
    }
}

async fn tick(beat: Option<&mut Interval>) {
    match beat {
        Some(beat) => drop(beat.tick().await),
        None => std::future::pending().await,
    }
}
