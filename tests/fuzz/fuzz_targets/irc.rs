//! What an IRC server says, to a session that wants to know everything: lines, activities, answers.
//!
//! The first byte chooses how the session begins: bit 0 with SASL, bit 1 with the registration over, bit 2 with
//! reconnection. Each following line is the server's, but for those that begin with a control byte: `\x01` and a letter
//! is a verb, `\x02` the end of the connection, `\x03` a minute.
#![no_main]

use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use footbridge_irc::line::{Line, PARAMS_MAX, text};
use footbridge_irc::machine::{Down, Input, LinkOrder, Machine, Now, Policy, Ticket};
use footbridge_irc::map::activity::Time;
use footbridge_irc::outgoing::Outgoing;
use footbridge_irc::verbs::Request;
use footbridge_irc::webirc::Webirc;
use footbridge_schemas::{Manifest, Schemas};
use libfuzzer_sys::fuzz_target;

static SCHEMAS: LazyLock<Schemas> =
    LazyLock::new(|| Schemas::compile("0", Manifest::builtin(), false).expect("the built-in schemas compile"));

const PLAIN: &str = r#"{"actor":{"id":"kai@irc.example"},"object":{"type":"credentials","nick":"kai","server":"irc.example",
    "alternativeNicks":["kai_"],"bot":true,"extensions":["account","away","bot","connection","echo","identity","ids",
    "invite","kick","mode","notes","presence","react","read","redact","reply","typing"]}}"#;
const SASL: &str = r#"{"actor":{"id":"kai@irc.example"},"object":{"type":"credentials","nick":"kai","server":"irc.example",
    "password":"pencil","nickServ":true,"saslMechanism":"SCRAM-SHA-256"}}"#;
const GREETING: &[&str] = &[
    "CAP * LS :account-notify account-tag away-notify batch cap-notify chghost draft/chathistory draft/message-redaction \
     draft/multiline draft/read-marker echo-message labeled-response message-tags server-time setname",
    "CAP kai ACK :account-notify account-tag away-notify batch cap-notify chghost draft/chathistory \
     draft/message-redaction draft/multiline draft/read-marker echo-message labeled-response message-tags setname",
    ":s 001 kai :Welcome",
    ":s 005 kai MONITOR=100 WHOX BOT=B STATUSMSG=@+ TARGMAX=JOIN:3 :are supported",
    ":kai!k@h JOIN #deck",
];

/// Verb, target, object.
const VERBS: &[(&str, &str, &str)] = &[
    ("join", "#deck", "null"),
    ("join", "#vault", r#"{"type":"key","content":"sesame"}"#),
    ("leave", "#deck", r#"{"type":"message","content":"bye"}"#),
    ("send", "lou@irc.example", r#"{"type":"message","content":"ahoy"}"#),
    ("send", "#deck", r#"{"type":"message","content":"a\nb","multiline":true,"inReplyTo":"m"}"#),
    ("send", "#deck", r#"{"type":"reaction","content":"+1","inReplyTo":"m"}"#),
    ("send", "#deck", r#"{"type":"typing","state":"active"}"#),
    ("update", "kay@irc.example", r#"{"type":"address"}"#),
    ("update", "#deck", r#"{"type":"topic","content":"t"}"#),
    ("update", "#deck", r#"{"type":"modes","content":"+k x"}"#),
    ("update", "#deck", r#"{"type":"presence","show":"away"}"#),
    ("update", "#deck", r#"{"type":"read","published":"2020-01-01T00:00:00Z"}"#),
    ("query", "#deck", r#"{"type":"attendance"}"#),
    ("query", "#deck", r#"{"type":"history"}"#),
    ("query", "lou@irc.example", r#"{"type":"whois"}"#),
    ("query", "irc.example", r#"{"type":"rooms"}"#),
    ("remove", "#deck", r#"{"type":"person","id":"lou@irc.example"}"#),
    ("invite", "#deck", r#"{"type":"person","id":"lou@irc.example"}"#),
    ("delete", "#deck", r#"{"type":"message","id":"m"}"#),
    ("request-friend", "lou@irc.example", "null"),
    ("remove-friend", "lou@irc.example", "null"),
    ("connect", "irc.example", "null"),
    ("disconnect", "irc.example", "null"),
];

struct Session {
    machine: Machine,
    credentials: &'static str,
    now: Now,
    tickets: u64,
    ended: BTreeSet<Ticket>,
}

fuzz_target!(|data: &[u8]| {
    let Some((choice, rest)) = data.split_first() else { return };
    let policy = Policy {
        connect_timeout: Duration::from_secs(30),
        reconnect: choice & 4 != 0,
        seed: 1,
        webirc: Webirc::default(),
    };
    let mut session = Session {
        machine: Machine::new(policy),
        credentials: if choice & 1 == 0 { PLAIN } else { SASL },
        now: Now { instant: Instant::now(), time: Time(1_772_359_200_000) },
        tickets: 0,
        ended: BTreeSet::new(),
    };
    session.call("connect", "irc.example", "null");
    session.feed(Input::Up);
    if choice & 2 != 0 {
        GREETING.iter().for_each(|line| session.hear(line));
    }
    for bytes in rest.split(|byte| *byte == b'\n') {
        match bytes {
            [1, letter, ..] => {
                let (verb, target, object) = VERBS[usize::from(*letter) % VERBS.len()];
                session.call(verb, target, object);
            }
            [2, ..] => session.feed(Input::Down(Down::Abrupt)),
            [3, ..] => {
                session.now.instant += Duration::from_mins(1);
                session.feed(Input::Tick);
            }
            _ => session.hear(&text(bytes)),
        }
    }
});

impl Session {
    fn hear(&mut self, text: &str) {
        let Ok(line) = Line::read(text) else { return };
        check(&line);
        self.now.instant += Duration::from_secs(1);
        self.feed(Input::Line(line));
    }

    fn call(&mut self, verb: &str, target: &str, object: &str) {
        let object = if object == "null" { String::new() } else { format!(r#","object":{object}"#) };
        let activity = format!(
            r#"{{"type":"{verb}","actor":{{"id":"kai@irc.example"}},"target":{{"type":"{}","id":"{target}"}}{object}}}"#,
            if target.starts_with('#') { "room" } else { "person" },
        );
        let credentials = (verb == "connect").then_some(self.credentials.as_bytes());
        self.tickets += 1;
        let request = Request::parse(verb, activity.as_bytes(), credentials).expect("it can be done");
        self.feed(Input::Call(Ticket(self.tickets), request));
    }

    fn feed(&mut self, input: Input<'_>) {
        self.machine.handle(input, self.now);
        if self.machine.deadline().is_some_and(|deadline| deadline <= self.now.instant) {
            self.machine.handle(Input::Tick, self.now);
        }
        let outputs = self.machine.outputs();
        outputs.send.iter().for_each(sent);
        let platform = SCHEMAS.platform(&"irc".into()).expect("it is built in");
        for activity in &outputs.push {
            let value = serde_json::to_value(activity).expect("activities are JSON");
            assert_eq!(platform.accepts_push(&value), Ok(()), "{value}");
        }
        for (ticket, _) in outputs.done {
            assert!(self.ended.insert(ticket), "a job ended twice");
        }
        // A link that does at once what it is told.
        match outputs.link {
            Some(LinkOrder::Dial(_)) => self.feed(Input::Up),
            Some(LinkOrder::Close) => self.feed(Input::Down(Down::Orderly)),
            None => {}
        }
    }
}

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
