//! One worker process of an instance, from its spawn to its end.

use std::{collections::HashMap, process::ExitStatus, sync::Arc, time::Duration};

use bytes::Bytes;
use footbridge_wire::{
    FromWorker, Hello, InstanceId, Job, JobId, Open, Ready, SessionId, ToWorker, VERSION, frame::FrameError,
};
use tokio::time::Instant;

use super::{Flow, network::Expected, record::Kept};
use crate::{
    exit::Exit,
    launch::Launch,
    link::{Link, Read},
    process::Process,
    watch::Watch,
};

/// Who waits for the end of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asker {
    Session(SessionId),
    /// The instance itself, which is being brought back.
    Ourselves,
}

/// A job that the worker has.
pub(super) struct Held {
    pub(super) asker: Asker,
    pub(super) verb: String,
    /// The request, for the other sessions of the instance.
    pub(super) activity: Bytes,
    /// Whether it is a credential verb.
    pub(super) opens: bool,
    /// Its credentials, to be kept if it succeeds.
    pub(super) credentials: Option<Kept>,
}

/// Where a worker is in its life.
enum State {
    Starting,
    Ready,
    /// The process is on its way out. `Some`: why; `None`: its exit status will tell.
    Ending(Option<Exit>),
}

/// A worker process and what it was given.
pub(super) struct Stint {
    pub(super) process: Process,
    pub(super) link: Link,
    /// Whether the worker's end of the socket is still open.
    pub(super) listening: bool,
    pub(super) watch: Watch,
    pub(super) held: HashMap<JobId, Held>,
    /// Whether it waits for its turn to connect.
    pub(super) expected: Option<Expected>,
    state: State,
    last_words: Option<String>,
}

impl Stint {
    /// Spawns and greets. The answer comes later.
    pub(super) async fn begin(launch: &Launch, actor: Option<String>, address: Option<String>) -> Result<Self, Exit> {
        let (process, stream) = launch.spawner.spawn(launch).await.map_err(Exit::Unspawned)?;
        let mut stint = Self {
            process,
            link: Link::new(stream),
            listening: true,
            watch: Watch::new(launch.pace, Instant::now()),
            held: HashMap::new(),
            expected: None,
            state: State::Starting,
            last_words: None,
        };
        let greeting = [
            ToWorker::Hello(Hello {
                version: VERSION,
                settings: launch.settings.clone(),
                beat: launch.pace.beat,
                log_level: launch.log_level,
                confine: launch.sandbox.wanted(),
                shared: launch.shares,
                callback: launch.callback.clone(),
            }),
            ToWorker::Open(Open { instance: InstanceId::default(), actor, address }),
        ];
        for frame in &greeting {
            stint.link.put(frame).map_err(Exit::Garbled)?;
        }
        Ok(stint)
    }

    /// Whether jobs may be handed over. Those that come while the process ends wait for the next one.
    pub(super) fn takes_jobs(&self) -> bool {
        !matches!(self.state, State::Ending(_))
    }

    /// Hands a job over. `false`: no frame can hold it, and the worker knows nothing of it.
    pub(super) fn hand(&mut self, mut job: Job, asker: Asker, credentials: Option<Kept>) -> Result<bool, Exit> {
        job.instance = InstanceId::default();
        let (id, opens) = (job.id, job.credentials.is_some());
        let frame = ToWorker::Job(job);
        match self.link.put(&frame) {
            Ok(()) => {}
            Err(FrameError::TooLong(_) | FrameError::Unwritable(_)) => return Ok(false),
            Err(error) => return Err(Exit::Garbled(error)),
        }
        if let ToWorker::Job(Job { verb, activity, .. }) = frame {
            self.held.insert(id, Held { asker, verb, activity, opens, credentials });
            self.watch.began(id, opens, Instant::now());
        }
        Ok(true)
    }

    pub(super) fn put(&mut self, message: &ToWorker) -> Flow {
        match self.link.put(message) {
            Ok(()) => Flow::Continue(()),
            Err(error) => Flow::Break(Exit::Garbled(error)),
        }
    }

    /// A broken pipe is not an end of its own: the process has ended or is about to, and its status says more.
    pub(super) fn flush(&mut self, last_chance: Duration) {
        if self.link.flush().is_err() {
            self.end(None, last_chance);
        }
    }

    /// The worker answered the greeting. `true`: for the first time.
    pub(super) fn greeted(&mut self, ready: &Ready, launch: &Arc<Launch>, now: Instant) -> Result<bool, Exit> {
        if ready.version != VERSION || ready.platform != launch.platform.as_str() {
            return Err(Exit::Stranger { version: ready.version, platform: ready.platform.clone() });
        }
        if !matches!(self.state, State::Starting) {
            return Ok(false);
        }
        launch.sandbox.heard(&launch.platform, ready.confinement);
        self.state = State::Ready;
        self.watch.ready(now);
        Ok(true)
    }

    pub(super) fn last_words(&mut self, text: String) {
        self.last_words = Some(text);
    }

    /// From here on only the end of the process counts, by force after `within`. The first reason stays.
    pub(super) fn end(&mut self, why: Option<Exit>, within: Duration) {
        if self.takes_jobs() {
            self.state = State::Ending(why);
            self.watch.stopping(Instant::now() + within);
        }
    }

    /// What is left to be read of a process that has ended.
    pub(super) fn remains(&mut self) -> Vec<FromWorker> {
        let mut said = Vec::new();
        loop {
            let open = self.listening && matches!(self.link.fill(), Ok(Read::Open));
            let before = said.len();
            while let Ok(Some(message)) = self.link.take() {
                said.push(message);
            }
            if !open || said.len() == before {
                return said;
            }
        }
    }

    /// Why it ended, now that it has.
    pub(super) fn exit(&mut self, status: Option<ExitStatus>) -> Exit {
        let why = match &mut self.state {
            State::Ending(why) => why.take(),
            State::Starting | State::Ready => None,
        };
        why.unwrap_or_else(|| Exit::crashed(self.last_words.take(), status))
    }
}
