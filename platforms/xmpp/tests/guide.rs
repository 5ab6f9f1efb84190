//! The guide to XMPP shows nothing that is not so: its examples are held against the schemas, its answers and what it says is
//! told unasked against what the machine makes of a server's stanzas, and the tests that it names against the sources.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use footbridge_schemas::{Manifest, Schemas, Spelled, context};
use footbridge_testkit::guide::Guide;
use footbridge_xmpp::Settings;
use footbridge_xmpp::machine::{Answer, Cause, Down, Input, Machine, Now, Outputs, Policy, Ticket, Up};
use footbridge_xmpp::map::activity::Time;
use footbridge_xmpp::verbs::Request;
use serde_json::{Value, json};
use tokio_xmpp::Stanza;
use xmpp_parsers::jid::FullJid;
use xmpp_parsers::minidom::Element;

const TEXT: &str = include_str!("../../../docs/guides/xmpp.md");

static GUIDE: LazyLock<Guide> =
    LazyLock::new(|| Guide::new(TEXT, include_str!("../../../schemas/platforms/xmpp.json")));

static SCHEMAS: LazyLock<Schemas> =
    LazyLock::new(|| Schemas::compile("0", Manifest::builtin(), false).expect("the built-in schemas compile"));

const ME: &str = "kim@x.example/web";

/// With what the guide shows once: the context and the actor.
fn whole(mut activity: Value) -> Value {
    let contexts = json!([context::AS2, context::SOCKETHUB, &context::platform_url("xmpp", "1")]);
    let members = activity.as_object_mut().expect("an object");
    assert_eq!(*members.entry("@context").or_insert_with(|| contexts.clone()), contexts);
    members.entry("actor").or_insert_with(|| json!({"id": ME, "type": "person"}));
    activity
}

fn spelled(activity: Value) -> Spelled {
    Spelled::from_json(&whole(activity).to_string(), false, &|_| None).expect("it has the right shape")
}

#[test]
fn each_block_says_what_it_is() {
    for (kind, value) in GUIDE.blocks() {
        let (kind, extension) = kind.split_once(' ').map_or((kind, None), |(kind, of)| (kind, Some(of)));
        assert!(matches!(kind, "answer" | "credentials" | "push" | "request" | "settings"), "{kind:?}: {value}");
        let known = extension.is_none_or(|extension| kind == "push" && GUIDE.extensions().contains(extension));
        assert!(known, "{extension:?}: {value}");
    }
}

#[test]
fn credentials_and_requests_are_what_the_gateway_takes_and_the_platform_understands() {
    let credentials = GUIDE.of("credentials");
    assert_eq!(credentials.len(), 1);
    SCHEMAS.credentials(spelled(credentials[0].clone())).unwrap_or_else(|error| panic!("{error}"));
    let shown = credentials[0].to_string();
    for activity in GUIDE.of("request") {
        let checked = SCHEMAS.message(spelled(activity.clone())).unwrap_or_else(|error| panic!("{error}: {activity}"));
        let request = Request::parse(checked.verb(), checked.json(), Some(shown.as_bytes()));
        request.unwrap_or_else(|error| panic!("{error}: {activity}"));
    }
}

#[test]
fn pushes_are_what_the_gateway_lets_pass() {
    let xmpp = SCHEMAS.platform(&"xmpp".into()).expect("it is built in");
    for push in GUIDE.of("push") {
        assert_eq!(xmpp.accepts_push(&push), Ok(()), "{push}");
    }
}

#[test]
fn settings_are_settings() {
    for settings in GUIDE.of("settings") {
        let settings = settings["packageConfig"]["@sockethub/platform-xmpp"].clone();
        serde_json::from_value::<Settings>(settings).expect("settings of the platform");
    }
}

#[test]
fn there_is_an_example_of_everything() {
    // The contract has it, and nobody ever sends it.
    GUIDE.assert_complete(&["close"]);
    let shown: BTreeSet<_> =
        GUIDE.blocks().iter().filter_map(|(kind, _)| Some(kind.split_once(' ')?.1.to_owned())).collect();
    assert_eq!(shown, GUIDE.extensions());
}

/// The tests of the table's last column exist.
#[test]
fn each_extension_is_told_by_a_test() {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo tells its tests where they are");
    let package = Path::new(&package);
    let (_, table) = TEXT.split_once("| told by |").expect("a table");
    let (table, _) = table.split_once("\n\n").expect("it ends");
    let rows: Vec<_> = table.lines().skip(2).collect();
    assert!(rows.len() >= 25, "there are {} rows", rows.len());
    for row in rows {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [_, _, _, told] = cells[..] else { panic!("{row} has {} cells", cells.len()) };
        for test in told.split(", ") {
            let (file, name) =
                test.trim_matches('`').split_once("::").unwrap_or_else(|| panic!("{test:?} is no test: {row}"));
            assert!(is_test(package, file, name), "there is no test {test}");
        }
    }
}

