//! What is pushed only to those who asked for it.

use serde_json::{Value, json};

use super::bench::{ACTOR, Bench, attribute};
use crate::map::Ignored;

const LOU: &str = "deck@muc.x.example/lou";
const MUC_USER: &str = "http://jabber.org/protocol/muc#user";

/// What somebody in a room is pushed with these extensions; nothing of it without.
#[track_caller]
fn check(extension: &str, xml: &str, want: &[Value]) {
    assert_eq!(Bench::in_room(&[extension]).hear(xml).pushed, want, "{xml}");
    let quiet = Bench::in_room(&[]).hear(xml);
    for push in quiet.pushed {
        // A text is still a text, and a presence a presence.
        assert!(
            ["send", "update"].contains(&push["type"].as_str().unwrap())
                && push["object"].get("content").is_none_or(Value::is_string)
        );
    }
}

fn in_room(inside: &str) -> String {
    format!("<message type='groupchat' from='{LOU}' to='{ACTOR}'>{inside}</message>")
}

fn to_us(inside: &str) -> String {
    format!("<message type='chat' id='7' from='ann@x.example/phone' to='{ACTOR}'>{inside}</message>")
}

#[expect(clippy::needless_pass_by_value, reason = "tables read better")]
fn from_lou(kind: &str, object: Value) -> Value {
    json!({"type": kind, "actor": {"type": "person", "id": LOU, "name": "lou"},
        "target": {"type": "room", "id": "deck@muc.x.example"}, "object": object})
}

#[expect(clippy::needless_pass_by_value, reason = "tables read better")]
fn from_ann(kind: &str, object: Value) -> Value {
    json!({"type": kind, "actor": {"type": "person", "id": "ann@x.example/phone"},
        "target": {"type": "person", "id": ACTOR}, "object": object})
}

#[test]
fn what_goes_with_messages_is_told() {
    let states = "xmlns='http://jabber.org/protocol/chatstates'";
    let table = [
        (
            "subjects",
            in_room("<subject>Plans</subject>"),
            from_lou("update", json!({"type": "topic", "content": "Plans"})),
        ),
        (
            "states",
            to_us(&format!("<composing {states}/>")),
            from_ann("send", json!({"type": "typing", "state": "active"})),
        ),
        (
            "states",
            to_us(&format!("<paused {states}/>")),
            from_ann("send", json!({"type": "typing", "state": "paused"})),
        ),
        ("states", to_us(&format!("<gone {states}/>")), from_ann("send", json!({"type": "typing", "state": "done"}))),
        (
            "receipts",
            to_us("<received xmlns='urn:xmpp:receipts' id='m1'/>"),
            from_ann("update", json!({"type": "receipt", "id": "m1"})),
        ),
        (
            "markers",
            to_us("<displayed xmlns='urn:xmpp:chat-markers:0' id='m1'/>"),
            from_ann("update", json!({"type": "read", "id": "m1"})),
        ),
        (
            "reactions",
            in_room(
                "<body>+1</body><reactions xmlns='urn:xmpp:reactions:0' id='m1'><reaction>a</reaction><reaction>b</reaction></reactions>",
            ),
            from_lou("send", json!({"type": "reaction", "content": "a b", "inReplyTo": "m1"})),
        ),
        (
            "retractions",
            in_room(
                "<body>taken back</body><retract xmlns='urn:xmpp:message-retract:1' id='m1'><reason>spam</reason></retract>",
            ),
            from_lou("delete", json!({"type": "message", "id": "m1", "content": "spam"})),
        ),
        (
            "retractions",
            in_room("<retracted xmlns='urn:xmpp:message-retract:1' stamp='x'/>").replace(" from", " id='m1' from"),
            from_lou("delete", json!({"type": "message", "id": "m1"})),
        ),
        (
            "replies",
            in_room(
                "<body>&gt; ah\nno</body><reply xmlns='urn:xmpp:reply:0' id='m1'/><fallback xmlns='urn:xmpp:fallback:0'
                for='urn:xmpp:reply:0'><body start='0' end='5'/></fallback>",
            ),
            from_lou("send", json!({"type": "message", "content": "no", "inReplyTo": "m1"})),
        ),
        (
            "attachments",
            in_room("<body>u</body><x xmlns='jabber:x:oob'><url>u</url></x>"),
            from_lou("send", json!({"type": "message", "content": "u", "attachment": {"url": "u"}})),
        ),
        (
            "html",
            in_room(
                "<body>b</body><html xmlns='http://jabber.org/protocol/xhtml-im'><body xmlns='http://www.w3.org/1999/xhtml'><b>b</b></body></html>",
            ),
            from_lou(
                "send",
                json!({"type": "message", "content": "b", "html": "<body xmlns=\"http://www.w3.org/1999/xhtml\"><b>b</b></body>"}),
            ),
        ),
    ];
    for (extension, xml, want) in table {
        check(extension, &xml, &[want]);
    }
    let ids = in_room(
        "<body>x</body><origin-id xmlns='urn:xmpp:sid:0' id='o'/><occupant-id xmlns='urn:xmpp:occupant-id:0' id='who'/>",
    );
    let mut want = from_lou("send", json!({"type": "message", "content": "x", "xmpp:origin-id": "o"}));
    want["actor"]["occupant"] = json!("who");
    check("ids", &ids, &[want]);
}

