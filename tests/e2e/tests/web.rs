//! The HTTP routes beside the door.

use footbridge_testkit::{activity::echo, gateway::Gateway, request, socketio::Client};
use serde_json::{Value, json};

#[tokio::test]
async fn health_is_told() {
    let gateway = Gateway::start(json!({})).await.expect("a gateway");
    let live = request::get(&gateway.address, "/health/live").await.expect("an answer");
    assert_eq!((live.status, &*live.body), (200, r#"{"status":"live"}"#));
    let ready = request::get(&gateway.address, "/health/ready").await.expect("an answer");
    let body: Value = serde_json::from_str(&ready.body).expect("JSON");
    assert_eq!((ready.status, &body["status"], &body["sessions"]), (200, &json!("ready"), &json!(0)));
}

#[tokio::test]
async fn counters_are_served_where_they_are_asked_for() {
    let settings = json!({"metrics": {"listen": "127.0.0.1:0"}});
    let gateway = Gateway::start(settings).await.expect("a gateway");
    let listen = gateway.listens("serving metrics");
    let mut client = Client::connect(&gateway.address).await.expect("connected");
    client.call("message", &json!(7)).await.expect("an answer");
    client.call("message", &echo("x")).await.expect("an answer");
    let metrics = request::get(&listen, "/metrics").await.expect("an answer");
    assert_eq!(metrics.status, 200);
    for line in [
        "sockethub_connection_opened 1",
        "sockethub_validation_failed_total{stage=\"shape\"} 1",
        "sockethub_queue_accepted_total 1",
        "sockethub_action_completed{platform=\"dummy\",action=\"echo\"} 1",
        "sockethub_instance_started_total{platform=\"dummy\"} 1",
    ] {
        assert!(metrics.body.contains(line), "{line} in {}", metrics.body);
    }
    let public = request::get(&gateway.address, "/metrics").await.expect("an answer");
    assert_eq!(public.status, 404);
}

#[tokio::test]
async fn the_client_scripts_are_served_to_every_page() {
    let gateway = Gateway::start(json!({})).await.expect("a gateway");
    for path in ["/socket.io.js", "/sockethub-client.js", "/sockethub-client.min.js", "/sockethub/socket.io.js"] {
        let script = request::get(&gateway.address, path).await.expect("an answer");
        assert_eq!(script.status, 200, "{path}: is client/ built?");
        assert_eq!(script.header("content-type"), Some("text/javascript; charset=utf-8"));
        assert_eq!(script.header("access-control-allow-origin"), Some("*"));
        let tag = script.header("etag").expect("an entity tag").to_owned();
        let versioned = request::get(&gateway.address, &format!("{path}?v=1")).await.expect("an answer");
        assert_eq!(versioned.header("etag"), Some(&*tag), "a query string does not matter");
        let known = [("if-none-match", &*tag)];
        let again = request::send(&gateway.address, "GET", path, &known, "").await.expect("an answer");
        assert_eq!((again.status, &*again.body), (304, ""));
        let head = request::send(&gateway.address, "HEAD", path, &[], "").await.expect("an answer");
        assert_eq!((head.status, &*head.body), (200, ""));
    }
}

#[tokio::test]
async fn the_start_page_is_there_unless_it_is_switched_off() {
    let without = Gateway::start(json!({})).await.expect("a gateway");
    assert_eq!(request::get(&without.address, "/").await.expect("an answer").status, 404);
    let gateway = Gateway::start(json!({"examples": true})).await.expect("a gateway");
    let page = request::get(&gateway.address, "/").await.expect("an answer");
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let config = request::get(&gateway.address, "/examples-config.json").await.expect("an answer");
    let config: Value = serde_json::from_str(&config.body).expect("JSON");
    assert_eq!(config["sockethub"]["path"], "/sockethub");
    assert_eq!(format!("127.0.0.1:{}", config["sockethub"]["port"]), gateway.address);
}
