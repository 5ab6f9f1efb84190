//! IRC, on a real server: what there is beyond the contract, for those who ask.

use footbridge_e2e::{
    error,
    irc::{Sailor, message, room},
};
use footbridge_testkit::{gateway::Gateway, irc::InspIrcd};
use serde_json::{Value, json};

struct Harbour {
    gateway: Gateway,
    server: InspIrcd,
}

impl Harbour {
    async fn open() -> Self {
        let server = InspIrcd::start().await.expect("InspIRCd and Atheme");
        Self { gateway: Gateway::start(json!({"platforms": ["irc"]})).await.expect("a gateway"), server }
    }

    async fn sailor(&self, nick: &str, object: Value) -> Sailor {
        Sailor::connected(&self.gateway, nick, self.server.port(), object).await
    }
}

fn person(nick: &str) -> Value {
    json!({"type": "person", "id": format!("{nick}@localhost"), "name": nick})
}

#[tokio::test]
async fn who_keeps_a_room_in_order_is_seen_by_those_who_ask() {
    let harbour = Harbour::open().await;
    let asked = json!({"extensions": ["kick", "invite", "mode"]});
    let mut ann = harbour.sailor("ann", json!({})).await;
    ann.join("#deck").await;
    let mut bob = harbour.sailor("bob", asked).await;
    bob.join("#deck").await;
    let mut cat = harbour.sailor("cat", json!({"extensions": ["kick"]})).await;

    ann.succeeds(
        json!({"type": "update", "target": room("#deck"), "object": {"type": "modes", "content": "+ik sesame"}}),
    )
    .await;
    let modes = bob.hears(|push| push["object"]["type"] == "modes").await;
    assert_eq!(modes["object"]["content"], "+ik sesame");
    let locked = cat.does(json!({"type": "join", "target": room("#deck")})).await;
    assert!(error(&locked).starts_with("Cannot join channel"), "{locked}");
    ann.succeeds(json!({"type": "invite", "target": room("#deck"), "object": person("cat")})).await;
    ann.succeeds(json!({"type": "update", "target": room("#deck"), "object": {"type": "modes", "content": "-i"}}))
        .await;
    let key = |key: &str| json!({"type": "join", "target": room("#deck"), "object": {"type": "key", "content": key}});
    // Who was invited needs no key; who comes back does.
    cat.succeeds(json!({"type": "join", "target": room("#deck")})).await;
    bob.hears(|push| push["type"] == "join" && push["actor"]["name"] == "cat").await;
    cat.succeeds(json!({"type": "leave", "target": room("#deck"), "object": message("tea")})).await;
    bob.hears(|push| push["type"] == "leave" && push["actor"]["name"] == "cat").await;
    let refused = cat.does(key("open")).await;
    assert!(error(&refused).contains("key"), "{refused}");
    cat.succeeds(key("sesame")).await;

    let role = json!({
        "type": "relationship", "relationship": "role", "subject": {"type": "presence", "role": "participant"},
        "object": room("#deck"),
    });
    ann.succeeds(json!({"type": "add", "target": person("cat"), "object": role})).await;
    let given = bob.hears(|push| push["type"] == "add" && push["target"]["name"] == "cat").await;
    assert_eq!(given["object"]["subject"]["role"], "participant");
    let mut out = person("cat");
    out["content"] = json!("enough");
    ann.succeeds(json!({"type": "remove", "target": room("#deck"), "object": out})).await;
    let kicked = bob.hears(|push| push["type"] == "remove").await;
    assert_eq!((&kicked["object"]["name"], &kicked["object"]["content"]), (&json!("cat"), &json!("enough")));
    cat.hears(|push| push["type"] == "remove").await;
    let silent = cat.say("#deck", "still here").await;
    assert_eq!(error(&silent), "cannot send message to a channel of which you've not first joined.");
}

#[tokio::test]
async fn programs_and_people_are_told_apart_and_watched() {
    let harbour = Harbour::open().await;
    let mut ann = harbour.sailor("ann", json!({"extensions": ["away", "bot", "presence"]})).await;
    ann.join("#deck").await;
    ann.succeeds(json!({"type": "request-friend", "target": person("hal")})).await;
    let offline = ann.hears(|push| push["object"]["show"] == "offline").await;
    assert_eq!(offline["actor"]["name"], "hal");
    let mut hal = harbour.sailor("hal", json!({"bot": true})).await;
    let online = ann.hears(|push| push["object"]["show"] == "online").await;
    assert_eq!(online["actor"]["name"], "hal");
    hal.join("#deck").await;
    hal.say("#deck", "beep").await;
    let said = ann.hears_said("beep").await;
    assert_eq!(said["actor"]["bot"], true, "{said}");

    let status = json!({"type": "presence", "show": "away", "status": "charging"});
    hal.succeeds(json!({"type": "update", "object": status})).await;
    let away = ann.hears(|push| push["object"]["show"] == "away").await;
    assert_eq!((&away["actor"]["name"], &away["object"]["status"]), (&json!("hal"), &json!("charging")));
    let found = ann.succeeds(json!({"type": "query", "target": person("hal"), "object": {"type": "whois"}})).await;
    let about = &found["object"];
    assert_eq!((&about["bot"], &about["away"], &about["name"]), (&json!(true), &json!("charging"), &json!("hal")));
    let rooms = ann.succeeds(json!({"type": "query", "object": {"type": "rooms"}})).await;
    assert_eq!((&rooms["totalItems"], &rooms["items"][0]["object"]["totalItems"]), (&json!(1), &json!(2)), "{rooms}");
    let nobody = ann.does(json!({"type": "query", "target": person("zoe"), "object": {"type": "whois"}})).await;
    assert_eq!(error(&nobody), "No such nick");
}
