//! Workers die and their instances come back by themselves.

use footbridge_e2e::{connect, credentials, error, left, puppet, until};
use footbridge_testkit::{
    gateway::{Gateway, is_alive, signal},
    socketio::Client,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// A verb about a room.
fn room(verb: &str, room: &str) -> Value {
    let mut activity = puppet(verb, "kim", json!({}));
    activity["target"] = json!({"id": room, "type": "room"});
    activity
}

async fn ask(client: &mut Client, activity: &Value) -> Value {
    let answer = client.call("message", activity).await.expect("an answer");
    assert_eq!(answer.get("error"), None, "{answer}");
    answer
}

async fn event(client: &mut Client) -> Value {
    client.event().await.expect("an event").payload
}

#[tokio::test]
async fn what_was_connected_and_joined_is_so_again_without_the_client_doing_anything() {
    let gateway = Gateway::start_with_puppet(json!({})).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    connect(&mut client, "kim", json!({"password": "p"})).await;
    for activity in [room("join", "a"), room("join", "b"), room("join", "c"), room("leave", "b")] {
        ask(&mut client, &activity).await;
    }
    let before = gateway.workers();
    let dying = client.call("message", &puppet("exit", "kim", json!({}))).await.expect("an answer");
    assert_eq!(error(&dying), "Error: session thread closed unexpectedly: 3");
    assert_eq!(event(&mut client).await["type"], "error");
    assert_eq!(event(&mut client).await["type"], "connect");
    let rooms = ask(&mut client, &puppet("rooms", "kim", json!({}))).await;
    assert_eq!(rooms["object"]["content"], "a c");
    assert_ne!(gateway.workers(), before);
}

#[tokio::test]
async fn an_instance_comes_back_also_while_nobody_is_there_to_see() {
    // Its session's credentials are gone from the store (core 77): it has its own record.
    let gateway = Gateway::start_with_puppet(json!({})).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    connect(&mut client, "kim", json!({"password": "p"})).await;
    ask(&mut client, &room("join", "a")).await;
    let [worker] = gateway.workers()[..] else { panic!("one worker") };
    client.disconnect().await;
    left(&gateway).await;
    signal(worker, "KILL").expect("it lives");
    until(|| gateway.log().contains("instance brought back")).await;
    let mut back = Client::connect(&gateway.address).await.expect("connected");
    back.call("credentials", &credentials("kim", json!({"password": "p"}))).await.expect("stored");
    let rooms = ask(&mut back, &puppet("rooms", "kim", json!({}))).await;
    assert_eq!(rooms["object"]["content"], "a");
    assert_eq!(error(&event(&mut back).await), "Error: session thread closed unexpectedly: null");
    assert_eq!(event(&mut back).await["type"], "connect", "what happened meanwhile is told");
}

#[tokio::test]
async fn what_was_disconnected_or_never_connected_does_not_come_back() {
    let gateway = Gateway::start_with_puppet(json!({})).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    connect(&mut client, "kim", json!({})).await;
    ask(&mut client, &puppet("disconnect", "kim", json!({}))).await;
    let [worker] = gateway.workers()[..] else { panic!("one worker") };
    signal(worker, "KILL").expect("it lives");
    assert_eq!(error(&event(&mut client).await), "Error: session thread closed unexpectedly: null");
    let sent = client.call("message", &puppet("send", "kim", json!({}))).await.expect("an answer");
    assert_eq!(error(&sent), "send called on uninitialized platform");
}

#[tokio::test]
async fn an_instance_that_cannot_be_connected_again_is_given_up_and_its_sessions_are_told_why() {
    let settings = json!({"platformRestart": {"maxTimes": 3, "pauseMs": 20}});
    let gateway = Gateway::start_with_puppet(settings).await.expect("a gateway");
    let upstream = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = upstream.local_addr().expect("an address");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    connect(&mut client, "kim", json!({"password": format!("tcp:{address}")})).await;
    drop(upstream);
    client.call("message", &puppet("exit", "kim", json!({}))).await.expect("an answer");
    assert_eq!(error(&event(&mut client).await), "Error: session thread closed unexpectedly: 3");
    assert_eq!(error(&event(&mut client).await), "Error: nobody answers");
    assert_eq!(gateway.log().matches("starting another worker").count(), 3);
    let upstream = TcpListener::bind(address).await.expect("the same port");
    ask(&mut client, &puppet("connect", "kim", json!({}))).await;
    drop(upstream);
}

#[tokio::test]
async fn jobs_sent_while_an_instance_pauses_wait_for_its_next_worker() {
    let settings = json!({"platformRestart": {"pauseMs": 300}});
    let gateway = Gateway::start_with_puppet(settings).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    connect(&mut client, "kim", json!({})).await;
    for _ in 0..2 {
        client.call("message", &puppet("exit", "kim", json!({}))).await.expect("an answer");
        while event(&mut client).await["type"] != "error" {}
        ask(&mut client, &puppet("send", "kim", json!({}))).await;
    }
}

#[tokio::test]
async fn the_death_of_one_worker_disturbs_no_other() {
    let gateway = Gateway::start_with_puppet(json!({})).await.expect("a gateway");
    let mut clients = Vec::new();
    for number in 0..8 {
        let mut client = Client::connect(&gateway.address).await.expect("connected");
        connect(&mut client, &format!("kim{number}"), json!({})).await;
        clients.push(client);
    }
    let workers = gateway.workers();
    signal(workers[0], "KILL").expect("it lives");
    until(|| gateway.log().contains("instance brought back")).await;
    let mut told = 0;
    for (number, client) in clients.iter_mut().enumerate() {
        ask(client, &puppet("send", &format!("kim{number}"), json!({}))).await;
        told += usize::from(client.arrived().is_some());
    }
    assert_eq!(told, 1);
    assert!(workers[1..].iter().all(|worker| is_alive(*worker)));
}
