//! The rooms that were entered, by their bare JIDs, and what presence says about our being in them (XEP-0045).

use std::collections::BTreeMap;
use std::time::Instant;

use tokio_xmpp::Stanza;
use xmpp_parsers::minidom::Element;

use super::room::{RETRY, Room, State};
use crate::map::ns;
use crate::map::xml::{STANZAS, attribute, child};
use crate::map::{bare, is_self, muc_user, resource};
use crate::verbs::Join;

/// Rooms at once.
const MOST: usize = 512;
/// How often another nick is tried where one is taken.
const NICKS: usize = 5;

/// The rooms.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    rooms: BTreeMap<String, Room>,
}

/// What a presence changed about our being in a room.
#[derive(Debug)]
pub(super) enum Change {
    /// Nothing.
    None,
    /// We are in: what may be sent now.
    Entered(Vec<Stanza>),
    /// We are not in any more.
    Left,
    /// The nick is taken: the next one is tried, and the client is told nothing.
    Renamed(Element),
    /// It could not be entered again now, and will be tried later: the client is told nothing.
    Later,
}

impl Rooms {
    /// Enters a room: what to send, if anything. A room that was entered under this nick is entered no second
    /// time.
    ///
    /// # Errors
    ///
    /// If there are too many.
    pub(super) fn join(&mut self, join: Join, nick: String, now: Instant) -> Result<Option<Element>, String> {
        let key = join.room.as_str().to_owned();
        if let Some(room) = self.rooms.get_mut(&key) {
            if room.is_unanswered(now) {
                room.heard(now);
                return Ok(Some(room.knock(now)));
            }
            if room.nick == nick || join.nick.is_none() || room.join.nick == join.nick {
                return Ok(None);
            }
            // Another nick.
            room.join.nick.clone_from(&join.nick);
            let address = format!("{key}/{nick}");
            return Ok(Some(crate::map::xml::element("presence", crate::map::xml::CLIENT, &[("to", &address)])));
        }
        if self.rooms.len() >= MOST {
            return Err(format!("only {MOST} rooms can be entered"));
        }
        let room = Room::new(join, nick, now);
        let knock = room.knock(now);
        self.rooms.insert(key, room);
        Ok(Some(knock))
    }

    /// Leaves a room: our nick in it.
    pub(super) fn leave(&mut self, room: &str) -> Option<String> {
        self.rooms.remove(room).map(|room| room.nick)
    }

    pub(super) fn has(&self, room: &str) -> bool {
        self.rooms.contains_key(room)
    }

    pub(super) fn get(&self, room: &str) -> Option<&Room> {
        self.rooms.get(room)
    }

    pub(super) fn get_mut(&mut self, room: &str) -> Option<&mut Room> {
        self.rooms.get_mut(room)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (&String, &mut Room)> {
        self.rooms.iter_mut()
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.rooms.values().filter_map(Room::deadline).min()
    }

    pub(super) fn clear(&mut self) {
        self.rooms.clear();
    }

    /// A presence came: whether it is about ourselves, and what it changed. `suffix`: whether another nick may be taken.
    pub(super) fn on_presence(&mut self, stanza: &Element, from: &str, suffix: bool, now: Instant) -> Change {
        let Some(room) = self.rooms.get_mut(bare(from)) else { return Change::None };
        let kind = stanza.attr("type");
        if kind == Some("error") {
            return self.on_refused(stanza, bare(from), suffix, now);
        }
        room.heard(now);
        let nick = resource(from);
        let own = is_self(stanza) || nick.as_ref() == Some(&room.nick);
        match kind {
            None if own => {
                room.nick = nick.unwrap_or_else(|| room.nick.clone());
                Change::Entered(room.entered())
            }
            Some("unavailable") if own => match renamed(stanza) {
                Some(nick) => {
                    room.nick = nick;
                    Change::None
                }
                // The ghost of our last connection leaves.
                None if matches!(room.state, State::Entering { .. }) => Change::None,
                None => {
                    self.rooms.remove(bare(from));
                    Change::Left
                }
            },
            _ => Change::None,
        }
    }

    fn on_refused(&mut self, stanza: &Element, name: &str, suffix: bool, now: Instant) -> Change {
        let Some(room) = self.rooms.get_mut(name) else { return Change::None };
        let State::Entering { again } = room.state else { return Change::None };
        let is = |condition| {
            let error = stanza.children().find(|one| one.name() == "error");
            error.is_some_and(|error| child(error, condition, STANZAS).is_some())
        };
        if is("conflict") && suffix {
            let wanted = room.nick.trim_end_matches('_').len();
            if room.nick.len() - wanted < NICKS {
                room.nick.push('_');
                return Change::Renamed(room.knock(now));
            }
        }
        // A room that cannot be reached now, or still takes our last connection for us, may be entered later.
        let passing = ["conflict", "remote-server-not-found", "remote-server-timeout", "service-unavailable"];
        if again && passing.into_iter().any(is) {
            room.retry = Some(now + RETRY);
            return Change::Later;
        }
        self.rooms.remove(name);
        Change::Left
    }
}

/// The new nick of whom this one was (XEP-0045 7.6).
fn renamed(stanza: &Element) -> Option<String> {
    let user = muc_user(stanza)?;
    let renamed = user.children().any(|one| one.name() == "status" && one.attr("code") == Some("303"));
    let item = child(user, "item", ns::MUC_USER).filter(|_| renamed)?;
    attribute(item, "nick").map(str::to_owned)
}
