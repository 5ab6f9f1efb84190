//! Answers to what we asked, as clients read them.

use std::collections::BTreeMap;

use xmpp_parsers::minidom::Element;

use super::activity::{Activity, Avatar, Entity, Object, Occupant, Person, Room, Slot};
use super::info::{add_form, info};
use super::profile::profile;
use super::xml::{STANZAS, attribute, child, text_of, written};
use super::{Ears, event, ns, roster};
use crate::machine::Answer;
use crate::map::activity::Info;

/// Items of an answer; what is more is left out.
pub(crate) const ITEMS_MAX: usize = 1000;

/// What was asked, where the answer ends a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Question {
    /// Nothing: that something was done is the answer.
    Done,
    Avatar,
    Blocked,
    Bookmarks,
    Configuration,
    Features,
    Profile,
    Rooms,
    Roster,
    Slot,
}

/// The answer to a question: `of` is who was asked.
///
/// # Errors
///
/// The text that the client reads.
pub(crate) fn answer(
    question: &Question,
    of: &str,
    payload: Option<&Element>,
    ears: &Ears<'_>,
) -> Result<Answer, String> {
    let missing = || format!("{of} answered with something else");
    let expect = |name: &str, ns: &str| payload.filter(|one| one.is(name, ns)).ok_or_else(missing);
    let single = |object| Answer::Activity(Box::new(about(of, object, ears)));
    Ok(match question {
        Question::Done => Answer::Unchanged,
        Question::Avatar => single(Object::Avatar(avatar(expect("pubsub", ns::PUBSUB)?).ok_or_else(missing)?)),
        Question::Blocked => {
            let items = expect("blocklist", ns::BLOCKING)?.children().filter_map(|item| attribute(item, "jid"));
            let items =
                items.map(|id| about(of, Object::Person(Person { id: id.to_owned(), ..Person::default() }), ears));
            collection(of, items)
        }
        Question::Bookmarks => {
            let items = child(expect("pubsub", ns::PUBSUB)?, "items", ns::PUBSUB).ok_or_else(missing)?;
            collection(of, items.children().filter_map(event::bookmark).map(|room| about(of, Object::Room(room), ears)))
        }
        Question::Configuration => {
            let form = child(expect("query", ns::MUC_OWNER)?, "x", ns::XDATA).ok_or_else(missing)?;
            let mut config = Info::default();
            add_form(form, &mut config);
            let activity = about(of, Object::RoomInfo(config), ears);
            Answer::Activity(Box::new(Activity { actor: Entity::room(of), ..activity }))
        }
        Question::Features => single(Object::Features(info(expect("query", ns::DISCO_INFO)?))),
        Question::Profile => {
            let card = payload.filter(|card| card.name() == "vCard" && card.ns() == ns::VCARD);
            single(Object::Profile(card.map(profile).unwrap_or_default()))
        }
        Question::Rooms => {
            let items = expect("query", ns::DISCO_ITEMS)?.children();
            let rooms = items.filter_map(|item| {
                let name = attribute(item, "name").map(str::to_owned);
                Some(Room { id: attribute(item, "jid")?.to_owned(), name, ..Room::default() })
            });
            collection(of, rooms.map(|room| about(of, Object::Room(room), ears)))
        }
        Question::Roster => {
            let mut items = roster::items(expect("query", ns::ROSTER)?, "query", ears);
            items.truncate(ITEMS_MAX);
            Answer::Collection { summary: of.to_owned(), items }
        }
        Question::Slot => single(Object::Slot(slot(expect("slot", ns::UPLOAD)?).ok_or_else(missing)?)),
    })
}

fn about(of: &str, object: Object, ears: &Ears<'_>) -> Activity {
    Activity::new("query", Entity::person(of)).to(Entity::person(ears.bound)).about(object)
}

fn collection(of: &str, items: impl Iterator<Item = Activity>) -> Answer {
    Answer::Collection { summary: of.to_owned(), items: items.take(ITEMS_MAX).collect() }
}

