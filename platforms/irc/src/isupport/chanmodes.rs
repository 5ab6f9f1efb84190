//! Which channel modes have a parameter (ISUPPORT `CHANMODES`), without which a `MODE` line cannot be read.

/// What a letter in a channel's `MODE` line is, and so whether a parameter belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModeKind {
    /// Adds to or removes from a list, such as `b`. Has a parameter, but for asking what is in the list.
    List,
    /// Has a parameter set and unset, such as `k`.
    Always,
    /// Has a parameter when set, such as `l`.
    WhenSet,
    /// Has none, such as `n`; so are letters nobody knows.
    Never,
    /// Gives or takes a member's prefix, such as `o`. Has a nick as its parameter.
    Prefix,
}

/// The modes of a server that have parameters, prefixes not among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chanmodes {
    list: Box<str>,
    always: Box<str>,
    when_set: Box<str>,
}

impl Default for Chanmodes {
    /// What servers have in common that say nothing: `beI,k,l`.
    fn default() -> Self {
        Self::parse("beI,k,l")
    }
}

impl Chanmodes {
    /// Reads `list,always,when set,never`; further groups are not known and have no parameter.
    pub fn parse(value: &str) -> Self {
        let mut groups = value.split(',').map(Box::from);
        let mut next = || groups.next().unwrap_or_default();
        Self { list: next(), always: next(), when_set: next() }
    }

    /// What a letter is that gives no prefix; see [`Isupport::mode_kind`](super::Isupport::mode_kind).
    pub fn kind(&self, letter: char) -> ModeKind {
        if self.list.contains(letter) {
            ModeKind::List
        } else if self.always.contains(letter) {
            ModeKind::Always
        } else if self.when_set.contains(letter) {
            ModeKind::WhenSet
        } else {
            ModeKind::Never
        }
    }
}

impl ModeKind {
    /// Whether such a mode takes a parameter from the line.
    pub fn takes_param(self, set: bool) -> bool {
        match self {
            Self::List | Self::Always | Self::Prefix => true,
            Self::WhenSet => set,
            Self::Never => false,
        }
    }
}
