use std::sync::LazyLock;

use proptest::prelude::{Just, Strategy, any, prop, prop_assert, prop_oneof, proptest};
use serde_json::{Value, json};

use crate::{Checked, Manifest, SchemaError, Schemas, Spelled, Violation, context};

fn schemas(legacy_context: bool) -> Schemas {
    Schemas::compile("0", Manifest::builtin(), legacy_context).unwrap()
}

fn contexts(platform: &str) -> Value {
    json!([context::AS2, context::SOCKETHUB, context::platform_url(platform, "1")])
}

fn echo(changes: &Value) -> Value {
    let mut activity = json!({
        "@context": contexts("dummy"), "type": "echo",
        "actor": {"id": "kim@dummy", "type": "person"}, "object": {"type": "message", "content": "hi"},
    });
    let members = activity.as_object_mut().unwrap();
    members.extend(changes.as_object().unwrap().clone());
    members.retain(|_, value| !value.is_null());
    activity
}

fn check(schemas: &Schemas, activity: &Value) -> Result<Checked, Violation> {
    schemas.message(Spelled::from_json(&activity.to_string(), true, &|_| None)?)
}

fn json_of(checked: &Checked) -> Value {
    serde_json::from_slice(checked.json()).unwrap()
}

#[test]
fn it_is_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Schemas>();
    shared::<Checked>();
}

// core 16, 17
#[test]
fn a_valid_message_is_what_was_sent() {
    let schemas = schemas(true);
    let mut reversed = contexts("dummy");
    reversed.as_array_mut().unwrap().reverse();
    let sent = echo(&json!({
        "@context": reversed, "id": "7", "published": "2024-05-01T08:00:00",
        "target": {"id": "mia@dummy", "type": "person", "name": "Mia"},
    }));
    let checked = check(&schemas, &sent).unwrap();
    assert_eq!(json_of(&checked), sent);
    assert_eq!((checked.platform().id().as_str(), checked.verb(), checked.actor_id()), ("dummy", "echo", "kim@dummy"));
    assert_eq!(checked.object(), Some(&sent["object"]));
}

// core 43, 44
#[test]
fn these_pass() {
    let schemas = schemas(true);
    let table = [
        json!({"actor": {"id": "", "type": "room", "colour": {"type": "red"}}}),
        json!({"actor": {"id": "urn:x:y", "type": "feed", "author": "Ana"}}),
        json!({"actor": {"id": "http://localhost/ü", "type": "website"}}),
        json!({"actor": {"id": "x", "type": "platform"}}),
        json!({"actor": {"id": "x", "type": "service"}, "target": {"type": "address"}}),
        json!({"target": {"id": "urn:c", "type": "calendar", "components": ["task", "event"], "z": 1}}),
        json!({"target": {"id": "urn:b", "type": "addressBook"}}),
        json!({"object": null}),
    ];
    for changes in table {
        let sent = echo(&changes);
        assert_eq!(check(&schemas, &sent).map(|checked| json_of(&checked)), Ok(sent));
    }
    let text = check(&schemas, &echo(&json!({"object": "hi"}))).unwrap();
    assert_eq!(text.object(), Some(&json!({"content": "hi"})));
}

