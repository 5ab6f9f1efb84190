//! What the platform's document lets pass, and how a client reads what it does not.

use std::sync::LazyLock;

use footbridge_schemas::{Manifest, Schemas, Spelled, context};
use serde_json::{Value, json};

static SCHEMAS: LazyLock<Schemas> =
    LazyLock::new(|| Schemas::compile("0", Manifest::builtin(), false).expect("the built-in schemas compile"));

/// `base` with the members of `changes`.
fn with(mut base: Value, changes: &Value) -> Value {
    let members = base.as_object_mut().expect("an object");
    members.extend(changes.as_object().expect("an object").clone());
    base
}

fn spelled(changes: &Value) -> Spelled {
    let contexts = [context::AS2, context::SOCKETHUB, &context::platform_url("irc", "1")];
    let activity = json!({"@context": contexts, "actor": {"id": "kai@irc.example", "type": "person"}});
    Spelled::from_json(&with(activity, changes).to_string(), false, &|_| None).expect("it has the right shape")
}

fn credentials(changes: &Value) -> Result<(), String> {
    let object = with(json!({"type": "credentials", "nick": "kai", "server": "irc.example"}), changes);
    let checked = SCHEMAS.credentials(spelled(&json!({"type": "credentials", "object": object})));
    checked.map(drop).map_err(|violation| violation.to_string())
}

fn message(changes: &Value) -> Result<(), String> {
    SCHEMAS.message(spelled(changes)).map(drop).map_err(|violation| violation.to_string())
}

#[test]
fn credentials_of_every_kind_pass() {
    for changes in [
        json!({}),
        json!({"port": 6697, "secure": true, "username": "k", "password": "p", "saslMechanism": "PLAIN"}),
        json!({"token": "t", "saslMechanism": "PLAIN"}),
        json!({"token": "t", "saslMechanism": "OAUTHBEARER", "sasl": true, "allowInvalidCert": false}),
        json!({"password": "p", "saslMechanism": "SCRAM-SHA-256"}),
        json!({"clientCertificate": "c", "clientKey": "k", "saslMechanism": "EXTERNAL"}),
        json!({"serverPassword": "s", "alternativeNicks": ["kai_"], "nickServ": true, "ircv3": false, "reconnect": true}),
        json!({"extensions": ["account", "typing", "ids"]}),
    ] {
        assert_eq!(credentials(&changes), Ok(()), "{changes}");
    }
}

// irc 7
#[test]
fn credentials_that_contradict_themselves_are_refused() {
    let table = [
        (json!({"password": "p", "token": "t"}), "/object: must NOT be valid"),
        (
            json!({"saslMechanism": "ZORK", "password": "p"}),
            "/object/saslMechanism: must be equal to one of the allowed values",
        ),
        (json!({"saslMechanism": "OAUTHBEARER", "password": "p"}), "/object"),
        (json!({"saslMechanism": "PLAIN"}), "/object"),
        (json!({"saslMechanism": "SCRAM-SHA-256", "token": "t"}), "/object"),
        (json!({"saslMechanism": "EXTERNAL"}), "/object"),
        (json!({"password": ""}), "must NOT have fewer than 1 characters"),
        (json!({"port": "6697"}), "/object/port: must be number"),
        (json!({"host": "irc.example"}), "/object: must NOT have additional properties: host"),
        (json!({"allowInvalidCert": "yes"}), "must be boolean"),
        (json!({"extensions": ["zork"]}), "/object/extensions/0: must be equal to one of the allowed values"),
    ];
    for (changes, want) in table {
        let refused = credentials(&changes).unwrap_err();
        assert!(refused.starts_with("[irc] ") && refused.contains(want), "{changes}: {refused}");
    }
}

#[test]
fn objects_have_the_shapes_that_are_listed_and_no_other() {
    let room = json!({"type": "room", "id": "#deck", "name": "#deck"});
    let send = |object: Value| json!({"type": "send", "target": room, "object": object});
    assert_eq!(message(&send(json!({"type": "message", "content": "ahoy"}))), Ok(()));
    for object in [
        json!({"type": "me", "content": "waves"}),
        json!({"type": "notice", "content": "hush"}),
        json!({"type": "message", "content": "x", "colour": "red"}),
        json!({"type": "message", "content": 7}),
        json!({"type": "topic"}),
        json!({"type": "typing", "state": "zork"}),
    ] {
        let refused = message(&send(object.clone())).unwrap_err();
        assert!(refused.starts_with("[irc] /object"), "{object}: {refused}");
    }
    assert!(message(&json!({"type": "zork"})).unwrap_err().starts_with("[irc] "));
}

#[test]
fn the_contracts_verbs_come_first() {
    let irc = SCHEMAS.platform(&"irc".into()).unwrap();
    let first = ["connect", "update", "join", "leave", "send", "query", "announce", "disconnect"];
    assert_eq!(irc.verbs()[..first.len()], first);
    assert!(irc.is_persistent() && irc.requires_credentials("connect") && irc.requires_credentials("update"));
    assert!(!irc.requires_credentials("send"));
    let restored: Vec<_> = irc.manifest.restore.iter().map(|rule| (&*rule.verb, &*rule.undone_by[0])).collect();
    assert_eq!(restored, [("connect", "disconnect"), ("join", "leave")]);
}
