//! What a server says as what a client reads (platforms.md 8.5).
//!
//! - `message`, `presence`, `roster`: stanzas that nobody asked for; `event`: those of PEP; `beyond`: what is pushed to those who
//!   asked for it
//! - `answers`: answers to what we asked; `info`: service discovery and forms; `profile`: vCards
//! - [`Ignored`]: what becomes no activity, and why
//!
//! Everything here reads elements as they are and takes nothing for granted: what is missing or odd is left out. What servers
//! write stays data.

pub mod activity;
pub(crate) mod answers;
mod beyond;
mod event;
mod ignored;
pub(crate) mod info;
mod message;
mod presence;
pub(crate) mod profile;
pub(crate) mod roster;
pub(crate) mod xml;

pub use ignored::Ignored;

use std::collections::BTreeSet;

use xmpp_parsers::jid::Jid;
use xmpp_parsers::minidom::Element;

use crate::credentials::Extension;
use activity::{Activity, Entity, Time};
use xml::child;

pub(crate) use message::{archived, refused};
pub(crate) use presence::{error_text, is_self, muc_user, occupant};

/// Namespaces that more than one file names.
pub(crate) mod ns {
    pub(crate) const AVATAR_DATA: &str = "urn:xmpp:avatar:data";
    pub(crate) const AVATAR_METADATA: &str = "urn:xmpp:avatar:metadata";
    pub(crate) const BLOCKING: &str = "urn:xmpp:blocking";
    pub(crate) const BOOKMARKS: &str = "urn:xmpp:bookmarks:1";
    pub(crate) const CARBONS: &str = "urn:xmpp:carbons:2";
    pub(crate) const CHAT_STATES: &str = "http://jabber.org/protocol/chatstates";
    pub(crate) const CONFERENCE: &str = "jabber:x:conference";
    pub(crate) const CORRECT: &str = "urn:xmpp:message-correct:0";
    pub(crate) const DELAY: &str = "urn:xmpp:delay";
    pub(crate) const DISCO_INFO: &str = "http://jabber.org/protocol/disco#info";
    pub(crate) const DISCO_ITEMS: &str = "http://jabber.org/protocol/disco#items";
    pub(crate) const FALLBACK: &str = "urn:xmpp:fallback:0";
    pub(crate) const FORWARD: &str = "urn:xmpp:forward:0";
    pub(crate) const HINTS: &str = "urn:xmpp:hints";
    pub(crate) const MAM: &str = "urn:xmpp:mam:2";
    pub(crate) const MARKERS: &str = "urn:xmpp:chat-markers:0";
    pub(crate) const MODERATE: &str = "urn:xmpp:message-moderate:1";
    pub(crate) const MUC: &str = "http://jabber.org/protocol/muc";
    pub(crate) const MUC_ADMIN: &str = "http://jabber.org/protocol/muc#admin";
    pub(crate) const MUC_OWNER: &str = "http://jabber.org/protocol/muc#owner";
    pub(crate) const MUC_USER: &str = "http://jabber.org/protocol/muc#user";
    pub(crate) const NICK: &str = "http://jabber.org/protocol/nick";
    pub(crate) const OCCUPANT_ID: &str = "urn:xmpp:occupant-id:0";
    pub(crate) const OOB: &str = "jabber:x:oob";
    pub(crate) const PING: &str = "urn:xmpp:ping";
    pub(crate) const PUBSUB: &str = "http://jabber.org/protocol/pubsub";
    pub(crate) const PUBSUB_EVENT: &str = "http://jabber.org/protocol/pubsub#event";
    pub(crate) const REACTIONS: &str = "urn:xmpp:reactions:0";
    pub(crate) const RECEIPTS: &str = "urn:xmpp:receipts";
    pub(crate) const REPLY: &str = "urn:xmpp:reply:0";
    pub(crate) const RETRACT: &str = "urn:xmpp:message-retract:1";
    pub(crate) const ROSTER: &str = "jabber:iq:roster";
    pub(crate) const RSM: &str = "http://jabber.org/protocol/rsm";
    pub(crate) const STANZA_ID: &str = "urn:xmpp:sid:0";
    pub(crate) const TIME: &str = "urn:xmpp:time";
    pub(crate) const UPLOAD: &str = "urn:xmpp:http:upload:0";
    pub(crate) const VCARD: &str = "vcard-temp";
    pub(crate) const VCARD_UPDATE: &str = "vcard-temp:x:update";
    pub(crate) const VERSION: &str = "jabber:iq:version";
    pub(crate) const XDATA: &str = "jabber:x:data";
    pub(crate) const XHTML: &str = "http://jabber.org/protocol/xhtml-im";
    pub(crate) const XHTML_BODY: &str = "http://www.w3.org/1999/xhtml";
}

/// Who listens, and to what.
#[derive(Clone, Copy)]
pub struct Ears<'a> {
    /// Our own bare JID.
    pub account: &'a str,
    /// Our own full JID, as the server bound it.
    pub bound: &'a str,
    /// What the client asked to be told besides.
    pub asked: &'a BTreeSet<Extension>,
    /// Whether a bare JID is a room that was entered.
    pub is_room: &'a dyn Fn(&str) -> bool,
}

impl Ears<'_> {
    /// Who sent a stanza. Without a sender it is our own account (RFC 6120 8.1.2.1).
    pub(crate) fn from<'s>(&'s self, stanza: &'s Element) -> &'s str {
        xml::attribute(stanza, "from").unwrap_or(self.account)
    }

    /// Whom a stanza is for.
    pub(crate) fn to<'s>(&'s self, stanza: &'s Element) -> &'s str {
        xml::attribute(stanza, "to").unwrap_or(self.bound)
    }

    /// Whether the client asked for it.
    pub(crate) fn asked(&self, extension: Extension) -> bool {
        self.asked.contains(&extension)
    }

    /// Whether a stanza comes from our own account: nobody else may say what is in it.
    pub(crate) fn is_own(&self, stanza: &Element) -> bool {
        is_account(stanza.attr("from"), self.account)
    }
}

/// Whether this sender is the account itself.
pub(crate) fn is_account(from: Option<&str>, account: &str) -> bool {
    from.is_none_or(|from| from == account || Jid::new(from).is_ok_and(|from| from.as_str() == account))
}

/// What a stanza that nobody asked for means to the client.
///
/// # Errors
///
/// Why it means nothing.
pub fn heard(stanza: &Element, ears: &Ears<'_>) -> Result<Vec<Activity>, Ignored> {
    if stanza.ns() != xml::CLIENT {
        return Err(Ignored::NoStanza);
    }
    match stanza.name() {
        "message" => message::heard(stanza, ears),
        "presence" => presence::heard(stanza, ears),
        "iq" => match stanza.attr("type") {
            Some("get" | "set") => Err(Ignored::Request),
            _ => Err(Ignored::Unasked),
        },
        _ => Err(Ignored::NoStanza),
    }
}

/// A JID up to its first `/`.
pub(crate) fn bare(jid: &str) -> &str {
    jid.split_once('/').map_or(jid, |(bare, _)| bare)
}

/// What follows the first `/` of a JID.
pub(crate) fn resource(jid: &str) -> Option<String> {
    jid.split_once('/').map(|(_, resource)| resource.to_owned())
}

/// When it was said, if it was not just now (XEP-0203).
fn delayed(stanza: &Element) -> Option<Time> {
    Time::parse(child(stanza, "delay", ns::DELAY)?.attr("stamp")?)
}

/// Whom a stanza is for, as a target.
fn recipient(stanza: &Element, ears: &Ears<'_>) -> Entity {
    Entity::person(ears.to(stanza))
}
