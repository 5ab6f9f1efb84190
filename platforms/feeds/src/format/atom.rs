//! Atom 1.0 (RFC 4287), and 0.3 where it differs only in names.

use crate::FeedError;
use crate::entry::Attachment;
use crate::html;
use crate::parsed::{Base, Parsed, ParsedEntry, Slot};
use crate::xml::{Element, Space, Xml};

/// Reads from the root element `feed` on.
pub(crate) fn parse(xml: &mut Xml<'_>, root: &Element<'_>, base: &Base) -> Result<Parsed, FeedError> {
    let mut parsed = Parsed::default();
    let base = &base.within(root.attribute("xml:base").as_deref());
    parsed.channel.language.offer_text(0, root.attribute("xml:lang").unwrap_or_default());
    while let Some(element) = xml.child()? {
        let into = &mut parsed.channel;
        if !matches!(element.space, Space::Plain | Space::Atom) {
            xml.skip()?;
            continue;
        }
        match element.name.as_str() {
            "entry" => parsed.add(entry(xml, &element, base)?),
            "title" => into.title.offer_text(0, plain(xml, &element)?),
            "subtitle" | "tagline" => into.description.offer_text(0, plain(xml, &element)?),
            "logo" => into.image.offer_text(0, base.resolve(&xml.plain()?)),
            "icon" => into.image.offer_text(1, base.resolve(&xml.plain()?)),
            "author" => person(xml, &mut into.author)?,
            "category" => {
                into.categories.extend(element.attribute("term").filter(|term| !term.is_empty()));
                xml.skip()?;
            }
            "link" => {
                alternate(&element, base, &mut into.link);
                xml.skip()?;
            }
            _ => xml.skip()?,
        }
    }
    Ok(parsed)
}

fn entry(xml: &mut Xml<'_>, entry: &Element<'_>, base: &Base) -> Result<ParsedEntry, FeedError> {
    let base = &base.within(entry.attribute("xml:base").as_deref());
    let mut parsed = ParsedEntry::default();
    let mut summary = Slot::default();
    while let Some(element) = xml.child()? {
        if !matches!(element.space, Space::Plain | Space::Atom) {
            xml.skip()?;
            continue;
        }
        match element.name.as_str() {
            "id" => parsed.id.offer_text(0, xml.plain()?),
            "title" => parsed.title.offer_text(0, plain(xml, &element)?),
            "content" => parsed.content.offer_text(0, content(xml, &element)?),
            "summary" => summary.offer_text(0, content(xml, &element)?),
            "published" | "issued" => parsed.date.offer_date(0, &xml.plain()?),
            "updated" | "modified" => parsed.date.offer_date(1, &xml.plain()?),
            "created" => parsed.date.offer_date(2, &xml.plain()?),
            "link" => {
                alternate(&element, base, &mut parsed.link);
                if let Some(attachment) = enclosure(&element, base) {
                    parsed.attach(attachment);
                }
                xml.skip()?;
            }
            _ => xml.skip()?,
        }
    }
    // Without content the summary is the content; the answer leaves a brief out that says the same.
    if let Some(summary) = summary.into_inner() {
        parsed.content.offer(1, summary.clone());
        parsed.brief.offer(0, summary);
    }
    Ok(parsed)
}

/// A text construct as plain text: markup of either kind is taken off (RFC 4287, 3.1).
fn plain(xml: &mut Xml<'_>, element: &Element<'_>) -> Result<String, FeedError> {
    let inner = xml.inner()?;
    Ok(if is_html(element) && !inner.is_markup() { html::to_text(&inner.into_text()) } else { inner.into_plain() })
}

/// A text construct, or content, with its markup. What is inside but no text, an image in base64 say, is left out.
fn content(xml: &mut Xml<'_>, element: &Element<'_>) -> Result<String, FeedError> {
    let media_type = element.attribute("type").unwrap_or_default().to_ascii_lowercase();
    let is_text = !media_type.contains('/')
        || media_type.starts_with("text/")
        || media_type.ends_with("xml")
        || media_type.contains("html");
    if !is_text || element.attribute("mode").is_some_and(|mode| mode.eq_ignore_ascii_case("base64")) {
        xml.skip()?;
        return Ok(String::new());
    }
    Ok(xml.inner()?.into_unwrapped())
}

fn is_html(element: &Element<'_>) -> bool {
    let media_type = element.attribute("type").unwrap_or_default();
    ["html", "text/html", "xhtml", "application/xhtml+xml"].iter().any(|html| media_type.eq_ignore_ascii_case(html))
}

/// The relation of a link in short; links that do not say are alternates.
fn relation(link: &Element<'_>) -> String {
    let relation = link.attribute("rel").unwrap_or_default().to_ascii_lowercase();
    let short = relation.rsplit('/').next().unwrap_or_default();
    if short.is_empty() { "alternate".to_owned() } else { short.to_owned() }
}

/// Offers a link that leads to the thing itself; pages go before other representations.
fn alternate(link: &Element<'_>, base: &Base, into: &mut Slot<String>) {
    if relation(link) == "alternate"
        && let Some(href) = link.attribute("href")
    {
        let media_type = link.attribute("type").unwrap_or_default();
        let is_page = media_type.is_empty() || media_type.to_ascii_lowercase().contains("html");
        into.offer_text(u8::from(!is_page), base.within(link.attribute("xml:base").as_deref()).resolve(&href));
    }
}

