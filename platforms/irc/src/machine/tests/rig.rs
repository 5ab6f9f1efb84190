//! A machine with a clock in hand, whose outputs are read as words.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use footbridge_schemas::{Manifest, Platform, Schemas};
use serde_json::{Value, json};

use crate::line::Line;
use crate::machine::{Answer, Dial, Down, Input, LinkOrder, Machine, Now, Policy, Ticket};
use crate::map::activity::Time;
use crate::verbs::Request;
use crate::webirc::Webirc;

pub(super) struct Rig {
    pub(super) machine: Machine,
    now: Instant,
    tickets: u64,
    actor: String,
    platform: std::sync::Arc<Platform>,
    /// Jobs that have ended: none may end twice.
    ended: BTreeSet<u64>,
}

pub(super) fn credentials(changes: &Value) -> Value {
    let mut object = json!({"type": "credentials", "nick": "kai", "server": "irc.example", "secure": false});
    object.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    json!({"type": "credentials", "actor": {"id": "kai@irc.example", "type": "person"}, "object": object})
}

pub(super) fn room(name: &str) -> Value {
    json!({"type": "room", "id": name, "name": name})
}

pub(super) fn message(text: &str) -> Value {
    json!({"type": "message", "content": text})
}

impl Rig {
    pub(super) fn new() -> Self {
        Self::with(Webirc::default())
    }

    /// A machine that introduces its user to networks.
    pub(super) fn with(webirc: Webirc) -> Self {
        let policy = Policy { connect_timeout: Duration::from_secs(30), reconnect: false, seed: 7, webirc };
        let schemas = Schemas::compile("0", Manifest::builtin(), false).unwrap();
        let platform = schemas.platform(&"irc".into()).unwrap().clone();
        Self {
            machine: Machine::new(policy),
            now: Instant::now(),
            tickets: 0,
            actor: "kai@irc.example".into(),
            platform,
            ended: BTreeSet::new(),
        }
    }

    /// Connected in clear text, without capabilities; nothing joined.
    pub(super) fn live() -> Self {
        Self::live_with(&json!({}), &[])
    }

    /// Connected, with these members of the credentials and these capabilities.
    pub(super) fn live_with(changes: &Value, caps: &[&str]) -> Self {
        let mut rig = Self::new();
        rig.connect(changes);
        rig.greet(caps);
        rig
    }

    pub(super) fn greet(&mut self, caps: &[&str]) -> String {
        let mut said = self.up();
        if !caps.is_empty() {
            let caps = caps.join(" ");
            said += &self.hear(&format!(":irc.example CAP * LS :{caps}"));
            said += &self.hear(&format!(":irc.example CAP kai ACK :{caps}"));
        }
        said + &self.hear(":irc.example 001 kai :Welcome")
    }

    /// The greeting's end, and with it of what the server says of its habits.
    pub(super) fn settle(&mut self) -> String {
        self.hear(":irc.example 422 kai :There is no message of the day")
    }

    pub(super) fn connect(&mut self, changes: &Value) -> String {
        self.tickets += 1;
        let activity = json!({"type": "connect", "actor": {"id": self.actor, "type": "person"}}).to_string();
        let credentials = credentials(changes).to_string();
        match Request::parse("connect", activity.as_bytes(), Some(credentials.as_bytes())) {
            Ok(request) => self.feed(Input::Call(Ticket(self.tickets), request)),
            Err(text) => text,
        }
    }

    pub(super) fn acts_as(&mut self, actor: &str) {
        self.actor = actor.to_owned();
    }

    pub(super) fn call(&mut self, verb: &str, target: &Value, object: &Value) -> String {
        self.tickets += 1;
        let mut activity = json!({"type": verb, "actor": {"id": self.actor, "type": "person"}});
        for (member, value) in [("target", target), ("object", object)] {
            if !value.is_null() {
                activity[member] = value.clone();
            }
        }
        match Request::parse(verb, activity.to_string().as_bytes(), None) {
            Ok(request) => self.feed(Input::Call(Ticket(self.tickets), request)),
            Err(text) => format!("refused {text}\n"),
        }
    }

