use std::sync::Arc;

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{AnswerError, PushError};
use crate::{Checked, Manifest, Platform, Schemas, Spelled, Stage, answer};

const CONTEXT: &str = r#"["https://www.w3.org/ns/activitystreams","https://sockethub.org/ns/context/v1.jsonld","https://sockethub.org/ns/context/platform/dummy/v1.jsonld"]"#;

fn platform(id: &str) -> Arc<Platform> {
    Schemas::compile("0", Manifest::builtin(), true).unwrap().platform(&id.into()).unwrap().clone()
}

fn value(raw: &RawValue) -> Value {
    assert!(!raw.get().contains(['\n', '\r']), "{raw}");
    serde_json::from_str(raw.get()).unwrap()
}

fn context() -> Value {
    serde_json::from_str(CONTEXT).unwrap()
}

// core 36, 37, 39
#[test]
fn what_is_refused_comes_back_as_it_was_sent() {
    let table = [
        (r#"{"actor":"a@d","foo":1,"context":"x"}"#, r#"{"actor":"a@d","context":"x","error":"no","foo":1}"#),
        (r#"{"sessionSecret":"x","\u0073essionSecret":"y","a":1.50}"#, r#"{"a":1.50,"error":"no"}"#),
        (r#"{"error":"mine","a":"\ud800"}"#, r#"{"a":"\ud800","error":"no"}"#),
        ("{\n \"a\" : [ 1,\r\n 2 ] }", r#"{"a":[1,2],"error":"no"}"#),
    ];
    for (sent, expected) in table {
        assert_eq!(answer::rejected(sent, &"no").get(), expected);
    }
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(1000), "]".repeat(1000));
    assert_eq!(answer::rejected(&deep, &"no").get().len(), deep.len() + r#","error":"no""#.len());
}

// core 26, 27
#[test]
fn what_is_no_object_comes_back_as_an_error_alone() {
    for sent in ["null", "\"hi\"", "[1]", "7", "", "{", "{\"a\":1} {"] {
        assert_eq!(answer::rejected(sent, &"n\"o").get(), r#"{"error":"n\"o"}"#);
    }
}

// core 16, 23
#[test]
fn a_result_gets_the_canonical_context_and_loses_what_is_internal() {
    let result = br#"{"type":"echo","sessionSecret":"x","context":"dummy","@context":["z"],"object":{"content":"\u00e9", "n":1e2}}"#;
    let sent = answer::completed(result, &platform("dummy")).unwrap();
    assert_eq!(
        sent.get(),
        format!(r#"{{"@context":{CONTEXT},"object":{{"content":"\u00e9", "n":1e2}},"type":"echo"}}"#)
    );
}

#[test]
fn a_worker_that_writes_no_object_is_not_believed() {
    let dummy = platform("dummy");
    for result in [&b"[]"[..], b"null", b"{", b"", b"{\"a\":\x01}"] {
        assert!(matches!(answer::completed(result, &dummy), Err(AnswerError::Object(_))));
        assert!(matches!(answer::push(result, &dummy, None), Err(PushError::Answer(AnswerError::Object(_)))));
    }
    assert!(matches!(answer::completed(b"{\"a\":\"\xff\"}", &dummy), Err(AnswerError::Text(_))));
}

// core 18
#[test]
fn a_failure_is_the_request_with_an_error() {
    let dummy = platform("dummy");
    let activity = br#"{"@context":["z"],"type":"fail","sessionSecret":"x"}"#;
    let stamped = answer::failed(activity, Some(&dummy), "Error: x");
    assert_eq!(value(&stamped), json!({"@context": context(), "type": "fail", "error": "Error: x"}));
    let kept = answer::failed(activity, None, "queue closed");
    assert_eq!(value(&kept), json!({"@context": ["z"], "type": "fail", "error": "queue closed"}));
    assert_eq!(value(&answer::failed(b"\xff", None, "x")), json!({"error": "x"}));
}

// core 24
#[test]
fn stored_credentials_are_not_repeated() {
    let text = format!(
        r#"{{"@context":{CONTEXT},"type":"credentials","id":"1","actor":{{"id":"kim","type":"person","name":"Kim"}},"object":{{"type":"credentials","password":"S3CRET"}}}}"#
    );
    let schemas = Schemas::compile("0", Manifest::builtin(), true).unwrap();
    let checked: Checked = schemas.credentials(Spelled::from_json(&text, true, &|_| None).unwrap()).unwrap();
    let expected = json!({
        "@context": context(), "type": "credentials",
        "actor": {"id": "kim", "type": "person", "name": "Kim"}, "object": {"type": "credentials"},
    });
    assert_eq!(value(&answer::credentials_stored(&checked)), expected);
    assert!(!format!("{checked:?}").contains("S3CRET"));
}

#[test]
fn a_platform_that_ends_is_an_error_of_its_actor() {
    let dummy = platform("dummy");
    let expected = |id: &str| json!({"@context": context(), "type": "error", "actor": {"id": id, "type": "service"}, "error": "TypeError: x"});
    assert_eq!(value(&answer::platform_error(&dummy, Some("kim"), "TypeError: x")), expected("kim"));
    assert_eq!(value(&answer::platform_error(&dummy, None, "TypeError: x")), expected("dummy"));
}

// core 52, 56
#[test]
fn a_notice_has_a_summary() {
    let expected = json!({
        "type": "Error",
        "@context": [
            "https://www.w3.org/ns/activitystreams", "https://sockethub.org/ns/context/v1.jsonld",
            "https://sockethub.org/ns/context/platform/error/v1.jsonld",
        ],
        "actor": {"type": "Application", "name": "sockethub-server"},
        "summary": "rate limit exceeded, temporarily blocked",
    });
    assert_eq!(value(&answer::notice("rate limit exceeded, temporarily blocked")), expected);
}

// core 51
#[test]
fn an_error_without_an_actor_is_given_one() {
    let dummy = platform("dummy");
    let pushed = |text: &str, actor| value(&answer::push(text.as_bytes(), &dummy, actor).unwrap())["actor"].clone();
    let bare = r#"{"type":"error","error":"x"}"#;
    assert_eq!(pushed(bare, Some("kim")), json!({"id": "kim", "type": "service"}));
    assert_eq!(pushed(bare, None), json!({"id": "dummy", "type": "service"}));
    assert_eq!(pushed(r#"{"type":"error","actor":{"id":"lee"}}"#, Some("kim")), json!({"id": "lee"}));
    assert_eq!(pushed(r#"{"type":"message"}"#, Some("kim")), Value::Null);
}

// core 50
#[test]
fn a_push_against_the_schema_reaches_nobody() {
    let feeds = platform("feeds");
    let good = br#"{"type":"collection","totalItems":0,"items":[],"context":"feeds"}"#;
    let sent = value(&answer::push(good, &feeds, None).unwrap());
    assert_eq!(sent["@context"][2], "https://sockethub.org/ns/context/platform/feeds/v1.jsonld");
    assert_eq!(sent.get("context"), None);

    let Err(PushError::Violation(violation)) = answer::push(br#"{"type":"collection","items":[]}"#, &feeds, None)
    else {
        panic!("accepted");
    };
    assert_eq!(violation.to_string(), "[feeds] activity stream: must have required property 'totalItems'");
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(200), "]".repeat(200));
    assert!(matches!(answer::push(deep.as_bytes(), &feeds, None), Err(PushError::Unreadable(_))));
    assert!(answer::push(br#"{"type":"error","error":"x"}"#, &feeds, None).is_ok());
}

// core 49
#[test]
fn an_activity_object_has_an_id_and_a_type() {
    let (id, object) = answer::activity_object(r#"{"id":"kim","type":"person","name":"Kim"}"#).unwrap();
    assert_eq!((id.as_str(), object), ("kim", json!({"id": "kim", "type": "person", "name": "Kim"})));
    let table = [
        (r#"{"type":"person"}"#, "activity object must contain an id property."),
        (r#"{"id":7,"type":"person"}"#, "activity object must contain an id property."),
        (r#"{"id":"kim"}"#, "activity object must contain a type property."),
        ("[]", "message received is not an object."),
    ];
    for (text, expected) in table {
        let violation = answer::activity_object(text).unwrap_err();
        assert_eq!((violation.to_string().as_str(), violation.stage()), (expected, Stage::Shape));
    }
}
