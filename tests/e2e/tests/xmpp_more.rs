//! XMPP beyond the contract, on real servers: what is asked for by a verb, and what is told to those who want it.

use footbridge_e2e::{
    error,
    xmpp::{PASSWORD, Sailor, gateway, message, open_room, person, raw, target},
};
use footbridge_testkit::{
    gateway::Gateway,
    request,
    xmpp::{Server, Software},
};
use serde_json::{Value, json};

const ROOM: &str = "deck@muc.x.example";
const BOTH: [Software; 2] = [Software::Prosody, Software::Ejabberd];

struct Harbour {
    gateway: Gateway,
    server: Server,
}

impl Harbour {
    async fn open(software: Software) -> Self {
        let server = Server::start(software).await.expect("a server");
        for user in ["kim", "lou"] {
            server.register(user, PASSWORD).await.expect("an account");
        }
        Self { gateway: gateway(&server.authority()).await, server }
    }

    async fn sailor(&self, user: &str, extensions: &[&str]) -> Sailor {
        Sailor::connected(&self.gateway, user, self.server.port(), json!({"extensions": extensions})).await
    }
}

#[expect(clippy::needless_pass_by_value, reason = "they are literals")]
fn query(target: Value, object: Value) -> Value {
    json!({"type": "query", "target": target, "object": object})
}

fn contents(collection: &Value) -> Vec<&str> {
    assert_eq!(collection["type"], "collection", "{collection}");
    let items = collection["items"].as_array().expect("items");
    assert_eq!(collection["totalItems"], json!(items.len()));
    items.iter().map(|item| item["object"]["content"].as_str().unwrap_or_default()).collect()
}

#[tokio::test]
async fn what_was_said_can_be_read_page_by_page() {
    // XEP-0313, of a user and of a room
    for software in BOTH {
        let harbour = Harbour::open(software).await;
        let mut kim = harbour.sailor("kim", &[]).await;
        let mut lou = harbour.sailor("lou", &[]).await;
        kim.join(ROOM, "kim").await;
        for number in 0..5 {
            kim.tell("lou@x.example/web", &format!("to lou {number}")).await;
            kim.say(ROOM, &format!("to all {number}")).await;
        }
        lou.hears_said("to lou 4").await;
        kim.hears_said("to all 4").await;
        for (whom, text) in [(person("lou@x.example"), "to lou"), (target(ROOM), "to all")] {
            let page = kim.succeeds(query(whom.clone(), json!({"type": "history", "limit": 2}))).await;
            assert_eq!(contents(&page), [format!("{text} 3"), format!("{text} 4")], "{page}");
            let first = &page["items"][0];
            assert!(first["published"].is_string(), "{first}");
            let id = first["object"]["xmpp:stanza-id"].as_str().expect("an id of the archive");
            let before = json!({"type": "history", "limit": 2, "before": id});
            let page = kim.succeeds(query(whom.clone(), before)).await;
            assert_eq!(contents(&page), [format!("{text} 1"), format!("{text} 2")], "{page}");
            let id = page["items"][1]["object"]["xmpp:stanza-id"].as_str().expect("an id of the archive");
            let after = json!({"type": "history", "limit": 10, "after": id});
            let page = kim.succeeds(query(whom, after)).await;
            assert_eq!(contents(&page), [format!("{text} 3"), format!("{text} 4")], "{page}");
        }
    }
}

#[tokio::test]
async fn friends_are_listed_and_changes_told() {
    // RFC 6121 2
    for software in BOTH {
        let harbour = Harbour::open(software).await;
        let mut kim = harbour.sailor("kim", &["roster"]).await;
        let listed = kim.succeeds(query(person(""), json!({"type": "roster"}))).await;
        assert_eq!(contents(&listed), [] as [&str; 0]);
        kim.succeeds(json!({"type": "request-friend", "target": person("lou@x.example")})).await;
        let pushed = kim.hears(|push| push["actor"]["id"] == "lou@x.example").await;
        assert_eq!(pushed["target"], person("kim@x.example/web"), "{pushed}");
        let listed = kim.succeeds(query(person(""), json!({"type": "roster"}))).await;
        assert_eq!(listed["items"][0]["actor"]["id"], "lou@x.example", "{listed}");
    }
}

