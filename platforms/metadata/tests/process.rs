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

/// What a worker that shares pages keeps of one, given what is kept already, and how its job ends.
async fn fetch_sharing(url: String, kept: Option<bytes::Bytes>) -> (Option<bytes::Bytes>, Outcome) {
    let program = env!("CARGO_BIN_EXE_footbridge-metadata");
    let fetch = move || ProcessWorker::fetch_sharing(program, "website", &url, kept.as_ref());
    tokio::task::spawn_blocking(fetch).await.expect("the worker is spoken to")
}

#[tokio::test]
async fn what_one_worker_fetched_another_need_not_ask_for() {
    let server = Server::start(|_| Answer::ok("text/html", "<title>Tide</title>")).await;
    let (kept, first) = fetch_sharing(server.url("/"), None).await;
    assert!(matches!(first, Outcome::Activity(_)), "{first:?}");
    let (_, second) = fetch_sharing(server.url("/"), kept).await;
    assert_eq!(second, first);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_page_that_may_be_stale_is_asked_for_behind_the_answer() {
    let (asked, mut renewed) = tokio::sync::mpsc::channel(8);
    let server = Server::start(move |_| {
        let nth = 8 - asked.capacity();
        // More of them than expected are not counted.
        let _ = asked.try_send(());
        Answer::ok("text/html", format!("<title>{nth}</title>"))
            .header("cache-control", "max-age=0, stale-while-revalidate=600")
    })
    .await;
    let url = server.url("/");
    let talk = tokio::task::spawn_blocking(move || {
        let settings = r#"{"allowPrivateAddresses":true}"#;
        let mut worker =
            ProcessWorker::spawn(env!("CARGO_BIN_EXE_footbridge-metadata")).expect("it is built").greeted(settings);
        let mut title = || {
            let activity = format!(r#"{{"type":"fetch","actor":{{"id":"{url}","type":"website"}}}}"#);
            let Outcome::Activity(json) = worker.call("fetch", activity) else { panic!("no answer") };
            let answer: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
            answer["object"]["title"].as_str().map(ToOwned::to_owned)
        };
        assert_eq!(title().as_deref(), Some("0"));
        while title().as_deref() == Some("0") {}
    });
    for _ in 0..2 {
        renewed.recv().await.expect("a request");
    }
    talk.await.expect("the worker is spoken to");
}
