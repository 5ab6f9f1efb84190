//! What clients say, as messages.

use xmpp_parsers::jid::Jid;
use xmpp_parsers::minidom::Element;

use super::kept::{Kept, fresh};
use crate::credentials::Extension;
use crate::map::xml::{self, CLIENT, around, element, texted};
use crate::map::{bare, ns};
use crate::verbs::{Said, What};

impl Kept {
    pub(super) fn say(&mut self, said: Said) -> Result<(), String> {
        let Said { to, groupchat, id, what } = said;
        let children = match what {
            What::Message { content, replace, in_reply_to, attachment } => {
                let mut children = vec![texted("body", CLIENT, &content)];
                children.extend(replace.map(|id| element("replace", ns::CORRECT, &[("id", &id)])));
                children.extend(in_reply_to.map(|id| element("reply", ns::REPLY, &[("to", to.as_str()), ("id", &id)])));
                children.extend(attachment.map(|(url, name)| out_of_band(&url, name.as_deref())));
                children.extend(self.wishes(groupchat));
                children
            }
            What::Typing(state) => vec![typing(&state), element("no-store", ns::HINTS, &[])],
            What::Reaction { content, in_reply_to } => {
                let emojis = content.split_whitespace().map(|emoji| texted("reaction", ns::REACTIONS, emoji));
                let reactions = element("reactions", ns::REACTIONS, &[("id", &in_reply_to)]);
                vec![around(reactions, emojis), element("store", ns::HINTS, &[])]
            }
        };
        self.message(&to, groupchat, id, children)
    }

    /// What is asked of whoever gets a text.
    fn wishes(&self, groupchat: bool) -> Vec<Element> {
        let mut wishes = Vec::new();
        if self.wants(Extension::Receipts) && !groupchat {
            wishes.push(element("request", ns::RECEIPTS, &[]));
        }
        if self.wants(Extension::Markers) {
            wishes.push(element("markable", ns::MARKERS, &[]));
        }
        if self.wants(Extension::States) && !groupchat {
            wishes.push(element("active", ns::CHAT_STATES, &[]));
        }
        wishes
    }

    /// Sends a message with this in it.
    pub(super) fn message(
        &mut self,
        to: &Jid,
        groupchat: bool,
        id: Option<String>,
        mut children: Vec<Element>,
    ) -> Result<(), String> {
        let id = id.unwrap_or_else(|| fresh(""));
        if self.wants(Extension::Ids) {
            children.push(element("origin-id", ns::STANZA_ID, &[("id", &id)]));
        }
        let kind = if groupchat { "groupchat" } else { "chat" };
        let message = element("message", CLIENT, &[("type", kind), ("to", to.as_str()), ("id", &id)]);
        let message = around(message, children);
        if groupchat {
            let message = xml::stanza(message).map_err(|unsendable| unsendable.to_string())?;
            self.say_in(bare(to.as_str()), message);
            return Ok(());
        }
        self.send(message)
    }
}

fn typing(state: &str) -> Element {
    let name = match state {
        "active" => "composing",
        "paused" => "paused",
        _ => "active",
    };
    element(name, ns::CHAT_STATES, &[])
}

fn out_of_band(url: &str, name: Option<&str>) -> Element {
    let inside = [("url", Some(url)), ("desc", name)];
    let inside = inside.into_iter().filter_map(|(name, text)| Some(texted(name, ns::OOB, text?)));
    around(element("x", ns::OOB, &[]), inside)
}
