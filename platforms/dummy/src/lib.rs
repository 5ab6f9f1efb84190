//! Test platform: echoes, fails and crashes on request (platforms.md 4).
//!
//! It answers an echo without parsing more than it must, so that what is measured through it is the gateway.

use std::{borrow::Cow, collections::BTreeMap, process, time::Duration};

use bytes::Bytes;
use footbridge_host::{Call, Failure, OpenError, Opened, Platform, Reply, Stateless, Uncaught};
use nix::{
    sys::signal::{Signal, kill},
    unistd::getpid,
};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

/// How long `hang` blocks: longer than any heartbeat waits.
const HANG: Duration = Duration::from_mins(1);

/// `packageConfig["@sockethub/platform-dummy"]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// What `greet` puts before the content.
    #[serde(default = "hello")]
    pub greeting: String,
}

fn hello() -> String {
    "Hello".into()
}

/// The platform.
#[derive(Debug)]
pub struct Dummy {
    greeting: String,
}

/// An activity whose members are not looked into.
type Members<'a> = BTreeMap<Key<'a>, &'a RawValue>;

/// A member's name, borrowed unless it has escapes.
#[derive(Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl Key<'static> {
    const fn new(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }
}

impl Platform for Dummy {
    const ID: &'static str = "dummy";
    type Settings = Settings;

    fn open(settings: Settings, _: Opened) -> Result<Self, OpenError> {
        Ok(Self { greeting: settings.greeting })
    }
}

impl Stateless for Dummy {
    async fn perform(&self, call: Call) -> Result<Reply, Failure> {
        match &*call.verb {
            "echo" => echo(&call.activity, None),
            "greet" => {
                let content = format!("{} {}", self.greeting, content(&call)?);
                echo(&call.activity, Some(&content))
            }
            "fail" | "throw" => Err(Failure::error(content(&call)?)),
            "exit0" => process::exit(0),
            "exit1" => process::exit(1),
            "throwTypeError" => uncaught("TypeError: dummy type error"),
            "throwReferenceError" => uncaught("ReferenceError: dummy reference error"),
            "sigterm" => signal(Signal::SIGTERM).await,
            "sigkill" => signal(Signal::SIGKILL).await,
            "hang" => {
                hang();
                Ok(Reply::Unchanged)
            }
            verb => Err(Failure::unknown_verb(verb)),
        }
    }
}

/// The activity with actor and target swapped, and its content replaced where one is given.
fn echo(activity: &Bytes, content: Option<&str>) -> Result<Reply, Failure> {
    let mut members: Members<'_> = parse(activity)?;
    let platform: &RawValue = serde_json::from_str(r#"{"id":"dummy","type":"platform"}"#).map_err(Failure::bare)?;
    if let Some(actor) = members.insert(Key::new("actor"), platform) {
        members.insert(Key::new("target"), actor);
    }
    let object;
    if let Some(content) = content {
        let mut fields: Members<'_> = parse(members[&Key::new("object")].get().as_bytes())?;
        let content = to_raw_value(content).map_err(Failure::bare)?;
        fields.insert(Key::new("content"), &content);
        object = to_raw_value(&fields).map_err(Failure::bare)?;
        members.insert(Key::new("object"), &object);
    }
    Reply::json(&members)
}

/// `object.content` of a call.
fn content(call: &Call) -> Result<String, Failure> {
    #[derive(Deserialize)]
    struct Activity {
        object: Object,
    }
    #[derive(Deserialize)]
    struct Object {
        #[serde(default)]
        content: String,
    }
    call.parse::<Activity>().map(|activity| activity.object.content)
}

fn parse(text: &[u8]) -> Result<Members<'_>, Failure> {
    serde_json::from_slice(text).map_err(Failure::bare)
}

fn uncaught(text: &str) -> ! {
    std::panic::panic_any(Uncaught(text.into()))
}

/// Never returns for the two signals it is used with: neither is handled.
async fn signal(signal: Signal) -> Result<Reply, Failure> {
    kill(getpid(), signal).map_err(Failure::error)?;
    std::future::pending().await
}

#[expect(clippy::disallowed_methods, reason = "blocking the whole process is what this verb is for")]
fn hang() {
    std::thread::sleep(HANG);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn answer(reply: Result<Reply, Failure>) -> Value {
        let Ok(Reply::Activity(text)) = reply else { panic!("{reply:?}") };
        serde_json::from_slice(&text).expect("JSON")
    }

    fn activity() -> Value {
        json!({
            "id": "7", "type": "echo", "actor": {"id": "mia@dummy", "type": "person", "name": "Mia"},
            "object": {"type": "message", "content": "ping \"7\"", "n": [1, 2.5, null]}
        })
    }

    #[test]
    fn echo_swaps_the_actor_and_keeps_the_rest() {
        // dummy 1, 2, 3, 4
        let sent = activity();
        let answer = answer(echo(&sent.to_string().into(), None));
        assert_eq!(answer["target"], sent["actor"]);
        assert_eq!(answer["actor"], json!({"id": "dummy", "type": "platform"}));
        assert_eq!(answer["object"], sent["object"]);
        assert_eq!(answer["id"], sent["id"]);
    }

    #[test]
    fn greet_replaces_the_content_only() {
        // dummy 5
        let answer = answer(echo(&activity().to_string().into(), Some("Hello \"you\"")));
        assert_eq!(answer["object"], json!({"type": "message", "content": "Hello \"you\"", "n": [1, 2.5, null]}));
    }

    #[test]
    fn unknown_settings_are_refused() {
        assert!(serde_json::from_str::<Settings>(r#"{"greetng":"x"}"#).is_err());
        assert_eq!(serde_json::from_str::<Settings>("{}").expect("defaults").greeting, "Hello");
    }
}
