//! Whose connection a session may use, and under which name.

use footbridge_e2e::{connect, credentials, error, left, puppet};
use footbridge_testkit::{activity::echo, gateway::Gateway, socketio::Client};
use serde_json::{Value, json};

async fn call(client: &mut Client, activity: &Value) -> Value {
    client.call("message", activity).await.expect("an answer")
}

async fn show(client: &mut Client, actor: &str, object: Value) {
    let stored = client.call("credentials", &credentials(actor, object)).await.expect("an answer");
    assert_eq!(stored.get("error"), None, "{stored}");
}

#[tokio::test]
async fn an_actor_that_was_renamed_is_found_under_both_names() {
    // core 92, weak spots 2 to 4
    let gateway = Gateway::start_with_puppet(json!({})).await.expect("a gateway");
    let mut first = Client::connect(&gateway.address).await.expect("connected");
    let mut second = Client::connect(&gateway.address).await.expect("connected");
    let mut stranger = Client::connect(&gateway.address).await.expect("connected");
    connect(&mut first, "kim", json!({"password": "p"})).await;
    show(&mut second, "kim", json!({"password": "p"})).await;
    call(&mut second, &puppet("send", "kim", json!({}))).await;
    let workers = gateway.workers();
    let renamed = call(&mut first, &puppet("rename", "kim", json!({"content": "kim_"}))).await;
    assert_eq!(renamed.get("error"), None, "the change itself is answered: {renamed}");
    for client in [&mut first, &mut second] {
        for actor in ["kim_", "kim"] {
            let sent = call(client, &puppet("send", actor, json!({}))).await;
            assert_eq!(sent.get("error"), None, "{actor}: {sent}");
            let connected = call(client, &puppet("connect", actor, json!({}))).await;
            assert_eq!(connected.get("error"), None, "without new credentials: {connected}");
        }
    }
    let sent = call(&mut stranger, &puppet("send", "kim_", json!({}))).await;
    assert_eq!(error(&sent), "send called on uninitialized platform");
    assert_eq!(gateway.workers().len(), workers.len() + 1, "the stranger's own");
    let dying = call(&mut first, &puppet("exit", "kim_", json!({}))).await;
    assert_eq!(error(&dying), "Error: session thread closed unexpectedly: 3");
    let told = loop {
        let event = second.event().await.expect("an event").payload;
        if event["type"] == "error" {
            break event;
        }
    };
    assert_eq!(told["actor"]["id"], "kim_");
    let sent = call(&mut first, &puppet("send", "kim", json!({}))).await;
    assert_eq!(sent.get("error"), None, "brought back under its first name: {sent}");
    let sent = call(&mut first, &puppet("send", "kim_", json!({}))).await;
    assert_eq!(error(&sent), "send called on uninitialized platform");
}

#[tokio::test]
async fn other_credentials_lead_elsewhere_and_end_the_place_that_was_held() {
    // Weak spot 33
    let gateway = Gateway::start_with_puppet(json!({})).await.expect("a gateway");
    let mut turncoat = Client::connect(&gateway.address).await.expect("connected");
    let mut faithful = Client::connect(&gateway.address).await.expect("connected");
    for client in [&mut turncoat, &mut faithful] {
        connect(client, "kim", json!({"password": "p"})).await;
    }
    turncoat.event().await.expect("the other's connect");
    show(&mut turncoat, "kim", json!({"password": "q"})).await;
    let push = json!({"activities": [{"type": "message", "actor": {"id": "m", "type": "person"}, "object": {"n": 1}}]});
    assert_eq!(call(&mut faithful, &puppet("push", "kim", push)).await.get("error"), None);
    assert_eq!(faithful.event().await.expect("an event").payload["object"]["n"], 1);
    let sent = call(&mut turncoat, &puppet("send", "kim", json!({}))).await;
    assert_eq!(error(&sent), "send called on uninitialized platform");
    assert!(turncoat.arrived().is_none(), "it has no business there any more");
}

