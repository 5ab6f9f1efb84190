use footbridge_schemas::{Manifest, Schemas, Spelled as Activity, context};
use serde_json::{Value, json};

use super::*;

/// Reads a request that the schema lets pass, as the gateway does.
fn parse(changes: &Value) -> Result<Verb, String> {
    let contexts = [context::AS2, context::SOCKETHUB, &context::platform_url("irc", "1")];
    let mut activity =
        json!({"@context": contexts, "actor": {"id": "kai@irc.example", "type": "person", "name": "kai"}});
    activity.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    let schemas = Schemas::compile("0", Manifest::builtin(), false).unwrap();
    let checked = schemas.message(Activity::from_json(&activity.to_string(), false, &|_| None).unwrap());
    let checked = checked.map_err(|violation| violation.to_string())?;
    Request::parse(checked.verb(), checked.json(), None).map(|request| {
        assert_eq!(request.actor, "kai@irc.example");
        request.verb
    })
}

fn shown(changes: &Value) -> String {
    match parse(changes) {
        Ok(verb) => format!("{verb:?}"),
        Err(text) => text,
    }
}

fn room() -> Value {
    json!({"type": "room", "id": "#deck", "name": "#deck"})
}

fn person() -> Value {
    json!({"type": "person", "id": "lou@irc.example"})
}

