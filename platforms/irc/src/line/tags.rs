//! Tags of a line (IRCv3 message-tags): looked up, and unescaped, only when somebody asks.

use std::borrow::Cow;

/// The tags of a line, as they came. Looking one up reads all of them, which is cheaper than a map for the one or two that
/// are asked for, and costs nothing for the many that are not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tags<'a>(&'a str);

impl<'a> Tags<'a> {
    /// From what stands between `@` and the space.
    pub fn new(raw: &'a str) -> Self {
        Self(raw)
    }

    /// The value of a tag, unescaped; a tag without a value has the empty one. The last of several counts.
    ///
    /// An unescaped value may contain anything but NUL, line breaks too.
    pub fn get(&self, key: &str) -> Option<Cow<'a, str>> {
        self.raw().rev().find_map(|(name, value)| (name == key).then(|| unescape(value)))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every tag in the order of the line, with its value unescaped; a key may come twice.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> + use<'a> {
        self.raw().map(|(name, value)| (name, unescape(value)))
    }

    fn raw(&self) -> impl DoubleEndedIterator<Item = (&'a str, &'a str)> + use<'a> {
        self.0.split(';').filter(|tag| !tag.is_empty()).map(|tag| tag.split_once('=').unwrap_or((tag, "")))
    }
}

fn unescape(value: &str) -> Cow<'_, str> {
    if !value.contains('\\') {
        return Cow::Borrowed(value);
    }
    let mut plain = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        match character {
            // A backslash at the end stands for nothing, one before any other character for that character.
            '\\' => plain.extend(characters.next().map(|escaped| match escaped {
                ':' => ';',
                's' => ' ',
                'r' => '\r',
                'n' => '\n',
                other => other,
            })),
            _ => plain.push(character),
        }
    }
    Cow::Owned(plain)
}
