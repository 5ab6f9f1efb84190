//! The loop of a persistent worker, driven over a socket.

use std::{cell::Cell, rc::Rc, time::Duration};

use footbridge_host::{Call, Failure, OpenError, Opened, Outbox, Persistent, Platform, Reply, run_persistent};
use footbridge_testkit::worker::LoopWorker;
use footbridge_wire::{FromWorker, InstanceId, JobId, Outcome, ToWorker};
use serde_json::json;

/// A connection that is made and lost on request.
struct Line {
    actor: String,
    outbox: Outbox,
    up: Rc<Cell<bool>>,
    calls: usize,
}

impl Platform for Line {
    const ID: &'static str = "line";
    type Settings = serde_json::Map<String, serde_json::Value>;

    fn open(_: Self::Settings, opened: Opened) -> Result<Self, OpenError> {
        let actor = opened.actor.ok_or_else(|| OpenError("no actor".into()))?;
        Ok(Self { actor, outbox: opened.outbox, up: Rc::default(), calls: 0 })
    }
}

impl Persistent for Line {
    async fn perform(&mut self, call: Call) -> Result<Reply, Failure> {
        self.calls += 1;
        match &*call.verb {
            "connect" => self.up.set(true),
            "forget" => {}
            "push" => self.outbox.push(&json!({"type": "message", "n": self.calls})).map_err(Failure::error)?,
            "rename" => self.outbox.rekey(format!("{}2", self.actor)),
            "nap" => {
                // Another call would show in the count.
                let before = self.calls;
                for _ in 0..10 {
                    tokio::task::yield_now().await;
                }
                assert_eq!(before, self.calls, "calls overlapped");
            }
            "wait" => std::future::pending().await,
            "lose" => {
                let (up, outbox) = (Rc::clone(&self.up), self.outbox.clone());
                tokio::task::spawn_local(async move {
                    tokio::task::yield_now().await;
                    up.set(false);
                    outbox.push(&json!({"type": "lost"})).expect("little waits");
                });
            }
            "flood" => {
                for n in 0..64 {
                    self.outbox.drained().await;
                    self.outbox.push(&"x".repeat(1024 * 1024 + n)).map_err(Failure::error)?;
                }
            }
            verb => return Err(Failure::unknown_verb(verb)),
        }
        Ok(Reply::Unchanged)
    }

    fn is_initialised(&self) -> bool {
        self.up.get()
    }

    fn accepts(&self, verb: &str) -> bool {
        self.up.get() || (verb == "forget" && self.calls > 0)
    }

    async fn cleanup(&mut self) {
        self.outbox.push(&json!({"type": "bye"})).expect("little waits");
    }
}

/// A worker whose instance is connected; job 1 was its `connect`.
fn line() -> LoopWorker {
    let mut worker = LoopWorker::start(run_persistent::<Line>).greeted("{}");
    let connect = worker.job("connect", "{}", Some("{}"));
    worker.tell(&connect);
    assert!(matches!(worker.hear(), Some(FromWorker::Done(JobId(1), Outcome::Unchanged))));
    assert!(matches!(worker.hear(), Some(FromWorker::Initialised(InstanceId(0), true))));
    worker
}

fn push(said: Option<FromWorker>) -> String {
    match said {
        Some(FromWorker::Push(InstanceId(0), text)) => String::from_utf8_lossy(&text).into_owned(),
        other => panic!("no push: {other:?}"),
    }
}

#[test]
fn verbs_without_credentials_wait_for_the_connection() {
    // core 4.4; platforms.md 1.3
    let mut worker = LoopWorker::start(run_persistent::<Line>).greeted("{}");
    let refused = Outcome::Failed("push called on uninitialized platform".into());
    assert_eq!(worker.call("push", "{}"), refused);
    let connect = worker.job("connect", "{}", Some("{}"));
    worker.tell(&connect);
    assert!(matches!(worker.hear(), Some(FromWorker::Done(..))));
    assert!(matches!(worker.hear(), Some(FromWorker::Initialised(_, true))));
    assert_eq!(worker.call("nap", "{}"), Outcome::Unchanged);
}

