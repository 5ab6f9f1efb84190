//! The worker's binary, over its socket.

use footbridge_testkit::http::{Answer, Server};
use footbridge_testkit::worker::ProcessWorker;
use footbridge_wire::{FromWorker, Outcome, ToWorker, Watch};

/// The worker is spoken to without a runtime, beside the one that the server needs.
async fn fetch(settings: &'static str, url: String) -> Outcome {
    let activity = format!(r#"{{"type":"fetch","actor":{{"id":"{url}","type":"feed"}}}}"#);
    tokio::task::spawn_blocking(move || {
        let mut worker =
            ProcessWorker::spawn(env!("CARGO_BIN_EXE_footbridge-feeds")).expect("it is built").greeted(settings);
        worker.call("fetch", activity)
    })
    .await
    .expect("the worker is spoken to")
}

// feeds 1, 15
#[tokio::test]
async fn a_feed_travels_through_the_worker() {
    let server = Server::start(|_| Answer::ok("text/xml", &include_bytes!("fixtures/harbour.xml")[..])).await;
    let outcome = fetch(r#"{"allowPrivateAddresses":true,"concurrency":3}"#, server.url("/")).await;
    let Outcome::Activity(json) = outcome else { panic!("{outcome:?}") };
    assert!(json.starts_with(br#"{"id":null,"#), "{json:?}");
}

// feeds 19
#[tokio::test]
async fn the_worker_keeps_to_public_addresses() {
    let server = Server::start(|_| Answer::status(200)).await;
    let outcome = fetch("{}", server.url("/")).await;
    assert_eq!(outcome, Outcome::Failed("Error: blocked non-public address 127.0.0.1".into()));
}

/// What a worker that shares pages keeps of one, given what is kept already, and how its job ends.
async fn fetch_sharing(url: String, kept: Option<bytes::Bytes>) -> (Option<bytes::Bytes>, Outcome) {
    let program = env!("CARGO_BIN_EXE_footbridge-feeds");
    let fetch = move || ProcessWorker::fetch_sharing(program, "feed", &url, kept.as_ref());
    tokio::task::spawn_blocking(fetch).await.expect("the worker is spoken to")
}

#[tokio::test]
async fn what_one_worker_fetched_another_need_not_ask_for() {
    let server = Server::start(|_| Answer::ok("text/xml", &include_bytes!("fixtures/harbour.xml")[..])).await;
    let (kept, first) = fetch_sharing(server.url("/"), None).await;
    assert!(matches!(first, Outcome::Activity(_)), "{first:?}");
    let (_, second) = fetch_sharing(server.url("/"), kept).await;
    assert_eq!(second, first);
    assert_eq!(server.requests().len(), 1);
}

/// Resident memory of a process in bytes.
fn resident(pid: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it lives");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux tells");
    line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") * 1024
}

/// What the worker keeps of a feed, after it has been asked to follow it.
fn kept_of(worker: &mut ProcessWorker, url: &str) -> bytes::Bytes {
    let actor = r#"{"id":"kim@feeds","type":"person"}"#;
    let activity = format!(r#"{{"type":"follow","actor":{actor},"object":{{"type":"feed","id":"{url}"}}}}"#);
    let job = worker.job("follow", activity, None);
    worker.tell(&job);
    let mut kept = None;
    loop {
        match worker.hear().expect("it lives") {
            FromWorker::Recall { number, .. } => worker.tell(&ToWorker::Recalled { number, value: None }),
            FromWorker::Keep(keep) => kept = keep.value,
            FromWorker::Done(_, Outcome::Activity(_)) => return kept.expect("it keeps what it knows"),
            FromWorker::Standing(_) | FromWorker::Log { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Has the worker look after that many feeds, each known as well as the one that was followed, as after a restart.
fn look_after(url: &str, count: usize) -> (usize, usize) {
    let program = env!("CARGO_BIN_EXE_footbridge-feeds");
    let mut worker = ProcessWorker::spawn(program).expect("it is built").greeted(r#"{"allowPrivateAddresses":true}"#);
    let kept = kept_of(&mut worker, url);
    let before = resident(worker.pid());
    let watch = |n| ToWorker::Watch(Watch { topic: format!("http://h{n}.example/path/to/feed.xml"), returning: None });
    worker.tell_all(&(0..count).map(watch).collect::<Vec<_>>());
    for _ in 0..count {
        match worker.hear() {
            Some(FromWorker::Recall { number, .. }) => {
                worker.tell(&ToWorker::Recalled { number, value: Some(kept.clone()) });
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(worker.call("zork", "{}"), Outcome::Failed(_)));
    (before, resident(worker.pid()))
}

#[tokio::test]
async fn ten_thousand_feeds_fit_into_60_mib() {
    let items: Vec<_> = (0..50).map(|n| format!("<item><guid>urn:{n}</guid><title>Entry {n}</title></item>")).collect();
    let feed = format!("<rss><channel><title>T</title>{}</channel></rss>", items.concat());
    let server = Server::start(move |_| Answer::ok("text/xml", feed.clone())).await;
    let url = server.url("/");
    let (before, after) = tokio::task::spawn_blocking(move || look_after(&url, 10_000)).await.expect("it is spoken to");
    println!("{} KiB before, {} KiB with 10,000 feeds", before / 1024, after / 1024);
    assert!(after <= 60 * 1024 * 1024, "{after} bytes");
}
