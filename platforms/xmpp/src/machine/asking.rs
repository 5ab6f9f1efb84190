//! `query`: questions as stanzas.

use xmpp_parsers::jid::Jid;
use xmpp_parsers::minidom::Element;

use super::iqs::{Page, Purpose};
use super::kept::{Kept, fresh};
use super::{Answer, Now, Ticket};
use crate::map::activity::Time;
use crate::map::answers::{ITEMS_MAX, Question};
use crate::map::ns;
use crate::map::xml::{around, element, texted};
use crate::verbs::{File, History, Query};

/// Messages of history that are asked for where the client does not say how many.
const HISTORY: u32 = 50;

impl Kept {
    /// Asks what the client asks, and sees to it that the job ends.
    ///
    /// # Errors
    ///
    /// If it cannot be asked.
    pub(super) fn query(&mut self, ticket: Ticket, query: Query, now: Now) -> Result<(), String> {
        let job = |question| Purpose::Job(ticket, question);
        let own = self.domain();
        let (of, payload, purpose) = match query {
            Query::Attendance(of) => {
                self.ask("get", Some(of.as_str()), element("query", ns::DISCO_ITEMS, &[]), Purpose::Attendance, now)?;
                self.end(ticket, Ok(Answer::Unchanged));
                return Ok(());
            }
            Query::RoomInfo(of) => {
                self.ask("get", Some(of.as_str()), element("query", ns::DISCO_INFO, &[]), Purpose::RoomInfo, now)?;
                self.end(ticket, Ok(Answer::Unchanged));
                return Ok(());
            }
            Query::History(history) => return self.history(ticket, &history, now),
            Query::Slot(file) => return self.slot(ticket, file, now),
            Query::Roster => (None, element("query", ns::ROSTER, &[]), job(Question::Roster)),
            Query::Profile(of) => (of.map(text), element("vCard", ns::VCARD, &[]), job(Question::Profile)),
            Query::Avatar { of, id } => {
                let item = element("item", ns::PUBSUB, &[("id", &id)]);
                (of.map(text), items(ns::AVATAR_DATA, [item]), job(Question::Avatar))
            }
            Query::Features { of, node } => {
                let node: Vec<_> = node.as_deref().map(|node| ("node", node)).into_iter().collect();
                (Some(of.map_or(own, text)), element("query", ns::DISCO_INFO, &node), job(Question::Features))
            }
            Query::Rooms(of) => {
                (Some(of.map_or(own, text)), element("query", ns::DISCO_ITEMS, &[]), job(Question::Rooms))
            }
            Query::Blocked => (None, element("blocklist", ns::BLOCKING, &[]), job(Question::Blocked)),
            Query::Bookmarks => (None, items(ns::BOOKMARKS, []), job(Question::Bookmarks)),
            Query::Configuration(room) => {
                let room = Some(room.as_str().to_owned());
                (room, element("query", ns::MUC_OWNER, &[]), job(Question::Configuration))
            }
        };
        self.ask("get", of.as_deref(), payload, purpose, now)
    }

    /// The server of our account.
    fn domain(&self) -> String {
        self.account.split_once('@').map_or(&*self.account, |(_, domain)| domain).to_owned()
    }

    /// A page of an archive: the latest, or the one before or after a message or a time.
    fn history(&mut self, ticket: Ticket, history: &History, now: Now) -> Result<(), String> {
        let id = fresh("");
        let archive = history.of.as_ref().filter(|_| history.groupchat).map(|room| room.to_bare().to_string());
        let mut form = vec![field("FORM_TYPE", ns::MAM)];
        if let Some(with) = history.of.as_ref().filter(|_| !history.groupchat) {
            form.push(field("with", with.as_str()));
        }
        let most = u32::try_from(ITEMS_MAX).unwrap_or(u32::MAX);
        let limit = history.limit.unwrap_or(HISTORY).min(most).to_string();
        let mut page = vec![texted("max", ns::RSM, &limit)];
        let (mut from_start, mut before_id) = (false, None);
        if let Some(after) = &history.after {
            from_start = true;
            match Time::parse(after) {
                Some(time) => form.push(field("start", &time.to_iso())),
                None => page.push(texted("after", ns::RSM, after)),
            }
        }
        if let Some(before) = &history.before {
            match Time::parse(before) {
                Some(time) => form.push(field("end", &time.to_iso())),
                None => before_id = Some(before.clone()),
            }
        }
        // Of a part that has no beginning, the end is wanted.
        if !from_start || before_id.is_some() {
            page.push(texted("before", ns::RSM, before_id.as_deref().unwrap_or_default()));
        }
        let form = around(element("x", ns::XDATA, &[("type", "submit")]), form);
        let set = around(element("set", ns::RSM, &[]), page);
        let query = around(element("query", ns::MAM, &[("queryid", &id)]), [form, set]);
        let summary = history.of.as_ref().map_or_else(|| self.account.clone(), |of| of.as_str().to_owned());
        let purpose = Purpose::History(ticket, Page { summary, ..Page::default() });
        self.ask_as(id, "set", archive.as_deref(), query, purpose, now)
    }

    /// A place for a file; who gives it is found out first, unless the client says so or it is known.
    fn slot(&mut self, ticket: Ticket, file: File, now: Now) -> Result<(), String> {
        let service = file.service.as_ref().map(|service| service.as_str().to_owned()).or_else(|| self.upload.clone());
        let Some(service) = service else {
            let domain = self.domain();
            let purpose = Purpose::Parts(ticket, Box::new(Query::Slot(file)));
            return self.ask("get", Some(&domain), element("query", ns::DISCO_ITEMS, &[]), purpose, now);
        };
        let size = file.size.to_string();
        let mut attributes = vec![("filename", &*file.name), ("size", &*size)];
        attributes.extend(file.media_type.as_deref().map(|kind| ("content-type", kind)));
        let request = element("request", ns::UPLOAD, &attributes);
        self.ask("get", Some(&service), request, Purpose::Job(ticket, Question::Slot), now)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map")]
fn text(jid: Jid) -> String {
    jid.as_str().to_owned()
}

/// A field of a form.
pub(super) fn field(name: &str, value: &str) -> Element {
    fields(name, &[value.to_owned()])
}

/// A field of a form, with any number of values.
pub(super) fn fields(name: &str, values: &[String]) -> Element {
    let values = values.iter().map(|value| texted("value", ns::XDATA, value));
    around(element("field", ns::XDATA, &[("var", name)]), values)
}

/// A question for items that are published.
fn items(node: &str, items: impl IntoIterator<Item = Element>) -> Element {
    let items = around(element("items", ns::PUBSUB, &[("node", node)]), items);
    around(element("pubsub", ns::PUBSUB, &[]), [items])
}
