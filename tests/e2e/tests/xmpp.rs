//! XMPP on real servers: what people do there.

use std::collections::BTreeSet;

use footbridge_e2e::{
    error,
    xmpp::{PASSWORD, Sailor, gateway, message, open_room, person, raw, target},
};
use footbridge_testkit::{
    gateway::Gateway,
    xmpp::{Server, Software},
};
use serde_json::{Value, json};

const ROOM: &str = "deck@muc.x.example";

struct Harbour {
    gateway: Gateway,
    server: Server,
}

impl Harbour {
    async fn open(users: &[&str]) -> Self {
        Self::open_with(Software::Prosody, users).await
    }

    async fn open_with(software: Software, users: &[&str]) -> Self {
        let server = Server::start(software).await.expect("a server");
        for user in users {
            server.register(user, PASSWORD).await.expect("an account");
        }
        Self { gateway: gateway(&server.authority()).await, server }
    }

    async fn sailor(&self, user: &str) -> Sailor {
        Sailor::connected(&self.gateway, user, self.server.port(), json!({})).await
    }

    /// People in a room that was opened by the first of them.
    async fn crew<const N: usize>(&self, users: [&str; N]) -> Vec<Sailor> {
        open_room(&mut raw(&self.server, users[0]).await, ROOM).await;
        let mut crew = Vec::new();
        for user in users {
            let mut sailor = self.sailor(user).await;
            sailor.join(ROOM, user).await;
            crew.push(sailor);
        }
        crew
    }
}

#[tokio::test]
async fn connecting_is_answered_as_it_was_asked() {
    // xmpp 1
    for software in [Software::Prosody, Software::Ejabberd] {
        let harbour = Harbour::open_with(software, &["kim"]).await;
        let mut kim = Sailor::arrive(&harbour.gateway, "kim").await;
        let answer = kim.connect(harbour.server.port(), json!({})).await;
        assert_eq!((&answer["type"], answer.get("error")), (&json!("connect"), None), "{answer}");
        assert_eq!(answer["actor"], json!({"id": "kim@x.example/web", "type": "person"}));
        // Connected already: answered at once.
        kim.succeeds(json!({"type": "connect"})).await;
    }
}

#[tokio::test]
async fn tls_from_the_first_byte_and_starttls_lead_to_the_same_server() {
    for software in [Software::Prosody, Software::Ejabberd] {
        let harbour = Harbour::open_with(software, &["kim", "lou"]).await;
        let direct = json!({"server": "xmpps://127.0.0.1"});
        let mut kim = Sailor::connected(&harbour.gateway, "kim", harbour.server.tls_port(), direct).await;
        let starttls = json!({"server": "xmpp://127.0.0.1"});
        let mut lou = Sailor::connected(&harbour.gateway, "lou", harbour.server.port(), starttls).await;
        kim.tell("lou@x.example/web", "psst").await;
        lou.hears_said("psst").await;
    }
}

#[tokio::test]
async fn a_websocket_leads_there_too() {
    // RFC 7395
    let harbour = Harbour::open_with(Software::Ejabberd, &["kim", "lou"]).await;
    let socket = format!("ws://127.0.0.1:{}/ws", harbour.server.http_port());
    let named = json!({"server": socket, "port": null});
    let mut kim = Sailor::connected(&harbour.gateway, "kim", 0, named).await;
    let mut lou = harbour.sailor("lou").await;
    kim.tell("lou@x.example/web", "psst").await;
    lou.hears_said("psst").await;
    lou.tell("kim@x.example/web", "aye").await;
    kim.hears_said("aye").await;
}

#[tokio::test]
async fn a_server_with_a_certificate_of_nobody_we_trust_is_not_logged_in_to() {
    let harbour = Harbour::open(&["kim"]).await;
    let other = Gateway::start(json!({"platforms": ["xmpp"]})).await.expect("a gateway");
    let mut kim = Sailor::arrive(&other, "kim").await;
    let refused = kim.connect(harbour.server.port(), json!({})).await;
    assert!(error(&refused).starts_with("connection failed: "), "{refused}");
}

