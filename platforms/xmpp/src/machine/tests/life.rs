//! A connection's life (platforms.md 8.3).

use std::time::Duration;

use serde_json::{Value, json};
use tokio_xmpp::Stanza;
use xmpp_parsers::jid::FullJid;

use super::bench::{ACTOR, Bench, element};
use crate::machine::{Cause, Dial, Down, Input, LinkOrder, Up};

fn reset() -> Cause {
    Cause { name: "Error", message: "read ECONNRESET".to_owned(), ..Cause::default() }
}

fn conflict() -> Cause {
    let said = "Replaced by new connection".to_owned();
    let condition = Some("conflict".to_owned());
    Cause { name: "StreamError", message: format!("conflict - {said}"), condition, said: Some(said) }
}

fn told(status: &str, condition: &str, error: &str) -> Value {
    json!({"type": "connect", "actor": {"type": "person", "id": ACTOR}, "error": error,
        "object": {"type": "connect", "status": status, "condition": condition}})
}

fn dialled(order: Option<&LinkOrder>) -> Duration {
    match order {
        Some(LinkOrder::Dial(dial)) => dial.after,
        other => panic!("{other:?} is no dial"),
    }
}

// xmpp 1
#[test]
fn connecting_is_quiet() {
    let mut bench = Bench::idle();
    assert!(!bench.machine.is_initialised());
    let out = bench.connect(&[]);
    assert_eq!(out.link, Some(LinkOrder::Dial(Dial { after: Duration::ZERO, resume: false })));
    assert!(out.done.is_empty());
    let out = bench.up(false);
    assert_eq!((out.done, out.sent, out.pushed), (vec![Ok(Value::Null)], vec![], vec![]));
    assert!(bench.machine.is_initialised());
    // Again.
    let out = bench.connect(&[]);
    assert_eq!((out.done, out.link), (vec![Ok(Value::Null)], None));
}

// xmpp 2, 3
#[test]
fn a_refusal_is_told_in_the_ack_and_nothing_goes_on_behind() {
    let mut bench = Bench::idle();
    let _ = bench.connect(&[]);
    let message = "not-authorized - Bad password".to_owned();
    let cause = Cause { name: "SASLError", message, condition: Some("not-authorized".to_owned()), said: None };
    let out = bench.handle(Input::Down(Down::Failed(cause)));
    let text = "connection failed: not-authorized - Bad password. (service: x.example)".to_owned();
    assert_eq!((out.done, out.pushed, out.link), (vec![Err(text)], vec![], None));
    assert!(!bench.machine.is_initialised() && bench.machine.deadline().is_none());
    let _ = bench.connect(&[]);
    assert_eq!(bench.up(false).done, [Ok(Value::Null)]);
}

#[test]
fn a_server_that_is_not_there_is_not_dialled_again_unless_it_was_there() {
    let mut bench = Bench::idle();
    let _ = bench.connect(&[]);
    let cause = Cause { name: "Error", message: "connect ECONNREFUSED".to_owned(), ..Cause::default() };
    let out = bench.handle(Input::Down(Down::Lost(cause)));
    assert_eq!(out.done, [Err("connection failed: connect ECONNREFUSED. (service: x.example)".to_owned())]);
    assert_eq!(out.link, None);
}

#[test]
fn a_dial_that_takes_too_long_is_given_up() {
    let mut bench = Bench::idle();
    let _ = bench.connect(&[]);
    assert!(bench.later(11).done.is_empty());
    let out = bench.later(1);
    assert_eq!(out.done, [Err("connection failed: no connection within 10 s. (service: x.example)".to_owned())]);
    assert_eq!(out.link, Some(LinkOrder::Close));
}

// xmpp 25
#[test]
fn a_lost_connection_is_told_once_and_taken_up_with_growing_pauses() {
    let mut bench = Bench::with(&[]);
    let out = bench.handle(Input::Down(Down::Lost(reset())));
    let text = "Connection lost: Error: read ECONNRESET. Attempting automatic reconnection...";
    assert_eq!(out.pushed, [told("reconnecting", "network", text)]);
    assert!(dialled(out.link.as_ref()) <= Duration::from_secs(1));
    assert!(bench.machine.is_initialised());
    let out = bench.call("update", &json!({"object": {"type": "presence"}}));
    assert_eq!(out.done, [Err("not connected".to_owned())]);
    let mut pauses = Vec::new();
    for _ in 0..10 {
        let out = bench.handle(Input::Down(Down::Lost(reset())));
        assert!(out.pushed.is_empty());
        pauses.push(dialled(out.link.as_ref()));
    }
    assert!(pauses[9] >= Duration::from_secs(30) && pauses[9] <= Duration::from_mins(1));
    let out = bench.up(false);
    assert_eq!((out.pushed, out.sent), (vec![], vec![]));
}