#[test]
fn a_member_named_twice_is_passed_on_once() {
    let text = echo(&json!({})).to_string().replacen('{', r#"{"type":"hang","object":7,"#, 1);
    let checked = schemas(true).message(Spelled::from_json(&text, true, &|_| None).unwrap()).unwrap();
    assert_eq!(std::str::from_utf8(checked.json()).unwrap(), echo(&json!({})).to_string());
}

// core 46
#[test]
fn credentials_pass_whatever_they_are_where_no_schema_says_more() {
    let schemas = schemas(true);
    for platform in ["dummy", "metadata"] {
        let sent = echo(&json!({"@context": contexts(platform), "type": "credentials", "object": {"a": 1}}));
        let checked = schemas.credentials(Spelled::from_json(&sent.to_string(), true, &|_| None).unwrap()).unwrap();
        assert_eq!((checked.verb(), json_of(&checked)), ("credentials", sent));
    }
}

// core 48
#[test]
fn a_legacy_context_is_translated() {
    let schemas = schemas(true);
    let bare = echo(&json!({"@context": null, "context": "dummy"}));
    assert_eq!(json_of(&check(&schemas, &bare).unwrap()), echo(&json!({})));
    let beside = echo(&json!({"context": "dummy"}));
    assert_eq!(json_of(&check(&schemas, &beside).unwrap()), echo(&json!({})));

    let refused = |changes: &Value| check(&schemas, &echo(changes)).unwrap_err().to_string();
    let unknown = "[dummy] activity stream: must NOT have additional properties: context";
    assert_eq!(refused(&json!({"context": "feeds"})), unknown);
    assert_eq!(refused(&json!({"context": 7})), unknown);
    assert_eq!(
        refused(&json!({"@context": null, "context": "zork"})),
        "platform context URL not registered with this Sockethub instance. Unregistered platform @context value: \
         https://sockethub.org/ns/context/platform/zork/v1.jsonld"
    );
    assert_eq!(
        refused(&json!({"@context": null, "context": "error"})),
        "platform error resolved from @context is not enabled in this Sockethub instance."
    );
}

// core 48
#[test]
fn strict_schemas_refuse_a_legacy_context_however_it_was_read() {
    let schemas = schemas(false);
    let refused = |changes: &Value| check(&schemas, &echo(changes)).unwrap_err().to_string();
    let bare = json!({"@context": null, "context": "dummy"});
    assert_eq!(refused(&bare), "activity stream must contain an @context array.");
    assert_eq!(
        refused(&json!({"context": "dummy"})),
        "[dummy] activity stream: must NOT have additional properties: context"
    );
}

#[test]
fn a_legacy_context_finds_the_platforms_own_version() {
    let text =
        include_str!("../../platforms/dummy.json").replace("\"contextVersion\": \"1\"", "\"contextVersion\": \"3\"");
    let schemas = Schemas::compile("0", vec![Manifest::parse(&text).unwrap()], true).unwrap();
    let checked = check(&schemas, &echo(&json!({"@context": null, "context": "dummy"}))).unwrap();
    assert_eq!(json_of(&checked)["@context"][2], "https://sockethub.org/ns/context/platform/dummy/v3.jsonld");
}

// core 49
#[test]
fn a_registered_actor_is_valid_by_its_id() {
    let schemas = schemas(true);
    let known = |id: &str| (id == "kim").then(|| json!({"id": "kim", "type": "person"}));
    let spell = |actor: &str| Spelled::from_json(&echo(&json!({"actor": actor})).to_string(), true, &known).unwrap();
    assert_eq!(schemas.message(spell("kim")).unwrap().actor_id(), "kim");
    assert!(schemas.message(spell("lee")).is_err());
}

#[test]
fn platforms_stay_in_order_and_are_found_by_name() {
    let schemas = schemas(true);
    assert_eq!(
        schemas.platforms().map(|platform| platform.id().as_str()).collect::<Vec<_>>(),
        ["dummy", "feeds", "irc", "metadata", "xmpp"]
    );
    assert!(schemas.platform(&"feeds".into()).unwrap().has_responses());
    assert!(schemas.platform(&"zork".into()).is_none());
}

#[test]
fn documents_that_clash_or_do_not_compile_are_named() {
    let twice = Manifest::builtin().into_iter().chain(Manifest::builtin()).collect();
    assert!(matches!(Schemas::compile("0", twice, true), Err(SchemaError::Twice(id)) if id.as_str() == "dummy"));

    let responses = format!("\"responses\": {{\"enum\": {}{}}}, \"messages\"", "[".repeat(200), "]".repeat(200));
    let text = include_str!("../../platforms/dummy.json").replace("\"messages\"", &responses);
    let error = Schemas::compile("0", vec![Manifest::parse(&text).unwrap()], true).unwrap_err();
    assert!(matches!(error, SchemaError::Json { part: "responses", .. }));

    let text = include_str!("../../platforms/feeds.json").replace("\"#/definitions/post\"", "\"#/definitions/zork\"");
    let error = Schemas::compile("0", vec![Manifest::parse(&text).unwrap()], true).unwrap_err();
    assert!(matches!(&error, SchemaError::Rules { platform, part: "responses", .. } if platform.as_str() == "feeds"));
    assert!(error.to_string().starts_with("platform feeds: the responses schema does not compile: "), "{error}");
}

// metadata: the example of platforms.md 6.2, ours beside it, and what it must not become
#[test]
fn a_page_is_accepted() {
    let schemas = schemas(true);
    let metadata = schemas.platform(&"metadata".into()).unwrap();
    let page = json!({
        "id": "req-1", "@context": contexts("metadata"), "type": "fetch",
        "actor": {"id": "https://h.example/tides", "type": "website", "name": "Harbour"},
        "object": {
            "type": "page", "language": "en", "title": "Tide tables", "name": "Harbour",
            "description": "Today and tomorrow", "url": "https://h.example/tides", "favicon": "/favicon.ico",
            "charset": "utf-8", "author": "Ana Reyes", "media": {"type": "image/png", "width": 1200},
            "image": [{"url": "https://h.example/t.png", "type": "png", "width": "1200", "height": 630, "alt": "Chart"}],
            "video": {"url": "https://h.example/v.mp4", "thumbnail": "https://h.example/t.png", "duration": 12.5},
        }
    });
    assert_eq!(metadata.accepts_push(&page), Ok(()));
    for (pointer, member) in [("/actor", "x"), ("/object", "x"), ("/object/image/0", "x"), ("/object/video", "x")] {
        let mut changed = page.clone();
        changed.pointer_mut(pointer).unwrap()[member] = json!(1);
        let expected = format!("[metadata] {pointer}: must NOT have additional properties: {member}");
        assert_eq!(metadata.accepts_push(&changed).unwrap_err().to_string(), expected);
    }
}

#[test]
fn feeds_are_followed_one_by_one_or_as_a_list() {
    let schemas = schemas(true);
    let said = |kind: &str, object: &Value| {
        let changes = json!({"@context": contexts("feeds"), "type": kind, "object": object});
        check(&schemas, &echo(&changes)).map(drop).map_err(|violation| violation.to_string())
    };
    let feed = json!({"type": "feed", "id": "https://news.example/rss.xml"});
    let opml = json!({"type": "opml", "content": "<opml/>"});
    for (kind, object) in [
        (
            "follow",
            &json!({"type": "feed", "id": "https://news.example/", "since": "2026-01-01T00:00:00Z", "limit": 3}),
        ),
        ("follow", &opml),
        ("follow", &json!(null)),
        ("unfollow", &feed),
        ("fetch", &json!({"limit": 3})),
        ("fetch", &json!(null)),
    ] {
        assert_eq!(said(kind, object), Ok(()), "{kind} {object}");
    }
    for (kind, object, expected) in [
        ("follow", &json!({"type": "feed"}), "/object: must have required property 'id'"),
        ("follow", &json!({"type": "feed", "id": "u", "limit": 0}), "/object/limit: must be >= 1"),
        ("follow", &json!({"type": "opml"}), "/object: must have required property 'content'"),
        ("unfollow", &json!(null), "activity stream: must have required property 'object'"),
        ("unfollow", &opml, "/object/type: must be equal to constant"),
        ("fetch", &feed, "/object: must NOT have additional properties: type"),
    ] {
        let refused = said(kind, object).unwrap_err();
        assert!(refused.starts_with(&format!("[feeds] {expected}")), "{kind} {object}: {refused}");
    }
}

#[test]
fn an_actor_of_feeds_is_named_by_a_token() {
    let schemas = schemas(true);
    let shown = |object: &Value| {
        let changes = json!({"@context": contexts("feeds"), "type": "credentials", "object": object});
        let spelled = Spelled::from_json(&echo(&changes).to_string(), true, &|_| None).unwrap();
        schemas.credentials(spelled).map(drop).map_err(|violation| violation.to_string())
    };
    assert_eq!(shown(&json!({"type": "credentials", "token": "0123456789abcdef"})), Ok(()));
    for object in [json!({"type": "credentials"}), json!({"type": "credentials", "token": "0123456789abcde"})] {
        assert!(shown(&object).is_err(), "{object}");
    }
}

#[test]
fn news_of_a_feed_and_lists_of_feeds_are_accepted() {
    let schemas = schemas(true);
    let feeds = schemas.platform(&"feeds".into()).unwrap();
    let news = json!({
        "@context": contexts("feeds"), "type": "update",
        "actor": {"id": "https://news.example/", "type": "feed", "name": "News", "link": "https://news.example/"},
        "object": {"type": "note", "title": "", "id": "1", "content": "", "contentType": "text", "url": "u", "datenum": 0},
    });
    assert_eq!(feeds.accepts_push(&news), Ok(()));
    let list = json!({
        "@context": contexts("feeds"), "id": null, "type": "collection", "summary": "Mine", "totalItems": 1,
        "items": [{"type": "feed", "id": "https://news.example/", "name": "News", "tags": ["sea"]}],
        "skipped": [{"name": "Old", "url": "gopher://old.example/", "reason": "unsupported scheme"}],
    });
    assert_eq!(feeds.accepts_push(&list), Ok(()));
    let mut changed = list;
    changed["items"][0]["zork"] = json!(1);
    let expected = "[feeds] /items/0: must NOT have additional properties: zork";
    assert_eq!(feeds.accepts_push(&changed).unwrap_err().to_string(), expected);
}

// feeds: the example of platforms.md 5.2, and what it must not become
#[test]
fn a_feeds_collection_is_accepted() {
    let schemas = schemas(true);
    let feeds = schemas.platform(&"feeds".into()).unwrap();
    let collection = json!({
        "id": "req-1", "@context": contexts("feeds"), "type": "collection", "summary": "Harbour News", "totalItems": 1,
        "items": [{
            "@context": contexts("feeds"), "id": "req-1", "type": "post",
            "actor": {"id": "https://news.example/rss.xml", "type": "feed", "name": "Harbour News",
                "link": "https://news.example/", "description": "Ships", "image": "https://news.example/logo.png",
                "categories": ["sea", "tides"], "language": "en", "author": "Ana Reyes"},
            "object": {"type": "note", "title": "High tide", "id": "https://news.example/a/1", "brief": "Short",
                "content": "<p>Water is high.</p>", "contentType": "html", "url": "https://news.example/a/1",
                "published": "2024-05-01T08:00:00.000Z", "datenum": 1_714_550_400_000_u64,
                "attachments": [{"type": "audio", "url": "https://news.example/1.mp3", "mediaType": "audio/mpeg",
                    "length": 12, "duration": 60}, {"type": "document", "url": "https://news.example/1"}],
                "authors": [{"name": "Ana Reyes"}], "tags": ["tide"], "sanitized": "<p>Water is high.</p>"},
        }],
        "feeds": [{"url": "https://news.example/rss.xml", "title": "News", "mediaType": "application/rss+xml"}],
    });
    assert_eq!(feeds.accepts_push(&collection), Ok(()));
    let refused = [
        (
            "/items/0/object/contentType",
            json!("pdf"),
            "/items/0/object/contentType: must be equal to one of the allowed values",
        ),
        ("/items/0/object/attachments/1/url", json!(7), "/items/0/object/attachments/1/url: must be string"),
        (
            "/items/0/object/authors/0",
            json!({"nick": "ana"}),
            "/items/0/object/authors/0: must NOT have additional properties: nick",
        ),
        ("/items/0/actor/type", json!("person"), "/items/0/actor/type: must be equal to constant"),
        ("/id", json!(7), "/id: must be null,string"),
    ];
    for (pointer, value, expected) in refused {
        let mut changed = collection.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        assert_eq!(feeds.accepts_push(&changed).unwrap_err().to_string(), format!("[feeds] {expected}"));
    }
}

// core 13: the rest of it, with AJV itself, is an end-to-end test
#[test]
fn published_schemas_use_nothing_that_ajv_would_refuse() {
    const KEYWORDS: &[&str] = &[
        "type",
        "const",
        "enum",
        "required",
        "properties",
        "additionalProperties",
        "definitions",
        "$ref",
        "items",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "format",
        "not",
        "allOf",
        "anyOf",
        "oneOf",
        "contains",
        "if",
        "then",
        "else",
        "title",
    ];
    fn walk(schema: &Value) {
        let Some(members) = schema.as_object() else { return };
        for (keyword, value) in members {
            assert!(KEYWORDS.contains(&keyword.as_str()), "{keyword}");
            match keyword.as_str() {
                "properties" | "definitions" => value.as_object().unwrap().values().for_each(walk),
                "allOf" | "anyOf" | "oneOf" => value.as_array().unwrap().iter().for_each(walk),
                "items" | "contains" | "additionalProperties" | "not" | "if" | "then" | "else" => walk(value),
                "format" => assert!(["iri", "date-time"].contains(&value.as_str().unwrap())),
                _ => {}
            }
        }
    }
    walk(&serde_json::from_str(include_str!("../../envelope.json")).unwrap());
    for manifest in Manifest::builtin() {
        let schemas = [Some(manifest.messages), manifest.credentials, manifest.responses];
        schemas.into_iter().flatten().for_each(|schema| walk(&serde_json::from_str(schema.get()).unwrap()));
    }
}

static SCHEMAS: LazyLock<Schemas> = LazyLock::new(|| schemas(true));

/// JSON that is near enough to an activity to get past the first steps now and then.
fn nearly() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        Just("person"),
        Just("feed"),
        Just("platform"),
        Just("calendar"),
        Just("echo"),
        Just("credentials"),
        Just("dummy"),
        Just("urn:x"),
        Just(context::AS2),
        Just("2024-05-01T08:00:00"),
        Just(""),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        word.prop_map(Value::from),
        ".*".prop_map(Value::from),
        Just(contexts("dummy")),
    ];
    let key = prop_oneof![
        Just("@context"),
        Just("id"),
        Just("type"),
        Just("actor"),
        Just("target"),
        Just("object"),
        Just("published"),
        Just("context"),
        Just("name"),
        Just("components"),
        Just("sessionSecret"),
    ];
    leaf.prop_recursive(4, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..8).prop_map(|members| Value::Object(
                members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
            )),
        ]
    })
}

