//! A line for the server, built from its parts so that nothing in a value can become a second line or another parameter.

use std::fmt;

use zeroize::Zeroizing;

/// A line to be sent, without its end. What it says may be secret: `Debug` shows the command only of one that is.
///
/// ```
/// # use footbridge_irc::outgoing::Outgoing;
/// let line = Outgoing::new("PRIVMSG").param("#deck")?.trailing("all hands")?.tag("label", "7");
/// assert_eq!(line.text(), "@label=7 PRIVMSG #deck :all hands");
/// # Ok::<(), footbridge_irc::outgoing::Unsendable>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Outgoing {
    command: &'static str,
    tags: String,
    body: Zeroizing<String>,
    secret: bool,
}

/// A value that cannot be part of a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsendable {
    /// It contains CR, LF or NUL. The text is the contract's (platforms.md 7.3, 7.4).
    #[error("IRC values must not contain CR or LF characters")]
    LineBreak,
    /// It should be one word, but is empty, has spaces in it or begins with a colon.
    #[error("IRC name '{0}' must be one word")]
    NotAWord(String),
}

/// Bytes of tags that a client may send, with `@` and the space behind them (IRCv3 message-tags).
pub const CLIENT_TAGS_MAX: usize = 4096;

impl Outgoing {
    /// A line with this command and no parameters yet.
    pub fn new(command: &'static str) -> Self {
        Self { command, tags: String::new(), body: Zeroizing::new(command.to_owned()), secret: false }
    }

    /// A line whose one parameter is a secret: hidden from `Debug`, wiped with the line.
    ///
    /// # Errors
    ///
    /// As [`Outgoing::trailing`].
    pub fn secret(command: &'static str, value: &str) -> Result<Self, Unsendable> {
        // With all the room from the start, so that growing leaves no copy behind.
        let mut body = Zeroizing::new(String::with_capacity(command.len() + 2 + value.len()));
        body.push_str(command);
        let line = Self { command, tags: String::new(), body, secret: true };
        if word(value).is_ok() { line.param(value) } else { line.trailing(value) }
    }

    /// Hides from `Debug` what is added. There is room for it at once: a line that grows leaves copies behind.
    #[must_use]
    pub fn hidden(mut self) -> Self {
        self.secret = true;
        self.body.reserve(512);
        self
    }

    /// Adds a parameter that is one word.
    ///
    /// # Errors
    ///
    /// If it is empty, has a space, CR, LF or NUL in it, or begins with a colon.
    pub fn param(mut self, value: &str) -> Result<Self, Unsendable> {
        word(value)?;
        self.body.push(' ');
        self.body.push_str(value);
        Ok(self)
    }

    /// Adds the last parameter, which may be anything within a line; the empty text, too.
    ///
    /// # Errors
    ///
    /// If it has CR, LF or NUL in it.
    pub fn trailing(mut self, value: &str) -> Result<Self, Unsendable> {
        text(value)?;
        self.body.push_str(" :");
        self.body.push_str(value);
        Ok(self)
    }

    /// Adds a tag, its value escaped. NUL cannot be escaped and is left out.
    #[must_use]
    pub fn tag(mut self, key: &'static str, value: &str) -> Self {
        self.tags.push(if self.tags.is_empty() { '@' } else { ';' });
        self.tags.push_str(key);
        if !value.is_empty() {
            self.tags.push('=');
        }
        for character in value.chars() {
            match character {
                ';' => self.tags.push_str("\\:"),
                ' ' => self.tags.push_str("\\s"),
                '\\' => self.tags.push_str("\\\\"),
                '\r' => self.tags.push_str("\\r"),
                '\n' => self.tags.push_str("\\n"),
                '\0' => {}
                other => self.tags.push(other),
            }
        }
        self
    }

    /// The command.
    pub fn command(&self) -> &'static str {
        self.command
    }

    /// Bytes that count against `LINELEN`: the line without tags, with its end.
    pub fn body_len(&self) -> usize {
        self.body.len() + 2
    }

    /// Bytes of tags, with `@` and the space; they count against [`CLIENT_TAGS_MAX`].
    pub fn tags_len(&self) -> usize {
        if self.tags.is_empty() { 0 } else { self.tags.len() + 1 }
    }

    /// Whether a server takes it that takes lines of `line_len` bytes, and of tags as many as clients may send.
    pub fn fits(&self, line_len: usize) -> bool {
        self.body_len() <= line_len && self.tags_len() <= CLIENT_TAGS_MAX
    }

    /// Bytes on the wire, with the line's end.
    pub fn wire_len(&self) -> usize {
        self.tags_len() + self.body_len()
    }

    /// Whether it carries a secret and must not be logged.
    pub fn is_secret(&self) -> bool {
        self.secret
    }

    /// The line without its end.
    pub fn text(&self) -> String {
        if self.tags.is_empty() { self.body.to_string() } else { format!("{} {}", self.tags, *self.body) }
    }

    /// Appends the line and its end.
    pub fn write_to(&self, bytes: &mut Vec<u8>) {
        bytes.reserve(self.wire_len());
        if !self.tags.is_empty() {
            bytes.extend_from_slice(self.tags.as_bytes());
            bytes.push(b' ');
        }
        bytes.extend_from_slice(self.body.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.secret { write!(f, "Outgoing({} …)", self.command) } else { write!(f, "Outgoing({})", self.text()) }
    }
}

/// Whether a value can be part of a line at all, asked before anything is done about it.
///
/// # Errors
///
/// If it contains CR, LF or NUL.
pub fn text(value: &str) -> Result<(), Unsendable> {
    if value.bytes().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) { Err(Unsendable::LineBreak) } else { Ok(()) }
}

/// Whether a value can be a parameter that is not the last one.
///
/// # Errors
///
/// If it is empty, contains a space, CR, LF or NUL, or begins with a colon.
pub fn word(value: &str) -> Result<(), Unsendable> {
    text(value)?;
    if value.is_empty() || value.starts_with(':') || value.contains(' ') {
        return Err(Unsendable::NotAWord(value.chars().take(64).collect()));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
