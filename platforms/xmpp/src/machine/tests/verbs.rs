//! Every row of platforms.md 8.4, and the verbs that are ours.

use serde_json::{Value, json};

use super::bench::{Bench, attribute, without_id};

const CAPS: &str = "<c xmlns=\"http://jabber.org/protocol/caps\"";

fn ann() -> Value {
    json!({"id": "ann@x.example/phone", "type": "person"})
}

fn deck() -> Value {
    json!({"id": "deck@muc.x.example/whatever", "type": "room"})
}

/// What is sent for a verb that is answered at once by the request itself.
#[track_caller]
fn sent(bench: &mut Bench, verb: &str, changes: &Value) -> Vec<String> {
    let out = bench.call(verb, changes);
    assert_eq!((out.done, out.pushed), (vec![Ok(Value::Null)], vec![]), "{changes}");
    out.sent
}

/// What is asked for a verb that waits for the answer, and that it ends with it.
#[track_caller]
fn asked(verb: &str, changes: &Value) -> String {
    let mut bench = Bench::in_room(&[]);
    let out = bench.call(verb, changes);
    assert!(out.done.is_empty() && out.sent.len() == 1, "{out:?}");
    let from = if out.sent[0].contains(" to=") { attribute(&out.sent[0], "to") } else { "io@x.example".to_owned() };
    let id = attribute(&out.sent[0], "id");
    assert_eq!(bench.hear(&format!("<iq type='result' id='{id}' from='{from}'/>")).done, [Ok(Value::Null)]);
    let out = bench.call(verb, changes);
    let id = attribute(&out.sent[0], "id");
    let refused = format!(
        "<iq type='error' id='{id}' from='{from}'><error type='auth'>
         <forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"
    );
    assert_eq!(bench.hear(&refused).done, [Err("forbidden".to_owned())]);
    without_id(&out.sent[0])
}

// xmpp 6, 7
#[test]
fn joining_knocks_and_is_done_with_that() {
    let mut bench = Bench::with(&[]);
    let join = sent(&mut bench, "join", &json!({"target": deck()}));
    assert_eq!(attribute(&join[0], "to"), "deck@muc.x.example/io");
    assert!(join[0].contains("<x xmlns=\"http://jabber.org/protocol/muc\"/>") && join[0].contains(CAPS), "{join:?}");
    // Once (platforms.md 1.2).
    assert!(sent(&mut bench, "join", &json!({"target": deck()})).is_empty());
    let named = json!({"actor": {"id": "io@x.example/web", "type": "person", "name": "io@x.example/SockethubExample"},
        "target": {"id": "hold@muc.x.example", "type": "room"},
        "object": {"type": "key", "content": "sesame", "limit": 5, "after": "2026-02-03T04:05:06Z"}});
    let join = sent(&mut bench, "join", &named);
    assert_eq!(attribute(&join[0], "to"), "hold@muc.x.example/io@x.example/SockethubExample");
    let x = "<x xmlns=\"http://jabber.org/protocol/muc\"><password>sesame</password>\
        <history maxstanzas=\"5\" since=\"2026-02-03T04:05:06Z\"/></x>";
    assert!(join[0].contains(x), "{join:?}");
}

#[test]
fn leaving_says_so_where_one_was() {
    let mut bench = Bench::in_room(&[]);
    let reason = json!({"target": deck(), "object": {"type": "message", "content": "bye"}});
    let leave = sent(&mut bench, "leave", &reason);
    assert_eq!(attribute(&leave[0], "to"), "deck@muc.x.example/io");
    assert!(leave[0].contains("type=\"unavailable\"") && leave[0].contains("<status>bye</status>"));
    let other = json!({"target": {"id": "hold@muc.x.example", "type": "room"}});
    assert_eq!(attribute(&sent(&mut bench, "leave", &other)[0], "to"), "hold@muc.x.example/io");
}

