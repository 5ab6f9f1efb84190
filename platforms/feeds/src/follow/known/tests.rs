use super::*;
use crate::follow::marks::tests::seen;

const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;
/// 2026-11-01 08:00 GMT.
const NOW: u64 = 1_793_520_000_000;

fn look(now: u64) -> Look {
    Look { now, before: now - HOUR, whole: true }
}

/// What a document tells those who know another: `+` and the place of a post, `~` and that of an update.
fn told(before: &[&str], after: &[&str]) -> String {
    show(&Known::baseline(&seen(before), NOW - HOUR).compare(&seen(after), look(NOW)).news)
}

fn show(news: &[(usize, Kind)]) -> String {
    let one = |(at, kind): &(usize, Kind)| format!("{}{at}", if *kind == Kind::Post { '+' } else { '~' });
    news.iter().map(one).collect()
}

const A: &str = "urn:a|http://h.example/a|High tide|2026-10-31|The water in the harbour is high today";
const B: &str = "urn:b|http://h.example/b|Low tide|2026-10-30|The water in the harbour is low today";
const C: &str = "urn:c|http://h.example/c|Storm|2026-11-01|A storm is coming over the sea tonight";

#[test]
fn what_is_new_and_what_is_not() {
    let plain = "|||";
    for (case, before, after, expected) in [
        ("nothing happens", &[A, B][..], &[A, B][..], ""),
        ("one is published", &[A, B], &[C, A, B], "+0"),
        ("two are, the older is told first", &[B], &[C, A, B], "+1+0"),
        ("one is published into an empty feed", &[], &[A], "+0"),
        ("order is no news", &[A, B, C], &[C, B, A], ""),
        ("what goes is no news", &[A, B, C], &[A], ""),
        ("shown twice, told once", &[B], &[A, A, B], "+0"),
        ("the scheme of ids changes", &["http://h.example/a||T||x"], &["https://h.example/a||T||x"], ""),
        (
            "a tracking parameter appears",
            &["|http://h.example/a|T||x"],
            &["|http://h.example/a?utm_source=rss|T||x"],
            "",
        ),
        (
            "a new id, and the same link and title",
            &[A, B],
            &["id=7|http://h.example/a|High tide|2026-11-01|The water in the harbour is high today", B],
            "",
        ),
        (
            "a new id and a new link, and the same title and date",
            &[A],
            &["id=7|http://new.example/x|High tide|2026-10-31|The water in the harbour is high today"],
            "",
        ),
        (
            "a new id, link and title, and the same text",
            &[A],
            &["id=7|http://new.example/x|Tide: high|2026-11-01|The water in the harbour is high today"],
            "",
        ),
        (
            "a new id, and another text: the same entry, edited",
            &[A],
            &["id=7|http://h.example/a|High tide|2026-10-31|The water in the harbour was high"],
            "~0",
        ),
        (
            "the same link and title while the old one is still there",
            &[A],
            &["id=7|http://h.example/a|High tide", A],
            "+0",
        ),
        ("titles that all share are no evidence", &["1||News||a", "2||News||b"], &["3||News||c", "2||News||b"], "+0"),
        (
            "nor are links and titles that all share",
            &["1|http://h.example/|News||a", "2|http://h.example/|News||b"],
            &["3|http://h.example/|News||c", "2|http://h.example/|News||b"],
            "+0",
        ),
        ("nor is a text of few words", &["1||A||Read more"], &["2||B||Read more"], "+0"),
        (
            "without id and date, by link",
            &["|http://h.example/a|T||x"],
            &["|http://h.example/b|U||y", "|http://h.example/a|T||x"],
            "+0",
        ),
        ("without id, date and link, by title", &["||T||x"], &["||U||y", "||T||x"], "+0"),
        ("without anything but a text", &["||||x"], &["||||y", "||||x"], "+0"),
        ("a title changes", &["1||T||x"], &["1||U||x"], "~0"),
        ("a text changes", &["1||T||x"], &["1||T||y"], "~0"),
        ("a link changes", &["1|http://h.example/a|T||x"], &["1|http://h.example/b|T||x"], "~0"),
        ("a date changes: no update", &["1||T|2026-10-31|x"], &["1||T|2026-11-01|x"], ""),
        ("markup changes: no update", &["1||T||<p>x y</p>"], &["1||T||<div>x  <b>y</b></div>"], ""),
        ("published ahead of its time", &[A], &["1||T|2030-01-01|x", A], "+0"),
        ("entries of nothing", &[plain], &[plain], ""),
    ] {
        assert_eq!(told(before, after), expected, "{case}");
    }
}

#[test]
fn what_comes_back_is_not_new() {
    let mut known = Known::baseline(&seen(&[A, B]), NOW);
    assert_eq!(show(&known.compare(&seen(&[A]), look(NOW + HOUR)).news), "");
    assert_eq!(show(&known.compare(&seen(&[]), look(NOW + 2 * HOUR)).news), "");
    assert_eq!(show(&known.compare(&seen(&[A, B]), look(NOW + 3 * HOUR)).news), "");
}

#[test]
fn a_date_that_comes_true_is_no_news() {
    let ahead = "1||T|2026-11-03|x";
    let mut known = Known::baseline(&seen(&[A]), NOW);
    assert_eq!(show(&known.compare(&seen(&[ahead, A]), look(NOW)).news), "+0");
    assert_eq!(show(&known.compare(&seen(&[ahead, A]), look(NOW + 3 * DAY)).news), "");
}

