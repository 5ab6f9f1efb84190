//! Feeds that are followed, through the gateway: who is told what, whoever leaves, dies or comes back in between.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use footbridge_e2e::{LOOK, error, until};
use footbridge_testkit::{
    activity::{activity, context, echo},
    gateway::{self, Gateway},
    http::{Answer, Request, Server},
    redis::{self, Options, Reply},
    socketio::Client,
};
use serde_json::{Value, json};

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// A feed that somebody writes.
#[derive(Clone, Default)]
struct Paper {
    posts: Arc<Mutex<Vec<(String, String)>>>,
    gone: Arc<Mutex<bool>>,
}

impl Paper {
    fn write(&self, title: &str, text: &str) {
        let mut posts = self.posts.lock().expect("sound");
        posts.retain(|(known, _)| known != title);
        posts.insert(0, (title.to_owned(), text.to_owned()));
    }

    fn close_down(&self) {
        *self.gone.lock().expect("sound") = true;
    }

    fn print(&self, request: &Request) -> Answer {
        if *self.gone.lock().expect("sound") {
            return Answer::status(410);
        }
        let items: String = self.posts.lock().expect("sound").iter().map(|(title, text)| item(title, text)).collect();
        let name = request.path.trim_start_matches('/');
        let feed = format!("<rss version='2.0'><channel><title>{name}</title>{items}</channel></rss>");
        Answer::ok("application/rss+xml", feed).header("cache-control", "no-cache")
    }

    async fn serve(&self) -> Server {
        let paper = self.clone();
        Server::start(move |request| paper.print(request)).await
    }
}

fn item(title: &str, text: &str) -> String {
    format!(
        "<item><title>{title}</title><guid isPermaLink='false'>{title}</guid><description>{text}</description>\
         <pubDate>Sat, 21 Nov 2026 10:00:00 GMT</pubDate></item>"
    )
}

/// Settings under which feeds are polled as often as possible.
fn settings() -> Value {
    json!({
        "platforms": ["dummy", "feeds"],
        "packageConfig": {"@sockethub/platform-feeds": {
            "allowPrivateAddresses": true, "pollIntervalMinMs": 50, "pollIntervalMaxMs": 100
        }},
        "platformRestart": {"pauseMs": 1}
    })
}

async fn client(gateway: &Gateway) -> Client {
    Client::connect(&gateway.address).await.expect("connected")
}

fn follow(verb: &str, actor: &str, url: &str) -> Value {
    activity("feeds", verb, actor, json!({"type": "feed", "id": url}))
}

/// Follows a feed; panics where that fails.
async fn follows(client: &mut Client, actor: &str, url: &str) -> Value {
    let answer = client.call("message", &follow("follow", actor, url)).await.expect("an answer");
    assert_eq!(answer.get("error"), None, "{answer}");
    answer
}

async fn shows(client: &mut Client, actor: &str, token: &str) {
    let credentials = json!({
        "@context": context("feeds"), "type": "credentials", "actor": {"id": actor, "type": "person"},
        "object": {"type": "credentials", "token": token}
    });
    let stored = client.call("credentials", &credentials).await.expect("an answer");
    assert_eq!(stored.get("error"), None, "{stored}");
}

/// What the next `message` says: its type, and the title of what it is about.
async fn news(client: &mut Client) -> (String, String) {
    let event = client.event().await.expect("news");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(&event.payload["type"]), text(&event.payload["object"]["title"]))
}

fn post(title: &str) -> (String, String) {
    ("post".to_owned(), title.to_owned())
}

fn titles(collection: &Value) -> Vec<&str> {
    let items = collection["items"].as_array().expect("a collection");
    items.iter().filter_map(|item| item["object"]["title"].as_str()).collect()
}

/// Nothing has come that was not looked at.
async fn assert_quiet(client: &mut Client) {
    // Whatever was said before is ahead of the answer.
    client.call("message", &echo("barrier")).await.expect("an answer");
    let more = client.arrived();
    assert!(more.is_none(), "{more:?} came twice, or to the wrong one");
}