#[tokio::test]
async fn wrong_credentials_for_a_connection_fail_alone_and_shut_their_session_out() {
    // core 75, 76; weak spots 20 to 22
    let settings = json!({"credentialCheck": {"resumeByAddress": true}});
    let gateway = Gateway::start_with_puppet(settings).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    connect(&mut client, "kim", json!({})).await;
    // Without a password the session itself is the scope: other credentials address the same connection.
    show(&mut client, "kim", json!({"nick": "mallory"})).await;
    for activity in [puppet("connect", "kim", json!({})), puppet("send", "kim", json!({}))] {
        assert_eq!(error(&call(&mut client, &activity).await), "Error: invalid credentials for puppet:kim");
    }
    show(&mut client, "kim", json!({})).await;
    let session = ["connect", "send", "disconnect"].map(|verb| puppet(verb, "kim", json!({})));
    for activity in &session {
        assert_eq!(call(&mut client, activity).await.get("error"), None);
    }
    show(&mut client, "kim", json!({"nick": "mallory"})).await;
    for activity in &session {
        assert_eq!(call(&mut client, activity).await.get("error"), None, "a connection of its own");
    }
}

#[tokio::test]
async fn an_anonymous_session_is_resumed_by_its_address_only_where_that_is_wanted_and_with_the_same_credentials() {
    for wanted in [true, false] {
        let settings = json!({"credentialCheck": {"resumeByAddress": wanted}});
        let gateway = Gateway::start_with_puppet(settings).await.expect("a gateway");
        let mut first = Client::connect(&gateway.address).await.expect("connected");
        connect(&mut first, "kim", json!({})).await;
        let mut live = Client::connect(&gateway.address).await.expect("connected");
        connect(&mut live, "kim", json!({})).await;
        assert_eq!(gateway.workers().len(), 2, "core 70");
        live.disconnect().await;
        first.disconnect().await;
        left(&gateway).await;
        let mut thief = Client::connect(&gateway.address).await.expect("connected");
        let sent = call(&mut thief, &puppet("send", "kim", json!({}))).await;
        assert_eq!(error(&sent), "send called on uninitialized platform", "core 74");
        show(&mut thief, "kim", json!({"nick": "mallory"})).await;
        let sent = call(&mut thief, &puppet("send", "kim", json!({}))).await;
        assert_eq!(error(&sent), "send called on uninitialized platform", "core 74");
        let mut back = Client::connect(&gateway.address).await.expect("connected");
        show(&mut back, "kim", json!({})).await;
        let sent = call(&mut back, &puppet("send", "kim", json!({}))).await;
        assert_eq!(sent.get("error").is_none(), wanted, "core 71: {sent}");
    }
}

#[tokio::test]
async fn an_address_may_start_only_so_many_instances() {
    let settings = json!({"limits": {"maxPlatformInstancesPerAddress": 2}});
    let gateway = Gateway::start_with_puppet(settings).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    for actor in ["a", "b"] {
        connect(&mut client, actor, json!({})).await;
    }
    show(&mut client, "c", json!({})).await;
    let refused = call(&mut client, &puppet("connect", "c", json!({}))).await;
    assert_eq!(
        error(&refused),
        "platform instance limit of this address reached (2); cannot start new puppet instance"
    );
    assert_eq!(call(&mut client, &echo("shared platforms count for nobody")).await.get("error"), None);
    assert_eq!(call(&mut client, &puppet("send", "a", json!({}))).await.get("error"), None);
}

#[tokio::test]
async fn a_stateless_worker_without_work_ends_and_starts_again() {
    let gateway = Gateway::start(json!({"limits": {"idleWorkerMs": 50}})).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    for _ in 0..3 {
        assert_eq!(call(&mut client, &echo("x")).await.get("error"), None);
        footbridge_e2e::until(|| gateway.workers().is_empty()).await;
    }
}
