//! The roster (RFC 6121 2): whom we know, and who knows us.

use xmpp_parsers::minidom::Element;

use super::activity::{Activity, Contact, Entity, Object, Presence};
use super::xml::attribute;
use super::{Ears, ns};

/// People that are told of one roster; what is more is left out.
const ITEMS_MAX: usize = 5000;
/// Groups that are told of one of them.
const GROUPS_MAX: usize = 32;

/// Each of a roster's people; `kind` is the type of the activities.
pub(crate) fn items(query: &Element, kind: &'static str, ears: &Ears<'_>) -> Vec<Activity> {
    let items = query.children().filter(|one| one.is("item", ns::ROSTER)).take(ITEMS_MAX);
    items.filter_map(|item| contact(item, kind, ears)).collect()
}

fn contact(item: &Element, kind: &'static str, ears: &Ears<'_>) -> Option<Activity> {
    let actor = Entity::person(attribute(item, "jid")?).named(attribute(item, "name").map(str::to_owned));
    let groups = item.children().filter(|one| one.name() == "group").take(GROUPS_MAX).map(Element::text);
    let contact = Contact {
        subscription: match item.attr("subscription") {
            Some("both") => "both",
            Some("from") => "from",
            Some("to") => "to",
            Some("remove") => "remove",
            _ => "none",
        },
        ask: item.attr("ask") == Some("subscribe"),
        groups: groups.collect(),
    };
    // We let them know of us, and wait to know of them.
    let waits = contact.subscription == "from" && contact.ask;
    let presence = waits.then_some("notauthorized");
    let object = Object::Presence(Presence { presence, contact: Some(contact), ..Presence::default() });
    Some(Activity::new(kind, actor).to(Entity::person(ears.bound)).about(object))
}