/// Runs the whole pipeline on `text`; whatever it says has words.
fn survives(schemas: &Schemas, text: &str) -> bool {
    let known = |id: &str| (id == "kim").then(|| json!({"id": "kim", "type": "person"}));
    let spell = || Spelled::from_json(text, true, &known);
    let fine = |result: Result<Checked, Violation>| match result {
        Ok(checked) => json_of(&checked).is_object() && !checked.verb().is_empty(),
        Err(violation) => {
            let answer = crate::answer::rejected(text, &violation);
            !violation.to_string().is_empty() && serde_json::from_str::<serde::de::IgnoredAny>(answer.get()).is_ok()
        }
    };
    fine(spell().and_then(|spelled| schemas.message(spelled)))
        && fine(spell().and_then(|spelled| schemas.credentials(spelled)))
}

proptest! {
    #[test]
    fn any_text_is_accepted_or_refused_in_words(text in ".*") {
        prop_assert!(survives(&SCHEMAS, &text));
    }

    #[test]
    fn any_activity_is_accepted_or_refused_in_words(changes in nearly()) {
        prop_assert!(survives(&SCHEMAS, &changes.to_string()));
        if changes.is_object() {
            prop_assert!(survives(&SCHEMAS, &echo(&changes).to_string()));
        }
    }
}

#[test]
fn a_hostile_crowd_of_errors_is_answered_like_one() {
    let schemas = schemas(true);
    let told = |components: Vec<&str>| {
        let target = json!({"id": "https://a.example/", "type": "calendar", "components": components});
        check(&schemas, &echo(&json!({"target": target}))).unwrap_err().to_string()
    };
    assert_eq!(told(vec!["x"; 60_000]), told(vec!["x"]));
    let beyond = [vec!["event"; 30_000], vec!["x"; 30_000]].concat();
    assert_eq!(told(beyond), "[dummy] activity stream: must match its schema");
}
