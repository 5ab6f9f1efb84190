//! What we publish about ourselves, or for ourselves (XEP-0163): our picture, our nickname, the rooms that we remember; and our
//! vCard. That takes several questions, each after the answer to the last one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use xmpp_parsers::jid::BareJid;
use xmpp_parsers::minidom::Element;
use xmpp_parsers::sha1::{Digest, Sha1};

use super::answering::is;
use super::asking::field;
use super::iqs::Purpose;
use super::kept::Kept;
use super::{Answer, Now, Ticket};
use crate::map::answers::reason;
use crate::map::ns;
use crate::map::xml::{around, element, texted};
use crate::verbs::{Bookmark, Card, Picture};

/// Something to ask of our own account, and what to ask next.
#[derive(Debug)]
pub(super) struct Plan {
    payload: Element,
    next: Next,
}

/// What to ask next. Where there is nothing, the job ends as the last question did.
#[derive(Debug, Default)]
pub(super) struct Next {
    then: Option<Box<Plan>>,
    /// After a refusal for one of these reasons.
    otherwise: Option<(&'static [&'static str], Box<Plan>)>,
}

impl Plan {
    fn new(payload: Element) -> Self {
        Self { payload, next: Next::default() }
    }

    fn then(mut self, plan: Option<Self>) -> Self {
        self.next.then = plan.map(Box::new);
        self
    }

    fn or_else(mut self, reasons: &'static [&'static str], plan: Self) -> Self {
        self.next.otherwise = Some((reasons, Box::new(plan)));
        self
    }
}

impl Kept {
    /// Asks the first question of a plan, and sees to it that the job ends.
    ///
    /// # Errors
    ///
    /// If it cannot be asked.
    pub(super) fn follow(&mut self, ticket: Ticket, plan: Plan, now: Now) -> Result<(), String> {
        self.ask("set", None, plan.payload, Purpose::Plan(ticket, plan.next), now)
    }

    /// A question of a plan is answered.
    pub(super) fn go_on(&mut self, ticket: Ticket, next: Next, stanza: &Element, failed: bool, now: Now) {
        let plan = if failed {
            let fits = |reasons: &[&str]| reasons.iter().any(|reason| is(stanza, reason));
            next.otherwise.filter(|(reasons, _)| fits(reasons)).map(|(_, plan)| plan)
        } else {
            next.then
        };
        let done = match plan {
            Some(plan) => match self.follow(ticket, *plan, now) {
                Ok(()) => return,
                Err(text) => Err(text),
            },
            None if failed => Err(reason(stanza)),
            None => Ok(Answer::Unchanged),
        };
        self.end(ticket, done);
    }

    /// Our vCard is there, or there is none yet: what is to change of it is changed. A nickname is published as well
    /// (XEP-0172).
    pub(super) fn on_card(&mut self, ticket: Ticket, changes: Card, stanza: &Element, failed: bool, now: Now) {
        if failed && !is(stanza, "item-not-found") {
            return self.end(ticket, Err(reason(stanza)));
        }
        let card = stanza.children().find(|one| one.is("vCard", ns::VCARD)).cloned();
        let nick = changes.nickname.clone().map(|nick| {
            let item = around(element("item", ns::PUBSUB, &[("id", "current")]), [texted("nick", ns::NICK, &nick)]);
            Plan::new(publish(ns::NICK, item))
        });
        let plan = Plan::new(changed(card.unwrap_or_else(|| element("vCard", ns::VCARD, &[])), changes)).then(nick);
        if let Err(text) = self.follow(ticket, plan, now) {
            self.end(ticket, Err(text));
        }
    }
}

/// What publishes a picture of us (XEP-0084 4.1): first the picture, then that it is ours; without one, that there is none.
pub(super) fn picture(picture: Option<Picture>) -> Plan {
    let Some(Picture { bytes, media_type }) = picture else {
        let none = element("metadata", ns::AVATAR_METADATA, &[]);
        return Plan::new(publish(ns::AVATAR_METADATA, around(element("item", ns::PUBSUB, &[]), [none])));
    };
    let id = Sha1::digest(&bytes).iter().fold(String::new(), |id, byte| id + &format!("{byte:02x}"));
    let item = || element("item", ns::PUBSUB, &[("id", &id)]);
    let size = bytes.len().to_string();
    let info = element("info", ns::AVATAR_METADATA, &[("id", &id), ("bytes", &size), ("type", &media_type)]);
    let metadata = around(element("metadata", ns::AVATAR_METADATA, &[]), [info]);
    let metadata = publish(ns::AVATAR_METADATA, around(item(), [metadata]));
    let data = around(item(), [texted("data", ns::AVATAR_DATA, &STANDARD.encode(&bytes))]);
    Plan::new(publish(ns::AVATAR_DATA, data)).then(Some(Plan::new(metadata)))
}