#[tokio::test]
async fn whoever_follows_a_feed_has_what_is_there_and_is_told_once_of_what_comes() {
    let paper = Paper::default();
    paper.write("one", "1");
    let (server, gateway) = (paper.serve().await, Gateway::start(settings()).await.expect("a gateway"));
    let (mut ana, mut ben) = (client(&gateway).await, client(&gateway).await);
    let url = server.url("/harbour");
    for (reader, actor) in [(&mut ana, "ana"), (&mut ben, "ben")] {
        let collection = follows(reader, actor, &url).await;
        assert_eq!((&collection["summary"], titles(&collection)), (&json!("harbour"), vec!["one"]));
    }
    paper.write("two", "2");
    for reader in [&mut ana, &mut ben] {
        let event = reader.event().await.expect("news");
        assert_eq!(event.name, "message");
        let payload = &event.payload;
        assert_eq!((&payload["@context"], &payload["type"]), (&context("feeds"), &json!("post")));
        assert_eq!((&payload["actor"]["id"], &payload["actor"]["name"]), (&json!(url), &json!("harbour")));
        assert_eq!((&payload["object"]["title"], &payload["object"]["content"]), (&json!("two"), &json!("2")));
    }
    paper.write("one", "1, corrected");
    for reader in [&mut ana, &mut ben] {
        assert_eq!(news(reader).await, ("update".to_owned(), "one".to_owned()));
    }
    let parted = ana.call("message", &follow("unfollow", "ana", &url)).await.expect("an answer");
    assert_eq!(parted.get("error"), None, "{parted}");
    paper.write("three", "3");
    assert_eq!(news(&mut ben).await, post("three"));
    assert_quiet(&mut ana).await;
    assert_quiet(&mut ben).await;
}

#[tokio::test]
async fn what_cannot_be_read_is_not_followed() {
    let server = Server::start(|_| Answer::status(404)).await;
    let gateway = Gateway::start(settings()).await.expect("a gateway");
    let mut ana = client(&gateway).await;
    let answer = ana.call("message", &follow("follow", "ana", &server.url("/none"))).await.expect("an answer");
    assert!(error(&answer).starts_with("Error: request failed: 404 Not Found"), "{answer}");
    assert_eq!(list(&mut ana, "ana").await["totalItems"], 0);
}

#[tokio::test]
async fn a_worker_that_dies_is_replaced_and_nothing_is_missed_or_told_twice() {
    let paper = Paper::default();
    paper.write("one", "1");
    let (server, gateway) = (paper.serve().await, Gateway::start(settings()).await.expect("a gateway"));
    let mut ana = client(&gateway).await;
    follows(&mut ana, "ana", &server.url("/harbour")).await;
    paper.write("two", "2");
    assert_eq!(news(&mut ana).await, post("two"));
    for title in ["three", "four"] {
        let [pid] = gateway.workers()[..] else { panic!("one worker looks after what is followed") };
        gateway::signal(pid, "KILL").expect("alive");
        paper.write(title, "…");
        assert_eq!(news(&mut ana).await, post(title));
    }
    assert_quiet(&mut ana).await;
}

#[tokio::test]
async fn what_nobody_follows_any_more_is_left_alone() {
    let paper = Paper::default();
    let server = paper.serve().await;
    let mut settings = settings();
    settings["limits"] = json!({"idleWorkerMs": 1});
    let gateway = Gateway::start(settings).await.expect("a gateway");
    let mut ana = client(&gateway).await;
    follows(&mut ana, "ana", &server.url("/harbour")).await;
    let before = server.requests().len();
    until(|| server.requests().len() > before + 2).await;
    assert_eq!(gateway.workers().len(), 1, "it stays for what is followed, though nothing is asked of it");
    ana.disconnect().await;
    until(|| gateway.workers().is_empty()).await;
}

async fn list(client: &mut Client, actor: &str) -> Value {
    let ask = json!({"@context": context("feeds"), "type": "follow", "actor": {"id": actor, "type": "person"}});
    client.call("message", &ask).await.expect("an answer")
}

fn listed(answer: &Value) -> Vec<&str> {
    let items = answer["items"].as_array().unwrap_or_else(|| panic!("no list: {answer}"));
    items.iter().map(|item| item["id"].as_str().expect("an id")).collect()
}