fn is_test(package: &Path, file: &str, name: &str) -> bool {
    let folders = ["src", "tests", "../../tests/e2e/tests"];
    let texts = folders
        .iter()
        .filter_map(|folder| std::fs::read_to_string(package.join(folder).join(format!("{file}.rs"))).ok());
    let declared = format!("fn {name}() ");
    texts.into_iter().any(|text| {
        let mut lines = text.lines().map(str::trim);
        let mut marked = false;
        lines.any(|line| {
            marked = line.starts_with("#[test]") || line.starts_with("#[tokio::test") || (marked && !line.is_empty());
            marked && line.contains(&declared)
        })
    })
}

/// A session with the guide's credentials, and what comes out of it.
struct Session {
    machine: Machine,
    now: Now,
}

impl Session {
    fn open(extensions: &[&str]) -> Self {
        let policy = Policy { connect_timeout: Duration::from_secs(10), reconnect: true, seed: 1 };
        let time = Time::parse("2026-03-01T10:00:00.000Z").expect("a time");
        let mut session = Self { machine: Machine::new(policy), now: Now { instant: Instant::now(), time } };
        let mut credentials = GUIDE.of("credentials").remove(0);
        credentials["object"]["extensions"] = json!(extensions);
        let connect =
            GUIDE.of("request").into_iter().find(|request| request["type"] == "connect").expect("it is shown");
        session.call(connect, Some(&credentials));
        session.up(false);
        session
    }

    /// In a room.
    fn in_room(extensions: &[&str]) -> Self {
        let mut session = Self::open(extensions);
        session.call(json!({"type": "join", "target": {"id": "deck@muc.x.example", "type": "room"}}), None);
        session
    }

    fn up(&mut self, resumed: bool) -> Outputs {
        self.feed(Input::Up(Up { bound: FullJid::new(ME).expect("a JID"), resumed, unacked: Vec::new() }))
    }

    /// The id of what is asked, and of whom.
    fn call(&mut self, request: Value, credentials: Option<&Value>) -> Option<(String, Option<String>)> {
        let request = whole(request);
        let verb = request["type"].as_str().expect("a verb");
        let credentials = credentials.map(Value::to_string);
        let request = Request::parse(verb, request.to_string().as_bytes(), credentials.as_ref().map(String::as_bytes));
        let out = self.feed(Input::Call(Ticket(1), request.expect("it can be done")));
        asked(&out)
    }

    fn hear(&mut self, xml: &str) -> Outputs {
        let (name, rest) = xml.trim_start()[1..].split_once(' ').expect("a stanza with attributes");
        let stanza: Element = format!("<{name} xmlns='jabber:client' {rest}").parse().expect("XML");
        self.feed(Input::Stanza(Box::new(stanza)))
    }

    fn feed(&mut self, input: Input) -> Outputs {
        self.machine.handle(input, self.now);
        self.machine.outputs()
    }
}

fn asked(out: &Outputs) -> Option<(String, Option<String>)> {
    let Stanza::Iq(iq) = out.send.last()? else { return None };
    Some((iq.id().to_owned(), iq.to().map(ToString::to_string)))
}

/// As the platform gives it to the gateway.
fn given(answer: Answer) -> Value {
    match answer {
        Answer::Unchanged => Value::Null,
        Answer::Activity(activity) => serde_json::to_value(activity).expect("JSON"),
        Answer::Collection { summary, items } => {
            json!({"type": "collection", "summary": summary, "totalItems": items.len(), "items": items})
        }
    }
}