// xmpp 8, 11, 12
#[test]
fn sending_writes_a_message() {
    let mut bench = Bench::in_room(&[]);
    let send = |target: Value, object: Value| json!({"target": target, "object": object});
    let chat = send(ann(), json!({"type": "message", "content": "1 < 2", "id": "m7", "xmpp:replace": {"id": "m6"}}));
    let want = "<message id=\"m7\" to=\"ann@x.example/phone\" type=\"chat\"><body>1 &lt; 2</body>\
        <replace xmlns=\"urn:xmpp:message-correct:0\" id=\"m6\"/></message>";
    assert_eq!(sent(&mut bench, "send", &chat), [want]);
    let room = json!({"id": "deck@muc.x.example", "type": "room"});
    let said = sent(&mut bench, "send", &send(room, json!({"type": "message", "content": "ahoy"})));
    assert_eq!(attribute(&said[0], "id").len(), 36);
    assert_eq!(
        without_id(&said[0]),
        "<message id=\"ID\" to=\"deck@muc.x.example\" type=\"groupchat\"><body>ahoy</body></message>"
    );
}

// xmpp 16, 17
#[test]
fn presence_reaches_the_wire() {
    let mut bench = Bench::with(&[]);
    let mut update = |object: Value| sent(&mut bench, "update", &json!({"object": object})).remove(0);
    let away = update(json!({"type": "presence", "presence": "away", "content": "lunch", "priority": 5}));
    assert!(away.contains("<show>away</show>") && away.contains("<status>lunch</status>") && away.contains(CAPS));
    assert!(away.contains("<priority>5</priority>") && !away.contains(" to="), "{away}");
    let online = update(json!({"type": "presence", "presence": "online"}));
    assert!(!online.contains("show") && !online.contains("status") && !online.contains("type="), "{online}");
    let offline = update(json!({"type": "presence", "presence": "offline", "content": "bye"}));
    assert!(offline.contains("type=\"unavailable\"") && offline.contains("<status>bye</status>"));
    let out = bench.call("update", &json!({"object": {"type": "attendance"}}));
    assert_eq!(out.done, [Err("unknown update object type: attendance".to_owned())]);
}

#[test]
fn friends_are_asked_made_and_removed_by_their_accounts() {
    let mut bench = Bench::with(&[]);
    let mut to_ann = |verb: &str| sent(&mut bench, verb, &json!({"target": ann()}));
    let presence = |kind: &str| format!("<presence to=\"ann@x.example\" type=\"{kind}\">");
    let starts = |stanzas: &[String], kinds: &[&str]| {
        assert_eq!(stanzas.len(), kinds.len());
        for (stanza, kind) in stanzas.iter().zip(kinds) {
            assert!(stanza.replace("/>", ">").starts_with(&presence(kind)), "{stanza}");
        }
    };
    starts(&to_ann("request-friend"), &["subscribe"]);
    starts(&to_ann("make-friend"), &["subscribed", "subscribe"]);
    let remove = to_ann("remove-friend");
    let want = "<iq id=\"ID\" type=\"set\"><query xmlns=\"jabber:iq:roster\"><item jid=\"ann@x.example\" subscription=\"remove\"/></query></iq>";
    assert_eq!(without_id(&remove[0]), want);
}

#[test]
fn what_cannot_be_said_is_refused_before_anything_is_sent() {
    let mut bench = Bench::with(&[]);
    let message = |id: &str, text: &str| json!({"target": {"id": id, "type": "person"}, "object": {"type": "message", "content": text}});
    for (changes, want) in [
        (message("a\u{1}b", "x"), "a\u{1}b is no JID"),
        (message("@", "x"), "@ is no JID"),
        (message("ann@x.example", "\u{0}"), "text must not contain control characters"),
        (message("ann@x.example", "\u{1b}[31m"), "text must not contain control characters"),
        (json!({"object": {"type": "message", "content": "x"}}), "target is missing"),
    ] {
        let out = bench.call("send", &changes);
        let error = out.done[0].clone().unwrap_err();
        assert!(error.starts_with(want) && out.sent.is_empty(), "{changes}: {error}");
    }
    let out = bench.call(
        "join",
        &json!({"actor": {"id": "io@x.example/web", "type": "person", "name": "a\u{1}"}, "target": deck()}),
    );
    assert!(out.done[0].clone().unwrap_err().contains("cannot be a nick") && out.sent.is_empty());
}

