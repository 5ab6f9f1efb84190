//! The ledger against replies and arrivals as Redis, other nodes and accidents make them.

use super::*;
use crate::conformance::props::{failed, job};

const ME: u64 = 1;
const OTHER: u64 = 2;

fn node(number: u64) -> NodeId {
    NodeId::numbered(number)
}

fn ledger() -> Ledger {
    Ledger::new(node(ME), vec!["dummy".into()], usize::MAX)
}

fn entry_id(text: &str) -> EntryId {
    EntryId::parse(text).expect("milliseconds and a number")
}

fn place(stream: usize, entry: &str) -> Place {
    Place { stream, entry: entry_id(entry) }
}

/// A job of this node's, read back from its stream.
fn own(id: u128, entry: &str) -> Arrival {
    Arrival { place: place(0, entry), content: Content::Job { id: JobId(id), asker: node(ME), job: None } }
}

/// A job of another node's, in the shared stream.
fn foreign(id: u128, entry: &str) -> Arrival {
    let job = Some(Box::new(job(id, 9, 10)));
    Arrival { place: place(1, entry), content: Content::Job { id: JobId(id), asker: node(OTHER), job } }
}

fn submit(ledger: &mut Ledger, id: u128) {
    ledger.submit(job(id, 1, 1), Instant::now()).expect("room");
}

fn arrive(ledger: &mut Ledger, arrival: Arrival) -> Option<End> {
    let end = ledger.arrived(arrival, Instant::now());
    ledger.begin();
    end
}

/// Carries out the next round: Redis remembers all before it, and every take wins.
fn turn(ledger: &mut Ledger) -> Round {
    let before = ledger.confirmed;
    turn_with(ledger, before, true).0
}

fn turn_with(ledger: &mut Ledger, before: u64, won: bool) -> (Round, Vec<(u128, Outcome)>, usize) {
    let round = ledger.next_round().expect("something to write");
    let entries = round.submits.iter().map(|(job, _)| entry_id(&format!("{}-{}", round.number, job.id.0))).collect();
    let reply = Reply { before, inherited: false, won: vec![won; round.takes.len()], entries };
    let applied = ledger.apply(&round, &reply);
    (round, ids(applied.ends), applied.again)
}

fn ids(ends: impl IntoIterator<Item = End>) -> Vec<(u128, Outcome)> {
    ends.into_iter().map(|(job, outcome)| (job.id.0, outcome)).collect()
}

fn leased(ledger: &mut Ledger, max: usize) -> Vec<u128> {
    let batch = ledger.lease(max).and_then(Result::ok).unwrap_or_default();
    batch.into_iter().map(|job| job.id.0).collect()
}

/// Brings an own job to where it is leased.
fn run(ledger: &mut Ledger, id: u128) {
    submit(ledger, id);
    turn(ledger);
    arrive(ledger, own(id, "1-0"));
    assert_eq!(leased(ledger, 1), Vec::<u128>::new());
    turn(ledger);
    assert_eq!(leased(ledger, 1), [id]);
}

#[test]
fn a_job_is_written_read_taken_leased_and_ended() {
    let mut ledger = ledger();
    run(&mut ledger, 7);
    assert_eq!(ledger.depth().running, 1);
    let (lane, end) = ledger.finish(JobId(7), Outcome::Unchanged).expect("leased");
    ledger.vacate(lane);
    assert_eq!(ids(end), [(7, Outcome::Unchanged)]);
    assert_eq!(ledger.depth(), Depth::default());
    assert!(ledger.is_quiet());
}

#[test]
fn nothing_is_taken_that_nobody_waits_for() {
    let mut ledger = ledger();
    submit(&mut ledger, 7);
    turn(&mut ledger);
    arrive(&mut ledger, own(7, "1-7"));
    assert!(ledger.next_round().is_none());
    assert!(ledger.is_worth_a_lease(), "a lessee is to say that it wants it");
}

#[test]
fn a_job_may_be_read_before_the_reply_to_its_writing() {
    let mut ledger = ledger();
    submit(&mut ledger, 7);
    let round = ledger.next_round().expect("a job");
    arrive(&mut ledger, own(7, "1-0"));
    let reply = Reply { entries: vec![entry_id("1-0")], ..Reply::default() };
    ledger.apply(&round, &reply);
    leased(&mut ledger, 1);
    assert_eq!(turn(&mut ledger).takes, [(JobId(7), place(0, "1-0"), None)]);
}

