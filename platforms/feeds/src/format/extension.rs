//! Vocabularies that feeds of any XML format borrow: iTunes, Dublin Core, Creative Commons, Media RSS.

use crate::FeedError;
use crate::details::{Person, fill};
use crate::format::{link, media, number};
use crate::parsed::{Base, ParsedChannel, ParsedEntry};
use crate::xml::{Element, Space, Xml};

/// Reads an element of an entry that is not the format's own. What nobody knows is passed over.
pub(super) fn of_entry(
    xml: &mut Xml<'_>,
    element: &Element<'_>,
    base: &Base,
    entry: &mut ParsedEntry,
) -> Result<(), FeedError> {
    match (element.space, element.name.as_str()) {
        (Space::Itunes, "image") => {
            entry.image.offer_text(1, base.resolve(&element.attribute("href").unwrap_or_default()));
            xml.skip()
        }
        (Space::Itunes, _) => podcast(xml, element, entry),
        (Space::DublinCore, "creator" | "author") => {
            let person = Person::parse(&xml.plain()?);
            entry.details().author(person);
            Ok(())
        }
        (Space::DublinCore, "subject") => {
            let tag = xml.plain()?;
            entry.details().tag(&tag);
            Ok(())
        }
        (Space::DublinCore, "rights") => {
            fill(&mut entry.details().rights, &xml.plain()?);
            Ok(())
        }
        (Space::DublinCore | Space::License, "license") => {
            let named = element.attribute("rdf:resource").filter(|resource| !resource.is_empty());
            let text = xml.plain()?;
            fill(&mut entry.details().license, &named.unwrap_or(text));
            Ok(())
        }
        (Space::Atom, "link") => {
            link::of_entry(element, base, 1, entry);
            xml.skip()
        }
        (Space::Media, _) => media::read(xml, element, base, entry),
        _ => xml.skip(),
    }
}

/// What iTunes says about an episode.
fn podcast(xml: &mut Xml<'_>, element: &Element<'_>, entry: &mut ParsedEntry) -> Result<(), FeedError> {
    if element.name == "category" {
        entry.details().tag(&element.attribute("text").unwrap_or_default());
        return xml.skip();
    }
    if !["author", "duration", "episode", "episodetype", "explicit", "keywords", "season"].contains(&&*element.name) {
        return xml.skip();
    }
    let text = xml.plain()?;
    let details = entry.details();
    match element.name.as_str() {
        "author" => details.author(Person::parse(&text)),
        "duration" => details.duration = details.duration.or_else(|| seconds(&text)),
        "episode" => details.episode = details.episode.or_else(|| number(&text)),
        "episodetype" => fill(&mut details.episode_type, &text.to_ascii_lowercase()),
        "explicit" => details.explicit = details.explicit.or_else(|| explicit(&text)),
        "keywords" => details.keywords(&text),
        _ => details.season = details.season.or_else(|| number(&text)),
    }
    Ok(())
}

/// Reads an element of the feed itself that is not the format's own.
pub(super) fn of_channel(
    xml: &mut Xml<'_>,
    element: &Element<'_>,
    base: &Base,
    into: &mut ParsedChannel,
) -> Result<(), FeedError> {
    match (element.space, element.name.as_str()) {
        (Space::Itunes, "explicit") => {
            let said = explicit(&xml.plain()?);
            into.explicit = into.explicit.or(said);
        }
        (Space::Itunes, "type") => into.podcast.offer_text(0, xml.plain()?.to_ascii_lowercase()),
        (Space::Itunes, "owner") => {
            let owner = Some(link::person(xml, base)?).filter(|owner| !owner.is_nobody());
            into.owner = into.owner.take().or(owner);
        }
        (Space::DublinCore, "rights") => into.rights.offer_text(1, xml.plain()?),
        (Space::Atom, "link") => {
            link::hint(element, base, &mut into.hints);
            xml.skip()?;
        }
        (Space::DublinCore, "date" | "issued" | "modified") | (Space::Atom, "updated") => {
            into.updated.offer_date(2, &xml.plain()?);
        }
        _ => xml.skip()?,
    }
    Ok(())
}

