//! Atom 1.0 (RFC 4287), and 0.3 where it differs only in names.

use crate::FeedError;
use crate::details::{Source, fill};
use crate::format::{extension, link};
use crate::html;
use crate::parsed::{Base, Parsed, ParsedEntry, Slot};
use crate::xml::{Element, Space, Xml};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Reads from the root element `feed` on.
pub(crate) fn parse(xml: &mut Xml<'_>, root: &Element<'_>, base: &Base) -> Result<Parsed, FeedError> {
    let base = &base.within(root.attribute("xml:base").as_deref());
    let mut parsed = Parsed { base: base.clone(), ..Parsed::default() };
    parsed.channel.language.offer_text(0, root.attribute("xml:lang").unwrap_or_default());
    while let Some(element) = xml.child()? {
        let into = &mut parsed.channel;
        if !matches!(element.space, Space::Plain | Space::Atom) {
            extension::of_channel(xml, &element, base, into)?;
            continue;
        }
        match element.name.as_str() {
            "entry" => parsed.add(entry(xml, &element, base)?),
            "title" => into.title.offer_text(0, plain(xml, &element)?),
            "subtitle" | "tagline" => into.description.offer_text(0, plain(xml, &element)?),
            "logo" => into.image.offer_text(0, base.resolve(&xml.plain()?)),
            "icon" => into.image.offer_text(1, base.resolve(&xml.plain()?)),
            "author" => {
                let author = link::person(xml, base)?;
                into.author.offer_text(0, author.name.unwrap_or_default());
                into.author.offer_text(1, author.email.unwrap_or_default());
            }
            "updated" | "modified" => into.updated.offer_date(0, &xml.plain()?),
            "generator" => into.generator.offer_text(0, xml.plain()?),
            "rights" | "copyright" => into.rights.offer_text(0, plain(xml, &element)?),
            "category" => {
                into.categories.extend(element.attribute("term").filter(|term| !term.is_empty()));
                xml.skip()?;
            }
            "link" => {
                link::alternate(&element, base, &mut into.link);
                link::hint(&element, base, &mut into.hints);
                xml.skip()?;
            }
            _ => xml.skip()?,
        }
    }
    Ok(parsed)
}

fn entry(xml: &mut Xml<'_>, entry: &Element<'_>, base: &Base) -> Result<ParsedEntry, FeedError> {
    let mut parsed = ParsedEntry::default();
    let own_base = entry.attribute("xml:base");
    let base = &base.within(own_base.as_deref());
    let mut text_base = own_base.map(|_| base.clone());
    let mut summary = Slot::default();
    while let Some(element) = xml.child()? {
        if !matches!(element.space, Space::Plain | Space::Atom) {
            extension::of_entry(xml, &element, base, &mut parsed)?;
            continue;
        }
        match element.name.as_str() {
            "id" => parsed.id.offer_text(0, xml.plain()?),
            "title" => parsed.title.offer_text(0, plain(xml, &element)?),
            "content" => {
                if let Some(own_base) = element.attribute("xml:base") {
                    text_base = Some(base.within(Some(&own_base)));
                }
                parsed.content.offer_text(0, content(xml, &element)?);
            }
            "summary" => summary.offer_text(0, content(xml, &element)?),
            "published" | "issued" => parsed.date.offer_date(0, &xml.plain()?),
            "updated" | "modified" => {
                let text = xml.plain()?;
                parsed.date.offer_date(1, &text);
                parsed.updated.offer_date(0, &text);
            }
            "created" => parsed.date.offer_date(2, &xml.plain()?),
            _ => detail(xml, &element, base, &mut parsed)?,
        }
    }
    parsed.base = text_base.map(Box::new);
    // Without content the summary is the content; the answer leaves a brief out that says the same.
    if let Some(summary) = summary.into_inner() {
        parsed.content.offer(1, summary.clone());
        parsed.brief.offer(0, summary);
    }
    Ok(parsed)
}

/// Elements that upstream does not show.
fn detail(xml: &mut Xml<'_>, element: &Element<'_>, base: &Base, entry: &mut ParsedEntry) -> Result<(), FeedError> {
    match element.name.as_str() {
        "author" => {
            let person = link::person(xml, base)?;
            entry.details().author(person);
        }
        "category" => {
            entry.details().tag(&element.attribute("term").unwrap_or_default());
            xml.skip()?;
        }
        "link" => {
            link::of_entry(element, base, 0, entry);
            xml.skip()?;
        }
        "rights" | "copyright" => fill(&mut entry.details().rights, &plain(xml, element)?),
        "source" => {
            let source = source(xml, &base.within(element.attribute("xml:base").as_deref()))?;
            entry.details().copied_from(source);
        }
        _ => xml.skip()?,
    }
    Ok(())
}

/// The feed that an entry was copied from (RFC 4287, 4.2.11).
fn source(xml: &mut Xml<'_>, base: &Base) -> Result<Source, FeedError> {
    let mut source = Source::default();
    let mut page = Slot::default();
    while let Some(element) = xml.child()? {
        match element.name.as_str() {
            "title" => fill(&mut source.name, &plain(xml, &element)?),
            "link" => {
                link::alternate(&element, base, &mut page);
                if let Some(own) = link::own(&element, base) {
                    fill(&mut source.feed_url, &own);
                }
                xml.skip()?;
            }
            _ => xml.skip()?,
        }
    }
    source.link = page.into_inner();
    Ok(source)
}

/// A text construct as plain text: markup of either kind is taken off (RFC 4287, 3.1).
fn plain(xml: &mut Xml<'_>, element: &Element<'_>) -> Result<String, FeedError> {
    if is_base64(element) {
        return Ok(html::to_text(&decoded(&xml.plain()?)));
    }
    let inner = xml.inner()?;
    Ok(if is_html(element) && !inner.is_markup() { html::to_text(&inner.into_text()) } else { inner.into_plain() })
}

