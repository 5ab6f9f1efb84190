//! Limits on sessions, addresses and instances: refused in words, and nobody else notices.

use footbridge_e2e::{connect, error, puppet};
use footbridge_testkit::{
    activity::{activity, echo},
    gateway::Gateway,
    request,
    socketio::{Client, Error},
};
use serde_json::{Value, json};

#[tokio::test]
async fn a_session_that_sends_too_much_is_blocked_told_once_and_served_again() {
    let settings = json!({"rateLimiter": {"windowMs": 60_000, "maxRequests": 100, "blockDurationMs": 300}});
    let gateway = Gateway::start(settings).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    let mut other = Client::connect(&gateway.address).await.expect("connected");
    let mut waiting = Vec::new();
    for _ in 0..110 {
        waiting.push(client.ask("message", &echo("again")).await);
    }
    let mut refused = 0;
    for ack in waiting {
        if let Some(text) = ack.value().await.expect("an answer").get("error") {
            assert_eq!(text, "Rate limit exceeded"); // core 55
            refused += 1;
        }
    }
    assert_eq!(refused, 10);
    let notice = client.event().await.expect("a notice"); // core 52
    assert_eq!(notice.name, "error");
    assert_eq!(notice.payload["type"], "Error");
    assert_eq!(notice.payload["summary"], "rate limit exceeded, temporarily blocked");
    assert_eq!(notice.payload["actor"], json!({"type": "Application", "name": "sockethub-server"}));
    assert_eq!(other.call("message", &echo("me")).await.expect("an answer").get("error"), None); // core 54
    // core 53: refused until the block is over, then served.
    while client.call("message", &echo("now?")).await.expect("an answer").get("error").is_some() {}
    assert!(client.arrived().is_none(), "told once");
}

#[tokio::test]
async fn an_address_has_so_many_connections_and_no_more() {
    let gateway = Gateway::start(json!({"rateLimiter": {"maxConnectionsPerIp": 20}})).await.expect("a gateway");
    let mut clients = Vec::new();
    for _ in 0..20 {
        clients.push(Client::connect(&gateway.address).await.expect("connected"));
    }
    let mut refused = Client::connect(&gateway.address).await.expect("told after CONNECT"); // core 56
    let notice = refused.event().await.expect("a notice");
    assert_eq!(notice.payload["summary"], "too many concurrent connections from this address");
    refused.closed().await.expect("disconnected");
    for client in &mut clients {
        assert_eq!(client.call("message", &echo("stay")).await.expect("an answer").get("error"), None);
    }
    drop(clients.pop());
    // core 57: the gateway learns of the departure in its own time.
    loop {
        let mut client = Client::connect(&gateway.address).await.expect("connected");
        if client.call("message", &echo("room?")).await.is_ok() {
            break;
        }
    }
}

#[tokio::test]
async fn a_proxys_header_decides_where_it_is_configured() {
    // core 73
    let settings = json!({
        "rateLimiter": {"maxConnectionsPerIp": 1}, "credentialCheck": {"reconnectIpSource": "proxy"}
    });
    let gateway = Gateway::start(settings).await.expect("a gateway");
    let mut clients = Vec::new();
    for address in ["192.0.2.1", "192.0.2.2, 10.0.0.1"] {
        let headers = [("x-forwarded-for", address)];
        let mut client = Client::connect_with(&gateway.address, &headers).await.expect("connected");
        client.call("message", &echo("in")).await.expect("an answer");
        clients.push(client);
    }
    let headers = [("x-forwarded-for", "192.0.2.2")];
    let mut third = Client::connect_with(&gateway.address, &headers).await.expect("connected");
    assert_eq!(third.event().await.expect("a notice").name, "error");
}

