//! Answers to what was asked, and what they end.

use xmpp_parsers::jid::BareJid;
use xmpp_parsers::minidom::Element;

use super::iqs::{Asked, Page, Purpose};
use super::kept::Kept;
use super::{Answer, Now, Ticket};
use crate::map::activity::{Activity, Object};
use crate::map::answers::{self, Question, answer, attendance, room_info, unknown_room};
use crate::map::xml::{STANZAS, child};
use crate::map::{Ignored, error_text, ns, refused, roster};
use crate::verbs::{Join, Query};

impl Kept {
    /// Takes in an answer.
    pub(super) fn on_answer(&mut self, stanza: &Element, now: Now) -> Result<(), Ignored> {
        let asked = self.answered(stanza).ok_or(Ignored::Unasked)?;
        let of = asked.of.clone().unwrap_or_else(|| self.account.clone());
        let Asked { purpose, .. } = asked;
        let failed = stanza.attr("type") == Some("error");
        let payload = stanza.children().next();
        match purpose {
            Purpose::Attendance | Purpose::RoomInfo => return self.push_answer(&purpose, &of, stanza, failed),
            Purpose::Job(ticket, Question::Profile) if failed && is(stanza, "item-not-found") => {
                let result = self.listen(|ears| answer(&Question::Profile, &of, None, ears));
                self.end(ticket, result);
            }
            Purpose::Job(ticket, Question::Bookmarks) if failed && is(stanza, "item-not-found") => {
                self.end(ticket, Ok(Answer::Collection { summary: of, items: Vec::new() }));
            }
            Purpose::Plan(ticket, next) => self.go_on(ticket, next, stanza, failed, now),
            Purpose::Card(ticket, changes) => self.on_card(ticket, *changes, stanza, failed, now),
            Purpose::Part(ticket, query, rest) => {
                let found = !failed && answers::has_feature(payload, ns::UPLOAD);
                self.on_part(ticket, *query, &of, rest, found, now);
            }
            Purpose::Parts(ticket, query) => {
                let parts = if failed { Vec::new() } else { answers::listed(payload) };
                self.ask_part(ticket, *query, parts, now);
            }
            Purpose::Job(ticket, _) | Purpose::History(ticket, _) if failed => {
                self.end(ticket, Err(answers::reason(stanza)));
            }
            Purpose::Job(ticket, question) => {
                let result = self.listen(|ears| answer(&question, &of, payload, ears));
                self.end(ticket, result);
            }
            Purpose::History(ticket, Page { summary, items, .. }) => {
                self.end(ticket, Ok(Answer::Collection { summary, items }));
            }
            Purpose::Roster if !failed => {
                let pushes = payload.map(|query| self.listen(|ears| roster::items(query, "update", ears)));
                self.outputs.push.extend(pushes.into_iter().flatten());
            }
            Purpose::Bookmarks if !failed => self.on_bookmarks(payload, now),
            Purpose::Still(room) => self.on_still(&room, stanza, failed, now),
            Purpose::Roster | Purpose::Bookmarks | Purpose::Nothing => {}
        }
        Err(Ignored::Ours)
    }

    /// What is answered by a push (platforms.md 8.4).
    fn push_answer(&mut self, purpose: &Purpose, of: &str, stanza: &Element, failed: bool) -> Result<(), Ignored> {
        let payload = stanza.children().next();
        let info = matches!(purpose, Purpose::RoomInfo);
        let push = self.listen(|ears| match (info, failed) {
            (true, false) => Some(room_info(of, stanza, payload, ears)),
            (true, true) => {
                let (kind, error) = error_text("query", stanza, ears);
                // A room on a server that is not there is no room that tells nothing.
                Some(if kind == "query" { unknown_room(of, error, ears) } else { refused(stanza, ears) })
            }
            (false, false) => attendance(of, payload, ears),
            (false, true) => Some(refused(stanza, ears)),
        });
        self.outputs.push.push(push.ok_or(Ignored::Malformed)?);
        Ok(())
    }

    /// Whether this part of the server takes files.
    fn on_part(&mut self, ticket: Ticket, query: Query, of: &str, rest: Vec<String>, found: bool, now: Now) {
        if !found {
            return self.ask_part(ticket, query, rest, now);
        }
        self.upload = Some(of.to_owned());
        if let Err(text) = self.query(ticket, query, now) {
            self.end(ticket, Err(text));
        }
    }

    /// Asks the next part of the server whether it takes files.
    fn ask_part(&mut self, ticket: Ticket, query: Query, mut parts: Vec<String>, now: Now) {
        if parts.is_empty() {
            return self.end(ticket, Err("this server takes no files (XEP-0363)".to_owned()));
        }
        let part = parts.remove(0);
        let payload = crate::map::xml::element("query", ns::DISCO_INFO, &[]);
        if let Err(text) = self.ask("get", Some(&part), payload, Purpose::Part(ticket, Box::new(query), parts), now) {
            self.end(ticket, Err(text));
        }
    }

    /// Tells of bookmarks, and enters those rooms of them that are to be entered by themselves (XEP-0402).
    fn on_bookmarks(&mut self, payload: Option<&Element>, now: Now) {
        let account = self.account.clone();
        let Ok(Answer::Collection { items, .. }) =
            self.listen(|ears| answer(&Question::Bookmarks, &account, payload, ears))
        else {
            return;
        };
        for item in items {
            if let Some(Object::Room(room)) = &item.object
                && room.autojoin == Some(true)
                && let Ok(jid) = BareJid::new(&room.id)
            {
                let join = Join {
                    room: jid,
                    nick: room.nick.clone(),
                    password: room.password.clone(),
                    limit: None,
                    since: None,
                };
                if let Err(error) = self.join(join, now) {
                    self.outputs.log.push(error);
                }
            }
            self.outputs.push.push(Activity { kind: "update", ..item });
        }
    }

    /// Whether we are still in a room (XEP-0410 4).
    fn on_still(&mut self, name: &str, stanza: &Element, failed: bool, now: Now) {
        let Some(room) = self.rooms.get_mut(name) else { return };
        // It cannot be asked, or cannot be reached now: nothing is known, and it is asked again after the next silence.
        let unsure = [
            "service-unavailable",
            "feature-not-implemented",
            "item-not-found",
            "remote-server-not-found",
            "remote-server-timeout",
        ];
        if failed && !unsure.into_iter().any(|condition| is(stanza, condition)) {
            let knock = room.knock_again(now.instant);
            return self.knock(knock);
        }
        room.heard(now.instant);
    }
}

/// Whether an answer is an error of this kind.
pub(super) fn is(stanza: &Element, condition: &str) -> bool {
    let error = stanza.children().find(|one| one.name() == "error");
    error.is_some_and(|error| child(error, condition, STANZAS).is_some())
}