#[tokio::test]
async fn a_wrong_password_is_told_and_the_right_one_connects_afterwards() {
    // xmpp 2, 3
    for software in [Software::Prosody, Software::Ejabberd] {
        let harbour = Harbour::open_with(software, &["kim"]).await;
        let mut kim = Sailor::arrive(&harbour.gateway, "kim").await;
        let refused = kim.connect(harbour.server.port(), json!({"password": "wrong"})).await;
        assert!(error(&refused).starts_with("connection failed: not-authorized"), "{refused}");
        let service = format!("(service: 127.0.0.1:{})", harbour.server.port());
        assert!(error(&refused).ends_with(&service), "{refused}");
        let mut again = harbour.sailor("kim").await;
        again.appear().await;
        again.tell("kim@x.example/web", "to myself").await;
        let pushes = again.hears_all_until(|push| push["object"]["content"] == "to myself").await;
        assert!(pushes.iter().all(|push| push["type"] != "connect"), "{pushes:?}");
    }
}

#[tokio::test]
async fn credentials_that_make_no_sense_are_refused_with_what_is_wrong() {
    // xmpp 4, 5
    let harbour = Harbour::open(&[]).await;
    let form = "xmpp credentials.object.userAddress must be a JID in the form 'user@server'";
    let portion = "xmpp credentials.object.userAddress is missing the username or server portion";
    for (address, text) in [("kim", form), ("@x.example", portion), ("kim@", portion)] {
        let mut kim = Sailor::arrive(&harbour.gateway, "kim").await;
        let refused = kim.connect(harbour.server.port(), json!({"userAddress": address})).await;
        assert_eq!(error(&refused), text);
    }
    for member in ["password", "resource"] {
        let mut kim = Sailor::arrive(&harbour.gateway, "kim").await;
        let refused = kim.show(harbour.server.port(), json!({member: null})).await;
        assert!(error(&refused).contains(member), "{refused}");
    }
}

#[tokio::test]
async fn joining_is_answered_at_once_and_what_is_wrong_comes_later() {
    // xmpp 6
    for software in [Software::Prosody, Software::Ejabberd] {
        let harbour = Harbour::open_with(software, &["kim", "lou"]).await;
        let mut kim = harbour.sailor("kim").await;
        let nowhere = target("test@x.example");
        let answer = kim.succeeds(json!({"type": "join", "target": nowhere})).await;
        assert_eq!(answer["target"], nowhere);
        open_room(&mut raw(&harbour.server, "lou").await, ROOM).await;
        kim.join(ROOM, "kim").await;
        let mut lou = harbour.sailor("lou").await;
        let actor = json!({"id": lou.actor, "type": "person", "name": "kim"});
        lou.succeeds(json!({"type": "join", "actor": actor, "target": target(ROOM)})).await;
        let told = lou.hears(|push| push.get("error").is_some()).await;
        assert_eq!((&told["type"], &told["actor"]["type"]), (&json!("update"), &json!("room")), "{told}");
        assert!(error(&told).starts_with("<error") && error(&told).contains("<conflict"), "{told}");
    }
}

#[tokio::test]
async fn a_room_can_be_joined_without_a_name() {
    // xmpp 7
    for software in [Software::Prosody, Software::Ejabberd] {
        let harbour = Harbour::open_with(software, &["kim"]).await;
        let mut kim = harbour.sailor("kim").await;
        kim.succeeds(json!({"type": "join", "target": target(ROOM)})).await;
        // Some rooms speak for themselves before.
        let own = format!("{ROOM}/kim");
        let there = kim.hears(|push| push["object"]["type"] == "presence" && push["actor"]["id"] == own).await;
        assert_eq!(there["actor"]["type"], "room");
        assert_eq!(there["object"]["presence"], "online");
    }
}

