//! What an IRC server says, to a session that wants to know everything: lines, activities, answers.
//!
//! The first byte chooses whether the session authenticates; each following line is the server's.
#![no_main]

use std::time::{Duration, Instant};

use footbridge_irc::line::{Line, PARAMS_MAX, text};
use footbridge_irc::machine::{Input, Machine, Now, Policy, Ticket};
use footbridge_irc::map::activity::Time;
use footbridge_irc::outgoing::Outgoing;
use footbridge_irc::verbs::Request;
use libfuzzer_sys::fuzz_target;

const PLAIN: &str = r#"{"actor":{"id":"kai@irc.example"},"object":{"type":"credentials","nick":"kai","server":"irc.example",
    "alternativeNicks":["kai_"],"extensions":["account","away","connection","echo","identity","ids","invite","kick",
    "mode","notes","presence","react","read","redact","reply","typing"]}}"#;
const SASL: &str = r#"{"actor":{"id":"kai@irc.example"},"object":{"type":"credentials","nick":"kai","server":"irc.example",
    "password":"pencil","saslMechanism":"SCRAM-SHA-256"}}"#;
const VERBS: &[(&str, &str)] = &[
    ("join", r##"{"type":"join","actor":{"id":"kai@irc.example"},"target":{"id":"#deck","name":"#deck"}}"##),
    (
        "query",
        r##"{"type":"query","actor":{"id":"kai@irc.example"},"target":{"id":"#deck","name":"#deck"},
            "object":{"type":"attendance"}}"##,
    ),
    (
        "send",
        r##"{"type":"send","actor":{"id":"kai@irc.example"},"target":{"id":"lou@irc.example","name":"lou"},
            "object":{"type":"message","content":"ahoy"}}"##,
    ),
];

fuzz_target!(|data: &[u8]| {
    let Some((choice, lines)) = data.split_first() else { return };
    let mut machine = Machine::new(Policy { connect_timeout: Duration::from_secs(30), reconnect: false, seed: 1 });
    let mut now = Now { instant: Instant::now(), time: Time(1_772_359_200_000) };
    let mut tickets = 0;
    let mut call = |machine: &mut Machine, verb: &str, activity: &str, credentials: Option<&str>, now| {
        tickets += 1;
        let request = Request::parse(verb, activity.as_bytes(), credentials.map(str::as_bytes));
        machine.handle(Input::Call(Ticket(tickets), request.expect("it can be done")), now);
    };
    let credentials = if choice.is_multiple_of(2) { PLAIN } else { SASL };
    call(&mut machine, "connect", r#"{"type":"connect","actor":{"id":"kai@irc.example"}}"#, Some(credentials), now);
    machine.handle(Input::Up, now);
    let mut verbs = VERBS.iter();
    for bytes in lines.split(|byte| *byte == b'\n') {
        let text = text(bytes);
        let Ok(line) = Line::read(&text) else { continue };
        check(&line);
        machine.handle(Input::Line(line), now);
        if machine.is_initialised()
            && let Some((verb, activity)) = verbs.next()
        {
            call(&mut machine, verb, activity, None, now);
        }
        let outputs = machine.outputs();
        outputs.send.iter().for_each(sent);
        for activity in &outputs.push {
            serde_json::to_string(activity).expect("activities are JSON");
        }
        now.instant += Duration::from_secs(1);
        if machine.deadline().is_some_and(|deadline| deadline <= now.instant) {
            machine.handle(Input::Tick, now);
        }
    }
});

/// A line has a command, no more parameters than promised, and words for all but the last.
fn check(line: &Line<'_>) {
    assert!(!line.command.is_empty() && line.params.len() <= PARAMS_MAX);
    let words = line.params.split_last().map_or(&[][..], |(_, words)| words);
    assert!(words.iter().all(|word| !word.is_empty() && !word.contains(' ') && !word.starts_with(':')));
    for (key, _) in line.tags.iter() {
        assert!(line.tags.get(key).is_some());
    }
}

/// Whatever a server says, what it is answered is one line.
fn sent(line: &Outgoing) {
    let mut bytes = Vec::new();
    line.write_to(&mut bytes);
    let (body, end) = bytes.split_last_chunk::<2>().expect("a line has an end");
    assert!(end == b"\r\n" && !body.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)));
}
