//! The oracle must find what is wrong.

use super::*;

const LINGER: Duration = Duration::from_secs(10);

fn pushes(numbers: std::ops::Range<u64>) -> Vec<Word> {
    numbers.map(Word::Push).collect()
}

fn heard(words: Vec<Word>, results: &[Tag], lost: usize) -> Heard {
    Heard { words, results: results.to_vec(), lost, ..Heard::default() }
}

fn nobody(_: Tag) -> bool {
    false
}

fn arrival(line: &Line, at: Instant) -> Arrival {
    Arrival { said: line.said(), results: line.results(), between: (at, at), wounded: false }
}

/// Deserted for sure, then five pushes and a result.
fn deserted(kept: usize) -> Line {
    let mut line = Line::new(kept, LINGER);
    line.say(pushes(0..3));
    line.show(1, 1);
    line.deserted(true, (4, 4));
    line.say(pushes(3..8));
    line.show(2, 2);
    line
}

#[test]
fn who_is_there_hears_everything_once_and_in_order() {
    let mut line = Line::new(10, LINGER);
    let place = line.end();
    line.say(pushes(0..3));
    line.show(7, 1);
    line.show(8, 1);
    let mut follow =
        |words, results: &[Tag], lost| line.follow(place, &heard(words, results, lost), |t| t == 8, (0, 0));
    follow(pushes(0..3), &[7], 0).expect("all");
    for (words, results) in [
        (pushes(0..2), vec![7]),
        (pushes(1..3), vec![7]),
        (pushes(0..4), vec![7]),
        (vec![Word::Push(0), Word::Push(2), Word::Push(1)], vec![7]),
        (pushes(0..3), vec![]),
        (pushes(0..3), vec![7, 7]),
        (pushes(0..3), vec![7, 8]),
        (pushes(0..3), vec![7, 9]),
    ] {
        follow(words.clone(), &results, 0).expect_err(&format!("{words:?} {results:?}"));
    }
}

#[test]
fn who_was_away_is_told_how_much_is_lost_of_what_there_was_no_room_for() {
    let mut line = Line::new(4, LINGER);
    let place = line.end();
    line.say(pushes(0..8));
    line.show(1, 1);
    let mut follow = |numbers, lost, missing| line.follow(place, &heard(pushes(numbers), &[1], lost), nobody, missing);
    follow(5..8, 5, (0, 0)).expect("exactly what is kept");
    follow(5..8, 4, (0, 0)).expect_err("one lost in silence");
    follow(5..8, 6, (0, 0)).expect_err("one too many");
    follow(5..8, 6, (0, 1)).expect("it may be an answer");
    follow(6..8, 6, (0, 0)).expect_err("there was room for one more");
    follow(0..8, 5, (0, 0)).expect_err("nothing is lost");
    let mut torn = |before, numbers, lost| {
        let heard = Heard { before: (pushes(before), vec![]), ..heard(pushes(numbers), &[1], lost) };
        line.follow(place, &heard, nobody, (0, 0))
    };
    torn(0..2, 5..8, 3).expect("two came through before");
    torn(1..2, 5..8, 4).expect_err("there was one before");
    torn(0..2, 5..8, 5).expect_err("they are not lost");
}

#[test]
fn a_newcomer_hears_what_nobody_was_there_for() {
    let now = Instant::now();
    let mut line = deserted(10);
    let came = arrival(&line, now);
    line.say(pushes(8..9));
    let greet =
        |numbers, results: &[Tag], lost| line.clone().greet(came, &heard(pushes(numbers), results, lost), nobody);
    greet(3..9, &[2], 0).expect("from the desertion on");
    greet(4..9, &[2], 0).expect_err("one is missing at the beginning");
    greet(2..9, &[2], 0).expect_err("what others had heard");
    greet(3..8, &[2], 0).expect_err("what was said since is missing");
    greet(3..9, &[1, 2], 0).expect_err("a result of before");
    greet(3..9, &[], 0).expect_err("the result is missing");
    greet(4..9, &[2], 1).expect_err("there was room");
    greet(8..9, &[], 0).expect_err("nothing of the log");
}