#[tokio::test]
async fn what_is_said_in_a_room_reaches_all_of_it_and_the_speaker() {
    // xmpp 8, 9, 10
    for software in [Software::Prosody, Software::Ejabberd] {
        let users = ["ann", "bob", "cat", "dan", "eve"];
        let harbour = Harbour::open_with(software, &users).await;
        let mut crew = harbour.crew(users).await;
        let speak = crew[..3].iter_mut().map(|sailor| async {
            let content = format!("from {}", sailor.actor);
            let answer = sailor.say(ROOM, &content).await;
            assert_eq!((&answer["type"], &answer["target"]), (&json!("send"), &target(ROOM)), "{answer}");
            assert_eq!(answer["object"], message(&content));
        });
        futures_util::future::join_all(speak).await;
        for sailor in &mut crew {
            let mut missing: BTreeSet<_> = ["ann", "bob", "cat"].into();
            while !missing.is_empty() {
                let heard = sailor.hears(|push| push["type"] == "send").await;
                assert_eq!(heard["target"], json!({"type": "room", "id": ROOM}));
                let name = heard["actor"]["name"].as_str().expect("a nick").to_owned();
                assert_eq!(heard["actor"], json!({"type": "person", "id": format!("{ROOM}/{name}"), "name": name}));
                assert!(missing.remove(&*name), "{name} twice");
            }
        }
    }
}

#[tokio::test]
async fn messages_to_people_keep_their_ids_and_corrections_name_what_they_correct() {
    // xmpp 11, 12
    let harbour = Harbour::open(&["kim", "lou"]).await;
    let mut lou = raw(&harbour.server, "lou").await;
    let mut kim = harbour.sailor("kim").await;
    let told = json!({"type": "message", "content": "psst", "id": "m6"});
    kim.succeeds(json!({"type": "send", "target": person("lou@x.example/raw"), "object": told})).await;
    let heard = lou.until("psst").await.expect("a message");
    for part in ["type='chat'", "to='lou@x.example/raw'", "id='m6'"] {
        assert!(heard.contains(part), "{part}: {heard}");
    }
    let corrected = json!({"type": "message", "content": "pssst", "id": "m7", "xmpp:replace": {"id": "m6"}});
    kim.succeeds(json!({"type": "send", "target": person("lou@x.example/raw"), "object": corrected})).await;
    let heard = lou.until("pssst").await.expect("a message");
    assert!(heard.contains("urn:xmpp:message-correct:0") && heard.contains("<replace"), "{heard}");
    let replace = "<replace xmlns='urn:xmpp:message-correct:0' id='r1'/>";
    lou.say(&format!("<message to='kim@x.example/web' id='r2' type='chat'><body>aye</body>{replace}</message>"))
        .await
        .unwrap();
    let heard = kim.hears_said("aye").await;
    assert_eq!(heard["actor"], json!({"type": "person", "id": "lou@x.example/raw"}));
    assert_eq!(heard["target"], json!({"type": "person", "id": "kim@x.example/web"}));
    assert_eq!((&heard["object"]["id"], &heard["object"]["xmpp:replace"]), (&json!("r2"), &json!({"id": "r1"})));
}

#[tokio::test]
async fn what_was_said_before_is_dated_and_what_the_room_stored_has_its_id() {
    // xmpp 13, 14, 15
    let harbour = Harbour::open(&["kim", "lou"]).await;
    let mut crew = harbour.crew(["kim"]).await;
    crew[0].say(ROOM, "before").await;
    let live = crew[0].hears_said("before").await;
    assert_eq!(live.get("published"), None, "{live}");
    assert!(live["object"]["xmpp:stanza-id"].is_string(), "{live}");
    let mut lou = raw(&harbour.server, "lou").await;
    lou.join(ROOM, "lou").await.unwrap();
    let active = "<active xmlns='http://jabber.org/protocol/chatstates'/>";
    lou.say(&format!("<message to='{ROOM}' type='groupchat'>{active}</message>")).await.unwrap();
    lou.say(&format!("<message to='{ROOM}' type='groupchat'><body>after</body></message>")).await.unwrap();
    let between = crew[0].hears_all_until(|push| push["object"]["content"] == "after").await;
    assert_eq!(between.iter().filter(|push| push["type"] == "send").count(), 1, "{between:?}");
    let mut late = Sailor::connected(&harbour.gateway, "lou", harbour.server.port(), json!({})).await;
    let actor = json!({"id": late.actor, "type": "person", "name": "late"});
    late.succeeds(json!({"type": "join", "actor": actor, "target": target(ROOM)})).await;
    let told = late.hears_said("before").await;
    let published = told["published"].as_str().expect("a date");
    assert!(published.len() == "2026-02-03T04:05:06.000Z".len() && published.ends_with('Z'), "{published}");
}

