//! Media RSS (rssboard.org/media-rss): pictures, films and sound in any number of sizes, for entries of any format.

use crate::FeedError;
use crate::attachment::Attachment;
use crate::details::fill;
use crate::format::number;
use crate::parsed::{Base, ParsedEntry};
use crate::xml::{Element, Space, Xml};

/// Reads an element of Media RSS, which may be about the entry, or about one piece in it.
pub(super) fn read(
    xml: &mut Xml<'_>,
    element: &Element<'_>,
    base: &Base,
    entry: &mut ParsedEntry,
) -> Result<(), FeedError> {
    match element.name.as_str() {
        "group" => group(xml, base, entry),
        "content" => content(xml, element, base, entry),
        _ => word(xml, element, base, entry, 0),
    }
}

fn group(xml: &mut Xml<'_>, base: &Base, entry: &mut ParsedEntry) -> Result<(), FeedError> {
    while let Some(element) = xml.child()? {
        match (element.space, element.name.as_str()) {
            (Space::Media, "content") => content(xml, &element, base, entry)?,
            (Space::Media, _) => word(xml, &element, base, entry, 1)?,
            _ => xml.skip()?,
        }
    }
    Ok(())
}

/// One piece. What it says about itself is as good as nothing for the entry, but better than nothing.
fn content(xml: &mut Xml<'_>, element: &Element<'_>, base: &Base, entry: &mut ParsedEntry) -> Result<(), FeedError> {
    let mut attachment = piece(element, base);
    while let Some(element) = xml.child()? {
        match (element.space, element.name.as_str()) {
            (Space::Media, "title") => {
                let title = xml.plain()?;
                entry.title.offer_text(6, &title);
                fill(&mut attachment.name, &title);
            }
            (Space::Media, "content" | "group") => xml.skip()?,
            (Space::Media, _) => word(xml, &element, base, entry, 2)?,
            _ => xml.skip()?,
        }
    }
    if !attachment.url.is_empty() {
        entry.attach(attachment);
    }
    Ok(())
}

/// What is about the whole entry if `depth` is 0, about a group if it is 1, about one piece if it is 2.
fn word(
    xml: &mut Xml<'_>,
    element: &Element<'_>,
    base: &Base,
    entry: &mut ParsedEntry,
    depth: u8,
) -> Result<(), FeedError> {
    match element.name.as_str() {
        "title" => entry.title.offer_text(4 + depth, xml.plain()?),
        "description" => entry.content.offer_text(4 + depth, xml.inner()?.into_text()),
        "category" => {
            let label = element.attribute("label").unwrap_or_default();
            let text = xml.plain()?;
            entry.details().tag(if text.is_empty() { &label } else { &text });
        }
        "keywords" => {
            let words = xml.plain()?;
            entry.details().keywords(&words);
        }
        "copyright" => fill(&mut entry.details().rights, &xml.plain()?),
        "license" => {
            let text = xml.plain()?;
            fill(&mut entry.details().license, &element.attribute("href").unwrap_or(text));
        }
        "thumbnail" => {
            let picture = piece(element, base).called(Some("image"));
            xml.skip()?;
            if !picture.url.is_empty() {
                entry.image.offer_text(2 + depth, picture.url.clone());
                entry.attach(picture);
            }
        }
        "player" => {
            let mut player = piece(element, base);
            xml.skip()?;
            if !player.url.is_empty() {
                player.media_type.get_or_insert_with(|| "text/html".to_owned());
                entry.attach(player);
            }
        }
        _ => xml.skip()?,
    }
    Ok(())
}

fn piece(element: &Element<'_>, base: &Base) -> Attachment {
    let measure = |name| element.attribute(name).and_then(|value| number(&value));
    let url = base.resolve(&element.attribute("url").unwrap_or_default());
    let attachment = Attachment::new(url, element.attribute("type"), measure("fileSize"));
    Attachment {
        width: measure("width"),
        height: measure("height"),
        duration: measure("duration"),
        bitrate: measure("bitrate"),
        ..attachment.called(element.attribute("medium").as_deref())
    }
}

#[cfg(test)]
mod tests {
    use crate::parsed::{Base, ParsedEntry};
    use crate::{Entry, document};
    use serde_json::{Value, json};

    fn entry(inside: &str) -> Value {
        let document =
            format!("<rss xmlns:media='http://search.yahoo.com/mrss/'><channel><item>{inside}</item></channel></rss>");
        let parsed = document::parse(&document, &Base::new("http://h.example/rss.xml")).unwrap();
        let entry: ParsedEntry = parsed.entries.into_iter().next().unwrap();
        serde_json::to_value(Entry::new(entry, "http://h.example/rss.xml", None)).unwrap()
    }

    #[test]
    fn pieces_become_attachments() {
        let entry = entry(
            "<media:content url='/a.mp4' type='video/mp4' medium='video' fileSize='12' width='640' height='360'
                 duration='185.2' bitrate='1024.7'><media:title>Ebb</media:title></media:content>
             <media:group><media:content url='b.jpg' medium='image'/><media:content/><media:thumbnail url='/t.png' width='75'/>
             </media:group><media:player url='/play' width='425'/>",
        );
        let attachments = json!([
            {"type": "video", "url": "http://h.example/a.mp4", "mediaType": "video/mp4", "length": 12, "width": 640,
             "height": 360, "duration": 185, "bitrate": 1024, "name": "Ebb"},
            {"type": "image", "url": "http://h.example/b.jpg"},
            {"type": "image", "url": "http://h.example/t.png", "width": 75},
            {"type": "document", "url": "http://h.example/play", "mediaType": "text/html", "width": 425}
        ]);
        assert_eq!(entry["attachments"], attachments);
        assert_eq!(entry["image"], "http://h.example/t.png");
        assert_eq!(entry["title"], "Ebb");
    }

    #[test]
    fn one_thing_described_twice_is_one_attachment() {
        let entry =
            entry("<enclosure url='/a.mp3' type='audio/mpeg' length='9'/><media:content url='/a.mp3' duration='60'/>");
        let sound = json!({"type": "audio", "url": "http://h.example/a.mp3", "mediaType": "audio/mpeg", "length": 9, "duration": 60});
        assert_eq!(entry["attachments"], json!([sound]));
    }

    #[test]
    fn what_is_nearer_to_the_entry_counts_more() {
        let title = |depth| ["", "<media:group>", "<media:content url='u'>"][depth];
        let close = |depth| ["", "</media:group>", "</media:content>"][depth];
        let one = |depth| {
            format!(
                "{}<media:title>t{depth}</media:title><media:description>d{depth}</media:description>{}",
                title(depth),
                close(depth)
            )
        };
        let shown = |inside: String| {
            let entry = entry(&inside);
            (entry["title"].clone(), entry["content"].clone())
        };
        assert_eq!(shown([one(2), one(1), one(0)].concat()), (json!("t0"), json!("d0")));
        assert_eq!(shown([one(2), one(1)].concat()), (json!("t1"), json!("d1")));
        assert_eq!(shown(one(2) + "<title>t</title>"), (json!("t"), json!("d2")));
    }

    #[test]
    fn words_about_the_entry_are_kept() {
        let entry = entry(
            "<media:category label='Sea'/><media:category>ships</media:category><media:keywords>tide, ebb</media:keywords>
             <media:copyright url='u'>© Ana</media:copyright><media:license href='http://cc.example/by'>BY</media:license>",
        );
        assert_eq!(entry["tags"], json!(["Sea", "ships", "tide", "ebb"]));
        assert_eq!((&entry["rights"], &entry["license"]), (&json!("© Ana"), &json!("http://cc.example/by")));
    }
}