#[test]
fn the_log_overflows_and_says_so() {
    let line = deserted(4);
    let came = arrival(&line, Instant::now());
    let greet = |numbers, lost| line.clone().greet(came, &heard(pushes(numbers), &[2], lost), nobody);
    greet(5..8, 2).expect("the last four");
    greet(5..8, 1).expect_err("one lost in silence");
    greet(6..8, 3).expect_err("room for one more");
}

#[test]
fn a_log_is_open_for_one_linger_time_after_somebody_came() {
    let now = Instant::now();
    let mut line = deserted(10);
    line.greet(arrival(&line, now), &heard(pushes(3..8), &[2], 0), nobody).expect("the first");
    let late = |line: &Line, seconds| arrival(line, now + Duration::from_secs(seconds));
    let greet = |seconds, words| {
        let came = late(&line, seconds);
        line.clone().greet(came, &words, nobody)
    };
    greet(9, heard(pushes(3..8), &[2], 0)).expect("the second sees the same");
    greet(9, heard(vec![], &[], 0)).expect_err("the log is there");
    greet(11, heard(vec![], &[], 0)).expect("nothing any more");
    greet(11, heard(pushes(3..8), &[2], 0)).expect_err("it is closed");
    let doubtful = Arrival { between: (now + Duration::from_secs(9), now + Duration::from_secs(11)), ..late(&line, 9) };
    for words in [heard(vec![], &[], 0), heard(pushes(3..8), &[2], 0)] {
        line.clone().greet(doubtful, &words, nobody).expect("either");
    }
}

#[test]
fn a_desertion_that_may_not_have_been_noticed_leaves_a_log_or_none_and_then_it_is_known() {
    let now = Instant::now();
    let mut line = Line::new(10, LINGER);
    line.deserted(false, (0, 9));
    line.say(pushes(0..3));
    let mut without = line.clone();
    without.greet(arrival(&line, now), &heard(vec![], &[], 0), nobody).expect("it was not noticed");
    without.greet(arrival(&line, now), &heard(pushes(0..3), &[], 0), nobody).expect_err("there is none");
    line.greet(arrival(&line, now), &heard(pushes(1..3), &[], 0), nobody).expect("noticed after the first push");
    line.greet(arrival(&line, now), &heard(pushes(0..3), &[], 0), nobody).expect_err("all see the same");
}

#[test]
fn a_desertion_that_was_noticed_after_the_log_was_closed_begins_another_one() {
    let now = Instant::now();
    let mut line = deserted(10);
    line.greet(arrival(&line, now), &heard(pushes(3..8), &[2], 0), nobody).expect("the first");
    line.deserted(false, (line.said(), usize::MAX));
    line.say(pushes(8..10));
    let greet = |seconds, words| {
        let came = arrival(&line, now + Duration::from_secs(seconds));
        line.clone().greet(came, &heard(words, &[], 0), nobody)
    };
    greet(9, pushes(8..10)).expect_err("the log cannot have been closed");
    greet(11, pushes(8..10)).expect("a new one");
    greet(11, pushes(9..10)).expect("noticed later");
}

#[test]
fn what_was_said_at_a_death_is_learned_from_the_first_who_heard_it() {
    let mut line = Line::new(10, LINGER);
    let place = line.end();
    let death = || vec![Word::Died("x".into()), Word::Back];
    line.say_one_of((0..=3).map(|said| [pushes(0..said), death()].concat()).collect());
    let two = heard([pushes(0..2), death()].concat(), &[], 0);
    let mut torn = line.clone();
    torn.follow(place, &heard(pushes(0..2), &[], 0), nobody, (0, 0)).expect_err("it was told of no death");
    line.follow(place, &two, nobody, (0, 0)).expect("two came through");
    line.follow(place, &two, nobody, (0, 0)).expect("the same for everybody");
    let one = heard([pushes(0..1), death()].concat(), &[], 0);
    line.follow(place, &one, nobody, (0, 0)).expect_err("a push is missing");
}
