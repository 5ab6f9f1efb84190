//! Presence: who is there, who is in a room, who wants to know of us.

use xmpp_parsers::minidom::Element;

use super::activity::{Activity, Entity, Object, Occupant, Person, Presence};
use super::xml::{attribute, child, text_of, written};
use super::{Ears, Ignored, bare, ns, recipient, resource};
use crate::credentials::Extension;

/// What a presence means.
pub(super) fn heard(stanza: &Element, ears: &Ears<'_>) -> Result<Vec<Activity>, Ignored> {
    let from = ears.from(stanza);
    match stanza.attr("type") {
        None | Some("unavailable") => {}
        Some("error") => return Ok(vec![refused(stanza, ears)]),
        Some("subscribe") => {
            return Ok(vec![Activity::new("request-friend", Entity::person(bare(from))).to(recipient(stanza, ears))]);
        }
        Some("subscribed" | "unsubscribe" | "unsubscribed" | "probe") => return Err(Ignored::Subscription),
        Some(_) => return Err(Ignored::Malformed),
    }
    let is_room = (ears.is_room)(bare(from));
    let mut actor = if is_room { Entity::room(from) } else { Entity::person(from) };
    let target = attribute(stanza, "to").map(Entity::person);
    if target.is_none() {
        actor.name = resource(from);
    }
    actor.occupant = occupant_id(stanza, ears);
    let update = Activity::new("update", actor).to(target).about(Object::Presence(presence(stanza, ears)));
    Ok(std::iter::once(update).chain(kicked(stanza, ears)).collect())
}

/// The state that a presence tells.
fn presence(stanza: &Element, ears: &Ears<'_>) -> Presence {
    let gone = stanza.attr("type") == Some("unavailable");
    let show = text_of(stanza, "show");
    let show = match show.as_deref().map(str::trim) {
        _ if gone => "offline",
        Some("away") => "away",
        Some("chat") => "chat",
        Some("dnd") => "dnd",
        Some("xa") => "xa",
        // Whatever else it says, somebody is there.
        _ => "online",
    };
    let item = muc_user(stanza).and_then(|user| child(user, "item", ns::MUC_USER));
    let item = item.filter(|_| ears.asked(Extension::Roles));
    let of_item = |name| item.and_then(|item| attribute(item, name)).map(str::to_owned);
    let photo = child(stanza, "x", ns::VCARD_UPDATE).and_then(|update| child(update, "photo", ns::VCARD_UPDATE));
    Presence {
        presence: Some(show),
        content: text_of(stanza, "status").filter(|status| !status.is_empty()),
        role: of_item("role"),
        affiliation: of_item("affiliation"),
        avatar: photo.filter(|_| ears.asked(Extension::Avatars)).map(Element::text),
        contact: None,
    }
}

/// Somebody in a room, for a push of many.
pub(crate) fn occupant(stanza: &Element, ears: &Ears<'_>) -> Option<Occupant> {
    let from = ears.from(stanza);
    Some(Occupant { id: from.to_owned(), name: resource(from)?, presence: presence(stanza, ears) })
}

/// What a room says about one of its occupants.
pub(crate) fn muc_user(stanza: &Element) -> Option<&Element> {
    child(stanza, "x", ns::MUC_USER)
}

/// Whether a room gives this status (XEP-0045 15.6.2).
fn has_status(stanza: &Element, code: &str) -> bool {
    let codes = muc_user(stanza).into_iter().flat_map(Element::children);
    codes.filter(|one| one.name() == "status").any(|status| status.attr("code") == Some(code))
}

/// Whether a room tells us about ourselves.
pub(crate) fn is_self(stanza: &Element) -> bool {
    has_status(stanza, "110")
}

/// Somebody was removed from a room. For those who asked for roles.
fn kicked(stanza: &Element, ears: &Ears<'_>) -> Option<Activity> {
    let gone = stanza.attr("type") == Some("unavailable");
    // Kicked, banned, no longer a member.
    let removed = ["301", "307", "321", "322"].into_iter().any(|code| has_status(stanza, code));
    let from = ears.from(stanza);
    if !gone || !removed || !ears.asked(Extension::Roles) || !(ears.is_room)(bare(from)) {
        return None;
    }
    let item = child(muc_user(stanza)?, "item", ns::MUC_USER);
    let reason = item.and_then(|item| text_of(item, "reason")).filter(|reason| !reason.is_empty());
    let by = item.and_then(|item| child(item, "actor", ns::MUC_USER)).and_then(|actor| attribute(actor, "nick"));
    let room = bare(from);
    let actor = by.map_or_else(
        || Entity::room(room),
        |nick| Entity::person(format!("{room}/{nick}")).named(Some(nick.to_owned())),
    );
    let person = Person { id: from.to_owned(), name: resource(from), content: reason };
    Some(Activity::new("remove", actor).to(Entity::room(room)).about(Object::Person(person)))
}

/// The id that a room gives the sender whatever their nick. For those who asked for ids.
pub(super) fn occupant_id(stanza: &Element, ears: &Ears<'_>) -> Option<String> {
    let id = child(stanza, "occupant-id", ns::OCCUPANT_ID)?;
    ears.asked(Extension::Ids).then(|| attribute(id, "id").map(str::to_owned))?
}

fn refused(stanza: &Element, ears: &Ears<'_>) -> Activity {
    let (kind, error) = error_text("update", stanza, ears);
    Activity::new(kind, Entity::room(ears.from(stanza))).to(recipient(stanza, ears)).failed(error)
}

/// How an error reads: the type of its activity, and its text.
pub(crate) fn error_text(kind: &'static str, stanza: &Element, ears: &Ears<'_>) -> (&'static str, String) {
    let Some(error) = stanza.children().find(|child| child.name() == "error") else { return (kind, written(stanza)) };
    if error.children().any(|condition| condition.name() == "remote-server-not-found") {
        return ("join", format!("remote server not found {}", ears.from(stanza)));
    }
    (kind, written(error))
}
