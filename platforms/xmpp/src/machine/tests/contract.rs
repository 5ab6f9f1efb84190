//! Every row of platforms.md 8.5.

use serde_json::{Value, json};

use super::bench::{ACTOR, Bench, attribute};
use crate::map::Ignored;

const LOU: &str = "deck@muc.x.example/lou";
const ANN: &str = "ann@x.example/phone";

fn person(id: &str) -> Value {
    json!({"type": "person", "id": id})
}

fn room(id: &str) -> Value {
    json!({"type": "room", "id": id})
}

/// What is pushed to somebody in a room who asked for nothing besides.
#[track_caller]
fn check(xml: &str, want: Value) {
    assert_eq!(Bench::in_room(&[]).hear(xml).pushed, vec![want], "{xml}");
}

#[track_caller]
fn check_ignored(xml: &str, want: Ignored) {
    let out = Bench::in_room(&[]).hear(xml);
    assert_eq!((out.pushed, out.ignored), (vec![], vec![want]), "{xml}");
}

// xmpp 7, 18
#[test]
fn presence_says_who_is_there() {
    let update = |actor: Value, object: Value| json!({"type": "update", "actor": actor, "target": person(ACTOR), "object": object});
    let state = |state: &str| json!({"type": "presence", "presence": state});
    let table = [
        (format!("<presence from='{LOU}' to='{ACTOR}'/>"), update(room(LOU), state("online"))),
        (format!("<presence from='{ANN}' to='{ACTOR}'/>"), update(person(ANN), state("online"))),
        (
            format!("<presence from='{LOU}' to='{ACTOR}'><show>away</show><status>lunch</status></presence>"),
            update(room(LOU), json!({"type": "presence", "presence": "away", "content": "lunch"})),
        ),
        (
            format!("<presence from='{LOU}' to='{ACTOR}'><show>zork</show></presence>"),
            update(room(LOU), state("online")),
        ),
        (
            format!("<presence from='{ANN}' to='{ACTOR}'><show>dnd</show><status/></presence>"),
            update(person(ANN), state("dnd")),
        ),
        (format!("<presence from='{ANN}' to='{ACTOR}' type='unavailable'/>"), update(person(ANN), state("offline"))),
        (
            format!("<presence from='{LOU}' type='unavailable'/>"),
            json!({"type": "update", "actor": {"type": "room", "id": LOU, "name": "lou"}, "object": state("offline")}),
        ),
    ];
    for (xml, want) in table {
        check(&xml, want);
    }
}

// xmpp 18
#[test]
fn an_occupant_of_a_room_that_was_left_is_a_person() {
    let mut bench = Bench::in_room(&[]);
    let _ = bench.call("leave", &json!({"target": room("deck@muc.x.example")}));
    let out = bench.hear(&format!("<presence from='{LOU}' to='{ACTOR}' type='unavailable'/>"));
    assert_eq!(out.pushed[0]["actor"], person(LOU));
}

// xmpp 8, 9, 12, 13, 14
#[test]
fn messages_say_who_said_what_where() {
    check(
        &format!(
            "<message type='groupchat' id='m7' from='{LOU}' to='{ACTOR}'><body>ahoy</body>
             <replace xmlns='urn:xmpp:message-correct:0' id='m6'/><stanza-id xmlns='urn:xmpp:sid:0' id='991' by='x'/>
             <delay xmlns='urn:xmpp:delay' stamp='2026-02-03T04:05:06Z'/></message>"
        ),
        json!({
            "type": "send", "published": "2026-02-03T04:05:06.000Z",
            "actor": {"type": "person", "id": LOU, "name": "lou"}, "target": room("deck@muc.x.example"),
            "object": {"type": "message", "id": "m7", "content": "ahoy", "xmpp:stanza-id": "991", "xmpp:replace": {"id": "m6"}},
        }),
    );
    for kind in ["type='chat'", "type='normal'", "type='headline'", ""] {
        check(
            &format!("<message {kind} from='{ANN}' to='{ACTOR}'><body>ahoy</body></message>"),
            json!({"type": "send", "actor": person(ANN), "target": person(ACTOR),
                "object": {"type": "message", "content": "ahoy"}}),
        );
    }
    // A correction of another namespace is none, and a stamp that is no time none.
    check(
        &format!(
            "<message from='{ANN}' to='{ACTOR}'><body/><replace xmlns='urn:zork' id='m6'/>
             <delay xmlns='urn:xmpp:delay' stamp='yesterday'/></message>"
        ),
        json!({"type": "send", "actor": person(ANN), "target": person(ACTOR), "object": {"type": "message", "content": ""}}),
    );
}

