//! What a worker keeps is found by the next one, and by those of other gateways.

use footbridge_e2e::{connect, puppet};
use footbridge_testkit::{
    gateway::Gateway,
    redis::{Options, Server},
    socketio::Client,
};
use serde_json::{Value, json};

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// A client of `gateway` whose actor is connected.
async fn client(gateway: &Gateway, actor: &str) -> Client {
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    connect(&mut client, actor, json!({"password": "p"})).await;
    client
}

async fn ask(client: &mut Client, activity: &Value) -> Value {
    let answer = client.call("message", activity).await.expect("an answer");
    assert_eq!(answer.get("error"), None, "{answer}");
    answer
}

async fn keep(client: &mut Client, actor: &str, content: &str, ms: u64) {
    ask(client, &puppet("keep", actor, json!({"tag": "colour", "content": content, "ms": ms}))).await;
}

async fn recall(client: &mut Client, actor: &str) -> String {
    let answer = ask(client, &puppet("recall", actor, json!({"tag": "colour"}))).await;
    answer["object"]["content"].as_str().expect("text").to_owned()
}

async fn over(server: &Server) -> Gateway {
    let settings = json!({
        "platforms": ["puppet"], "redis": {"url": server.url(), "leaseMs": 1000}, "encryption": {"key": KEY}
    });
    Gateway::start(settings).await.expect("a gateway")
}

#[tokio::test]
async fn what_a_worker_keeps_outlives_it_and_is_its_platforms() {
    let gateway = Gateway::start_with_puppet(json!({})).await.expect("a gateway");
    let (mut kim, mut ana) = (client(&gateway, "kim").await, client(&gateway, "ana").await);
    assert_eq!(recall(&mut kim, "kim").await, "");
    keep(&mut kim, "kim", "green", 60_000).await;
    assert_eq!(recall(&mut kim, "kim").await, "green");
    kim.call("message", &puppet("exit", "kim", json!({}))).await.expect("an answer");
    // The failure, and that it is connected again.
    for expected in ["error", "connect"] {
        assert_eq!(kim.event().await.expect("an event").payload["type"], expected);
    }
    assert_eq!(recall(&mut kim, "kim").await, "green");
    assert_eq!(recall(&mut ana, "ana").await, "green");
    keep(&mut ana, "ana", "", 0).await;
    // Behind it on the way of the same worker.
    assert_eq!(recall(&mut ana, "ana").await, "");
    assert_eq!(recall(&mut kim, "kim").await, "");
}

#[tokio::test]
async fn what_a_worker_keeps_is_found_on_other_gateways_and_after_a_crash() {
    let server = Server::start(Options::default()).await.expect("redis-server is installed");
    let (one, other) = (over(&server).await, over(&server).await);
    let (mut kim, mut ana) = (client(&one, "kim").await, client(&other, "ana").await);
    keep(&mut kim, "kim", "green", 60_000).await;
    while recall(&mut ana, "ana").await != "green" {}
    one.kill().await.expect("killed");
    let next = over(&server).await;
    let mut back = client(&next, "kim").await;
    assert_eq!(recall(&mut back, "kim").await, "green");
}