#[tokio::test]
async fn a_message_above_the_limit_ends_its_connection_alone() {
    // core 58; the Socket.IO library has three limits for it.
    let gateway = Gateway::start(json!({"sockethub": {"maxPayloadBytes": 65_536}})).await.expect("a gateway");
    let mut other = Client::connect(&gateway.address).await.expect("connected");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    let fits = echo(&"x".repeat(60_000));
    assert_eq!(client.call("message", &fits).await.expect("an answer").get("error"), None);
    let lost = client.ask("message", &echo(&"x".repeat(66_000))).await;
    assert!(matches!(lost.value().await, Err(Error::Closed)));

    let path = "/sockethub/?EIO=4&transport=polling";
    let open = request::get(&gateway.address, path).await.expect("an answer").body;
    let open: Value = serde_json::from_str(&open[1..]).expect("JSON");
    assert_eq!(open["maxPayload"], 65_536);
    let path = format!("{path}&sid={}", open["sid"].as_str().expect("a session id"));
    let body = format!("42{}", "x".repeat(66_000));
    let posted = request::send(&gateway.address, "POST", &path, &[], &body).await.expect("an answer");
    assert_eq!(posted.status, 413);

    // The binary path has a limit of its own.
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    client.send_raw(r#"451-["message",{"_placeholder":true,"num":0}]"#.into()).await;
    client.send_binary(vec![0; 70_000]).await;
    client.closed().await.expect("closed");
    assert_eq!(other.call("message", &echo("fine")).await.expect("an answer").get("error"), None);
}

#[tokio::test]
async fn so_many_instances_and_no_more() {
    let gateway = Gateway::start_with_puppet(json!({"limits": {"maxPlatformInstances": 1}})).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    connect(&mut client, "kim", json!({})).await;
    let refused = client.call("message", &puppet("connect", "mia", json!({}))).await.expect("an answer");
    assert_eq!(error(&refused), "credentials not found for puppet:mia");
    let refused = client.call("message", &puppet("send", "mia", json!({}))).await.expect("an answer"); // core 59
    assert_eq!(error(&refused), "platform instance limit reached (1); cannot start new puppet instance");
    let refused = client.call("message", &echo("x")).await.expect("an answer");
    assert_eq!(error(&refused), "platform instance limit reached (1); cannot start new dummy instance");
    // core 60: the dead instance of the same actor is replaced.
    client.call("message", &puppet("exit", "kim", json!({}))).await.expect("an answer");
    connect(&mut client, "kim", json!({})).await;
}

#[tokio::test]
async fn what_a_session_may_have_under_way_is_bounded() {
    let settings = json!({"session": {"maxPendingBytes": 20_000}});
    let gateway = Gateway::start_with_puppet(settings).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    connect(&mut client, "kim", json!({})).await;
    let hanging = client.ask("message", &puppet("hang", "kim", json!({"pad": "x".repeat(15_000)}))).await;
    let refused = client.call("message", &puppet("send", "kim", json!({"pad": "x".repeat(6_000)}))).await;
    assert_eq!(error(&refused.expect("an answer")), "failed to add job to queue");
    let mut other = Client::connect(&gateway.address).await.expect("connected");
    assert_eq!(other.call("message", &echo("fine")).await.expect("an answer").get("error"), None);
    drop(hanging);
}

#[tokio::test]
async fn a_foreign_origin_is_refused_on_every_transport() {
    // core 118; the Socket.IO library lets websockets of any origin in.
    let gateway = Gateway::start(json!({"sockethub": {"cors": {"origin": "https://app.example"}}})).await;
    let gateway = gateway.expect("a gateway");
    let foreign = [("origin", "https://evil.example")];
    assert!(matches!(Client::connect_with(&gateway.address, &foreign).await, Err(Error::WebSocket(_))));
    let path = "/sockethub/?EIO=4&transport=polling";
    let polled = request::send(&gateway.address, "GET", path, &foreign, "").await.expect("an answer");
    assert_eq!((polled.status, &*polled.body), (403, r#"{"code":4,"message":"Forbidden"}"#));
    let own = [("origin", "https://app.example")];
    let mut client = Client::connect_with(&gateway.address, &own).await.expect("connected");
    client.call("message", &echo("in")).await.expect("an answer");
    Client::connect(&gateway.address).await.expect("no origin, no browser");
}

#[tokio::test]
async fn a_verb_of_the_wrong_kind_costs_nothing_but_an_answer() {
    let gateway = Gateway::start(json!({})).await.expect("a gateway");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    let refused = client.call("message", &activity("dummy", "frob", "kim", json!({}))).await.expect("an answer");
    assert_eq!(error(&refused), "[dummy] /type: must be equal to one of the allowed values"); // core 38
    assert!(gateway.workers().is_empty());
}
