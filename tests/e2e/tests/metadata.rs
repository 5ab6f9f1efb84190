//! Previews of pages through the gateway: what clients get, and that nobody suffers from what a page does.

use std::fs;
use std::time::Duration;

use footbridge_e2e::error;
use footbridge_testkit::{
    activity::{activity, context},
    gateway::Gateway,
    http::{Answer, Request, Server},
    socketio::Client,
};
use serde_json::{Value, json};

const PAGE: &str = r#"<html lang="en"><head><title>Tide tables</title><meta property="og:site_name" content="Harbour">
    <meta name="description" content="Today and tomorrow"><meta property="og:image" content="/t.png">
    <link rel="canonical" href="/tides"></head><body></body></html>"#;

/// Memory that a worker may take more for a page that means harm than for any other, in KiB.
const MOST: u64 = 32 * 1024;

async fn gateway() -> Gateway {
    let settings = json!({
        "platforms": ["metadata", "feeds"],
        "packageConfig": {"@sockethub/platform-metadata": {"allowPrivateAddresses": true}}
    });
    Gateway::start(settings).await.expect("a gateway")
}

async fn fetch(client: &mut Client, url: &str) -> Value {
    let request = json!({
        "@context": context("metadata"), "type": "fetch", "actor": {"id": url, "type": "website", "name": "given"}
    });
    client.call("message", &request).await.expect("an answer")
}

// metadata 1, 2, 6
#[tokio::test]
async fn a_page_is_told_in_the_contracts_shape() {
    let (gateway, server) = (gateway().await, Server::start(|_| Answer::ok("text/html", PAGE)).await);
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    let answer = fetch(&mut client, &server.url("/x?from=mail")).await;
    assert_eq!(
        answer,
        json!({
            "@context": context("metadata"), "type": "fetch",
            "actor": {"id": server.url("/tides"), "type": "website", "name": "Harbour"},
            "object": {
                "type": "page", "language": "en", "title": "Tide tables", "name": "Harbour",
                "description": "Today and tomorrow", "url": server.url("/tides"), "favicon": "/favicon.ico",
                "charset": "utf-8", "image": [{"url": server.url("/t.png"), "type": "png"}],
            }
        })
    );
}

// metadata 3
#[tokio::test]
async fn a_request_has_no_object() {
    let gateway = gateway().await;
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    let request = activity("metadata", "fetch", "https://h.example/", json!({}));
    let answer = client.call("message", &request).await.expect("an answer");
    assert!(error(&answer).starts_with("[metadata] /object: "), "{answer}");
}

// platforms.md 12.2: a gateway that is asked about itself does not wait for itself
#[tokio::test]
async fn the_gateways_own_pages_can_be_asked_about() {
    let gateway = gateway().await;
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    let answer = fetch(&mut client, &format!("http://{}/health/live", gateway.address)).await;
    assert_eq!(error(&answer), "Error: Page must return a header content-type with text/");
}

// metadata 16
#[tokio::test]
async fn private_addresses_are_refused_by_default() {
    let gateway = Gateway::start(json!({"platforms": ["metadata"]})).await.expect("a gateway");
    let server = Server::start(|_| Answer::ok("text/html", PAGE)).await;
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    let answer = fetch(&mut client, &server.url("/")).await;
    assert_eq!(error(&answer), "Error: blocked non-public address 127.0.0.1");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_page_is_asked_for_once_for_all_sessions() {
    let (gateway, server) = (gateway().await, Server::start(|_| Answer::ok("text/html", PAGE)).await);
    for _ in 0..3 {
        let mut client = Client::connect(&gateway.address).await.expect("connected");
        assert_eq!(fetch(&mut client, &server.url("/")).await["object"]["title"], "Tide tables");
    }
    assert_eq!(server.requests().len(), 1);
}

/// Pages that mean harm.
fn harm(request: &Request) -> Answer {
    match request.path.as_str() {
        "/gzip" => Answer::gzip_bomb(16 << 20).endless(),
        "/brotli" => Answer::brotli_bomb(10 << 30),
        "/zstd" => Answer::zstd_bomb(10 << 30),
        "/slow" => Answer::ok("text/html", PAGE).trickle(Duration::from_secs(1)),
        "/loop" => Answer::redirect("/loop"),
        "/endless" => Answer::ok("text/html", vec![b'<'; 64 * 1024]).endless(),
        "/mute" => Answer::mute(),
        _ => Answer::ok("text/html", PAGE),
    }
}

/// What the gateway's worker has taken at most so far, in KiB.
fn peak(gateway: &Gateway) -> u64 {
    let peak = |pid: u32| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().split(' ').next()?.parse().ok()
    };
    gateway.workers().into_iter().filter_map(peak).max().expect("there is a worker")
}

// metadata 18, guard 10, 15
#[tokio::test]
async fn pages_that_mean_harm_fail_by_name_and_disturb_nobody() {
    let (gateway, server) = (gateway().await, Server::start(harm).await);
    let mut bystander = Client::connect(&gateway.address).await.expect("connected");
    assert_eq!(fetch(&mut bystander, &server.url("/")).await["object"]["title"], "Tide tables");
    let before = peak(&gateway);
    let mut tasks = tokio::task::JoinSet::new();
    for (path, text) in [
        ("/gzip", "Error: terminated"),
        ("/brotli", "Error: terminated"),
        ("/zstd", "Error: terminated"),
        ("/slow", "Error: The operation was aborted due to timeout"),
        ("/loop", "Error: redirect count exceeded"),
        ("/endless", "Error: terminated"),
        ("/mute", "Error: The operation was aborted due to timeout"),
    ] {
        let (address, url) = (gateway.address.clone(), server.url(path));
        tasks.spawn(async move {
            let mut client = Client::connect(&address).await.expect("connected");
            assert_eq!(error(&fetch(&mut client, &url).await), text, "{url}");
        });
    }
    for _ in 0..100 {
        assert_eq!(fetch(&mut bystander, &server.url("/")).await["object"]["title"], "Tide tables");
    }
    while let Some(done) = tasks.join_next().await {
        done.expect("as named");
    }
    assert_eq!(fetch(&mut bystander, &server.url("/again")).await["object"]["title"], "Tide tables");
    let after = peak(&gateway);
    println!("{before} KiB before, {after} KiB at most");
    assert!(after - before <= MOST, "{before} KiB before, {after} KiB at most");
}
