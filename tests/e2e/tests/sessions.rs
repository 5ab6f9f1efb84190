//! Sessions, credentials, scopes and what the others see.

use footbridge_e2e::{connect, credentials, error, puppet};
use footbridge_testkit::{gateway::Gateway, socketio::Client};
use serde_json::json;

#[tokio::test]
async fn verbs_need_a_connection_and_connections_need_credentials() {
    let gateway = Gateway::start_with_puppet(json!({})).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    let sent = client.call("message", &puppet("send", "kim", json!({}))).await.expect("an answer");
    assert_eq!(error(&sent), "send called on uninitialized platform"); // core 61
    let connected = client.call("message", &puppet("connect", "kim", json!({}))).await.expect("an answer");
    assert_eq!(error(&connected), "credentials not found for puppet:kim"); // core 62
}

#[tokio::test]
async fn a_failed_first_connect_can_be_tried_again_at_once() {
    // core 83
    let gateway = Gateway::start_with_puppet(json!({})).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    for _ in 0..3 {
        client.call("credentials", &credentials("kim", json!({"password": "wrong"}))).await.expect("stored");
        let refused = client.call("message", &puppet("connect", "kim", json!({}))).await.expect("an answer");
        assert_eq!(error(&refused), "Error: bad auth");
    }
    connect(&mut client, "kim", json!({"password": "right"})).await;
}

#[tokio::test]
async fn who_knows_the_secret_shares_the_connection_and_nobody_else_does() {
    let gateway = Gateway::start_with_puppet(json!({})).await.expect("a gateway");
    let mut first = Client::connect(&gateway.address).await.expect("connected");
    let mut second = Client::connect(&gateway.address).await.expect("connected");
    let mut stranger = Client::connect(&gateway.address).await.expect("connected");
    connect(&mut first, "kim", json!({"token": "t"})).await; // core 69
    connect(&mut stranger, "kim", json!({"token": "other"})).await;
    assert_eq!(gateway.workers().len(), 2, "core 68");
    let stored = second.call("credentials", &credentials("kim", json!({"token": "t"}))).await.expect("an answer");
    assert_eq!(stored.get("error"), None);
    let sent = second.call("message", &puppet("send", "kim", json!({"n": 1}))).await.expect("an answer");
    assert_eq!(sent.get("error"), None, "core 65: {sent}");
    assert_eq!(gateway.workers().len(), 2, "core 64");
    assert_eq!(first.event().await.expect("an event").payload["object"]["n"], 1); // core 66
    let pushed =
        json!({"activities": [{"type": "message", "actor": {"id": "m", "type": "person"}, "object": {"n": 2}}]});
    let answer = first.call("message", &puppet("push", "kim", pushed)).await.expect("an answer");
    assert_eq!(answer.get("error"), None);
    for client in [&mut first, &mut second] {
        let event = client.event().await.expect("an event"); // core 67
        assert_eq!(event.payload["object"]["n"], 2);
        assert_eq!(event.payload["@context"], footbridge_testkit::activity::context("puppet"));
    }
    let barrier = stranger.call("message", &puppet("send", "kim", json!({}))).await.expect("an answer");
    assert_eq!(barrier.get("error"), None);
    assert!(stranger.arrived().is_none(), "core 68: another scope's traffic");
}

#[tokio::test]
async fn pushes_are_held_against_the_platforms_contract() {
    let gateway = Gateway::start_with_puppet(json!({})).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    connect(&mut client, "kim", json!({})).await;
    let pushed = json!({"activities": [
        {"type": "unheard-of", "actor": {"id": "m", "type": "person"}},
        {"type": "error", "error": "x"}
    ]});
    client.call("message", &puppet("push", "kim", pushed)).await.expect("an answer");
    let event = client.event().await.expect("an event"); // core 50: the first reached nobody
    assert_eq!(error(&event.payload), "x"); // core 51
    assert_eq!(event.payload["actor"], json!({"id": "kim", "type": "service"}));
    assert!(gateway.log().contains("push dropped"), "{}", gateway.log());
}

#[tokio::test]
async fn results_that_break_the_contract_are_noted_and_sent_if_they_are_activities() {
    let gateway = Gateway::start_with_puppet(json!({})).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    connect(&mut client, "kim", json!({})).await;
    let unheard_of = json!({"activities": [{"type": "unheard-of", "actor": {"id": "m", "type": "person"}}]});
    let answer = client.call("message", &puppet("reply", "kim", unheard_of.clone())).await.expect("an answer");
    assert_eq!((&answer["type"], answer.get("error")), (&json!("unheard-of"), None));
    assert!(gateway.log().contains("a result breaks the platform's contract"), "{}", gateway.log());
    let answer = client.call("message", &puppet("answer", "kim", unheard_of)).await.expect("an answer");
    assert_eq!(error(&answer), "job failed for unknown reason");
}

#[tokio::test]
async fn credentials_do_not_come_back_and_are_forgotten_with_the_session() {
    let gateway = Gateway::start_with_puppet(json!({})).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    let planted = "correct horse battery staple";
    let stored = client.call("credentials", &credentials("kim", json!({"password": planted}))).await.expect("stored");
    assert_eq!(stored["object"], json!({"type": "credentials"})); // core 24
    let refused = client.call("credentials", &credentials("kim", json!({"no": planted}))).await.expect("an answer");
    assert!(!error(&refused).contains(planted));
    drop(client);
    let mut next = Client::connect(&gateway.address).await.expect("connected");
    let connected = next.call("message", &puppet("connect", "kim", json!({}))).await.expect("an answer");
    assert_eq!(error(&connected), "credentials not found for puppet:kim"); // core 77
    assert!(!gateway.log().contains(planted));
}

#[tokio::test]
async fn an_instance_that_everybody_left_ends_after_its_linger_time() {
    // core 82
    let gateway = Gateway::start_with_puppet(json!({"session": {"lingerMs": 200}})).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    connect(&mut client, "kim", json!({"password": "p"})).await;
    let [worker] = gateway.workers()[..] else { panic!("one worker") };
    drop(client);
    let gone = async {
        while footbridge_testkit::gateway::is_alive(worker) || !gateway.log().contains("puppet cleaned up") {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), gone).await.expect("it cleans up and ends");
}

#[tokio::test]
async fn an_instance_waits_for_who_returns_in_time() {
    // core 81
    let gateway = Gateway::start_with_puppet(json!({})).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    connect(&mut client, "kim", json!({"password": "p"})).await;
    let workers = gateway.workers();
    drop(client);
    let mut back = Client::connect(&gateway.address).await.expect("connected");
    connect(&mut back, "kim", json!({"password": "p"})).await;
    assert_eq!(gateway.workers(), workers);
}
