//! SIGTERM and SIGINT as stops.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::Shutdown;

/// The process's stop signals. While this lives, and after, they no longer end the process by themselves.
#[derive(Debug)]
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Starts to listen. Signals that arrive from now on are kept until [`relay`](Self::relay) runs.
    ///
    /// # Errors
    /// The operating system's, when it does not let the handlers be installed.
    ///
    /// # Panics
    /// Outside of a runtime with I/O enabled.
    pub fn listen() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Turns the first signal into a soft stop, the next into a hard one; returns once the hard stop has begun, for
    /// whatever reason. When the soft stop began for another reason, the first signal is the hard one.
    pub async fn relay(mut self, shutdown: Shutdown) {
        loop {
            let name = tokio::select! {
                _ = self.interrupt.recv() => "INT",
                _ = self.terminate.recv() => "TERM",
                () = shutdown.hard().cancelled() => return,
            };
            if shutdown.soft().is_cancelled() {
                tracing::warn!(signal = name, "asked again to stop: leaving without finishing");
                shutdown.force();
            } else {
                tracing::info!(signal = name, "asked to stop: finishing what has begun");
                shutdown.stop();
            }
        }
    }
}