#[test]
fn who_loses_the_entry_waits_for_word_of_the_job() {
    let mut ledger = ledger();
    submit(&mut ledger, 7);
    turn(&mut ledger);
    arrive(&mut ledger, own(7, "1-0"));
    leased(&mut ledger, 1);
    turn_with(&mut ledger, 1, false);
    assert_eq!(leased(&mut ledger, 1), Vec::<u128>::new());
    let begun = Content::Begun { id: JobId(7), by: node(OTHER) };
    assert!(arrive(&mut ledger, Arrival { place: place(0, "2-0"), content: begun }).is_none());
    assert_eq!(ledger.depth().running, 1);
    let ended = Content::Ended { id: JobId(7), outcome: Outcome::Unchanged };
    let end = arrive(&mut ledger, Arrival { place: place(0, "3-0"), content: ended });
    assert_eq!(ids(end), [(7, Outcome::Unchanged)]);
    assert_eq!(turn(&mut ledger).drops, [place(0, "2-0"), place(0, "3-0")]);
}

#[test]
fn jobs_of_other_nodes_are_answered_through_redis_and_their_nodes_told_who_began() {
    let mut ledger = ledger();
    arrive(&mut ledger, foreign(7, "1-0"));
    leased(&mut ledger, 1);
    assert_eq!(turn(&mut ledger).takes, [(JobId(7), place(1, "1-0"), Some(node(OTHER)))]);
    assert_eq!(leased(&mut ledger, 1), [7]);
    let (lane, end) = ledger.finish(JobId(7), Outcome::Unchanged).expect("leased");
    ledger.vacate(lane);
    assert!(end.is_none());
    assert_eq!(turn(&mut ledger).tells, [(node(OTHER), JobId(7), Outcome::Unchanged)]);
}

#[test]
fn what_redis_forgot_is_written_again_unless_it_had_begun() {
    let mut ledger = ledger();
    run(&mut ledger, 1);
    // One is written, one read, one being taken when Redis loses everything.
    for id in 2..5 {
        ledger.submit(job(id, u8::try_from(id).expect("small"), 1), Instant::now()).expect("room");
    }
    turn(&mut ledger);
    arrive(&mut ledger, own(3, "2-3"));
    leased(&mut ledger, 1);
    arrive(&mut ledger, own(4, "2-4"));
    let (_, ends, again) = turn_with(&mut ledger, 0, false);
    assert_eq!((ends, again), (Vec::new(), 3));
    let round = turn(&mut ledger);
    let mut written: Vec<u128> = round.submits.iter().map(|(job, _)| job.id.0).collect();
    written.sort_unstable();
    assert_eq!(written, [2, 3, 4]);
}

#[test]
fn an_entry_that_was_on_its_way_to_be_taken_when_redis_forgot_it_is_written_again() {
    let mut ledger = ledger();
    submit(&mut ledger, 1);
    turn(&mut ledger);
    ledger.wake_reader();
    let under_way = ledger.next_round().expect("a wake-up");
    arrive(&mut ledger, own(1, "1-0"));
    leased(&mut ledger, 1);
    // The reply tells that all is forgotten, while the take waits for the next round.
    ledger.apply(&under_way, &Reply::default());
    turn_with(&mut ledger, 2, false);
    assert_eq!(turn(&mut ledger).submits.len(), 1);
}

#[test]
fn what_an_heir_took_over_is_neither_taken_nor_written_again() {
    let mut ledger = ledger();
    submit(&mut ledger, 1);
    turn(&mut ledger);
    arrive(&mut ledger, own(1, "1-0"));
    submit(&mut ledger, 2);
    let round = ledger.next_round().expect("a job");
    let reply = Reply { before: 1, inherited: true, won: Vec::new(), entries: vec![entry_id("2-0")] };
    ledger.apply(&round, &reply);
    assert_eq!(leased(&mut ledger, 9), Vec::<u128>::new());
    let taken = turn(&mut ledger).takes.into_iter().map(|(id, ..)| id.0).collect::<Vec<_>>();
    assert_eq!(taken, [2], "only what was written after the inheritance is still its own");
    let ended = Content::Ended { id: JobId(1), outcome: failed("no") };
    assert_eq!(ids(arrive(&mut ledger, Arrival { place: place(0, "3-0"), content: ended })), [(1, failed("no"))]);
}

#[test]
fn a_job_that_comes_up_again_after_it_began_or_ended_is_dropped() {
    let mut ledger = ledger();
    run(&mut ledger, 1);
    arrive(&mut ledger, own(1, "9-0"));
    arrive(&mut ledger, own(2, "9-1"));
    assert_eq!(turn(&mut ledger).drops, [place(0, "9-0"), place(0, "9-1")]);
    assert_eq!(leased(&mut ledger, 9), Vec::<u128>::new());
}

#[test]
fn a_refused_round_fails_its_jobs_and_keeps_everything_else() {
    let mut ledger = ledger();
    arrive(&mut ledger, foreign(7, "1-0"));
    leased(&mut ledger, 1);
    submit(&mut ledger, 1);
    let round = ledger.next_round().expect("a take and a job");
    assert_eq!(ids(ledger.refuse(round, "no memory")), [(1, failed("no memory"))]);
    let again = turn(&mut ledger);
    assert_eq!((again.takes.len(), again.submits.len()), (1, 0));
    assert_eq!(leased(&mut ledger, 1), [7]);
}