#[test]
fn each_verb_of_the_contract_is_read() {
    let nick = json!({"type": "person", "id": "kay@irc.example", "name": "kay"});
    let table = [
        (json!({"type": "join", "target": room()}), r##"Join { channel: "#deck", key: None }"##),
        (json!({"type": "leave", "target": room()}), r##"Leave { channel: "#deck", reason: None }"##),
        (
            json!({"type": "send", "target": room(), "object": {"type": "message", "content": "ahoy"}}),
            r##"Send(Said { target: "#deck", what: Message("ahoy"), in_reply_to: None })"##,
        ),
        (
            json!({"type": "send", "target": person(), "object": {"type": "message", "content": "/me nods"}}),
            r#"Send(Said { target: "lou", what: Action("nods"), in_reply_to: None })"#,
        ),
        (json!({"type": "update", "target": nick, "object": {"type": "address"}}), r#"Nick { nick: "kay" }"#),
        (
            json!({"type": "update", "target": room(), "object": {"type": "topic", "content": "new : one"}}),
            r##"Topic { channel: "#deck", content: "new : one" }"##,
        ),
        (
            json!({"type": "query", "target": {"type": "room", "id": "irc.example/#a"}, "object": {"type": "attendance"}}),
            r##"Attendance { candidates: ["#a"] }"##,
        ),
        (json!({"type": "disconnect"}), "Disconnect { reason: None }"),
    ];
    for (activity, want) in table {
        assert_eq!(shown(&activity), want, "{activity}");
    }
}

#[test]
fn each_addition_is_read() {
    let role = json!({
        "type": "relationship", "relationship": "role",
        "subject": {"type": "presence", "role": "admin"}, "object": {"type": "room", "id": "irc.example/#deck"},
    });
    let lou = json!({"type": "person", "id": "lou@irc.example", "content": "out"});
    let table = [
        (
            json!({"type": "join", "target": room(), "object": {"type": "key", "content": "sesame"}}),
            r##"Join { channel: "#deck", key: Some("sesame") }"##,
        ),
        (
            json!({"type": "leave", "target": room(), "object": {"type": "message", "content": "off"}}),
            r##"Leave { channel: "#deck", reason: Some("off") }"##,
        ),
        (
            json!({"type": "disconnect", "object": {"type": "message", "content": "gone"}}),
            r#"Disconnect { reason: Some("gone") }"#,
        ),
        (
            json!({"type": "update", "object": {"type": "presence", "show": "away", "status": "tea"}}),
            r#"Away { status: Some("tea") }"#,
        ),
        (json!({"type": "update", "object": {"type": "presence", "show": "online"}}), "Away { status: None }"),
        (json!({"type": "update", "object": {"type": "profile", "name": "Kai M"}}), r#"Realname { name: "Kai M" }"#),
        (
            json!({"type": "update", "target": room(), "object": {"type": "modes", "content": "+kl key 5"}}),
            r##"Modes { channel: "#deck", words: ["+kl", "key", "5"] }"##,
        ),
        (
            json!({"type": "add", "target": person(), "object": role}),
            r##"Role { channel: "#deck", nick: "lou", role: "admin", give: true }"##,
        ),
        (
            json!({"type": "remove", "target": person(), "object": role}),
            r##"Role { channel: "#deck", nick: "lou", role: "admin", give: false }"##,
        ),
        (
            json!({"type": "remove", "target": room(), "object": lou}),
            r##"Kick { channel: "#deck", nick: "lou", reason: Some("out") }"##,
        ),
        (
            json!({"type": "invite", "target": room(), "object": {"type": "person", "id": "lou@irc.example"}}),
            r##"Invite { channel: "#deck", nick: "lou" }"##,
        ),
        (
            json!({"type": "delete", "target": room(), "object": {"type": "message", "id": "m1"}}),
            r##"Redact { target: "#deck", id: "m1", reason: None }"##,
        ),
        (
            json!({"type": "update", "target": room(), "object": {"type": "read"}}),
            r##"Read { target: "#deck", published: None }"##,
        ),
        (json!({"type": "request-friend", "target": person()}), r#"Watch { nick: "lou", on: true }"#),
        (json!({"type": "remove-friend", "target": person()}), r#"Watch { nick: "lou", on: false }"#),
        (json!({"type": "query", "target": person(), "object": {"type": "whois"}}), r#"Whois { nick: "lou" }"#),
        (json!({"type": "query", "object": {"type": "rooms"}}), "Rooms"),
        (
            json!({"type": "query", "target": room(), "object": {"type": "history", "limit": 9, "before": "m1"}}),
            r##"History { target: "#deck", limit: Some(9), before: Some("m1"), after: None }"##,
        ),
        (
            json!({"type": "send", "target": room(), "object": {"type": "typing", "state": "active"}}),
            r##"Send(Said { target: "#deck", what: Typing("active"), in_reply_to: None })"##,
        ),
        (
            json!({"type": "send", "target": room(), "object": {"type": "reaction", "content": "+1", "inReplyTo": "m1"}}),
            r##"Send(Said { target: "#deck", what: Reaction("+1"), in_reply_to: Some("m1") })"##,
        ),
        (
            json!({"type": "send", "target": room(), "object": {"type": "message", "content": "a\nb", "multiline": true}}),
            r##"Send(Said { target: "#deck", what: Message("a\nb"), in_reply_to: None })"##,
        ),
    ];
    for (activity, want) in table {
        assert_eq!(shown(&activity), want, "{activity}");
    }
}

#[test]
fn refusals_read_as_the_contract_has_them() {
    let broken = "IRC values must not contain CR or LF characters";
    let message = |content: &str| json!({"type": "message", "content": content});
    let table = [
        // irc 28
        (json!({"type": "send", "target": room(), "object": message("a\r\nQUIT")}), broken),
        (
            json!({"type": "send", "target": {"type": "room", "id": "#a", "name": "#a\nQUIT"}, "object": message("a")}),
            broken,
        ),
        (json!({"type": "join", "target": {"type": "room", "id": "#a", "name": "#a\r"}}), broken),
        (
            json!({"type": "join", "actor": {"id": "kai@irc.example", "type": "person", "name": "k\n"}, "target": room()}),
            broken,
        ),
        (json!({"type": "leave", "target": {"type": "room", "id": "#a", "name": "#a\r"}}), broken),
        (json!({"type": "update", "target": room(), "object": {"type": "topic", "content": "a\nb"}}), broken),
        (
            json!({"type": "query", "target": {"type": "room", "id": "x/#a\n", "name": "#a"}, "object": {"type": "attendance"}}),
            broken,
        ),
        (
            json!({"type": "send", "target": room(), "object": {"type": "message"}}),
            "cannot send message with no object.content",
        ),
        (json!({"type": "send", "target": room()}), "cannot send message with no object.content"),
        (json!({"type": "update", "object": message("x")}), "unknown update action: message"),
        (json!({"type": "query", "object": message("x")}), "unknown 'type' 'message'"),
        // irc 30
        (json!({"type": "announce"}), "platform method announce not available"),
        (json!({"type": "join"}), "cannot tell the target's name: set target.name"),
        (json!({"type": "join", "target": {"type": "room", "id": "#a,#b"}}), "no such channel #a,#b"),
        (json!({"type": "join", "target": {"type": "room", "id": "x", "name": "0"}}), "no such channel 0"),
        (json!({"type": "connect"}), "no client found, and no credentials specified. you must connect first"),
    ];
    for (activity, want) in table {
        assert_eq!(shown(&activity), want, "{activity}");
    }
    let me = shown(&json!({"type": "send", "target": room(), "object": {"type": "me", "content": "x"}}));
    assert!(me.starts_with("[irc] /object"), "{me}");
}
