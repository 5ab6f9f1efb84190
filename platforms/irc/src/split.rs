//! Long and multi-line text as the bodies of several messages.

/// Bytes that a text may have in a message: what `LINELEN` leaves when the server sends it on with `source` (our own
/// `nick!user@host`, as far as it is known) to `target`. At least 64, so that there is always progress.
///
/// `framing` is what the caller puts around each body, such as a CTCP `ACTION`.
pub fn room(line_len: usize, source: usize, command: &str, target: &str, framing: usize) -> usize {
    // ":source COMMAND target :body\r\n"
    line_len.saturating_sub(1 + source + 1 + command.len() + 1 + target.len() + 2 + framing + 2).max(64)
}

/// Bytes of our own source where it is not known: a nick of its own length, `!`, a user name of 10 with `~`, `@` and a host of 63.
pub fn guessed_source(nick: &str) -> usize {
    nick.len() + 1 + 11 + 1 + 63
}

/// The bodies of a text: a line each, and more than one for lines longer than `room` bytes. Lines are broken behind a
/// space if there is one in the second half, else between characters; spaces are kept, so that the bodies of a line,
/// joined, are the line. Empty lines are left out, as no message can be empty.
pub fn bodies(text: &str, room: usize) -> impl Iterator<Item = &str> {
    lines(text).filter(|line| !line.is_empty()).flat_map(move |line| pieces(line, room))
}

/// The lines of a text: CR LF, LF and CR alone each end one.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

/// The pieces of one line: at least one, none longer than `room` unless a single character is.
pub fn pieces(line: &str, room: usize) -> impl Iterator<Item = &str> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let text = rest?;
        if text.len() <= room {
            return rest.take();
        }
        let (piece, behind) = text.split_at(break_at(text, room));
        rest = (!behind.is_empty()).then_some(behind);
        Some(piece)
    })
}

/// Where to break a text that is longer than `room`. Never zero.
fn break_at(text: &str, room: usize) -> usize {
    let limit = text.floor_char_boundary(room);
    let limit = if limit == 0 { text.ceil_char_boundary(1) } else { limit };
    match text[..limit].rfind(' ') {
        Some(space) if space + 1 > limit / 2 => space + 1,
        _ => limit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(text: &str, room: usize) -> Vec<&str> {
        bodies(text, room).collect()
    }

    #[test]
    fn what_fits_stays_whole() {
        assert_eq!(split("all hands", 9), ["all hands"]);
        assert_eq!(split("", 9), [""; 0]);
    }

    #[test]
    fn long_lines_break_behind_a_space_and_lose_nothing() {
        assert_eq!(split("all hands on deck", 10), ["all hands ", "on deck"]);
        assert_eq!(split("all  hands", 5), ["all  ", "hands"]);
    }

    #[test]
    fn words_longer_than_a_line_break_between_characters() {
        assert_eq!(split("ahoyahoy", 3), ["aho", "yah", "oy"]);
        assert_eq!(split("ßß", 1), ["ß", "ß"]);
        assert_eq!(split("äöü", 3), ["ä", "ö", "ü"]);
        assert_eq!(split("a 🦀🦀🦀", 7), ["a 🦀", "🦀", "🦀"]);
    }

    #[test]
    fn a_space_far_from_the_end_of_the_line_is_not_worth_breaking_at() {
        assert_eq!(split("a bbbbbbbbbbbb", 10), ["a bbbbbbbb", "bbbb"]);
    }

    #[test]
    fn each_line_is_a_message_and_empty_ones_are_none() {
        assert_eq!(split("one\ntwo\r\nthree\rfour\n\n\r\n", 80), ["one", "two", "three", "four"]);
    }

    #[test]
    fn room_is_what_source_command_and_target_leave() {
        let source = "kai!~kai@cloak.example";
        let room = room(512, source.len(), "PRIVMSG", "#deck", 0);
        let line = format!(":{source} PRIVMSG #deck :{}\r\n", "x".repeat(room));
        assert_eq!(line.len(), 512);
    }

    proptest! {
        #[test]
        fn pieces_joined_are_the_line_and_each_fits(line in "[ a-zäß🦀]{0,200}", room in 4_usize..80) {
            let pieces: Vec<_> = pieces(&line, room).collect();
            prop_assert_eq!(pieces.concat(), line.as_str());
            prop_assert!(pieces.iter().all(|piece| piece.len() <= room));
        }

        #[test]
        fn bodies_have_no_line_breaks_and_are_never_empty(text in "[a-z ß\r\n]{0,200}", room in 1_usize..20) {
            for body in bodies(&text, room) {
                prop_assert!(!body.is_empty() && !body.contains(['\r', '\n']), "{:?}", body);
            }
        }
    }
}