#[test]
fn an_entry_is_updated_once_an_hour_and_the_last_word_is_told() {
    let mut known = Known::baseline(&seen(&["1||T||a"]), NOW);
    let mut change = |text: &str, at: u64| {
        let diff = known.compare(&seen(&[text]), look(NOW + at));
        (show(&diff.news), diff.deferred)
    };
    assert_eq!(change("1||T||b", 0), ("~0".to_owned(), false));
    assert_eq!(change("1||T||c", HOUR / 2), (String::new(), true));
    assert_eq!(change("1||T||d", HOUR / 2 + 1), (String::new(), true));
    assert_eq!(change("1||T||d", HOUR), ("~0".to_owned(), false));
    assert_eq!(change("1||T||d", 3 * HOUR), (String::new(), false));
}

fn archive(count: usize, id: &str, date: &str, text: &str) -> Vec<String> {
    (0..count).map(|n| format!("{id}{n}||{id} {n}|{date}|{text} {n}")).collect()
}

fn refs(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

#[test]
fn an_archive_that_is_published_anew_is_not_told() {
    let before = archive(30, "old", "2020-01-01", "text");
    let mut known = Known::baseline(&seen(&refs(&before)), NOW - HOUR);
    let mut after = archive(30, "new", "2020-01-01", "other words");
    after.insert(0, C.to_owned());
    let diff = known.compare(&seen(&refs(&after)), look(NOW));
    assert_eq!((show(&diff.news), diff.hushed), ("+0".to_owned(), 30));
    // It is known from now on.
    assert_eq!(show(&known.compare(&seen(&refs(&after)), look(NOW + HOUR)).news), "");
    assert!(known.since(&seen(&refs(&after)), NOW - DAY).len() == 1);
}

#[test]
fn ten_entries_that_come_late_are_told_and_so_is_any_number_that_is_new() {
    let late = archive(10, "late", "2020-01-01", "text");
    let mut known = Known::baseline(&seen(&[A]), NOW - HOUR);
    assert_eq!(known.compare(&seen(&refs(&late)), look(NOW)).news.len(), 10);
    let busy = archive(40, "busy", "2026-11-01", "text");
    assert_eq!(known.compare(&seen(&refs(&busy)), look(NOW)).news.len(), 40);
    let undated = archive(30, "undated", "", "text");
    assert_eq!(known.compare(&seen(&refs(&undated)), look(NOW)).news.len(), 30);
}

#[test]
fn a_new_look_of_the_whole_feed_is_no_update_of_all() {
    let before = archive(20, "x", "2026-10-01", "text");
    let mut known = Known::baseline(&seen(&refs(&before)), NOW - HOUR);
    let after = archive(20, "x", "2026-10-01", "subscribe to our letter! text");
    let diff = known.compare(&seen(&refs(&after)), look(NOW));
    assert_eq!((diff.news.len(), diff.hushed, diff.learnt), (0, 20, true));
    let mut one = after.clone();
    one[3] = "x3||x 3|2026-10-01|corrected".to_owned();
    assert_eq!(show(&known.compare(&seen(&refs(&one)), look(NOW)).news), "~3");
}

#[test]
fn who_was_away_is_told_what_has_come_since() {
    let mut known = Known::baseline(&seen(&[A, B]), NOW);
    known.compare(&seen(&[C, A, B]), look(NOW + HOUR));
    let edited = B.replace("low today", "low");
    let shown = seen(&["new||New|2026-11-01|x", C, A, &edited, C]);
    known.compare(&shown, look(NOW + 2 * HOUR));
    for (told, expected) in [
        (NOW, "~3+1+0"),
        (NOW + HOUR - 1, "~3+1+0"),
        (NOW + HOUR, "~3+0"),
        (NOW + 2 * HOUR, ""),
        // Those that were there from the beginning count by their dates.
        (NOW - 36 * HOUR - 1, "~3+2+1+0"),
    ] {
        assert_eq!(show(&known.since(&shown, told)), expected, "{told}");
    }
}

#[test]
fn a_document_of_news_alone_takes_nothing_away() {
    let many = archive(200, "x", "2026-10-01", "text");
    let mut known = Known::baseline(&seen(&refs(&many)), NOW);
    let ping = Look { whole: false, ..look(NOW + HOUR) };
    assert_eq!(show(&known.compare(&seen(&[C]), ping).news), "+0");
    assert_eq!(known.entries.len(), 201);
    let mut all = refs(&many);
    all.insert(0, C);
    assert_eq!(show(&known.compare(&seen(&all), look(NOW + 2 * HOUR)).news), "");
}

#[test]
fn what_is_known_is_bounded() {
    let many = archive(2000, "x", "2026-10-01", "text");
    let mut known = Known::baseline(&seen(&refs(&many)), NOW);
    assert_eq!(known.entries.len(), MAX_KNOWN);
    for round in 0..20 {
        let fresh = archive(100, &format!("y{round}"), "2026-11-01", "text");
        known.compare(&seen(&refs(&fresh)), look(NOW + round * HOUR));
    }
    assert_eq!((known.entries.len(), known.entries.capacity()), (200, 200));
    assert!(!known.compare(&seen(&refs(&archive(100, "y19", "2026-11-01", "text"))), look(NOW)).learnt);
}