#[tokio::test]
async fn who_showed_a_token_follows_beyond_the_session_and_is_told_what_came_meanwhile() {
    let paper = Paper::default();
    paper.write("one", "1");
    let (server, gateway) = (paper.serve().await, Gateway::start(settings()).await.expect("a gateway"));
    let url = server.url("/harbour");
    let mut first = client(&gateway).await;
    shows(&mut first, "ana", "a token of ana's").await;
    follows(&mut first, "ana", &url).await;
    // Another device.
    let mut second = client(&gateway).await;
    shows(&mut second, "ana", "a token of ana's").await;
    assert_eq!(listed(&list(&mut second, "ana").await), [url.as_str()]);
    paper.write("two", "2");
    assert_eq!((news(&mut first).await, news(&mut second).await), (post("two"), post("two")));
    first.disconnect().await;
    second.disconnect().await;
    footbridge_e2e::left(&gateway).await;

    paper.write("three", "3");
    let mut back = client(&gateway).await;
    shows(&mut back, "ana", "a token of ana's").await;
    assert_eq!(listed(&list(&mut back, "ana").await), [url.as_str()]);
    assert_eq!(news(&mut back).await, post("three"));
    paper.write("four", "4");
    assert_eq!(news(&mut back).await, post("four"));
    assert_quiet(&mut back).await;
    // Somebody who only says to be ana.
    let mut other = client(&gateway).await;
    assert_eq!(listed(&list(&mut other, "ana").await), [""; 0]);
    shows(&mut other, "ana", "a token of another's").await;
    assert_eq!(listed(&list(&mut other, "ana").await), [""; 0]);
    // What one tab ends has ended in the others.
    let mut tab = client(&gateway).await;
    shows(&mut tab, "ana", "a token of ana's").await;
    assert_eq!(listed(&list(&mut tab, "ana").await), [url.as_str()]);
    let parted = tab.call("message", &follow("unfollow", "ana", &url)).await.expect("an answer");
    assert_eq!(parted.get("error"), None, "{parted}");
    assert_eq!(news(&mut back).await.0, "unfollow");
    assert_eq!(listed(&list(&mut back, "ana").await), [""; 0]);
}

/// What is kept in Redis, once there are so many things.
async fn kept(redis: &redis::Server, count: usize) -> BTreeMap<String, Reply> {
    loop {
        let keys = redis.command(&["KEYS", "*:memo:*"]).await.expect("keys");
        let mut kept = BTreeMap::new();
        for key in keys.items().iter().filter_map(Reply::text) {
            kept.insert(key.to_owned(), redis.command(&["GET", key]).await.expect("a value"));
        }
        if kept.len() == count {
            return kept;
        }
        tokio::time::sleep(LOOK).await;
    }
}

#[tokio::test]
async fn with_redis_a_follower_is_known_to_the_next_gateway_too() {
    let redis = redis::Server::start(Options::default()).await.expect("redis-server is installed");
    let mut settings = settings();
    settings["redis"] = json!({"url": redis.url(), "leaseMs": 1000});
    settings["encryption"] = json!({"key": KEY});
    let paper = Paper::default();
    paper.write("one", "1");
    let server = paper.serve().await;
    let url = server.url("/a-planted-path");
    let gateway = Gateway::start(settings.clone()).await.expect("a gateway");
    let mut ana = client(&gateway).await;
    shows(&mut ana, "ana", "a token of ana's").await;
    follows(&mut ana, "ana", &url).await;
    // What is known of the feed, what ana follows, and until when she was told.
    let before = kept(&redis, 3).await;
    paper.write("two", "2");
    assert_eq!(news(&mut ana).await, post("two"));
    // The first and the last of these have changed: what is told in the last moment before a death is told again.
    let changed =
        |now: &BTreeMap<String, Reply>| before.iter().filter(|(key, value)| now.get(*key) != Some(value)).count();
    while changed(&kept(&redis, 3).await) < 2 {
        tokio::time::sleep(LOOK).await;
    }
    gateway.kill().await.expect("killed");
    paper.write("three", "3");

    let gateway = Gateway::start(settings.clone()).await.expect("a gateway");
    let mut ana = client(&gateway).await;
    shows(&mut ana, "ana", "a token of ana's").await;
    assert_eq!(listed(&list(&mut ana, "ana").await), [url.as_str()]);
    assert_eq!(news(&mut ana).await, post("three"));
    assert_quiet(&mut ana).await;
    assert!(gateway.stop().await.expect("stopped").success());
    paper.write("four", "4");

    let gateway = Gateway::start(settings).await.expect("a gateway");
    let mut ana = client(&gateway).await;
    shows(&mut ana, "ana", "a token of ana's").await;
    list(&mut ana, "ana").await;
    assert_eq!(news(&mut ana).await, post("four"));
    assert_quiet(&mut ana).await;
    let dump = redis.dump().await;
    for planted in ["a-planted-path", "a token of", "harbour"] {
        let readable = dump.windows(planted.len()).any(|window| window == planted.as_bytes());
        assert!(!readable, "{planted} can be read in Redis");
    }
}