#[test]
fn invitations_are_told_whichever_way_they_come() {
    let invite = |from: &str, object: Value| {
        json!({"type": "invite", "actor": {"type": "person", "id": from},
        "target": {"type": "person", "id": ACTOR}, "object": object})
    };
    check(
        "invites",
        &format!(
            "<message from='hold@muc.x.example' to='{ACTOR}'><x xmlns='{MUC_USER}'><invite from='ann@x.example'>
            <reason>come</reason></invite><password>s</password></x></message>"
        ),
        &[invite(
            "ann@x.example",
            json!({"type": "room", "id": "hold@muc.x.example", "content": "come", "password": "s"}),
        )],
    );
    check(
        "invites",
        &format!(
            "<message from='ann@x.example/phone' to='{ACTOR}'><x xmlns='jabber:x:conference' jid='hold@muc.x.example'/></message>"
        ),
        &[invite("ann@x.example/phone", json!({"type": "room", "id": "hold@muc.x.example"}))],
    );
}

#[test]
fn roles_and_removals_are_told() {
    let presence = |kind: &str, inside: &str| {
        format!("<presence {kind} from='{LOU}' to='{ACTOR}'><x xmlns='{MUC_USER}'>{inside}</x></presence>")
    };
    let update = |object: Value| json!({"type": "update", "actor": {"type": "room", "id": LOU}, "target": {"type": "person", "id": ACTOR}, "object": object});
    check(
        "roles",
        &presence("", "<item role='moderator' affiliation='owner'/>"),
        &[update(json!({"type": "presence", "presence": "online", "role": "moderator", "affiliation": "owner"}))],
    );
    let gone = update(json!({"type": "presence", "presence": "offline", "role": "none", "affiliation": "none"}));
    let removed = json!({"type": "remove", "actor": {"type": "person", "id": "deck@muc.x.example/ann", "name": "ann"},
        "target": {"type": "room", "id": "deck@muc.x.example"},
        "object": {"type": "person", "id": LOU, "name": "lou", "content": "out"}});
    let inside =
        "<item role='none' affiliation='none'><actor nick='ann'/><reason>out</reason></item><status code='307'/>";
    check("roles", &presence("type='unavailable'", inside), &[gone, removed]);
    let changed = format!(
        "<message from='deck@muc.x.example' to='{ACTOR}'><x xmlns='{MUC_USER}'><item jid='bo@x.example' affiliation='member'/></x></message>"
    );
    let room = json!({"type": "room", "id": "deck@muc.x.example"});
    let want = json!({"type": "add", "actor": room, "target": {"type": "person", "id": "bo@x.example"}, "object": {
        "type": "relationship", "relationship": "role", "subject": {"type": "presence", "role": "member"}, "object": room}});
    check("roles", &changed, &[want]);
}

