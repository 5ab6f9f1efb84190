//! Verbs as stanzas (platforms.md 8.4, and our additions).

use xmpp_parsers::jid::{BareJid, Jid};
use xmpp_parsers::minidom::Element;

use super::asking::{field, fields};
use super::caps;
use super::iqs::Purpose;
use super::kept::Kept;
use super::publishing::{bookmark, picture};
use super::{Answer, Now, Ticket};
use crate::map::answers::Question;
use crate::map::ns;
use crate::map::xml::{CLIENT, around, element, texted};
use crate::verbs::{Join, Present, Verb};

impl Kept {
    /// Runs a verb.
    pub(super) fn call(&mut self, ticket: Ticket, verb: Verb, now: Now) {
        match self.perform(ticket, verb, now) {
            Ok(true) => self.end(ticket, Ok(Answer::Unchanged)),
            Ok(false) => {}
            Err(text) => self.end(ticket, Err(text)),
        }
    }

    /// Sends what there is to send for a verb. Whether the job has ended with that; it ends with an answer else.
    fn perform(&mut self, ticket: Ticket, verb: Verb, now: Now) -> Result<bool, String> {
        match verb {
            Verb::Join(join) => self.join(join, now)?,
            Verb::Leave { room, nick, reason } => self.leave(&room, nick, reason.as_deref())?,
            Verb::Send(said) => self.say(said)?,
            Verb::Presence(present) => {
                let presence = self.presence(&present);
                self.send(presence)?;
                self.presence = (present.show != "offline").then_some(present);
            }
            Verb::RequestFriend(whom) => self.subscription(&whom, "subscribe")?,
            Verb::MakeFriend(whom) => {
                self.subscription(&whom, "subscribed")?;
                self.subscription(&whom, "subscribe")?;
            }
            Verb::RemoveFriend(whom) => {
                let item = element("item", ns::ROSTER, &[("jid", whom.to_bare().as_str()), ("subscription", "remove")]);
                let query = around(element("query", ns::ROSTER, &[]), [item]);
                self.ask("set", None, query, Purpose::Nothing, now)?;
            }
            Verb::Read { to, groupchat, id } => {
                let displayed = element("displayed", ns::MARKERS, &[("id", &id)]);
                self.message(&to, groupchat, None, vec![displayed, element("store", ns::HINTS, &[])])?;
            }
            Verb::Topic { room, content } => {
                self.message(&Jid::from(room), true, None, vec![texted("subject", CLIENT, &content)])?;
            }
            Verb::Nick { room, nick } => {
                let address = address(&room, &nick)?;
                self.send(element("presence", CLIENT, &[("to", &address)]))?;
            }
            Verb::Query(query) => return self.query(ticket, query, now).map(|()| false),
            other => return self.perform_more(ticket, other, now),
        }
        Ok(true)
    }

    /// Verbs that the contract does not have.
    fn perform_more(&mut self, ticket: Ticket, verb: Verb, now: Now) -> Result<bool, String> {
        let (of, payload) = match verb {
            Verb::Role { room, whom, role, give, reason } => {
                (Some(room.to_string()), role_change(&whom, &role, give, reason.as_deref())?)
            }
            Verb::Kick { room, nick, reason } => {
                (Some(room.to_string()), admin(&[("nick", &nick), ("role", "none")], reason.as_deref()))
            }
            Verb::Invite { room, whom, reason } => {
                self.invite(&room, &whom, reason.as_deref())?;
                return Ok(true);
            }
            Verb::Retract { to, groupchat, id, moderated: false, .. } => {
                let retract = element("retract", ns::RETRACT, &[("id", &id)]);
                let text = texted("body", CLIENT, "A message was taken back, which your client cannot do.");
                let fallback = element("fallback", ns::FALLBACK, &[("for", ns::RETRACT)]);
                let store = element("store", ns::HINTS, &[]);
                self.message(&to, groupchat, None, vec![retract, fallback, text, store])?;
                return Ok(true);
            }
            Verb::Retract { to, id, reason, .. } => {
                let reason = reason.map(|reason| texted("reason", ns::MODERATE, &reason));
                let inside = std::iter::once(element("retract", ns::RETRACT, &[])).chain(reason);
                (Some(to.to_bare().to_string()), around(element("moderate", ns::MODERATE, &[("id", &id)]), inside))
            }
            Verb::Block { whom, on } => {
                let item = element("item", ns::BLOCKING, &[("jid", whom.as_str())]);
                (None, around(element(if on { "block" } else { "unblock" }, ns::BLOCKING, &[]), [item]))
            }
            Verb::Bookmark { room, kept } => {
                return self.follow(ticket, bookmark(&room, kept.as_ref()), now).map(|()| false);
            }
            Verb::Picture(chosen) => return self.follow(ticket, picture(chosen), now).map(|()| false),
            Verb::Card(changes) => {
                let purpose = Purpose::Card(ticket, changes);
                return self.ask("get", None, element("vCard", ns::VCARD, &[]), purpose, now).map(|()| false);
            }
            Verb::Destroy { room, instead, reason } => {
                (Some(room.to_string()), destruction(instead.as_ref(), reason.as_deref()))
            }
            Verb::Configure { room, fields } => (Some(room.to_string()), configuration(&fields)),
            // The others are the machine's own, or performed above.
            _ => return Ok(true),
        };
        self.ask("set", of.as_deref(), payload, Purpose::Job(ticket, Question::Done), now)?;
        Ok(false)
    }

