//! The worker's binary, over its socket.

use footbridge_testkit::http::{Answer, Server};
use footbridge_testkit::worker::ProcessWorker;
use footbridge_wire::Outcome;

/// The worker is spoken to without a runtime, beside the one that the server needs.
async fn fetch(settings: &'static str, url: String) -> Outcome {
    let activity = format!(r#"{{"type":"fetch","actor":{{"id":"{url}","type":"website"}}}}"#);
    tokio::task::spawn_blocking(move || {
        let mut worker =
            ProcessWorker::spawn(env!("CARGO_BIN_EXE_footbridge-metadata")).expect("it is built").greeted(settings);
        worker.call("fetch", activity)
    })
    .await
    .expect("the worker is spoken to")
}

// metadata 1
#[tokio::test]
async fn a_page_travels_through_the_worker() {
    let server = Server::start(|_| Answer::ok("text/html", "<title>Tide</title>")).await;
    let outcome = fetch(r#"{"allowPrivateAddresses":true,"concurrency":3,"userAgent":"A/1"}"#, server.url("/")).await;
    let Outcome::Activity(json) = outcome else { panic!("{outcome:?}") };
    let answer: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
    assert_eq!(answer["object"]["title"], "Tide");
}

// metadata 16
#[tokio::test]
async fn the_worker_keeps_to_public_addresses() {
    let server = Server::start(|_| Answer::status(200)).await;
    let outcome = fetch("{}", server.url("/")).await;
    assert_eq!(outcome, Outcome::Failed("Error: blocked non-public address 127.0.0.1".into()));
}