fn avatar(pubsub: &Element) -> Option<Avatar> {
    let item = child(child(pubsub, "items", ns::PUBSUB)?, "item", ns::PUBSUB)?;
    let data = child(item, "data", ns::AVATAR_DATA)?;
    let content: String = data.text().split_ascii_whitespace().collect();
    Some(Avatar { id: attribute(item, "id").map(str::to_owned), content: Some(content), ..Avatar::default() })
}

/// Only addresses that a browser may be sent to, and headers that the service may ask for (XEP-0363 5).
fn slot(slot: &Element) -> Option<Slot> {
    let address = |name| {
        let url = attribute(child(slot, name, ns::UPLOAD)?, "url")?;
        url.starts_with("https://").then(|| url.to_owned())
    };
    let allowed = |name: &str| ["authorization", "cookie", "expires"].contains(&&*name.to_ascii_lowercase());
    let headers = child(slot, "put", ns::UPLOAD)?.children().filter_map(|header| {
        let name = attribute(header, "name").filter(|name| allowed(name))?;
        // A line break would be the beginning of another header.
        Some((name.to_owned(), header.text().replace(['\r', '\n'], "")))
    });
    Some(Slot { put: address("put")?, get: address("get")?, headers: headers.collect::<BTreeMap<_, _>>() })
}

/// The push that answers a question for a room's people.
pub(crate) fn attendance(of: &str, payload: Option<&Element>, ears: &Ears<'_>) -> Option<Activity> {
    let query = payload.filter(|query| query.name() == "query")?;
    let items = query.children().filter(|one| one.name() == "item").take(ITEMS_MAX);
    let members = items.map(|item| item.attr("name").unwrap_or_default().to_owned()).collect();
    Some(room_answer(of, ears).about(Object::Attendance { members }))
}

/// The push that answers a question for what a room is like; `stanza` is the whole answer.
pub(crate) fn room_info(of: &str, stanza: &Element, payload: Option<&Element>, ears: &Ears<'_>) -> Activity {
    let Some(query) = payload.filter(|query| query.is("query", ns::DISCO_INFO)) else {
        return unknown_room(of, written(stanza), ears);
    };
    let info = info(query);
    let name = info.identities.first().and_then(|first| first.name.clone()).unwrap_or_else(|| of.to_owned());
    let mut activity = room_answer(of, ears).about(Object::RoomInfo(info));
    activity.actor.name = Some(name);
    activity
}

/// The push that says that a room told nothing about itself.
pub(crate) fn unknown_room(of: &str, error: String, ears: &Ears<'_>) -> Activity {
    room_answer(of, ears).about(Object::RoomInfo(Info::default())).failed(error)
}

fn room_answer(of: &str, ears: &Ears<'_>) -> Activity {
    Activity::new("query", Entity::room(of)).to(Entity::person(ears.bound))
}

/// People in a room, many at once.
pub(crate) fn occupants(room: &str, items: Vec<Occupant>, ears: &Ears<'_>) -> Activity {
    let update = Activity::new("update", Entity::room(room)).to(Entity::person(ears.bound));
    update.about(Object::Occupants { items })
}

/// What is told of an error in an ack: the server's words, else the condition.
pub(crate) fn reason(stanza: &Element) -> String {
    let error = stanza.children().find(|one| one.name() == "error");
    let text = error.and_then(|error| child(error, "text", STANZAS)).map(Element::text);
    let condition = || error?.children().find(|one| one.ns() == STANZAS && one.name() != "text");
    text.filter(|text| !text.trim().is_empty())
        .or_else(|| condition().map(|condition| condition.name().to_owned()))
        .unwrap_or_else(|| "undefined-condition".to_owned())
}

/// A feature of an entity.
pub(crate) fn has_feature(payload: Option<&Element>, feature: &str) -> bool {
    payload.is_some_and(|query| query.children().any(|one| one.name() == "feature" && one.attr("var") == Some(feature)))
}

/// The entities that a `disco#items` answer lists.
pub(crate) fn listed(payload: Option<&Element>) -> Vec<String> {
    let items = payload.into_iter().flat_map(Element::children).filter(|one| text_of(one, "x").is_none());
    items.filter_map(|item| attribute(item, "jid")).map(str::to_owned).take(32).collect()
}
