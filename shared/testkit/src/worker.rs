//! The gateway's end of a worker's socket, for tests of the worker's loop and of platforms.

use std::{
    future::Future,
    io::{self, Read as _, Write as _},
    os::{fd::OwnedFd, unix::net::UnixStream as StdStream},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    thread::JoinHandle,
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use footbridge_host::{Ending, Secret};
use footbridge_wire::{
    Confine, FromWorker, Hello, InstanceId, Job, JobId, LogLevel, Open, Outcome, SessionId, ToWorker, VERSION, frame,
};
use tokio::{
    net::UnixStream,
    runtime::{Builder, LocalOptions},
};

/// Longer than anything a test waits for.
const PATIENCE: Duration = Duration::from_secs(20);

/// The gateway's end of a worker's socket, and the worker's life: a thread of this process, or a process.
pub struct Worker<Life> {
    stream: StdStream,
    incoming: BytesMut,
    jobs: u128,
    /// What it lives in.
    pub life: Life,
}

/// A worker's loop on a thread of this process.
pub type LoopWorker = Worker<JoinHandle<Ending>>;

/// A worker's binary.
pub type ProcessWorker = Worker<Child>;

impl LoopWorker {
    /// Starts a loop, [`footbridge_host::run_stateless`] or [`footbridge_host::run_persistent`], that has not been
    /// greeted yet.
    pub fn start<F: Future<Output = Ending>>(run: impl FnOnce(UnixStream) -> F + Send + 'static) -> Self {
        let (ours, theirs) = pair();
        theirs.set_nonblocking(true).expect("a socket");
        let thread = std::thread::spawn(move || {
            let mut builder = Builder::new_current_thread();
            let runtime = builder.enable_all().build_local(LocalOptions::default()).expect("a runtime starts");
            runtime.block_on(async { run(UnixStream::from_std(theirs).expect("a runtime is entered")).await })
        });
        Self::new(ours, thread)
    }

    /// Closes the gateway's end, as the gateway's death would, and tells how the worker ended.
    pub fn abandon(self) -> Ending {
        drop(self.stream);
        self.life.join().expect("panics of a platform end its loop, not its thread")
    }

    /// Tells what the worker still says and how it ends. Something must have ended it.
    pub fn end(mut self) -> (Vec<FromWorker>, Ending) {
        let said = std::iter::from_fn(|| self.hear()).collect();
        (said, self.life.join().expect("panics of a platform end its loop, not its thread"))
    }
}

impl ProcessWorker {
    /// Starts a worker's binary as the supervisor does: cleared environment, a socket as standard input.
    ///
    /// # Errors
    /// The operating system's.
    pub fn spawn(program: impl AsRef<Path>) -> io::Result<Self> {
        let (ours, theirs) = pair();
        #[expect(clippy::disallowed_methods, reason = "the worker under test is a process of its own")]
        let child = Command::new(program.as_ref())
            .env_clear()
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self::new(ours, child))
    }

    /// Process id.
    pub fn pid(&self) -> u32 {
        self.life.id()
    }

    /// Closes the gateway's end, as the gateway's death would, and waits for the process.
    ///
    /// # Errors
    /// The operating system's.
    pub fn abandon(mut self) -> io::Result<ExitStatus> {
        drop(self.stream);
        self.life.wait()
    }

    /// Tells what the worker still says and how its process ends. Something must have ended it.
    ///
    /// # Errors
    /// The operating system's.
    pub fn end(mut self) -> io::Result<(Vec<FromWorker>, ExitStatus)> {
        let said = std::iter::from_fn(|| self.hear()).collect();
        Ok((said, self.life.wait()?))
    }
}