#[tokio::test]
async fn a_file_finds_a_place() {
    // XEP-0363
    for software in BOTH {
        let harbour = Harbour::open(software).await;
        let mut kim = harbour.sailor("kim", &[]).await;
        let file = json!({"type": "slot", "name": "chart.txt", "size": 9, "mediaType": "text/plain"});
        let told = kim.succeeds(json!({"type": "query", "object": file})).await;
        let slot = &told["object"];
        let path = |member: &str| {
            let url = slot[member].as_str().unwrap_or_else(|| panic!("no {member}: {told}"));
            let (_, path) = url.split_once("://").and_then(|(_, rest)| rest.split_once('/')).expect("a path");
            format!("/{path}")
        };
        let address = format!("127.0.0.1:{}", harbour.server.http_port());
        let mut headers = vec![("content-type".to_owned(), "text/plain".to_owned())];
        for (name, value) in slot["headers"].as_object().into_iter().flatten() {
            headers.push((name.clone(), value.as_str().unwrap_or_default().to_owned()));
        }
        let headers: Vec<_> = headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        let put = request::send(&address, "PUT", &path("put"), &headers, "mind gaps").await.expect("an answer");
        assert_eq!(put.status, 201, "{}", put.body);
        let got = request::get(&address, &path("get")).await.expect("an answer");
        assert_eq!((got.status, &*got.body), (200, "mind gaps"));
    }
}

#[tokio::test]
async fn who_is_blocked_is_not_heard() {
    // XEP-0191
    for software in BOTH {
        let harbour = Harbour::open(software).await;
        let mut kim = harbour.sailor("kim", &[]).await;
        let mut lou = harbour.sailor("lou", &[]).await;
        let blocked = json!({"type": "blocked"});
        kim.succeeds(json!({"type": "add", "target": person("lou@x.example"), "object": blocked})).await;
        let listed = kim.succeeds(json!({"type": "query", "object": blocked})).await;
        assert_eq!(listed["items"][0]["object"]["id"], "lou@x.example", "{listed}");
        lou.tell("kim@x.example", "psst").await;
        let refused = lou.hears(|push| push.get("error").is_some()).await;
        assert!(error(&refused).starts_with("<error"), "{refused}");
        kim.succeeds(json!({"type": "remove", "target": person("lou@x.example"), "object": blocked})).await;
        lou.tell("kim@x.example/web", "again").await;
        let pushes = kim.hears_all_until(|push| push["object"]["content"] == "again").await;
        assert!(pushes.iter().all(|push| push["object"]["content"] != "psst"), "{pushes:?}");
    }
}

#[tokio::test]
async fn rooms_are_remembered_on_the_server() {
    // XEP-0402; ejabberd 23.01 takes no options with what is published, and is told them before.
    for software in BOTH {
        let harbour = Harbour::open(software).await;
        let mut kim = harbour.sailor("kim", &[]).await;
        let remembered = json!({"type": "query", "object": {"type": "bookmarks"}});
        assert_eq!(contents(&kim.succeeds(remembered.clone()).await), [] as [&str; 0]);
        let kept = json!({"type": "bookmark", "name": "The deck", "nick": "kim", "autojoin": true});
        for room in [ROOM, "hold@muc.x.example"] {
            kim.succeeds(json!({"type": "add", "target": target(room), "object": kept})).await;
        }
        let listed = kim.succeeds(remembered.clone()).await;
        let items = listed["items"].as_array().expect("items");
        let mut rooms: Vec<_> = items.iter().map(|item| item["object"].clone()).collect();
        rooms.sort_by_key(|room| room["id"].to_string());
        let room = |id: &str| json!({"type": "room", "id": id, "name": "The deck", "nick": "kim", "autojoin": true});
        assert_eq!(rooms, [room(ROOM), room("hold@muc.x.example")], "{listed}");
        // For our own eyes only.
        let mut lou = raw(&harbour.server, "lou").await;
        let items = "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:bookmarks:1'/></pubsub>";
        lou.say(&format!("<iq type='get' id='lou-looks' to='kim@x.example'>{items}</iq>")).await.unwrap();
        let refused = lou.until("lou-looks").await.expect("an answer");
        assert!(refused.contains("<error") && !refused.contains("<conference"), "{refused}");
        for room in [ROOM, "hold@muc.x.example"] {
            kim.succeeds(json!({"type": "remove", "target": target(room), "object": {"type": "bookmark"}})).await;
        }
        assert_eq!(contents(&kim.succeeds(remembered).await), [] as [&str; 0]);
    }
}

