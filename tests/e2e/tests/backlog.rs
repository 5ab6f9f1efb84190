//! What an instance says while nobody is there to hear it.

use footbridge_e2e::{connect, credentials, error, left, puppet};
use footbridge_testkit::{gateway::Gateway, socketio::Client};
use serde_json::{Value, json};

/// A push that comes by itself, some time after it was asked for.
fn later(numbers: std::ops::Range<u64>) -> Value {
    puppet("push", "kim", json!({"activities": numbers.map(pushed).collect::<Vec<_>>(), "ms": 300}))
}

fn pushed(number: u64) -> Value {
    json!({"type": "message", "actor": {"id": "m", "type": "person"}, "object": {"n": number}})
}

/// A session with the same credentials, attached by its first verb.
async fn tab(gateway: &Gateway) -> Client {
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    client.call("credentials", &credentials("kim", json!({"password": "p"}))).await.expect("stored");
    client
}

async fn attach(client: &mut Client) {
    let sent = client.call("message", &puppet("rooms", "kim", json!({}))).await.expect("an answer");
    assert_eq!(sent.get("error"), None, "{sent}");
}

/// The numbers of the pushes that arrived so far, and in which order.
fn numbers(client: &mut Client) -> Vec<u64> {
    std::iter::from_fn(|| client.arrived()).filter_map(|event| event.payload["object"]["n"].as_u64()).collect()
}

#[tokio::test]
async fn tabs_that_come_back_one_after_the_other_all_see_what_was_said_while_nobody_was_there() {
    let gateway = Gateway::start_with_puppet(json!({})).await.expect("a gateway");
    let mut first = tab(&gateway).await;
    connect(&mut first, "kim", json!({"password": "p"})).await;
    first.emit("message", &later(0..10)).await;
    first.disconnect().await;
    left(&gateway).await;
    footbridge_e2e::drained(&gateway).await;
    let mut tabs = [tab(&gateway).await, tab(&gateway).await, tab(&gateway).await];
    for number in 0..tabs.len() {
        attach(&mut tabs[number]).await;
        let more = json!({"activities": [pushed(10 + number as u64)]});
        let answer = tabs[0].call("message", &puppet("push", "kim", more)).await.expect("an answer");
        assert_eq!(answer.get("error"), None);
    }
    for tab in &mut tabs {
        attach(tab).await;
        assert_eq!(numbers(tab), (0..13).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_backlog_that_overflowed_says_how_much_is_lost() {
    let gateway = Gateway::start_with_puppet(json!({"session": {"backlogMessages": 5}})).await.expect("a gateway");
    let mut first = tab(&gateway).await;
    connect(&mut first, "kim", json!({"password": "p"})).await;
    first.emit("message", &later(0..12)).await;
    first.disconnect().await;
    left(&gateway).await;
    footbridge_e2e::drained(&gateway).await;
    let mut back = tab(&gateway).await;
    attach(&mut back).await;
    // The push's own result is the last of the five.
    let lost = back.arrived().expect("a notice").payload;
    assert_eq!(error(&lost), "8 messages were lost while nobody was here");
    assert_eq!(numbers(&mut back), (8..12).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_platform_may_linger_longer_than_others() {
    let settings = json!({"session": {"lingerMs": 0, "linger": {"puppet": 60_000}}});
    let gateway = Gateway::start_with_puppet(settings).await.expect("a gateway");
    let mut first = tab(&gateway).await;
    connect(&mut first, "kim", json!({"password": "p"})).await;
    let workers = gateway.workers();
    first.disconnect().await;
    left(&gateway).await;
    attach(&mut tab(&gateway).await).await;
    assert_eq!(gateway.workers(), workers);
}