// xmpp 15
#[test]
fn messages_without_a_text_are_not_pushed() {
    let of = |inside: &str| format!("<message from='{LOU}' to='{ACTOR}' type='groupchat'>{inside}</message>");
    check_ignored(&of(""), Ignored::Bodiless);
    for inside in [
        "<subject>Plans</subject>",
        "<composing xmlns='http://jabber.org/protocol/chatstates'/>",
        "<received xmlns='urn:xmpp:receipts' id='1'/>",
        "<displayed xmlns='urn:xmpp:chat-markers:0' id='1'/>",
        "<reactions xmlns='urn:xmpp:reactions:0' id='1'><reaction>+</reaction></reactions>",
        "<x xmlns='http://jabber.org/protocol/muc#user'><invite from='a@b'/></x>",
    ] {
        check_ignored(&of(inside), Ignored::NotAskedFor);
    }
    check_ignored(&of("<result xmlns='urn:xmpp:mam:2' id='1' queryid='2'/>"), Ignored::Malformed);
    let archived = "<result xmlns='urn:xmpp:mam:2' id='1' queryid='2'><forwarded xmlns='urn:xmpp:forward:0'>
        <message xmlns='jabber:client' from='ann@x.example'><body>x</body></message></forwarded></result>";
    check_ignored(&of(archived), Ignored::Unasked);
}

// xmpp 22
#[test]
fn errors_are_told_in_the_servers_words() {
    let error = "<error type='cancel'>\n <item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
    let text = "<error type=\"cancel\">\n <item-not-found xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\"/></error>";
    let told =
        |kind: &str, error: &str| json!({"type": kind, "actor": room(LOU), "target": person(ACTOR), "error": error});
    for (name, kind) in [("presence", "update"), ("message", "message")] {
        check(&format!("<{name} type='error' from='{LOU}' to='{ACTOR}'>{error}</{name}>"), told(kind, text));
        let remote =
            "<error type='cancel'><remote-server-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
        check(
            &format!("<{name} type='error' from='{LOU}' to='{ACTOR}'>{remote}</{name}>"),
            told("join", &format!("remote server not found {LOU}")),
        );
    }
    check(
        &format!("<message type='error' from='{LOU}' to='{ACTOR}'/>"),
        told("message", &format!("<message from=\"{LOU}\" to=\"{ACTOR}\" type=\"error\"/>")),
    );
}

// XEP-0245
#[test]
fn what_somebody_does_is_text_as_it_came() {
    let want = json!({"type": "send", "actor": {"type": "person", "id": LOU, "name": "lou"},
        "target": room("deck@muc.x.example"), "object": {"type": "message", "content": "/me waves"}});
    check(&format!("<message type='groupchat' from='{LOU}' to='{ACTOR}'><body>/me waves</body></message>"), want);
}

// xmpp 29
#[test]
fn subscriptions_are_requests_or_nothing() {
    check(
        &format!("<presence from='{ANN}' to='{ACTOR}' type='subscribe'/>"),
        json!({"type": "request-friend", "actor": person("ann@x.example"), "target": person(ACTOR)}),
    );
    for kind in ["subscribed", "unsubscribe", "unsubscribed", "probe"] {
        check_ignored(&format!("<presence from='{ANN}' to='{ACTOR}' type='{kind}'/>"), Ignored::Subscription);
    }
    check_ignored(&format!("<presence from='{ANN}' to='{ACTOR}' type='zork'/>"), Ignored::Malformed);
}

// xmpp 19
#[test]
fn attendance_is_told_to_whom_it_was_asked_for() {
    let mut bench = Bench::with(&[]);
    let ask = |room_id: &str| json!({"target": {"id": room_id, "type": "room"}, "object": {"type": "attendance"}});
    let deck = bench.call("query", &ask("deck@muc.x.example"));
    let hold = bench.call("query", &json!({"target": {"id": "hold@muc.x.example", "type": "room"}}));
    assert_eq!((&deck.done, &hold.done), (&vec![Ok(Value::Null)], &vec![Ok(Value::Null)]));
    let (deck_id, hold_id) = (attribute(&deck.sent[0], "id"), attribute(&hold.sent[0], "id"));
    assert!(deck_id.starts_with("attendance_") && deck_id.len() == 47 && deck_id != hold_id);
    assert!(deck.sent[0].contains("disco#items") && deck.sent[0].contains("type=\"get\""));
    let answer = |id: &str, from: &str| {
        format!(
            "<iq type='result' id='{id}' from='{from}' to='{ACTOR}'><query xmlns='http://jabber.org/protocol/disco#items'>
             <item name='lou'/><item jid='deck@muc.x.example/io'/></query></iq>"
        )
    };
    // Of nobody, and of somebody else.
    assert_eq!(bench.hear(&answer("attendance_1", "deck@muc.x.example")).ignored, [Ignored::Unasked]);
    assert_eq!(bench.hear(&answer(&deck_id, "mallory@x.example")).ignored, [Ignored::Unasked]);
    for (id, of) in [(hold_id, "hold@muc.x.example"), (deck_id, "deck@muc.x.example")] {
        let want = json!({"type": "query", "actor": room(of), "target": person(ACTOR),
            "object": {"type": "attendance", "members": ["lou", ""]}});
        assert_eq!(bench.hear(&answer(&id, of)).pushed, [want]);
        // Once.
        assert_eq!(bench.hear(&answer(&id, of)).ignored, [Ignored::Unasked]);
    }
}

