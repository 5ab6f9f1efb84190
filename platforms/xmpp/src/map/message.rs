//! Messages: what was said, and what goes with it.

use xmpp_parsers::minidom::Element;

use super::activity::{Activity, Attachment, Entity, Message, Named, Object, Time};
use super::presence::{error_text, occupant_id};
use super::xml::{attribute, child, text_of, written};
use super::{Ears, Ignored, bare, beyond, delayed, event, ns, recipient, resource};
use crate::credentials::Extension;

/// What a message means.
pub(super) fn heard(stanza: &Element, ears: &Ears<'_>) -> Result<Vec<Activity>, Ignored> {
    if let Some(copy) = stanza.children().find(|one| one.ns() == ns::CARBONS) {
        return carbon(stanza, copy, ears);
    }
    if child(stanza, "result", ns::MAM).is_some() {
        return Err(Ignored::Unasked);
    }
    if let Some(event) = child(stanza, "event", ns::PUBSUB_EVENT) {
        return event::heard(stanza, event, ears);
    }
    plain(stanza, ears, delayed(stanza))
}

/// A message that nothing is wrapped around.
fn plain(stanza: &Element, ears: &Ears<'_>, published: Option<Time>) -> Result<Vec<Activity>, Ignored> {
    if stanza.attr("type") == Some("error") {
        return Ok(vec![refused(stanza, ears)]);
    }
    let mut activities = Vec::new();
    let instead = beyond::instead_of_text(stanza, ears);
    if !instead.is_empty() {
        activities.extend(instead);
    } else if let Some(body) = body(stanza) {
        activities
            .push(Activity::new("send", speaker(stanza, ears)).about(Object::Message(message(stanza, body, ears))));
    }
    activities.extend(beyond::besides(stanza, ears));
    if activities.is_empty() {
        return Err(if beyond::says_something(stanza) { Ignored::NotAskedFor } else { Ignored::Bodiless });
    }
    let place = place(stanza, ears);
    for activity in &mut activities {
        activity.published = published;
        activity.target.get_or_insert_with(|| place.clone());
    }
    Ok(activities)
}

/// Who said it.
pub(super) fn speaker(stanza: &Element, ears: &Ears<'_>) -> Entity {
    let from = ears.from(stanza);
    let name = if is_groupchat(stanza) { resource(from) } else { None };
    Entity { occupant: occupant_id(stanza, ears), ..Entity::person(from).named(name) }
}

/// Where it was said.
fn place(stanza: &Element, ears: &Ears<'_>) -> Entity {
    if is_groupchat(stanza) { Entity::room(bare(ears.from(stanza))) } else { recipient(stanza, ears) }
}

pub(super) fn is_groupchat(stanza: &Element) -> bool {
    stanza.attr("type") == Some("groupchat")
}

/// Its text: the one in no language before the first one.
fn body(stanza: &Element) -> Option<String> {
    let bodies = || stanza.children().filter(|one| one.is("body", stanza.ns().as_str()));
    let plain = bodies().find(|body| body.attrs().iter().next().is_none());
    plain.or_else(|| bodies().next()).map(Element::text)
}

fn message(stanza: &Element, body: String, ears: &Ears<'_>) -> Message {
    let id_of = |name, ns| child(stanza, name, ns).and_then(|one| attribute(one, "id")).map(str::to_owned);
    let asked = |extension| ears.asked(extension).then_some(());
    let oob = asked(Extension::Attachments).and_then(|()| child(stanza, "x", ns::OOB));
    let xhtml = asked(Extension::Html).and_then(|()| child(stanza, "html", ns::XHTML));
    let in_reply_to = asked(Extension::Replies).and_then(|()| id_of("reply", ns::REPLY));
    let content = if in_reply_to.is_some() { beyond::without_fallback(stanza, &body, ns::REPLY) } else { body };
    Message {
        id: attribute(stanza, "id").map(str::to_owned),
        content: Some(content),
        stanza_id: id_of("stanza-id", ns::STANZA_ID),
        replace: id_of("replace", ns::CORRECT).map(|id| Named { id }),
        origin_id: asked(Extension::Ids).and_then(|()| id_of("origin-id", ns::STANZA_ID)),
        in_reply_to,
        html: xhtml.and_then(|html| child(html, "body", ns::XHTML_BODY)).map(written),
        attachment: oob.and_then(|oob| Some(Attachment { url: text_of(oob, "url")?, name: text_of(oob, "desc") })),
    }
}

/// A message that came back, or a question.
pub(crate) fn refused(stanza: &Element, ears: &Ears<'_>) -> Activity {
    let (kind, error) = error_text("message", stanza, ears);
    Activity::new(kind, Entity::room(ears.from(stanza))).to(recipient(stanza, ears)).failed(error)
}

/// A copy of what another client of ours sent or got (XEP-0280).
fn carbon(stanza: &Element, copy: &Element, ears: &Ears<'_>) -> Result<Vec<Activity>, Ignored> {
    if !ears.is_own(stanza) {
        return Err(Ignored::Forged);
    }
    if !ears.asked(Extension::Carbons) {
        return Err(Ignored::NotAskedFor);
    }
    let (inner, published) = forwarded(copy).ok_or(Ignored::Malformed)?;
    let own = match copy.name() {
        "received" => inner.attr("to"),
        "sent" => inner.attr("from"),
        _ => return Err(Ignored::Malformed),
    };
    if own.map(bare).is_some_and(|own| own != ears.account) {
        return Err(Ignored::Forged);
    }
    plain(inner, ears, published.or_else(|| delayed(inner)))
}

/// A message of an archive (XEP-0313): its id there, and what it says. The archive's id is the message's for whoever pages.
pub(crate) fn archived(result: &Element, ears: &Ears<'_>) -> Option<(String, Vec<Activity>)> {
    let id = attribute(result, "id")?;
    let (inner, published) = forwarded(result)?;
    let mut said = plain(inner, ears, published.or_else(|| delayed(inner))).unwrap_or_default();
    for activity in &mut said {
        if let Some(Object::Message(message)) = &mut activity.object {
            message.stanza_id = Some(id.to_owned());
        }
    }
    Some((id.to_owned(), said))
}

/// What is forwarded in a wrapper, and when it was said (XEP-0297).
fn forwarded(wrapper: &Element) -> Option<(&Element, Option<Time>)> {
    let forwarded = child(wrapper, "forwarded", ns::FORWARD)?;
    let inner = child(forwarded, "message", super::xml::CLIENT)?;
    Some((inner, delayed(forwarded)))
}
