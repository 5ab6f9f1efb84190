//! Whole stories: the real gateway, real worker processes, raw packets. Each file of `tests/` is a story; the stories with
//! the published JavaScript clients and a browser are in `js/`.
//!
//! What they share is here; peers and the gateway under test come from `footbridge_testkit`.

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

/// Waits until no job waits or runs; the test runner's limit ends a wait in vain.
pub async fn drained(gateway: &Gateway) {
    loop {
        let ready = request::get(&gateway.address, "/health/ready").await.expect("an answer");
        let health: Value = serde_json::from_str(&ready.body).expect("JSON");
        if (&health["waiting_jobs"], &health["running_jobs"]) == (&json!(0), &json!(0)) {
            return;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// The `error` of an answer.
pub fn error(answer: &Value) -> &str {
    answer["error"].as_str().unwrap_or_else(|| panic!("no error in {answer}"))
}