/// What a server says to each question, in the guide's order. Parts of an answer that come before its end name it `ID`.
const ANSWERS: [(&str, &[&str], &str); 10] = [
    (
        "history",
        &[
            "<message from='deck@muc.x.example'><result xmlns='urn:xmpp:mam:2' queryid='ID' id='991'><forwarded xmlns='urn:xmpp:forward:0'>
             <delay xmlns='urn:xmpp:delay' stamp='2026-02-03T04:05:06Z'/><message xmlns='jabber:client' type='groupchat' id='m7'
             from='deck@muc.x.example/lou'><body>ahoy</body></message></forwarded></result></message>",
            "<message from='deck@muc.x.example'><result xmlns='urn:xmpp:mam:2' queryid='ID' id='992'><forwarded xmlns='urn:xmpp:forward:0'>
             <delay xmlns='urn:xmpp:delay' stamp='2026-02-03T04:05:09Z'/><message xmlns='jabber:client' type='groupchat' id='m8'
             from='deck@muc.x.example/kim'><body>aye</body></message></forwarded></result></message>",
        ],
        "<fin xmlns='urn:xmpp:mam:2'/>",
    ),
    (
        "room-config",
        &[],
        "<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='form'>
         <field var='muc#roomconfig_persistentroom' type='boolean' label='The room stays'><value>0</value></field></x></query>",
    ),
    (
        "rooms",
        &[],
        "<query xmlns='http://jabber.org/protocol/disco#items'><item jid='deck@muc.x.example' name='The deck'/></query>",
    ),
    (
        "bookmarks",
        &[],
        "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:bookmarks:1'><item id='deck@muc.x.example'>
         <conference xmlns='urn:xmpp:bookmarks:1' name='The deck' autojoin='true'><nick>kim</nick></conference></item></items></pubsub>",
    ),
    (
        "roster",
        &[],
        "<query xmlns='jabber:iq:roster'><item jid='lou@x.example' name='Lou' subscription='both'><group>crew</group></item></query>",
    ),
    (
        "profile",
        &[],
        "<vCard xmlns='vcard-temp'><FN>Lou Capstan</FN><NICKNAME>lou</NICKNAME><EMAIL><USERID>lou@x.example</USERID></EMAIL>
         <PHOTO><TYPE>image/png</TYPE><BINVAL>aGk=</BINVAL></PHOTO></vCard>",
    ),
    (
        "avatar",
        &[],
        "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:avatar:data'>
         <item id='c22b5f9178342609428d6f51b2c5af4c0bde6a42'><data xmlns='urn:xmpp:avatar:data'>aGk=</data></item></items></pubsub>",
    ),
    ("blocked", &[], "<blocklist xmlns='urn:xmpp:blocking'><item jid='lou@x.example'/></blocklist>"),
    (
        "slot",
        &[],
        "<slot xmlns='urn:xmpp:http:upload:0'><put url='https://upload.x.example/1/chart.png'>
         <header name='Authorization'>Basic a2lt</header></put><get url='https://upload.x.example/1/chart.png'/></slot>",
    ),
    (
        "features",
        &[],
        "<query xmlns='http://jabber.org/protocol/disco#info'><identity category='server' type='im'/>
         <feature var='urn:xmpp:carbons:2'/></query>",
    ),
];

#[test]
fn answers_are_what_a_server_is_made_into() {
    let mut answers = GUIDE.of("answer").into_iter();
    for (object, before, last) in ANSWERS {
        let mut session = Session::open(&[]);
        let wanted = |request: &Value| request["type"] == "query" && request["object"]["type"] == object;
        let mut query = GUIDE.of("request").into_iter().find(wanted).expect("it is asked");
        if object == "slot" {
            // Who takes files is found out by more questions, which are told elsewhere.
            query["target"] = json!({"id": "upload.x.example", "type": "person"});
        }
        let (id, of) = session.call(query, None).expect("something is asked");
        for part in before {
            assert!(session.hear(&part.replace("ID", &id)).done.is_empty());
        }
        let from = of.map(|of| format!(" from='{of}'")).unwrap_or_default();
        let mut out = session.hear(&format!("<iq type='result' id='{id}'{from}>{last}</iq>"));
        let (_, answer) = out.done.pop().expect("it is answered");
        assert_eq!(Some(given(answer.expect("it succeeds"))), answers.next(), "{object}");
    }
    assert_eq!(answers.next(), None);
}

const LOU: &str = "from='lou@x.example/phone' to='kim@x.example/web'";
const LOU_IN_ROOM: &str = "from='deck@muc.x.example/lou' to='kim@x.example/web'";

