//! What the session knows whether or not it is connected.

use std::collections::BTreeSet;
use std::time::Instant;

use tokio_xmpp::Stanza;
use xmpp_parsers::jid::{BareJid, FullJid};
use xmpp_parsers::minidom::Element;

use super::iqs::{Asked, Iqs, Purpose, Us};
use super::room::State;
use super::rooms::Rooms;
use super::{Answer, NOT_CONNECTED, Now, Outputs, Ticket};
use crate::credentials::Extension;
use crate::map::xml::{self, CLIENT, around, element};
use crate::map::{Ears, answers, ns};
use crate::verbs::Present;

/// The session.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) asked: BTreeSet<Extension>,
    /// For whom it was connected.
    pub(super) actor: String,
    /// Our bare JID.
    pub(super) account: String,
    /// Our full JID.
    pub(super) bound: String,
    pub(super) rooms: Rooms,
    /// The presence that was last told, if any.
    pub(super) presence: Option<Present>,
    pub(super) iqs: Iqs,
    /// Who takes files, once that is known.
    pub(super) upload: Option<String>,
    pub(super) outputs: Outputs,
}

impl Kept {
    /// Who we are on this connection.
    pub(super) fn own(&mut self, account: &BareJid, bound: &FullJid) {
        account.as_str().clone_into(&mut self.account);
        bound.as_str().clone_into(&mut self.bound);
    }