fn enclosure(link: &Element<'_>, base: &Base) -> Option<Attachment> {
    let href = link.attribute("href").filter(|href| !href.is_empty() && relation(link) == "enclosure")?;
    let length = link.attribute("length").and_then(|length| length.parse().ok());
    Some(Attachment::new(base.resolve(&href), link.attribute("type"), length))
}

/// Offers the name of a person.
fn person(xml: &mut Xml<'_>, into: &mut Slot<String>) -> Result<(), FeedError> {
    while let Some(element) = xml.child()? {
        match element.name.as_str() {
            "name" => into.offer_text(0, xml.plain()?),
            "email" => into.offer_text(1, xml.plain()?),
            _ => xml.skip()?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document;

    fn parse(inside: &str) -> Parsed {
        let document = format!("<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='pt'>{inside}</feed>");
        document::parse(&document, &Base::new("http://h.example/feed/atom.xml")).unwrap()
    }

    fn parse_entry(inside: &str) -> ParsedEntry {
        parse(&format!("<entry>{inside}</entry>")).entries.remove(0)
    }

    fn text(slot: Slot<String>) -> String {
        slot.into_inner().unwrap_or_default()
    }

    #[test]
    fn text_constructs_lose_their_markup_in_titles() {
        for (title, plain) in [
            ("<title>Fish &amp;amp; &lt;b></title>", "Fish &amp; <b>"),
            ("<title type='text'>1 &lt; 2</title>", "1 < 2"),
            ("<title type='html'>Fish &amp;amp; &lt;b>chips&lt;/b></title>", "Fish & chips"),
            ("<title type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>1 &lt; <i>2</i></div></title>", "1 < 2"),
            ("<title type='markdown'>*x*</title>", "*x*"),
            ("<title/>", ""),
        ] {
            assert_eq!(text(parse_entry(title).title), plain, "{title}");
        }
    }

    #[test]
    fn content_keeps_its_markup() {
        let xhtml = "<div xmlns='http://www.w3.org/1999/xhtml'><p>x<br/>y</p></div>";
        for (content, kept) in [
            ("<content type='html'>&lt;p>x&lt;/p></content>".to_owned(), "<p>x</p>"),
            (format!("<content type='xhtml'>{xhtml}</content>"), "<p>x<br/>y</p>"),
            ("<content type='image/png'>iVBORw0KGgo=</content><summary>s</summary>".to_owned(), "s"),
            ("<content src='/v.mp4' type='video/mp4'/><summary>s</summary>".to_owned(), "s"),
            ("<content/>".to_owned(), ""),
        ] {
            assert_eq!(text(parse_entry(&content).content), kept, "{content}");
        }
    }

    #[test]
    fn the_summary_is_a_brief_beside_content() {
        let entry = parse_entry("<summary>s</summary><content>c</content>");
        assert_eq!((text(entry.content), text(entry.brief)), ("c".to_owned(), "s".to_owned()));
    }

    #[test]
    fn the_link_is_the_alternate() {
        for (links, link) in [
            ("<link rel='self' href='/self'/><link href='a'/>", "http://h.example/feed/a"),
            (
                "<link rel='alternate' type='application/json' href='/j'/><link type='text/html' href='/h'/>",
                "http://h.example/h",
            ),
            ("<link rel='http://www.iana.org/assignments/relation/alternate' href='/i'/>", "http://h.example/i"),
            ("<link rel='enclosure' href='/e'/><link rel='edit' href='/x'/>", ""),
            ("<link xml:base='http://b.example/' href='c'/>", "http://b.example/c"),
        ] {
            assert_eq!(text(parse_entry(links).link), link, "{links}");
        }
    }

    #[test]
    fn published_goes_before_updated() {
        let entry = parse_entry("<updated>2024-05-02</updated><published>2024-05-01</published>");
        assert_eq!(entry.date.into_inner().unwrap().published(), "2024-05-01T00:00:00.000Z");
    }

    #[test]
    fn the_feed_describes_itself() {
        let parsed = parse(
            "<title>T</title><subtitle>S</subtitle><icon>/i</icon><logo>/l</logo><link href='/'/>\
             <author><uri>u</uri><name>Ana</name></author><category term='b'/><category label='x'/><category term='a'/>",
        );
        let channel = parsed.channel;
        assert_eq!(channel.categories, ["b", "a"]);
        let shown = [channel.title, channel.description, channel.image, channel.link, channel.author, channel.language];
        let expected = ["T", "S", "http://h.example/l", "http://h.example/", "Ana", "pt"];
        assert_eq!(shown.map(text), expected);
    }

    #[test]
    fn version_0_3_differs_in_names() {
        let document = "<feed version='0.3' xmlns='http://purl.org/atom/ns#'><tagline>T</tagline><entry>\
                        <issued>2004-01-01T00:00:00Z</issued><content type='text/html' mode='escaped'>&lt;p></content>\
                        </entry></feed>";
        let parsed = document::parse(document, &Base::default()).unwrap();
        assert_eq!(text(parsed.channel.description), "T");
        assert_eq!(text(parsed.entries.into_iter().next().unwrap().content), "<p>");
    }
}
