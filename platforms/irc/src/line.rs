//! A line from the server, taken apart: `@tags :source COMMAND params :last`.
//!
//! The parser is ours because the one there is for Rust, `irc-proto`, turns garbage into a message without a command
//! instead of an error, has no bounds, and its serialiser writes CR and LF through. This one borrows from the line, copies
//! nothing but escaped tag values, and refuses what is no line at all. It is otherwise as forgiving as servers need:
//! several spaces separate as one does, and spaces at the end are no parameter.

mod source;
mod tags;

pub use source::Source;
pub use tags::Tags;

/// Bytes of tags that are read, with `@` and the space behind them (IRCv3 message-tags: 8,191).
pub const TAGS_MAX: usize = 8191;

/// Bytes of a line without tags and line end that are read at all, whatever `LINELEN` a server claims.
pub const BODY_MAX: usize = 16_384;

/// Parameters that a line may have. RFC 2812 allows 15; servers have been seen to send more.
pub const PARAMS_MAX: usize = 64;

/// A line from the server. Names are spelled as the server spelled them; commands as well, which is upper case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Tags, looked at when asked for.
    pub tags: Tags<'a>,
    /// Who says it. Absent means the server.
    pub source: Option<Source<'a>>,
    /// Letters, or the three digits of a numeric. Never empty.
    pub command: &'a str,
    /// Parameters; the last one may be empty, and may contain spaces.
    pub params: Vec<&'a str>,
}

/// Why bytes are no line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// It is longer than [`BODY_MAX`], or its tags than [`TAGS_MAX`].
    #[error("line is too long")]
    TooLong,
    /// There is nothing in it. To be skipped.
    #[error("line is empty")]
    Empty,
    /// NUL, CR or LF inside.
    #[error("line contains NUL, CR or LF")]
    Control,
    /// It is not UTF-8. [`text`] makes it readable.
    #[error("line is not UTF-8")]
    NotUtf8,
    /// What stands where the command belongs is neither letters nor a numeric.
    #[error("line has no command")]
    NoCommand,
    /// More than [`PARAMS_MAX`] parameters.
    #[error("line has too many parameters")]
    TooManyParams,
}

/// What a line says, with a replacement character for what is not UTF-8.
pub fn text(line: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(line)
}

impl<'a> Line<'a> {
    /// Takes a line apart. Its end (CR LF, or LF alone) may be there or not.
    ///
    /// # Errors
    ///
    /// If it is not UTF-8, too long, or no line.
    pub fn parse(line: &'a [u8]) -> Result<Self, LineError> {
        if line.len() > TAGS_MAX + BODY_MAX + 2 {
            return Err(LineError::TooLong);
        }
        Self::read(std::str::from_utf8(line).map_err(|_| LineError::NotUtf8)?)
    }

    /// Takes a line apart that is text already.
    ///
    /// # Errors
    ///
    /// If it is too long, or no line.
    pub fn read(line: &'a str) -> Result<Self, LineError> {
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.bytes().any(|byte| matches!(byte, 0 | b'\r' | b'\n')) {
            return Err(LineError::Control);
        }
        let (tags, body) = section(line, '@');
        // `@`, what is between, and a space.
        if tags.is_some_and(|tags| tags.len() + 2 > TAGS_MAX) || body.len() > BODY_MAX {
            return Err(LineError::TooLong);
        }
        let (source, rest) = section(body, ':');
        let (command, rest) = word(rest);
        if command.is_empty() {
            return Err(if line.trim_matches(' ').is_empty() { LineError::Empty } else { LineError::NoCommand });
        }
        if !is_command(command) {
            return Err(LineError::NoCommand);
        }
        Ok(Self {
            tags: Tags::new(tags.unwrap_or_default()),
            source: source.filter(|source| !source.is_empty()).map(Source::parse),
            command,
            params: params(rest)?,
        })
    }

    /// The number of a numeric.
    pub fn numeric(&self) -> Option<u16> {
        self.command.starts_with(|first: char| first.is_ascii_digit()).then(|| self.command.parse().ok())?
    }

    /// A parameter, or nothing.
    pub fn param(&self, index: usize) -> Option<&'a str> {
        self.params.get(index).copied()
    }

    /// The last parameter, which for most numerics is text for people; empty if there is none.
    pub fn text(&self) -> &'a str {
        self.params.last().copied().unwrap_or_default()
    }

    /// The nick it comes from, or the server's name; empty if it names none.
    pub fn nick(&self) -> &'a str {
        self.source.map_or("", |source| source.nick)
    }
}

/// What follows `mark` at the very start of a line, up to the next space; and the rest.
fn section(line: &str, mark: char) -> (Option<&str>, &str) {
    match line.strip_prefix(mark) {
        Some(marked) => {
            let (section, rest) = marked.split_once(' ').unwrap_or((marked, ""));
            (Some(section), rest.trim_start_matches(' '))
        }
        None => (None, line),
    }
}

/// The first word, and what follows the spaces behind it.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start_matches(' ');
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    (word, rest.trim_start_matches(' '))
}

fn is_command(word: &str) -> bool {
    let bytes = word.as_bytes();
    bytes.iter().all(u8::is_ascii_alphabetic) || (bytes.len() == 3 && bytes.iter().all(u8::is_ascii_digit))
}

fn params(mut rest: &str) -> Result<Vec<&str>, LineError> {
    let mut params = Vec::with_capacity(4);
    while !rest.is_empty() {
        if params.len() == PARAMS_MAX {
            return Err(LineError::TooManyParams);
        }
        if let Some(last) = rest.strip_prefix(':') {
            params.push(last);
            break;
        }
        let (param, behind) = word(rest);
        params.push(param);
        rest = behind;
    }
    Ok(params)
}

#[cfg(test)]
mod tests;
