//! Which spellings of a nick or a channel are the same name (ISUPPORT `CASEMAPPING`).

use std::borrow::Cow;

/// How a server compares names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Casemap {
    /// Only `A` to `Z` have a lower case. Also taken for mappings that are unknown here: it never makes two names one.
    Ascii,
    /// As in RFC 1459, the mapping of servers that name none: `[]\~` are the upper case of `{}|^`.
    #[default]
    Rfc1459,
    /// As RFC 1459 reads to the letter: without `~` and `^`.
    Rfc1459Strict,
}

impl Casemap {
    /// The mapping of this name, as `CASEMAPPING` has it.
    pub fn named(name: &str) -> Self {
        match name {
            "rfc1459" => Self::Rfc1459,
            "rfc1459-strict" | "strict-rfc1459" => Self::Rfc1459Strict,
            _ => Self::Ascii,
        }
    }

    /// The spelling that stands for all equal names: the key under which to keep what belongs to one.
    pub fn fold(self, name: &str) -> Cow<'_, str> {
        if name.chars().all(|character| self.lower(character) == character) {
            return Cow::Borrowed(name);
        }
        Cow::Owned(name.chars().map(|character| self.lower(character)).collect())
    }

    /// Whether two spellings are the same name.
    pub fn eq(self, one: &str, other: &str) -> bool {
        // Folding keeps the length of every character.
        one.len() == other.len() && one.chars().zip(other.chars()).all(|(a, b)| self.lower(a) == self.lower(b))
    }

    fn lower(self, character: char) -> char {
        match (character, self) {
            ('[', Self::Rfc1459 | Self::Rfc1459Strict) => '{',
            (']', Self::Rfc1459 | Self::Rfc1459Strict) => '}',
            ('\\', Self::Rfc1459 | Self::Rfc1459Strict) => '|',
            ('~', Self::Rfc1459) => '^',
            _ => character.to_ascii_lowercase(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mapping_folds_what_its_name_promises() {
        for (map, folded) in
            [(Casemap::Ascii, "#deck[]\\~Ä"), (Casemap::Rfc1459, "#deck{}|^Ä"), (Casemap::Rfc1459Strict, "#deck{}|~Ä")]
        {
            assert_eq!(map.fold("#Deck[]\\~Ä"), folded, "{map:?}");
            assert!(map.eq("#Deck[]\\~Ä", folded), "{map:?}");
        }
    }

    #[test]
    fn names_that_differ_stay_different() {
        assert!(!Casemap::Ascii.eq("a[", "a{"));
        assert!(!Casemap::Rfc1459Strict.eq("a~", "a^"));
        assert!(!Casemap::Rfc1459.eq("kai", "kaia"));
        assert!(!Casemap::Rfc1459.eq("ä", "Ä"));
    }

    #[test]
    fn a_server_without_a_mapping_means_rfc1459_and_an_unknown_one_ascii() {
        assert_eq!(Casemap::default(), Casemap::named("rfc1459"));
        assert_eq!(Casemap::named("rfc1459-strict"), Casemap::Rfc1459Strict);
        assert_eq!(Casemap::named("rfc8265"), Casemap::Ascii);
    }
}