#[tokio::test]
async fn presence_in_a_room_is_told_as_such_and_leaving_is_seen() {
    // xmpp 18
    let harbour = Harbour::open(&["kim", "lou"]).await;
    let mut lou = raw(&harbour.server, "lou").await;
    open_room(&mut lou, ROOM).await;
    lou.join(ROOM, "lou").await.unwrap();
    let mut kim = harbour.sailor("kim").await;
    kim.join(ROOM, "kim").await;
    lou.say(&format!("<presence to='{ROOM}/lou'><show>xa</show><status>deep &lt;sea&gt;</status></presence>"))
        .await
        .unwrap();
    let told = kim.hears(|push| push["object"]["presence"] == "xa").await;
    assert_eq!(told["actor"]["type"], "room");
    assert_eq!(told["actor"]["id"], format!("{ROOM}/lou"));
    assert_eq!(told["object"], json!({"type": "presence", "presence": "xa", "content": "deep <sea>"}));
    kim.succeeds(json!({"type": "leave", "target": target(ROOM)})).await;
    let gone = lou.until("type='unavailable'").await.expect("kim leaves");
    assert!(gone.contains(&format!("{ROOM}/kim")), "{gone}");
}

#[tokio::test]
async fn who_is_there_and_what_the_room_is_like_are_told_to_who_asked() {
    // xmpp 19, 20, 21
    for software in [Software::Prosody, Software::Ejabberd] {
        let harbour = Harbour::open_with(software, &["kim", "lou"]).await;
        let mut crew = harbour.crew(["kim", "lou"]).await;
        let kim = &mut crew[0];
        let attendance = json!({"type": "query", "target": target(ROOM), "object": {"type": "attendance"}});
        let answer = kim.succeeds(attendance.clone()).await;
        assert_eq!(answer["object"], json!({"type": "attendance"}));
        let told = kim.hears(|push| push["object"]["type"] == "attendance").await;
        let mut members: Vec<_> = told["object"]["members"].as_array().unwrap().iter().map(Value::to_string).collect();
        members.sort();
        // Prosody tells nobody who is in a room.
        let all: &[&str] = if software == Software::Ejabberd { &["\"kim\"", "\"lou\""] } else { &[] };
        assert_eq!(members, all, "{told}");
        assert_eq!(told["actor"], target(ROOM));
        assert_eq!(told["target"], person("kim@x.example/web"));
        let info = json!({"type": "query", "target": target(ROOM), "object": {"type": "room-info"}});
        kim.succeeds(info).await;
        let told = kim.hears(|push| push["object"]["type"] == "room-info").await;
        let object = &told["object"];
        assert!(object["features"].as_array().unwrap().contains(&json!("http://jabber.org/protocol/muc")), "{told}");
        assert_eq!(object["identities"][0]["category"], "conference");
        assert!(object["roominfo"].is_object(), "{told}");
        let nowhere = target("nobody@muc.x.example");
        kim.succeeds(json!({"type": "query", "target": nowhere, "object": {"type": "room-info"}})).await;
        let told = kim.hears(|push| push.get("error").is_some()).await;
        assert_eq!((&told["type"], &told["object"]["type"]), (&json!("query"), &json!("room-info")), "{told}");
        assert!(error(&told).starts_with("<error"), "{told}");
    }
}

