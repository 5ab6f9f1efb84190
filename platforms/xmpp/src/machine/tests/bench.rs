//! A machine on a bench: activities and stanzas in, all that comes out shown.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use footbridge_schemas::{Manifest, Schemas, Spelled, context};
use serde_json::{Value, json};
use xmpp_parsers::jid::FullJid;
use xmpp_parsers::minidom::Element;

use crate::machine::{Answer, Input, LinkOrder, Machine, Now, Outputs, Policy, Ticket, Up};
use crate::map::Ignored;
use crate::map::activity::Time;
use crate::map::xml::written;
use crate::verbs::Request;

pub(super) static SCHEMAS: LazyLock<Schemas> =
    LazyLock::new(|| Schemas::compile("0", Manifest::builtin(), false).expect("the built-in schemas compile"));

pub(super) const ACTOR: &str = "io@x.example/web";

/// A machine, and its clock.
pub(super) struct Bench {
    pub(super) machine: Machine,
    pub(super) now: Now,
    tickets: u64,
}

/// What came out.
#[derive(Debug, Default)]
pub(super) struct Out {
    pub(super) sent: Vec<String>,
    pub(super) pushed: Vec<Value>,
    /// Answers as the gateway gives them; `null` for the request itself.
    pub(super) done: Vec<Result<Value, String>>,
    pub(super) link: Option<LinkOrder>,
    pub(super) ignored: Vec<Ignored>,
}

impl Bench {
    /// Not connected.
    pub(super) fn idle() -> Self {
        let policy = Policy { connect_timeout: Duration::from_secs(10), reconnect: true, seed: 7 };
        let now = Now { instant: Instant::now(), time: Time(1_772_359_200_000) };
        Self { machine: Machine::new(policy), now, tickets: 0 }
    }

    /// Connected, with these extensions.
    pub(super) fn with(extensions: &[&str]) -> Self {
        let mut bench = Self::idle();
        bench.connect(extensions);
        bench.up(false);
        bench
    }

    /// In a room.
    pub(super) fn in_room(extensions: &[&str]) -> Self {
        let mut bench = Self::with(extensions);
        let _ = bench.call("join", &json!({"target": {"id": "deck@muc.x.example", "type": "room"}}));
        let _ = bench.hear(
            "<presence from='deck@muc.x.example/io' to='io@x.example/web'>
               <x xmlns='http://jabber.org/protocol/muc#user'><status code='110'/></x></presence>",
        );
        bench
    }

    pub(super) fn connect(&mut self, extensions: &[&str]) -> Out {
        let credentials = json!({"actor": {"id": ACTOR}, "object": {
            "type": "credentials", "userAddress": "io@x.example", "password": "p", "resource": "web",
            "extensions": extensions,
        }});
        let activity = json!({"type": "connect", "actor": {"id": ACTOR, "type": "person"}});
        self.run("connect", &activity, Some(&credentials))
    }

    pub(super) fn up(&mut self, resumed: bool) -> Out {
        let bound = FullJid::new(ACTOR).unwrap();
        self.handle(Input::Up(Up { bound, resumed, unacked: Vec::new() }))
    }

    /// Runs a verb that the schema allows.
    #[track_caller]
    pub(super) fn call(&mut self, verb: &str, changes: &Value) -> Out {
        let mut activity = json!({
            "@context": [context::AS2, context::SOCKETHUB, &context::platform_url("xmpp", "1")],
            "type": verb, "actor": {"id": ACTOR, "type": "person"},
        });
        for (member, value) in changes.as_object().unwrap() {
            activity[member] = value.clone();
        }
        let spelled = Spelled::from_json(&activity.to_string(), false, &|_| None).expect("it has the right shape");
        SCHEMAS.message(spelled).unwrap_or_else(|violation| panic!("{activity}: {violation}"));
        self.run(verb, &activity, None)
    }

    fn run(&mut self, verb: &str, activity: &Value, credentials: Option<&Value>) -> Out {
        self.tickets += 1;
        let credentials = credentials.map(ToString::to_string);
        let credentials = credentials.as_ref().map(String::as_bytes);
        match Request::parse(verb, activity.to_string().as_bytes(), credentials) {
            Ok(request) => self.handle(Input::Call(Ticket(self.tickets), request)),
            Err(text) => Out { done: vec![Err(text)], ..Out::default() },
        }
    }

    /// Takes in a stanza. Its namespace may be left out.
    #[track_caller]
    pub(super) fn hear(&mut self, xml: &str) -> Out {
        self.handle(Input::Stanza(Box::new(element(xml))))
    }

    pub(super) fn later(&mut self, seconds: u64) -> Out {
        self.now.instant += Duration::from_secs(seconds);
        self.handle(Input::Tick)
    }

    #[track_caller]
    pub(super) fn handle(&mut self, input: Input) -> Out {
        self.machine.handle(input, self.now);
        let out = self.machine.outputs();
        let platform = SCHEMAS.platform(&"xmpp".into()).unwrap();
        let pushed = out.push.iter().map(|activity| serde_json::to_value(activity).unwrap());
        let pushed: Vec<_> = pushed.inspect(|push| assert_eq!(platform.accepts_push(push), Ok(()), "{push}")).collect();
        let Outputs { send, done, link, ignored, .. } = out;
        let sent = send.into_iter().map(|stanza| written(&Element::from(stanza))).collect();
        let done = done.into_iter().map(|(_, end)| end.map(shown)).collect();
        Out { sent, pushed, done, link, ignored }
    }
}

fn shown(answer: Answer) -> Value {
    match answer {
        Answer::Unchanged => Value::Null,
        Answer::Activity(activity) => serde_json::to_value(activity).unwrap(),
        Answer::Collection { summary, items } => json!({"summary": summary, "items": items}),
    }
}

/// An element of a stream.
#[track_caller]
pub(super) fn element(xml: &str) -> Element {
    let end = xml.find([' ', '>', '/']).expect("an element");
    let tag = xml.split('>').next().unwrap_or_default();
    let xml = if tag.contains("jabber:client") {
        xml.to_owned()
    } else {
        format!("{} xmlns='jabber:client'{}", &xml[..end], &xml[end..])
    };
    xml.parse().unwrap_or_else(|error| panic!("{xml}: {error}"))
}

/// The value of an attribute of the first tag of a text.
#[track_caller]
pub(super) fn attribute(xml: &str, name: &str) -> String {
    let begin = xml.find(&format!(" {name}=\"")).unwrap_or_else(|| panic!("no {name} in {xml}")) + name.len() + 3;
    xml[begin..].split('"').next().unwrap().to_owned()
}

/// Texts without ids that nobody can foretell.
pub(super) fn without_id(xml: &str) -> String {
    let id = attribute(xml, "id");
    xml.replace(&id, "ID")
}
