//! The address of an instance, and what it may be told.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use footbridge_seal::Fingerprint;
use footbridge_wire::{Job, SessionId, ToWorker};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::pool::{Counted, Load, Post};

/// What an instance may be told.
#[derive(Debug)]
pub(crate) enum Command {
    Job {
        job: Box<Job>,
        proof: Option<Fingerprint>,
        counted: Counted,
    },
    Seat(SessionId, Seat),
    /// For the process that there is; nothing, while there is none.
    Tell(ToWorker),
    /// For the process with that number only.
    Recalled {
        stint: u64,
        number: u32,
        value: Option<Bytes>,
    },
    /// Whether there is something to look after even if there is nothing to do.
    Stand(bool),
    Stop {
        within: Duration,
    },
}

/// What becomes of a session that is attached to an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seat {
    /// Its connection broke and it may come back: it is still sent everything, but the instance does not stay for it.
    Away,
    /// It is here again.
    Back,
    /// It is gone, or has no business here any more.
    Gone,
}

/// The address of a running instance. Cheap to clone; commands are carried out in the order they were given.
#[derive(Debug, Clone)]
pub struct InstanceHandle {
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) initialised: Arc<AtomicBool>,
    pub(super) linger: Duration,
    pub(super) load: Arc<Load>,
    /// Cancelled when the instance is gone.
    pub(super) gone: CancellationToken,
}

/// The instance has ended or its mailbox is full; here is the job back.
#[derive(Debug)]
pub struct Refused(pub Box<Job>);

impl InstanceHandle {
    /// Hands a job over. From now on it is reported as done, or as returned, exactly once. On a persistent platform its
    /// session is attached and receives what the instance says from now on; `proof` tells its credentials from others.
    ///
    /// # Errors
    /// [`Refused`] when the instance has ended: ask the supervisor for the next one.
    pub fn run(&self, job: Box<Job>, proof: Option<Fingerprint>) -> Result<(), Refused> {
        let counted = Counted::new(&self.load);
        self.commands.try_send(Command::Job { job, proof, counted }).map_err(|error| match error.into_inner() {
            Command::Job { job, .. } => Refused(job),
            _ => unreachable!("a job was sent"),
        })
    }

    /// Tells what becomes of a session; nothing, if it is not attached. Waits while the mailbox is full: a session must
    /// not stay attached for ever.
    pub async fn seat(&self, session: SessionId, change: Seat) {
        // An instance that has ended has no sessions any more.
        let _ = self.commands.send(Command::Seat(session, change)).await;
    }

    /// Tells the worker something that is no job. Waits while the mailbox is full; lost where there is no process, which
    /// is told by [`Aside::Started`](crate::Aside::Started) when there is one.
    pub async fn tell(&self, message: ToWorker) {
        // An instance that has ended has no worker any more.
        let _ = self.commands.send(Command::Tell(message)).await;
    }

    /// Says whether a stateless instance has something to look after: then it stays though there is nothing to do, and
    /// gets another process when one dies.
    pub async fn stand(&self, stands: bool) {
        let _ = self.commands.send(Command::Stand(stands)).await;
    }

    /// Asks for clean-up and an end, by force after `within`.
    pub(crate) async fn stop(&self, within: Duration) {
        let _ = self.commands.send(Command::Stop { within }).await;
    }

    /// Whether it takes no more jobs.
    pub fn is_ending(&self) -> bool {
        self.commands.is_closed()
    }

    /// What its place in a pool is like.
    pub(crate) fn post(&self) -> Post {
        if self.is_ending() { Post::Leaving } else { self.load.post() }
    }

    /// For how long it stays when nobody is here.
    pub fn linger(&self) -> Duration {
        self.linger
    }

    /// Whether a credential verb has succeeded and the connection holds.
    pub fn is_initialised(&self) -> bool {
        self.initialised.load(Ordering::Relaxed)
    }
}

/// A worker that waits for what was kept.
#[derive(Debug)]
pub struct Recalling {
    pub(super) commands: mpsc::WeakSender<Command>,
    pub(super) stint: u64,
    pub(super) number: u32,
}

impl Recalling {
    /// Answers it; nothing, if its process is gone.
    pub async fn answer(self, value: Option<Bytes>) {
        if let Some(commands) = self.commands.upgrade() {
            let _ = commands.send(Command::Recalled { stint: self.stint, number: self.number, value }).await;
        }
    }
}
