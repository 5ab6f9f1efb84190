//! XMPP when the network fails, and when the server goes and comes again.

use footbridge_e2e::{
    error, until,
    xmpp::{PASSWORD, Sailor, gateway, message, open_room, person, raw, target},
};
use footbridge_testkit::{
    gateway::Gateway,
    proxy::Proxy,
    xmpp::{Server, Software, User},
};
use serde_json::{Value, json};

const ROOM: &str = "deck@muc.x.example";

/// kim's connection goes through a proxy, lou's does not.
struct Harbour {
    gateway: Gateway,
    server: Server,
    proxy: Proxy,
}

impl Harbour {
    async fn open(software: Software) -> Self {
        let server = Server::start(software).await.expect("a server");
        for user in ["kim", "lou"] {
            server.register(user, PASSWORD).await.expect("an account");
        }
        let proxy = Proxy::start(server.port()).await;
        Self { gateway: gateway(&server.authority()).await, server, proxy }
    }

    async fn kim(&self, object: Value) -> Sailor {
        Sailor::connected(&self.gateway, "kim", self.proxy.port(), object).await
    }

    /// Waits until kim's connection stands again.
    async fn restored(&self) {
        until(|| self.proxy.connections() > 0).await;
    }
}

fn numbered(from: usize, to: usize) -> Vec<String> {
    (from..to).map(|number| format!("number {number}")).collect()
}

async fn hear_in_order(sailor: &mut Sailor, contents: &[String]) {
    for content in contents {
        let heard = sailor.hears(|push| push["type"] == "send").await;
        assert_eq!(heard["object"]["content"], json!(content), "{heard}");
    }
}

async fn hear_raw_in_order(user: &mut User, contents: &[String]) {
    for content in contents {
        let heard = user.until("<body>").await.expect("a message");
        assert!(heard.contains(&format!("<body>{content}</body>")), "not {content}: {heard}");
    }
}

#[tokio::test]
async fn a_cut_of_the_network_loses_nothing_and_doubles_nothing() {
    for software in [Software::Prosody, Software::Ejabberd] {
        let harbour = Harbour::open(software).await;
        let mut kim = harbour.kim(json!({})).await;
        let mut lou = raw(&harbour.server, "lou").await;
        let to_kim =
            |content: &String| format!("<message to='kim@x.example/web' type='chat'><body>{content}</body></message>");
        for content in numbered(0, 10) {
            kim.tell("lou@x.example/raw", &content).await;
            lou.say(&to_kim(&content)).await.unwrap();
        }
        hear_in_order(&mut kim, &numbered(0, 10)).await;
        hear_raw_in_order(&mut lou, &numbered(0, 10)).await;
        // What is sent into a network that hangs, and then breaks, is on its way still.
        harbour.proxy.stall(true);
        for content in numbered(10, 15) {
            kim.tell("lou@x.example/raw", &content).await;
            lou.say(&to_kim(&content)).await.unwrap();
        }
        harbour.proxy.refuse(true);
        assert_eq!(harbour.proxy.cut().await, 1);
        for content in numbered(15, 20) {
            lou.say(&to_kim(&content)).await.unwrap();
        }
        harbour.proxy.stall(false);
        harbour.proxy.refuse(false);
        harbour.restored().await;
        hear_in_order(&mut kim, &numbered(10, 20)).await;
        hear_raw_in_order(&mut lou, &numbered(10, 15)).await;
        for content in numbered(20, 25) {
            kim.tell("lou@x.example/raw", &content).await;
            lou.say(&to_kim(&content)).await.unwrap();
        }
        hear_in_order(&mut kim, &numbered(20, 25)).await;
        hear_raw_in_order(&mut lou, &numbered(20, 25)).await;
    }
}

#[tokio::test]
async fn a_cut_in_the_middle_of_what_the_server_says_loses_nothing() {
    let harbour = Harbour::open(Software::Prosody).await;
    let mut kim = harbour.kim(json!({})).await;
    let mut lou = raw(&harbour.server, "lou").await;
    for round in 0..5 {
        harbour.proxy.cut_in_reply(100 + 331 * round);
        let contents = numbered(20 * round, 20 * round + 20);
        for content in &contents {
            lou.say(&format!("<message to='kim@x.example/web' type='chat'><body>{content}</body></message>"))
                .await
                .unwrap();
        }
        hear_in_order(&mut kim, &contents).await;
    }
}

