//! What the platform's document lets pass, and how a client reads what it does not.

use std::sync::LazyLock;

use footbridge_schemas::{Manifest, Schemas, Spelled, context};
use serde_json::{Value, json};

static SCHEMAS: LazyLock<Schemas> =
    LazyLock::new(|| Schemas::compile("0", Manifest::builtin(), false).expect("the built-in schemas compile"));

/// `base` with the members of `changes`; without those that are null.
fn with(mut base: Value, changes: &Value) -> Value {
    let members = base.as_object_mut().expect("an object");
    members.extend(changes.as_object().expect("an object").clone());
    members.retain(|_, value| !value.is_null());
    base
}

fn spelled(changes: &Value) -> Spelled {
    let contexts = [context::AS2, context::SOCKETHUB, &context::platform_url("xmpp", "1")];
    let activity = json!({"@context": contexts, "actor": {"id": "io@x.example/web", "type": "person"}});
    Spelled::from_json(&with(activity, changes).to_string(), false, &|_| None).expect("it has the right shape")
}

fn credentials(changes: &Value) -> Result<(), String> {
    let object = json!({"type": "credentials", "userAddress": "io@x.example", "password": "p", "resource": "web"});
    let checked = SCHEMAS.credentials(spelled(&json!({"type": "credentials", "object": with(object, changes)})));
    checked.map(drop).map_err(|violation| violation.to_string())
}

fn message(changes: &Value) -> Result<(), String> {
    SCHEMAS.message(spelled(changes)).map(drop).map_err(|violation| violation.to_string())
}

#[test]
fn credentials_of_every_kind_pass() {
    for changes in [
        json!({}),
        json!({"server": "xmpp://127.0.0.1:5222", "port": 5222}),
        json!({"extensions": ["carbons", "occupants"], "reconnect": false, "resourceAsTag": true}),
    ] {
        assert_eq!(credentials(&changes), Ok(()), "{changes}");
    }
}

// xmpp 5
#[test]
fn credentials_that_lack_something_or_have_too_much_are_refused() {
    let table = [
        (json!({"password": null}), "/object: must have required property 'password'"),
        (json!({"resource": null}), "/object: must have required property 'resource'"),
        (json!({"userAddress": null}), "/object: must have required property 'userAddress'"),
        (json!({"port": "5222"}), "/object/port: must be number"),
        (json!({"host": "x"}), "/object: must NOT have additional properties: host"),
        (json!({"extensions": ["zork"]}), "/object/extensions/0: must be equal to one of the allowed values"),
    ];
    for (changes, want) in table {
        let refused = credentials(&changes).unwrap_err();
        assert!(refused.starts_with("[xmpp] ") && refused.contains(want), "{changes}: {refused}");
    }
}

#[test]
fn objects_have_the_shapes_that_are_listed_and_no_other() {
    let person = json!({"type": "person", "id": "ann@x.example"});
    let send = |object: Value| json!({"type": "send", "target": person, "object": object});
    assert_eq!(
        message(&send(json!({"type": "message", "content": "ahoy", "id": "1", "xmpp:replace": {"id": "0"}}))),
        Ok(())
    );
    for object in [
        json!({"type": "message"}),
        json!({"type": "message", "content": "x", "colour": "red"}),
        json!({"type": "message", "content": "x", "xmpp:replace": {"id": "0", "by": "x"}}),
        json!({"type": "presence", "presence": "zork"}),
        json!({"type": "presence", "presence": "away", "status": "x"}),
        json!({"type": "presence", "priority": 128}),
        json!({"type": "attendance", "members": []}),
        json!({"type": "room-config", "values": {"a": {}}}),
        json!({"type": "history", "limit": 0}),
        json!({"type": "avatar", "id": "h", "content": "aGk="}),
        json!({"type": "profile", "image": {}}),
    ] {
        let refused = message(&send(object.clone())).unwrap_err();
        assert!(refused.starts_with("[xmpp] /object"), "{object}: {refused}");
    }
    assert!(message(&json!({"type": "zork"})).unwrap_err().starts_with("[xmpp] "));
}

#[test]
fn the_contracts_verbs_come_first() {
    let xmpp = SCHEMAS.platform(&"xmpp".into()).unwrap();
    let first = [
        "connect",
        "join",
        "leave",
        "send",
        "update",
        "request-friend",
        "remove-friend",
        "make-friend",
        "query",
        "disconnect",
    ];
    assert_eq!(xmpp.verbs()[..first.len()], first);
    assert!(xmpp.is_persistent() && xmpp.requires_credentials("connect") && !xmpp.requires_credentials("send"));
    let restored: Vec<_> = xmpp.manifest.restore.iter().map(|rule| (&*rule.verb, &*rule.undone_by[0])).collect();
    assert_eq!(restored, [("connect", "disconnect"), ("join", "leave")]);
}

/// What the contract shows (platforms.md 8.3, 8.5).
#[test]
fn pushes_of_the_contract_pass_and_others_do_not() {
    let xmpp = SCHEMAS.platform(&"xmpp".into()).unwrap();
    let push = |object: Value| json!({"type": "update", "actor": {"type": "room", "id": "deck@muc.x.example/lou"}, "object": object});
    for object in [
        json!({"type": "presence", "presence": "notauthorized", "content": "x"}),
        json!({"type": "attendance"}),
        json!({"type": "connect", "status": "reconnecting", "condition": "network"}),
        json!({"type": "room-info", "roomconfig": {"a": {"type": "list-single", "value": null, "options": [{"label": "a", "value": "b"}]}}}),
    ] {
        assert_eq!(xmpp.accepts_push(&push(object.clone())), Ok(()), "{object}");
    }
    for object in [
        json!({"type": "presence", "status": "x"}),
        json!({"type": "zork"}),
        json!({"type": "room-info", "features": "x"}),
    ] {
        assert!(xmpp.accepts_push(&push(object.clone())).is_err(), "{object}");
    }
    let service = json!({"type": "update", "actor": {"type": "service", "id": "x"}});
    assert!(xmpp.accepts_push(&service).is_err());
}
