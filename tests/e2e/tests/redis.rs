//! The gateway over a real Redis: what outlives it, what Redis gets to see, and how the start goes.

use std::{fs, path::Path, time::Duration};

use footbridge_e2e::{LOOK, connect, credentials, drained, error, puppet};
use footbridge_testkit::{
    activity::{activity, echo},
    gateway::Gateway,
    redis::{Options, Persist, Server},
    request,
    socketio::Client,
};
use serde_json::{Value, json};

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

async fn server() -> Server {
    Server::start(Options::default()).await.expect("redis-server is installed")
}

/// Settings of a gateway over `server` whose key outlives it.
fn over(server: &Server) -> Value {
    json!({
        "platforms": ["dummy", "puppet", "clerk"],
        "redis": {"url": server.url(), "leaseMs": 1000},
        "encryption": {"key": KEY}
    })
}

fn note(content: &str, path: &Path) -> Value {
    activity("clerk", "note", "kim@clerk", json!({"content": content, "path": path}))
}

async fn lines(path: &Path, count: usize) -> Vec<String> {
    loop {
        let text = fs::read_to_string(path).unwrap_or_default();
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        if lines.len() >= count {
            return lines;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Gives the clerk as much as it does at a time; none of it ends before there is a file `go`.
async fn occupy(client: &mut Client, book: &Path, go: &Path) {
    for n in 0..4 {
        let wait = json!({"content": format!("held {n}"), "path": book, "until": go});
        drop(client.ask("message", &activity("clerk", "wait", "kim@clerk", wait)).await);
    }
    lines(book, 4).await;
}

#[tokio::test]
async fn jobs_that_wait_when_the_gateway_is_killed_are_run_by_the_next_one() {
    // core.md 4.6 ours
    let (server, folder) = (server().await, tempfile::tempdir().expect("a folder"));
    let (book, go) = (folder.path().join("book"), folder.path().join("go"));
    let gateway = Gateway::start(over(&server)).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    occupy(&mut client, &book, &go).await;
    for n in 0..20 {
        drop(client.ask("message", &note(&format!("waits {n}"), &book)).await);
    }
    // Behind them in the same connection: once it is answered, they have been submitted.
    client.call("message", &echo("barrier")).await.expect("an answer");
    while server.command(&["XLEN", &stream(&server).await]).await.ok()
        != Some(footbridge_testkit::redis::Reply::Integer(20))
    {
        tokio::time::sleep(LOOK).await;
    }
    gateway.kill().await.expect("killed");
    let _next = Gateway::start(over(&server)).await.expect("a gateway");
    let mut lines = lines(&book, 24).await;
    lines.sort();
    let mut expected: Vec<String> = (0..4).map(|n| format!("held {n}")).collect();
    expected.extend((0..20).map(|n| format!("waits {n}")));
    expected.sort();
    assert_eq!(lines, expected, "each once");
}

/// The key of the clerk's stream.
async fn stream(server: &Server) -> String {
    let keys = server.command(&["KEYS", "*:platform:clerk"]).await.expect("keys");
    keys.items().first().and_then(|key| key.text()).expect("there is one").to_owned()
}

#[tokio::test]
async fn nothing_that_people_say_or_keep_secret_can_be_read_in_redis() {
    // core 78, core.md 3.6
    let server = server().await;
    let gateway = Gateway::start(over(&server)).await.expect("a gateway");
    let planted = ["hunter2hunter2", "kim-the-actor", "a-planted-message", "a-planted-nick", KEY, "puppet:kim"];
    let mut clients = Vec::new();
    for n in 0..4 {
        let mut client = Client::connect(&gateway.address).await.expect("connected");
        let secret = json!({"password": "hunter2hunter2", "nick": format!("a-planted-nick-{n}")});
        connect(&mut client, "kim-the-actor", secret).await;
        clients.push(client);
    }
    let (mut seen, mut most) = (Vec::<&str>::new(), 0);
    for round in 0..10 {
        for client in &mut clients {
            for _ in 0..50 {
                drop(client.ask("message", &echo("a-planted-message")).await);
                drop(
                    client
                        .ask("message", &puppet("send", "kim-the-actor", json!({"content": "a-planted-message"})))
                        .await,
                );
            }
            client
                .call(
                    "credentials",
                    &credentials(&format!("kim-the-actor-{round}"), json!({"token": "hunter2hunter2"})),
                )
                .await
                .expect("stored");
        }
        let dump = server.dump().await;
        most = most.max(dump.len());
        seen.extend(
            planted.iter().copied().filter(|text| dump.windows(text.len()).any(|window| window == text.as_bytes())),
        );
        drained(&gateway).await;
    }
    assert!(most > 20_000, "the run was busy: {most} bytes");
    assert_eq!(seen, Vec::<&str>::new());
    assert_eq!(server.keys_without_ttl().await, Vec::<String>::new());
    assert!(server.clients().await <= 4);
}

#[tokio::test]
async fn credentials_of_a_session_are_gone_when_it_is() {
    // core 77
    let server = server().await;
    let gateway = Gateway::start(over(&server)).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    client.call("credentials", &credentials("kim", json!({"password": "x"}))).await.expect("stored");
    let stored = server.command(&["KEYS", "sockethub:credentials:*"]).await.expect("keys");
    assert_eq!(stored.items().len(), 1);
    drop(client);
    while !server.command(&["KEYS", "sockethub:credentials:*"]).await.expect("keys").items().is_empty() {
        tokio::time::sleep(LOOK).await;
    }
}

#[tokio::test]
async fn a_gateway_that_stops_answers_what_waits_and_leaves_no_job_behind() {
    let (server, folder) = (server().await, tempfile::tempdir().expect("a folder"));
    let (book, go) = (folder.path().join("book"), folder.path().join("go"));
    let gateway = Gateway::start(over(&server)).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    occupy(&mut client, &book, &go).await;
    let waiting = client.ask("message", &note("waits", &book)).await;
    client.call("message", &echo("barrier")).await.expect("an answer");
    let stopped = tokio::spawn(gateway.stop());
    assert_eq!(error(&waiting.value().await.expect("an answer")), "gateway shutting down");
    fs::write(&go, "").expect("written");
    assert!(stopped.await.expect("no panic").expect("it stops").success());
    let keys = server.command(&["KEYS", "*"]).await.expect("keys");
    for key in keys.items().iter().filter_map(|key| key.text()) {
        assert!(key.contains(":platform:"), "{key} is left");
        assert_eq!(
            server.command(&["XLEN", key]).await.expect("a stream"),
            footbridge_testkit::redis::Reply::Integer(0)
        );
    }
}

#[tokio::test]
async fn without_redis_the_start_fails_in_words_or_waits_if_told_to() {
    let mut server =
        Server::start(Options { persist: Persist::EveryWrite, ..Options::default() }).await.expect("a server");
    server.kill().await;
    let mut settings = over(&server);
    let refused = Gateway::start(settings.clone()).await.err().expect("refused").to_string();
    assert!(refused.contains("redis.url: Redis cannot be reached"), "{refused}");
    assert!(refused.contains("redis.required"), "{refused}");
    settings["redis"]["required"] = json!(false);
    settings["redis"]["giveUpMs"] = json!(500);
    let gateway = Gateway::start(settings).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    let refused = client.call("message", &echo("too early")).await.expect("an answer");
    assert_eq!(error(&refused), "failed to add job to queue: Redis does not answer");
    let refused = client.call("credentials", &credentials("kim", json!({}))).await.expect("an answer");
    assert_eq!(error(&refused), "the credentials store does not answer");
    let ready = request::get(&gateway.address, "/health/ready").await.expect("an answer");
    assert_eq!(ready.status, 503);
    server.restart().await.expect("started again");
    loop {
        let answer = client.call("message", &echo("in time")).await.expect("an answer");
        if answer.get("error").is_none() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let ready = request::get(&gateway.address, "/health/ready").await.expect("an answer");
    assert_eq!(ready.status, 200);
}

#[tokio::test]
async fn with_credentials_in_the_url_the_gateway_says_none_of_them() {
    let password = Some("s3cret-password".to_owned());
    let server = Server::start(Options { password, ..Options::default() }).await.expect("a server");
    let mut settings = over(&server);
    let wrong = server.url().replace("redis://", "redis://:wr0ng-password@");
    settings["redis"]["url"] = json!(wrong);
    let refused = Gateway::start(settings.clone()).await.err().expect("refused").to_string();
    assert!(refused.contains("redis.url") && !refused.contains("wr0ng"), "{refused}");
    settings["redis"]["url"] = json!(server.url().replace("redis://", "redis://:s3cret-password@") + "/3");
    let gateway = Gateway::start(settings).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    assert_eq!(client.call("message", &echo("hello")).await.expect("an answer").get("error"), None);
    assert!(!gateway.log().contains("s3cret"), "{}", gateway.log());
}
