//! What an XMPP server says, to a session that wants to know everything: stanzas, activities, answers.
//!
//! Each line is an element of the stream; `%1` to `%9` in it stand for the ids of the questions that were asked.
#![no_main]

use std::time::{Duration, Instant};

use footbridge_xmpp::machine::{Input, Machine, Now, Policy, Ticket, Up};
use footbridge_xmpp::map::activity::Time;
use footbridge_xmpp::verbs::Request;
use libfuzzer_sys::fuzz_target;
use tokio_xmpp::Stanza;
use xmpp_parsers::jid::FullJid;
use xmpp_parsers::minidom::Element;

const CREDENTIALS: &str = r#"{"actor":{"id":"io@x.example/web"},"object":{"type":"credentials","userAddress":"io@x.example",
    "password":"p","resource":"web","extensions":["attachments","avatars","bookmarks","carbons","connection","html","ids",
    "invites","markers","nicks","occupants","reactions","receipts","replies","retractions","roles","roster","states",
    "subjects"]}}"#;
const VERBS: &[(&str, &str)] = &[
    ("join", r#""target":{"id":"deck@muc.x.example","type":"room"}"#),
    ("query", r#""target":{"id":"deck@muc.x.example","type":"room"},"object":{"type":"attendance"}"#),
    ("query", r#""target":{"id":"deck@muc.x.example","type":"room"},"object":{"type":"room-info"}"#),
    ("query", r#""object":{"type":"history"}"#),
    ("query", r#""object":{"type":"profile"}"#),
    ("query", r#""object":{"type":"slot","name":"a","size":1}"#),
    ("query", r#""object":{"type":"bookmarks"}"#),
    ("query", r#""target":{"id":"deck@muc.x.example","type":"room"},"object":{"type":"room-config"}"#),
];

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut machine = Machine::new(Policy { connect_timeout: Duration::from_secs(30), reconnect: true, seed: 1 });
    let mut now = Now { instant: Instant::now(), time: Time(1_772_359_200_000) };
    let mut tickets = 0;
    let mut call = |machine: &mut Machine, verb: &str, members: &str, credentials: Option<&str>| {
        tickets += 1;
        let comma = if members.is_empty() { "" } else { "," };
        let activity = format!(r#"{{"type":"{verb}","actor":{{"id":"io@x.example/web"}}{comma}{members}}}"#);
        let request = Request::parse(verb, activity.as_bytes(), credentials.map(str::as_bytes));
        machine.handle(Input::Call(Ticket(tickets), request.expect("it can be done")), now);
    };
    call(&mut machine, "connect", "", Some(CREDENTIALS));
    let bound = FullJid::new("io@x.example/web").expect("a JID");
    machine.handle(Input::Up(Up { bound, resumed: false, unacked: Vec::new() }), now);
    for (verb, members) in VERBS {
        call(&mut machine, verb, members, None);
    }
    let mut ids = Vec::new();
    for line in text.lines() {
        let outputs = machine.outputs();
        ids.extend(outputs.send.iter().filter_map(|stanza| match stanza {
            Stanza::Iq(iq) => Some(iq.id().to_owned()),
            Stanza::Message(_) | Stanza::Presence(_) => None,
        }));
        for activity in &outputs.push {
            serde_json::to_string(activity).expect("activities are JSON");
        }
        let mut line = line.to_owned();
        for (number, id) in ids.iter().take(9).enumerate() {
            line = line.replace(&format!("%{}", number + 1), id);
        }
        // Most of what is tried is a stanza's.
        let whole = format!("<all xmlns='jabber:client'>{line}</all>");
        let Ok(mut all) = whole.parse::<Element>() else { continue };
        for element in all.take_contents_as_children() {
            machine.handle(Input::Stanza(Box::new(element)), now);
        }
        now.instant += Duration::from_secs(1);
        if machine.deadline().is_some_and(|deadline| deadline <= now.instant) {
            machine.handle(Input::Tick, now);
        }
    }
});