#[tokio::test]
async fn a_feed_that_is_gone_for_good_is_said_to_be() {
    let paper = Paper::default();
    let (server, gateway) = (paper.serve().await, Gateway::start(settings()).await.expect("a gateway"));
    let mut ana = client(&gateway).await;
    let url = server.url("/harbour");
    follows(&mut ana, "ana", &url).await;
    paper.close_down();
    let event = ana.event().await.expect("a word");
    assert_eq!((&event.payload["type"], &event.payload["actor"]["id"]), (&json!("error"), &json!(url)));
    assert!(error(&event.payload).contains("410"), "{}", event.payload);
    assert_eq!(listed(&list(&mut ana, "ana").await), [""; 0]);
}

#[tokio::test]
async fn a_list_of_subscriptions_is_followed_at_once() {
    let paper = Paper::default();
    paper.write("one", "1");
    let (server, gateway) = (paper.serve().await, Gateway::start(settings()).await.expect("a gateway"));
    let mut ana = client(&gateway).await;
    let [north, south] = ["/north", "/south"].map(|path| server.url(path));
    let opml = format!(
        "<opml version='2.0'><head><title>Harbours</title></head><body><outline text='Sea'>\
         <outline text='North' type='rss' xmlUrl='{north}'/><outline text='South' type='rss' xmlUrl='{south}'/>\
         </outline><outline text='bad' xmlUrl='ftp://x'/></body></opml>"
    );
    let request = activity("feeds", "follow", "ana", json!({"type": "opml", "content": opml}));
    let answer = ana.call("message", &request).await.expect("an answer");
    assert_eq!((&answer["summary"], listed(&answer)), (&json!("Harbours"), vec![north.as_str(), south.as_str()]));
    assert_eq!(listed(&list(&mut ana, "ana").await), [north.as_str(), south.as_str()]);
    // Both have been read once: what is there is known.
    until(|| {
        ["/north", "/south"].iter().all(|path| server.requests().iter().filter(|it| it.path == *path).count() > 1)
    })
    .await;
    paper.write("two", "2");
    assert_eq!((news(&mut ana).await, news(&mut ana).await), (post("two"), post("two")));
    assert_quiet(&mut ana).await;
}

/// Nothing here takes long; a hang is to be told from slowness.
#[tokio::test]
async fn a_follow_that_waits_for_its_feed_holds_up_nobody_else() {
    let server = Server::start(|request| match request.path.as_str() {
        "/slow" => Answer::mute(),
        _ => Paper::default().print(request),
    })
    .await;
    let gateway = Gateway::start(settings()).await.expect("a gateway");
    let (mut ana, mut ben) = (client(&gateway).await, client(&gateway).await);
    let slow = ana.ask("message", &follow("follow", "ana", &server.url("/slow"))).await;
    follows(&mut ben, "ben", &server.url("/quick")).await;
    let answer =
        tokio::time::timeout(Duration::from_secs(20), slow.value()).await.expect("in time").expect("an answer");
    assert!(error(&answer).starts_with("TimeoutError: "), "{answer}");
}

#[tokio::test]
async fn a_feed_that_a_hundred_follow_is_asked_for_as_if_by_one() {
    let paper = Paper::default();
    paper.write("one", "1");
    let (server, gateway) = (paper.serve().await, Gateway::start(settings()).await.expect("a gateway"));
    let url = server.url("/harbour");
    let mut readers = Vec::new();
    for number in 0..100 {
        let mut reader = client(&gateway).await;
        follows(&mut reader, &format!("reader-{number}"), &url).await;
        readers.push(reader);
    }
    paper.write("two", "2");
    let printed = server.requests().len();
    for reader in &mut readers {
        assert_eq!(news(reader).await, post("two"));
    }
    // Each of them would have asked at least once.
    assert!(server.requests().len() - printed < 50, "{}", server.requests().len() - printed);
    for reader in &mut readers {
        assert_quiet(reader).await;
    }
}