    /// Reads `stanza`s with what is known here.
    pub(super) fn listen<T>(&self, with: impl FnOnce(&Ears<'_>) -> T) -> T {
        let is_room = |jid: &str| self.rooms.has(jid);
        with(&Ears { account: &self.account, bound: &self.bound, asked: &self.asked, is_room: &is_room })
    }

    pub(super) fn wants(&self, extension: Extension) -> bool {
        self.asked.contains(&extension)
    }

    /// A job has ended.
    pub(super) fn end(&mut self, ticket: Ticket, result: Result<Answer, String>) {
        self.outputs.done.push((ticket, result));
    }

    /// Sends an element that is a stanza.
    ///
    /// # Errors
    ///
    /// If something in it cannot be said.
    pub(super) fn send(&mut self, stanza: Element) -> Result<(), String> {
        let stanza = xml::stanza(stanza).map_err(|unsendable| unsendable.to_string())?;
        self.outputs.send.push(stanza);
        Ok(())
    }

    /// Sends what nobody waits for.
    pub(super) fn send_ours(&mut self, stanza: Element) {
        if let Err(error) = self.send(stanza) {
            self.outputs.log.push(format!("a stanza is not sent: {error}"));
        }
    }

    /// Asks a question under an id of this kind.
    ///
    /// # Errors
    ///
    /// If it cannot be said, or too many wait.
    pub(super) fn ask(
        &mut self,
        kind: &'static str,
        of: Option<&str>,
        payload: Element,
        purpose: Purpose,
        now: Now,
    ) -> Result<(), String> {
        let id = match purpose {
            Purpose::Attendance => fresh("attendance_"),
            Purpose::RoomInfo => fresh("room_info_"),
            _ => fresh(""),
        };
        self.ask_as(id, kind, of, payload, purpose, now)
    }

    /// Asks a question under this id.
    ///
    /// # Errors
    ///
    /// If it cannot be said, or too many wait.
    pub(super) fn ask_as(
        &mut self,
        id: String,
        kind: &'static str,
        of: Option<&str>,
        payload: Element,
        purpose: Purpose,
        now: Now,
    ) -> Result<(), String> {
        let mut attributes = vec![("type", kind), ("id", &*id)];
        attributes.extend(of.map(|of| ("to", of)));
        let iq = around(element("iq", CLIENT, &attributes), [payload]);
        let iq = xml::stanza(iq).map_err(|unsendable| unsendable.to_string())?;
        self.iqs.ask(id, of.map(str::to_owned), purpose, now.instant)?;
        self.outputs.send.push(iq);
        Ok(())
    }

    /// The question that this is the answer to.
    pub(super) fn answered(&mut self, stanza: &Element) -> Option<Asked> {
        let us = Us { account: &self.account, bound: &self.bound };
        self.iqs.answered(stanza.attr("id")?, stanza.attr("from"), us)
    }

    /// Says a message in a room, once we are in it.
    pub(super) fn say_in(&mut self, room: &str, message: Stanza) {
        match self.rooms.get_mut(room).filter(|room| room.state == State::Entering { again: true }) {
            Some(room) => {
                if !room.hold(message) {
                    self.outputs.log.push("a message is lost: too many wait for a room to be entered".to_owned());
                }
            }
            None => self.outputs.send.push(message),
        }
    }

    pub(super) fn cancel(&mut self, ticket: Ticket) {
        self.iqs.cancel(ticket);
    }

    /// Nothing of the connection is wanted back.
    pub(super) fn forget(&mut self) {
        self.rooms.clear();
        self.presence = None;
        self.upload = None;
        self.fail_questions(NOT_CONNECTED);
    }

    /// Nobody answers any more what was asked.
    pub(super) fn fail_questions(&mut self, text: &str) {
        for ticket in self.iqs.all().iter().filter_map(Asked::ticket) {
            self.outputs.done.push((ticket, Err(text.to_owned())));
        }
    }

    /// When something has to be done; `live`: whether there is a connection to do it on.
    pub(super) fn deadline(&self, live: bool) -> Option<Instant> {
        let rooms = live.then(|| self.rooms.deadline()).flatten();
        rooms.into_iter().chain(self.iqs.deadline()).min()
    }

    pub(super) fn tick(&mut self, live: bool, now: Now) {
        for asked in self.iqs.overdue(now.instant) {
            self.unanswered(&asked, now);
        }
        if live {
            self.look_after_rooms(now);
        }
    }

    fn unanswered(&mut self, asked: &Asked, now: Now) {
        let of = asked.of.clone().unwrap_or_else(|| self.account.clone());
        let text = format!("no answer from {of}");
        match (&asked.purpose, asked.ticket()) {
            (_, Some(ticket)) => self.end(ticket, Err(text)),
            (Purpose::RoomInfo, _) => {
                let push = self.listen(|ears| answers::unknown_room(&of, text, ears));
                self.outputs.push.push(push);
            }
            (Purpose::Still(room), _) => {
                // Nothing is known: it is asked again after the next silence.
                if let Some(room) = self.rooms.get_mut(room) {
                    room.heard(now.instant);
                }
            }
            _ => {}
        }
    }

    fn look_after_rooms(&mut self, now: Now) {
        let mut told = Vec::new();
        let mut knocks = Vec::new();
        let mut doubts = Vec::new();
        for (name, room) in self.rooms.iter_mut() {
            let due = room.due(now.instant);
            if !due.is_empty() {
                told.push((name.clone(), due));
            }
            if room.retry.is_some_and(|retry| retry <= now.instant) {
                knocks.push(room.knock_again(now.instant));
            }
            if room.is_quiet(now.instant) {
                room.state = State::Doubted;
                doubts.push((name.clone(), room.address()));
            }
        }
        for (room, items) in told {
            self.tell_occupants(&room, items);
        }
        for knock in knocks {
            self.knock(knock);
        }
        for (room, address) in doubts {
            // What cannot be asked now is asked after the next silence.
            let _ = self.ask("get", Some(&address), element("ping", ns::PING, &[]), Purpose::Still(room), now);
        }
    }
}

/// A new id that nobody guesses, as a UUID.
pub(super) fn fresh(kind: &str) -> String {
    let mut bytes = [0; 16];
    // Without randomness there would be no TLS and no connection either.
    getrandom::fill(&mut bytes).expect("the system has random numbers");
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = format!("{:032x}", u128::from_be_bytes(bytes));
    format!("{kind}{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
