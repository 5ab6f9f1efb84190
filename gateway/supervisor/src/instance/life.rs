//! From spawn to last words: what surrounds the instance's loop.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use footbridge_telemetry::emit;
use footbridge_wire::{InstanceKey, JobId, Outcome, SessionId};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    Held, Instance,
    handle::{Command, InstanceHandle},
};
use crate::{child, events::WorkerStarted, exit::Exit, launch::Launch, link::Link, supervisor::Reports};

/// Commands that wait for a busy instance. The queue hands over at most `concurrency` jobs at a time, so only
/// attachments can fill it; a full mailbox refuses.
const MAILBOX: usize = 1024;
/// What an instance starts from.
pub(crate) struct Origin {
    pub(crate) key: InstanceKey,
    pub(crate) actor: Option<String>,
    pub(crate) launch: Arc<Launch>,
    pub(crate) reports: Arc<dyn Reports>,
    /// The instance that had the same key: its process must be gone first.
    pub(crate) predecessor: Option<InstanceHandle>,
}

/// Starts an instance. The future is its whole life, to be spawned by the caller.
pub(crate) fn begin(origin: Origin) -> (InstanceHandle, impl Future<Output = ()> + Send) {
    let (sender, commands) = mpsc::channel(MAILBOX);
    let initialised = Arc::new(AtomicBool::new(false));
    let gone = CancellationToken::new();
    let handle = InstanceHandle { commands: sender, initialised: Arc::clone(&initialised), gone: gone.clone() };
    let life = async move {
        // Also when the task is dropped: a successor must not wait for ever.
        let _gone = gone.drop_guard();
        live(origin, commands, initialised).await;
    };
    (handle, life)
}

async fn live(mut origin: Origin, mut commands: mpsc::Receiver<Command>, initialised: Arc<AtomicBool>) {
    if let Some(predecessor) = origin.predecessor.take() {
        predecessor.gone.cancelled().await;
    }
    let mut instance = match child::spawn(&origin.launch.program) {
        Ok((child, stream)) => {
            emit(WorkerStarted { platform: &origin.launch.platform });
            Instance::new(origin, child, Link::new(stream), commands, initialised)
        }
        Err(error) => {
            return conclude(&origin, &mut commands, HashMap::new(), &[], &Exit::Unspawned(error));
        }
    };
    let exit = instance.serve().await;
    // Dropping the child kills it, if it is not dead yet; nothing of the process may outlive the report.
    let _ = instance.child.kill().await;
    instance.initialised.store(false, Ordering::Relaxed);
    conclude(&instance.origin, &mut instance.commands, instance.held, &instance.attached, &exit);
}

/// The last words: each held job is answered, each job still in the mailbox goes back to the queue.
fn conclude(
    origin: &Origin,
    commands: &mut mpsc::Receiver<Command>,
    held: HashMap<JobId, Held>,
    attached: &[SessionId],
    exit: &Exit,
) {
    let text = exit.client_text();
    for job in held.into_keys() {
        origin.reports.done(job, Outcome::Failed(text.clone()));
    }
    commands.close();
    while let Ok(command) = commands.try_recv() {
        if let Command::Job(job) = command {
            // A worker that cannot be started will not do better with the next job: that would be an endless loop.
            match exit {
                Exit::Unspawned(_) => origin.reports.done(job.id, Outcome::Failed(text.clone())),
                _ => origin.reports.returned(job.id),
            }
        }
    }
    origin.reports.exited(&origin.key, &origin.launch, origin.actor.as_deref(), attached, exit);
}