/// `185`, `3:05`, `0:03:05`.
fn seconds(text: &str) -> Option<u64> {
    let fields = text.trim().split(':');
    fields.clone().count().le(&3).then_some(())?;
    fields.map(number).try_fold(0_u64, |sum, field| sum.checked_mul(60)?.checked_add(field?))
}

/// Yes and no as podcasts have them; `clean` is a no, too.
fn explicit(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "yes" | "true" | "explicit" => Some(true),
        "no" | "false" | "clean" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Entry, document};
    use serde_json::{Value, json};

    const URL: &str = "http://h.example/rss.xml";

    fn parse(inside: &str) -> crate::Parsed {
        document::parse(&format!("<rss><channel>{inside}</channel></rss>"), &Base::new(URL)).unwrap()
    }

    fn entry(inside: &str) -> Value {
        let entry = parse(&format!("<item>{inside}</item>")).entries.remove(0);
        serde_json::to_value(Entry::new(entry, URL, None)).unwrap()
    }

    #[test]
    fn episodes_are_described() {
        let entry = entry(
            "<itunes:duration>1:02:03</itunes:duration><itunes:season>2</itunes:season><itunes:episode>7</itunes:episode>
             <itunes:episodeType>Full</itunes:episodeType><itunes:explicit>clean</itunes:explicit>
             <itunes:image href='/e.png'/><itunes:author>Dee</itunes:author><itunes:keywords>knots, rope</itunes:keywords>",
        );
        for (member, value) in [
            ("duration", json!(3723)),
            ("season", json!(2)),
            ("episode", json!(7)),
            ("episodeType", json!("full")),
            ("explicit", json!(false)),
            ("image", json!("http://h.example/e.png")),
            ("authors", json!([{"name": "Dee"}])),
            ("tags", json!(["knots", "rope"])),
        ] {
            assert_eq!(entry[member], value, "{member}");
        }
    }

    #[test]
    fn durations_are_seconds() {
        for (text, duration) in [
            ("185", Some(185)),
            (" 3:05", Some(185)),
            ("185.6", Some(185)),
            ("1:2:3:4", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(seconds(text), duration, "{text}");
        }
        assert_eq!(seconds("99999999999999999999"), None);
        assert_eq!(seconds("18446744073709551615:00:00"), None);
    }

    #[test]
    fn dublin_core_and_creative_commons_are_known() {
        let entry = entry(
            "<dc:creator>Ana</dc:creator><dc:subject>sea</dc:subject><dc:rights>none</dc:rights>
             <creativeCommons:license>http://cc.example/by</creativeCommons:license>
             <atom:link rel='via' href='/v'/><atom:link rel='replies' href='/r'/>",
        );
        assert_eq!((&entry["authors"], &entry["tags"]), (&json!([{"name": "Ana"}]), &json!(["sea"])));
        assert_eq!((&entry["rights"], &entry["license"]), (&json!("none"), &json!("http://cc.example/by")));
        assert_eq!((&entry["via"], &entry["comments"]), (&json!("http://h.example/v"), &json!("http://h.example/r")));
    }

    #[test]
    fn podcasts_say_who_owns_them() {
        let channel = parse(
            "<itunes:owner><itunes:name>Dee</itunes:name><itunes:email>d@h.example</itunes:email></itunes:owner>
             <itunes:explicit>yes</itunes:explicit><itunes:type>Serial</itunes:type><dc:rights>none</dc:rights>",
        );
        let channel = serde_json::to_value(channel.channel(URL)).unwrap();
        assert_eq!(channel["owner"], json!({"name": "Dee", "email": "d@h.example"}));
        assert_eq!((&channel["explicit"], &channel["podcast"]), (&json!(true), &json!("serial")));
        assert_eq!(channel["rights"], "none");
    }
}