#[tokio::test]
async fn two_who_want_the_same_resource_do_not_fight() {
    // xmpp 23
    let harbour = Harbour::open(&["kim", "lou"]).await;
    let mut first = harbour.sailor("kim").await;
    let mut second = Sailor::arrive(&harbour.gateway, "kim").await;
    second.actor = "kim@x.example/other".to_owned();
    let answer = second.connect(harbour.server.port(), json!({})).await;
    assert_eq!(answer.get("error"), None, "{answer}");
    let told = first.hears_all_until(|push| push["type"] == "error").await;
    let failed = told.iter().find(|push| push["type"] == "connect").expect("a push that says it");
    assert_eq!(failed["object"], json!({"type": "connect", "status": "failed", "condition": "conflict"}));
    let error = told.last().unwrap();
    assert_eq!((&error["actor"]["id"], &error["object"]["condition"]), (&json!("unknown"), &json!("conflict")));
    // The winner stays: what it is sent arrives, and nothing else does.
    let mut lou = harbour.sailor("lou").await;
    lou.tell("kim@x.example/web", "who are you?").await;
    let pushes = second.hears_all_until(|push| push["type"] == "send").await;
    assert_eq!(pushes.len(), 1, "{pushes:?}");
    lou.tell("lou@x.example/web", "marker").await;
    lou.hears_said("marker").await;
    let gone = first.does(json!({"type": "send", "target": person("lou@x.example/web"), "object": message("?")})).await;
    assert!(gone.get("error").is_some(), "{gone}");
}

#[tokio::test]
async fn another_resource_is_another_connection() {
    // xmpp 24
    let harbour = Harbour::open(&["kim", "lou"]).await;
    let mut one = harbour.sailor("kim").await;
    let mut two = Sailor::arrive(&harbour.gateway, "kim").await;
    let answer = two.connect(harbour.server.port(), json!({"resource": "phone"})).await;
    assert_eq!(answer.get("error"), None, "{answer}");
    assert_eq!(harbour.gateway.workers().len(), 2);
    let mut lou = harbour.sailor("lou").await;
    lou.tell("kim@x.example/phone", "on the phone").await;
    two.hears_said("on the phone").await;
    lou.tell("kim@x.example/web", "on the web").await;
    let pushes = one.hears_all_until(|push| push["type"] == "send").await;
    assert_eq!(pushes.len(), 1, "{pushes:?}");
}

#[tokio::test]
async fn two_tabs_of_one_account_share_a_connection() {
    let harbour = Harbour::open(&["kim", "lou"]).await;
    let mut one = Sailor::arrive(&harbour.gateway, "kim").await;
    let mut two = Sailor::arrive(&harbour.gateway, "kim").await;
    let port = harbour.server.port();
    let (first, second) = tokio::join!(one.connect(port, json!({})), two.connect(port, json!({})));
    assert_eq!((first.get("error"), second.get("error")), (None, None), "{first} {second}");
    assert_eq!(harbour.gateway.workers().len(), 1);
    let mut lou = harbour.sailor("lou").await;
    lou.tell("kim@x.example/web", "both of you").await;
    one.hears_said("both of you").await;
    two.hears_said("both of you").await;
}

#[tokio::test]
async fn a_server_without_encryption_is_used_where_it_is_named() {
    // xmpp 26
    let server = Server::start_without_tls(Software::Prosody).await.expect("a server");
    server.register("kim", PASSWORD).await.expect("an account");
    let gateway = gateway("").await;
    let named = json!({"server": "xmpp://127.0.0.1"});
    let mut kim = Sailor::connected(&gateway, "kim", server.port(), named).await;
    kim.tell("kim@x.example/web", "in the clear").await;
    kim.hears_said("in the clear").await;
}

