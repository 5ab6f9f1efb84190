//! What we can do, as others are told (XEP-0030, XEP-0115).

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use xmpp_parsers::minidom::Element;
use xmpp_parsers::sha1::{Digest, Sha1};

use crate::credentials::Extension;
use crate::map::ns;
use crate::map::xml::{around, element};

/// Who we are, in a browser.
const CATEGORY: &str = "client";
const KIND: &str = "web";
pub(super) const NAME: &str = "Footbridge";
/// What the hash is of, so to speak.
const NODE: &str = "urn:footbridge";

/// Features, in the order in which they are hashed.
fn features(asked: &BTreeSet<Extension>) -> BTreeSet<String> {
    let always = [
        "http://jabber.org/protocol/caps",
        ns::DISCO_INFO,
        ns::DISCO_ITEMS,
        ns::MUC,
        ns::CORRECT,
        ns::OOB,
        ns::PING,
        ns::STANZA_ID,
        ns::TIME,
        ns::VERSION,
    ];
    let wanted: &[(Extension, &[&str])] = &[
        (Extension::Avatars, &["urn:xmpp:avatar:metadata+notify"]),
        (Extension::Bookmarks, &["urn:xmpp:bookmarks:1+notify"]),
        (Extension::Html, &[ns::XHTML]),
        (Extension::Invites, &[ns::CONFERENCE]),
        (Extension::Markers, &[ns::MARKERS]),
        (Extension::Reactions, &[ns::REACTIONS]),
        (Extension::Receipts, &[ns::RECEIPTS]),
        (Extension::Replies, &[ns::REPLY, ns::FALLBACK]),
        (Extension::Retractions, &[ns::RETRACT]),
        (Extension::States, &[ns::CHAT_STATES]),
    ];
    let wanted = wanted.iter().filter(|(extension, _)| asked.contains(extension)).flat_map(|(_, features)| *features);
    always.iter().chain(wanted).map(|feature| (*feature).to_owned()).collect()
}

/// The hash of all that (XEP-0115 5.1).
fn hash(asked: &BTreeSet<Extension>) -> String {
    let mut text = format!("{CATEGORY}/{KIND}//{NAME}<");
    for feature in features(asked) {
        text.push_str(&feature);
        text.push('<');
    }
    STANDARD.encode(Sha1::digest(text.as_bytes()))
}

/// What goes into presence.
pub(super) fn caps(asked: &BTreeSet<Extension>) -> Element {
    let attributes = [("hash", "sha-1"), ("node", NODE), ("ver", &hash(asked))];
    element("c", "http://jabber.org/protocol/caps", &attributes)
}

/// The answer to a question for it; `None` for a node that we do not have.
pub(super) fn info(node: Option<&str>, asked: &BTreeSet<Extension>) -> Option<Element> {
    let ours = format!("{NODE}#{}", hash(asked));
    if node.is_some_and(|node| node != ours) {
        return None;
    }
    let node: Vec<_> = node.map(|node| ("node", node)).into_iter().collect();
    let query = element("query", ns::DISCO_INFO, &node);
    let identity = element("identity", ns::DISCO_INFO, &[("category", CATEGORY), ("type", KIND), ("name", NAME)]);
    let features = features(asked);
    let features = features.iter().map(|feature| element("feature", ns::DISCO_INFO, &[("var", feature)]));
    Some(around(query, std::iter::once(identity).chain(features)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_changes_with_what_we_can_do() {
        let none = BTreeSet::new();
        let some = BTreeSet::from([Extension::Receipts]);
        assert_ne!(hash(&none), hash(&some));
        let of_some = format!("{NODE}#{}", hash(&some));
        assert!(info(Some(&of_some), &some).is_some() && info(None, &some).is_some());
        assert!(info(Some(&of_some), &none).is_none());
        let told = info(None, &some).unwrap();
        assert!(told.children().any(|one| one.attr("var") == Some(ns::RECEIPTS)));
    }
}
