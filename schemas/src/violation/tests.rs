//! Every row of core.md 2.5 that a gateway can say; the rows of the client's side are not ours.

use serde_json::{Value, json};

use crate::{Manifest, Schemas, Spelled, Stage};

const AS2: &str = "https://www.w3.org/ns/activitystreams";
const BASE: &str = "https://sockethub.org/ns/context/v1.jsonld";
const DUMMY: &str = "https://sockethub.org/ns/context/platform/dummy/v1.jsonld";
const FEEDS: &str = "https://sockethub.org/ns/context/platform/feeds/v1.jsonld";
const ERROR: &str = "https://sockethub.org/ns/context/platform/error/v1.jsonld";
const INTERNAL: &str = "https://sockethub.org/ns/context/platform/sockethub:internal/v1.jsonld";
const CHAT: &str = "https://sockethub.org/ns/context/platform/chat/v1.jsonld";
const BARE: &str = "https://sockethub.org/ns/context/platform/bare/v1.jsonld";

/// A platform with credentials, and one that names no verbs.
fn schemas() -> Schemas {
    let chat = json!({
        "id": "chat", "version": "1", "contextVersion": "1", "schemaVersion": "1", "persist": true,
        "requireCredentials": ["connect"],
        "credentials": {
            "required": ["object"],
            "properties": {"object": {
                "type": "object", "required": ["type", "nick"], "additionalProperties": false,
                "properties": {
                    "type": {"const": "credentials"}, "nick": {"type": "string", "pattern": "^[a-z]+$"},
                    "port": {"type": "integer", "minimum": 1}, "password": {"type": "string", "maxLength": 4},
                    "auth": {"enum": ["plain", "sasl"]},
                },
            }},
        },
        "messages": {
            "required": ["type", "target"],
            "properties": {"type": {"enum": ["connect", "send"]}},
        },
    });
    let bare = json!({
        "id": "bare", "version": "1", "contextVersion": "1", "schemaVersion": "1", "persist": false,
        "requireCredentials": [], "messages": {},
    });
    let own = [chat, bare].map(|document| Manifest::parse(&document.to_string()).unwrap());
    let manifests = Manifest::builtin().into_iter().chain(own).collect();
    Schemas::compile("0", manifests, true).unwrap()
}

/// A valid echo with `changes` made; `null` takes a member away.
fn echo(changes: &Value) -> Value {
    let mut activity = json!({
        "@context": [AS2, BASE, DUMMY], "type": "echo",
        "actor": {"id": "kim@dummy", "type": "person"}, "object": {"type": "message", "content": "hi"},
    });
    let members = activity.as_object_mut().unwrap();
    members.extend(changes.as_object().unwrap().clone());
    members.retain(|_, value| !value.is_null());
    activity
}

fn credentials(object: &Value) -> Value {
    json!({
        "@context": [AS2, BASE, CHAT], "type": "credentials",
        "actor": {"id": "kim@chat", "type": "person"}, "object": object,
    })
}

fn spell(activity: &Value) -> Spelled {
    Spelled::from_json(&activity.to_string(), true, &|_| None).unwrap()
}

#[track_caller]
fn refused(schemas: &Schemas, activity: &Value) -> (String, Stage) {
    let violation = schemas.message(spell(activity)).expect_err(&activity.to_string());
    (violation.to_string(), violation.stage())
}

fn context(urls: &[&str]) -> Value {
    echo(&json!({"@context": urls}))
}

// core 31 to 34
#[test]
fn a_context_that_leads_nowhere() {
    const LEAD: &str = "platform context URL not registered with this Sockethub instance.";
    let schemas = schemas();
    let table = [
        (&[AS2, BASE][..], format!("{LEAD} No platform @context values were provided.")),
        (&[], format!("{LEAD} No platform @context values were provided.")),
        (
            &[AS2, BASE, "https://x.example/c"],
            format!("{LEAD} Unregistered platform @context value: https://x.example/c"),
        ),
        (
            &[AS2, BASE, DUMMY, FEEDS],
            format!("{LEAD} Multiple platform @context values were provided: {DUMMY}, {FEEDS}."),
        ),
        (&[DUMMY, DUMMY, AS2], format!("{LEAD} Multiple platform @context values were provided: {DUMMY}, {DUMMY}.")),
        (&["urn:a", "urn:b"], format!("{LEAD} Multiple platform @context values were provided: urn:a, urn:b.")),
        (
            &[AS2, BASE, ERROR],
            "platform error resolved from @context is not enabled in this Sockethub instance.".into(),
        ),
        (
            &[AS2, BASE, INTERNAL],
            "platform sockethub:internal resolved from @context is not enabled in this Sockethub instance.".into(),
        ),
    ];
    for (urls, expected) in table {
        assert_eq!(refused(&schemas, &context(urls)), (expected, Stage::Context));
    }
}

