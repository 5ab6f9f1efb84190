//! The task of a worker: its socket, its beat, and what it is told.

use std::{panic::AssertUnwindSafe, rc::Rc, time::Duration};

use footbridge_wire::{
    FromWorker, Hello, InstanceId, Job, JobId, LogLevel, Ready, ToWorker, VERSION, Visit, Watch, Welcome,
    frame::FrameError,
};
use futures_util::FutureExt;
use tokio::{
    net::UnixStream,
    time::{Interval, MissedTickBehavior, interval_at, timeout},
};

use crate::{
    Failure, Memos, Outbox, Platform, Reply, Response, Topics,
    ending::Ending,
    link::Link,
    memos::Asked,
    platform::Opened,
    reply::outcome,
    sandbox::{self, Quota},
    turns::{Given, Turns},
    uncaught,
};

/// Jobs that a worker takes before it stops reading: the pipe, and then the gateway's queue, hold the rest. A stop is
/// read behind them, so a worker that is this full may have to be killed.
pub(crate) const MAX_JOBS: usize = 1024;
/// How long an ending worker tries to get its last frames out.
const FAREWELL: Duration = Duration::from_secs(1);

/// What a worker is told while it works.
#[derive(Debug)]
pub(crate) enum Input {
    Job(Job),
    Cancel(JobId),
    Watch(Watch),
    Unwatch(String),
    Visit(Visit),
    Stop { within: Duration },
}

/// Owns the socket and the beat; the platform and its running jobs belong to the loop that drives it.
pub(crate) struct Host {
    link: Link,
    /// From the greeting on; `None` if no beat is wanted.
    beat: Option<Interval>,
    /// From the greeting on; `None` if CPU time is not limited.
    quota: Option<Quota>,
    turns: Rc<Given>,
    asked: Rc<Asked>,
    uncaught: Rc<uncaught::Watch>,
}

/// Runs `life` to its end, whatever that is, and tells the gateway if there is something to tell.
pub(crate) async fn run(stream: UnixStream, life: impl AsyncFnOnce(&mut Host) -> Result<(), Ending>) -> Ending {
    let (link, uncaught) = (Link::new(stream), uncaught::Watch::this_thread());
    let mut host = Host { link, beat: None, quota: None, turns: Rc::default(), asked: Rc::default(), uncaught };
    // Only the platform's code can unwind here; of what it shares with the host, the frames are whole at any time.
    let ending = match AssertUnwindSafe(life(&mut host)).catch_unwind().await {
        Ok(Ok(())) => Ending::Stopped,
        Ok(Err(ending)) => ending,
        Err(payload) => Ending::Uncaught(uncaught::text(&*payload)),
    };
    if let Some(text) = ending.last_words() {
        let _ = host.link.say(&FromWorker::Fatal(text));
    }
    // Neither outcome changes how the worker ends.
    let _ = timeout(FAREWELL, host.link.settle()).await;
    ending
}

impl Host {
    /// Greets, and opens the platform.
    pub(crate) async fn open<P: Platform>(&mut self) -> Result<P, Ending> {
        let ToWorker::Hello(hello) = self.frame(true).await? else {
            return Err(Ending::OutOfTurn("no greeting"));
        };
        if hello.version != VERSION {
            return Err(Ending::Version(hello.version));
        }
        // Before anything of the platform runs, and while this is the only thread: later ones inherit it.
        let (confinement, quota) = sandbox::enter(hello.confine)?;
        self.quota = quota;
        let settings = settings::<P>(&hello)?;
        let open = match self.frame(true).await? {
            ToWorker::Open(open) => open,
            ToWorker::Stop { .. } => return Err(Ending::Stopped),
            _ => return Err(Ending::OutOfTurn("no instance was opened")),
        };
        let outbox = Outbox::new(open.instance, hello.log_level, Rc::clone(self.link.unsent()));
        let turns = Turns::new(open.instance, Rc::clone(self.link.unsent()), Rc::clone(&self.turns));
        let unsent = || Rc::clone(self.link.unsent());
        let topics = Topics::new(unsent());
        let memos = Memos::new(unsent(), Rc::clone(&self.asked), hello.shared);
        let (actor, address, callback) = (open.actor, open.address, hello.callback);
        let platform = P::open(settings, Opened { actor, address, outbox, turns, topics, memos, callback })
            .map_err(|cause| Ending::Unopened { platform: P::ID, cause })?;
        self.link.say(&FromWorker::Ready(Ready {
            version: VERSION,
            platform: P::ID.into(),
            package: env!("CARGO_PKG_VERSION").into(),
            confinement,
        }))?;
        // Before it begins a job: one that ends the process at once must not pass for a process that never was ready.
        self.link.settle().await?;
        self.start_beat(hello.beat);
        Ok(platform)
    }

