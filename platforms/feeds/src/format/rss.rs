//! RSS 0.9x and 2.0, and RSS 0.90 and 1.0 in RDF: the same vocabulary, but for where items stand and how they are named.

use crate::FeedError;
use crate::attachment::Attachment;
use crate::details::{Person, Source, fill, some};
use crate::format::{extension, number};
use crate::hints::Hints;
use crate::parsed::{Base, Parsed, ParsedChannel, ParsedEntry, Slot};
use crate::xml::{Element, Space, Token, Xml};

/// Reads from the root element `rss` or `rdf:RDF` on. RDF has its items beside the channel, RSS inside; both places are
/// looked into for either.
pub(crate) fn parse(xml: &mut Xml<'_>, root: &Element<'_>, base: &Base) -> Result<Parsed, FeedError> {
    let base = base.within(root.attribute("xml:base").as_deref());
    let mut parsed = Parsed { base: base.clone(), ..Parsed::default() };
    let mut found = false;
    while let Some(element) = xml.child()? {
        found |= matches!(element.name.as_str(), "channel" | "item");
        match element.name.as_str() {
            "channel" => channel(xml, &element, &base, &mut parsed)?,
            "item" => parsed.add(item(xml, &element, &base)?),
            "image" => image(xml, &element, &base, &mut parsed.channel.image)?,
            _ => xml.skip()?,
        }
    }
    if found { Ok(parsed) } else { Err(FeedError::MissingChannel) }
}

fn channel(xml: &mut Xml<'_>, channel: &Element<'_>, base: &Base, parsed: &mut Parsed) -> Result<(), FeedError> {
    let base = &base.within(channel.attribute("xml:base").as_deref());
    parsed.base = base.clone();
    while let Some(element) = xml.child()? {
        let into = &mut parsed.channel;
        match (element.space, element.name.as_str()) {
            (Space::Plain, "item") => parsed.add(item(xml, &element, base)?),
            (Space::Plain, "link") => into.link.offer_text(0, base.resolve(&xml.plain()?)),
            (_, "title") => into.title.offer_text(rank(&element), xml.plain()?),
            (_, "description") => into.description.offer_text(rank(&element), xml.inner()?.into_text()),
            (Space::Itunes, "summary") => into.description.offer_text(4, xml.inner()?.into_text()),
            (_, "language") => into.language.offer_text(rank(&element), xml.plain()?),
            (Space::Plain | Space::Itunes | Space::DublinCore, "author") | (Space::DublinCore, "creator") => {
                into.author.offer_text(rank(&element), xml.plain()?);
            }
            (Space::Plain | Space::Itunes, "image") => image(xml, &element, base, &mut into.image)?,
            (_, "category") => category(xml, &element, into)?,
            (Space::Plain, "lastbuilddate") => into.updated.offer_date(0, &xml.plain()?),
            (Space::Plain, "pubdate") => into.updated.offer_date(1, &xml.plain()?),
            (Space::Plain, "generator") => into.generator.offer_text(0, xml.plain()?),
            (Space::Plain, "copyright" | "rights") => into.rights.offer_text(0, xml.plain()?),
            (_, "ttl" | "skiphours" | "skipdays" | "updateperiod" | "updatefrequency") => {
                hint(xml, &element.name, &mut into.hints)?;
            }
            _ => extension::of_channel(xml, &element, base, into)?,
        }
    }
    Ok(())
}

/// When the feed wants to be looked at.
fn hint(xml: &mut Xml<'_>, name: &str, into: &mut Hints) -> Result<(), FeedError> {
    match name {
        "ttl" => into.ttl(&xml.plain()?),
        "updateperiod" => into.period(&xml.plain()?),
        "updatefrequency" => into.frequency(&xml.plain()?),
        _ => {
            while let Some(element) = xml.child()? {
                let text = xml.plain()?;
                match element.name.as_str() {
                    "hour" => into.skip_hour(&text),
                    "day" => into.skip_day(&text),
                    _ => {}
                }
            }
        }
    }
    Ok(())
}

