//! One platform instance: the task that owns a worker process.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use footbridge_wire::{
    FromWorker, Hello, InstanceId, InstanceKey, Job, JobId, LogLevel, Open, Outcome, Ready, SessionId, ToWorker,
    VERSION, frame::FrameError,
};
use tokio::{
    process::Child,
    sync::mpsc,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use crate::{
    child,
    exit::Exit,
    launch::Launch,
    link::{Link, Read},
    supervisor::Reports,
    watch::{Due, Watch},
};

/// Commands that wait for a busy instance. The queue hands over at most `concurrency` jobs at a time, so only
/// attachments can fill it; a full mailbox refuses.
const MAILBOX: usize = 1024;
/// Commands taken at a time, so that their frames share one write.
const BATCH: usize = 64;
/// From TERM, or a closed socket, to KILL.
const LAST_CHANCE: Duration = Duration::from_secs(2);

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
    commands: mpsc::Sender<Command>,
    initialised: Arc<AtomicBool>,
    /// Cancelled when the process is gone.
    gone: CancellationToken,
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
        Ok((child, stream)) => Instance::new(origin, child, Link::new(stream), commands, initialised),
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

/// A job that the worker has.
struct Held {
    session: SessionId,
    /// The request, for the other sessions of the instance.
    activity: Bytes,
    /// Whether it is a credential verb.
    opens: bool,
}

/// Where an instance is in its life.
enum State {
    Starting,
    Ready,
    /// The process is on its way out. `Some`: why; `None`: its exit status will tell.
    Ending(Option<Exit>),
}

/// All that the loop can wake up for.
enum Step {
    Exited(std::io::Result<std::process::ExitStatus>),
    Socket(std::io::Result<()>),
    Commands,
    Time,
}

/// Whether the life goes on.
type Flow = std::ops::ControlFlow<Exit>;

struct Instance {
    origin: Origin,
    child: Child,
    link: Link,
    /// Whether the worker's end of the socket is still open.
    listening: bool,
    commands: mpsc::Receiver<Command>,
    batch: Vec<Command>,
    state: State,
    watch: Watch,
    held: HashMap<JobId, Held>,
    attached: Vec<SessionId>,
    initialised: Arc<AtomicBool>,
    last_words: Option<String>,
}

impl Instance {
    fn new(
        origin: Origin,
        child: Child,
        link: Link,
        commands: mpsc::Receiver<Command>,
        initialised: Arc<AtomicBool>,
    ) -> Self {
        let watch = Watch::new(origin.launch.pace, Instant::now());
        Self {
            origin,
            child,
            link,
            listening: true,
            commands,
            batch: Vec::new(),
            state: State::Starting,
            watch,
            held: HashMap::new(),
            attached: Vec::new(),
            initialised,
            last_words: None,
        }
    }

    async fn serve(&mut self) -> Exit {
        if let Flow::Break(exit) = self.greet() {
            return exit;
        }
        let timer = sleep_until(Instant::now());
        tokio::pin!(timer);
        loop {
            // Rearming only to an earlier time saves a timer operation per message: a later deadline is found out
            // when the earlier one passes.
            if let Some(next) = self.watch.next()
                && (next < timer.deadline() || timer.is_elapsed())
            {
                timer.as_mut().reset(next);
            }
            let armed = self.watch.next().is_some();
            let step = tokio::select! {
                biased;
                status = self.child.wait() => Step::Exited(status),
                ready = self.link.ready(), if self.listening => Step::Socket(ready),
                received = self.commands.recv_many(&mut self.batch, BATCH), if self.takes_commands() => {
                    // The supervisor keeps a handle for as long as the instance lives.
                    debug_assert!(received > 0, "the supervisor dropped a living instance");
                    Step::Commands
                }
                () = &mut timer, if armed => Step::Time,
            };
            if let Flow::Break(exit) = self.on(step) {
                return exit;
            }
        }
    }

    /// Jobs that arrive while the process ends stay in the mailbox and are returned.
    fn takes_commands(&self) -> bool {
        !matches!(self.state, State::Ending(_))
    }

    fn greet(&mut self) -> Flow {
        let launch = Arc::clone(&self.origin.launch);
        self.put(&ToWorker::Hello(Hello {
            version: VERSION,
            settings: launch.settings.clone(),
            beat: launch.pace.beat,
            log_level: launch.log_level,
        }))?;
        self.put(&ToWorker::Open(Open { instance: InstanceId::default(), actor: self.origin.actor.clone() }))?;
        self.flush()
    }

    fn on(&mut self, step: Step) -> Flow {
        match step {
            Step::Exited(status) => self.on_exited(status.ok()),
            Step::Socket(Ok(())) => {
                self.flush()?;
                self.read()
            }
            Step::Socket(Err(error)) => Flow::Break(Exit::Cut(error)),
            Step::Commands => {
                let mut batch = std::mem::take(&mut self.batch);
                for command in batch.drain(..) {
                    self.on_command(command)?;
                }
                self.batch = batch;
                self.flush()
            }
            Step::Time => self.on_time(),
        }
    }

    fn on_command(&mut self, command: Command) -> Flow {
        match command {
            Command::Job(job) => self.on_job(*job),
            Command::Attach(session) => {
                if self.attached.contains(&session) {
                    return Flow::Continue(());
                }
                self.attached.push(session);
                self.watch.deserted(false, Instant::now());
                self.put(&ToWorker::Attach(InstanceId::default(), session))
            }
            Command::Detach(session) => {
                let before = self.attached.len();
                self.attached.retain(|attached| *attached != session);
                if self.attached.len() == before {
                    return Flow::Continue(());
                }
                if self.attached.is_empty() {
                    self.watch.deserted(true, Instant::now());
                }
                self.put(&ToWorker::Detach(InstanceId::default(), session))
            }
            Command::Stop { within } => self.stop(Exit::Stopped, within),
        }
    }

    fn on_job(&mut self, mut job: Job) -> Flow {
        if !self.takes_commands() {
            self.origin.reports.returned(job.id);
            return Flow::Continue(());
        }
        job.instance = InstanceId::default();
        let held = Held { session: job.session, activity: job.activity.clone(), opens: job.credentials.is_some() };
        let id = job.id;
        self.held.insert(id, held);
        self.watch.began(id, Instant::now());
        match self.link.put(&ToWorker::Job(job)) {
            Ok(()) => Flow::Continue(()),
            // `sockethub.maxPayloadBytes` lets in what no frame can hold: that job's problem, not the instance's.
            Err(FrameError::TooLong(_) | FrameError::Unwritable(_)) => {
                self.held.remove(&id);
                self.origin.reports.done(id, Outcome::Failed("failed to add job to queue".into()));
                Flow::Continue(())
            }
            Err(error) => Flow::Break(Exit::Garbled(error)),
        }
    }

    fn read(&mut self) -> Flow {
        let read = match self.link.fill() {
            Ok(read) => read,
            Err(error) => return Flow::Break(Exit::Cut(error)),
        };
        let now = Instant::now();
        loop {
            match self.link.take() {
                Ok(Some(message)) => self.on_message(message, now)?,
                Ok(None) => break,
                Err(error) => return Flow::Break(Exit::Garbled(error)),
            }
        }
        self.watch.ended(|job| self.held.contains_key(&job));
        if read == Read::Ended {
            self.listening = false;
            self.end(None, LAST_CHANCE);
        }
        self.flush()
    }

    fn on_message(&mut self, message: FromWorker, now: Instant) -> Flow {
        self.watch.heard(now);
        match message {
            FromWorker::Ready(ready) => return self.on_ready(ready, now),
            FromWorker::Done(job, outcome) => return self.on_done(job, outcome),
            FromWorker::Push(_, activity) if self.origin.launch.persistent => {
                self.origin.reports.pushed(&self.origin.launch, self.origin.actor.as_deref(), &self.attached, activity);
            }
            FromWorker::Push(..) => {
                tracing::warn!(platform = %self.origin.launch.platform, "push of a stateless platform refused");
            }
            FromWorker::Rekey { .. } => {
                // No platform of this build renames its actor; the aliasing of both ids comes with those that do.
                tracing::warn!(platform = %self.origin.launch.platform, "the platform renamed its actor; sessions keep the old id");
            }
            FromWorker::Initialised(_, initialised) => self.initialised.store(initialised, Ordering::Relaxed),
            FromWorker::Log { level, text } => self.log(level, &text),
            FromWorker::Beat => {}
            FromWorker::Fatal(text) => self.last_words = Some(text),
        }
        Flow::Continue(())
    }

    fn on_ready(&mut self, ready: Ready, now: Instant) -> Flow {
        if ready.version != VERSION || ready.platform != self.origin.launch.platform.as_str() {
            return Flow::Break(Exit::Stranger { version: ready.version, platform: ready.platform });
        }
        if matches!(self.state, State::Starting) {
            self.state = State::Ready;
            self.watch.ready(now);
        }
        Flow::Continue(())
    }

    fn on_done(&mut self, job: JobId, outcome: Outcome) -> Flow {
        let Some(held) = self.held.remove(&job) else {
            // Its deadline had passed: the client has its answer.
            metrics::counter!("sockethub_job_late_total").increment(1);
            return Flow::Continue(());
        };
        let failed = matches!(outcome, Outcome::Failed(_));
        let peers: Vec<SessionId> = self.attached.iter().copied().filter(|session| *session != held.session).collect();
        if !peers.is_empty() && !failed {
            self.origin.reports.shared(&self.origin.launch, &peers, held.activity, &outcome);
        }
        self.origin.reports.done(job, outcome);
        if held.opens && self.origin.launch.persistent {
            if failed && !self.initialised.load(Ordering::Relaxed) {
                return self.stop(Exit::Unconnected, LAST_CHANCE);
            }
            self.initialised.store(true, Ordering::Relaxed);
        }
        Flow::Continue(())
    }

    fn on_time(&mut self) -> Flow {
        let now = Instant::now();
        while let Some(due) = self.watch.due(now, |job| self.held.contains_key(&job)) {
            match due {
                Due::Start => return Flow::Break(Exit::Late),
                Due::Beat => {
                    child::terminate(&self.child);
                    self.end(Some(Exit::Silent), LAST_CHANCE);
                }
                Due::Linger => self.stop(Exit::Idle, LAST_CHANCE)?,
                Due::Job(job) => {
                    if self.held.remove(&job).is_some() {
                        let text = "job timed out".to_owned();
                        self.origin.reports.done(job, Outcome::Failed(text));
                        self.put(&ToWorker::Cancel(job))?;
                    }
                }
                Due::Stop => {
                    // What remains is to wait for the kernel; an error means that it is gone already.
                    let _ = self.child.start_kill();
                }
            }
        }
        self.flush()
    }

    /// The process has ended: read what it still said, then tell how.
    fn on_exited(&mut self, status: Option<std::process::ExitStatus>) -> Flow {
        if self.listening {
            while matches!(self.link.fill(), Ok(Read::Open)) {
                match self.link.take() {
                    Ok(Some(message)) => self.on_message(message, Instant::now())?,
                    _ => break,
                }
            }
            while let Ok(Some(message)) = self.link.take() {
                self.on_message(message, Instant::now())?;
            }
        }
        let why = match &mut self.state {
            State::Ending(why) => why.take(),
            State::Starting | State::Ready => None,
        };
        Flow::Break(why.unwrap_or_else(|| Exit::crashed(self.last_words.take(), status)))
    }

    /// Asks the worker to clean up and end.
    fn stop(&mut self, why: Exit, within: Duration) -> Flow {
        self.put(&ToWorker::Stop { within })?;
        self.end(Some(why), within);
        self.flush()
    }

    /// From here on only the end of the process counts, by force after `within`.
    fn end(&mut self, why: Option<Exit>, within: Duration) {
        if !matches!(self.state, State::Ending(_)) {
            // Whoever holds a handle learns it now; what is in the mailbox is returned at the end.
            self.commands.close();
            self.state = State::Ending(why);
            self.watch.stopping(Instant::now() + within);
        }
    }

    fn put(&mut self, message: &ToWorker) -> Flow {
        match self.link.put(message) {
            Ok(()) => Flow::Continue(()),
            Err(error) => Flow::Break(Exit::Garbled(error)),
        }
    }

    /// A broken pipe is not an end of its own: the process has ended or is about to, and its status says more.
    fn flush(&mut self) -> Flow {
        if self.link.flush().is_err() {
            self.end(None, LAST_CHANCE);
        }
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
