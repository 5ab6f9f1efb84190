//! Tags that say something of a page by themselves, and how many of them are looked at.

use crate::tag::{self, Name};

/// A kind of tag.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Root,
    Meta,
    Link,
    Picture,
    Title,
    Data,
}

impl Kind {
    /// How many kinds there are.
    pub(crate) const COUNT: usize = 6;

    /// That of a tag with this name.
    pub(crate) fn of(name: Name, tag: &str) -> Option<Self> {
        match name.as_bytes() {
            b"html" | b"head" | b"body" => Some(Self::Root),
            b"meta" => Some(Self::Meta),
            b"link" => Some(Self::Link),
            b"img" => Some(Self::Picture),
            b"title" => Some(Self::Title),
            b"script" => tag::contains(tag, "ld+json").then_some(Self::Data),
            _ => None,
        }
    }

    /// How many are passed on: more of anything is no page for people.
    pub(crate) fn most(self) -> usize {
        match self {
            Self::Root | Self::Title => 16,
            Self::Meta | Self::Link | Self::Picture => 500,
            Self::Data => 100,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_count_where_they_are_data() {
        let kind = |tag: &str| Kind::of(Name::of(&tag.as_bytes()[1..]), tag).map(|kind| kind as usize);
        assert_eq!(kind("<script type='application/LD+JSON'>"), Some(Kind::Data as usize));
        assert_eq!((kind("<script src=x>"), kind("<div>"), kind("<metadata>")), (None, None, None));
        assert_eq!((kind("<META a>"), kind("<body>")), (Some(Kind::Meta as usize), Some(Kind::Root as usize)));
        assert!([Kind::Root, Kind::Meta, Kind::Link, Kind::Picture, Kind::Title, Kind::Data].len() == Kind::COUNT);
    }
}
