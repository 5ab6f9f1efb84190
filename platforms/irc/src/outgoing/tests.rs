use super::*;

fn line(command: &'static str) -> Outgoing {
    Outgoing::new(command)
}

#[test]
fn a_line_is_its_parts() {
    assert_eq!(line("QUIT").text(), "QUIT");
    assert_eq!(line("JOIN").param("#deck").unwrap().text(), "JOIN #deck");
    assert_eq!(line("AWAY").trailing("").unwrap().text(), "AWAY :");
    assert_eq!(line("TOPIC").param("#deck").unwrap().trailing("two words").unwrap().text(), "TOPIC #deck :two words");
}

// irc 28
#[test]
fn no_value_can_become_a_second_line() {
    for value in ["hi\r\nQUIT", "hi\nQUIT", "hi\rQUIT", "hi\0"] {
        for refused in [line("PRIVMSG").param(value), line("PRIVMSG").trailing(value), Outgoing::secret("PASS", value)]
        {
            assert_eq!(refused.unwrap_err().to_string(), "IRC values must not contain CR or LF characters");
        }
        assert_eq!(text(value), Err(Unsendable::LineBreak));
        let tagged = line("TAGMSG").tag("+typing", value).text();
        assert!(!tagged.contains(['\r', '\n', '\0']), "{tagged:?}");
    }
}

#[test]
fn no_word_can_become_two_parameters_or_the_last_one() {
    for value in ["", "a b", " a", ":a"] {
        assert_eq!(line("JOIN").param(value), Err(Unsendable::NotAWord(value.to_owned())), "{value:?}");
    }
    assert_eq!(line("JOIN").param("a b").unwrap_err().to_string(), "IRC name 'a b' must be one word");
    assert!(word("a:b").is_ok());
}

#[test]
fn tags_are_escaped_and_come_first() {
    let tagged =
        line("TAGMSG").param("#deck").unwrap().tag("label", "7").tag("+draft/reply", "a;b c\\d\r\ne").tag("+x", "");
    assert_eq!(tagged.text(), "@label=7;+draft/reply=a\\:b\\sc\\\\d\\r\\ne;+x TAGMSG #deck");
}

#[test]
fn lengths_are_those_on_the_wire() {
    for line in [line("QUIT"), line("PRIVMSG").tag("a", "ß").trailing("ß").unwrap()] {
        let mut bytes = Vec::new();
        line.write_to(&mut bytes);
        assert_eq!(bytes, format!("{}\r\n", line.text()).into_bytes());
        assert_eq!(bytes.len(), line.wire_len());
        assert_eq!(line.body_len() + line.tags_len(), line.wire_len());
    }
    assert_eq!(line("QUIT").body_len(), 6);
}

#[test]
fn a_line_fits_if_both_body_and_tags_do() {
    let body = |bytes: usize| line("AWAY").trailing(&"x".repeat(bytes - 8)).unwrap();
    assert!(body(512).fits(512) && !body(513).fits(512) && body(513).fits(1024));
    let tags = |bytes: usize| line("TAGMSG").tag("a", &"x".repeat(bytes - 4));
    assert!(tags(CLIENT_TAGS_MAX).fits(512) && !tags(CLIENT_TAGS_MAX + 1).fits(512));
}

#[test]
fn a_secret_is_sent_but_not_shown() {
    let pass = Outgoing::secret("PASS", "hunter2").unwrap();
    assert_eq!((pass.text().as_str(), format!("{pass:?}").as_str()), ("PASS hunter2", "Outgoing(PASS …)"));
    assert!(pass.is_secret());
    assert_eq!(Outgoing::secret("PASS", "two words").unwrap().text(), "PASS :two words");
    assert_eq!(Outgoing::secret("PASS", ":x").unwrap().text(), "PASS ::x");
    let hidden = line("PRIVMSG").hidden().param("NickServ").unwrap().trailing("IDENTIFY hunter2").unwrap();
    assert_eq!(format!("{hidden:?}"), "Outgoing(PRIVMSG …)");
}