#[tokio::test]
async fn what_we_tell_of_ourselves_is_told_to_others() {
    // XEP-0054, 0084, 0172
    for software in BOTH {
        let harbour = Harbour::open(software).await;
        let mut kim = harbour.sailor("kim", &["avatars"]).await;
        let mut lou = harbour.sailor("lou", &[]).await;
        kim.appear().await;
        let profile = |object: Value| json!({"type": "update", "object": object});
        kim.succeeds(profile(json!({"type": "profile", "name": "Kim Anchor", "nickname": "kim", "content": "At sea"})))
            .await;
        kim.succeeds(profile(json!({"type": "profile", "content": "", "email": "kim@x.example"}))).await;
        let told = lou.succeeds(query(person("kim@x.example"), json!({"type": "profile"}))).await;
        let want = json!({"type": "profile", "name": "Kim Anchor", "nickname": "kim", "email": "kim@x.example"});
        assert_eq!(told["object"], want, "{told}");
        let picture = json!({"type": "avatar", "mediaType": "image/png", "content": "aGk="});
        kim.succeeds(json!({"type": "update", "object": picture})).await;
        // Our other clients are told, and so are we. Some servers tell of the last picture when we appear, too.
        let told = kim.hears(|push| push["object"]["type"] == "avatar" && push.get("target").is_none()).await;
        assert_eq!((&told["actor"]["id"], &told["object"]["bytes"]), (&json!("kim@x.example"), &json!(2)), "{told}");
        let id = told["object"]["id"].as_str().expect("an id").to_owned();
        let had = kim.succeeds(json!({"type": "query", "object": {"type": "avatar", "id": id}})).await;
        assert_eq!(had["object"], json!({"type": "avatar", "id": id, "content": "aGk="}));
        kim.succeeds(json!({"type": "update", "object": {"type": "avatar"}})).await;
        kim.hears(|push| push["object"] == json!({"type": "avatar"})).await;
    }
}

#[tokio::test]
async fn profiles_features_and_rooms_are_answered() {
    // XEP-0054, XEP-0030
    for software in BOTH {
        let harbour = Harbour::open(software).await;
        let mut lou = raw(&harbour.server, "lou").await;
        let card = "<vCard xmlns='vcard-temp'><FN>Lou Capstan</FN><NICKNAME>lou</NICKNAME></vCard>";
        lou.say(&format!("<iq type='set' id='lou-card'>{card}</iq>")).await.unwrap();
        lou.until("lou-card").await.unwrap();
        open_room(&mut lou, ROOM).await;
        let mut kim = harbour.sailor("kim", &[]).await;
        let told = kim.succeeds(query(person("lou@x.example"), json!({"type": "profile"}))).await;
        assert_eq!(
            (&told["object"]["type"], &told["object"]["name"]),
            (&json!("profile"), &json!("Lou Capstan")),
            "{told}"
        );
        let told = kim.succeeds(query(person("x.example"), json!({"type": "features"}))).await;
        assert!(told["object"]["features"].to_string().contains("urn:xmpp:carbons:2"), "{told}");
        let told = kim.succeeds(query(person("muc.x.example"), json!({"type": "rooms"}))).await;
        assert!(told["items"].to_string().contains(ROOM), "{told}");
        let nobody = kim.does(query(person("nobody@x.example"), json!({"type": "profile"}))).await;
        assert!(nobody.get("error").is_some() || nobody["object"] == json!({"type": "profile"}), "{nobody}");
    }
}

