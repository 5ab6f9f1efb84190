//! Pages are fetched once for all gateways that share a Redis, and for those that come after them.

use std::fs;

use footbridge_e2e::{LOOK, until};
use footbridge_testkit::{
    activity::context,
    gateway::{Gateway, signal},
    http::{Answer, Server as Web},
    redis::{Options, Server as Redis},
    socketio::Client,
};
use serde_json::{Value, json};

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const FEED: &str = r#"<rss version="2.0"><channel><title>Harbour News</title><link>https://news.example/</link>
    <item><title>High tide</title><link>https://news.example/1</link></item></channel></rss>"#;
const PAGE: &str = r#"<html lang="en"><head><title>Tide tables</title></head></html>"#;

/// A feed and a page that are good for a minute.
async fn web() -> Web {
    Web::start(|request| {
        let answer = match request.path.as_str() {
            "/feed" => Answer::ok("application/rss+xml", FEED),
            _ => Answer::ok("text/html", PAGE),
        };
        answer.header("cache-control", "max-age=60")
    })
    .await
}

async fn redis() -> Redis {
    Redis::start(Options::default()).await.expect("redis-server is installed")
}

fn settings() -> Value {
    let lonely = json!({"allowPrivateAddresses": true, "concurrency": 1});
    json!({
        "platforms": ["feeds", "metadata"],
        "packageConfig": {"@sockethub/platform-feeds": lonely, "@sockethub/platform-metadata": lonely}
    })
}

async fn over(redis: &Redis) -> Gateway {
    over_with(redis, 100_000_000).await
}

/// With so much room in Redis for what workers keep.
async fn over_with(redis: &Redis, room: u64) -> Gateway {
    let mut settings = settings();
    settings["redis"] = json!({"url": redis.url(), "leaseMs": 1000, "memosMaxBytes": room});
    settings["encryption"] = json!({"key": KEY});
    Gateway::start(settings).await.expect("a gateway")
}

async fn client(gateway: &Gateway) -> Client {
    Client::connect(&gateway.address).await.expect("connected")
}

fn request(platform: &str, url: &str) -> Value {
    let kind = if platform == "feeds" { "feed" } else { "website" };
    json!({"@context": context(platform), "type": "fetch", "actor": {"id": url, "type": kind}})
}

async fn fetch(client: &mut Client, platform: &str, url: &str) -> Value {
    let answer = client.call("message", &request(platform, url)).await.expect("an answer");
    assert_eq!(answer.get("error"), None, "{answer}");
    answer
}

/// Asks for both, as a first client does.
async fn fetch_both(client: &mut Client, web: &Web) -> [Value; 2] {
    [fetch(client, "feeds", &web.url("/feed")).await, fetch(client, "metadata", &web.url("/page")).await]
}

/// Waits until so many pages lie in Redis: a moment after they were fetched.
async fn kept(redis: &Redis, count: usize) {
    while redis.command(&["KEYS", "sockethub:memo:*"]).await.expect("keys").items().len() < count {
        tokio::time::sleep(LOOK).await;
    }
}

#[tokio::test]
async fn two_gateways_ask_for_a_page_once() {
    let (web, redis) = (web().await, redis().await);
    let (one, other) = (over(&redis).await, over(&redis).await);
    let mut clients = [client(&one).await, client(&other).await];
    let first = fetch_both(&mut clients[0], &web).await;
    kept(&redis, 2).await;
    // Either gateway may run a job: asked for until each has run both kinds.
    while [&one, &other].iter().any(|gateway| gateway.workers().len() < 2) {
        let mut answers = Vec::new();
        for _ in 0..10 {
            for client in &mut clients {
                answers.push(client.ask("message", &request("feeds", &web.url("/feed"))).await);
                answers.push(client.ask("message", &request("metadata", &web.url("/page"))).await);
            }
        }
        for answer in answers {
            let answer = answer.value().await.expect("an answer");
            assert!(answer == first[0] || answer == first[1], "{answer}");
        }
    }
    assert_eq!(fetch_both(&mut clients[1], &web).await, first);
    let paths: Vec<_> = web.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(paths, ["/feed", "/page"]);
}

#[tokio::test]
async fn what_was_fetched_outlives_a_gateway_that_is_killed() {
    let (web, redis) = (web().await, redis().await);
    let gateway = over(&redis).await;
    let first = fetch_both(&mut client(&gateway).await, &web).await;
    kept(&redis, 2).await;
    gateway.kill().await.expect("killed");
    let next = over(&redis).await;
    assert_eq!(fetch_both(&mut client(&next).await, &web).await, first);
    assert_eq!(web.requests().len(), 2);
}

#[tokio::test]
async fn a_gateway_that_is_asked_to_stop_has_written_what_its_workers_kept() {
    let (web, redis) = (web().await, redis().await);
    let gateway = over(&redis).await;
    fetch_both(&mut client(&gateway).await, &web).await;
    assert!(gateway.stop().await.expect("it stops").success());
    let next = over(&redis).await;
    fetch_both(&mut client(&next).await, &web).await;
    assert_eq!(web.requests().len(), 2);
}

// core 78
#[tokio::test]
async fn nothing_of_a_page_can_be_read_in_redis() {
    let (web, redis) = (web().await, redis().await);
    let gateway = over(&redis).await;
    fetch_both(&mut client(&gateway).await, &web).await;
    kept(&redis, 2).await;
    let dump = redis.dump().await;
    for planted in ["Harbour", "Tide tables", "127.0.0.1", "/feed", "text/html", "page:"] {
        assert!(!dump.windows(planted.len()).any(|window| window == planted.as_bytes()), "{planted}");
    }
    assert_eq!(redis.keys_without_ttl().await, Vec::<String>::new());
    assert!(redis.clients().await <= 4);
}

#[tokio::test]
async fn without_room_in_redis_each_worker_fetches_for_itself() {
    let (web, redis) = (web().await, redis().await);
    for asked in [2, 4] {
        let gateway = over_with(&redis, 0).await;
        let mut client = client(&gateway).await;
        for _ in 0..2 {
            fetch_both(&mut client, &web).await;
        }
        assert_eq!(web.requests().len(), asked);
        assert!(gateway.stop().await.expect("it stops").success());
    }
    assert!(redis.command(&["KEYS", "sockethub:memo:*"]).await.expect("keys").items().is_empty());
}

#[tokio::test]
async fn a_worker_that_dies_takes_along_what_nobody_shares() {
    let web = web().await;
    // Where tests run over a Redis, even one gateway shares it with its own next worker.
    let is_shared = std::env::var_os("FOOTBRIDGE_TEST_REDIS").is_some();
    let gateway = Gateway::start(settings()).await.expect("a gateway");
    let mut client = client(&gateway).await;
    fetch(&mut client, "feeds", &web.url("/feed")).await;
    fetch(&mut client, "feeds", &web.url("/feed")).await;
    assert_eq!(web.requests().len(), 1);
    for worker in gateway.workers() {
        signal(worker, "KILL").expect("it lives");
        until(|| fs::metadata(format!("/proc/{worker}")).is_err()).await;
    }
    fetch(&mut client, "feeds", &web.url("/feed")).await;
    assert_eq!(web.requests().len(), if is_shared { 1 } else { 2 });
}