impl ProcessWorker {
    /// Has a worker that shares pages fetch `url`, whose page `kept` is what others have kept, if anything. What it keeps
    /// itself, and how its job ends. Blocks.
    ///
    /// # Panics
    /// The worker does not start, or says anything else.
    pub fn fetch_sharing(program: &str, kind: &str, url: &str, kept: Option<&Bytes>) -> (Option<Bytes>, Outcome) {
        let activity = format!(r#"{{"type":"fetch","actor":{{"id":"{url}","type":"{kind}"}}}}"#);
        let mut worker = Self::spawn(program).expect("it is built");
        worker.greet_sharing(r#"{"allowPrivateAddresses":true}"#);
        let job = worker.job("fetch", activity, None);
        worker.tell(&job);
        let (mut keeps, mut outcome) = (kept.cloned(), None);
        // What is kept may be told before the answer or after it.
        while outcome.is_none() || keeps.is_none() {
            match worker.hear() {
                Some(FromWorker::Ready(_)) => {}
                Some(FromWorker::Recall { number, name }) => {
                    assert!(name.starts_with("page:") && name.ends_with(url), "{name}");
                    worker.tell(&ToWorker::Recalled { number, value: kept.cloned() });
                }
                Some(FromWorker::Keep(keep)) => keeps = keep.value,
                Some(FromWorker::Done(_, done)) => outcome = Some(done),
                other => panic!("{other:?}"),
            }
        }
        (keeps, outcome.expect("the loop waits for it"))
    }
}

impl<Life> Worker<Life> {
    /// A worker behind a blocking `stream` that has not been greeted yet.
    pub fn new(stream: StdStream, life: Life) -> Self {
        Self { stream, incoming: BytesMut::new(), jobs: 0, life }
    }

    /// Greets it as the gateway would, without a heartbeat, and waits for its answer.
    #[must_use]
    pub fn greeted(mut self, settings: &'static str) -> Self {
        self.greet(settings, Duration::ZERO);
        match self.hear() {
            Some(FromWorker::Ready(_)) => self,
            other => panic!("not ready: {other:?}"),
        }
    }

    /// Greets with `settings`, a JSON object, and opens an instance for `kim@test`. Leaves it unconfined: a worker's loop
    /// may be a thread of the test's own process.
    pub fn greet(&mut self, settings: &'static str, beat: Duration) {
        self.greet_confined(settings, beat, Confine::default());
    }

    /// The same for a process that may be confined.
    pub fn greet_confined(&mut self, settings: &'static str, beat: Duration, confine: Confine) {
        self.greet_as(Hello { beat, confine, ..hello(settings) });
    }

    /// The same as a gateway that shares what workers keep with others.
    pub fn greet_sharing(&mut self, settings: &'static str) {
        self.greet_as(Hello { shared: true, ..hello(settings) });
    }

    fn greet_as(&mut self, hello: Hello) {
        self.tell(&ToWorker::Hello(hello));
        self.tell(&ToWorker::Open(Open {
            instance: InstanceId::default(),
            actor: Some("kim@test".into()),
            address: None,
        }));
    }

    /// Sends a frame.
    pub fn tell(&mut self, message: &ToWorker) {
        self.tell_all(std::slice::from_ref(message));
    }

    /// Sends frames with a single write.
    pub fn tell_all(&mut self, messages: &[ToWorker]) {
        let mut buffer = BytesMut::new();
        for message in messages {
            frame::put(&mut buffer, message).expect("test frames are small");
        }
        self.write(&buffer);
    }

    /// Sends bytes. That the worker has ended shows in what it said and in [`Worker::end`].
    pub fn write(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    /// A job of the next id.
    pub fn job(&mut self, verb: &str, activity: impl Into<bytes::Bytes>, credentials: Option<&str>) -> ToWorker {
        self.jobs += 1;
        ToWorker::Job(Job {
            id: JobId(self.jobs),
            instance: InstanceId::default(),
            session: SessionId::from_random([7; 16]),
            verb: verb.into(),
            activity: activity.into(),
            credentials: credentials.map(|text| Secret::new(text.as_bytes().to_vec())),
        })
    }

    /// Sends a job and waits for what the worker says next, which must be its outcome.
    pub fn call(&mut self, verb: &str, activity: impl Into<bytes::Bytes>) -> Outcome {
        let job = self.job(verb, activity, None);
        self.tell(&job);
        match self.hear() {
            Some(FromWorker::Done(JobId(id), outcome)) if id == self.jobs => outcome,
            other => panic!("no outcome of job {}: {other:?}", self.jobs),
        }
    }

    /// The next frame; `None` at the end of the connection.
    ///
    /// # Panics
    /// If nothing comes within 20 s, or what comes is no frame.
    pub fn hear(&mut self) -> Option<FromWorker> {
        loop {
            if let Some(message) = frame::take(&mut self.incoming).expect("frames") {
                return Some(message);
            }
            let mut bytes = [0; 4096];
            match self.stream.read(&mut bytes) {
                Ok(0) => return None,
                Ok(read) => self.incoming.extend_from_slice(&bytes[..read]),
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("the worker said nothing: {error}"),
            }
        }
    }
}

/// A greeting without a beat and without anything that needs more of a gateway.
fn hello(settings: &'static str) -> Hello {
    Hello {
        version: VERSION,
        settings: settings.into(),
        beat: Duration::ZERO,
        log_level: LogLevel::Info,
        confine: Confine::default(),
        shared: false,
        callback: None,
    }
}

/// The gateway's end, which does not wait for ever, and the worker's.
fn pair() -> (StdStream, StdStream) {
    let (ours, theirs) = StdStream::pair().expect("sockets are to be had");
    ours.set_read_timeout(Some(PATIENCE)).expect("the time is not zero");
    (ours, theirs)
}
