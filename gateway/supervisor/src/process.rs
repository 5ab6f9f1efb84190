//! A worker's process, however it came to be.

use std::{
    io, mem,
    os::{
        fd::{AsFd, OwnedFd},
        unix::process::ExitStatusExt as _,
    },
    process::ExitStatus,
};

use nix::{sys::signal::kill, unistd::Pid};
use rustix::process::{Signal, WaitId, WaitIdOptions, WaitIdStatus, pidfd_send_signal, waitid};
use tokio::{
    io::{Interest, unix::AsyncFd},
    process::Child,
};

/// A child process. Killed when dropped; in no case does it stay behind as a zombie.
#[derive(Debug)]
pub struct Process {
    id: u32,
    hold: Hold,
}

/// What the process is held by.
#[derive(Debug)]
enum Hold {
    /// Started by this process; works on kernels without descriptors of processes too.
    Started(Child),
    /// Forked by another process and inherited by this one.
    Inherited(AsyncFd<OwnedFd>),
    /// It has ended, and this is how.
    Ended(ExitStatus),
}

impl Process {
    /// A child that this process has started. It must have been told to be killed on drop.
    pub(crate) fn started(child: Child) -> io::Result<Self> {
        let id = child.id().ok_or_else(|| io::Error::other("the process has been waited for"))?;
        Ok(Self { id, hold: Hold::Started(child) })
    }

    /// A process that is a child of this one by inheritance. `descriptor` is of the process `id`.
    pub(crate) fn inherited(id: u32, descriptor: OwnedFd) -> io::Result<Self> {
        #[expect(
            deprecated,
            reason = "its successor is unsafe for types that may change their descriptor; this cannot"
        )]
        let descriptor = AsyncFd::with_interest(descriptor, Interest::READABLE)?;
        Ok(Self { id, hold: Hold::Inherited(descriptor) })
    }

    /// Its id. Another process may have it once this one has ended.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Waits for its end. May be dropped and called again, also after the end.
    ///
    /// # Errors
    /// The operating system's.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = match &mut self.hold {
            Hold::Started(child) => child.wait().await?,
            Hold::Inherited(descriptor) => ended(descriptor).await?,
            Hold::Ended(status) => *status,
        };
        self.hold = Hold::Ended(status);
        Ok(status)
    }

    /// Asks it to end. A worker has no handler, so only one that is stopped or cannot be interrupted survives this.
    pub fn terminate(&self) {
        // An error means that it is gone already.
        let _ = match &self.hold {
            Hold::Started(child) => child.id().and_then(|id| i32::try_from(id).ok()).map_or(Ok(()), |id| {
                kill(Pid::from_raw(id), nix::sys::signal::Signal::SIGTERM).map_err(io::Error::from)
            }),
            Hold::Inherited(descriptor) => pidfd_send_signal(descriptor, Signal::TERM).map_err(io::Error::from),
            Hold::Ended(_) => Ok(()),
        };
    }

    /// Ends it by force. [`Process::wait`] tells when that has happened.
    pub fn kill(&mut self) {
        // An error means that it is gone already.
        let _ = match &mut self.hold {
            Hold::Started(child) => child.start_kill(),
            Hold::Inherited(descriptor) => pidfd_send_signal(descriptor, Signal::KILL).map_err(io::Error::from),
            Hold::Ended(_) => Ok(()),
        };
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        // A child that was started is reaped by the runtime.
        if let Hold::Inherited(descriptor) = mem::replace(&mut self.hold, Hold::Ended(ExitStatus::default())) {
            // Without a runtime this process is ending as well, and leaves its zombies to the next one up.
            if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                runtime.spawn(async move { ended(&descriptor).await });
            }
        }
    }
}

/// Waits for the end of a process and reaps it.
///
/// The end is learnt from the runtime's poll and never by asking ahead of it: what the process wrote before its end is
/// readable no later than the end is known, so that whoever reads its socket then misses none of its last words.
async fn ended(descriptor: &AsyncFd<OwnedFd>) -> io::Result<ExitStatus> {
    loop {
        let mut ready = descriptor.readable().await?;
        let id = WaitId::PidFd(descriptor.as_fd());
        if let Some(status) = waitid(id, WaitIdOptions::EXITED | WaitIdOptions::NOHANG)? {
            return Ok(exit_status(&status));
        }
        ready.clear_ready();
    }
}

/// The same in the form of the older system calls, which the standard library has.
fn exit_status(status: &WaitIdStatus) -> ExitStatus {
    const CORE: i32 = 0x80;
    let raw = match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => code << 8,
        (None, signal) => signal.unwrap_or(0) | if status.dumped() { CORE } else { 0 },
    };
    ExitStatus::from_raw(raw)
}