/// A text construct, or content, with its markup. What is inside but no text, an image in base64 say, is left out.
fn content(xml: &mut Xml<'_>, element: &Element<'_>) -> Result<String, FeedError> {
    if is_base64(element) {
        return Ok(decoded(&xml.plain()?));
    }
    Ok(xml.inner()?.into_unwrapped())
}

/// Whether a text is written in base64: in 1.0 each of a type that is no text, in 0.3 what says so.
fn is_base64(element: &Element<'_>) -> bool {
    let media_type = element.attribute("type").unwrap_or_default().to_ascii_lowercase();
    let is_text = !media_type.contains('/')
        || media_type.starts_with("text/")
        || media_type.ends_with("xml")
        || media_type.contains("html");
    match element.attribute("mode") {
        Some(mode) => mode.eq_ignore_ascii_case("base64"),
        None => !is_text,
    }
}

/// The text behind base64; empty if it is none.
fn decoded(base64: &str) -> String {
    let dense: String = base64.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes = STANDARD.decode(dense).unwrap_or_default();
    let is_text = |text: &String| !text.contains(|c: char| c.is_control() && !c.is_whitespace());
    String::from_utf8(bytes).ok().filter(is_text).map_or_else(String::new, |text| text.trim().to_owned())
}

fn is_html(element: &Element<'_>) -> bool {
    let media_type = element.attribute("type").unwrap_or_default();
    ["html", "text/html", "xhtml", "application/xhtml+xml"].iter().any(|html| media_type.eq_ignore_ascii_case(html))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::details::{Details, Person};
    use crate::sanitize::Sanitizer;
    use crate::{Entry, document};

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
    fn base64_is_text_if_there_is_text_behind_it() {
        for (content, kept) in [
            ("<content mode='base64'> PHA+eDwv\n cD4= </content>", "<p>x</p>"),
            ("<content type='application/octet-stream'>eA==</content>", "x"),
            ("<content type='application/octet-stream'>/w==</content>", ""),
            ("<content type='application/octet-stream'>AA==</content>", ""),
            ("<content type='application/octet-stream'>no base64</content>", ""),
        ] {
            assert_eq!(text(parse_entry(content).content), kept, "{content}");
        }
        assert_eq!(text(parse_entry("<title mode='base64'>PHA+eDwvcD4=</title>").title), "x");
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
    fn a_feed_names_its_hub() {
        let hints = parse("<link rel='hub' href='/hub'/><link rel='hub' href='/b'/><link rel='self' href='atom.xml'/>");
        let hints = hints.channel.hints;
        assert_eq!(hints.hub.as_deref(), Some("http://h.example/hub"));
        assert_eq!(hints.own.as_deref(), Some("http://h.example/feed/atom.xml"));
    }

    #[test]
    fn entries_say_who_wrote_them_and_where_they_are_from() {
        let entry = parse_entry(
            "<author><name>Ana</name><uri>/ana</uri></author><author><name>Bo</name></author><category term='sea'/>
             <link rel='via' href='/v'/><link rel='license' href='/l'/><link rel='replies' type='application/atom+xml' href='/x'/>
             <link rel='replies' href='/r'/><link rel='enclosure' title='Ebb' type='audio/mpeg' length='9' href='/a'/>
             <rights type='html'>&lt;b>none&lt;/b></rights><updated>2024-05-02</updated><source xml:base='http://s.example/'>
             <title>Wire</title><link href='/'/><link rel='self' href='/atom'/></source><itunes:duration>61</itunes:duration>",
        );
        let entry = Entry::new(entry, "u", None);
        assert_eq!((entry.attachments[0].name.as_deref(), entry.attachments[0].length), (Some("Ebb"), Some(9)));
        let details = *entry.details.unwrap();
        let ana = Person { name: Some("Ana".into()), url: Some("http://h.example/ana".into()), email: None };
        assert_eq!((details.authors.len(), &details.authors[0]), (2, &ana));
        let source = Source {
            name: Some("Wire".into()),
            link: Some("http://s.example/".into()),
            feed_url: Some("http://s.example/atom".into()),
        };
        let expected = Details {
            authors: details.authors.clone(),
            tags: vec!["sea".into()],
            updated: Some("2024-05-02T00:00:00.000Z".into()),
            comments: Some("http://h.example/r".into()),
            source: Some(Box::new(source)),
            via: Some("http://h.example/v".into()),
            license: Some("http://h.example/l".into()),
            rights: Some("none".into()),
            duration: Some(61),
            ..Details::default()
        };
        assert_eq!(details, expected);
    }

    #[test]
    fn texts_know_where_their_links_lead() {
        let sanitized = |entry: &str| {
            let mut parsed = parse(&format!("<entry xml:base='/e/'>{entry}</entry>"));
            let sanitizer = Sanitizer::new(&parsed.base);
            Entry::new(parsed.entries.remove(0), "u", Some(&sanitizer)).sanitized.unwrap()
        };
        let picture = "&lt;img src='i.png'>";
        let at = |url: &str| format!("<img src=\"{url}\">");
        assert_eq!(sanitized(&format!("<content type='html'>{picture}</content>")), at("http://h.example/e/i.png"));
        let own = format!("<content type='html' xml:base='http://b.example/'>{picture}</content>");
        assert_eq!(sanitized(&own), at("http://b.example/i.png"));
        let feed = "<feed xml:base='http://f.example/'><entry/></feed>";
        assert_eq!(document::parse(feed, &Base::default()).unwrap().base.resolve("i"), "http://f.example/i");
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