#[tokio::test]
async fn after_a_disconnect_one_may_connect_again_and_is_in_no_room() {
    // xmpp 27, 18
    let harbour = Harbour::open(&["kim", "lou"]).await;
    let mut lou = raw(&harbour.server, "lou").await;
    open_room(&mut lou, ROOM).await;
    lou.join(ROOM, "lou").await.unwrap();
    let mut kim = harbour.sailor("kim").await;
    kim.join(ROOM, "kim").await;
    lou.until(&format!("{ROOM}/kim")).await.expect("kim is there");
    kim.succeeds(json!({"type": "disconnect"})).await;
    lou.until("type='unavailable'").await.expect("it leaves in good manners");
    kim.succeeds(json!({"type": "connect"})).await;
    lou.say("<presence to='kim@x.example/web'><show>dnd</show></presence>").await.unwrap();
    let told = kim.hears(|push| push["object"]["presence"] == "dnd").await;
    assert_eq!(told["actor"], person("lou@x.example/raw"), "rooms are forgotten");
}

#[tokio::test]
async fn nothing_works_before_connect() {
    // xmpp 28
    let harbour = Harbour::open(&["kim"]).await;
    let mut kim = Sailor::arrive(&harbour.gateway, "kim").await;
    kim.show(harbour.server.port(), json!({})).await;
    let refused = kim.does(json!({"type": "join", "target": target(ROOM)})).await;
    assert_eq!(error(&refused), "join called on uninitialized platform");
}

#[tokio::test]
async fn friendship_is_asked_for_and_granted() {
    // xmpp 29
    for software in [Software::Prosody, Software::Ejabberd] {
        let harbour = Harbour::open_with(software, &["kim", "lou"]).await;
        let (mut kim, mut lou) = (harbour.sailor("kim").await, harbour.sailor("lou").await);
        // Servers tell of requests those who asked for their contacts.
        for sailor in [&mut kim, &mut lou] {
            sailor.succeeds(json!({"type": "query", "object": {"type": "roster"}})).await;
            sailor.appear().await;
        }
        kim.succeeds(json!({"type": "request-friend", "target": person("lou@x.example")})).await;
        let asked = lou.hears(|push| push["type"] == "request-friend").await;
        assert_eq!(asked["actor"], person("kim@x.example"));
        lou.succeeds(json!({"type": "make-friend", "target": person("kim@x.example")})).await;
        let asked = kim.hears(|push| push["type"] == "request-friend").await;
        assert_eq!(asked["actor"], person("lou@x.example"));
        kim.succeeds(json!({"type": "make-friend", "target": person("lou@x.example")})).await;
        let dnd = json!({"type": "presence", "presence": "dnd", "content": "on watch"});
        lou.succeeds(json!({"type": "update", "object": dnd})).await;
        let told = kim.hears(|push| push["object"]["presence"] == "dnd").await;
        assert_eq!((&told["actor"], &told["object"]["content"]), (&person("lou@x.example/web"), &json!("on watch")));
        kim.succeeds(json!({"type": "remove-friend", "target": person("lou@x.example")})).await;
        let listed = kim.succeeds(json!({"type": "query", "object": {"type": "roster"}})).await;
        assert_eq!(listed["totalItems"], 0, "{listed}");
    }
}

#[tokio::test]
async fn who_uses_only_stateless_platforms_is_pushed_nothing() {
    // xmpp 30
    let harbour = Harbour::open(&["kim", "lou"]).await;
    let mut bystander = Sailor::arrive(&harbour.gateway, "bystander").await;
    let mut crew = harbour.crew(["kim", "lou"]).await;
    crew[0].say(ROOM, "all hands").await;
    crew[1].hears_said("all hands").await;
    let echo = footbridge_testkit::activity::activity("dummy", "echo", "bystander", message("me"));
    let answer = bystander.client.call("message", &echo).await.expect("an answer");
    assert_eq!(answer.get("error"), None, "{answer}");
    assert!(bystander.client.arrived().is_none());
}
