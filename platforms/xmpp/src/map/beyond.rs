//! What messages say besides their text, for those who asked for it (platforms.md 1.7).

use xmpp_parsers::minidom::Element;

use super::activity::{Activity, Entity, Message, Object, Room};
use super::message::{is_groupchat, speaker};
use super::xml::{attribute, child, text_of};
use super::{Ears, bare, ns};
use crate::credentials::Extension;

/// Reactions that are read of one message.
const REACTIONS_MAX: usize = 64;

/// What a message says where its text is only for clients that do not understand it.
pub(super) fn instead_of_text(stanza: &Element, ears: &Ears<'_>) -> Vec<Activity> {
    let reaction = ears.asked(Extension::Reactions).then(|| reaction(stanza)).flatten();
    let retraction = ears.asked(Extension::Retractions).then(|| retraction(stanza)).flatten();
    let reaction = reaction.map(|object| Activity::new("send", speaker(stanza, ears)).about(object));
    let retraction = retraction.map(|object| Activity::new("delete", speaker(stanza, ears)).about(object));
    reaction.into_iter().chain(retraction).collect()
}

/// What a message says besides its text.
pub(super) fn besides(stanza: &Element, ears: &Ears<'_>) -> Vec<Activity> {
    let mut said = Vec::new();
    let mut say = |extension, kind, object: Option<Object>| {
        if let Some(object) = object.filter(|_| ears.asked(extension)) {
            said.push(Activity::new(kind, speaker(stanza, ears)).about(object));
        }
    };
    say(Extension::Subjects, "update", subject(stanza));
    say(Extension::States, "send", typing(stanza));
    say(Extension::Receipts, "update", id_of(stanza, "received", ns::RECEIPTS).map(|id| Object::Receipt { id }));
    say(Extension::Markers, "update", id_of(stanza, "displayed", ns::MARKERS).map(|id| Object::Read { id }));
    said.extend(ears.asked(Extension::Invites).then(|| invitation(stanza, ears)).flatten());
    said.extend(ears.asked(Extension::Roles).then(|| affiliation(stanza, ears)).flatten());
    said
}

/// Whether a message says something that could have been asked for.
pub(super) fn says_something(stanza: &Element) -> bool {
    let known = [ns::RECEIPTS, ns::MARKERS, ns::CHAT_STATES, ns::REACTIONS, ns::RETRACT, ns::MUC_USER, ns::CONFERENCE];
    subject(stanza).is_some() || stanza.children().any(|one| known.contains(&one.ns().as_str()))
}

fn id_of(stanza: &Element, name: &str, ns: &str) -> Option<String> {
    child(stanza, name, ns).and_then(|one| attribute(one, "id")).map(str::to_owned)
}

/// A room's subject. With a text or in a chat, it is only a headline (XEP-0045 8.1).
fn subject(stanza: &Element) -> Option<Object> {
    let bodiless = text_of(stanza, "body").is_none() && text_of(stanza, "thread").is_none();
    let content = text_of(stanza, "subject").filter(|_| bodiless && is_groupchat(stanza))?;
    Some(Object::Topic { content })
}

fn typing(stanza: &Element) -> Option<Object> {
    // With a text, its writer is done anyway.
    if text_of(stanza, "body").is_some() {
        return None;
    }
    let state = stanza.children().find(|one| one.ns() == ns::CHAT_STATES)?;
    let state = match state.name() {
        "composing" => "active",
        "paused" => "paused",
        "active" | "inactive" | "gone" => "done",
        _ => return None,
    };
    Some(Object::Typing { state })
}

fn reaction(stanza: &Element) -> Option<Object> {
    let reactions = child(stanza, "reactions", ns::REACTIONS)?;
    let emojis: Vec<_> = reactions.children().take(REACTIONS_MAX).map(|one| one.text().trim().to_owned()).collect();
    Some(Object::Reaction { content: emojis.join(" "), in_reply_to: attribute(reactions, "id")?.to_owned() })
}

/// A message is taken back, or was (then it is what an archive keeps in its place).
fn retraction(stanza: &Element) -> Option<Object> {
    let (retract, id) = match child(stanza, "retract", ns::RETRACT) {
        Some(retract) => (retract, attribute(retract, "id")),
        None => (child(stanza, "retracted", ns::RETRACT)?, attribute(stanza, "id")),
    };
    let content = text_of(retract, "reason").filter(|reason| !reason.is_empty());
    Some(Object::Message(Message { id: Some(id?.to_owned()), content, ..Message::default() }))
}

/// Somebody asks us into a room: through it (XEP-0045 7.8.2), or directly (XEP-0249).
fn invitation(stanza: &Element, ears: &Ears<'_>) -> Option<Activity> {
    let from = ears.from(stanza);
    let (inviter, room) = if let Some(user) = child(stanza, "x", ns::MUC_USER) {
        let invite = child(user, "invite", ns::MUC_USER)?;
        let room = Room {
            id: bare(from).to_owned(),
            content: text_of(invite, "reason").filter(|reason| !reason.is_empty()),
            password: text_of(user, "password"),
            ..Room::default()
        };
        (attribute(invite, "from").unwrap_or(from), room)
    } else {
        let direct = child(stanza, "x", ns::CONFERENCE)?;
        let of = |name| attribute(direct, name).map(str::to_owned);
        let room = Room { id: of("jid")?, content: of("reason"), password: of("password"), ..Room::default() };
        (from, room)
    };
    let target = Entity::person(ears.to(stanza));
    Some(Activity::new("invite", Entity::person(inviter)).to(target).about(Object::Room(room)))
}

/// A room tells of a change of somebody who is not in it (XEP-0045 9.3).
fn affiliation(stanza: &Element, ears: &Ears<'_>) -> Option<Activity> {
    let from = ears.from(stanza);
    let item = child(child(stanza, "x", ns::MUC_USER)?, "item", ns::MUC_USER)?;
    let (whom, affiliation) = (attribute(item, "jid")?, attribute(item, "affiliation")?);
    if !(ears.is_room)(bare(from)) {
        return None;
    }
    let room = Entity::room(bare(from));
    let kind = if affiliation == "none" { "remove" } else { "add" };
    let update = Activity::new(kind, room.clone()).to(Entity::person(whom));
    // Who lost an affiliation was a member of some kind.
    let role = if affiliation == "none" { "member" } else { affiliation };
    Some(update.about(Object::role(role, room)))
}

/// The text without what is in it only for clients that do not understand `feature` (XEP-0428): characters, not bytes.
pub(super) fn without_fallback(stanza: &Element, text: &str, feature: &str) -> String {
    let fallback = stanza.children().find(|one| one.is("fallback", ns::FALLBACK) && one.attr("for") == Some(feature));
    let range = fallback.and_then(|fallback| child(fallback, "body", ns::FALLBACK)).and_then(|body| {
        let place = |name| body.attr(name)?.parse::<usize>().ok();
        Some((place("start")?, place("end")?))
    });
    let Some((start, end)) = range.filter(|(start, end)| start <= end) else { return text.to_owned() };
    text.chars().enumerate().filter(|(place, _)| *place < start || *place >= end).map(|(_, one)| one).collect()
}