// xmpp 20, 21, 22
#[test]
fn room_info_is_told_or_why_not() {
    let told = |inside: &str, kind: &str| {
        let mut bench = Bench::with(&[]);
        let ask = json!({"target": {"id": "deck@muc.x.example", "type": "room"}, "object": {"type": "room-info"}});
        let asked = bench.call("query", &ask);
        assert_eq!(asked.done, [Ok(Value::Null)]);
        let id = attribute(&asked.sent[0], "id");
        assert!(id.starts_with("room_info_"));
        let out =
            bench.hear(&format!("<iq type='{kind}' id='{id}' from='deck@muc.x.example' to='{ACTOR}'>{inside}</iq>"));
        out.pushed[0].as_object().unwrap().clone()
    };
    let info =
        "<query xmlns='http://jabber.org/protocol/disco#info'><identity category='conference' type='text' name='Deck'/>
        <feature var='muc_open'/><x xmlns='jabber:x:data' type='result'><field var='muc#roominfo_occupants'>
        <value>13</value></field></x></query>";
    let mut actor = room("deck@muc.x.example");
    actor["name"] = json!("Deck");
    let object = json!({"type": "room-info", "features": ["muc_open"],
        "identities": [{"category": "conference", "type": "text", "name": "Deck"}],
        "roominfo": {"occupants": {"type": "text-single", "value": 13}}});
    let told_info = Value::from(told(info, "result"));
    assert_eq!(told_info, json!({"type": "query", "actor": actor, "target": person(ACTOR), "object": object}));
    let bare = told("<query xmlns='http://jabber.org/protocol/disco#info'/>", "result");
    assert_eq!(bare["actor"]["name"], "deck@muc.x.example");
    let failed = told("<error type='auth'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>", "error");
    let text = "<error type=\"auth\"><forbidden xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\"/></error>";
    let want = json!({"type": "query", "actor": room("deck@muc.x.example"), "target": person(ACTOR),
        "object": {"type": "room-info"}, "error": text});
    assert_eq!(Value::from(failed), want);
    let other = told("<zork xmlns='urn:zork'/>", "result");
    assert!(other["error"].as_str().unwrap().starts_with("<iq ") && other["object"] == json!({"type": "room-info"}));
    let remote = "<error type='cancel'><remote-server-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
    let remote = told(remote, "error");
    assert_eq!(
        (&remote["type"], &remote["error"]),
        (&json!("join"), &json!("remote server not found deck@muc.x.example"))
    );
}

#[test]
fn whoever_asks_us_for_what_we_do_not_do_is_told_so() {
    let out = Bench::with(&[]).hear("<iq type='get' id='1' from='ann@x.example/phone'><zork xmlns='urn:zork'/></iq>");
    assert_eq!(out.ignored, [Ignored::Request]);
    let want = "<iq id=\"1\" to=\"ann@x.example/phone\" type=\"error\"><error type=\"cancel\"><service-unavailable \
        xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\"/></error></iq>";
    assert_eq!(out.sent, [want]);
}

#[test]
fn what_is_no_stanza_means_nothing() {
    let mut bench = Bench::with(&[]);
    assert_eq!(bench.hear("<zork/>").ignored, [Ignored::NoStanza]);
    assert_eq!(
        bench.hear("<message xmlns='jabber:client2'><body xmlns='jabber:client'>x</body></message>").ignored,
        [Ignored::NoStanza]
    );
    assert_eq!(bench.hear("<iq id='1'/>").ignored, [Ignored::Malformed]);
    assert_eq!(bench.hear("<iq type='result'/>").ignored, [Ignored::Unasked]);
}
