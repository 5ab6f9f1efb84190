//! What stories of the xmpp platform share.

use footbridge_testkit::{
    activity::context,
    gateway::Gateway,
    socketio::{Ack, Client},
    xmpp::{DOMAIN, Server, User},
};
use serde_json::{Value, json};

use crate::until;

/// The password of every account.
pub use footbridge_testkit::xmpp::PASSWORD;

/// A gateway that offers xmpp and trusts the servers of this authority.
pub async fn gateway(authority: &str) -> Gateway {
    gateway_with(authority, json!({})).await
}

/// The same, with other settings of the platform.
pub async fn gateway_with(authority: &str, settings: Value) -> Gateway {
    let mut all = json!({"certificateAuthorities": authority});
    extend(&mut all, settings);
    let settings = json!({"platforms": ["dummy", "xmpp"], "packageConfig": {"@sockethub/platform-xmpp": all}});
    Gateway::start(settings).await.expect("a gateway")
}

/// Somebody with a browser tab.
pub struct Sailor {
    /// The tab's connection.
    pub client: Client,
    /// The actor's id.
    pub actor: String,
}

impl Sailor {
    /// Opens a tab for `kim@x.example/web` and the like.
    pub async fn arrive(gateway: &Gateway, user: &str) -> Self {
        let client = Client::connect(&gateway.address).await.expect("connected");
        Self { client, actor: format!("{user}@{DOMAIN}/web") }
    }

    /// Submits credentials for the server at `port` of this machine; `object` adds to them, and takes out what it says is
    /// null.
    pub async fn show(&mut self, port: u16, object: Value) -> Value {
        let address = self.actor.split('/').next().unwrap_or_default();
        let mut all = json!({
            "type": "credentials", "userAddress": address, "password": PASSWORD, "resource": "web",
            "server": "127.0.0.1", "port": port
        });
        extend(&mut all, object);
        if let Some(all) = all.as_object_mut() {
            all.retain(|_, value| !value.is_null());
        }
        let credentials = json!({
            "@context": context("xmpp"), "type": "credentials", "actor": {"id": self.actor, "type": "person"},
            "object": all
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
    pub async fn connected(gateway: &Gateway, user: &str, port: u16, object: Value) -> Self {
        let mut sailor = Self::arrive(gateway, user).await;
        let connected = sailor.connect(port, object).await;
        assert_eq!(connected.get("error"), None, "{connected}");
        sailor
    }

    /// Asks for something; the answer is still to come.
    pub async fn asks(&mut self, members: Value) -> Ack {
        let mut activity = json!({"@context": context("xmpp"), "actor": {"id": self.actor, "type": "person"}});
        extend(&mut activity, members);
        self.client.ask("message", &activity).await
    }

    /// Asks for something; the answer.
    pub async fn does(&mut self, members: Value) -> Value {
        self.asks(members).await.value().await.expect("an answer")
    }

    /// The same, and it must succeed.
    pub async fn succeeds(&mut self, members: Value) -> Value {
        let answer = self.does(members).await;
        assert_eq!(answer.get("error"), None, "{answer}");
        answer
    }

    /// Enters a room as `nick`, and waits until it is in it.
    pub async fn join(&mut self, room: &str, nick: &str) {
        let actor = json!({"id": self.actor, "type": "person", "name": nick});
        self.succeeds(json!({"type": "join", "actor": actor, "target": target(room)})).await;
        let own = format!("{room}/{nick}");
        self.hears(|push| push["actor"]["id"] == own && push["object"]["type"] == "presence").await;
    }

    /// Says something in a room.
    pub async fn say(&mut self, room: &str, content: &str) -> Value {
        self.succeeds(json!({"type": "send", "target": target(room), "object": message(content)})).await
    }

    /// Says something to somebody.
    pub async fn tell(&mut self, whom: &str, content: &str) -> Value {
        self.succeeds(json!({"type": "send", "target": person(whom), "object": message(content)})).await
    }

    /// Says that it is there, so that messages to the account arrive.
    pub async fn appear(&mut self) {
        let online = json!({"type": "presence", "presence": "online"});
        self.succeeds(json!({"type": "update", "object": online})).await;
    }

    /// The next push that is like this; those before it are passed over.
    pub async fn hears(&mut self, mut like: impl FnMut(&Value) -> bool) -> Value {
        let mut others = Vec::new();
        loop {
            let Ok(event) = self.client.event().await else { panic!("not heard, but {others:#?}") };
            if like(&event.payload) {
                return event.payload;
            }
            others.push(event.payload);
        }
    }

    /// The next message that somebody sends, with this content.
    pub async fn hears_said(&mut self, content: &str) -> Value {
        self.hears(|push| push["type"] == "send" && push["object"]["content"] == content).await
    }

    /// All pushes up to the one that is like this, and it.
    pub async fn hears_all_until(&mut self, like: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut all = Vec::new();
        self.hears(|push| {
            all.push(push.clone());
            like(push)
        })
        .await;
        all
    }
}

/// Waits until a log line of the gateway says so.
pub async fn logged(gateway: &Gateway, text: &str) {
    until(|| gateway.log().contains(text)).await;
}

/// Somebody who speaks raw stanzas and is there.
pub async fn raw(server: &Server, user: &str) -> User {
    let mut raw = User::connect(server, user, PASSWORD, "raw").await.expect("connected");
    raw.say("<presence/>").await.expect("said");
    raw
}

/// Makes a room that stays, that is listed and that anybody may enter; the owner leaves it.
pub async fn open_room(owner: &mut User, room: &str) {
    owner.join(room, "owner").await.expect("a new room");
    let field = |name: &str, value: &str| format!("<field var='{name}'><value>{value}</value></field>");
    let fields = [
        field("FORM_TYPE", "http://jabber.org/protocol/muc#roomconfig"),
        field("muc#roomconfig_persistentroom", "1"),
        field("muc#roomconfig_publicroom", "1"),
    ];
    let form = format!("<x xmlns='jabber:x:data' type='submit'>{}</x>", fields.concat());
    let query = format!("<query xmlns='http://jabber.org/protocol/muc#owner'>{form}</query>");
    owner.say(&format!("<iq type='set' id='owner-opens' to='{room}'>{query}</iq>")).await.expect("said");
    let opened = owner.until("owner-opens").await.expect("an answer");
    assert!(opened.contains("result"), "{opened}");
    owner.say(&format!("<presence to='{room}/owner' type='unavailable'/>")).await.expect("said");
    owner.until("unavailable").await.expect("the owner has left");
}

/// A room as a target.
pub fn target(room: &str) -> Value {
    json!({"type": "room", "id": room})
}

/// Somebody as a target.
pub fn person(whom: &str) -> Value {
    json!({"type": "person", "id": whom})
}

/// Text as an object.
pub fn message(content: &str) -> Value {
    json!({"type": "message", "content": content})
}

fn extend(all: &mut Value, more: Value) {
    if let (Some(all), Value::Object(more)) = (all.as_object_mut(), more) {
        all.extend(more);
    }
}
