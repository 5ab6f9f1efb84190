//! From the first process to the last words: what surrounds the processes of an instance.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use footbridge_seal::Key;
use footbridge_telemetry::emit;
use footbridge_wire::{InstanceKey, Outcome};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{
    Flow, Instance,
    handle::{Command, InstanceHandle},
    stint::Stint,
};
use crate::{
    connections::Connections,
    events::{InstanceRestarting, WorkerStarted},
    exit::Exit,
    launch::Launch,
    pool::{Counted, Crews, Load},
    reports::Reports,
    restart::Restart,
    turnstile::Turnstile,
};

/// Commands that wait for a busy instance. The queue hands over at most as many jobs as its pool may run, so only comings
/// and goings can fill it; a full mailbox refuses jobs and lets the others wait.
const MAILBOX: usize = 1024;

/// What all instances have in common.
pub(crate) struct World {
    pub(crate) reports: Arc<dyn Reports>,
    /// Seals what is kept to bring instances back; known to this process alone.
    pub(crate) key_of_records: Key,
    pub(crate) turnstile: Turnstile,
    pub(crate) connections: Connections,
    pub(crate) crews: Crews,
}

/// What an instance starts from.
pub(crate) struct Origin {
    pub(crate) key: InstanceKey,
    /// Stateless platforms: the pool that it belongs to, by the key of its first worker.
    pub(crate) pool: InstanceKey,
    pub(crate) actor: Option<String>,
    /// Where the client that it begins for came from.
    pub(crate) address: Option<Arc<str>>,
    pub(crate) launch: Arc<Launch>,
    pub(crate) world: Arc<World>,
    /// The instance that had the same key: its process must be gone first.
    pub(crate) predecessor: Option<InstanceHandle>,
}

/// Starts an instance. The future is its whole life, to be spawned by the caller.
pub(crate) fn begin(mut origin: Origin) -> (InstanceHandle, impl Future<Output = ()> + Send) {
    let (sender, commands) = mpsc::channel(MAILBOX);
    let myself = sender.downgrade();
    let initialised = Arc::new(AtomicBool::new(false));
    let (load, gone) = (Arc::new(Load::default()), CancellationToken::new());
    let handle = InstanceHandle {
        commands: sender,
        initialised: Arc::clone(&initialised),
        linger: origin.launch.pace.linger,
        load: Arc::clone(&load),
        gone: gone.clone(),
    };
    let life = async move {
        // Also when the task is dropped: a successor must not wait for ever.
        let _gone = gone.drop_guard();
        if let Some(predecessor) = origin.predecessor.take() {
            predecessor.gone.cancelled().await;
        }
        let mut instance = Instance::new(origin, commands, myself, initialised, load);
        let exit = instance.run().await;
        instance.conclude(&exit);
    };
    (handle, life)
}

impl Instance {
    /// One process after the other, until there is no reason for another one.
    async fn run(&mut self) -> Exit {
        loop {
            let exit = self.process().await;
            self.initialised.store(false, Ordering::Relaxed);
            if self.trial.is_on() {
                self.announce(&exit);
                continue;
            }
            let restart = self.budget.after(&exit, self.has_something_to_return_to(), Instant::now());
            let Restart::After(pause) = restart else { return exit };
            // That it still cannot be connected is told when it is given up.
            if !matches!(exit, Exit::Unrestored(_)) {
                self.announce(&exit);
            }
            emit(InstanceRestarting { platform: &self.origin.launch.platform, pause });
            if let Flow::Break(exit) = self.rest(pause).await {
                return exit;
            }
        }
    }

    fn has_something_to_return_to(&self) -> bool {
        self.stands || self.record.opening().is_some()
    }

    /// One process, from its spawn until it is gone and each job it held is answered.
    async fn process(&mut self) -> Exit {
        let origin = &self.origin;
        if self.actor != origin.actor {
            let first = origin.actor.as_deref().unwrap_or_default();
            origin.world.reports.renamed(&origin.key, &origin.launch, first, first);
            self.actor.clone_from(&origin.actor);
        }
        let address = origin.address.as_deref().map(str::to_owned);
        let mut stint = match Stint::begin(&origin.launch, origin.actor.clone(), address).await {
            Ok(stint) => stint,
            Err(exit) => {
                let exit = self.unready(exit);
                self.dismiss_trial(&exit);
                return exit;
            }
        };
        emit(WorkerStarted { platform: &origin.launch.platform });
        self.stints += 1;
        let exit = self.serve(&mut stint).await;
        // Nothing of the process may outlive the report.
        stint.process.kill();
        let _ = stint.process.wait().await;
        self.origin.world.connections.closed(&self.origin.key);
        let exit = if stint.has_greeted() { exit } else { self.unready(exit) };
        self.settle(&mut stint, &exit);
        exit
    }

    /// The pause before the next process.
    async fn rest(&mut self, pause: Duration) -> Flow {
        let until = Instant::now() + pause;
        loop {
            let idle = self.idle_since.map(|since| since + self.origin.launch.pace.linger);
            let wake = idle.map_or(until, |idle| idle.min(until));
            tokio::select! {
                biased;
                command = self.commands.recv() => match command {
                    Some(Command::Job { job, proof, counted }) => {
                        let job = self.receive(job, proof, counted);
                        self.waiting.extend(job);
                    }
                    Some(Command::Seat(session, change)) => self.on_seat(session, change),
                    Some(Command::Stand(stands)) => self.stands = stands,
                    // For a process that is no more.
                    Some(Command::Tell(_) | Command::Recalled { .. }) => {}
                    Some(Command::Stop { .. }) | None => return Flow::Break(Exit::Stopped),
                },
                () = sleep_until(wake) => return if wake < until { Flow::Break(Exit::Idle) } else { Flow::Continue(()) },
            }
        }
    }

    /// Tells everybody whom it concerns that a process ended.
    fn announce(&mut self, exit: &Exit) {
        let origin = &self.origin;
        exit.report(&origin.launch.platform, &origin.key);
        origin.world.reports.ended(&origin.key, &origin.launch, exit);
        if exit.is_failure()
            && origin.launch.persistent
            && let Some(message) =
                origin.world.reports.failed(&origin.launch, self.actor.as_deref(), &exit.client_text())
        {
            self.tell(message, None);
        }
    }

    /// The last words: each job that no worker got goes back to the queue.
    fn conclude(&mut self, exit: &Exit) {
        self.commands.close();
        while let Ok(command) = self.commands.try_recv() {
            if let Command::Job { job, proof, counted } = command {
                self.waiting.push_back((job, proof, counted));
            }
        }
        while let Some((job, proof)) = self.surplus() {
            self.waiting.push_back((job, proof, Counted::new(&self.load)));
        }
        for (job, _, counted) in self.waiting.drain(..) {
            drop(counted);
            // A worker that cannot be started will not do better with the next job: that would be an endless loop.
            match exit {
                exit if exit.is_hopeless() => {
                    self.origin.world.reports.done(job.id, Outcome::Failed(exit.client_text()));
                }
                _ => self.origin.world.reports.returned(job.id),
            }
        }
        self.announce(exit);
        self.origin.world.reports.gone(&self.origin.key);
    }
}
