//! One platform instance: the task that owns its worker process, and outlives it.
//!
//! - `handle`: its address, and what it may be told
//! - `life`: from the first process to the last words
//! - `stint`: one process, and the jobs it holds
//! - `jobs`: a job on its way in, and its end on the way out
//! - `trial`: which job ended a process
//! - `network`: when it may connect, and what it is connected to
//! - `audience`: who is attached, and what nobody was there to see
//! - `record`: what brings it back
//! - here: the loop between a process and everybody else, a `select!` and a plain function per step

mod audience;
mod handle;
mod jobs;
mod life;
mod network;
mod record;
mod stint;
mod trial;

use std::{
    collections::VecDeque,
    process::ExitStatus,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use footbridge_seal::Fingerprint;
use footbridge_telemetry::emit;
use footbridge_wire::{FromWorker, InstanceId, Job, JobId, LogLevel, SessionId, ToWorker};
use tokio::{
    sync::mpsc,
    task::consume_budget,
    time::{Instant, sleep_until},
};

pub use handle::{InstanceHandle, Recalling, Refused, Seat};
pub(crate) use life::{Origin, World, begin};

use self::{
    audience::Audience,
    handle::Command,
    record::Record,
    stint::{Asker, Errand, Stint},
    trial::Trial,
};
use crate::{
    Aside, Message,
    events::JobPanicked,
    exit::Exit,
    link::Read,
    pool::{Counted, Load},
    restart::Budget,
    watch::Due,
};

/// Commands taken at a time, so that their frames share one write.
const BATCH: usize = 64;
/// From TERM, or a closed socket, to KILL.
const LAST_CHANCE: Duration = Duration::from_secs(2);

/// All that the loop can wake up for.
enum Step {
    Exited(std::io::Result<ExitStatus>),
    Socket,
    Commands,
    Time,
}

/// A job that was let in, what tells its credentials from others, and what counts it.
type Waiting = (Box<Job>, Option<Fingerprint>, Counted);

/// Whether the life of a process goes on.
type Flow = std::ops::ControlFlow<Exit>;

struct Instance {
    origin: Origin,
    commands: mpsc::Receiver<Command>,
    /// Its own address; it must not keep itself alive.
    myself: mpsc::WeakSender<Command>,
    /// Processes it has had.
    stints: u64,
    /// Stateless platforms: whether there is something to look after even if there is nothing to do.
    stands: bool,
    /// Jobs that came while there was no process. The queue begins no more than the workers may run.
    waiting: VecDeque<Waiting>,
    trial: Trial,
    /// What it has to do, for its handles.
    load: Arc<Load>,
    /// Whom it acts for: not its first actor any more once the platform has renamed it.
    actor: Option<String>,
    audience: Audience,
    /// Since when nobody is here, or, on a stateless platform, there is nothing to do.
    idle_since: Option<Instant>,
    record: Record,
    /// Which credentials it is connected with.
    bound: Option<Fingerprint>,
    budget: Budget,
    initialised: Arc<AtomicBool>,
}

impl Instance {
    fn new(
        origin: Origin,
        commands: mpsc::Receiver<Command>,
        myself: mpsc::WeakSender<Command>,
        initialised: Arc<AtomicBool>,
        load: Arc<Load>,
    ) -> Self {
        let launch = &origin.launch;
        Self {
            commands,
            myself,
            stints: 0,
            stands: false,
            waiting: VecDeque::new(),
            trial: Trial::default(),
            load,
            actor: origin.actor.clone(),
            audience: Audience::new(launch.backlog, launch.pace.linger),
            idle_since: None,
            record: Record::default(),
            bound: None,
            budget: Budget::new(launch.restart),
            initialised,
            origin,
        }
    }

    /// Serves one process to its end.
    async fn serve(&mut self, stint: &mut Stint) -> Exit {
        let mut batch = Vec::new();
        if let Flow::Break(exit) = self.resume(stint) {
            return exit;
        }
        let timer = sleep_until(Instant::now());
        tokio::pin!(timer);
        loop {
            // A worker that never stops talking must not keep this thread from everybody else.
            consume_budget().await;
            // Rearming only to an earlier time saves a timer operation per message: a later deadline is found out
            // when the earlier one passes.
            if let Some(next) = stint.watch.next()
                && (next < timer.deadline() || timer.is_elapsed())
            {
                timer.as_mut().reset(next);
            }
            let armed = stint.watch.next().is_some();
            let step = tokio::select! {
                biased;
                status = stint.process.wait() => Step::Exited(status),
                () = stint.link.ready(), if stint.listening => Step::Socket,
                received = self.commands.recv_many(&mut batch, BATCH), if stint.takes_jobs() => {
                    // The supervisor keeps a handle for as long as the instance lives.
                    debug_assert!(received > 0, "the supervisor dropped a living instance");
                    Step::Commands
                }
                () = &mut timer, if armed => Step::Time,
            };
            if let Flow::Break(exit) = self.on(stint, step, &mut batch) {
                return exit;
            }
        }
    }

    fn on(&mut self, stint: &mut Stint, step: Step, batch: &mut Vec<Command>) -> Flow {
        match step {
            Step::Exited(status) => {
                self.gets_no_more(stint);
                for message in stint.remains() {
                    self.on_message(stint, message, Instant::now())?;
                }
                return Flow::Break(stint.exit(status.ok()));
            }
            Step::Socket => {
                stint.flush(LAST_CHANCE);
                self.read(stint)?;
            }
            Step::Commands => {
                for command in batch.drain(..) {
                    self.on_command(stint, command)?;
                }
            }
            Step::Time => self.on_time(stint)?,
        }
        stint.flush(LAST_CHANCE);
        Flow::Continue(())
    }

    /// What a fresh process is given: what brings the instance back, and the jobs that waited for it.
    fn resume(&mut self, stint: &mut Stint) -> Flow {
        if let Some((opening, credentials)) = self.record.opening() {
            // Sealed by this process with the same key: it opens.
            let credentials = credentials.open(&self.origin.world.key_of_records, &self.origin.key).ok();
            let jobs = std::iter::once((opening, credentials)).chain(self.record.further().map(|verb| (verb, None)));
            for (number, (verb, credentials)) in (0u128..).zip(jobs) {
                let job = Job {
                    // Ids of the queue count upwards from a random number.
                    id: JobId(u128::MAX - number),
                    instance: InstanceId::default(),
                    session: SessionId::NOBODY,
                    verb: verb.verb.clone(),
                    activity: verb.activity.clone(),
                    credentials,
                };
                let (asker, since) = (Asker::Ourselves, Instant::now());
                if let Err(exit) = stint.hand(job, Errand { asker, credentials: None, since, counted: None }) {
                    return Flow::Break(exit);
                }
            }
        }
        self.resume_trial(stint)?;
        for job in std::mem::take(&mut self.waiting) {
            self.hand_over(stint, job)?;
        }
        if !self.origin.launch.persistent {
            self.look_for_work(stint);
        }
        stint.watch.idle(self.idle_since);
        stint.flush(LAST_CHANCE);
        Flow::Continue(())
    }

    fn on_command(&mut self, stint: &mut Stint, command: Command) -> Flow {
        match command {
            Command::Job { job, proof, counted } => {
                if let Some(job) = self.receive(job, proof, counted) {
                    self.hand_over(stint, job)?;
                }
            }
            Command::Stop { within } => self.stop(stint, Exit::Stopped, within)?,
            Command::Seat(session, change) => self.on_seat(session, change),
            Command::Tell(message) => stint.put(&message)?,
            Command::Recalled { stint: serial, number, value } if serial == self.stints => {
                stint.put(&ToWorker::Recalled { number, value })?;
            }
            Command::Recalled { .. } => {}
            Command::Stand(stands) => {
                self.stands = stands;
                self.look_for_work(stint);
            }
        }
        stint.watch.idle(self.idle_since);
        Flow::Continue(())
    }

    /// Since when a stateless worker has nothing to do or to look after.
    fn look_for_work(&mut self, stint: &Stint) {
        let idle = !self.stands && stint.held.is_empty();
        self.idle_since = idle.then(Instant::now);
    }

    fn on_seat(&mut self, session: SessionId, change: Seat) {
        match change {
            Seat::Away => self.audience.away(session, Instant::now()),
            Seat::Back => self.audience.back(session, Instant::now()),
            Seat::Gone => drop(self.audience.detach(session, Instant::now())),
        }
        self.look_who_is_here();
    }

    fn look_who_is_here(&mut self) {
        if !self.audience.is_deserted() {
            self.idle_since = None;
        } else if self.idle_since.is_none() {
            self.idle_since = Some(Instant::now());
        }
    }

    fn read(&mut self, stint: &mut Stint) -> Flow {
        // A process that ends with frames unread resets its socket: what it wrote before still counts, and how it
        // ended is in its status.
        let read = stint.link.fill().unwrap_or(Read::Ended);
        let now = Instant::now();
        let has_ended = read == Read::Ended;
        if has_ended {
            self.gets_no_more(stint);
        }
        loop {
            match stint.link.take() {
                Ok(Some(message)) => self.on_message(stint, message, now)?,
                Ok(None) => break,
                Err(error) => return Flow::Break(Exit::Garbled(error)),
            }
        }
        stint.watch.ended(|job| stint.held.contains_key(&job) || self.trial.awaits(job));
        if has_ended {
            stint.listening = false;
            stint.end(None, LAST_CHANCE);
        }
        Flow::Continue(())
    }

    /// A worker has ended, and what it still said is about to be read. In a pool, the ends of its jobs make no room for
    /// others there. What a connected worker said last, such as that it could not connect, may be why it ends.
    fn gets_no_more(&self, stint: &mut Stint) {
        if !self.origin.launch.persistent {
            stint.end(None, LAST_CHANCE);
        }
    }

    fn on_message(&mut self, stint: &mut Stint, message: FromWorker, now: Instant) -> Flow {
        stint.watch.heard(now);
        match message {
            FromWorker::Ready(ready) => match stint.greeted(&ready, &self.origin.launch, now) {
                Ok(first) => {
                    tracing::debug!(platform = ready.platform, package = ready.package, "worker ready");
                    let Origin { launch, world, pool, .. } = &self.origin;
                    stint.serving = (!launch.persistent).then(|| world.crews.serve(*pool));
                    if first {
                        self.aside(Aside::Started);
                    }
                }
                Err(exit) => return Flow::Break(exit),
            },
            FromWorker::Done(job, outcome) => return self.on_done(stint, job, outcome),
            FromWorker::Panicked(_, text) => {
                emit(JobPanicked { platform: &self.origin.launch.platform, instance: &self.origin.key, text: &text });
            }
            FromWorker::Push(_, activity) => self.on_push(&activity),
            FromWorker::Rekey { actor, .. } => self.rename(actor),
            FromWorker::Turn(turn) => return self.on_turn(stint, turn, now),
            FromWorker::Connected { local, remote, .. } => self.on_connected(local, remote),
            FromWorker::Note { network, text, keep } => {
                self.origin.world.turnstile.note(&self.origin.launch.platform, network, text, keep, now);
            }
            FromWorker::Standing(said) => self.aside(Aside::Topic(said)),
            FromWorker::Keep(keep) => self.aside(Aside::Keep(keep)),
            FromWorker::Recall { number, name } => {
                let recalling = Recalling { commands: self.myself.clone(), stint: self.stints, number };
                self.aside(Aside::Recall(name, recalling));
            }
            FromWorker::Welcome(welcome) => self.aside(Aside::Welcome(welcome)),
            FromWorker::Initialised(_, initialised) => self.initialised.store(initialised, Ordering::Relaxed),
            FromWorker::Log { level, text } => self.log(level, &text),
            FromWorker::Beat => {}
            FromWorker::Fatal(text) => stint.last_words(text),
        }
        Flow::Continue(())
    }

    fn aside(&self, aside: Aside) {
        let Origin { launch, world, key, .. } = &self.origin;
        world.reports.aside(key, launch, aside);
    }

    fn on_push(&mut self, activity: &Bytes) {
        let Origin { launch, world, .. } = &self.origin;
        let reports = &world.reports;
        if !launch.persistent {
            tracing::warn!(platform = %launch.platform, "push of a stateless platform refused");
        } else if let Some(message) = reports.pushed(launch, self.actor.as_deref(), activity) {
            self.tell(message, None);
        }
    }

    /// Sends a message to everybody who is attached, `except` to one.
    fn tell(&mut self, message: Message, except: Option<SessionId>) {
        if self.audience.logs() {
            self.audience.log(&message, Instant::now());
        }
        let reports = &self.origin.world.reports;
        match except {
            None => reports.deliver(self.audience.seats(), message),
            Some(one) => {
                let peers: Vec<_> = self.audience.seats().iter().copied().filter(|seat| *seat != one).collect();
                reports.deliver(&peers, message);
            }
        }
    }

    /// The platform's actor has a new id (core.md 5.5): both lead here.
    fn rename(&mut self, actor: String) {
        let Some(first) = self.origin.actor.as_deref() else {
            return tracing::warn!(platform = %self.origin.launch.platform, "a stateless platform has no actor to rename");
        };
        self.origin.world.reports.renamed(&self.origin.key, &self.origin.launch, first, &actor);
        self.actor = Some(actor);
    }

    fn on_time(&mut self, stint: &mut Stint) -> Flow {
        let now = Instant::now();
        while let Some(due) = stint.watch.due(now, |job| stint.held.contains_key(&job) || self.trial.awaits(job)) {
            match due {
                Due::Start => return Flow::Break(Exit::Late),
                Due::Beat => {
                    stint.process.terminate();
                    stint.end(Some(Exit::Silent), LAST_CHANCE);
                }
                Due::Turn => self.on_turns_time(stint, now)?,
                Due::Idle if stint.held.is_empty() => self.stop(stint, Exit::Idle, LAST_CHANCE)?,
                Due::Idle => {
                    // What somebody asked for before leaving is still under way.
                    self.idle_since = Some(now);
                    stint.watch.idle(self.idle_since);
                }
                Due::Job(job) => self.on_overdue(stint, job)?,
                Due::Stop => {
                    // What remains is to wait for the kernel.
                    stint.process.kill();
                }
            }
        }
        Flow::Continue(())
    }

    /// Asks the worker to clean up and end.
    fn stop(&mut self, stint: &mut Stint, why: Exit, within: Duration) -> Flow {
        stint.put(&ToWorker::Stop { within })?;
        if !why.may_pass() {
            // Whoever holds a handle learns it now; what is in the mailbox is returned at the end.
            self.commands.close();
        }
        stint.end(Some(why), within);
        Flow::Continue(())
    }

    fn log(&self, level: LogLevel, text: &str) {
        let platform = &self.origin.launch.platform;
        let instance = &self.origin.key;
        match level {
            LogLevel::Error => tracing::error!(%platform, ?instance, "{text}"),
            LogLevel::Warn => tracing::warn!(%platform, ?instance, "{text}"),
            LogLevel::Info => tracing::info!(%platform, ?instance, "{text}"),
            LogLevel::Debug => tracing::debug!(%platform, ?instance, "{text}"),
        }
    }
}
