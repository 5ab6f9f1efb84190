//! The guides to feeds and to following them show nothing that is not so: its requests and answers are held against the schemas, and each feed in it
//! against what is said to become of it.

use footbridge_feeds::{Request, read};
use footbridge_schemas::{Manifest, Schemas, Spelled, context};
use footbridge_testkit::guide::Guide;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::LazyLock;

const URL: &str = "https://news.example/rss.xml";
const TEXT: &str = include_str!("../../../docs/guides/feeds.md");
const FOLLOWING: &str = include_str!("../../../docs/guides/following.md");
const SCHEMA: &str = include_str!("../../../schemas/platforms/feeds.json");
static GUIDE: LazyLock<Guide> = LazyLock::new(|| Guide::new(TEXT, SCHEMA));
static GUIDE_TO_FOLLOWING: LazyLock<Guide> = LazyLock::new(|| Guide::new(FOLLOWING, SCHEMA));
static SCHEMAS: LazyLock<Schemas> =
    LazyLock::new(|| Schemas::compile("0", Manifest::builtin(), false).expect("the built-in schemas compile"));

/// Each feed of the guide, and what the block after it says it is.
fn feeds() -> Vec<(&'static str, &'static str, Value)> {
    let feeds = TEXT.split("```xml\n").skip(1).map(|rest| {
        let (feed, rest) = rest.split_once("\n```").expect("a block ends");
        let (kind, rest) =
            rest.split_once("```json ").expect("an answer follows").1.split_once('\n').expect("a line ends");
        let block = rest.split_once("\n```").expect("a block ends").0;
        (feed, kind, serde_json::from_str(block).unwrap_or_else(|error| panic!("{error}: {block}")))
    });
    feeds.collect()
}

fn whole(actor: &Value, object: &Value) -> Value {
    let contexts = [context::AS2, context::SOCKETHUB, &context::platform_url("feeds", "1")];
    json!({
        "@context": contexts, "id": "req-1", "type": "collection", "summary": "x", "totalItems": 1,
        "items": [{"@context": contexts, "id": "req-1", "type": "post", "actor": actor, "object": object}]
    })
}

#[test]
fn each_block_says_what_it_is() {
    for (kind, value) in GUIDE.blocks() {
        assert!(matches!(kind, "actor" | "answer" | "object" | "request"), "{kind:?}: {value}");
    }
    for (kind, value) in GUIDE_TO_FOLLOWING.blocks() {
        assert!(
            matches!(kind, "answer" | "context" | "credentials" | "push" | "request" | "settings"),
            "{kind:?}: {value}"
        );
    }
}

#[test]
fn feeds_become_what_the_guide_says() {
    assert_eq!(feeds().len(), 4);
    for (feed, kind, expected) in feeds() {
        let request = Request { sanitize: expected.get("sanitized").is_some(), ..Request::for_url(URL) };
        let parsed = read(feed.as_bytes(), None, URL).expect("a feed");
        let actor = serde_json::to_value(parsed.channel(URL)).expect("JSON");
        let object = parsed.into_entries(&request).pop().map(|entry| serde_json::to_value(entry).expect("JSON"));
        let shown = if kind == "actor" { Some(actor) } else { object };
        assert_eq!(shown.as_ref(), Some(&expected), "{}", serde_json::to_string_pretty(&shown).expect("JSON"));
    }
}

#[test]
fn requests_and_answers_are_what_the_gateway_lets_pass() {
    for request in GUIDE.of("request") {
        let spelled = Spelled::from_json(&request.to_string(), false, &|_| None).expect("it has the right shape");
        let checked = SCHEMAS.message(spelled).unwrap_or_else(|error| panic!("{error}: {request}"));
        let request: Request = serde_json::from_slice(checked.json()).expect("the platform understands it");
        assert_eq!(request.url, URL);
        assert!(request.sanitize || request.limit.is_some());
    }
    let platform = SCHEMAS.platform(&"feeds".into()).expect("it is built in");
    let actor = json!({"id": URL, "type": "feed", "name": "x", "link": URL});
    let object = &GUIDE.of("object")[0];
    let answers = GUIDE.of("answer").into_iter();
    let actors = GUIDE.of("actor").into_iter().map(|actor| whole(&actor, object));
    let objects = GUIDE.of("object").into_iter().map(|object| whole(&actor, &object));
    for answer in answers.chain(actors).chain(objects) {
        assert_eq!(platform.accepts_push(&answer), Ok(()), "{answer}");
    }
}

/// The guide to following leaves the context out.
fn with_context(mut value: Value) -> Value {
    value["@context"] = GUIDE_TO_FOLLOWING.of("context")[0].clone();
    value
}

#[test]
fn what_is_said_of_following_is_what_the_gateway_lets_pass() {
    let spelled = |value: Value| {
        Spelled::from_json(&with_context(value).to_string(), false, &|_| None).expect("it has the right shape")
    };
    for request in GUIDE_TO_FOLLOWING.of("request") {
        SCHEMAS.message(spelled(request.clone())).unwrap_or_else(|error| panic!("{error}: {request}"));
    }
    for credentials in GUIDE_TO_FOLLOWING.of("credentials") {
        SCHEMAS.credentials(spelled(credentials.clone())).unwrap_or_else(|error| panic!("{error}: {credentials}"));
    }
    let platform = SCHEMAS.platform(&"feeds".into()).expect("it is built in");
    for said in GUIDE_TO_FOLLOWING.of("answer").into_iter().chain(GUIDE_TO_FOLLOWING.of("push")) {
        assert_eq!(platform.accepts_push(&with_context(said.clone())), Ok(()), "{said}");
    }
    let verbs: BTreeSet<_> = [&*GUIDE, &*GUIDE_TO_FOLLOWING]
        .iter()
        .flat_map(|guide| guide.of("request"))
        .collect::<Vec<_>>()
        .iter()
        .map(|request| request["type"].as_str().expect("a verb").to_owned())
        .collect();
    assert_eq!(verbs, platform.verbs().iter().cloned().collect());
}

#[test]
fn there_is_an_example_of_every_member() {
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    let shown: String =
        GUIDE.blocks().iter().chain(&GUIDE_TO_FOLLOWING.blocks()).map(|(_, value)| value.to_string()).collect();
    for (definition, rules) in schema["responses"]["definitions"].as_object().expect("definitions") {
        for member in rules["properties"].as_object().expect("members").keys() {
            assert!(shown.contains(&format!("\"{member}\":")), "{member} of {definition} is not in the guide");
        }
    }
}