#[tokio::test]
async fn other_clients_of_the_account_are_heard_by_those_who_want_it() {
    // XEP-0280
    for software in BOTH {
        let harbour = Harbour::open(software).await;
        let mut web = harbour.sailor("kim", &["carbons"]).await;
        web.appear().await;
        let mut phone = raw(&harbour.server, "kim").await;
        let mut lou = raw(&harbour.server, "lou").await;
        phone.say("<message to='lou@x.example/raw' type='chat'><body>from the phone</body></message>").await.unwrap();
        lou.until("from the phone").await.expect("a message");
        let sent = web.hears_said("from the phone").await;
        assert_eq!(
            (&sent["actor"]["id"], &sent["target"]["id"]),
            (&json!("kim@x.example/raw"), &json!("lou@x.example/raw"))
        );
        lou.say("<message to='kim@x.example/raw' type='chat'><body>to the phone</body></message>").await.unwrap();
        let received = web.hears_said("to the phone").await;
        assert_eq!(received["actor"]["id"], "lou@x.example/raw");
    }
}

#[tokio::test]
async fn what_is_said_about_messages_is_told_to_those_who_want_it_and_to_nobody_else() {
    // XEP-0085, 0184, 0333, 0424, 0444, 0461
    let harbour = Harbour::open(Software::Prosody).await;
    let all = ["states", "receipts", "markers", "reactions", "replies", "retractions", "ids"];
    let mut kim = harbour.sailor("kim", &all).await;
    let mut quiet = Sailor::arrive(&harbour.gateway, "kim").await;
    let plain = quiet.connect(harbour.server.port(), json!({"resource": "quiet"})).await;
    assert_eq!(plain.get("error"), None, "{plain}");
    let mut lou = raw(&harbour.server, "lou").await;
    let said = [
        "<composing xmlns='http://jabber.org/protocol/chatstates'/>",
        "<received xmlns='urn:xmpp:receipts' id='m1'/>",
        "<displayed xmlns='urn:xmpp:chat-markers:0' id='m2'/>",
        "<reactions xmlns='urn:xmpp:reactions:0' id='m3'><reaction>⛵</reaction><reaction>👍</reaction></reactions>",
        "<retract xmlns='urn:xmpp:message-retract:1' id='m4'/><body>taken back</body>\
         <fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:message-retract:1'/>",
        "<reply xmlns='urn:xmpp:reply:0' id='m5' to='kim@x.example/web'/><body>&gt; ahoy\naye</body>\
         <fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body start='0' end='7'/></fallback>",
        "<body>and that was all</body>",
    ];
    for resource in ["web", "quiet"] {
        for part in said {
            lou.say(&format!("<message to='kim@x.example/{resource}' type='chat'>{part}</message>")).await.unwrap();
        }
    }
    let heard = kim.hears_all_until(|push| push["object"]["content"] == "and that was all").await;
    let objects: Vec<_> =
        heard.iter().map(|push| (push["type"].as_str().unwrap_or_default(), &push["object"])).collect();
    let expected = [
        ("send", json!({"type": "typing", "state": "active"})),
        ("update", json!({"type": "receipt", "id": "m1"})),
        ("update", json!({"type": "read", "id": "m2"})),
        ("send", json!({"type": "reaction", "content": "⛵ 👍", "inReplyTo": "m3"})),
    ];
    for ((kind, object), (expected_kind, expected)) in objects.iter().zip(&expected) {
        assert_eq!((kind, *object), (expected_kind, expected));
    }
    assert_eq!((objects[4].0, &objects[4].1["id"]), ("delete", &json!("m4")));
    assert_eq!((&objects[5].1["inReplyTo"], &objects[5].1["content"]), (&json!("m5"), &json!("aye")));
    let heard = quiet.hears_all_until(|push| push["object"]["content"] == "and that was all").await;
    let contents: Vec<_> = heard.iter().map(|push| push["object"]["content"].as_str().unwrap_or_default()).collect();
    assert_eq!(contents, ["taken back", "> ahoy\naye", "and that was all"], "as any client that knows none of it");
}