#[test]
fn our_own_messages_have_their_own_shapes() {
    let mut bench = Bench::in_room(&[]);
    let room = json!({"id": "deck@muc.x.example", "type": "room"});
    let store = "<store xmlns=\"urn:xmpp:hints\"/>";
    let table = [
        (
            "send",
            ann(),
            json!({"type": "typing", "state": "active"}),
            "<composing xmlns=\"http://jabber.org/protocol/chatstates\"/><no-store xmlns=\"urn:xmpp:hints\"/>"
                .to_owned(),
        ),
        (
            "send",
            ann(),
            json!({"type": "reaction", "content": "+ 1", "inReplyTo": "m1"}),
            format!(
                "<reactions xmlns=\"urn:xmpp:reactions:0\" id=\"m1\"><reaction>+</reaction><reaction>1</reaction></reactions>{store}"
            ),
        ),
        (
            "send",
            ann(),
            json!({"type": "reaction", "content": "", "inReplyTo": "m1"}),
            format!("<reactions xmlns=\"urn:xmpp:reactions:0\" id=\"m1\"/>{store}"),
        ),
        (
            "send",
            ann(),
            json!({"type": "message", "content": "x", "inReplyTo": "m1"}),
            "<body>x</body><reply xmlns=\"urn:xmpp:reply:0\" id=\"m1\" to=\"ann@x.example/phone\"/>".to_owned(),
        ),
        (
            "send",
            ann(),
            json!({"type": "message", "content": "u", "attachment": {"url": "u", "name": "n"}}),
            "<body>u</body><x xmlns=\"jabber:x:oob\"><url>u</url><desc>n</desc></x>".to_owned(),
        ),
        (
            "update",
            ann(),
            json!({"type": "read", "id": "m1"}),
            format!("<displayed xmlns=\"urn:xmpp:chat-markers:0\" id=\"m1\"/>{store}"),
        ),
        ("update", room.clone(), json!({"type": "topic", "content": "Plans"}), "<subject>Plans</subject>".to_owned()),
    ];
    for (verb, target, object, want) in table {
        let out = sent(&mut bench, verb, &json!({"target": target, "object": object}));
        assert!(out[0].starts_with("<message ") && out[0].ends_with(&format!("{want}</message>")), "{}", out[0]);
    }
    let retract =
        sent(&mut bench, "delete", &json!({"target": room, "object": {"type": "message", "id": "m1", "content": ""}}));
    assert!(
        retract[0].contains("<retract xmlns=\"urn:xmpp:message-retract:1\" id=\"m1\"/>")
            && retract[0].contains("<body>")
    );
    let nick = sent(&mut bench, "update", &json!({"target": deck(), "object": {"type": "address", "name": "ion"}}));
    assert_eq!(attribute(&nick[0], "to"), "deck@muc.x.example/ion");
}

#[test]
fn invitations_go_through_rooms_that_were_entered() {
    let mut bench = Bench::in_room(&[]);
    let object = json!({"type": "person", "id": "ann@x.example", "content": "come"});
    let through = sent(&mut bench, "invite", &json!({"target": deck(), "object": object}));
    assert!(
        through[0].contains("to=\"deck@muc.x.example\"")
            && through[0].contains("<invite to=\"ann@x.example\"><reason>come</reason>")
    );
    let hold = json!({"id": "hold@muc.x.example", "type": "room"});
    let direct = sent(&mut bench, "invite", &json!({"target": hold, "object": object}));
    let x = "<x xmlns=\"jabber:x:conference\" jid=\"hold@muc.x.example\" reason=\"come\"/>";
    assert!(direct[0].contains("to=\"ann@x.example\"") && direct[0].contains(x), "{direct:?}");
}

