//! Text of messages: plain, or framed as CTCP.

use super::activity::Object;

/// What `PRIVMSG` says: text, or an action. `None` for other CTCP requests, which are for programs.
pub(super) fn spoken(text: &str) -> Option<Object> {
    match framed(text) {
        None => Some(Object::message(text)),
        Some(("ACTION", action)) => Some(Object::me(action)),
        Some(_) => None,
    }
}

/// What `NOTICE` says. `None` for answers to CTCP requests.
pub(super) fn noticed(text: &str) -> Option<Object> {
    framed(text).is_none().then(|| Object::message(text))
}

/// The command and the rest of a CTCP message; its closing mark may be missing. An ancient form has a plus before it.
fn framed(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix('\x01').or_else(|| text.strip_prefix("+\x01"))?;
    let inside = inside.strip_suffix('\x01').unwrap_or(inside);
    Some(inside.split_once(' ').unwrap_or((inside, "")))
}

#[cfg(test)]
mod tests {
    use super::*;

    // irc 21, 22
    #[test]
    fn actions_are_told_from_text_and_from_other_requests() {
        let table = [
            ("a : b :c", Some(Object::message("a : b :c"))),
            ("", Some(Object::message(""))),
            ("\x01ACTION waves\x01", Some(Object::me("waves"))),
            ("\x01ACTION waves", Some(Object::me("waves"))),
            ("+\x01ACTION waves\x01", Some(Object::me("waves"))),
            ("\x01ACTION\x01", Some(Object::me(""))),
            ("\x01ACTIONS\x01", None),
            ("\x01VERSION\x01", None),
            ("\x01", None),
            ("+1", Some(Object::message("+1"))),
        ];
        for (text, want) in table {
            assert_eq!(spoken(text), want, "{text:?}");
        }
        assert_eq!(noticed("\x01VERSION x\x01"), None);
        assert_eq!(noticed("hi"), Some(Object::message("hi")));
    }
}
