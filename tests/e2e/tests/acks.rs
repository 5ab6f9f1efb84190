//! Every event that asks for an answer gets it, in order and once.

use footbridge_e2e::{connect, error, puppet};
use footbridge_testkit::{
    activity::{activity, echo},
    gateway::Gateway,
    request,
    socketio::Client,
};
use serde_json::{Value, json};

#[tokio::test]
async fn a_burst_beyond_the_librarys_buffer_is_acknowledged_to_the_last() {
    // The Socket.IO library drops acknowledgements once 128 packets wait for the client.
    let gateway = Gateway::start(json!({})).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    let mut waiting = Vec::new();
    for index in 0..5_000 {
        waiting.push(client.ask("message", &echo(&index.to_string())).await);
    }
    for (index, ack) in waiting.into_iter().enumerate() {
        let answer = ack.value().await.expect("an acknowledgement"); // core 25
        assert_eq!(answer["object"]["content"], index.to_string());
    }
}

#[tokio::test]
async fn what_one_session_sends_is_done_in_the_order_it_was_sent() {
    // The Socket.IO library runs each handler in a task of its own, in any order.
    let gateway = Gateway::start_with_puppet(json!({})).await.expect("a gateway");
    let mut sender = Client::connect(&gateway.address).await.expect("connected");
    let mut watcher = Client::connect(&gateway.address).await.expect("connected");
    let secret = json!({"password": "shared"});
    connect(&mut sender, "kim", secret.clone()).await;
    connect(&mut watcher, "kim", secret).await; // core 64
    sender.event().await.expect("the watcher's connect"); // core 66
    for index in 0..500 {
        sender.emit("message", &puppet("send", "kim", json!({"n": index}))).await;
    }
    for index in 0..500 {
        let event = watcher.event().await.expect("an event"); // core 67
        assert_eq!(event.payload["object"]["n"], index);
    }
}

#[tokio::test]
async fn credentials_and_what_needs_them_may_be_sent_without_waiting() {
    // core 63
    let gateway = Gateway::start_with_puppet(json!({})).await.expect("a gateway");
    for round in 0..20 {
        let mut client = Client::connect(&gateway.address).await.expect("connected");
        let actor = format!("kim{round}");
        let credentials = footbridge_e2e::credentials(&actor, json!({}));
        let mut waiting = vec![client.ask("credentials", &credentials).await];
        for verb in ["connect", "send", "send"] {
            waiting.push(client.ask("message", &puppet(verb, &actor, json!({}))).await);
        }
        for ack in waiting {
            let answer = ack.value().await.expect("an answer");
            assert_eq!(answer.get("error"), None, "{answer}");
        }
    }
}

#[tokio::test]
async fn the_order_holds_on_polling_too() {
    let gateway = Gateway::start_with_puppet(json!({})).await.expect("a gateway");
    let mut watcher = Client::connect(&gateway.address).await.expect("connected");
    let secret = json!({"password": "shared"});
    connect(&mut watcher, "kim", secret.clone()).await;

    let path = "/sockethub/?EIO=4&transport=polling";
    let open = request::get(&gateway.address, path).await.expect("an answer").body;
    let open: Value = serde_json::from_str(open.strip_prefix('0').expect("an open packet")).expect("JSON");
    let path = format!("{path}&sid={}", open["sid"].as_str().expect("a session id"));
    request::send(&gateway.address, "POST", &path, &[], "40").await.expect("an answer");
    // As every client does: no event before the namespace is connected.
    while !request::get(&gateway.address, &path).await.expect("an answer").body.contains("40{") {}
    let mut packets = Vec::new();
    packets.push(format!("42{}", json!(["credentials", footbridge_e2e::credentials("kim", secret)])));
    packets.push(format!("42{}", json!(["message", puppet("connect", "kim", json!({}))])));
    for index in 0..100 {
        packets.push(format!("42{}", json!(["message", puppet("send", "kim", json!({"n": index}))])));
    }
    let posted = request::send(&gateway.address, "POST", &path, &[], &packets.join("\u{1e}")).await;
    assert_eq!(posted.expect("an answer").status, 200);
    assert_eq!(watcher.event().await.expect("an event").payload["type"], "connect");
    for index in 0..100 {
        assert_eq!(watcher.event().await.expect("an event").payload["object"]["n"], index);
    }
}

#[tokio::test]
async fn an_event_right_behind_the_handshake_is_served() {
    // Handlers registered after CONNECT would miss it now and then; and for a moment after CONNECT the library refuses to
    // send events, as if the socket were closed.
    let gateway = Gateway::start(json!({})).await.expect("a gateway");
    for _ in 0..200 {
        let mut client = Client::connect(&gateway.address).await.expect("connected");
        client.emit("schemas", &json!(null)).await;
        let event = client.event().await.expect("an event"); // core 10
        assert_eq!((&*event.name, &event.payload["platforms"][0]["id"]), ("schemas", &json!("dummy")));
        let registry = client.call("schemas", &json!(null)).await.expect("an answer");
        assert_eq!(registry["platforms"][0]["id"], "dummy"); // core 7
    }
}

#[tokio::test]
async fn an_unanswered_failure_is_told_and_an_unanswered_success_is_not() {
    let gateway = Gateway::start(json!({})).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    client.emit("message", &echo("silent")).await; // core 19
    client.emit("message", &activity("dummy", "fail", "kim", json!({"content": "x"}))).await;
    let event = client.event().await.expect("an event"); // core 20
    assert_eq!((&*event.name, error(&event.payload)), ("message", "Error: x"));
    client.call("message", &echo("done")).await.expect("an answer");
    assert!(client.arrived().is_none());
}

#[tokio::test]
async fn strange_events_disturb_nobody() {
    let gateway = Gateway::start(json!({})).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    let unknown = client.ask("toString", &json!({})).await; // core 22
    let extra = client.ask_raw(&json!(["message", echo("a"), 7, "x"]).to_string()).await; // core 21
    assert_eq!(extra.value().await.expect("an answer")["object"]["content"], "a");
    let empty = client.ask_raw(r#"["message"]"#).await.value().await.expect("an answer");
    assert_eq!(error(&empty), "message received is not an object.");
    client.call("message", &echo("done")).await.expect("an answer");
    drop(client);
    assert!(unknown.value().await.is_err());
}

#[tokio::test]
async fn binary_attachments_are_refused_in_words() {
    let gateway = Gateway::start(json!({})).await.expect("a gateway");
    let client = Client::connect(&gateway.address).await.expect("connected");
    // A binary event packet announces one attachment; the acknowledgement id is 7.
    let ack = client.expect_ack(7).await;
    client.send_raw(r#"451-7["message",{"_placeholder":true,"num":0}]"#.into()).await;
    client.send_binary(vec![1, 2, 3]).await;
    assert_eq!(error(&ack.value().await.expect("an answer")), "binary attachments are not part of this protocol");
}

#[tokio::test]
async fn the_public_session_id_is_not_the_transports() {
    // Whoever knows the transport's id can read the connection.
    let gateway = Gateway::start_with_puppet(json!({})).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    connect(&mut client, "kim", json!({})).await;
    let transport = client.transport_id().to_owned();
    assert!(!transport.is_empty());
    drop(client);
    let log = gateway.log();
    assert!(log.contains("session opened session="), "{log}");
    assert!(!log.contains(&transport), "the log names the transport's session id");
}
