//! The worker's binary: its verbs over the socket, and the ways it dies.

use std::os::unix::process::ExitStatusExt as _;

use footbridge_testkit::worker::ProcessWorker;
use footbridge_wire::{FromWorker, Outcome, ToWorker};

const MESSAGE: &str = r#"{"type":"fail","actor":{"id":"mia@dummy"},"object":{"type":"message","content":"ping 7"}}"#;

fn dummy(settings: &'static str) -> ProcessWorker {
    ProcessWorker::spawn(env!("CARGO_BIN_EXE_footbridge-dummy")).expect("it is built").greeted(settings)
}

#[test]
fn failures_carry_the_content() {
    // dummy 7, 8
    let mut worker = dummy("{}");
    for verb in ["fail", "throw"] {
        assert_eq!(worker.call(verb, MESSAGE), Outcome::Failed("Error: ping 7".into()));
    }
    assert!(matches!(worker.call("fail", "{}"), Outcome::Failed(text) if !text.starts_with("Error: ")));
}

#[test]
fn the_greeting_is_a_setting() {
    // dummy 5, 6
    for (settings, content) in [("{}", "Hello ping 7"), (r#"{"greeting":"Ahoy"}"#, "Ahoy ping 7")] {
        let Outcome::Activity(text) = dummy(settings).call("greet", MESSAGE) else { panic!("greet failed") };
        let answer: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
        assert_eq!(answer["object"]["content"], content);
        assert_eq!(answer["target"]["id"], "mia@dummy");
    }
}

#[test]
fn each_way_to_die_has_its_status_and_words() {
    // dummy 10, 11, 12, 16
    for (verb, code, signal, words) in [
        ("exit0", Some(0), None, None),
        ("exit1", Some(1), None, None),
        ("sigterm", None, Some(15), None),
        ("sigkill", None, Some(9), None),
        ("throwTypeError", Some(1), None, Some("TypeError: dummy type error")),
        ("throwReferenceError", Some(1), None, Some("ReferenceError: dummy reference error")),
    ] {
        let mut worker = dummy("{}");
        let job = worker.job(verb, MESSAGE, None);
        worker.tell(&job);
        let (said, status) = worker.end().expect("it can be waited for");
        match (&said[..], words) {
            ([], None) => {}
            ([FromWorker::Fatal(text)], Some(words)) => assert_eq!(text, words),
            other => panic!("{verb}: {other:?}"),
        }
        assert_eq!((status.code(), status.signal()), (code, signal), "{verb}");
    }
}

#[test]
fn a_worker_says_that_it_is_ready_before_it_begins_a_job() {
    // Who ended before that has begun none, for the gateway.
    let mut worker = ProcessWorker::spawn(env!("CARGO_BIN_EXE_footbridge-dummy")).expect("it is built");
    worker.greet("{}", std::time::Duration::ZERO);
    let job = worker.job("exit1", MESSAGE, None);
    worker.tell(&job);
    let (said, status) = worker.end().expect("it can be waited for");
    assert!(matches!(&said[..], [FromWorker::Ready(_)]), "{said:?}");
    assert_eq!(status.code(), Some(1));
}

#[test]
fn a_blocked_worker_ends_by_the_default_action_of_term() {
    // dummy 13, as far as it is the worker's
    let mut worker = dummy("{}");
    let jobs = [worker.job("echo", MESSAGE, None), worker.job("hang", MESSAGE, None)];
    worker.tell_all(&jobs);
    footbridge_testkit::gateway::signal(worker.pid(), "TERM").expect("it lives");
    let (_, status) = worker.end().expect("it can be waited for");
    assert_eq!(status.signal(), Some(15));
}

#[test]
fn the_gateway_ends_it_by_a_frame_or_by_going_away() {
    let mut stopped = dummy("{}");
    stopped.tell(&ToWorker::Stop { within: std::time::Duration::from_secs(1) });
    assert_eq!(stopped.end().expect("it can be waited for").1.code(), Some(0));
    assert_eq!(dummy("{}").abandon().expect("it can be waited for").code(), Some(1));
}

#[test]
fn started_by_hand_it_refuses() {
    #[expect(clippy::disallowed_methods, reason = "a process that is no worker is what is tested")]
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_footbridge-dummy"))
        .stdin(std::process::Stdio::null())
        .output()
        .expect("it is built");
    assert_eq!(output.status.code(), Some(64));
    assert!(!output.stderr.is_empty());
}