#[tokio::test]
async fn subjects_roles_invitations_and_removals_of_rooms() {
    // XEP-0045, XEP-0249
    for software in BOTH {
        let harbour = Harbour::open(software).await;
        let mut kim = harbour.sailor("kim", &["subjects", "roles", "invites"]).await;
        let mut lou = harbour.sailor("lou", &["subjects", "roles", "invites"]).await;
        kim.join(ROOM, "kim").await;
        let form = kim.succeeds(query(target(ROOM), json!({"type": "room-config"}))).await;
        assert!(form["object"].to_string().contains("persistentroom"), "{form}");
        let values = json!({"muc#roomconfig_persistentroom": true, "muc#roomconfig_roomname": "The deck"});
        let config = json!({"type": "room-config", "values": values});
        kim.succeeds(json!({"type": "update", "target": target(ROOM), "object": config})).await;
        lou.appear().await;
        let invited = json!({"type": "person", "id": "lou@x.example", "content": "come aboard"});
        kim.succeeds(json!({"type": "invite", "target": target(ROOM), "object": invited})).await;
        let told = lou.hears(|push| push["type"] == "invite").await;
        assert_eq!((&told["object"]["id"], &told["object"]["type"]), (&json!(ROOM), &json!("room")), "{told}");
        lou.join(ROOM, "lou").await;
        let topic = json!({"type": "topic", "content": "ships and tides"});
        kim.succeeds(json!({"type": "update", "target": target(ROOM), "object": topic})).await;
        let told = lou.hears(|push| push["object"]["content"] == "ships and tides").await;
        assert_eq!((&told["type"], &told["object"]), (&json!("update"), &topic));
        let kicked = json!({"type": "person", "id": format!("{ROOM}/lou"), "content": "asleep on watch"});
        kim.succeeds(json!({"type": "remove", "target": target(ROOM), "object": kicked})).await;
        let told = lou.hears(|push| push["type"] == "remove").await;
        assert_eq!(told["object"]["id"], format!("{ROOM}/lou"), "{told}");
        assert_eq!(told["object"]["content"], "asleep on watch");
    }
}

#[tokio::test]
async fn a_room_is_ended_for_everybody() {
    // XEP-0045 10.9
    for software in BOTH {
        let harbour = Harbour::open(software).await;
        let mut kim = harbour.sailor("kim", &[]).await;
        let mut lou = raw(&harbour.server, "lou").await;
        kim.join(ROOM, "kim").await;
        let open = json!({"type": "room-config"});
        kim.succeeds(json!({"type": "update", "target": target(ROOM), "object": open})).await;
        lou.join(ROOM, "lou").await.expect("lou is in");
        let ended = json!({"type": "room", "id": "quay@muc.x.example", "content": "we have landed"});
        let ended = json!({"type": "delete", "target": target(ROOM), "object": ended});
        let refused = harbour.sailor("lou", &[]).await.does(ended.clone()).await;
        assert!(refused.get("error").is_some(), "only its owner can do that: {refused}");
        kim.succeeds(ended).await;
        let told = lou.until("<destroy").await.expect("it is told");
        assert!(told.contains("quay@muc.x.example") && told.contains("we have landed"), "{told}");
        let own = format!("{ROOM}/kim");
        kim.hears(|push| push["actor"]["id"] == own && push["object"]["presence"] == "offline").await;
    }
}

