//! The gateway's end of a worker's socket: frames in, frames out, both through buffers.

use std::io;

use bytes::BytesMut;
use footbridge_wire::{
    FromWorker, ToWorker,
    frame::{self, FrameError},
};
use tokio::{io::Interest, net::UnixStream};

/// Bytes asked of the socket at a time.
const READ: usize = 16 * 1024;
/// Buffers above this size are given back once they are empty: an instance is idle most of its life.
const KEEP: usize = 64 * 1024;

/// A non-blocking frame connection.
pub(crate) struct Link {
    stream: UnixStream,
    incoming: BytesMut,
    outgoing: BytesMut,
    /// Whether the worker still takes what is written.
    writable: bool,
}

/// What became of the socket.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// There is, or will be, more.
    Open,
    /// The worker closed its end.
    Ended,
}

impl Link {
    pub(crate) fn new(stream: UnixStream) -> Self {
        Self { stream, incoming: BytesMut::new(), outgoing: BytesMut::new(), writable: true }
    }

    /// Puts a frame behind those not written yet. Written by [`Link::flush`]; nowhere, once the worker has hung up.
    pub(crate) fn put(&mut self, message: &ToWorker) -> Result<(), FrameError> {
        if self.writable { frame::put(&mut self.outgoing, message) } else { Ok(()) }
    }

    /// Waits until the socket can be read, or written where something waits to be.
    pub(crate) async fn ready(&self) {
        let interest =
            if self.outgoing.is_empty() { Interest::READABLE } else { Interest::READABLE | Interest::WRITABLE };
        // An error shows again when the socket is used.
        let _ = self.stream.ready(interest).await;
    }

    /// Writes as much as the socket takes without waiting. An error is told once, and what was unwritten is dropped: a
    /// socket whose peer has hung up is writable for ever, so that waiting to write to it is a busy loop.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        while !self.outgoing.is_empty() {
            match self.stream.try_write(&self.outgoing) {
                Ok(written) => drop(self.outgoing.split_to(written)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => {
                    self.writable = false;
                    self.outgoing = BytesMut::new();
                    return Err(error);
                }
            }
        }
        if self.outgoing.capacity() > KEEP {
            self.outgoing = BytesMut::new();
        }
        Ok(())
    }

    /// Reads what there is without waiting.
    pub(crate) fn fill(&mut self) -> io::Result<Read> {
        loop {
            self.incoming.reserve(READ);
            match self.stream.try_read_buf(&mut self.incoming) {
                Ok(0) => return Ok(Read::Ended),
                // A short read has emptied the socket: the next attempt would only say so.
                Ok(read) if read < READ => return Ok(Read::Open),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Read::Open),
                Err(error) => return Err(error),
            }
            if self.incoming.len() > footbridge_wire::MAX_FRAME {
                return Ok(Read::Open);
            }
        }
    }

    /// The next whole frame of what was read.
    pub(crate) fn take(&mut self) -> Result<Option<FromWorker>, FrameError> {
        let message = frame::take(&mut self.incoming)?;
        if message.is_none() && self.incoming.is_empty() && self.incoming.capacity() > KEEP {
            self.incoming = BytesMut::new();
        }
        Ok(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_peer_that_hung_up_leaves_nothing_to_write() {
        let (ours, theirs) = UnixStream::pair().expect("a socket pair");
        let mut link = Link::new(ours);
        // Half-closed, so that nothing is to be read either and only writing could wake.
        theirs.into_std().expect("a std socket").shutdown(std::net::Shutdown::Read).expect("half-closed");
        let cancel = ToWorker::Cancel(footbridge_wire::JobId(1));
        link.put(&cancel).expect("short");
        link.flush().expect_err("a broken pipe");
        link.put(&cancel).expect("short");
        link.flush().expect("nothing to write");
        assert_eq!(link.fill().expect("open"), Read::Open);
    }
}
