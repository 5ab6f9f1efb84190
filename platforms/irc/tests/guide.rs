//! The guide to IRC shows nothing that is not so: its examples are held against the schemas, and its answers against what
//! the machine makes of a server's lines.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use footbridge_irc::Settings;
use footbridge_irc::line::Line;
use footbridge_irc::machine::{Answer, Input, Machine, Now, Policy, Ticket};
use footbridge_irc::map::activity::Time;
use footbridge_irc::verbs::Request;
use footbridge_irc::webirc::Webirc;
use footbridge_schemas::{Manifest, Schemas, Spelled, context};
use footbridge_testkit::guide::Guide;
use serde_json::{Value, json};

static GUIDE: LazyLock<Guide> = LazyLock::new(|| {
    Guide::new(include_str!("../../../docs/guides/irc.md"), include_str!("../../../schemas/platforms/irc.json"))
});
static SCHEMAS: LazyLock<Schemas> =
    LazyLock::new(|| Schemas::compile("0", Manifest::builtin(), false).expect("the built-in schemas compile"));

fn of(kind: &str) -> impl Iterator<Item = Value> {
    GUIDE.of(kind).into_iter()
}

/// With the context that the guide shows once.
fn whole(mut activity: Value) -> String {
    let contexts = [context::AS2, context::SOCKETHUB, &context::platform_url("irc", "1")];
    let members = activity.as_object_mut().expect("an object");
    let own = members.entry("@context").or_insert_with(|| json!(contexts));
    assert_eq!(*own, json!(contexts));
    activity.to_string()
}

fn spelled(activity: Value) -> Spelled {
    Spelled::from_json(&whole(activity), false, &|_| None).expect("it has the right shape")
}

#[test]
fn each_block_says_what_it_is() {
    for (kind, value) in GUIDE.blocks() {
        assert!(matches!(kind, "answer" | "credentials" | "push" | "request" | "settings"), "{kind:?}: {value}");
    }
}

#[test]
fn credentials_and_requests_are_what_the_gateway_takes_and_the_platform_understands() {
    let credentials: Vec<_> = of("credentials").collect();
    assert_eq!(credentials.len(), 1);
    for activity in &credentials {
        SCHEMAS.credentials(spelled(activity.clone())).unwrap_or_else(|error| panic!("{error}: {activity}"));
    }
    let shown = credentials[0].to_string();
    for activity in of("request") {
        let checked = SCHEMAS.message(spelled(activity.clone())).unwrap_or_else(|error| panic!("{error}: {activity}"));
        let request = Request::parse(checked.verb(), checked.json(), Some(shown.as_bytes()));
        request.unwrap_or_else(|error| panic!("{error}: {activity}"));
    }
}

#[test]
fn pushes_are_what_the_gateway_lets_pass() {
    let irc = SCHEMAS.platform(&"irc".into()).expect("it is built in");
    for push in of("push") {
        assert_eq!(irc.accepts_push(&push), Ok(()), "{push}");
    }
}

#[test]
fn settings_are_settings() {
    for settings in of("settings") {
        let settings = settings["packageConfig"]["@sockethub/platform-irc"].clone();
        serde_json::from_value::<Settings>(settings).expect("settings of the platform");
    }
}

#[test]
fn there_is_an_example_of_everything() {
    // Nobody can announce anything, which the guide says.
    GUIDE.assert_complete(&["announce"]);
}

/// A session with the guide's credentials, and what it is told.
struct Session {
    machine: Machine,
    now: Now,
}

impl Session {
    fn open() -> Self {
        let policy =
            Policy { connect_timeout: Duration::from_secs(30), reconnect: false, seed: 1, webirc: Webirc::default() };
        let time = Time::parse("2026-03-01T10:00:00.000Z").expect("a time");
        let mut session = Self { machine: Machine::new(policy), now: Now { instant: Instant::now(), time } };
        let mut credentials = of("credentials").next().expect("there are some");
        // Without SASL, which is told elsewhere.
        credentials["object"].as_object_mut().expect("an object").remove("password");
        let connect = of("request").find(|request| request["type"] == "connect").expect("there is one");
        session.call(&connect, Some(&credentials));
        session.feed(Input::Up);
        let caps = "batch draft/chathistory message-tags server-time";
        for line in [format!(":s CAP * LS :{caps}"), format!(":s CAP kim ACK :{caps}"), ":s 001 kim :Hi".into()] {
            session.hear(&line);
        }
        session
    }

    fn call(&mut self, request: &Value, credentials: Option<&Value>) {
        let verb = request["type"].as_str().expect("a verb");
        let credentials = credentials.map(Value::to_string);
        let request = Request::parse(verb, request.to_string().as_bytes(), credentials.as_ref().map(String::as_bytes));
        self.feed(Input::Call(Ticket(1), request.expect("it can be done")));
    }

    fn hear(&mut self, line: &str) -> Option<Value> {
        self.feed(Input::Line(Line::read(line).expect("a line")))
    }

    /// The answer, if there is one now, as the platform gives it to the gateway.
    fn feed(&mut self, input: Input<'_>) -> Option<Value> {
        self.machine.handle(input, self.now);
        let (_, answer) = self.machine.outputs().done.pop()?;
        Some(match answer.expect("it succeeds") {
            Answer::Unchanged => Value::Null,
            Answer::Activity(activity) => serde_json::to_value(activity).expect("JSON"),
            Answer::Collection { summary, items } => {
                json!({"type": "collection", "summary": summary, "totalItems": items.len(), "items": items})
            }
        })
    }
}

#[test]
fn answers_are_what_a_server_is_made_into() {
    let stories: [(&str, &[&str]); 3] = [
        ("rooms", &[":s 321 kim Channel :Users Name", ":s 322 kim #deck 3 :All hands", ":s 323 kim :End"]),
        (
            "whois",
            &[
                ":s 311 kim lou l host.example * :Lou Reef",
                ":s 312 kim lou irc.example :Here",
                ":s 319 kim lou :@#deck #hold",
                ":s 301 kim lou :tea",
                ":s 330 kim lou lou :is logged in as",
                ":s 671 kim lou :is using a secure connection",
                ":s 317 kim lou 42 1700000000 :seconds idle",
                ":s 318 kim lou :End",
            ],
        ),
        (
            "history",
            &[
                ":s BATCH +h chathistory #deck",
                "@batch=h;time=2026-03-01T09:59:00.000Z;msgid=T5mZ0;account=lou :lou!l@h PRIVMSG #deck :all hands",
                ":s BATCH -h",
            ],
        ),
    ];
    let mut answers = of("answer");
    for (object, lines) in stories {
        let mut session = Session::open();
        let query = of("request").find(|request| request["object"]["type"] == object).expect("it is asked");
        session.call(&query, None);
        let answer = lines.iter().find_map(|line| session.hear(line));
        assert_eq!(answer, answers.next(), "{object}");
    }
    assert_eq!(answers.next(), None);
}
