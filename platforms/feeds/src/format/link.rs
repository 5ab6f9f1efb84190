//! Links and people as Atom has them, which other formats borrow.

use crate::FeedError;
use crate::attachment::Attachment;
use crate::details::{Person, fill};
use crate::format::number;
use crate::hints::Hints;
use crate::parsed::{Base, ParsedEntry, Slot};
use crate::xml::{Element, Xml};

/// The relation of a link in short; links that do not say are alternates.
fn relation(link: &Element<'_>) -> String {
    let relation = link.attribute("rel").unwrap_or_default().to_ascii_lowercase();
    let short = relation.rsplit('/').next().unwrap_or_default();
    if short.is_empty() { "alternate".to_owned() } else { short.to_owned() }
}

fn target(link: &Element<'_>, base: &Base) -> Option<String> {
    let href = link.attribute("href").filter(|href| !href.is_empty())?;
    Some(base.within(link.attribute("xml:base").as_deref()).resolve(&href))
}

/// Pages go before other representations.
fn rank(link: &Element<'_>) -> u8 {
    let media_type = link.attribute("type").unwrap_or_default();
    u8::from(!media_type.is_empty() && !media_type.to_ascii_lowercase().contains("html"))
}

/// Offers a link that leads to the thing itself.
pub(super) fn alternate(link: &Element<'_>, base: &Base, into: &mut Slot<String>) {
    if relation(link) == "alternate"
        && let Some(target) = target(link, base)
    {
        into.offer_text(rank(link), target);
    }
}

/// What a link of a feed says of how to be told of news: its hub, and the name that the hub knows it by.
pub(super) fn hint(link: &Element<'_>, base: &Base, into: &mut Hints) {
    if let Some(target) = target(link, base) {
        into.link(&relation(link), target);
    }
}

/// Where a feed says that it can be found itself.
pub(super) fn own(link: &Element<'_>, base: &Base) -> Option<String> {
    (relation(link) == "self").then(|| target(link, base)).flatten()
}

/// What a link means for an entry. Alternates are offered from rank `first` on.
pub(super) fn of_entry(link: &Element<'_>, base: &Base, first: u8, entry: &mut ParsedEntry) {
    let Some(target) = target(link, base) else { return };
    match relation(link).as_str() {
        "alternate" => entry.link.offer_text(first + rank(link), target),
        "enclosure" => {
            let length = link.attribute("length").and_then(|length| number(&length));
            let mut attachment = Attachment::new(target, link.attribute("type"), length);
            attachment.name = link.attribute("title").filter(|title| !title.is_empty());
            entry.attach(attachment);
        }
        "license" => fill(&mut entry.details().license, &target),
        "replies" if rank(link) == 0 => fill(&mut entry.details().comments, &target),
        "via" => fill(&mut entry.details().via, &target),
        _ => {}
    }
}

/// The children of a person construct.
pub(super) fn person(xml: &mut Xml<'_>, base: &Base) -> Result<Person, FeedError> {
    let mut person = Person::default();
    while let Some(element) = xml.child()? {
        match element.name.as_str() {
            "name" => fill(&mut person.name, &xml.plain()?),
            "email" => fill(&mut person.email, &xml.plain()?),
            // What Atom 0.3 calls the same.
            "uri" | "url" | "homepage" => fill(&mut person.url, &base.resolve(&xml.plain()?)),
            _ => xml.skip()?,
        }
    }
    Ok(person)
}
