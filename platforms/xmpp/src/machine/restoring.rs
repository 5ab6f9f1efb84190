//! Making true again on a new connection what was true on the last one (platforms.md 8.3).

use tokio_xmpp::Stanza;
use xmpp_parsers::message::MessageType;
use xmpp_parsers::minidom::Element;

use super::Now;
use super::caps;
use super::iqs::Purpose;
use super::kept::Kept;
use crate::credentials::Extension;
use crate::map::xml::{around, element};
use crate::map::{bare, ns};

impl Kept {
    /// A connection stands that is not the last one resumed. `unacked`: what the last one may have lost.
    pub(super) fn restore(&mut self, unacked: Vec<Stanza>, now: Now) {
        self.fail_questions("the connection was lost before an answer came");
        self.ask_for_ourselves(now);
        if let Some(present) = self.presence.clone() {
            let presence = self.presence(&present);
            self.send_ours(presence);
        }
        let mut knocks = Vec::new();
        for (_, room) in self.rooms.iter_mut() {
            knocks.push(room.knock_again(now.instant));
        }
        for knock in knocks {
            self.knock(knock);
        }
        self.repeat(unacked);
    }

    /// Asks the server for what the client wants to be told.
    fn ask_for_ourselves(&mut self, now: Now) {
        if self.wants(Extension::Carbons) {
            self.ask_ours("set", element("enable", ns::CARBONS, &[]), Purpose::Nothing, now);
        }
        if self.wants(Extension::Roster) {
            self.ask_ours("get", element("query", ns::ROSTER, &[]), Purpose::Roster, now);
        }
        if self.wants(Extension::Bookmarks) {
            let items = element("items", ns::PUBSUB, &[("node", ns::BOOKMARKS)]);
            self.ask_ours("get", around(element("pubsub", ns::PUBSUB, &[]), [items]), Purpose::Bookmarks, now);
        }
    }

    fn ask_ours(&mut self, kind: &'static str, payload: Element, purpose: Purpose, now: Now) {
        if let Err(error) = self.ask(kind, None, payload, purpose, now) {
            self.outputs.log.push(error);
        }
    }

    /// Says again what may be lost: messages. Questions were given up, and presence has been told.
    fn repeat(&mut self, unacked: Vec<Stanza>) {
        for stanza in unacked {
            match stanza {
                Stanza::Message(message) if message.type_ == MessageType::Groupchat => {
                    let room = message.to.as_ref().map(|to| bare(to.as_str()).to_owned()).unwrap_or_default();
                    self.say_in(&room, Stanza::Message(message));
                }
                Stanza::Message(message) => self.outputs.send.push(Stanza::Message(message)),
                Stanza::Presence(_) | Stanza::Iq(_) => {}
            }
        }
    }

    /// Enters a room; with the presence that others see, and with what we can do.
    pub(super) fn knock(&mut self, mut knock: Element) {
        knock.append_child(caps::caps(&self.asked));
        self.send_ours(knock);
    }
}