/// Elements without a prefix go before those of extensions (platforms.md 5.3, OURS).
fn rank(element: &Element<'_>) -> u8 {
    match element.space {
        Space::Plain => 0,
        Space::DublinCore => 1,
        Space::Itunes => 2,
        Space::Atom | Space::Content | Space::License | Space::Media | Space::Other => 3,
    }
}

/// `<image><url>`, else an `href` as in `itunes:image`, else its text.
fn image(xml: &mut Xml<'_>, image: &Element<'_>, base: &Base, into: &mut Slot<String>) -> Result<(), FeedError> {
    let rank = rank(image) * 3;
    if let Some(href) = image.attribute("href") {
        into.offer_text(rank + 1, base.resolve(&href));
    }
    let mut text = String::new();
    loop {
        match xml.token()? {
            Token::Start(child) if child.name == "url" => into.offer_text(rank, base.resolve(&xml.plain()?)),
            Token::Start(_) => xml.skip()?,
            Token::Text(part) => text.push_str(&part),
            Token::Character(character) => text.push(character),
            Token::End => break,
        }
    }
    into.offer_text(rank + 2, base.resolve(text.trim()));
    Ok(())
}

/// The `text` attribute, the element's own text, and the `text` of the first category inside (`itunes:category`).
fn category(xml: &mut Xml<'_>, category: &Element<'_>, into: &mut ParsedChannel) -> Result<(), FeedError> {
    let mut names = vec![category.attribute("text").unwrap_or_default()];
    let mut text = String::new();
    loop {
        match xml.token()? {
            Token::Start(child) => {
                if child.name == "category" && names.len() == 1 {
                    names.push(child.attribute("text").unwrap_or_default());
                }
                xml.skip()?;
            }
            Token::Text(part) => text.push_str(&part),
            Token::Character(character) => text.push(character),
            Token::End => break,
        }
    }
    names.push(text.trim().to_owned());
    into.categories.extend(names.into_iter().filter(|name| !name.is_empty()));
    Ok(())
}

fn item(xml: &mut Xml<'_>, item: &Element<'_>, base: &Base) -> Result<ParsedEntry, FeedError> {
    let mut entry = ParsedEntry::default();
    let own_base = item.attribute("xml:base");
    let base = &base.within(own_base.as_deref());
    if own_base.is_some() {
        entry.base = Some(Box::new(base.clone()));
    }
    entry.id.offer_text(1, item.attribute("rdf:about").unwrap_or_default());
    while let Some(element) = xml.child()? {
        match (element.space, element.name.as_str()) {
            (Space::Plain, "link") => entry.link.offer_text(0, base.resolve(&xml.plain()?)),
            (Space::Plain, "guid") => entry.id.offer_text(0, xml.plain()?),
            (Space::Content, "encoded") => entry.full_text.offer_text(0, xml.inner()?.into_text()),
            // What came before it: `xhtml:body` and `fullitem`.
            (Space::Plain | Space::Other, "body" | "fullitem") => {
                entry.full_text.offer_text(1, xml.inner()?.into_text());
            }
            (space, "description") if space != Space::Media => {
                entry.content.offer_text(rank(&element), xml.inner()?.into_text());
            }
            (space, "title") if space != Space::Media => {
                entry.title.offer_text(rank(&element), xml.inner()?.into_text());
            }
            (_, "summary") => entry.brief.offer_text(rank(&element), xml.inner()?.into_text()),
            _ => match date_rank(&element) {
                Some(rank) => date(&xml.plain()?, rank, &mut entry),
                None if element.space == Space::Plain => detail(xml, &element, base, &mut entry)?,
                None => extension::of_entry(xml, &element, base, &mut entry)?,
            },
        }
    }
    Ok(entry)
}