#[test]
fn who_asks_for_it_is_told_that_the_connection_is_there_again() {
    let mut bench = Bench::with(&["connection"]);
    for (resumed, condition) in [(true, "resumed"), (false, "restored")] {
        let _ = bench.handle(Input::Down(Down::Lost(reset())));
        let want = json!({"type": "connect", "actor": {"type": "person", "id": ACTOR},
            "object": {"type": "connect", "status": "online", "condition": condition}});
        assert_eq!(bench.up(resumed).pushed, [want]);
    }
}

#[test]
fn connecting_while_a_pause_lasts_ends_it() {
    let mut bench = Bench::with(&[]);
    let _ = bench.handle(Input::Down(Down::Lost(reset())));
    let out = bench.connect(&[]);
    assert_eq!(out.link, Some(LinkOrder::Dial(Dial { after: Duration::ZERO, resume: true })));
    assert_eq!(bench.up(true).done, [Ok(Value::Null)]);
}

#[test]
fn an_orderly_end_is_not_told() {
    let mut bench = Bench::with(&[]);
    let out = bench.handle(Input::Down(Down::Closed));
    assert!(out.pushed.is_empty());
    assert!(!dialled(out.link.as_ref()).is_zero());
}

// xmpp 23
#[test]
fn whoever_loses_their_resource_is_told_once_and_does_not_take_it_back() {
    let mut bench = Bench::with(&[]);
    let out = bench.handle(Input::Down(Down::Failed(conflict())));
    let text = "Connection failed: StreamError: conflict - Replaced by new connection. Manual reconnection required.";
    let error = json!({"type": "error", "actor": {"type": "person", "id": "unknown"},
        "error": "Replaced by new connection", "object": {"type": "message", "condition": "conflict"}});
    assert_eq!(out.pushed, [told("failed", "conflict", text), error]);
    assert_eq!(out.link, None);
    assert!(!bench.machine.is_initialised() && bench.machine.deadline().is_none());
}

// xmpp 27
#[test]
fn disconnecting_forgets_and_connecting_works_again() {
    let mut bench = Bench::in_room(&[]);
    let out = bench.call("disconnect", &json!({}));
    assert_eq!((out.done, out.link), (vec![Ok(Value::Null)], Some(LinkOrder::Close)));
    // Before it has closed.
    assert_eq!(bench.connect(&[]).link, None);
    let out = bench.handle(Input::Down(Down::Closed));
    assert!(dialled(out.link.as_ref()).is_zero());
    assert_eq!(bench.up(false).sent, Vec::<String>::new());
    let out = bench.hear("<presence from='deck@muc.x.example/lou' to='io@x.example/web'/>");
    assert_eq!(out.pushed[0]["actor"]["type"], "person");
}

#[test]
fn a_question_outlives_a_cut_if_the_stream_does() {
    let ask = json!({"object": {"type": "roster"}});
    let mut bench = Bench::with(&[]);
    let _ = bench.call("query", &ask);
    let _ = bench.handle(Input::Down(Down::Lost(reset())));
    assert!(bench.up(true).done.is_empty());
    let _ = bench.handle(Input::Down(Down::Lost(reset())));
    assert_eq!(bench.up(false).done, [Err("the connection was lost before an answer came".to_owned())]);
}

#[test]
fn presence_and_rooms_are_there_again_on_a_new_stream_and_untouched_on_a_resumed_one() {
    let mut bench = Bench::in_room(&[]);
    let away = json!({"object": {"type": "presence", "presence": "away", "content": "lunch"}});
    let _ = bench.call("update", &away);
    let _ = bench.handle(Input::Down(Down::Lost(reset())));
    assert!(bench.up(true).sent.is_empty());
    let _ = bench.handle(Input::Down(Down::Lost(reset())));
    let out = bench.up(false);
    assert!(out.sent[0].contains("<show>away</show><status>lunch</status>"), "{:?}", out.sent);
    assert!(out.sent[1].contains("to=\"deck@muc.x.example/io\"") && out.sent[1].contains("<history seconds=\"120\"/>"));
    assert_eq!(out.sent.len(), 2);
}

