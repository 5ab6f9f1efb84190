//! Prefixes of channel members, from the most to the least powerful (ISUPPORT `PREFIX`).

/// A prefix, and the mode that gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    /// The letter in `MODE`, such as `o`.
    pub mode: char,
    /// The sign before a nick, such as `@`.
    pub sign: char,
}

/// The prefixes of a server, the most powerful first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefixes(Vec<Prefix>);

/// Prefixes that are kept; servers have five.
const MOST: usize = 16;

impl Default for Prefixes {
    /// `(ov)@+`, and those that servers use without saying so: `q` `~`, `a` `&`, `h` `%`.
    fn default() -> Self {
        let known = [('q', '~'), ('a', '&'), ('o', '@'), ('h', '%'), ('v', '+')];
        Self(known.into_iter().map(|(mode, sign)| Prefix { mode, sign }).collect())
    }
}

impl Prefixes {
    /// Reads `(modes)signs`; nothing at all means that there are no prefixes. `None` if it is neither.
    pub fn parse(value: &str) -> Option<Self> {
        if value.is_empty() {
            return Some(Self(Vec::new()));
        }
        let (modes, signs) = value.strip_prefix('(')?.split_once(')')?;
        if modes.chars().count() != signs.chars().count() {
            return None;
        }
        Some(Self(modes.chars().zip(signs.chars()).take(MOST).map(|(mode, sign)| Prefix { mode, sign }).collect()))
    }

    /// The prefix that a mode gives.
    pub fn by_mode(&self, mode: char) -> Option<Prefix> {
        self.0.iter().copied().find(|prefix| prefix.mode == mode)
    }

    /// The prefix with a sign.
    pub fn by_sign(&self, sign: char) -> Option<Prefix> {
        self.0.iter().copied().find(|prefix| prefix.sign == sign)
    }

    /// All of them, the most powerful first.
    pub fn iter(&self) -> impl Iterator<Item = Prefix> + '_ {
        self.0.iter().copied()
    }

    /// Takes the signs off a member as in `NAMES`: none, one, or with `multi-prefix` all it has.
    pub fn split<'a>(&self, member: &'a str) -> (&'a str, &'a str) {
        let at = member.find(|sign| self.by_sign(sign).is_none()).unwrap_or(member.len());
        member.split_at(at)
    }

    /// The most powerful of several signs, others ignored.
    pub fn highest(&self, signs: &str) -> Option<Prefix> {
        self.iter().find(|prefix| signs.contains(prefix.sign))
    }
}
