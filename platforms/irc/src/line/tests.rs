use proptest::prelude::*;

use super::*;

#[track_caller]
fn parsed(line: &str) -> Line<'_> {
    Line::parse(line.as_bytes()).unwrap_or_else(|error| panic!("{line:?}: {error}"))
}

#[test]
fn all_parts_of_a_line_are_found() {
    let line = parsed("@time=2026-03-01T10:00:00.000Z;msgid=x1 :lou!~l@host.example PRIVMSG #deck :all hands\r\n");
    assert_eq!(line.tags.get("time").unwrap(), "2026-03-01T10:00:00.000Z");
    assert_eq!(line.tags.get("msgid").unwrap(), "x1");
    assert_eq!(line.source, Some(Source { nick: "lou", user: Some("~l"), host: Some("host.example") }));
    assert_eq!(line.nick(), "lou");
    assert_eq!(line.command, "PRIVMSG");
    assert_eq!(line.params, ["#deck", "all hands"]);
}

// irc 21
#[test]
fn only_the_first_colon_begins_the_last_parameter() {
    assert_eq!(parsed(":lou PRIVMSG #deck :a : b :c").text(), "a : b :c");
}

#[test]
fn a_colon_is_optional_before_a_last_parameter_of_one_word() {
    assert_eq!(parsed(":kai NICK kay").params, parsed(":kai NICK :kay").params);
    assert_eq!(parsed(":kai JOIN :#deck").params, ["#deck"]);
}

#[test]
fn a_line_without_source_comes_from_the_server() {
    let line = parsed("PING :irc.example");
    assert_eq!((line.source, line.nick(), line.text()), (None, "", "irc.example"));
    assert_eq!(parsed(": PING x").source, None);
}

#[test]
fn numerics_are_three_digits() {
    assert_eq!(parsed(":irc.example 001 kai :Welcome").numeric(), Some(1));
    assert_eq!(parsed("PRIVMSG x").numeric(), None);
    assert_eq!(Line::parse(b"0001 x"), Err(LineError::NoCommand));
}

#[test]
fn a_missing_parameter_is_none_and_missing_text_is_empty() {
    let line = parsed("AWAY");
    assert_eq!((line.param(0), line.text()), (None, ""));
    assert_eq!(parsed("353 kai").param(1), None);
}

#[test]
fn what_is_no_line_is_refused_by_name() {
    for (line, error) in [
        (&b""[..], LineError::Empty),
        (b"\r\n", LineError::Empty),
        (b"   ", LineError::Empty),
        (b":source", LineError::NoCommand),
        (b"@tag=1", LineError::NoCommand),
        (b"@", LineError::NoCommand),
        (b":", LineError::NoCommand),
        (b"4O3 kai", LineError::NoCommand),
        (b"\x01PING x", LineError::NoCommand),
        (b"PING a\rQUIT", LineError::Control),
        (b"PING a\nQUIT\r\n", LineError::Control),
        (b"PING a\r\r\n", LineError::Control),
        (b"PING a\0", LineError::Control),
        (b"PING \xff", LineError::NotUtf8),
    ] {
        assert_eq!(Line::parse(line), Err(error), "{line:?}");
    }
}

#[test]
fn bytes_that_are_no_text_are_readable_with_a_replacement() {
    let text = text(b":lou PRIVMSG #deck :caf\xe9");
    assert_eq!(Line::read(&text).unwrap().text(), "caf\u{fffd}");
}

#[test]
fn tags_body_and_parameters_are_bounded() {
    let tags = |bytes: usize| format!("@{} PING x", "a".repeat(bytes - 2));
    assert!(Line::read(&tags(TAGS_MAX)).is_ok());
    assert_eq!(Line::read(&tags(TAGS_MAX + 1)), Err(LineError::TooLong));
    let body = |bytes: usize| format!("PING {}", "a".repeat(bytes - 5));
    assert!(Line::read(&body(BODY_MAX)).is_ok());
    assert_eq!(Line::read(&body(BODY_MAX + 1)), Err(LineError::TooLong));
    assert_eq!(Line::parse(&vec![b'a'; 1 << 20]), Err(LineError::TooLong));
    let params = |number: usize| format!("MODE{}", " x".repeat(number));
    assert_eq!(Line::read(&params(PARAMS_MAX)).unwrap().params.len(), PARAMS_MAX);
    assert_eq!(Line::read(&params(PARAMS_MAX + 1)), Err(LineError::TooManyParams));
}

#[test]
fn tags_are_unescaped_and_the_last_of_equal_ones_counts() {
    let line = parsed("@a=b\\:c\\sd\\\\e\\r\\nf\\g\\;a2;a3=;b=1;b=2 PING");
    assert_eq!(line.tags.get("a").unwrap(), "b;c d\\e\r\nfg");
    assert_eq!(line.tags.get("a2").unwrap(), "");
    assert_eq!(line.tags.get("a3").unwrap(), "");
    assert_eq!(line.tags.get("b").unwrap(), "2");
    assert_eq!(line.tags.get("c"), None);
    assert_eq!(line.tags.iter().count(), 5);
    assert!(parsed("PING").tags.is_empty());
}

#[test]
fn servers_and_people_are_told_apart_by_their_source() {
    for (source, server) in
        [("irc.example", true), ("lou", false), ("lou!l@irc.example", false), ("lou@irc.example", false)]
    {
        assert_eq!(Source::parse(source).is_server(), server, "{source}");
        assert_eq!(Source::parse(source).to_string(), source);
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(line in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Line::parse(&line);
        let text = text(&line);
        if let Ok(line) = Line::read(&text) {
            prop_assert!(!line.command.is_empty());
            for param in &line.params[..line.params.len().saturating_sub(1)] {
                prop_assert!(!param.is_empty() && !param.contains(' '));
            }
        }
    }

    #[test]
    fn what_is_sent_is_what_is_read(
        words in proptest::collection::vec("[a-z#@0-9][ -~&&[^ ]]{0,8}", 0..5), last in "[ -~ß]{0,40}", tag in "\\PC{0,20}"
    ) {
        let mut line = crate::outgoing::Outgoing::new("PRIVMSG").tag("+draft/reply", &tag);
        for word in &words {
            line = line.param(word).unwrap();
        }
        let text = line.trailing(&last).unwrap().text();
        let read = Line::read(&text).unwrap();
        prop_assert_eq!(&read.params[..words.len()], &words[..]);
        prop_assert_eq!(read.text(), last);
        prop_assert_eq!(read.tags.get("+draft/reply").unwrap(), tag);
    }
}
