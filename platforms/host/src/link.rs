//! The worker's end of its socket: frames in, frames out, both through buffers that are given back when idle.

use std::{io, rc::Rc};

use bytes::BytesMut;
use footbridge_wire::{FromWorker, ToWorker, frame};
use tokio::{
    io::AsyncReadExt,
    net::{
        UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use crate::{
    ending::Ending,
    outbox::{HIGH_WATER, KEEP, Unsent},
};

/// Bytes asked of the socket at a time.
const READ: usize = 16 * 1024;

/// A frame connection that writes as it waits.
pub(crate) struct Link {
    reader: OwnedReadHalf,
    writer: OwnedWriteHalf,
    incoming: BytesMut,
    unsent: Rc<Unsent>,
}

impl Link {
    pub(crate) fn new(stream: UnixStream) -> Self {
        let (reader, writer) = stream.into_split();
        Self { reader, writer, incoming: BytesMut::new(), unsent: Rc::default() }
    }

    /// Where frames to be written are put.
    pub(crate) fn unsent(&self) -> &Rc<Unsent> {
        &self.unsent
    }

    /// Puts a frame that is small by nature.
    pub(crate) fn say(&self, message: &FromWorker) -> Result<(), Ending> {
        Ok(self.unsent.put(message)?)
    }

    /// The next whole frame of what was read.
    pub(crate) fn take(&mut self) -> Result<Option<ToWorker>, Ending> {
        let message = frame::take(&mut self.incoming)?;
        if message.is_none() && self.incoming.is_empty() && self.incoming.capacity() > KEEP {
            self.incoming = BytesMut::new();
        }
        Ok(message)
    }

    /// Writes what waits and returns once there is more to write or to take. Reads only if `listening`, and only while
    /// the gateway reads its answers. Nothing is lost when the future is dropped.
    pub(crate) async fn turn(&mut self, listening: bool) -> Result<(), Ending> {
        self.flush()?;
        let unsent = self.unsent.len();
        if self.incoming.capacity() - self.incoming.len() < READ {
            self.incoming.reserve(READ);
        }
        tokio::select! {
            biased;
            read = self.reader.read_buf(&mut self.incoming), if listening && unsent < HIGH_WATER => match read {
                Ok(0) => Err(Ending::ParentGone),
                Ok(_) => Ok(()),
                Err(error) => Err(Ending::Cut(error)),
            },
            writable = self.writer.writable(), if unsent > 0 => Ok(writable?),
            () = self.unsent.filled() => Ok(()),
        }
    }

    /// Writes until nothing waits.
    pub(crate) async fn settle(&mut self) -> Result<(), Ending> {
        loop {
            self.flush()?;
            if self.unsent.len() == 0 {
                return Ok(());
            }
            self.writer.writable().await?;
        }
    }

    /// Writes as much as the socket takes without waiting.
    fn flush(&self) -> Result<(), Ending> {
        while self.unsent.len() > 0 {
            match self.unsent.drain(|bytes| self.writer.try_write(bytes)) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // The process is asked to stop by a frame, never by a closed socket: the gateway has died.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Err(Ending::ParentGone),
                Err(error) => return Err(Ending::Cut(error)),
            }
        }
        Ok(())
    }
}
