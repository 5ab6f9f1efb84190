//! Other people's stanzas: `../shared/corpora/xmpp` beside the workspace, or what `FOOTBRIDGE_CORPORA` names. Where they are
//! not, these tests do nothing.
//!
//! Every stanza is a push that the schema lets pass, or ignored for a reason that has a name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use footbridge_schemas::{Manifest, Schemas};
use footbridge_xmpp::machine::{Answer, Input, Machine, Now, Outputs, Policy, Ticket, Up};
use footbridge_xmpp::map::activity::Time;
use footbridge_xmpp::verbs::Request;
use serde_json::{Value, json};
use xmpp_parsers::jid::FullJid;
use xmpp_parsers::minidom::Element;

static SCHEMAS: LazyLock<Schemas> =
    LazyLock::new(|| Schemas::compile("0", Manifest::builtin(), false).expect("the built-in schemas compile"));

/// Everything that can be asked for.
const EVERYTHING: [&str; 18] = [
    "attachments",
    "avatars",
    "bookmarks",
    "carbons",
    "connection",
    "html",
    "ids",
    "invites",
    "markers",
    "nicks",
    "reactions",
    "receipts",
    "replies",
    "retractions",
    "roles",
    "roster",
    "states",
    "subjects",
];

/// Examples that are no XML by themselves: the beginning and the end of a stream, and two with an entity of the page they are
/// on, which no stream may have.
const NOT_WELL_FORMED: [&str; 4] = ["XEP-0198 0", "XEP-0198 16", "XEP-0402 12", "XEP-0402 13"];

/// An example of a specification: its number there, and what its XML has in it.
struct Example {
    name: String,
    stanzas: Option<Vec<Element>>,
}

fn folder() -> Option<PathBuf> {
    // Asked when the test runs: checkouts that share their build output share this binary.
    let package = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo tells its tests where they are");
    let beside = || Path::new(&package).join("../../../shared/corpora");
    let folder = std::env::var_os("FOOTBRIDGE_CORPORA").map_or_else(beside, PathBuf::from).join("xmpp");
    if !folder.is_dir() {
        eprintln!("skipped: there are no examples");
        return None;
    }
    Some(folder)
}

fn examples() -> Vec<Example> {
    let Some(folder) = folder() else { return Vec::new() };
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").path()).collect();
    files.sort();
    let examples: Vec<_> = files.iter().flat_map(|file| examples_of(file)).collect();
    assert!(examples.len() >= 200, "there are {} examples", examples.len());
    let broken: Vec<_> = examples.iter().filter(|one| one.stanzas.is_none()).map(|one| &*one.name).collect();
    assert_eq!(broken, NOT_WELL_FORMED);
    examples
}

fn examples_of(file: &Path) -> Vec<Example> {
    let text = std::fs::read_to_string(file).expect("text");
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let example = |line: Value| {
        let xml = line["xml"].as_str().expect("XML");
        let name = format!("XEP-{} {}", line["xep"].as_str().unwrap_or("?"), line["example"]);
        Example { name, stanzas: stanzas(xml) }
    };
    lines.map(example).collect()
}

/// The elements of an example, if it is well-formed.
fn stanzas(xml: &str) -> Option<Vec<Element>> {
    let xml = without_comments(xml);
    let whole = format!("<all xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>{xml}</all>");
    whole.parse::<Element>().map(|mut all| all.take_contents_as_children().collect()).ok()
}

/// What the authors of a specification say to its readers, no stream may have (RFC 6120 11.1).
fn without_comments(xml: &str) -> String {
    let mut parts = xml.split("<!--");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once("-->").map_or(part, |(_, rest)| rest))
}

/// A machine that is whom a stanza is for, in the rooms that it comes from.
fn machine(stanza: &Element) -> (Machine, Now) {
    let to = stanza.attr("to").and_then(|to| FullJid::new(to).ok().or_else(|| FullJid::new(&format!("{to}/r")).ok()));
    let me = to
        .filter(|me| me.node().is_some())
        .unwrap_or_else(|| FullJid::new("hag66@shakespeare.lit/pda").expect("a JID"));
    let policy = Policy { connect_timeout: Duration::from_secs(10), reconnect: false, seed: 1 };
    let mut machine = Machine::new(policy);
    let now = Now { instant: Instant::now(), time: Time(1_772_359_200_000) };
    let credentials = json!({"actor": {"id": me.to_string()}, "object": {"type": "credentials", "resource": me.resource().as_str(),
        "userAddress": me.to_bare().to_string(), "password": "p", "extensions": EVERYTHING}});
    let connect = json!({"type": "connect", "actor": {"id": me.to_string()}}).to_string();
    let connect =
        Request::parse("connect", connect.as_bytes(), Some(credentials.to_string().as_bytes())).expect("it can");
    machine.handle(Input::Call(Ticket(1), connect), now);
    let actor = me.to_string();
    machine.handle(Input::Up(Up { bound: me, resumed: false, unacked: Vec::new() }), now);
    let from = stanza.attr("from").unwrap_or_default();
    let of_room = stanza.get_child("x", "http://jabber.org/protocol/muc#user").map(|_| (from, ""));
    if let Some((room, _)) = from.split_once('/').or(of_room) {
        let join = json!({"type": "join", "actor": {"id": actor}, "target": {"id": room, "type": "room"}}).to_string();
        if let Ok(join) = Request::parse("join", join.as_bytes(), None) {
            machine.handle(Input::Call(Ticket(2), join), now);
        }
    }
    machine.outputs();
    (machine, now)
}