    /// In a channel.
    pub(super) fn join(&mut self, channel: &str) {
        self.call("join", &room(channel), &Value::Null);
        self.hear(&format!(":kai!k@host.example JOIN {channel}"));
    }

    pub(super) fn say(&mut self, target: &str, text: &str) -> String {
        self.call("send", &room(target), &message(text))
    }

    pub(super) fn cancel(&mut self) -> String {
        self.feed(Input::Cancel(Ticket(self.tickets)))
    }

    pub(super) fn hear(&mut self, line: &str) -> String {
        let line = line.to_owned();
        let line = Line::read(&line).unwrap();
        self.feed(Input::Line(line))
    }

    /// It is its turn to connect: where it goes.
    pub(super) fn cleared(&mut self, known: Option<&str>) -> String {
        self.machine.cleared(known, self.now).map_or("nowhere".to_owned(), |dial| place(&dial))
    }

    pub(super) fn up(&mut self) -> String {
        self.feed(Input::Up)
    }

    pub(super) fn down(&mut self, down: Down) -> String {
        self.feed(Input::Down(down))
    }

    pub(super) fn wait(&mut self, seconds: u64) -> String {
        self.now += Duration::from_secs(seconds);
        self.feed(Input::Tick)
    }

    /// What is to be done, a line each. Pushes are held against the schema.
    fn feed(&mut self, input: Input<'_>) -> String {
        self.machine.handle(input, Now { instant: self.now, time: Time(1_772_359_200_000) });
        let outputs = self.machine.outputs();
        let mut done: Vec<String> = outputs.send.iter().map(|line| format!("send {}", line.text())).collect();
        for activity in outputs.push {
            let value = serde_json::to_value(&activity).unwrap();
            assert_eq!(self.platform.accepts_push(&value), Ok(()), "{value}");
            done.push(format!("push {}", brief(&value)));
        }
        for (Ticket(number), _) in &outputs.done {
            assert!(self.ended.insert(*number), "{number} ended twice");
        }
        done.extend(outputs.rekey.map(|actor| format!("rekey {actor}")));
        done.extend(outputs.done.into_iter().map(|(Ticket(number), result)| match result {
            Ok(Answer::Unchanged) => format!("{number} ok"),
            Ok(Answer::Activity(activity)) => format!("{number} {}", brief(&serde_json::to_value(&activity).unwrap())),
            Ok(Answer::Collection { summary, items }) => {
                let items: Vec<_> = items.iter().map(|item| brief(&serde_json::to_value(item).unwrap())).collect();
                format!("{number} {summary} [{}]", items.join(", "))
            }
            Err(text) => format!("{number} failed: {text}"),
        }));
        done.extend(outputs.link.map(|order| match order {
            LinkOrder::Close => "close".to_owned(),
            LinkOrder::Dial(dial) => {
                let pause = if dial.after.is_zero() { "" } else { " after a pause" };
                format!("dial {}{pause}", place(&dial))
            }
        }));
        let note = outputs.note.map(|note| format!("note {} {} for {} s", note.server, note.text, note.keep.as_secs()));
        done.extend(note);
        done.iter().map(|line| line.clone() + "\n").collect()
    }
}

/// `server:port`, and whether within TLS.
fn place(dial: &Dial) -> String {
    format!("{}:{}{}", dial.server, dial.port, if dial.secure { " tls" } else { "" })
}

/// `type actor -> target: object`
fn brief(activity: &Value) -> String {
    let id = |part: &str| activity[part]["id"].as_str().unwrap_or("-").to_owned();
    let account = activity["actor"]["account"].as_str().map(|account| format!("({account})")).unwrap_or_default();
    let account = account + if activity["actor"]["bot"] == true { "[bot]" } else { "" };
    let object = &activity["object"];
    let object = if object.is_null() { String::new() } else { format!(": {object}") };
    let error = activity["error"].as_str().map(|error| format!(" ! {error}")).unwrap_or_default();
    format!("{} {}{account} -> {}{object}{error}", activity["type"].as_str().unwrap(), id("actor"), id("target"))
}
