//! Questions that are answered by the ack.

use serde_json::{Value, json};

use super::bench::{ACTOR, Bench, attribute, without_id};
use crate::map::Ignored;

/// The question that a query asks, and what it is answered when `inside` comes.
#[track_caller]
fn answered(changes: &Value, kind: &str, inside: &str) -> (String, Result<Value, String>) {
    let mut bench = Bench::with(&[]);
    let out = bench.call("query", changes);
    assert!(out.done.is_empty() && out.sent.len() == 1, "{out:?}");
    let from = if out.sent[0].contains(" to=") { attribute(&out.sent[0], "to") } else { "io@x.example".to_owned() };
    let id = attribute(&out.sent[0], "id");
    let answer = format!("<iq type='{kind}' id='{id}' from='{from}' to='{ACTOR}'>{inside}</iq>");
    // Not from anybody else.
    assert_eq!(bench.hear(&answer.replace(&from, "mallory@y.example")).ignored, [Ignored::Unasked]);
    let answer = bench.hear(&answer).done.remove(0);
    (without_id(&out.sent[0]), answer)
}

#[expect(clippy::needless_pass_by_value, reason = "tables read better")]
fn ann(object: Value) -> Value {
    json!({"target": {"id": "ann@x.example", "type": "person"}, "object": object})
}

#[expect(clippy::needless_pass_by_value, reason = "tables read better")]
fn about(actor: &str, object: Value) -> Value {
    json!({"type": "query", "actor": {"type": "person", "id": actor}, "target": {"type": "person", "id": ACTOR}, "object": object})
}

#[test]
fn the_roster_is_listed() {
    let inside = "<query xmlns='jabber:iq:roster'><item jid='ann@x.example' name='Ann' subscription='both'><group>crew</group></item>
        <item jid='bo@x.example' subscription='from' ask='subscribe'/><item/></query>";
    let (asked, answer) = answered(&json!({"object": {"type": "roster"}}), "result", inside);
    assert_eq!(asked, "<iq id=\"ID\" type=\"get\"><query xmlns=\"jabber:iq:roster\"/></iq>");
    let mut one =
        about("ann@x.example", json!({"type": "presence", "subscription": "both", "ask": false, "groups": ["crew"]}));
    one["actor"]["name"] = json!("Ann");
    let two = about(
        "bo@x.example",
        json!({"type": "presence", "presence": "notauthorized", "subscription": "from", "ask": true, "groups": []}),
    );
    assert_eq!(answer, Ok(json!({"summary": "io@x.example", "items": [one, two]})));
}

#[test]
fn profiles_and_pictures_are_told() {
    let card = "<vCard xmlns='vcard-temp'><FN>Ann</FN><NICKNAME>an</NICKNAME><EMAIL><USERID>a@x</USERID></EMAIL>
        <PHOTO><TYPE>image/png</TYPE><BINVAL>aG
        k=</BINVAL></PHOTO></vCard>";
    let (asked, answer) = answered(&ann(json!({"type": "profile"})), "result", card);
    assert!(asked.contains("to=\"ann@x.example\"") && asked.contains("<vCard xmlns=\"vcard-temp\"/>"));
    let image = json!({"mediaType": "image/png", "content": "aGk="});
    let profile = json!({"type": "profile", "name": "Ann", "nickname": "an", "email": "a@x", "image": image});
    assert_eq!(answer, Ok(about("ann@x.example", profile)));
    let none = "<error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
    assert_eq!(
        answered(&ann(json!({"type": "profile"})), "error", none).1,
        Ok(about("ann@x.example", json!({"type": "profile"})))
    );
    let data = "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:avatar:data'><item id='h'>
        <data xmlns='urn:xmpp:avatar:data'>aGk=</data></item></items></pubsub>";
    let (asked, answer) = answered(&ann(json!({"type": "avatar", "id": "h"})), "result", data);
    assert!(asked.contains("<items node=\"urn:xmpp:avatar:data\"><item id=\"h\"/></items>"));
    assert_eq!(answer, Ok(about("ann@x.example", json!({"type": "avatar", "id": "h", "content": "aGk="}))));
}

#[test]
fn entities_say_what_they_are_and_what_there_is() {
    let info = "<query xmlns='http://jabber.org/protocol/disco#info'><feature var='f'/></query>";
    let (asked, answer) = answered(&json!({"object": {"type": "features", "node": "n"}}), "result", info);
    assert!(asked.contains("to=\"x.example\"") && asked.contains("node=\"n\""));
    assert_eq!(answer, Ok(about("x.example", json!({"type": "features", "features": ["f"]}))));
    let items = "<query xmlns='http://jabber.org/protocol/disco#items'><item jid='deck@muc.x.example' name='Deck'/><item/></query>";
    let service = json!({"target": {"id": "muc.x.example", "type": "room"}, "object": {"type": "rooms"}});
    let (_, answer) = answered(&service, "result", items);
    let room = about("muc.x.example", json!({"type": "room", "id": "deck@muc.x.example", "name": "Deck"}));
    assert_eq!(answer, Ok(json!({"summary": "muc.x.example", "items": [room]})));
    let (_, answer) = answered(&service, "result", "<zork xmlns='urn:zork'/>");
    assert_eq!(answer, Err("muc.x.example answered with something else".to_owned()));
    assert!(answered(&service, "result", "").1.is_err());
}

