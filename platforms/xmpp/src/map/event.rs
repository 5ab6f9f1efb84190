//! What people publish about themselves (XEP-0163): pictures, and our own bookmarks.

use xmpp_parsers::minidom::Element;

use super::activity::{Activity, Avatar, Entity, Object, Room};
use super::xml::{attribute, child, text_of};
use super::{Ears, Ignored, bare, ns};
use crate::credentials::Extension;

/// Items of one event that are read.
const ITEMS_MAX: usize = 256;

/// What an event means.
pub(super) fn heard(stanza: &Element, event: &Element, ears: &Ears<'_>) -> Result<Vec<Activity>, Ignored> {
    let items = child(event, "items", ns::PUBSUB_EVENT).ok_or(Ignored::Bodiless)?;
    match items.attr("node") {
        Some(ns::AVATAR_METADATA) if ears.asked(Extension::Avatars) => {
            let item = child(items, "item", ns::PUBSUB_EVENT).ok_or(Ignored::Bodiless)?;
            let owner = Entity::person(bare(ears.from(stanza)));
            Ok(vec![Activity::new("update", owner).about(Object::Avatar(metadata(item)))])
        }
        Some(ns::BOOKMARKS) if !ears.is_own(stanza) => Err(Ignored::Forged),
        Some(ns::BOOKMARKS) if ears.asked(Extension::Bookmarks) => {
            let (own, me) = (|| Entity::person(ears.account), Entity::person(ears.bound));
            let changed = items.children().take(ITEMS_MAX).filter_map(|item| {
                let kind = if item.name() == "retract" { "remove" } else { "update" };
                Some(Activity::new(kind, own()).to(me.clone()).about(Object::Room(bookmark(item)?)))
            });
            Ok(changed.collect())
        }
        _ => Err(Ignored::NotAskedFor),
    }
}

/// The picture that somebody says they have; without an id, none.
fn metadata(item: &Element) -> Avatar {
    let metadata = child(item, "metadata", ns::AVATAR_METADATA);
    let infos = || metadata.into_iter().flat_map(Element::children).filter(|one| one.name() == "info");
    // Others have to be fetched from elsewhere.
    let info = infos().find(|info| info.attr("url").is_none()).or_else(|| infos().next());
    let of = |name| info.and_then(|info| attribute(info, name));
    Avatar {
        id: of("id").map(str::to_owned),
        media_type: of("type").map(str::to_owned),
        bytes: of("bytes").and_then(|bytes| bytes.parse().ok()),
        content: None,
    }
}

/// A room that is remembered (XEP-0402), of an event or an answer.
pub(super) fn bookmark(item: &Element) -> Option<Room> {
    let conference = child(item, "conference", ns::BOOKMARKS);
    let of = |name| conference.and_then(|one| attribute(one, name)).map(str::to_owned);
    let text = |name| conference.and_then(|one| text_of(one, name)).filter(|text| !text.is_empty());
    Some(Room {
        id: attribute(item, "id")?.to_owned(),
        name: of("name"),
        content: None,
        password: text("password"),
        nick: text("nick"),
        autojoin: conference.map(|one| matches!(one.attr("autojoin"), Some("true" | "1"))),
    })
}
