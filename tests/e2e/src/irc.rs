//! What stories of the irc platform share.

use footbridge_testkit::{activity::context, gateway::Gateway, socketio::Client};
use serde_json::{Value, json};

/// Somebody with a browser tab.
pub struct Sailor {
    /// The tab's connection.
    pub client: Client,
    /// The actor's id.
    pub actor: String,
}

impl Sailor {
    /// Opens a tab for `kim@irc.test` and the like.
    pub async fn arrive(gateway: &Gateway, nick: &str) -> Self {
        let client = Client::connect(&gateway.address).await.expect("connected");
        Self { client, actor: format!("{nick}@localhost") }
    }

    /// Submits credentials for the server at `port` of this machine; `object` adds to them.
    pub async fn show(&mut self, port: u16, object: Value) -> Value {
        let nick = self.actor.split('@').next().unwrap_or_default();
        let mut all =
            json!({"type": "credentials", "nick": nick, "server": "localhost", "port": port, "secure": false});
        if let (Some(all), Value::Object(object)) = (all.as_object_mut(), object) {
            all.extend(object);
        }
        let credentials = json!({
            "@context": context("irc"), "type": "credentials", "actor": {"id": self.actor, "type": "person"}, "object": all
        });
        self.client.call("credentials", &credentials).await.expect("an answer")
    }

    /// Submits credentials and connects; the answer to the latter.
    pub async fn connect(&mut self, port: u16, object: Value) -> Value {
        let stored = self.show(port, object).await;
        assert_eq!(stored.get("error"), None, "{stored}");
        self.does(json!({"type": "connect"})).await
    }

    /// The same, and it must succeed.
    pub async fn connected(gateway: &Gateway, nick: &str, port: u16, object: Value) -> Self {
        let mut sailor = Self::arrive(gateway, nick).await;
        let connected = sailor.connect(port, object).await;
        assert_eq!(connected.get("error"), None, "{connected}");
        assert_eq!(connected["type"], "connect");
        sailor
    }

    /// An activity of this actor, with the members given.
    pub fn activity(&self, members: Value) -> Value {
        let mut activity = json!({"@context": context("irc"), "actor": {"id": self.actor, "type": "person"}});
        if let (Some(activity), Value::Object(members)) = (activity.as_object_mut(), members) {
            activity.extend(members);
        }
        activity
    }

    /// Asks for something; the answer.
    pub async fn does(&mut self, members: Value) -> Value {
        let activity = self.activity(members);
        self.client.call("message", &activity).await.expect("an answer")
    }

    /// The same, and it must succeed.
    pub async fn succeeds(&mut self, members: Value) -> Value {
        let answer = self.does(members).await;
        assert_eq!(answer.get("error"), None, "{answer}");
        answer
    }

    /// Enters a channel.
    pub async fn join(&mut self, channel: &str) -> Value {
        self.succeeds(json!({"type": "join", "target": room(channel)})).await
    }

    /// Says something in a channel; the answer.
    pub async fn say(&mut self, channel: &str, content: &str) -> Value {
        self.does(json!({"type": "send", "target": room(channel), "object": message(content)})).await
    }

    /// The next push that is like this; those before it are passed over.
    pub async fn hears(&mut self, mut like: impl FnMut(&Value) -> bool) -> Value {
        loop {
            let event = self.client.event().await.expect("a push").payload;
            if like(&event) {
                return event;
            }
        }
    }

    /// The next message that somebody sends, with this content.
    pub async fn hears_said(&mut self, content: &str) -> Value {
        self.hears(|push| push["type"] == "send" && push["object"]["content"] == content).await
    }
}

/// A channel as a target, the way the example app spells it.
pub fn room(channel: &str) -> Value {
    json!({"type": "room", "id": channel, "name": channel})
}

/// Text as an object.
pub fn message(content: &str) -> Value {
    json!({"type": "message", "content": content})
}
