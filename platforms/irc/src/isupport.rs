//! What a server says of its habits in `005` lines (ISUPPORT), with the defaults of RFC 1459 until it does.

mod chanmodes;
mod prefixes;

pub use chanmodes::{Chanmodes, ModeKind};
pub use prefixes::{Prefix, Prefixes};

use crate::casemap::Casemap;
use crate::line::{BODY_MAX, Line};

/// What is known of a server. Tokens that concern nobody here are not kept, so that it stays small whatever is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Isupport {
    casemap: Casemap,
    channel_types: Box<str>,
    status_prefixes: Box<str>,
    prefixes: Prefixes,
    chanmodes: Chanmodes,
    bot_mode: Option<char>,
    whox: bool,
    utf8_only: bool,
    limits: Limits,
}

/// Numbers that a server gave, each within what is believable. `None` where it gave none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Limits {
    line_len: Option<u16>,
    nick_len: Option<u16>,
    monitor: Option<u16>,
    chat_history: Option<u16>,
    join_targets: Option<u16>,
}

/// Bytes of a token's value that are read.
const VALUE_MAX: usize = 256;

impl Default for Isupport {
    fn default() -> Self {
        Self {
            casemap: Casemap::default(),
            channel_types: "#&".into(),
            status_prefixes: "".into(),
            prefixes: Prefixes::default(),
            chanmodes: Chanmodes::default(),
            bot_mode: None,
            whox: false,
            utf8_only: false,
            limits: Limits::default(),
        }
    }
}

impl Isupport {
    /// Takes in a `005` line: its first parameter is our nick, its last one words for people. Anything else is ignored.
    pub fn apply(&mut self, line: &Line<'_>) {
        if line.numeric() == Some(5) && line.params.len() > 2 {
            line.params[1..line.params.len() - 1].iter().for_each(|token| self.token(token));
        }
    }

    /// Takes in one token: `NAME`, `NAME=value`, or `-NAME`, which takes back what was said before.
    pub fn token(&mut self, token: &str) {
        if let Some(name) = token.strip_prefix('-') {
            return self.forget(name);
        }
        let (name, value) = token.split_once('=').unwrap_or((token, ""));
        if value.len() > VALUE_MAX {
            return;
        }
        let value = unescape(value);
        match name {
            "CASEMAPPING" => self.casemap = Casemap::named(&value),
            "CHANTYPES" => self.channel_types = value.into(),
            "STATUSMSG" => self.status_prefixes = value.into(),
            "PREFIX" => self.prefixes = Prefixes::parse(&value).unwrap_or_else(|| self.prefixes.clone()),
            "CHANMODES" => self.chanmodes = Chanmodes::parse(&value),
            "BOT" => self.bot_mode = value.chars().next(),
            "WHOX" => self.whox = true,
            "UTF8ONLY" => self.utf8_only = true,
            "LINELEN" => self.limits.line_len = number(&value),
            "NICKLEN" | "MAXNICKLEN" => self.limits.nick_len = number(&value),
            // Without a number, or with zero, there is no limit.
            "MONITOR" => self.limits.monitor = number(&value).or(Some(u16::MAX)),
            "TARGMAX" => self.limits.join_targets = of_command(&value, "JOIN"),
            "CHATHISTORY" | "draft/CHATHISTORY" => self.limits.chat_history = number(&value).or(Some(u16::MAX)),
            _ => {}
        }
    }

    fn forget(&mut self, name: &str) {
        let Self { casemap, channel_types, status_prefixes, prefixes, chanmodes, .. } = Self::default();
        match name {
            "CASEMAPPING" => self.casemap = casemap,
            "CHANTYPES" => self.channel_types = channel_types,
            "STATUSMSG" => self.status_prefixes = status_prefixes,
            "PREFIX" => self.prefixes = prefixes,
            "CHANMODES" => self.chanmodes = chanmodes,
            "BOT" => self.bot_mode = None,
            "WHOX" => self.whox = false,
            "UTF8ONLY" => self.utf8_only = false,
            "LINELEN" => self.limits.line_len = None,
            "NICKLEN" | "MAXNICKLEN" => self.limits.nick_len = None,
            "MONITOR" => self.limits.monitor = None,
            "TARGMAX" => self.limits.join_targets = None,
            "CHATHISTORY" | "draft/CHATHISTORY" => self.limits.chat_history = None,
            _ => {}
        }
    }

