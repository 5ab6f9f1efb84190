//! One platform instance: the task that owns a worker process.
//!
//! - `handle`: its address, and what it may be told
//! - `life`: from spawn to last words
//! - here: the loop between them, a `select!` and a plain function per step

mod handle;
mod life;

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use footbridge_telemetry::emit;
use footbridge_wire::{
    FromWorker, Hello, InstanceId, Job, JobId, LogLevel, Open, Outcome, Ready, SessionId, ToWorker, VERSION,
    frame::FrameError,
};
use tokio::{
    process::Child,
    sync::mpsc,
    task::consume_budget,
    time::{Instant, sleep_until},
};

pub use handle::{InstanceHandle, Refused};
pub(crate) use life::{Origin, begin};

use self::handle::Command;
use crate::{
    child,
    events::AnswerLate,
    exit::Exit,
    link::{Link, Read},
    watch::{Due, Watch},
};

/// Commands taken at a time, so that their frames share one write.
const BATCH: usize = 64;
/// From TERM, or a closed socket, to KILL.
const LAST_CHANCE: Duration = Duration::from_secs(2);

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
    Socket,
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
            // A worker that never stops talking must not keep this thread from everybody else.
            consume_budget().await;
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
                () = self.link.ready(), if self.listening => Step::Socket,
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
            Step::Socket => {
                self.flush()?;
                self.read()
            }
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
        // A process that ends with frames unread resets its socket: what it wrote before still counts, and how it
        // ended is in its status.
        let read = self.link.fill().unwrap_or(Read::Ended);
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
            tracing::debug!(platform = ready.platform, package = ready.package, "worker ready");
            self.state = State::Ready;
            self.watch.ready(now);
        }
        Flow::Continue(())
    }

    fn on_done(&mut self, job: JobId, outcome: Outcome) -> Flow {
        let Some(held) = self.held.remove(&job) else {
            // Its deadline had passed: the client has its answer.
            emit(AnswerLate);
            return Flow::Continue(());
        };
        let failed = matches!(outcome, Outcome::Failed(_));
        let peers: Vec<SessionId> = self.attached.iter().copied().filter(|session| *session != held.session).collect();
        if !peers.is_empty() && !failed {
            self.origin.reports.shared(&self.origin.launch, &peers, held.activity, &outcome);
        }
        let opens = held.opens && self.origin.launch.persistent;
        if opens && failed && !self.initialised.load(Ordering::Relaxed) {
            self.origin.reports.refused(job, outcome);
            return self.stop(Exit::Unconnected, LAST_CHANCE);
        }
        self.origin.reports.done(job, outcome);
        if opens {
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