/// What a server says, in the guide's order, that is pushed to those who asked for it.
fn told_unasked() -> Vec<(&'static str, String)> {
    let to_us = |inside: &str| format!("<message {LOU} type='chat'>{inside}</message>");
    let in_room = |inside: &str| format!("<message {LOU_IN_ROOM} type='groupchat'>{inside}</message>");
    let with_id = |id: &str, inside: &str| in_room(inside).replace(" type=", &format!(" id='{id}' type="));
    let user = |inside: &str| format!("<x xmlns='http://jabber.org/protocol/muc#user'>{inside}</x>");
    let event = |owner: &str, items: &str| {
        format!(
            "<message from='{owner}'><event xmlns='http://jabber.org/protocol/pubsub#event'>{items}</event></message>"
        )
    };
    let kicked = "<item role='none'><actor nick='kim'/><reason>asleep on watch</reason></item><status code='307'/>";
    let attachment = "<url>https://upload.x.example/chart.png</url><desc>chart.png</desc>";
    let stanza_id = "<stanza-id xmlns='urn:xmpp:sid:0' id='991' by='deck@muc.x.example'/>";
    let avatar = "<info id='c22b5f9178342609428d6f51b2c5af4c0bde6a42' type='image/png' bytes='2'/>";
    let conference =
        "<conference xmlns='urn:xmpp:bookmarks:1' name='The deck' autojoin='1'><nick>kim</nick></conference>";
    vec![
        ("connection", String::new()),
        (
            "carbons",
            "<message from='kim@x.example' to='kim@x.example/web'><sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>
             <message xmlns='jabber:client' from='kim@x.example/phone' to='lou@x.example/phone'><body>from the phone</body></message>
             </forwarded></sent></message>".to_owned(),
        ),
        (
            "roster",
            "<iq type='set' id='1'><query xmlns='jabber:iq:roster'><item jid='lou@x.example' name='Lou' subscription='both'>
             <group>crew</group></item></query></iq>".to_owned(),
        ),
        ("receipts", to_us("<received xmlns='urn:xmpp:receipts' id='m1'/>")),
        ("markers", to_us("<displayed xmlns='urn:xmpp:chat-markers:0' id='m1'/>")),
        ("states", to_us("<composing xmlns='http://jabber.org/protocol/chatstates'/>")),
        (
            "reactions",
            in_room("<reactions xmlns='urn:xmpp:reactions:0' id='m1'><reaction>⛵</reaction><reaction>👍</reaction></reactions>"),
        ),
        ("replies", with_id("m9", "<body>aye</body><reply xmlns='urn:xmpp:reply:0' id='m1'/>")),
        ("retractions", in_room("<retract xmlns='urn:xmpp:message-retract:1' id='m7'><reason>off course</reason></retract>")),
        ("attachments", in_room(&format!("<body>a chart</body><x xmlns='jabber:x:oob'>{attachment}</x>"))),
        (
            "html",
            in_room(
                "<body>ahoy</body><html xmlns='http://jabber.org/protocol/xhtml-im'><body xmlns='http://www.w3.org/1999/xhtml'>\
                 <b>ahoy</b></body></html>",
            ),
        ),
        (
            "ids",
            with_id("m7", &format!("<body>ahoy</body>{stanza_id}<origin-id xmlns='urn:xmpp:sid:0' id='m7'/>\
                <occupant-id xmlns='urn:xmpp:occupant-id:0' id='dd72603d'/>")),
        ),
        ("subjects", in_room("<subject>ships and tides</subject>")),
        ("roles", format!("<presence {LOU_IN_ROOM}>{}</presence>", user("<item role='participant' affiliation='member'/>"))),
        (
            "roles",
            format!("<message from='deck@muc.x.example' to='kim@x.example/web'>{}</message>", user("<item jid='lou@x.example' affiliation='member'/>")),
        ),
        ("roles", format!("<presence {LOU_IN_ROOM} type='unavailable'>{}</presence>", user(kicked))),
        (
            "invites",
            format!("<message {LOU}><x xmlns='jabber:x:conference' jid='deck@muc.x.example' reason='come aboard'/></message>"),
        ),
        ("nicks", "<presence from='deck@muc.x.example/kim_' to='kim@x.example/web'/>".to_owned()),
        ("occupants", format!("<presence {LOU_IN_ROOM}/>")),
        (
            "avatars",
            event("lou@x.example", &format!("<items node='urn:xmpp:avatar:metadata'><item id='1'><metadata xmlns='urn:xmpp:avatar:metadata'>{avatar}</metadata></item></items>")),
        ),
        (
            "bookmarks",
            event("kim@x.example", &format!("<items node='urn:xmpp:bookmarks:1'><item id='deck@muc.x.example'>{conference}</item></items>")),
        ),
    ]
}

#[test]
fn what_is_told_unasked_is_what_a_server_is_made_into() {
    let blocks = GUIDE.blocks().into_iter().filter_map(|(kind, value)| Some((kind.split_once(' ')?.1, value)));
    let mut shown: Vec<(&str, Value)> = blocks.collect();
    for (extension, xml) in told_unasked() {
        let mut session = Session::in_room(&[extension]);
        let mut out = match extension {
            "connection" => {
                session.feed(Input::Down(Down::Lost(Cause::default())));
                session.up(true)
            }
            "nicks" => {
                let taken = "<presence type='error' from='deck@muc.x.example/kim'><error type='cancel'>
                    <conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>";
                assert_eq!(session.hear(taken).push, []);
                session.hear(&xml)
            }
            "occupants" => {
                let me = "<x xmlns='http://jabber.org/protocol/muc#user'><status code='110'/></x>";
                session.hear(&format!("<presence from='deck@muc.x.example/kim' to='{ME}'>{me}</presence>"));
                session.hear(&xml);
                // With others, once there are more or some time has passed.
                session.now.instant += Duration::from_secs(1);
                session.feed(Input::Tick)
            }
            _ => session.hear(&xml),
        };
        let push = out.push.pop().unwrap_or_else(|| panic!("nothing is told: {xml}"));
        let (of, example) = shown.remove(0);
        assert_eq!((of, serde_json::to_value(push).expect("JSON")), (extension, example));
    }
    assert_eq!(shown, []);
}