#[tokio::test]
async fn a_session_that_is_resumed_is_in_its_rooms_still() {
    let harbour = Harbour::open(Software::Prosody).await;
    let mut kim = harbour.kim(json!({"extensions": ["connection"]})).await;
    kim.join(ROOM, "kim").await;
    kim.say(ROOM, "before").await;
    kim.hears_said("before").await;
    assert_eq!(harbour.proxy.cut().await, 1);
    let lost = kim.hears(|push| push["type"] == "connect").await;
    assert_eq!(lost["object"], json!({"type": "connect", "status": "reconnecting", "condition": "network"}));
    kim.hears(|push| push["object"]["status"] == "online").await;
    kim.say(ROOM, "after").await;
    let between = kim.hears_all_until(|push| push["object"]["content"] == "after").await;
    assert!(between.iter().all(|push| push["object"]["content"] != "before"), "{between:?}");
}

#[tokio::test]
async fn after_a_restart_of_the_server_rooms_and_presence_are_there_again() {
    // xmpp 25
    for software in [Software::Prosody, Software::Ejabberd] {
        let mut harbour = Harbour::open(software).await;
        open_room(&mut raw(&harbour.server, "lou").await, ROOM).await;
        let mut kim = harbour.kim(json!({})).await;
        kim.join(ROOM, "kim").await;
        let away = json!({"type": "presence", "presence": "away", "content": "lunch"});
        kim.succeeds(json!({"type": "update", "object": away})).await;
        if software == Software::Prosody {
            harbour.server.kill();
            let lost = kim.hears(|push| push["type"] == "connect").await;
            assert_eq!(lost["object"], json!({"type": "connect", "status": "reconnecting", "condition": "network"}));
            assert!(error(&lost).starts_with("Connection lost: "), "{lost}");
            assert!(error(&lost).ends_with(". Attempting automatic reconnection..."), "{lost}");
        } else {
            // It would forget the accounts.
            harbour.server.stop().await;
        }
        let meanwhile = kim.does(json!({"type": "send", "target": target(ROOM), "object": message("?")})).await;
        assert_eq!(error(&meanwhile), "not connected");
        harbour.server.restart().await.expect("it starts again");
        // The room is entered anew, without being asked.
        let own = format!("{ROOM}/kim");
        kim.hears(|push| push["actor"]["id"] == own && push["object"]["type"] == "presence").await;
        kim.say(ROOM, "back").await;
        kim.hears_said("back").await;
        let mut lou = raw(&harbour.server, "lou").await;
        lou.join(ROOM, "lou").await.expect("the same room");
        lou.say("<message to='kim@x.example' type='chat'><body>to the account</body></message>").await.unwrap();
        kim.hears_said("to the account").await;
    }
}

#[tokio::test]
async fn an_orderly_shutdown_of_the_server_is_survived_too() {
    // xmpp 25
    let mut harbour = Harbour::open(Software::Prosody).await;
    let mut kim = harbour.kim(json!({})).await;
    kim.join(ROOM, "kim").await;
    harbour.server.stop().await;
    harbour.server.restart().await.expect("it starts again");
    let own = format!("{ROOM}/kim");
    kim.hears(|push| push["actor"]["id"] == own && push["object"]["type"] == "presence").await;
    kim.say(ROOM, "back").await;
    kim.hears_said("back").await;
}

#[tokio::test]
async fn who_does_not_want_to_be_reconnected_is_not() {
    let harbour = Harbour::open(Software::Prosody).await;
    let mut kim = harbour.kim(json!({"reconnect": false})).await;
    assert_eq!(harbour.proxy.cut().await, 1);
    kim.hears(|push| push["type"] == "connect").await;
    let refused = kim.does(json!({"type": "send", "target": person("lou@x.example"), "object": message("?")})).await;
    assert!(refused.get("error").is_some(), "{refused}");
    kim.succeeds(json!({"type": "connect"})).await;
    kim.tell("kim@x.example/web", "by hand").await;
    kim.hears_said("by hand").await;
}

#[tokio::test]
async fn a_server_that_nobody_reaches_is_told_once_and_not_tried_for_ever() {
    let harbour = Harbour::open(Software::Prosody).await;
    harbour.proxy.refuse(true);
    let mut kim = Sailor::arrive(&harbour.gateway, "kim").await;
    let refused = kim.connect(harbour.proxy.port(), json!({})).await;
    assert!(error(&refused).starts_with("connection failed: "), "{refused}");
    harbour.proxy.refuse(false);
    let mut again = harbour.kim(json!({})).await;
    again.tell("kim@x.example/web", "now").await;
    again.hears_said("now").await;
    assert_eq!(harbour.proxy.connections(), 1, "no attempt goes on behind the back of the first");
}