#[tokio::test]
async fn who_leaves_may_say_why() {
    for software in BOTH {
        let harbour = Harbour::open(software).await;
        let mut lou = raw(&harbour.server, "lou").await;
        open_room(&mut lou, ROOM).await;
        lou.join(ROOM, "lou").await.expect("lou is in");
        let mut kim = harbour.sailor("kim", &[]).await;
        kim.join(ROOM, "kim").await;
        kim.succeeds(json!({"type": "leave", "target": target(ROOM), "object": message("end of watch")})).await;
        let gone = lou.until("end of watch").await.expect("kim leaves");
        assert!(gone.contains("unavailable") && gone.contains(&format!("{ROOM}/kim")), "{gone}");
    }
}

#[tokio::test]
async fn a_password_and_little_history_are_asked_for_when_joining() {
    let harbour = Harbour::open(Software::Prosody).await;
    let mut kim = harbour.sailor("kim", &[]).await;
    kim.join(ROOM, "kim").await;
    let values = json!({"muc#roomconfig_passwordprotectedroom": true, "muc#roomconfig_roomsecret": "sesame"});
    let config = json!({"type": "room-config", "values": values});
    kim.succeeds(json!({"type": "update", "target": target(ROOM), "object": config})).await;
    for number in 0..3 {
        kim.say(ROOM, &format!("number {number}")).await;
    }
    kim.hears_said("number 2").await;
    let mut lou = harbour.sailor("lou", &[]).await;
    lou.succeeds(json!({"type": "join", "target": target(ROOM)})).await;
    let refused = lou.hears(|push| push.get("error").is_some()).await;
    assert!(error(&refused).contains("not-authorized"), "{refused}");
    let key = json!({"type": "key", "content": "sesame", "limit": 1});
    lou.succeeds(json!({"type": "join", "target": target(ROOM), "object": key})).await;
    lou.say(ROOM, "in").await;
    let heard = lou.hears_all_until(|push| push["object"]["content"] == "in").await;
    let said: Vec<_> =
        heard.iter().filter(|push| push["type"] == "send").map(|push| &push["object"]["content"]).collect();
    assert_eq!(said, ["number 2", "in"]);
}

#[tokio::test]
async fn messages_go_out_with_what_belongs_to_them() {
    // XEP-0184, 0333, 0359, 0444, 0461, 0424, 0066
    let harbour = Harbour::open(Software::Prosody).await;
    let mut kim = harbour.sailor("kim", &[]).await;
    let mut lou = raw(&harbour.server, "lou").await;
    let send = |object: Value| json!({"type": "send", "target": person("lou@x.example/raw"), "object": object});
    for (object, part) in [
        (json!({"type": "message", "content": "aye", "inReplyTo": "m1"}), "urn:xmpp:reply:0"),
        (json!({"type": "reaction", "content": "⛵", "inReplyTo": "m1"}), "<reaction>⛵</reaction>"),
        (json!({"type": "typing", "state": "active"}), "<composing"),
        (
            json!({"type": "message", "content": "a chart", "attachment": {"url": "https://x.example/c.png"}}),
            "<url>https://x.example/c.png</url>",
        ),
    ] {
        kim.succeeds(send(object)).await;
        lou.until(part).await.expect("it arrives");
    }
    let taken_back = json!({"type": "delete", "target": person("lou@x.example/raw"), "object": {"type": "message", "id": "m1", "content": ""}});
    kim.succeeds(taken_back).await;
    lou.until("<retract").await.expect("it arrives");
    let read = json!({"type": "update", "target": person("lou@x.example/raw"), "object": {"type": "read", "id": "m1"}});
    kim.succeeds(read).await;
    lou.until("<displayed").await.expect("it arrives");
    lou.say("<message to='kim@x.example/web' id='r1' type='chat'><body>got it?</body><request xmlns='urn:xmpp:receipts'/></message>")
        .await
        .unwrap();
    kim.hears_said("got it?").await;
}
