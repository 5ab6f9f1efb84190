//! Ways around the guard that a page knows: the feeds that it names. A trap that listens on every address of this machine shows
//! that nothing connects.

use bytes::Bytes;
use footbridge_feeds::Feeds;
use footbridge_host::{Call, JobId, Reply, SessionId, Stateless};
use footbridge_outbound::{Guard, Pace, Policy};
use footbridge_testkit::http::{Answer, Server};
use footbridge_testkit::special;
use footbridge_testkit::trap::Trap;
use serde_json::json;
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(20);

async fn fetch(feeds: &Feeds, url: &str) -> Result<Reply, String> {
    let activity = json!({"type": "fetch", "actor": {"id": url, "type": "feed"}}).to_string();
    let session = SessionId::from_random([0; 16]);
    let verb = "fetch".into();
    let call = Call { job: JobId(0), verb, session, activity: Bytes::from(activity), credentials: None };
    feeds.perform(call).await.map_err(|failure| failure.to_string())
}

fn page(to: &str) -> String {
    format!("<!doctype html><title>T</title><link rel=alternate type='application/rss+xml' href='{to}'>")
}

// feeds 19
#[tokio::test]
async fn no_feed_that_a_page_names_connects() {
    let (trap, hosts) = (Trap::set().await, special::hosts());
    let named: Vec<_> = hosts.iter().map(|host| format!("http://{host}:{}/feed", trap.port())).collect();
    let pages = named.clone();
    let server = Server::start(move |request| {
        let at: usize = request.path[1..].parse().expect("a number");
        Answer::ok("text/html", page(&pages[at]))
    })
    .await;
    let fast = Pace { at_once: 6, interval: Duration::ZERO, ahead: Duration::ZERO };
    let feeds = Feeds::fetching(Guard::new(Policy::default()).excepting(server.address()).paced(fast), DEADLINE);
    for (at, to) in named.iter().enumerate() {
        let error = fetch(&feeds, &server.url(&format!("/{at}"))).await.expect_err(to);
        assert!(error.starts_with("Error: "), "{to}: {error}");
    }
    assert_eq!(trap.caught().await, 0);
    assert_eq!(server.requests().len(), named.len());
}

/// That the trap would show it: where private addresses may be reached, the feed that a page names is asked for.
#[tokio::test]
async fn without_the_guard_the_feed_is_asked_for() {
    let trap = Trap::set().await;
    let to = format!("http://127.0.0.1:{}/", trap.port());
    let server = Server::start(move |_| Answer::ok("text/html", page(&to))).await;
    let guard = Guard::new(Policy { allow_private_addresses: true });
    fetch(&Feeds::fetching(guard, DEADLINE), &server.url("/")).await.expect_err("it hangs up");
    assert!(trap.caught().await > 0);
}