    /// How names are compared.
    pub fn casemap(&self) -> Casemap {
        self.casemap
    }

    /// Whether a name is a channel's.
    pub fn is_channel(&self, name: &str) -> bool {
        name.chars().next().is_some_and(|first| self.channel_types.contains(first))
    }

    /// Takes the status off a target such as `@#deck` (STATUSMSG), which reaches those of a channel who have it. Anything
    /// else is the target itself.
    pub fn without_status<'a>(&self, target: &'a str) -> &'a str {
        let bare = target.trim_start_matches(|character| self.status_prefixes.contains(character));
        if self.is_channel(target) || !self.is_channel(bare) { target } else { bare }
    }

    /// Prefixes that members of channels may have.
    pub fn prefixes(&self) -> &Prefixes {
        &self.prefixes
    }

    /// Which channel modes have a parameter.
    pub fn chanmodes(&self) -> &Chanmodes {
        &self.chanmodes
    }

    /// What a letter in a `MODE` line of a channel is.
    pub fn mode_kind(&self, letter: char) -> ModeKind {
        match self.prefixes.by_mode(letter) {
            Some(_) => ModeKind::Prefix,
            None => self.chanmodes.kind(letter),
        }
    }

    /// Bytes of a line without tags, with its end: 512 to 16,384.
    pub fn line_len(&self) -> usize {
        usize::from(self.limits.line_len.unwrap_or(512)).clamp(512, BODY_MAX)
    }

    /// Bytes of a nick, if the server said how many.
    pub fn nick_len(&self) -> Option<usize> {
        self.limits.nick_len.map(usize::from)
    }

    /// How many nicks the server watches for us (MONITOR); `None` if it does not.
    pub fn monitor(&self) -> Option<usize> {
        self.limits.monitor.map(usize::from)
    }

    /// How many messages a `CHATHISTORY` command may ask for; `None` if the server said nothing of it.
    pub fn chat_history(&self) -> Option<usize> {
        self.limits.chat_history.map(usize::from)
    }

    /// How many channels one `JOIN` may name, if the server said how many (TARGMAX).
    pub fn join_targets(&self) -> Option<usize> {
        self.limits.join_targets.map(usize::from)
    }

    /// The user mode that marks bots.
    pub fn bot_mode(&self) -> Option<char> {
        self.bot_mode
    }

    /// Whether `WHO` takes fields (WHOX).
    pub fn whox(&self) -> bool {
        self.whox
    }

    /// Whether the server refuses what is not UTF-8. What is sent from here always is.
    pub fn utf8_only(&self) -> bool {
        self.utf8_only
    }
}

/// A positive number; too large ones are the largest.
fn number(value: &str) -> Option<u16> {
    let number: u64 = value.parse().ok()?;
    (number > 0).then(|| u16::try_from(number).unwrap_or(u16::MAX))
}

/// The number of one command in `PRIVMSG:4,JOIN:`.
fn of_command(value: &str, command: &str) -> Option<u16> {
    let limits = value.split(',').filter_map(|limit| limit.split_once(':'));
    limits.filter(|(name, _)| name.eq_ignore_ascii_case(command)).find_map(|(_, most)| number(most))
}

/// `\xHH` stands for the byte `HH`; what is no character then is left as it is.
fn unescape(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find("\\x") {
        plain.push_str(&rest[..at]);
        let code = rest.get(at + 2..at + 4).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if let Some(byte) = code.filter(|byte| (b' '..0x7f).contains(byte)) {
            plain.push(char::from(byte));
            rest = &rest[at + 4..];
        } else {
            plain.push_str("\\x");
            rest = &rest[at + 2..];
        }
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests;
