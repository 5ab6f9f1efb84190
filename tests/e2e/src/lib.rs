//! Whole stories: the real gateway, real worker processes, raw packets. Each file of `tests/` is a story; the stories with
//! the published JavaScript clients and a browser are in `js/`.
//!
//! What they share is here; peers and the gateway under test come from `footbridge_testkit`.

pub mod irc;
pub mod xmpp;

use std::time::Duration;

use footbridge_testkit::{
    activity::{activity, context},
    gateway::Gateway,
    request,
    socketio::Client,
};
use serde_json::{Value, json};

/// Between two looks at what cannot be waited for.
pub const LOOK: Duration = Duration::from_millis(10);

/// A verb of the puppet platform for `actor`.
pub fn puppet(verb: &str, actor: &str, object: Value) -> Value {
    activity("puppet", verb, actor, object)
}

/// Credentials for the puppet platform.
pub fn credentials(actor: &str, object: Value) -> Value {
    let mut all = json!({"type": "credentials", "nick": actor});
    if let (Some(all), Value::Object(object)) = (all.as_object_mut(), object) {
        all.extend(object);
    }
    json!({
        "@context": context("puppet"), "type": "credentials", "actor": {"id": actor, "type": "person"}, "object": all
    })
}

/// Submits credentials and connects; panics where either fails.
pub async fn connect(client: &mut Client, actor: &str, object: Value) {
    let stored = client.call("credentials", &credentials(actor, object)).await.expect("an answer");
    assert_eq!(stored.get("error"), None, "{stored}");
    let connected = client.call("message", &puppet("connect", actor, json!({}))).await.expect("an answer");
    assert_eq!(connected.get("error"), None, "{connected}");
}

/// Waits until no job waits or runs.
pub async fn drained(gateway: &Gateway) {
    healthy(gateway, |health| (&health["waiting_jobs"], &health["running_jobs"]) == (&json!(0), &json!(0))).await;
}

/// Waits until no session is left.
pub async fn left(gateway: &Gateway) {
    healthy(gateway, |health| health["sessions"] == json!(0)).await;
}

/// Waits until the gateway says of itself what is hoped for; the test runner's limit ends a wait in vain.
async fn healthy(gateway: &Gateway, hoped_for: impl Fn(&Value) -> bool) {
    loop {
        let ready = request::get(&gateway.address, "/health/ready").await.expect("an answer");
        if hoped_for(&serde_json::from_str(&ready.body).expect("JSON")) {
            return;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Waits until something is so that cannot be waited for otherwise; the test runner's limit ends a wait in vain.
pub async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::time::sleep(LOOK).await;
    }
}

/// The `error` of an answer.
pub fn error(answer: &Value) -> &str {
    answer["error"].as_str().unwrap_or_else(|| panic!("no error in {answer}"))
}
