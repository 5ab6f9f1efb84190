//! The feed itself, as the actor of every post (platforms.md 5.2).

use crate::dates::Date;
use crate::details::Person;
use crate::parsed::ParsedChannel;
use serde::Serialize;

/// A feed as an ActivityStreams actor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Channel {
    /// The URL that was asked for, not the one that redirects led to.
    pub id: String,
    /// Always `feed`.
    pub r#type: &'static str,
    /// The title; without one the link, without that the URL.
    pub name: String,
    /// The page that the feed belongs to; without one the URL.
    pub link: String,
    /// What the feed says about itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// URL of a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Sorted, each once.
    pub categories: Vec<String>,
    /// As the feed spells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// A name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// When it last changed: ISO 8601 in UTC, or the feed's own words if they are no date. This and what follows upstream
    /// does not have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated: Option<String>,
    /// The program that wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generator: Option<String>,
    /// Who holds which rights, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rights: Option<String>,
    /// Whether it is for adults only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explicit: Option<bool>,
    /// What kind of podcast it is: `episodic` or `serial`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub podcast: Option<String>,
    /// Who answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Person>,
}

impl Channel {
    pub(crate) fn new(parsed: &ParsedChannel, url: &str) -> Self {
        let link = parsed.link.get();
        let mut categories = parsed.categories.clone();
        categories.sort_unstable();
        categories.dedup();
        Channel {
            id: url.to_owned(),
            r#type: "feed",
            name: parsed.title.get().or(link).map_or(url, String::as_str).to_owned(),
            link: link.map_or(url, String::as_str).to_owned(),
            description: parsed.description.get().cloned(),
            image: parsed.image.get().cloned(),
            categories,
            language: parsed.language.get().cloned(),
            author: parsed.author.get().cloned(),
            updated: parsed.updated.get().map(Date::published),
            generator: parsed.generator.get().cloned(),
            rights: parsed.rights.get().cloned(),
            explicit: parsed.explicit,
            podcast: parsed.podcast.get().cloned(),
            owner: parsed.owner.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "http://h.example/rss.xml";

    // feeds 12
    #[test]
    fn a_feed_without_a_title_is_named_by_its_link_else_its_url() {
        let channel = |title: &str, link: &str| {
            let mut parsed = ParsedChannel::default();
            parsed.title.offer_text(0, title);
            parsed.link.offer_text(0, link);
            let channel = Channel::new(&parsed, URL);
            (channel.name, channel.link)
        };
        let pair = |name: &str, link: &str| (name.to_owned(), link.to_owned());
        assert_eq!(channel("T", "http://h.example/"), pair("T", "http://h.example/"));
        assert_eq!(channel("", "http://h.example/"), pair("http://h.example/", "http://h.example/"));
        assert_eq!(channel("", ""), pair(URL, URL));
    }

    // feeds 14
    #[test]
    fn what_is_absent_is_left_out() {
        let json = serde_json::to_string(&Channel::new(&ParsedChannel::default(), URL)).unwrap();
        assert_eq!(json, format!(r#"{{"id":"{URL}","type":"feed","name":"{URL}","link":"{URL}","categories":[]}}"#));
    }

    #[test]
    fn categories_are_sorted_and_unique() {
        let categories = ["tides", "sea", "tides"].map(ToOwned::to_owned).to_vec();
        let channel = Channel::new(&ParsedChannel { categories, ..ParsedChannel::default() }, URL);
        assert_eq!(channel.categories, ["sea", "tides"]);
    }
}