/// What publishes a bookmark, for our own eyes only, or takes it back (XEP-0402 3.2).
pub(super) fn bookmark(room: &BareJid, kept: Option<&Bookmark>) -> Plan {
    let item = element("item", ns::PUBSUB, &[("id", room.as_str())]);
    let Some(kept) = kept else {
        let retract = element("retract", ns::PUBSUB, &[("node", ns::BOOKMARKS), ("notify", "true")]);
        return Plan::new(around(element("pubsub", ns::PUBSUB, &[]), [around(retract, [item])]));
    };
    let mut attributes = vec![("autojoin", if kept.autojoin { "true" } else { "false" })];
    attributes.extend(kept.name.as_deref().map(|name| ("name", name)));
    let inside = [("nick", &kept.nick), ("password", &kept.password)];
    let inside = inside.into_iter().filter_map(|(name, text)| Some(texted(name, ns::BOOKMARKS, text.as_deref()?)));
    let conference = around(element("conference", ns::BOOKMARKS, &attributes), inside);
    published_privately(around(item, [conference]))
}

/// A server that takes options takes all of it at once. To others, such as ejabberd 23.01, the options are told before: when
/// the node is made, or where it is there already.
fn published_privately(item: Element) -> Plan {
    const NOT_SO: &[&str] = &["resource-constraint", "bad-request", "not-acceptable", "conflict"];
    let plain = publish(ns::BOOKMARKS, item);
    let mut at_once = plain.clone();
    at_once.append_child(around(element("publish-options", ns::PUBSUB, &[]), [options("publish-options")]));
    let owner = "http://jabber.org/protocol/pubsub#owner";
    let configure = element("configure", owner, &[("node", ns::BOOKMARKS)]);
    let configure = around(element("pubsub", owner, &[]), [around(configure, [options("node_config")])]);
    let create = [
        element("create", ns::PUBSUB, &[("node", ns::BOOKMARKS)]),
        around(element("configure", ns::PUBSUB, &[]), [options("node_config")]),
    ];
    let create = around(element("pubsub", ns::PUBSUB, &[]), create);
    let then = || Some(Plan::new(plain.clone()));
    let created = Plan::new(create).then(then()).or_else(&["conflict"], Plan::new(configure).then(then()));
    Plan::new(at_once).or_else(NOT_SO, created)
}

fn options(form: &str) -> Element {
    let options = [
        field("FORM_TYPE", &format!("http://jabber.org/protocol/pubsub#{form}")),
        field("pubsub#persist_items", "true"),
        field("pubsub#max_items", "max"),
        field("pubsub#send_last_published_item", "never"),
        field("pubsub#access_model", "whitelist"),
    ];
    around(element("x", ns::XDATA, &[("type", "submit")]), options)
}

fn publish(node: &str, item: Element) -> Element {
    let publish = around(element("publish", ns::PUBSUB, &[("node", node)]), [item]);
    around(element("pubsub", ns::PUBSUB, &[]), [publish])
}

/// A vCard with what is to change of it; what is empty is taken out.
fn changed(mut card: Element, changes: Card) -> Element {
    let Card { name, nickname, url, email, birthday, content } = changes;
    let texts =
        [("FN", name), ("NICKNAME", nickname), ("URL", url), ("EMAIL", email), ("BDAY", birthday), ("DESC", content)];
    for (name, text) in texts {
        let Some(text) = text else { continue };
        while card.remove_child(name, ns::VCARD).is_some() {}
        if text.is_empty() {
            continue;
        }
        card.append_child(match name {
            "EMAIL" => around(element(name, ns::VCARD, &[]), [texted("USERID", ns::VCARD, &text)]),
            _ => texted(name, ns::VCARD, &text),
        });
    }
    card
}