#[test]
fn avatars_are_told() {
    let event =
        "<message from='ann@x.example' to='io@x.example/web'><event xmlns='http://jabber.org/protocol/pubsub#event'>
        <items node='urn:xmpp:avatar:metadata'><item id='h'><metadata xmlns='urn:xmpp:avatar:metadata'>
        <info id='h' type='image/png' bytes='7'/></metadata></item></items></event></message>";
    let want = json!({"type": "update", "actor": {"type": "person", "id": "ann@x.example"},
        "object": {"type": "avatar", "id": "h", "mediaType": "image/png", "bytes": 7}});
    check("avatars", event, &[want]);
    let presence = format!(
        "<presence from='ann@x.example/phone' to='{ACTOR}'><x xmlns='vcard-temp:x:update'><photo>h</photo></x></presence>"
    );
    check(
        "avatars",
        &presence,
        &[from_ann("update", json!({"type": "presence", "presence": "online", "avatar": "h"}))],
    );
}

fn carbon(from: &str, kind: &str, inner: &str) -> String {
    format!(
        "<message from='{from}' to='{ACTOR}'><{kind} xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>
         <message xmlns='jabber:client' type='chat' {inner}><body>x</body></message></forwarded></{kind}></message>"
    )
}

#[test]
fn carbons_are_asked_for_and_believed_only_from_our_own_account() {
    let mut bench = Bench::idle();
    let _ = bench.connect(&["carbons"]);
    assert!(bench.up(false).sent[0].contains("<enable xmlns=\"urn:xmpp:carbons:2\"/>"));
    let received = "from='ann@x.example/phone' to='io@x.example/other'";
    let sent = "from='io@x.example/other' to='ann@x.example/phone'";
    let text = json!({"type": "message", "content": "x"});
    let of = |from: &str, to: &str| {
        json!({"type": "send", "actor": {"type": "person", "id": from},
        "target": {"type": "person", "id": to}, "object": text})
    };
    let (ann, other) = ("ann@x.example/phone", "io@x.example/other");
    assert_eq!(bench.hear(&carbon("io@x.example", "received", received)).pushed, [of(ann, other)]);
    assert_eq!(bench.hear(&carbon("io@x.example", "sent", sent)).pushed, [of(other, ann)]);
    for (from, kind, inner) in [
        ("mallory@x.example", "received", received),
        ("mallory@x.example/io@x.example", "sent", sent),
        ("io@x.example/other", "received", received),
        ("x.example", "received", received),
        // Not ours at all.
        ("io@x.example", "sent", "from='mallory@x.example' to='ann@x.example'"),
    ] {
        let out = bench.hear(&carbon(from, kind, inner));
        assert_eq!((out.pushed, out.ignored), (vec![], vec![Ignored::Forged]), "{from} {kind}");
    }
    let out = bench.hear("<message from='io@x.example'><received xmlns='urn:xmpp:carbons:2'/></message>");
    assert_eq!(out.ignored, [Ignored::Malformed]);
    let out = Bench::with(&[]).hear(&carbon("io@x.example", "received", received));
    assert_eq!(out.ignored, [Ignored::NotAskedFor]);
}

#[test]
fn receipts_are_given_to_who_asks_for_them_but_not_in_rooms() {
    let ask = "<body>x</body><request xmlns='urn:xmpp:receipts'/>";
    let out = Bench::in_room(&["receipts"]).hear(&to_us(ask));
    let want = "<message to=\"ann@x.example/phone\" type=\"chat\"><received xmlns=\"urn:xmpp:receipts\" id=\"7\"/><store xmlns=\"urn:xmpp:hints\"/></message>";
    assert_eq!((out.sent, out.pushed.len()), (vec![want.to_owned()], 1));
    assert!(Bench::in_room(&["receipts"]).hear(&in_room(ask)).sent.is_empty());
    assert!(Bench::in_room(&[]).hear(&to_us(ask)).sent.is_empty());
}