#[test]
fn what_others_have_to_allow_ends_with_their_answer() {
    let room = json!({"type": "room", "id": "deck@muc.x.example"});
    let role = |role: &str, target: Value| {
        json!({"target": target, "object": {"type": "relationship", "relationship": "role",
            "subject": {"type": "presence", "role": role}, "object": room}})
    };
    let lou = json!({"id": "deck@muc.x.example/lou", "type": "person"});
    let admin = "xmlns=\"http://jabber.org/protocol/muc#admin\"";
    let table = [
        ("add", role("owner", ann()), format!("<query {admin}><item affiliation=\"owner\" jid=\"ann@x.example\"/>")),
        ("remove", role("owner", ann()), "<item affiliation=\"none\" jid=\"ann@x.example\"/>".to_owned()),
        ("add", role("outcast", ann()), "<item affiliation=\"outcast\" jid=\"ann@x.example\"/>".to_owned()),
        ("add", role("moderator", lou.clone()), "<item nick=\"lou\" role=\"moderator\"/>".to_owned()),
        ("remove", role("moderator", lou.clone()), "<item nick=\"lou\" role=\"participant\"/>".to_owned()),
        ("remove", role("participant", lou), "<item nick=\"lou\" role=\"visitor\"/>".to_owned()),
        (
            "remove",
            json!({"target": deck(), "object": {"type": "person", "id": "deck@muc.x.example/lou", "content": "out"}}),
            "<item nick=\"lou\" role=\"none\"><reason>out</reason></item>".to_owned(),
        ),
        (
            "delete",
            json!({"target": room, "object": {"type": "message", "id": "991", "content": "spam", "moderated": true}}),
            "<moderate xmlns=\"urn:xmpp:message-moderate:1\" id=\"991\"><retract xmlns=\"urn:xmpp:message-retract:1\"/><reason>spam</reason></moderate>".to_owned(),
        ),
        ("add", json!({"target": ann(), "object": {"type": "blocked"}}), "<block xmlns=\"urn:xmpp:blocking\"><item jid=\"ann@x.example/phone\"/></block>".to_owned()),
        ("remove", json!({"target": ann(), "object": {"type": "blocked"}}), "<unblock xmlns=\"urn:xmpp:blocking\">".to_owned()),
        (
            "add",
            json!({"target": deck(), "object": {"type": "bookmark", "name": "Deck", "nick": "io", "autojoin": true}}),
            "<item id=\"deck@muc.x.example\"><conference xmlns=\"urn:xmpp:bookmarks:1\" autojoin=\"true\" name=\"Deck\"><nick>io</nick></conference></item>".to_owned(),
        ),
        ("remove", json!({"target": deck(), "object": {"type": "bookmark"}}), "<retract node=\"urn:xmpp:bookmarks:1\" notify=\"true\"><item id=\"deck@muc.x.example\"/></retract>".to_owned()),
        (
            "update",
            json!({"target": deck(), "object": {"type": "room-config", "values": {"membersonly": true, "muc#roomconfig_whois": "anyone", "maxusers": 20}}}),
            "<field var=\"maxusers\">".replace("maxusers", "muc#roomconfig_maxusers") + "<value>20</value></field>",
        ),
        ("update", json!({"target": deck(), "object": {"type": "room-config"}}), "<query xmlns=\"http://jabber.org/protocol/muc#owner\"><x xmlns=\"jabber:x:data\" type=\"submit\"/></query>".to_owned()),
        (
            "delete",
            json!({"target": room, "object": {"type": "room", "id": "hold@muc.x.example", "content": "sunk"}}),
            "<query xmlns=\"http://jabber.org/protocol/muc#owner\"><destroy jid=\"hold@muc.x.example\"><reason>sunk</reason></destroy></query>".to_owned(),
        ),
        ("delete", json!({"target": room, "object": {"type": "room"}}), "<destroy/>".to_owned()),
    ];
    for (verb, changes, want) in table {
        let iq = asked(verb, &changes);
        assert!(
            iq.starts_with("<iq id=\"ID\"") && iq.contains("type=\"set\"") && iq.contains(&want),
            "{iq} lacks {want}"
        );
    }
}

#[test]
fn extensions_ask_for_what_they_need() {
    let mut bench = Bench::with(&["receipts", "markers", "states", "ids"]);
    let out =
        sent(&mut bench, "send", &json!({"target": ann(), "object": {"type": "message", "content": "x", "id": "m1"}}));
    for want in [
        "<request xmlns=\"urn:xmpp:receipts\"/>",
        "<markable ",
        "<active ",
        "<origin-id xmlns=\"urn:xmpp:sid:0\" id=\"m1\"/>",
    ] {
        assert!(out[0].contains(want), "{want}: {}", out[0]);
    }
}