#[test]
fn the_blocked_and_the_bookmarked_are_listed() {
    let blocked = "<blocklist xmlns='urn:xmpp:blocking'><item jid='mallory@x.example'/></blocklist>";
    let (_, answer) = answered(&json!({"object": {"type": "blocked"}}), "result", blocked);
    let mallory = about("io@x.example", json!({"type": "person", "id": "mallory@x.example"}));
    assert_eq!(answer, Ok(json!({"summary": "io@x.example", "items": [mallory]})));
    let bookmarks = "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:bookmarks:1'>
        <item id='deck@muc.x.example'><conference xmlns='urn:xmpp:bookmarks:1' name='Deck' autojoin='1'><nick>io</nick>
        </conference></item></items></pubsub>";
    let (_, answer) = answered(&json!({"object": {"type": "bookmarks"}}), "result", bookmarks);
    let deck = json!({"type": "room", "id": "deck@muc.x.example", "name": "Deck", "nick": "io", "autojoin": true});
    assert_eq!(answer, Ok(json!({"summary": "io@x.example", "items": [about("io@x.example", deck)]})));
}

#[test]
fn the_form_of_a_room_is_told() {
    let form = "<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='form'>
        <field var='muc#roomconfig_membersonly' type='boolean' label='Members'><value>0</value></field></x></query>";
    let changes = json!({"target": {"id": "deck@muc.x.example", "type": "room"}, "object": {"type": "room-config"}});
    let (_, answer) = answered(&changes, "result", form);
    let object = json!({"type": "room-info", "roomconfig": {"membersonly": {"type": "boolean", "label": "Members", "value": false}}});
    let mut want = about("deck@muc.x.example", object);
    want["actor"]["type"] = json!("room");
    assert_eq!(answer, Ok(want));
}

#[test]
fn errors_are_told_by_their_text_or_condition() {
    let of = |inside: &str| answered(&ann(json!({"type": "features"})), "error", inside).1;
    let stanzas = "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'";
    let error = format!("<error type='auth'><forbidden {stanzas}/></error>");
    assert_eq!(of(&error), Err("forbidden".to_owned()));
    let error = format!("<error type='auth'><forbidden {stanzas}/><text {stanzas}>Not you</text></error>");
    assert_eq!(of(&error), Err("Not you".to_owned()));
    assert_eq!(of(""), Err("undefined-condition".to_owned()));
}

#[test]
fn a_question_without_an_answer_ends() {
    let mut bench = Bench::with(&[]);
    let _ = bench.call("query", &ann(json!({"type": "features"})));
    assert!(bench.later(19).done.is_empty());
    assert_eq!(bench.later(1).done, [Err("no answer from ann@x.example".to_owned())]);
    assert!(bench.machine.deadline().is_none());
}

const SLOT: &str =
    "<slot xmlns='urn:xmpp:http:upload:0'><put url='https://up/1'><header name='Authorization'>a\nb</header>
    <header name='Host'>x</header></put><get url='https://up/1'/></slot>";

#[test]
fn who_takes_files_is_found_once() {
    let mut bench = Bench::with(&[]);
    let ask = json!({"object": {"type": "slot", "name": "a.png", "size": 7, "mediaType": "image/png"}});
    let answer = |asked: &str, inside: &str| {
        let (id, from) = (attribute(asked, "id"), attribute(asked, "to"));
        format!("<iq type='result' id='{id}' from='{from}'>{inside}</iq>")
    };
    let items = bench.call("query", &ask).sent.remove(0);
    assert_eq!(attribute(&items, "to"), "x.example");
    let parts = "<query xmlns='http://jabber.org/protocol/disco#items'><item jid='muc.x.example'/><item jid='up.x.example'/></query>";
    let first = bench.hear(&answer(&items, parts)).sent.remove(0);
    assert_eq!(attribute(&first, "to"), "muc.x.example");
    let second = bench.hear(&answer(&first, "<query xmlns='http://jabber.org/protocol/disco#info'/>")).sent.remove(0);
    let info = "<query xmlns='http://jabber.org/protocol/disco#info'><feature var='urn:xmpp:http:upload:0'/></query>";
    let request = bench.hear(&answer(&second, info)).sent.remove(0);
    let want = "<request xmlns=\"urn:xmpp:http:upload:0\" content-type=\"image/png\" filename=\"a.png\" size=\"7\"/>";
    assert!(request.contains("to=\"up.x.example\"") && request.contains(want), "{request}");
    let slot =
        json!({"type": "slot", "put": "https://up/1", "get": "https://up/1", "headers": {"Authorization": "ab"}});
    assert_eq!(bench.hear(&answer(&request, SLOT)).done, [Ok(about("up.x.example", slot))]);
    assert_eq!(attribute(&bench.call("query", &ask).sent[0], "to"), "up.x.example");
}

