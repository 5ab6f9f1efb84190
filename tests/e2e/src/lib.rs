//! Whole stories: the real gateway, real worker processes, raw packets. Each file of `tests/` is a story; the stories with
//! the published JavaScript clients and a browser are in `js/`.
//!
//! What they share is here; peers and the gateway under test come from `footbridge_testkit`.

use footbridge_testkit::{
    activity::{activity, context},
    socketio::Client,
};
use serde_json::{Value, json};

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

/// The `error` of an answer.
pub fn error(answer: &Value) -> &str {
    answer["error"].as_str().unwrap_or_else(|| panic!("no error in {answer}"))
}