#[test]
fn a_room_that_does_not_answer_is_knocked_at_until_it_does() {
    let mut bench = Bench::in_room(&[]);
    let _ = bench.handle(Input::Down(Down::Lost(reset())));
    assert_eq!(bench.up(false).sent.len(), 1);
    assert!(bench.later(29).sent.is_empty());
    // What was missed grows with it.
    assert!(bench.later(1).sent[0].contains("<history seconds=\"150\"/>"));
    let refused = "<presence type='error' from='deck@muc.x.example/io'><error type='wait'>
        <conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>";
    assert!(bench.hear(refused).pushed.is_empty());
    assert_eq!(bench.later(30).sent.len(), 1);
    let own = "<presence from='deck@muc.x.example/io'><x xmlns='http://jabber.org/protocol/muc#user'><status code='110'/></x></presence>";
    let _ = bench.hear(own);
    assert!(bench.later(60).sent.is_empty());
}

#[test]
fn what_was_not_acknowledged_is_said_again_in_rooms_once_they_are_entered() {
    let mut bench = Bench::in_room(&[]);
    let _ = bench.handle(Input::Down(Down::Lost(reset())));
    let stanza = |xml: &str| Stanza::try_from(element(xml)).unwrap();
    let unacked = vec![
        stanza("<message type='chat' to='ann@x.example' id='1'><body>a</body></message>"),
        stanza("<message type='groupchat' to='deck@muc.x.example' id='2'><body>b</body></message>"),
        stanza("<presence/>"),
        stanza("<iq type='get' id='3'><query xmlns='jabber:iq:roster'/></iq>"),
    ];
    let bound = FullJid::new(ACTOR).unwrap();
    let out = bench.handle(Input::Up(Up { bound, resumed: false, unacked }));
    assert_eq!(out.sent.len(), 2, "{:?}", out.sent);
    assert!(out.sent[0].starts_with("<presence ") && out.sent[1].contains("<body>a</body>"));
    let said =
        json!({"target": {"id": "deck@muc.x.example", "type": "room"}, "object": {"type": "message", "content": "c"}});
    let out = bench.call("send", &said);
    assert_eq!((out.done, out.sent), (vec![Ok(Value::Null)], vec![]));
    let out = bench.hear(
        "<presence from='deck@muc.x.example/io'><x xmlns='http://jabber.org/protocol/muc#user'><status code='110'/></x></presence>",
    );
    assert!(out.sent.len() == 2 && out.sent[0].contains("<body>b</body>") && out.sent[1].contains("<body>c</body>"));
}

#[test]
fn what_a_room_repeats_is_told_once() {
    let mut bench = Bench::in_room(&[]);
    let said = |id: &str, delay: &str| {
        format!("<message type='groupchat' from='deck@muc.x.example/lou' id='{id}'><body>x</body>{delay}</message>")
    };
    assert_eq!(bench.hear(&said("1", "")).pushed.len(), 1);
    let delay = "<delay xmlns='urn:xmpp:delay' stamp='2026-02-03T04:05:06Z'/>";
    assert!(bench.hear(&said("1", delay)).pushed.is_empty());
    assert_eq!(bench.hear(&said("2", delay)).pushed.len(), 1);
}

#[test]
fn stanzas_of_a_connection_that_is_gone_mean_nothing() {
    let mut bench = Bench::with(&[]);
    let _ = bench.call("disconnect", &json!({}));
    let out = bench.hear("<message from='ann@x.example'><body>x</body></message>");
    assert!(out.pushed.is_empty() && out.sent.is_empty());
}

#[test]
fn who_gives_up_waiting_leaves_no_dial_behind() {
    let mut bench = Bench::idle();
    let _ = bench.connect(&[]);
    let out = bench.handle(Input::Cancel(crate::machine::Ticket(1)));
    assert_eq!(out.link, Some(LinkOrder::Close));
}
