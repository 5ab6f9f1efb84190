//! The loop of a stateless worker, driven over a socket.

use std::{cell::Cell, collections::HashSet, time::Duration};

use footbridge_host::{
    Call, Ending, Failure, LogLevel, OpenError, Opened, Outbox, Platform, Reply, Stateless, Uncaught, run_stateless,
};
use footbridge_testkit::worker::LoopWorker;
use footbridge_wire::{Confine, Confinement, FromWorker, Hello, JobId, Outcome, Ready, ToWorker, VERSION};
use serde::Deserialize;
use tokio::sync::Notify;

/// Verbs that show what the loop does with them.
struct Probe {
    outbox: Outbox,
    gate: Notify,
    waiting: Cell<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    #[serde(default)]
    depth: u8,
}

impl Platform for Probe {
    const ID: &'static str = "probe";
    type Settings = Settings;

    fn open(settings: Settings, opened: Opened) -> Result<Self, OpenError> {
        if settings.depth > 9 {
            return Err(OpenError("too deep".into()));
        }
        Ok(Self { outbox: opened.outbox, gate: Notify::new(), waiting: Cell::new(0) })
    }
}

/// Counts itself while it exists.
struct Waiting<'a>(&'a Cell<usize>);

impl<'a> Waiting<'a> {
    fn new(count: &'a Cell<usize>) -> Self {
        count.set(count.get() + 1);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

impl Stateless for Probe {
    async fn perform(&self, call: Call) -> Result<Reply, Failure> {
        match &*call.verb {
            "same" => Ok(Reply::Unchanged),
            "back" => Ok(Reply::Activity(call.activity)),
            "wait" => {
                let _waiting = Waiting::new(&self.waiting);
                self.gate.notified().await;
                Ok(Reply::Unchanged)
            }
            "count" => Reply::json(&self.waiting.get()),
            "open" => {
                self.gate.notify_waiters();
                Ok(Reply::Unchanged)
            }
            "huge" => Ok(Reply::Activity(vec![b' '; footbridge_wire::MAX_FRAME].into())),
            "log" => {
                self.outbox.log(LogLevel::Info, "heard");
                self.outbox.log(LogLevel::Debug, "not wanted");
                Ok(Reply::Unchanged)
            }
            "panic" => panic!("out of {}", "luck"),
            "panic later" => {
                let _waiting = Waiting::new(&self.waiting);
                self.gate.notified().await;
                panic!("{}\nand more", "é".repeat(300))
            }
            "uncaught" => std::panic::panic_any(Uncaught("TypeError: x".into())),
            "panic elsewhere" => {
                tokio::task::spawn_local(async { panic!("in a task") });
                std::future::pending().await
            }
            verb => Err(Failure::unknown_verb(verb)),
        }
    }
}

fn probe() -> LoopWorker {
    LoopWorker::start(run_stateless::<Probe>).greeted("{}")
}

#[test]
fn the_greeting_names_platform_and_version() {
    let mut worker = LoopWorker::start(run_stateless::<Probe>);
    worker.greet("{}", Duration::ZERO);
    let ready = Ready {
        version: VERSION,
        platform: "probe".into(),
        package: env!("CARGO_PKG_VERSION").into(),
        confinement: Confinement::NONE,
    };
    match worker.hear() {
        Some(FromWorker::Ready(said)) => assert_eq!(said, ready),
        other => panic!("{other:?}"),
    }
    assert_eq!(worker.abandon().code(), 1);
}

#[test]
fn what_cannot_start_says_why_and_ends_with_64() {
    for (settings, words) in [
        (r#"{"dept":1}"#, "Error: settings of probe: dept: unknown field `dept`, expected `depth` at line 1 column 7"),
        (
            r#"{"depth":"1"}"#,
            "Error: settings of probe: depth: invalid type: string \"1\", expected u8 at line 1 column 12",
        ),
        (r#"{"depth":10}"#, "Error: probe could not be opened: too deep"),
    ] {
        let mut worker = LoopWorker::start(run_stateless::<Probe>);
        worker.greet(settings, Duration::ZERO);
        let (said, ending) = worker.end();
        assert!(matches!(&said[..], [FromWorker::Fatal(text)] if text == words), "{said:?}");
        assert_eq!(ending.code(), 64);
    }
}

#[test]
fn a_gateway_of_another_build_is_refused() {
    let mut worker = LoopWorker::start(run_stateless::<Probe>);
    let hello = Hello {
        version: VERSION + 1,
        settings: "{}".into(),
        beat: Duration::ZERO,
        log_level: LogLevel::Info,
        confine: Confine::default(),
        shared: false,
        callback: None,
    };
    worker.tell(&ToWorker::Hello(hello));
    let (said, ending) = worker.end();
    assert!(matches!(&said[..], [FromWorker::Fatal(_)]), "{said:?}");
    assert!(matches!(ending, Ending::Version(version) if version == VERSION + 1), "{ending:?}");
    assert_eq!(ending.code(), 64);
}

#[test]
fn each_outcome_has_its_frame() {
    let mut worker = probe();
    assert_eq!(worker.call("same", "{}"), Outcome::Unchanged);
    assert_eq!(worker.call("back", r#"{"a":1}"#), Outcome::Activity(r#"{"a":1}"#.into()));
    assert_eq!(worker.call("nope", "{}"), Outcome::Failed("platform method nope not available".into()));
}

#[test]
fn jobs_overlap_and_answer_as_they_end() {
    let mut worker = probe();
    let slow = worker.job("wait", "{}", None);
    worker.tell(&slow);
    assert_eq!(worker.call("same", "{}"), Outcome::Unchanged);
    let opener = worker.job("open", "{}", None);
    worker.tell(&opener);
    let mut ended = [worker.hear(), worker.hear()].map(|said| match said {
        Some(FromWorker::Done(JobId(id), Outcome::Unchanged)) => id,
        other => panic!("{other:?}"),
    });
    ended.sort_unstable();
    assert_eq!(ended, [1, 3]);
}

#[test]
fn many_jobs_at_once_are_each_answered_once() {
    let mut worker = probe();
    let mut jobs: Vec<ToWorker> = (0..1000).map(|_| worker.job("wait", "{}", None)).collect();
    jobs.extend((0..1500).map(|_| worker.job("same", "{}", None)));
    worker.tell_all(&jobs);
    let mut seen = HashSet::new();
    for _ in 0..1500 {
        match worker.hear() {
            Some(FromWorker::Done(JobId(id), Outcome::Unchanged)) => assert!(seen.insert(id), "{id} twice"),
            other => panic!("{other:?}"),
        }
    }
    assert!(seen.iter().all(|id| *id > 1000));
    assert_eq!(worker.call("count", "{}"), Outcome::Activity("1000".into()));
}

#[test]
fn above_the_bound_the_pipe_holds_what_waits_and_the_beat_goes_on() {
    let mut worker = LoopWorker::start(run_stateless::<Probe>);
    worker.greet("{}", Duration::from_millis(1));
    assert!(matches!(worker.hear(), Some(FromWorker::Ready(_))));
    let mut jobs: Vec<ToWorker> = (0..1024).map(|_| worker.job("wait", "{}", None)).collect();
    jobs.push(worker.job("same", "{}", None));
    worker.tell_all(&jobs);
    for _ in 0..20 {
        let said = worker.hear();
        assert!(matches!(said, Some(FromWorker::Beat)), "{said:?}");
    }
}

#[test]
fn a_cancelled_job_is_dropped_and_not_answered() {
    let mut worker = probe();
    let slow = worker.job("wait", "{}", None);
    worker.tell(&slow);
    assert_eq!(worker.call("count", "{}"), Outcome::Activity("1".into()));
    worker.tell(&ToWorker::Cancel(JobId(1)));
    assert_eq!(worker.call("count", "{}"), Outcome::Activity("0".into()));
    worker.tell(&ToWorker::Stop { within: Duration::from_secs(1) });
    let (said, ending) = worker.end();
    assert!(said.is_empty(), "{said:?}");
    assert_eq!(ending.code(), 0);
}

#[test]
fn an_answer_above_the_frame_limit_is_a_failure_of_its_job() {
    let mut worker = probe();
    let text = "Error: the answer is larger than what a worker may send";
    assert_eq!(worker.call("huge", "{}"), Outcome::Failed(text.into()));
    assert_eq!(worker.call("same", "{}"), Outcome::Unchanged);
}

#[test]
fn log_lines_come_before_the_answer_and_only_if_wanted() {
    let mut worker = probe();
    let job = worker.job("log", "{}", None);
    worker.tell(&job);
    assert!(matches!(worker.hear(), Some(FromWorker::Log { level: LogLevel::Info, text }) if text == "heard"));
    assert!(matches!(worker.hear(), Some(FromWorker::Done(..))));
}

#[test]
fn a_panic_of_a_call_fails_that_call_and_is_told() {
    let mut worker = probe();
    let jobs = ["wait", "panic later", "panic"].map(|verb| worker.job(verb, "{}", None));
    worker.tell_all(&jobs);
    let mut panicked = |id: u128, words: &str| {
        match worker.hear() {
            Some(FromWorker::Panicked(JobId(job), text)) => assert_eq!((job, &*text), (id, words)),
            other => panic!("{other:?}"),
        }
        match worker.hear() {
            Some(FromWorker::Done(JobId(job), Outcome::Failed(text))) => {
                assert_eq!((job, text), (id, format!("Error: probe failed on this message ({words})")));
            }
            other => panic!("{other:?}"),
        }
    };
    panicked(3, "out of luck");
    assert_eq!(worker.call("count", "{}"), Outcome::Activity("2".into()), "those beside it go on");
    let open = worker.job("open", "{}", None);
    worker.tell(&open);
    let said: Vec<_> = (0..4).map(|_| worker.hear()).collect();
    let long = "é".repeat(200);
    assert!(said.iter().any(|said| matches!(said, Some(FromWorker::Panicked(JobId(2), text)) if *text == long)));
    for id in [1, 5] {
        let done = |said: &Option<FromWorker>| matches!(said, Some(FromWorker::Done(JobId(job), Outcome::Unchanged)) if *job == id);
        assert!(said.iter().any(done), "{id}: {said:?}");
    }
    assert_eq!(worker.call("count", "{}"), Outcome::Activity("0".into()), "what it held is given back");
}

#[test]
fn a_panic_beside_the_calls_ends_the_worker_after_the_answers_before_it() {
    // core 85; dummy 11
    for (verb, words) in [("uncaught", "TypeError: x"), ("panic elsewhere", "Error: in a task")] {
        let mut worker = probe();
        let jobs = [worker.job("same", "{}", None), worker.job(verb, "{}", None)];
        worker.tell_all(&jobs);
        let (said, ending) = worker.end();
        match &said[..] {
            [FromWorker::Done(JobId(1), Outcome::Unchanged), FromWorker::Fatal(text)] => assert_eq!(text, words),
            other => panic!("{verb}: {other:?}"),
        }
        assert_eq!(ending.code(), 1);
    }
}

#[test]
fn a_stop_lets_running_jobs_end() {
    let mut worker = probe();
    let jobs = [worker.job("wait", "{}", None), worker.job("open", "{}", None)];
    worker.tell_all(&jobs[..1]);
    assert_eq!(worker.call("same", "{}"), Outcome::Unchanged);
    worker.tell_all(&[ToWorker::Stop { within: Duration::from_mins(1) }]);
    worker.tell_all(&jobs[1..]);
    let (said, ending) = worker.end();
    assert_eq!(said.len(), 2, "{said:?}");
    assert_eq!(ending.code(), 0);
}

#[test]
fn a_stop_does_not_wait_for_ever() {
    let mut worker = probe();
    let job = worker.job("wait", "{}", None);
    worker.tell_all(&[job, ToWorker::Stop { within: Duration::from_millis(1) }]);
    let (said, ending) = worker.end();
    assert!(said.is_empty(), "{said:?}");
    assert_eq!(ending.code(), 0);
}

#[test]
fn a_worker_ends_with_its_gateway() {
    assert!(matches!(probe().abandon(), Ending::ParentGone));
}

#[test]
fn garbage_ends_the_worker() {
    let mut worker = probe();
    worker.write(&[0, 0, 0, 1, 0xff]);
    let (said, ending) = worker.end();
    assert!(matches!(&said[..], [FromWorker::Fatal(_)]), "{said:?}");
    assert!(matches!(ending, Ending::Garbled(_)), "{ending:?}");
}

#[test]
fn beats_come_by_themselves() {
    // core 5.3
    let mut worker = LoopWorker::start(run_stateless::<Probe>);
    worker.greet("{}", Duration::from_millis(1));
    assert!(matches!(worker.hear(), Some(FromWorker::Ready(_))));
    for _ in 0..3 {
        assert!(matches!(worker.hear(), Some(FromWorker::Beat)));
    }
}