fn check(name: &str, outputs: &Outputs) {
    let platform = SCHEMAS.platform(&"xmpp".into()).expect("it is built in");
    for push in &outputs.push {
        let push = serde_json::to_value(push).expect("activities are JSON");
        assert_eq!(platform.accepts_push(&push), Ok(()), "{name}: {push}");
    }
    for (_, end) in &outputs.done {
        if let Ok(Answer::Collection { items, .. }) = end {
            assert!(items.iter().all(|item| serde_json::to_value(item).is_ok()), "{name}");
        }
    }
}

#[test]
fn every_stanza_is_a_valid_push_or_ignored_for_a_reason() {
    let (mut pushed, mut ignored) = (0, BTreeMap::<String, usize>::new());
    for example in examples() {
        for stanza in example.stanzas.into_iter().flatten() {
            let (mut machine, now) = machine(&stanza);
            machine.handle(Input::Stanza(Box::new(stanza.clone())), now);
            let outputs = machine.outputs();
            check(&example.name, &outputs);
            pushed += usize::from(!outputs.push.is_empty());
            // A nick that is taken was asked for again: that is for nobody to read.
            assert!(!outputs.push.is_empty() || !outputs.ignored.is_empty(), "{}: {stanza:?}", example.name);
            for reason in outputs.ignored {
                *ignored.entry(format!("{reason:?}")).or_default() += 1;
            }
        }
    }
    eprintln!("{pushed} stanzas are pushed, ignored are {ignored:?}");
    assert!(folder().is_none() || pushed >= 80, "{pushed} stanzas are pushed");
}

/// Answers of the examples, to each question that can be asked.
#[test]
fn every_answer_ends_every_question_softly() {
    let questions = [
        json!({"type": "attendance"}),
        json!({"type": "room-info"}),
        json!({"type": "history"}),
        json!({"type": "roster"}),
        json!({"type": "profile"}),
        json!({"type": "avatar", "id": "1"}),
        json!({"type": "slot", "name": "a", "size": 1}),
        json!({"type": "features"}),
        json!({"type": "rooms"}),
        json!({"type": "blocked"}),
        json!({"type": "bookmarks"}),
        json!({"type": "room-config"}),
    ];
    let answers = examples()
        .into_iter()
        .flat_map(|example| example.stanzas.into_iter().flatten().map(move |stanza| (example.name.clone(), stanza)));
    let answers =
        answers.filter(|(_, stanza)| stanza.name() == "iq" && matches!(stanza.attr("type"), Some("result" | "error")));
    let mut good = 0;
    for (name, answer) in answers {
        for question in &questions {
            good += usize::from(is_answered(&name, &answer, question));
        }
    }
    assert!(folder().is_none() || good >= 40, "{good} questions have an answer");
}

/// Whether this is a good answer to the question; any answer ends it.
fn is_answered(name: &str, answer: &Element, question: &Value) -> bool {
    let (mut machine, now) = machine(answer);
    let query = json!({"type": "query", "actor": {"id": "x"}, "object": question,
        "target": {"id": "asked@shakespeare.lit", "type": "room"}});
    let query = Request::parse("query", query.to_string().as_bytes(), None).expect("it can be asked");
    machine.handle(Input::Call(Ticket(3), query), now);
    let asked = machine.outputs();
    let Some(tokio_xmpp::Stanza::Iq(iq)) = asked.send.last() else { panic!("nothing was asked for {question}") };
    let header = (iq.id().to_owned(), iq.to().map(ToString::to_string));
    let from = header.1.as_ref().map(|to| format!(" from='{to}'")).unwrap_or_default();
    let kind = answer.attr("type").unwrap_or_default();
    let mut reply: Element =
        format!("<iq xmlns='jabber:client' type='{kind}' id='{}'{from}/>", header.0).parse().expect("an iq");
    for child in answer.children() {
        reply.append_child(child.clone());
    }
    machine.handle(Input::Stanza(Box::new(reply)), now);
    let outputs = machine.outputs();
    check(name, &outputs);
    assert!(outputs.ignored.iter().all(|reason| format!("{reason:?}") != "Unasked"), "{name}: {question}");
    !outputs.push.is_empty() || outputs.done.iter().any(|(_, end)| end.is_ok())
}

/// What is left of a stanza without one of the elements in it, for each of them; and with all texts and namespaces wrong.
fn mutilated(stanza: &Element) -> Vec<Element> {
    let text = String::from(stanza);
    let mut results: Vec<Element> = Vec::new();
    for (place, _) in stanza.children().enumerate() {
        let mut copy = stanza.clone();
        let nodes: Vec<_> = copy.take_contents_as_children().collect();
        for (other, child) in nodes.into_iter().enumerate() {
            if other == place {
                // It loses what is in it, or something further inside.
                results.extend(mutilated(&child).into_iter().map(|child| around(stanza, child)));
            } else {
                copy.append_child(child);
            }
        }
        results.push(copy);
    }
    let bent = ["http://", "urn:", "id=", "jid=", "from=", "0", "@"].map(|word| text.replace(word, "zork"));
    results.extend(bent.iter().filter_map(|text| text.parse().ok()));
    results
}

fn around(stanza: &Element, child: Element) -> Element {
    let mut copy = stanza.clone();
    drop(copy.take_contents_as_children());
    copy.append_child(child);
    copy
}

#[test]
fn stanzas_that_are_broken_are_read_softly() {
    let mut read = 0_usize;
    for example in examples() {
        for stanza in example.stanzas.iter().flatten().flat_map(mutilated) {
            let (mut machine, now) = machine(&stanza);
            machine.handle(Input::Stanza(Box::new(stanza)), now);
            check(&example.name, &machine.outputs());
            read += 1;
        }
    }
    assert!(folder().is_none() || read > 1000, "{read} stanzas are read");
}
