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
    pool::{Counted, Serving},
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
    /// When a worker was first given it.
    pub(super) since: Instant,
    /// Makes the instance's load; `None`: it is the instance's own.
    pub(super) counted: Option<Counted>,
}

/// What comes with a job that is handed over. As in [`Held`].
pub(super) struct Errand {
    pub(super) asker: Asker,
    pub(super) credentials: Option<Kept>,
    pub(super) since: Instant,
    pub(super) counted: Option<Counted>,
}

impl Held {
    /// Whether somebody waits for its end.
    pub(super) fn is_asked_for(&self) -> bool {
        matches!(self.asker, Asker::Session(_))
    }

    /// The job once more. One that is handed credentials is not run again.
    pub(super) fn again(self, id: JobId) -> (Job, Errand) {
        let Self { asker, verb, activity, opens: _, credentials, since, counted } = self;
        let session = match asker {
            Asker::Session(session) => session,
            Asker::Ourselves => SessionId::NOBODY,
        };
        let job = Job { id, instance: InstanceId::default(), session, verb, activity, credentials: None };
        (job, Errand { asker, credentials, since, counted })
    }
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
    /// Whether a job was given up: what the process still does with it, nobody knows.
    pub(super) gave_up: bool,
    /// Whether it has greeted. Before that it has begun no job.
    greeted: bool,
    /// Tells the other workers of its pool that it serves.
    pub(super) serving: Option<Serving>,
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
            gave_up: false,
            greeted: false,
            serving: None,
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
    pub(super) fn hand(&mut self, mut job: Job, errand: Errand) -> Result<bool, Exit> {
        job.instance = InstanceId::default();
        let (id, opens) = (job.id, job.credentials.is_some());
        let frame = ToWorker::Job(job);
        match self.link.put(&frame) {
            Ok(()) => {}
            Err(FrameError::TooLong(_) | FrameError::Unwritable(_)) => return Ok(false),
            Err(error) => return Err(Exit::Garbled(error)),
        }
        if let ToWorker::Job(Job { verb, activity, .. }) = frame {
            let Errand { asker, credentials, since, counted } = errand;
            self.held.insert(id, Held { asker, verb, activity, opens, credentials, since, counted });
            self.watch.began(id, opens, since);
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
        if std::mem::replace(&mut self.greeted, true) {
            return Ok(false);
        }
        launch.sandbox.heard(&launch.platform, ready.confinement);
        if matches!(self.state, State::Starting) {
            self.state = State::Ready;
            self.watch.ready(now);
        }
        Ok(true)
    }

    /// Whether the worker has answered the greeting.
    pub(super) fn has_greeted(&self) -> bool {
        self.greeted
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
