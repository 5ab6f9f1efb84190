//! `send`: text, its slash words, and what may be sent besides text.

use super::{Verb, refused, spelled::Spelled};
use crate::outgoing::text;

/// Something to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The channel or the nick.
    pub target: String,
    /// What.
    pub what: What,
    /// The message that it answers.
    pub in_reply_to: Option<String>,
}

/// What is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Text; may have line breaks (LF) if the client asked for them to be kept.
    Message(String),
    /// `/me`
    Action(String),
    /// `/notice`
    Notice(String),
    /// Being about to say something: `active`, `paused` or `done`.
    Typing(String),
    /// A reaction to the message that it answers.
    Reaction(String),
}

const NO_CONTENT: &str = "cannot send message with no object.content";

pub(super) fn parse(spelled: &Spelled) -> Result<Verb, String> {
    spelled.check_names()?;
    let object = spelled.object.clone().unwrap_or_default();
    let what = match object.kind() {
        "typing" => What::Typing(object.state.unwrap_or_default()),
        "reaction" => What::Reaction(object.content.unwrap_or_default()),
        _ => {
            let content = object.content.ok_or(NO_CONTENT)?;
            if object.multiline { lines(&content)? } else { line(&content)? }
        }
    };
    Ok(Verb::Send(Said { target: spelled.recipient()?, what, in_reply_to: object.in_reply_to }))
}

fn line(content: &str) -> Result<What, String> {
    text(content).map_err(refused)?;
    if let Some(action) = after("/me", content) {
        return Ok(What::Action(action.to_owned()));
    }
    if let Some(notice) = after("/notice", content) {
        return Ok(What::Notice(notice.to_owned()));
    }
    let content = if has_slash_word(content) { content } else { content.trim() };
    if content.is_empty() { Err(NO_CONTENT.to_owned()) } else { Ok(What::Message(content.to_owned())) }
}

/// Several lines, CR LF or LF between them.
fn lines(content: &str) -> Result<What, String> {
    let content = content.replace("\r\n", "\n");
    if !content.contains('\n') {
        return line(&content);
    }
    content.split('\n').try_for_each(text).map_err(refused)?;
    let content = content.trim_matches('\n');
    if content.is_empty() { Err(NO_CONTENT.to_owned()) } else { Ok(What::Message(content.to_owned())) }
}

/// What follows a slash word at the very start. Alone, it is text like any other.
fn after<'a>(word: &str, content: &'a str) -> Option<&'a str> {
    content.strip_prefix(word)?.strip_prefix(' ').filter(|rest| !rest.trim().is_empty())
}

/// Whether a word begins with a slash anywhere, which keeps a text from being trimmed.
fn has_slash_word(content: &str) -> bool {
    let bytes = content.as_bytes();
    bytes.windows(2).any(|pair| pair[0] == b'/' && (pair[1].is_ascii_alphanumeric() || pair[1] == b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    // irc 16, 17
    #[test]
    fn slash_words_count_at_the_very_start_only() {
        let message = |text: &str| Ok(What::Message(text.into()));
        let table = [
            ("ahoy", message("ahoy")),
            ("  ahoy ", message("ahoy")),
            (" see /x ", message(" see /x ")),
            ("/me waves", Ok(What::Action("waves".into()))),
            ("/notice hush now", Ok(What::Notice("hush now".into()))),
            ("x/me y", message("x/me y")),
            (" /me y", message(" /me y")),
            ("/men", message("/men")),
            ("/me", message("/me")),
            ("/quit now", message("/quit now")),
            ("", Err(NO_CONTENT.to_owned())),
            ("  ", Err(NO_CONTENT.to_owned())),
            // irc 28
            ("a\r\nQUIT", Err("IRC values must not contain CR or LF characters".to_owned())),
            ("/me a\nQUIT", Err("IRC values must not contain CR or LF characters".to_owned())),
        ];
        for (content, want) in table {
            assert_eq!(line(content), want, "{content:?}");
        }
    }

    #[test]
    fn line_breaks_are_kept_for_those_who_ask() {
        assert_eq!(lines("a\r\nb\n\nc\n"), Ok(What::Message("a\nb\n\nc".into())));
        assert_eq!(lines("\n\n"), Err(NO_CONTENT.to_owned()));
        assert_eq!(lines("/me waves"), Ok(What::Action("waves".into())));
        assert!(lines("a\rb\nc").is_err());
    }
}