#[test]
fn jobs_run_one_by_one_in_order() {
    let mut worker = line();
    let jobs: Vec<ToWorker> = (0..20).map(|_| worker.job("nap", "{}", None)).collect();
    worker.tell_all(&jobs);
    for expected in 2..22 {
        assert!(matches!(worker.hear(), Some(FromWorker::Done(JobId(id), Outcome::Unchanged)) if id == expected));
    }
}

#[test]
fn pushes_come_before_the_answer_of_the_job_that_made_them() {
    let mut worker = line();
    let job = worker.job("push", "{}", None);
    worker.tell(&job);
    assert_eq!(push(worker.hear()), r#"{"n":2,"type":"message"}"#);
    assert!(matches!(worker.hear(), Some(FromWorker::Done(JobId(2), Outcome::Unchanged))));
}

#[test]
fn a_renamed_actor_is_told() {
    let mut worker = line();
    let job = worker.job("rename", "{}", None);
    worker.tell(&job);
    assert!(matches!(worker.hear(), Some(FromWorker::Rekey { actor, .. }) if actor == "kim@test2"));
}

#[test]
fn a_connection_lost_between_jobs_is_noticed() {
    let mut worker = line();
    assert_eq!(worker.call("lose", "{}"), Outcome::Unchanged);
    let (mut lost, mut told) = (false, false);
    while !(lost && told) {
        match worker.hear() {
            Some(FromWorker::Push(..)) => lost = true,
            Some(FromWorker::Initialised(_, false)) => told = true,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(worker.call("push", "{}"), Outcome::Failed("push called on uninitialized platform".into()));
}

#[test]
fn what_makes_sense_without_a_connection_is_the_platforms_to_say() {
    let mut worker = LoopWorker::start(run_persistent::<Line>).greeted("{}");
    let refused = Outcome::Failed("forget called on uninitialized platform".into());
    assert_eq!(worker.call("forget", "{}"), refused);
    let connect = worker.job("connect", "{}", Some("{}"));
    let lose = worker.job("lose", "{}", None);
    worker.tell_all(&[connect, lose]);
    while !matches!(worker.hear(), Some(FromWorker::Initialised(_, false))) {}
    assert_eq!(worker.call("push", "{}"), Outcome::Failed("push called on uninitialized platform".into()));
    assert_eq!(worker.call("forget", "{}"), Outcome::Unchanged);
}

#[test]
fn cancelling_the_running_job_lets_the_next_one_begin() {
    let mut worker = line();
    let jobs = [worker.job("wait", "{}", None), worker.job("nap", "{}", None), worker.job("nap", "{}", None)];
    worker.tell_all(&jobs);
    worker.tell_all(&[ToWorker::Cancel(JobId(3)), ToWorker::Cancel(JobId(2))]);
    assert!(matches!(worker.hear(), Some(FromWorker::Done(JobId(4), Outcome::Unchanged))));
}

#[test]
fn a_stop_drops_the_running_job_and_cleans_up() {
    let mut worker = line();
    let job = worker.job("wait", "{}", None);
    worker.tell_all(&[job, ToWorker::Stop { within: Duration::from_mins(1) }]);
    assert_eq!(push(worker.hear()), r#"{"type":"bye"}"#);
    let (said, ending) = worker.end();
    assert!(said.is_empty(), "{said:?}");
    assert_eq!(ending.code(), 0);
}

#[test]
fn a_running_job_does_not_stop_the_beat() {
    let mut worker = LoopWorker::start(run_persistent::<Line>);
    worker.greet("{}", Duration::from_millis(1));
    assert!(matches!(worker.hear(), Some(FromWorker::Ready(_))));
    let job = worker.job("wait", "{}", Some("{}"));
    worker.tell(&job);
    for _ in 0..3 {
        assert!(matches!(worker.hear(), Some(FromWorker::Beat)));
    }
}

#[test]
fn a_platform_that_waits_for_its_reader_may_push_without_end() {
    let mut worker = line();
    let job = worker.job("flood", "{}", None);
    worker.tell(&job);
    for n in 0..64 {
        // Two quotes around it.
        assert_eq!(push(worker.hear()).len(), 1024 * 1024 + n + 2);
    }
    assert!(matches!(worker.hear(), Some(FromWorker::Done(JobId(2), Outcome::Unchanged))));
}