#[test]
fn a_job_that_ends_while_it_is_taken_is_run_by_nobody() {
    let mut ledger = ledger();
    submit(&mut ledger, 1);
    turn(&mut ledger);
    arrive(&mut ledger, own(1, "1-0"));
    leased(&mut ledger, 1);
    let round = ledger.next_round().expect("a take");
    let ends = ledger.fail_lane(&job(1, 1, 1).lane, "gone");
    assert_eq!(ids(ends), [(1, failed("gone"))]);
    ledger.apply(&round, &Reply { before: 1, won: vec![true], ..Reply::default() });
    assert_eq!(leased(&mut ledger, 1), Vec::<u128>::new());
    assert_eq!(ledger.depth(), Depth::default());
}

#[test]
fn a_closed_queue_leaves_what_others_wait_for_to_others() {
    let mut ledger = ledger();
    submit(&mut ledger, 1);
    arrive(&mut ledger, foreign(7, "1-0"));
    assert_eq!(ids(ledger.close("over")), [(1, failed("over"))]);
    arrive(&mut ledger, foreign(8, "1-1"));
    assert!(ledger.next_round().is_none(), "neither is taken, dropped or answered");
    assert_eq!(ledger.lease(1).map(Result::err), Some(Some(LeaseError::Closed)));
}

#[test]
fn a_job_of_another_node_that_is_taken_while_the_queue_closes_is_answered() {
    let mut ledger = ledger();
    arrive(&mut ledger, foreign(7, "1-0"));
    leased(&mut ledger, 1);
    let round = ledger.next_round().expect("a take");
    ledger.close("over");
    assert!(ledger.lease(1).is_none(), "not over yet");
    ledger.apply(&round, &Reply { won: vec![true], ..Reply::default() });
    assert_eq!(turn(&mut ledger).tells, [(node(OTHER), JobId(7), failed("over"))]);
    assert_eq!(ledger.lease(1).map(Result::err), Some(Some(LeaseError::Closed)));
}

#[test]
fn giving_up_ends_all_but_what_runs_here() {
    let mut ledger = ledger();
    run(&mut ledger, 1);
    for id in 2..4 {
        submit(&mut ledger, id);
    }
    let ends = ids(ledger.give_up());
    assert_eq!(ends, [(2, failed(UNREACHABLE)), (3, failed(UNREACHABLE))]);
    assert_eq!(ledger.depth().running, 1);
    assert!(ledger.next_round().is_none_or(|round| round.submits.is_empty()), "what ended is not written");
}

#[test]
fn what_a_dead_node_had_begun_ends_and_what_vanished_does_after_a_while() {
    let mut ledger = ledger();
    for id in 1..3 {
        submit(&mut ledger, id);
    }
    turn(&mut ledger);
    let begun = Content::Begun { id: JobId(1), by: node(OTHER) };
    arrive(&mut ledger, Arrival { place: place(0, "2-0"), content: begun });
    arrive(&mut ledger, own(2, "1-1"));
    leased(&mut ledger, 1);
    turn_with(&mut ledger, 1, false);
    assert_eq!(ids(ledger.give_up_on(&[node(3)], None)), []);
    assert_eq!(ids(ledger.give_up_on(&[node(OTHER)], None)), [(1, failed(PEER_DIED))]);
    let later = Instant::now() + std::time::Duration::from_secs(1);
    assert_eq!(ids(ledger.give_up_on(&[], Some(later))), [(2, failed(VANISHED))]);
}

#[test]
fn a_node_that_holds_enough_of_a_shared_stream_leaves_the_rest_to_others() {
    let mut ledger = ledger();
    for id in 0..HOARD as u128 {
        assert_eq!(ledger.readable().collect::<Vec<_>>(), [0, 1]);
        arrive(&mut ledger, foreign(id, &format!("1-{id}")));
    }
    assert_eq!(ledger.readable().collect::<Vec<_>>(), [0]);
    leased(&mut ledger, 1);
    assert_eq!(ledger.readable().collect::<Vec<_>>(), [0, 1], "one is being taken");
}

#[test]
fn garbled_jobs_of_others_are_answered() {
    let mut ledger = ledger();
    let garbled = |job| Arrival { place: place(1, "1-0"), content: Content::Garbled { job } };
    arrive(&mut ledger, garbled(None));
    arrive(&mut ledger, garbled(Some((JobId(7), node(OTHER)))));
    let round = turn(&mut ledger);
    assert_eq!(round.drops.len(), 2);
    assert_eq!(round.tells, [(node(OTHER), JobId(7), failed(VANISHED))]);
}