// core 35 to 43, 45
#[test]
fn an_envelope_that_is_not_right() {
    let schemas = schemas();
    let actors = "must match exactly one schema in oneOf: person, room, service, feed, website";
    let targets =
        "must match exactly one schema in oneOf: person, room, service, feed, website, address, calendar, addressBook";
    let calendar = json!({"id": "urn:c", "type": "calendar", "components": ["event", "zork"]});
    let table = [
        (context(&[AS2, DUMMY]), "/@context: must NOT have fewer than 3 items".to_owned()),
        (context(&[AS2, BASE, DUMMY, "urn:x"]), "/@context: must NOT have more than 3 items".to_owned()),
        (context(&[AS2, "urn:x", DUMMY]), "/@context: must contain at least 1 valid item(s)".to_owned()),
        (context(&["urn:x", BASE, DUMMY]), "/@context: must contain at least 1 valid item(s)".to_owned()),
        (echo(&json!({"foo": 1})), "activity stream: must NOT have additional properties: foo".to_owned()),
        (echo(&json!({"error": "x"})), "activity stream: must NOT have additional properties: error".to_owned()),
        // core 37
        (
            echo(&json!({"sessionSecret": "x"})),
            "activity stream: must NOT have additional properties: sessionSecret".to_owned(),
        ),
        (echo(&json!({"id": 7})), "/id: must be string".to_owned()),
        // core 39
        (echo(&json!({"actor": "a@d"})), format!("/actor: {actors}")),
        (echo(&json!({"actor": {}})), format!("/actor: {actors}")),
        (echo(&json!({"actor": {"id": "x"}})), format!("/actor: {actors}")),
        (echo(&json!({"actor": {"id": "x", "type": "zork"}})), format!("/actor: {actors}")),
        (echo(&json!({"actor": {"id": "urn:x", "type": "calendar"}})), format!("/actor: {actors}")),
        (echo(&json!({"actor": 7})), format!("/actor: {actors}")),
        (echo(&json!({"actor": ["x"]})), format!("/actor: {actors}")),
        // core 40, 41
        (echo(&json!({"actor": {"type": "person"}})), "/actor: must have required property 'id'".to_owned()),
        (echo(&json!({"actor": {"id": 7, "type": "room"}})), "/actor/id: must be string".to_owned()),
        (echo(&json!({"actor": {"id": "x", "type": "room", "name": 7}})), "/actor/name: must be string".to_owned()),
        (echo(&json!({"actor": {"id": "not iri", "type": "feed"}})), "/actor/id: must match format \"iri\"".to_owned()),
        // core 42
        (echo(&json!({"target": {"id": "x", "type": "zork"}})), format!("/target: {targets}")),
        (echo(&json!({"target": 7})), format!("/target: {targets}")),
        // core 43
        (
            echo(&json!({"target": {"id": "urn:b", "type": "addressBook", "name": "x"}})),
            "/target: must NOT have additional properties: name".to_owned(),
        ),
        (
            echo(&json!({"target": {"id": "x", "type": "address"}})),
            "/target: must NOT have additional properties: id".to_owned(),
        ),
        (
            echo(&json!({"target": calendar})),
            "/target/components/1: must be equal to one of the allowed values: event, task".to_owned(),
        ),
        (echo(&json!({"object": 7})), "/object: must be object".to_owned()),
        (echo(&json!({"object": ["x"]})), "/object: must be object".to_owned()),
        // core 45
        (echo(&json!({"published": "nope"})), "/published: must match format \"date-time\"".to_owned()),
        (echo(&json!({"published": 7})), "/published: must be string".to_owned()),
    ];
    for (activity, expected) in table {
        assert_eq!(refused(&schemas, &activity), (format!("[dummy] {expected}"), Stage::Envelope), "{activity}");
    }
}

#[test]
fn among_several_errors_one_is_chosen() {
    let schemas = schemas();
    let table = [
        // Typed beats untyped, wherever it stands.
        (
            json!({"foo": 1, "actor": {"type": "person"}, "published": "nope"}),
            "/actor: must have required property 'id'",
        ),
        // Deeper beats shallower.
        (
            json!({"actor": {"type": "person"}, "target": {"id": "x", "type": "feed"}}),
            "/target/id: must match format \"iri\"",
        ),
        // The first among equals.
        (
            json!({"actor": {"id": "x", "type": "feed"}, "target": {"id": "x", "type": "website", "name": 1}}),
            "/actor/id: must match format \"iri\"",
        ),
        // The last of the untyped, in schema order.
        (
            json!({"foo": 1, "target": 7}),
            "/target: must match exactly one schema in oneOf: person, room, service, feed, website, address, calendar, addressBook",
        ),
        (json!({"foo": 1, "actor": 7, "object": 7}), "/object: must be object"),
        (json!({"foo": 1, "bar": 2, "id": 7}), "/id: must be string"),
        // Any true one of very many.
        (
            json!({"target": {"id": "urn:c", "type": "calendar", "components": vec![0; 5000]}}),
            "/target/components/0: must be equal to one of the allowed values: event, task",
        ),
    ];
    for (changes, expected) in table {
        assert_eq!(refused(&schemas, &echo(&changes)).0, format!("[dummy] {expected}"));
    }
}

