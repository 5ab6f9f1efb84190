//! Rooms: being in them, and what one is told of them.

use serde_json::{Value, json};

use super::bench::{ACTOR, Bench, attribute};
use crate::map::Ignored;

const USER: &str = "xmlns='http://jabber.org/protocol/muc#user'";

fn refused(nick: &str, condition: &str) -> String {
    format!(
        "<presence type='error' from='deck@muc.x.example/{nick}' to='{ACTOR}'><error type='cancel'>
         <{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>"
    )
}

fn join() -> Value {
    json!({"target": {"id": "deck@muc.x.example", "type": "room"}})
}

#[test]
fn a_nick_that_is_taken_is_told_or_changed_as_wanted() {
    let mut bench = Bench::with(&[]);
    let _ = bench.call("join", &join());
    let out = bench.hear(&refused("io", "conflict"));
    assert!(out.pushed[0]["error"].as_str().unwrap().contains("<conflict ") && out.sent.is_empty());
    // It may be tried again.
    assert_eq!(bench.call("join", &join()).sent.len(), 1);

    let mut bench = Bench::with(&["nicks"]);
    let _ = bench.call("join", &join());
    let mut nick = "io".to_owned();
    for _ in 0..5 {
        let out = bench.hear(&refused(&nick, "conflict"));
        nick.push('_');
        assert_eq!(attribute(&out.sent[0], "to"), format!("deck@muc.x.example/{nick}"));
        assert!(out.pushed.is_empty());
    }
    assert_eq!(bench.hear(&refused(&nick, "conflict")).pushed.len(), 1);
}

#[test]
fn a_room_that_does_not_answer_can_be_knocked_at_again() {
    let mut bench = Bench::with(&[]);
    assert_eq!(bench.call("join", &join()).sent.len(), 1);
    assert_eq!(bench.call("join", &join()).sent.len(), 0);
    let _ = bench.later(10);
    assert_eq!(bench.call("join", &join()).sent.len(), 1);
    assert_eq!(bench.call("join", &join()).sent.len(), 0);
}

#[test]
fn a_refusal_from_a_room_that_we_are_in_changes_nothing() {
    let mut bench = Bench::in_room(&[]);
    assert_eq!(bench.hear(&refused("io", "forbidden")).pushed.len(), 1);
    let out = bench.hear(&format!("<presence from='deck@muc.x.example/lou' to='{ACTOR}'/>"));
    assert_eq!(out.pushed[0]["actor"]["type"], "room");
}

#[test]
fn our_own_new_nick_is_where_we_leave() {
    let mut bench = Bench::in_room(&[]);
    let _ = bench.hear(&format!(
        "<presence type='unavailable' from='deck@muc.x.example/io'><x {USER}><item nick='ion'/><status code='303'/>
         <status code='110'/></x></presence>"
    ));
    let _ =
        bench.hear(&format!("<presence from='deck@muc.x.example/ion'><x {USER}><status code='110'/></x></presence>"));
    assert_eq!(attribute(&bench.call("leave", &join()).sent[0], "to"), "deck@muc.x.example/ion");
}

#[test]
fn whoever_was_removed_does_not_come_back_by_themselves() {
    let mut bench = Bench::in_room(&[]);
    let out = bench.hear(&format!(
        "<presence type='unavailable' from='deck@muc.x.example/io' to='{ACTOR}'><x {USER}><status code='307'/>
         <status code='110'/></x></presence>"
    ));
    assert_eq!((&out.pushed[0]["actor"]["type"], out.pushed.len()), (&json!("room"), 1));
    assert_eq!(bench.call("join", &join()).sent.len(), 1);
}

#[test]
fn a_silent_room_is_asked_whether_we_are_still_in_it() {
    let mut bench = Bench::in_room(&[]);
    assert!(bench.later(599).sent.is_empty());
    let ping = bench.later(1).sent.remove(0);
    assert_eq!(attribute(&ping, "to"), "deck@muc.x.example/io");
    let answer = |id: &str, kind: &str, inside: &str| {
        format!("<iq type='{kind}' id='{id}' from='deck@muc.x.example/io'>{inside}</iq>")
    };
    let out = bench.hear(&answer(&attribute(&ping, "id"), "result", ""));
    assert_eq!((out.ignored, out.sent), (vec![Ignored::Ours], vec![]));
    let error = |condition: &str| {
        format!("<error type='cancel'><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>")
    };
    let ping = bench.later(600).sent.remove(0);
    let out = bench.hear(&answer(&attribute(&ping, "id"), "error", &error("service-unavailable")));
    assert!(out.sent.is_empty());
    let ping = bench.later(600).sent.remove(0);
    let out = bench.hear(&answer(&attribute(&ping, "id"), "error", &error("not-acceptable")));
    assert!(out.sent[0].starts_with("<presence ") && out.sent[0].contains("<history seconds="), "{:?}", out.sent);
    assert!(out.pushed.is_empty());
}

#[test]
fn a_ping_without_an_answer_is_asked_again() {
    let mut bench = Bench::in_room(&[]);
    assert_eq!(bench.later(600).sent.len(), 1);
    assert!(bench.later(20).sent.is_empty());
    assert_eq!(bench.later(600).sent.len(), 1);
}

#[test]
fn a_thousand_occupants_are_told_in_few_pushes() {
    let mut bench = Bench::with(&["occupants", "roles"]);
    let _ = bench.call("join", &join());
    let (mut pushes, mut people) = (0, 0);
    let mut count = |pushed: &[Value]| {
        pushes += pushed.len();
        people += pushed.iter().map(|push| push["object"]["items"].as_array().unwrap().len()).sum::<usize>();
    };
    for number in 0..1000 {
        count(
            &bench
                .hear(&format!(
                    "<presence from='deck@muc.x.example/n{number}' to='{ACTOR}'><show>away</show><x {USER}>
             <item role='participant' affiliation='member'/></x></presence>"
                ))
                .pushed,
        );
    }
    let own = bench.hear(&format!(
        "<presence from='deck@muc.x.example/io' to='{ACTOR}'><x {USER}><status code='110'/></x></presence>"
    ));
    let want = json!({"id": "deck@muc.x.example/io", "name": "io", "presence": "online"});
    assert_eq!(own.pushed[0]["object"]["items"].as_array().unwrap().last(), Some(&want));
    count(&own.pushed);
    assert!(pushes <= 20 && people == 1001, "{people} in {pushes}");

    // Changes wait for others, but not for ever; the latest counts.
    for show in ["away", "dnd"] {
        let out =
            bench.hear(&format!("<presence from='deck@muc.x.example/n1' to='{ACTOR}'><show>{show}</show></presence>"));
        assert_eq!(out.ignored, [Ignored::Gathered]);
    }
    let out = bench.later(1);
    let want = json!({"type": "update", "actor": {"type": "room", "id": "deck@muc.x.example"},
        "target": {"type": "person", "id": ACTOR},
        "object": {"type": "occupants", "items": [{"id": "deck@muc.x.example/n1", "name": "n1", "presence": "dnd"}]}});
    assert_eq!(out.pushed, [want]);
}
