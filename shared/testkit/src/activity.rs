//! The activities that most tests send.

use serde_json::{Value, json};

/// The canonical `@context` of a platform.
pub fn context(platform: &str) -> Value {
    json!([
        "https://www.w3.org/ns/activitystreams",
        "https://sockethub.org/ns/context/v1.jsonld",
        format!("https://sockethub.org/ns/context/platform/{platform}/v1.jsonld")
    ])
}

/// A verb of `actor` on `platform`.
pub fn activity(platform: &str, verb: &str, actor: &str, object: impl Into<Value>) -> Value {
    json!({
        "@context": context(platform),
        "type": verb,
        "actor": {"id": actor, "type": "person"},
        "object": object.into()
    })
}

/// A dummy `echo`.
pub fn echo(content: &str) -> Value {
    activity("dummy", "echo", "kim@dummy", json!({"type": "message", "content": content}))
}