/// Elements of RSS itself that upstream does not show.
fn detail(xml: &mut Xml<'_>, element: &Element<'_>, base: &Base, entry: &mut ParsedEntry) -> Result<(), FeedError> {
    match element.name.as_str() {
        "author" => {
            let person = Person::parse(&xml.plain()?);
            entry.details().author(person);
        }
        "category" => {
            let tag = xml.plain()?;
            entry.details().tag(&tag);
        }
        "comments" => {
            let comments = base.resolve(&xml.plain()?);
            fill(&mut entry.details().comments, &comments);
        }
        "rights" | "copyright" => fill(&mut entry.details().rights, &xml.plain()?),
        "source" => {
            let feed_url = element.attribute("url").and_then(|url| some(&base.resolve(&url)));
            let source = Source { name: some(&xml.plain()?), link: None, feed_url };
            entry.details().copied_from(source);
        }
        "enclosure" => {
            if let Some(attachment) = enclosure(element, base) {
                entry.attach(attachment);
            }
            xml.skip()?;
        }
        _ => xml.skip()?,
    }
    Ok(())
}

fn date(text: &str, rank: u8, entry: &mut ParsedEntry) {
    entry.date.offer_date(rank, text);
    if rank == UPDATED {
        entry.updated.offer_date(0, text);
    }
}

/// The rank of a date on which an entry changed, among those on which it may have been published.
const UPDATED: u8 = 3;

/// `pubDate`, else `dc:date`, else what other formats call the same.
fn date_rank(element: &Element<'_>) -> Option<u8> {
    match (element.space, element.name.as_str()) {
        (Space::Plain, "pubdate") => Some(0),
        (Space::Plain | Space::DublinCore, "date") => Some(1),
        (_, "pubdate" | "published" | "issued" | "created") => Some(2),
        (_, "updated" | "modified") => Some(UPDATED),
        _ => None,
    }
}

