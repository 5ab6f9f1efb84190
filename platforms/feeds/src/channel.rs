//! The feed itself, as the actor of every post (platforms.md 5.2).

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
}

impl Channel {
    pub(crate) fn new(parsed: ParsedChannel, url: &str) -> Self {
        let link = parsed.link.into_inner();
        let mut categories = parsed.categories;
        categories.sort_unstable();
        categories.dedup();
        Channel {
            id: url.to_owned(),
            r#type: "feed",
            name: parsed.title.into_inner().or_else(|| link.clone()).unwrap_or_else(|| url.to_owned()),
            link: link.unwrap_or_else(|| url.to_owned()),
            description: parsed.description.into_inner(),
            image: parsed.image.into_inner(),
            categories,
            language: parsed.language.into_inner(),
            author: parsed.author.into_inner(),
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
            let channel = Channel::new(parsed, URL);
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
        let json = serde_json::to_string(&Channel::new(ParsedChannel::default(), URL)).unwrap();
        assert_eq!(json, format!(r#"{{"id":"{URL}","type":"feed","name":"{URL}","link":"{URL}","categories":[]}}"#));
    }

    #[test]
    fn categories_are_sorted_and_unique() {
        let categories = ["tides", "sea", "tides"].map(ToOwned::to_owned).to_vec();
        let channel = Channel::new(ParsedChannel { categories, ..ParsedChannel::default() }, URL);
        assert_eq!(channel.categories, ["sea", "tides"]);
    }
}
