//! What an entry says besides the members that upstream has (platforms.md 5, weak spots).

use crate::parsed::push;
use serde::Serialize;

/// Members of a post's object that upstream does not have. Each is only there when the feed says something.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Details {
    /// Who wrote it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<Person>,
    /// Categories and keywords, each once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// When it last changed: ISO 8601 in UTC, or the feed's own words if they are no date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated: Option<String>,
    /// The whole text (`content:encoded`), where the content is only a description. Not sanitised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full_text: Option<String>,
    /// URL of a picture for the entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// URL of a page with comments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comments: Option<String>,
    /// The feed that the entry was taken from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Box<Source>>,
    /// URL of where the entry was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
    /// URL or name of the licence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// Who holds which rights, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rights: Option<String>,
    /// How long an episode plays, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<u64>,
    /// Number of the season.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub season: Option<u64>,
    /// Number of the episode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub episode: Option<u64>,
    /// `full`, `trailer` or `bonus`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub episode_type: Option<String>,
    /// Whether it is for adults only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explicit: Option<bool>,
}

/// Somebody, by whatever is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Person {
    /// A name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A page about them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// An address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// Another feed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// Its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The page it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Its own URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feed_url: Option<String>,
}

/// Authors and tags of one entry beyond this many are not read.
const MANY: usize = 100;

impl Details {
    pub(crate) fn author(&mut self, person: Person) {
        let known = self.authors.iter().any(|other| other.name == person.name && other.email == person.email);
        if !known && !person.is_nobody() && self.authors.len() < MANY {
            push(&mut self.authors, person);
        }
    }

    pub(crate) fn tag(&mut self, tag: &str) {
        let tag = tag.trim();
        if !tag.is_empty() && self.tags.len() < MANY && !self.tags.iter().any(|other| other == tag) {
            push(&mut self.tags, tag.to_owned());
        }
    }

    pub(crate) fn copied_from(&mut self, source: Source) {
        if self.source.is_none() && source != Source::default() {
            self.source = Some(Box::new(source));
        }
    }

    /// Words between commas.
    pub(crate) fn keywords(&mut self, words: &str) {
        words.split(',').for_each(|word| self.tag(word));
    }
}

impl Person {
    /// From the ways in which RSS names people: `ana@h.example (Ana Reyes)`, `Ana Reyes (ana@h.example)`,
    /// `Ana Reyes <ana@h.example>`, either alone.
    pub(crate) fn parse(text: &str) -> Self {
        let text = text.trim();
        let inside = |open, close| text.strip_suffix(close).and_then(|text: &str| text.rsplit_once(open));
        let (name, email) = match (inside('(', ')'), inside('<', '>')) {
            (Some((email, name)), _) if is_address(email) => (name, email),
            (Some((name, email)), _) | (_, Some((name, email))) if is_address(email) => (name, email),
            _ if is_address(text) => ("", text),
            _ => (text, ""),
        };
        let email = email.trim();
        Person { name: some(name), url: None, email: some(email.strip_prefix("mailto:").unwrap_or(email)) }
    }

    pub(crate) fn is_nobody(&self) -> bool {
        *self == Person::default()
    }
}

/// A trimmed text, unless nothing is left.
pub(crate) fn some(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Fills what is still empty.
pub(crate) fn fill(slot: &mut Option<String>, text: &str) {
    if slot.is_none() {
        *slot = some(text);
    }
}

fn is_address(text: &str) -> bool {
    let text = text.trim();
    text.contains('@') && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_named_in_many_ways() {
        for (text, name, email) in [
            ("ana@h.example (Ana Reyes)", Some("Ana Reyes"), Some("ana@h.example")),
            ("Ana Reyes <ana@h.example>", Some("Ana Reyes"), Some("ana@h.example")),
            ("Ana Reyes (ana@h.example)", Some("Ana Reyes"), Some("ana@h.example")),
            ("mailto:ana@h.example", None, Some("ana@h.example")),
            ("Ana Reyes (Lisbon)", Some("Ana Reyes (Lisbon)"), None),
            ("Ana @ sea", Some("Ana @ sea"), None),
            (" ", None, None),
        ] {
            let person = Person::parse(text);
            assert_eq!((person.name.as_deref(), person.email.as_deref()), (name, email), "{text}");
        }
    }

    #[test]
    fn who_and_what_is_said_twice_is_kept_once() {
        let mut details = Details::default();
        for name in ["Ana", "Bo", " Ana ", ""] {
            details.author(Person::parse(name));
        }
        details.keywords("sea, tides,,sea");
        assert_eq!(details.authors.len(), 2);
        assert_eq!(details.tags, ["sea", "tides"]);
    }

    #[test]
    fn lists_are_kept_to_a_cap() {
        let mut details = Details::default();
        for number in 0..200 {
            details.tag(&number.to_string());
            details.author(Person::parse(&number.to_string()));
        }
        assert_eq!((details.tags.len(), details.authors.len()), (MANY, MANY));
    }
}