fn enclosure(element: &Element<'_>, base: &Base) -> Option<Attachment> {
    let url = element.attribute("url").filter(|url| !url.is_empty())?;
    let length = element.attribute("length").and_then(|length| number(&length));
    Some(Attachment::new(base.resolve(&url), element.attribute("type"), length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Entry, document};

    fn parse(document: &str) -> Parsed {
        document::parse(document, &Base::new("http://h.example/rss.xml")).unwrap()
    }

    fn parse_item(inside: &str) -> ParsedEntry {
        parse(&format!("<rss><channel><item>{inside}</item></channel></rss>")).entries.remove(0)
    }

    fn parse_channel(inside: &str) -> ParsedChannel {
        parse(&format!("<rss><channel>{inside}</channel></rss>")).channel
    }

    fn text(slot: Slot<String>) -> String {
        slot.into_inner().unwrap_or_default()
    }

    #[test]
    fn elements_without_a_prefix_go_first() {
        let entry = parse_item("<media:description>m</media:description><description>d</description>");
        assert_eq!(text(entry.content), "d");
        let entry = parse_item("<itunes:title>i</itunes:title><title>t</title><media:title>m</media:title>");
        assert_eq!(text(entry.title), "t");
        assert_eq!(text(parse_item("<dc:title>d</dc:title><title/>").title), "d");
    }

    #[test]
    fn the_full_text_stands_in_for_a_missing_description() {
        let full = "<content:encoded><![CDATA[<p>all</p>]]></content:encoded>";
        let entry = |inside: &str| Entry::new(parse_item(inside), "http://h.example/rss.xml", None);
        let both = entry(&format!("{full}<description>some</description>"));
        assert_eq!(both.content, "some");
        assert_eq!(both.details.unwrap().full_text.as_deref(), Some("<p>all</p>"));
        let alone = entry(full);
        assert_eq!((alone.content.as_str(), alone.details), ("<p>all</p>", None));
    }

    #[test]
    fn dates_have_an_order_of_preference() {
        let (published, dc) = ("<pubDate>2024-05-01</pubDate>", "<dc:date>2023-01-01</dc:date>");
        for (inside, date) in [
            (format!("{dc}{published}"), "2024-05-01T00:00:00.000Z"),
            (dc.to_owned(), "2023-01-01T00:00:00.000Z"),
            ("<pubDate>soon</pubDate>".to_owned(), "soon"),
        ] {
            assert_eq!(parse_item(&inside).date.into_inner().unwrap().published(), date);
        }
        assert!(parse_item("<pubDate/>").date.into_inner().is_none());
    }

    // feeds 14
    #[test]
    fn images_come_in_three_shapes() {
        for (inside, url) in [
            ("<image><title>x</title><url> /logo.png </url></image>", "http://h.example/logo.png"),
            ("<itunes:image href='http://i.example/a.png'/>", "http://i.example/a.png"),
            ("<image>http://t.example/a.png</image>", "http://t.example/a.png"),
            ("<itunes:image href='/i.png'/><image><url>/u.png</url></image>", "http://h.example/u.png"),
        ] {
            assert_eq!(text(parse_channel(inside).image), url, "{inside}");
        }
    }

    #[test]
    fn categories_are_texts_and_attributes() {
        let channel = parse_channel(
            "<category>sea</category><itunes:category text='Leisure'><itunes:category text='Boats'/>\
             <itunes:category text='Trains'/></itunes:category><category/>",
        );
        assert_eq!(channel.categories, ["sea", "Leisure", "Boats"]);
    }

    #[test]
    fn enclosures_become_attachments() {
        let entry =
            parse_item("<enclosure url='/a.mp3' type='audio/mpeg' length='12'/><enclosure/><enclosure url='b'/>");
        let urls: Vec<_> = entry.attachments.iter().map(|a| (a.url.as_str(), a.length)).collect();
        assert_eq!(urls, [("http://h.example/a.mp3", Some(12)), ("http://h.example/b", None)]);
    }

    #[test]
    fn a_channel_says_when_to_look_again_and_who_announces_it() {
        let hints = parse_channel(
            "<ttl> 60 </ttl><skipHours><hour>3</hour><hour>4</hour><x>5</x></skipHours><skipDays><day>Sunday</day>\
             </skipDays><sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>\
             <atom:link rel='hub' href='/hub'/><atom:link rel='self' href='https://h.example/f'/>",
        )
        .hints;
        let wishes = hints.wishes();
        assert_eq!((wishes.rest, wishes.skip_hours, wishes.skip_days), (21_600, 0b11000, 0b100_0000));
        assert_eq!(hints.hub.as_deref(), Some("http://h.example/hub"));
        assert_eq!(hints.own.as_deref(), Some("https://h.example/f"));
    }

    #[test]
    fn the_channel_says_when_it_changed_and_who_made_it() {
        let channel = parse_channel(
            "<pubDate>2024-05-01</pubDate><lastBuildDate>2024-05-02</lastBuildDate><generator>Quill</generator>
             <copyright>Ana</copyright>",
        );
        assert_eq!(channel.updated.get().unwrap().published(), "2024-05-02T00:00:00.000Z");
        assert_eq!((text(channel.generator), text(channel.rights)), ("Quill".to_owned(), "Ana".to_owned()));
    }

    #[test]
    fn older_feeds_have_their_whole_text_elsewhere() {
        for name in ["fullitem", "body", "xhtml:body"] {
            assert_eq!(text(parse_item(&format!("<{name}><p>all</p></{name}>")).full_text), "<p>all</p>", "{name}");
        }
    }

    // feeds 22
    #[test]
    fn rdf_has_items_beside_the_channel() {
        let parsed = parse(
            "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'>\
             <channel><title>T</title><items><rdf:Seq/></items></channel><image><url>i</url></image>\
             <item rdf:about='urn:1'><title>one</title></item></rdf:RDF>",
        );
        assert_eq!(text(parsed.channel.title), "T");
        assert_eq!(text(parsed.channel.image), "http://h.example/i");
        let entry = parsed.entries.into_iter().next().unwrap();
        assert_eq!((text(entry.title), text(entry.id)), ("one".to_owned(), "urn:1".to_owned()));
    }
}