    /// What to do next. Beats and writes while it waits; takes new work only if there is `room`. Nothing is lost when
    /// the future is dropped.
    pub(crate) async fn next(&mut self, room: bool) -> Result<Input, Ending> {
        loop {
            match self.frame(room).await? {
                ToWorker::Job(job) => return Ok(Input::Job(job)),
                ToWorker::Cancel(job) => return Ok(Input::Cancel(job)),
                ToWorker::Stop { within } => return Ok(Input::Stop { within }),
                ToWorker::Watch(watch) => return Ok(Input::Watch(watch)),
                ToWorker::Unwatch(topic) => return Ok(Input::Unwatch(topic)),
                ToWorker::Visit(visit) => return Ok(Input::Visit(visit)),
                ToWorker::Go { note, .. } => self.turns.give(note),
                ToWorker::Recalled { number, value } => self.asked.answer(number, value),
                ToWorker::Hello(_) => return Err(Ending::OutOfTurn("second greeting")),
                // One process hosts one instance.
                ToWorker::Open(_) => return Err(Ending::OutOfTurn("second instance")),
            }
        }
    }

    /// Answers a job.
    pub(crate) fn done(&self, job: JobId, result: Result<Reply, Failure>) -> Result<(), Ending> {
        let unsent = self.link.unsent();
        match unsent.put(&FromWorker::Done(job, outcome(result))) {
            Err(FrameError::TooLong(_) | FrameError::Unwritable(_)) => {
                let failure = Failure::error("the answer is larger than what a worker may send");
                Ok(unsent.put(&FromWorker::Done(job, outcome(Err(failure))))?)
            }
            put => Ok(put?),
        }
    }

    /// Answers somebody who called from outside.
    pub(crate) fn welcome(&self, number: u32, response: Result<Response, String>) -> Result<(), Ending> {
        let Response { status, body } = match response {
            Ok(response) => response,
            Err(panic) => {
                let text = format!("a call from outside failed ({panic})");
                self.link.say(&FromWorker::Log { level: LogLevel::Error, text })?;
                Response { status: 500, body: String::new() }
            }
        };
        self.link.say(&FromWorker::Welcome(Welcome { number, status, body }))
    }

    /// Answers a job that panicked, and tells the gateway why it did.
    pub(crate) fn panicked(&self, job: JobId, platform: &str, panic: String) -> Result<(), Ending> {
        let failure = Failure::error(format_args!("{platform} failed on this message ({panic})"));
        self.link.say(&FromWorker::Panicked(job, panic))?;
        self.done(job, Err(failure))
    }

    /// The panics of this thread.
    pub(crate) fn uncaught(&self) -> Rc<uncaught::Watch> {
        Rc::clone(&self.uncaught)
    }

    /// Tells that the instance is connected, or is no more.
    pub(crate) fn initialised(&self, initialised: bool) -> Result<(), Ending> {
        self.link.say(&FromWorker::Initialised(InstanceId::default(), initialised))
    }

    fn start_beat(&mut self, period: Duration) {
        if !period.is_zero() {
            let mut beat = interval_at(tokio::time::Instant::now() + period, period);
            beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
            self.beat = Some(beat);
        }
    }

    async fn frame(&mut self, room: bool) -> Result<ToWorker, Ending> {
        loop {
            if room && let Some(frame) = self.link.take()? {
                return Ok(frame);
            }
            tokio::select! {
                biased;
                text = self.uncaught.panicked() => return Err(Ending::Uncaught(text)),
                () = tick(self.beat.as_mut()) => self.link.say(&FromWorker::Beat)?,
                () = sandbox::next_minute(self.quota.as_mut()) => {}
                turned = self.link.turn(room) => turned?,
            }
        }
    }
}

/// Resolves with the next beat; never where there is none.
async fn tick(beat: Option<&mut Interval>) {
    match beat {
        Some(beat) => drop(beat.tick().await),
        None => std::future::pending().await,
    }
}

fn settings<P: Platform>(hello: &Hello) -> Result<P::Settings, Ending> {
    let mut reader = serde_json::Deserializer::from_slice(&hello.settings);
    serde_path_to_error::deserialize(&mut reader).map_err(|cause| Ending::Settings { platform: P::ID, cause })
}
