//! Stanzas that come: what they change here, and what the client reads.

use xmpp_parsers::minidom::Element;

use super::Now;
use super::iqs::Us;
use super::kept::Kept;
use super::rooms::Change;
use crate::credentials::Extension;
use crate::map::activity::Occupant;
use crate::map::xml::{CLIENT, around, attribute, child, element};
use crate::map::{Ignored, answers, archived, bare, heard, is_self, ns, occupant};

/// Bytes of one page of history, about. As activities it is several times as long, and has to fit into a frame.
const PAGE_BYTES: usize = 256 * 1024;

impl Kept {
    /// Takes in a stanza.
    ///
    /// # Errors
    ///
    /// Why it means nothing to the client.
    pub(super) fn hear(&mut self, stanza: &Element, now: Now) -> Result<(), Ignored> {
        if stanza.ns() != CLIENT {
            return Err(Ignored::NoStanza);
        }
        match (stanza.name(), stanza.attr("type")) {
            ("iq", Some("get" | "set")) => self.on_request(stanza, now),
            ("iq", Some("result" | "error")) => self.on_answer(stanza, now),
            ("iq", _) => Err(Ignored::Malformed),
            ("presence", _) => self.on_presence(stanza, now),
            ("message", _) => self.on_message(stanza, now),
            _ => Err(Ignored::NoStanza),
        }
    }

    fn push_heard(&mut self, stanza: &Element) -> Result<(), Ignored> {
        let pushes = self.listen(|ears| heard(stanza, ears))?;
        self.outputs.push.extend(pushes);
        Ok(())
    }

    fn on_message(&mut self, stanza: &Element, now: Now) -> Result<(), Ignored> {
        if let Some(result) = child(stanza, "result", ns::MAM) {
            return Err(self.on_archived(stanza, result));
        }
        let from = attribute(stanza, "from").unwrap_or_default();
        let groupchat = stanza.attr("type") == Some("groupchat");
        if let Some(room) = self.rooms.get_mut(bare(from)).filter(|_| groupchat) {
            room.heard(now.instant);
            if room.knows(stanza) {
                return Err(Ignored::Repeated);
            }
        }
        self.confirm(stanza);
        self.push_heard(stanza)
    }

    /// A part of an answer (XEP-0313).
    fn on_archived(&mut self, stanza: &Element, result: &Element) -> Ignored {
        let Some((_, said)) = self.listen(|ears| archived(result, ears)) else { return Ignored::Malformed };
        let us = Us { account: &self.account, bound: &self.bound };
        let id = attribute(result, "queryid").unwrap_or_default();
        let Some(page) = self.iqs.page(id, stanza.attr("from"), us) else { return Ignored::Unasked };
        for activity in said {
            let bytes = activity
                .object
                .as_ref()
                .and_then(|object| serde_json::to_string(object).ok())
                .map_or(0, |text| text.len());
            if page.items.len() < answers::ITEMS_MAX && page.bytes + bytes <= PAGE_BYTES {
                page.bytes += bytes;
                page.items.push(activity);
            }
        }
        Ignored::Ours
    }

    /// Says that a message has arrived, where its sender wants to know (XEP-0184).
    fn confirm(&mut self, stanza: &Element) {
        let kind = stanza.attr("type");
        let wanted = child(stanza, "request", ns::RECEIPTS).is_some() && !matches!(kind, Some("groupchat" | "error"));
        let (Some(from), Some(id)) = (attribute(stanza, "from"), attribute(stanza, "id")) else { return };
        if !wanted || !self.wants(Extension::Receipts) || bare(from) == self.account {
            return;
        }
        let mut attributes = vec![("to", from)];
        attributes.extend(kind.map(|kind| ("type", kind)));
        let received = element("received", ns::RECEIPTS, &[("id", id)]);
        let receipt = around(element("message", CLIENT, &attributes), [received, element("store", ns::HINTS, &[])]);
        self.send_ours(receipt);
    }

    fn on_presence(&mut self, stanza: &Element, now: Now) -> Result<(), Ignored> {
        let from = attribute(stanza, "from").unwrap_or_default().to_owned();
        let room = bare(&from).to_owned();
        // While the room is known: leaving it is still told as the room's.
        let heard = self.listen(|ears| heard(stanza, ears));
        let told = self.listen(|ears| occupant(stanza, ears));
        let gathers = self.wants(Extension::Occupants)
            && self.rooms.has(&room)
            && matches!(stanza.attr("type"), None | Some("unavailable"));
        let change = self.rooms.on_presence(stanza, &from, self.wants(Extension::Nicks), now.instant);
        if let Some(told) = told.filter(|_| gathers) {
            self.gather(&room, told, is_self(stanza), now);
        }
        match change {
            Change::Renamed(knock) => {
                self.knock(knock);
                return Err(Ignored::Ours);
            }
            Change::Later => return Err(Ignored::Ours),
            Change::Entered(held) => self.outputs.send.extend(held),
            Change::Left | Change::None => {}
        }
        let mut pushes = heard?;
        if gathers {
            // Besides the presence itself, which is told with others, there may be a reason for it.
            pushes.remove(0);
            if pushes.is_empty() {
                return Err(Ignored::Gathered);
            }
        }
        self.outputs.push.extend(pushes);
        Ok(())
    }

    /// Keeps an occupant's presence until there are more; our own tells that those who were there are complete.
    fn gather(&mut self, room: &str, occupant: Occupant, own: bool, now: Now) {
        let Some(state) = self.rooms.get_mut(room) else { return self.tell_occupants(room, vec![occupant]) };
        let mut items = state.gather(occupant, now.instant);
        if own {
            items.extend(state.gathered());
        }
        if !items.is_empty() {
            self.tell_occupants(room, items);
        }
    }

    /// Tells of people in a room, many at once.
    pub(super) fn tell_occupants(&mut self, room: &str, items: Vec<Occupant>) {
        let push = self.listen(|ears| answers::occupants(room, items, ears));
        self.outputs.push.push(push);
    }
}
