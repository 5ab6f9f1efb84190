use super::*;
use proptest::prelude::*;

const SECOND: Duration = Duration::from_secs(1);

fn line(text: &str) -> Outgoing {
    Outgoing::new("PRIVMSG").trailing(text).unwrap()
}

fn pacer(burst: u32) -> Pacer {
    Pacer::new(Pace { burst, per_token: SECOND })
}

fn popped(pacer: &mut Pacer, now: Instant) -> Vec<String> {
    std::iter::from_fn(|| pacer.pop(now)).map(|line| line.text()).collect()
}

#[test]
fn a_burst_leaves_at_once_and_the_rest_one_by_one() {
    let (mut pacer, start) = (pacer(3), Instant::now());
    for number in 0..5 {
        pacer.push(Urgency::InTurn, line(&number.to_string())).unwrap();
    }
    assert_eq!(popped(&mut pacer, start), ["PRIVMSG :0", "PRIVMSG :1", "PRIVMSG :2"]);
    assert_eq!(pacer.ready_at(start), Some(start + SECOND));
    assert_eq!(popped(&mut pacer, start + Duration::from_millis(999)), [""; 0]);
    assert_eq!(popped(&mut pacer, start + SECOND), ["PRIVMSG :3"]);
    assert_eq!(popped(&mut pacer, start + 2 * SECOND), ["PRIVMSG :4"]);
    assert!(pacer.is_empty());
    assert_eq!(pacer.ready_at(start), None);
}

#[test]
fn silence_fills_the_bucket_again_but_not_beyond_its_size() {
    let (mut pacer, start) = (pacer(2), Instant::now());
    for _ in 0..6 {
        pacer.push(Urgency::InTurn, line("x")).unwrap();
    }
    assert_eq!(popped(&mut pacer, start).len(), 2);
    assert_eq!(popped(&mut pacer, start + 3600 * SECOND).len(), 2);
}

#[test]
fn what_is_urgent_never_waits_and_goes_first() {
    let (mut pacer, start) = (pacer(1), Instant::now());
    pacer.push(Urgency::InTurn, line("first")).unwrap();
    assert_eq!(popped(&mut pacer, start), ["PRIVMSG :first"]);
    pacer.push(Urgency::InTurn, line("second")).unwrap();
    pacer.push(Urgency::Now, Outgoing::new("PONG")).unwrap();
    assert_eq!(pacer.ready_at(start), Some(start));
    assert_eq!(popped(&mut pacer, start), ["PONG"]);
    // The token that it used is missing now.
    assert_eq!(popped(&mut pacer, start + SECOND), [""; 0]);
    assert_eq!(popped(&mut pacer, start + 2 * SECOND), ["PRIVMSG :second"]);
}

#[test]
fn long_lines_cost_as_many_short_ones() {
    let (mut pacer, start) = (pacer(4), Instant::now());
    pacer.push(Urgency::InTurn, line(&"x".repeat(450))).unwrap();
    pacer.push(Urgency::InTurn, line("a")).unwrap();
    pacer.push(Urgency::InTurn, line("b")).unwrap();
    assert_eq!(popped(&mut pacer, start).len(), 2);
    assert_eq!(pacer.ready_at(start), Some(start + SECOND));
}

#[test]
fn a_server_that_pings_without_end_delays_its_user_but_not_for_ever() {
    let (mut pacer, start) = (pacer(5), Instant::now());
    for _ in 0..10_000 {
        pacer.push(Urgency::Now, Outgoing::new("PONG")).unwrap();
        pacer.pop(start).unwrap();
    }
    pacer.push(Urgency::InTurn, line("x")).unwrap();
    assert!(pacer.ready_at(start).unwrap() <= start + 10 * SECOND);
    assert_eq!(popped(&mut pacer, start + 10 * SECOND).len(), 1);
}

#[test]
fn what_does_not_fit_is_handed_back() {
    let mut pacer = pacer(1);
    let long = line(&"x".repeat(1000));
    while pacer.push(Urgency::InTurn, long.clone()).is_ok() {}
    assert_eq!(pacer.push(Urgency::InTurn, long.clone()), Err(Full(Box::new(long.clone()))));
    let now = Instant::now();
    assert_eq!(pacer.pop(now), Some(long.clone()));
    assert_eq!(pacer.push(Urgency::InTurn, long), Ok(()));
}

#[test]
fn a_clock_that_does_not_move_or_jumps_back_loses_nothing() {
    let (mut pacer, earlier) = (pacer(1), Instant::now());
    let start = earlier + 5 * SECOND;
    for _ in 0..3 {
        pacer.push(Urgency::InTurn, line("x")).unwrap();
    }
    assert!(pacer.pop(start).is_some());
    assert!(pacer.pop(earlier).is_none());
    assert!(pacer.pop(earlier + SECOND).is_some());
}

proptest! {
    #[test]
    fn every_line_leaves_once_in_order_and_no_faster_than_allowed(
        burst in 1_u32..20, lengths in proptest::collection::vec(0_usize..500, 1..60)
    ) {
        let (mut pacer, start) = (pacer(burst), Instant::now());
        let lines: Vec<_> = lengths.iter().map(|length| line(&"x".repeat(*length))).collect();
        for line in &lines {
            pacer.push(Urgency::InTurn, line.clone()).unwrap();
        }
        let (mut sent, mut tokens, mut now) = (Vec::new(), 0, start);
        while let Some(ready) = pacer.ready_at(now) {
            now = ready;
            let line = pacer.pop(now);
            prop_assert!(line.is_some());
            tokens += line.as_ref().map_or(0, cost);
            sent.extend(line);
            // The last line may be the one that costs more than was left.
            let allowed = Duration::from_secs(u64::from(burst) + 3) + now.duration_since(start);
            prop_assert!(Duration::from_secs(tokens.into()) <= allowed);
        }
        prop_assert_eq!(sent, lines);
    }
}