// core 38
#[test]
fn a_verb_that_is_not_the_platforms() {
    let schemas = schemas();
    for verb in ["frob", "credentials", ""] {
        let (text, stage) = refused(&schemas, &echo(&json!({"type": verb})));
        assert_eq!(text, "[dummy] /type: must be equal to one of the allowed values");
        assert_eq!(stage, Stage::Platform);
    }
    let expected = "platform type echo not supported by bare platform. (types: )";
    assert_eq!(refused(&schemas, &context(&[AS2, BASE, BARE])), (expected.to_owned(), Stage::Type));
}

#[test]
fn a_message_that_the_platform_does_not_take() {
    let schemas = schemas();
    let fetch = |object: Value| {
        echo(&json!({"@context": [AS2, BASE, FEEDS], "type": "fetch", "object": object,
            "actor": {"id": "https://news.example/rss.xml", "type": "feed"}}))
    };
    let table = [
        (
            echo(&json!({"@context": [AS2, BASE, CHAT], "type": "send"})),
            "[chat] activity stream: must have required property 'target'",
        ),
        (fetch(json!({"limit": 0})), "[feeds] /object/limit: must be >= 1"),
        (fetch(json!({"limit": 1.5})), "[feeds] /object/limit: must be integer"),
        (fetch(json!({"since": "2024-05-01"})), "[feeds] /object/since: must match format \"date-time\""),
        (fetch(json!({"z": 1})), "[feeds] /object: must NOT have additional properties: z"),
        (fetch(json!("x")), "[feeds] /object: must NOT have additional properties: content"),
    ];
    for (activity, expected) in table {
        assert_eq!(refused(&schemas, &activity), (expected.to_owned(), Stage::Platform));
    }
}

// core 46, 47
#[test]
fn credentials_that_are_not_right() {
    let schemas = schemas();
    let refused = |activity: &Value| {
        let violation = schemas.credentials(spell(activity)).expect_err(&activity.to_string());
        (violation.to_string(), violation.stage())
    };
    let table = [
        (json!({"type": "credentials"}), "/object: must have required property 'nick'"),
        (json!({"type": "credentials", "nick": "kim", "z": 1}), "/object: must NOT have additional properties: z"),
        (json!({"type": "credentials", "nick": "kim", "port": 0}), "/object/port: must be >= 1"),
        (json!({"type": "credentials", "nick": "kim", "port": "s3cret"}), "/object/port: must be integer"),
        (json!({"type": "x", "nick": "kim"}), "/object/type: must be equal to constant"),
    ];
    for (object, expected) in table {
        assert_eq!(refused(&credentials(&object)), (format!("[chat] {expected}"), Stage::Platform));
    }
    let none = credentials(&Value::Null);
    assert_eq!(refused(&none), ("[chat] /object: must be object".to_owned(), Stage::Envelope));
    assert_eq!(
        refused(&echo(&json!({"type": "send"}))),
        ("credential activity streams must have credentials set as type".to_owned(), Stage::Type)
    );
}

#[test]
fn no_text_quotes_a_secret() {
    let schemas = schemas();
    let objects = [
        json!({"type": "credentials", "nick": "S3CRET"}),
        json!({"type": "credentials", "nick": "kim", "password": "S3CRET"}),
        json!({"type": "credentials", "nick": "kim", "password": ["S3CRET"]}),
        json!({"type": "credentials", "nick": "kim", "auth": "S3CRET"}),
        json!({"type": "S3CRET", "nick": "kim"}),
        json!({"type": "credentials", "password": "S3CRET"}),
        json!("S3CRET"),
        json!(["S3CRET"]),
    ];
    for object in objects {
        let violation = schemas.credentials(spell(&credentials(&object))).expect_err(&object.to_string());
        assert!(!violation.to_string().contains("S3CRET"), "{violation}");
        assert!(!format!("{violation:?}").contains("S3CRET"), "{violation:?}");
    }
}

#[test]
fn stages_have_names() {
    let stages = [Stage::Shape, Stage::Context, Stage::Envelope, Stage::Platform, Stage::Type].map(Stage::as_str);
    assert_eq!(stages, ["shape", "context", "envelope", "platform", "type"]);
}