#[test]
fn addresses_that_are_not_for_files_are_not_passed_on() {
    let ask =
        json!({"target": {"id": "up.x.example", "type": "person"}, "object": {"type": "slot", "name": "a", "size": 1}});
    assert!(answered(&ask, "result", SLOT).1.is_ok());
    for bad in ["http://up/1", "javascript:alert(1)"] {
        assert!(answered(&ask, "result", &SLOT.replace("https://up/1", bad)).1.is_err());
    }
}

fn archived(query: &str, id: &str, from: &str, text: &str) -> String {
    format!(
        "<message from='{from}' to='{ACTOR}'><result xmlns='urn:xmpp:mam:2' queryid='{query}' id='{id}'>
         <forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='2026-02-03T04:05:06Z'/>
         <message xmlns='jabber:client' type='groupchat' from='deck@muc.x.example/lou' id='m'>{text}</message></forwarded></result></message>"
    )
}

#[test]
fn history_is_collected_from_the_archive_that_was_asked() {
    let mut bench = Bench::with(&[]);
    let room = json!({"id": "deck@muc.x.example", "type": "room"});
    let asked = bench.call("query", &json!({"target": room, "object": {"type": "history", "limit": 2}})).sent.remove(0);
    let id = attribute(&asked, "id");
    assert!(asked.contains("<max>2</max><before/>") && asked.contains(&format!("queryid=\"{id}\"")), "{asked}");
    for (number, from, text) in [
        (1, "deck@muc.x.example", "<body>one</body>"),
        (2, "mallory@x.example", "<body>forged</body>"),
        (3, "deck@muc.x.example", "<composing xmlns='http://jabber.org/protocol/chatstates'/>"),
        (4, "deck@muc.x.example", "<body>two</body>"),
    ] {
        let out = bench.hear(&archived(&id, &number.to_string(), from, text));
        let want = if number == 2 { Ignored::Unasked } else { Ignored::Ours };
        assert_eq!((out.ignored, out.pushed), (vec![want], vec![]));
    }
    let fin = format!(
        "<iq type='result' id='{id}' from='deck@muc.x.example'><fin xmlns='urn:xmpp:mam:2' complete='true'/></iq>"
    );
    let item = |id: &str, text: &str| {
        json!({"type": "send", "published": "2026-02-03T04:05:06.000Z",
            "actor": {"type": "person", "id": "deck@muc.x.example/lou", "name": "lou"},
            "target": {"type": "room", "id": "deck@muc.x.example"},
            "object": {"type": "message", "id": "m", "content": text, "xmpp:stanza-id": id}})
    };
    let want = json!({"summary": "deck@muc.x.example", "items": [item("1", "one"), item("4", "two")]});
    assert_eq!(bench.hear(&fin).done, [Ok(want)]);
}

#[test]
fn history_is_paged_by_ids_and_times() {
    let field = |name: &str, value: &str| format!("<field var=\"{name}\"><value>{value}</value></field>");
    let table = [
        (json!({}), vec!["<max>50</max><before/>".to_owned(), field("with", "ann@x.example")]),
        (json!({"before": "id1"}), vec!["<before>id1</before>".to_owned()]),
        (json!({"after": "id1"}), vec!["<max>50</max><after>id1</after></set>".to_owned()]),
        (
            json!({"before": "2026-02-03T04:05:06Z"}),
            vec![field("end", "2026-02-03T04:05:06.000Z"), "<before/>".to_owned()],
        ),
        (
            json!({"after": "2026-02-03T04:05:06Z"}),
            vec![field("start", "2026-02-03T04:05:06.000Z"), "<max>50</max></set>".to_owned()],
        ),
        (json!({"limit": 99999}), vec!["<max>1000</max>".to_owned()]),
    ];
    for (bounds, wants) in table {
        let mut object = bounds.clone();
        object["type"] = json!("history");
        let asked = Bench::with(&[]).call("query", &ann(object)).sent.remove(0);
        for want in wants {
            assert!(asked.contains(&want), "{bounds}: {asked} lacks {want}");
        }
        assert!(!asked.contains(" to="));
    }
}

#[test]
fn an_archive_without_an_end_is_bounded() {
    let mut bench = Bench::with(&[]);
    let asked = bench.call("query", &json!({"object": {"type": "history"}})).sent.remove(0);
    let id = attribute(&asked, "id");
    let text = format!("<body>{}</body>", "x".repeat(10_000));
    for number in 0..100 {
        let _ = bench.hear(&archived(&id, &number.to_string(), "io@x.example", &text));
    }
    let fin = format!("<iq type='result' id='{id}'><fin xmlns='urn:xmpp:mam:2'/></iq>");
    let answer = bench.hear(&fin).done.remove(0).unwrap();
    assert!((20..30).contains(&answer["items"].as_array().unwrap().len()));
}