    /// Enters a room, unless we are in it.
    pub(super) fn join(&mut self, join: Join, now: Now) -> Result<(), String> {
        let local = self.account.split_once('@').map_or(&*self.account, |(local, _)| local);
        let nick = join.nick.clone().unwrap_or_else(|| local.to_owned());
        address(&join.room, &nick)?;
        if let Some(knock) = self.rooms.join(join, nick, now.instant)? {
            self.knock(knock);
        }
        Ok(())
    }

    fn leave(&mut self, room: &BareJid, nick: Option<String>, reason: Option<&str>) -> Result<(), String> {
        let known = self.rooms.leave(room.as_str());
        let local = || self.account.split_once('@').map(|(local, _)| local.to_owned());
        let nick = known.or(nick).or_else(local).unwrap_or_default();
        let presence = element("presence", CLIENT, &[("to", &address(room, &nick)?), ("type", "unavailable")]);
        self.send(around(presence, reason.map(|reason| texted("status", CLIENT, reason))))
    }

    /// Our presence (platforms.md 8.4).
    pub(super) fn presence(&self, present: &Present) -> Element {
        let Present { show, status, priority } = present;
        let status = (!status.is_empty()).then(|| texted("status", CLIENT, status));
        if show == "offline" {
            return around(element("presence", CLIENT, &[("type", "unavailable")]), status);
        }
        let show = (!matches!(&**show, "" | "online")).then(|| texted("show", CLIENT, show));
        let priority = (*priority != 0).then(|| texted("priority", CLIENT, &priority.to_string()));
        let inside = show.into_iter().chain(status).chain(priority).chain([caps::caps(&self.asked)]);
        around(element("presence", CLIENT, &[]), inside)
    }

    /// Subscriptions are between accounts, not their resources (RFC 6121 3.1).
    fn subscription(&mut self, whom: &Jid, kind: &str) -> Result<(), String> {
        self.send(element("presence", CLIENT, &[("to", whom.to_bare().as_str()), ("type", kind)]))
    }

    /// Asks somebody into a room: through the room where we are in it, else directly.
    fn invite(&mut self, room: &BareJid, whom: &Jid, reason: Option<&str>) -> Result<(), String> {
        let joined = self.rooms.get(room.as_str());
        if joined.is_some() {
            let reason = reason.map(|reason| texted("reason", ns::MUC_USER, reason));
            let invite = around(element("invite", ns::MUC_USER, &[("to", whom.as_str())]), reason);
            let x = around(element("x", ns::MUC_USER, &[]), [invite]);
            return self.send(around(element("message", CLIENT, &[("to", room.as_str())]), [x]));
        }
        let mut attributes = vec![("jid", room.as_str())];
        attributes.extend(reason.map(|reason| ("reason", reason)));
        let x = element("x", ns::CONFERENCE, &attributes);
        self.send(around(element("message", CLIENT, &[("to", whom.as_str())]), [x]))
    }
}

/// The address of somebody in a room.
fn address(room: &BareJid, nick: &str) -> Result<String, String> {
    let jid = room.with_resource_str(nick).map_err(|error| format!("{nick} cannot be a nick: {error}"))?;
    Ok(jid.as_str().to_owned())
}

fn admin(attributes: &[(&str, &str)], reason: Option<&str>) -> Element {
    let reason = reason.map(|reason| texted("reason", ns::MUC_ADMIN, reason));
    let item = around(element("item", ns::MUC_ADMIN, attributes), reason);
    around(element("query", ns::MUC_ADMIN, &[]), [item])
}

/// Affiliations are somebody's own, by their address; roles are those of a nick (XEP-0045 5).
fn role_change(whom: &str, role: &str, give: bool, reason: Option<&str>) -> Result<Element, String> {
    let affiliated = matches!(role, "owner" | "admin" | "member" | "outcast");
    if affiliated {
        let jid = Jid::new(whom).map_err(|error| format!("{whom} is no JID: {error}"))?.to_bare();
        let affiliation = if give { role } else { "none" };
        return Ok(admin(&[("jid", jid.as_str()), ("affiliation", affiliation)], reason));
    }
    let nick = whom.split_once('/').map_or(whom, |(_, nick)| nick);
    let role = match (role, give) {
        (role, true) => role,
        ("participant", false) => "visitor",
        // What everybody has who may speak.
        (_, false) => "participant",
    };
    Ok(admin(&[("nick", nick), ("role", role)], reason))
}

/// That a room is to be no more, and where people can go instead (XEP-0045 10.9).
fn destruction(instead: Option<&BareJid>, reason: Option<&str>) -> Element {
    let jid: Vec<_> = instead.map(|instead| ("jid", instead.as_str())).into_iter().collect();
    let reason = reason.map(|reason| texted("reason", ns::MUC_OWNER, reason));
    let destroy = around(element("destroy", ns::MUC_OWNER, &jid), reason);
    around(element("query", ns::MUC_OWNER, &[]), [destroy])
}

/// What a room is to be like; without anything, as the service likes it (XEP-0045 10.1.2).
fn configuration(settings: &[(String, Vec<String>)]) -> Element {
    let mut form = element("x", ns::XDATA, &[("type", "submit")]);
    if !settings.is_empty() {
        form.append_child(field("FORM_TYPE", "http://jabber.org/protocol/muc#roomconfig"));
    }
    let spelled = |name: &str| {
        // As the answer to the question for it spells them: without what all have in common.
        if name.contains(['#', ':', '/']) { name.to_owned() } else { format!("muc#roomconfig_{name}") }
    };
    let form = around(form, settings.iter().map(|(name, values)| fields(&spelled(name), values)));
    around(element("query", ns::MUC_OWNER, &[]), [form])
}
