//! The address of an instance, and what it may be told.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use footbridge_wire::{Job, SessionId};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// What an instance may be told.
#[derive(Debug)]
pub(crate) enum Command {
    Job(Box<Job>),
    Attach(SessionId),
    Detach(SessionId),
    Stop { within: Duration },
}

/// The address of a running instance. Cheap to clone; commands are carried out in the order they were given.
#[derive(Debug, Clone)]
pub struct InstanceHandle {
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) initialised: Arc<AtomicBool>,
    /// Cancelled when the process is gone.
    pub(super) gone: CancellationToken,
}

/// The instance has ended or its mailbox is full; here is the job back.
#[derive(Debug)]
pub struct Refused(pub Box<Job>);

impl InstanceHandle {
    /// Hands a job over. From now on it is reported as done, or as returned, exactly once.
    ///
    /// # Errors
    /// [`Refused`] when the instance has ended: ask the supervisor for the next one.
    pub fn run(&self, job: Box<Job>) -> Result<(), Refused> {
        self.commands.try_send(Command::Job(job)).map_err(|error| match error.into_inner() {
            Command::Job(job) => Refused(job),
            _ => unreachable!("a job was sent"),
        })
    }

    /// A session receives what the instance pushes from now on. Repeating it changes nothing.
    pub fn attach(&self, session: SessionId) {
        // An instance that ends has told its sessions; one that is replaced is attached to anew with the next job.
        let _ = self.commands.try_send(Command::Attach(session));
    }

    /// A session left. Waits while the mailbox is full: a session must not stay attached for ever.
    pub async fn detach(&self, session: SessionId) {
        let _ = self.commands.send(Command::Detach(session)).await;
    }

    /// Asks for clean-up and an end, by force after `within`.
    pub(crate) async fn stop(&self, within: Duration) {
        let _ = self.commands.send(Command::Stop { within }).await;
    }

    /// Whether it takes no more jobs.
    pub(crate) fn is_ending(&self) -> bool {
        self.commands.is_closed()
    }

    /// Whether a credential verb has succeeded and the connection holds.
    pub fn is_initialised(&self) -> bool {
        self.initialised.load(Ordering::Relaxed)
    }
}
