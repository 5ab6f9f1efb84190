//! How many lines a second one core takes in: `cargo bench -p footbridge-irc`.
//!
//! Three figures: lines taken apart; lines that a session maps to activities; the same, with the activities as JSON.

use std::hint::black_box;
use std::time::{Duration, Instant};

use footbridge_irc::line::Line;
use footbridge_irc::machine::{Input, Machine, Now, Policy, Ticket};
use footbridge_irc::map::activity::Time;
use footbridge_irc::verbs::Request;
use footbridge_irc::webirc::Webirc;

/// What a channel looks like: mostly talk, some of it tagged, some coming and going, and the odd list of names.
const TRAFFIC: &[&str] = &[
    ":lou!~lou@cloak.example PRIVMSG #deck :all hands on deck, and bring the good rope this time",
    "@time=2026-03-01T10:00:00.000Z;msgid=k1;account=lou :lou!~lou@cloak.example PRIVMSG #deck :ahoy there",
    ":mia!m@host.example PRIVMSG #deck :\u{1}ACTION waves\u{1}",
    ":zoe!z@host.example JOIN #deck",
    ":zoe!z@host.example PART #deck :supper",
    ":irc.example NOTICE kai :the server is about to be mended",
    ":lou!~lou@cloak.example MODE #deck +v mia",
    ":irc.example 353 kai = #deck :@lou kai +mia zoe bob carol dave erin",
    ":mia!m@host.example NICK :mina",
    "PING :irc.example",
];

const CONNECT: &str = r#"{"type":"connect","actor":{"id":"kai@irc.example","type":"person"}}"#;
const CREDENTIALS: &str = r#"{"type":"credentials","actor":{"id":"kai@irc.example","type":"person"},
    "object":{"type":"credentials","nick":"kai","server":"irc.example","secure":false}}"#;

/// How long each figure is measured.
const MEASURED: Duration = Duration::from_secs(2);

fn main() {
    let mut session = registered();
    let parsed = rate(|line| drop(black_box(Line::parse(line.as_bytes()))));
    let mapped = rate(|line| {
        take_in(&mut session, line);
        black_box(session.outputs());
    });
    let mut json = Vec::new();
    let written = rate(|line| {
        take_in(&mut session, line);
        for activity in session.outputs().push {
            json.clear();
            serde_json::to_writer(&mut json, &activity).expect("activities are JSON");
            black_box(&json);
        }
    });
    println!("parsed {parsed:.0} lines/s, mapped {mapped:.0} lines/s, mapped to JSON {written:.0} lines/s");
}

/// Lines a second, over the whole of the traffic.
fn rate(mut each: impl FnMut(&str)) -> f64 {
    let (start, mut lines) = (Instant::now(), 0_u32);
    while start.elapsed() < MEASURED {
        for line in TRAFFIC.iter().cycle().take(1_000) {
            each(line);
        }
        lines += 1_000;
    }
    f64::from(lines) / start.elapsed().as_secs_f64()
}

/// A session that its server knows.
fn registered() -> Machine {
    let policy =
        Policy { connect_timeout: Duration::from_secs(30), reconnect: false, seed: 1, webirc: Webirc::default() };
    let mut machine = Machine::new(policy);
    let request = Request::parse("connect", CONNECT.as_bytes(), Some(CREDENTIALS.as_bytes())).expect("it can be done");
    machine.handle(Input::Call(Ticket(1), request), now());
    machine.handle(Input::Up, now());
    take_in(&mut machine, ":irc.example 001 kai :Welcome");
    assert!(machine.is_initialised());
    assert!(machine.outputs().done.iter().all(|(_, end)| end.is_ok()));
    machine
}

fn take_in(machine: &mut Machine, line: &str) {
    machine.handle(Input::Line(Line::parse(line.as_bytes()).expect("it is a line")), now());
}

fn now() -> Now {
    Now { instant: Instant::now(), time: Time(1_772_359_200_000) }
}