#[test]
fn roster_pushes_are_believed_only_from_our_own_account() {
    let mut bench = Bench::idle();
    let _ = bench.connect(&["roster"]);
    let asked = bench.up(false).sent.remove(0);
    let query = "<query xmlns='jabber:iq:roster'><item jid='ann@x.example' subscription='both'/></query>";
    let want = json!({"type": "update", "actor": {"type": "person", "id": "ann@x.example"},
        "target": {"type": "person", "id": ACTOR},
        "object": {"type": "presence", "subscription": "both", "ask": false, "groups": []}});
    let first = bench.hear(&format!("<iq type='result' id='{}'>{query}</iq>", attribute(&asked, "id")));
    assert_eq!(first.pushed, std::slice::from_ref(&want));
    for from in ["", "from='io@x.example'"] {
        let out = bench.hear(&format!("<iq type='set' id='1' {from}>{query}</iq>"));
        assert_eq!((&out.pushed, out.sent[0].contains("type=\"result\"")), (&vec![want.clone()], true));
    }
    for from in ["mallory@x.example", "x.example", "io@x.example/other"] {
        let out = bench.hear(&format!("<iq type='set' id='1' from='{from}'>{query}</iq>"));
        assert_eq!((out.pushed, out.ignored), (vec![], vec![Ignored::Forged]));
        assert!(out.sent[0].contains("type=\"error\"") && out.sent[0].contains("service-unavailable"));
    }
    let out = Bench::with(&[]).hear(&format!("<iq type='set' id='1'>{query}</iq>"));
    assert_eq!((out.pushed, out.ignored), (vec![], vec![Ignored::NotAskedFor]));
}

#[test]
fn bookmarks_are_told_and_entered() {
    let mut bench = Bench::idle();
    let _ = bench.connect(&["bookmarks"]);
    let asked = bench.up(false).sent.remove(0);
    let items = "<item id='hold@muc.x.example'><conference xmlns='urn:xmpp:bookmarks:1' autojoin='true'><nick>ion</nick></conference></item>
        <item id='deck@muc.x.example'><conference xmlns='urn:xmpp:bookmarks:1'/></item>";
    let answer = format!(
        "<iq type='result' id='{}'><pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:bookmarks:1'>{items}</items></pubsub></iq>",
        attribute(&asked, "id")
    );
    let out = bench.hear(&answer);
    assert_eq!((out.pushed.len(), out.sent.len()), (2, 1));
    assert_eq!(attribute(&out.sent[0], "to"), "hold@muc.x.example/ion");
    let event = |from: &str| {
        format!(
            "<message {from}><event xmlns='http://jabber.org/protocol/pubsub#event'><items node='urn:xmpp:bookmarks:1'>
         <retract id='hold@muc.x.example'/></items></event></message>"
        )
    };
    let want = json!({"type": "remove", "actor": {"type": "person", "id": "io@x.example"}, "target": {"type": "person", "id": ACTOR},
        "object": {"type": "room", "id": "hold@muc.x.example"}});
    assert_eq!(bench.hear(&event("from='io@x.example'")).pushed, [want]);
    assert_eq!(bench.hear(&event("from='mallory@x.example'")).ignored, [Ignored::Forged]);
}

#[test]
fn others_are_told_what_we_can_do() {
    let mut bench = Bench::with(&["receipts"]);
    let mut ask =
        |inside: &str| bench.hear(&format!("<iq type='get' id='1' from='ann@x.example'>{inside}</iq>")).sent.remove(0);
    let info = ask("<query xmlns='http://jabber.org/protocol/disco#info'/>");
    assert!(
        info.contains("<identity category=\"client\" name=\"Footbridge\" type=\"web\"/>")
            && info.contains("var=\"urn:xmpp:receipts\"")
    );
    assert!(ask("<query xmlns='http://jabber.org/protocol/disco#info' node='zork'/>").contains("type=\"error\""));
    assert!(ask("<query xmlns='jabber:iq:version'/>").contains("<name>Footbridge</name><version>"));
    assert_eq!(ask("<ping xmlns='urn:xmpp:ping'/>"), "<iq id=\"1\" to=\"ann@x.example\" type=\"result\"/>");
    assert!(ask("<time xmlns='urn:xmpp:time'/>").contains("<tzo>+00:00</tzo><utc>2026-03-01T10:00:00.000Z</utc>"));
}
