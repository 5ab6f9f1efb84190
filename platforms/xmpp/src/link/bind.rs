//! After authentication: the last stream taken up again, or a resource bound and a new one begun (RFC 6120, 7; XEP-0198).

use std::collections::VecDeque;

use tokio_xmpp::Stanza;
use xmpp_parsers::jid::{BareJid, FullJid};
use xmpp_parsers::minidom::Element;
use xmpp_parsers::ns;

use super::failure::Failure;
use super::features::Features;
use super::live::Live;
use super::management::Management;
use super::xml::{Xml, error};
use crate::map::xml::element;

const SESSION: &str = "urn:ietf:params:xml:ns:xmpp-session";
/// Stanzas that a server may send before it has answered what begins the session.
const EARLY: usize = 1000;

/// What is left of a stream that broke.
#[derive(Debug)]
pub(super) struct Kept {
    /// Who we were.
    pub(super) bound: FullJid,
    /// Where it broke off, if it was managed.
    pub(super) management: Option<Management>,
    /// What had not even been put on it, oldest first.
    pub(super) unsent: Vec<Stanza>,
}

/// A stream that stands.
pub(super) struct Begun {
    pub(super) live: Live,
    /// Whether it is the last one.
    pub(super) resumed: bool,
    /// What was said on the last one and may be lost, oldest first.
    pub(super) unacked: Vec<Stanza>,
}

impl Kept {
    /// Nothing of use for this account.
    pub(super) fn is_of(&self, account: &BareJid) -> bool {
        self.bound.to_bare() == *account
    }

    fn into_unacked(self) -> Vec<Stanza> {
        let mut unacked = self.management.map(Management::into_unacked).unwrap_or_default();
        unacked.extend(self.unsent);
        unacked
    }
}

/// Takes up what is `kept`, where that is possible, or begins anew. Until the server has decided, `kept` stays.
pub(super) async fn begin(
    mut xml: Xml,
    offered: &Features,
    wanted: &FullJid,
    kept: &mut Option<Kept>,
) -> Result<Begun, Failure> {
    if offered.management
        && let Some(resume) = kept.as_ref().and_then(|kept| kept.management.as_ref()?.resume())
    {
        xml.say(&resume).await?;
        let answer = xml.hear().await?;
        let kept = kept.as_mut().ok_or(Failure::Protocol("nothing is to be resumed"))?;
        let management = kept.management.as_mut().ok_or(Failure::Protocol("nothing is to be resumed"))?;
        if answer.is("resumed", ns::SM) {
            management.resumed(&answer)?;
            return resumed(xml, kept);
        }
        if !answer.is("failed", ns::SM) {
            return Err(Failure::Protocol("the server neither resumed the stream nor refused to"));
        }
        if answer.attr("h").is_some() {
            // It does not know the stream any more, but how much of it has arrived. If that is nonsense, nothing is known.
            let _ = management.acked(&answer);
        }
    }
    let mut early = VecDeque::new();
    let bound = bind(&mut xml, &mut early, wanted).await?;
    if offered.session {
        ask(&mut xml, &mut early, Element::bare("session", SESSION)).await?;
    }
    let management = if offered.management { manage(&mut xml, &mut early).await? } else { None };
    let unacked = kept.take().map(Kept::into_unacked).unwrap_or_default();
    Ok(Begun { live: Live::new(xml, bound, management, early), resumed: false, unacked })
}

/// The last stream goes on: what the server has not got is said again, and what had not been said, now.
fn resumed(xml: Xml, kept: &mut Kept) -> Result<Begun, Failure> {
    let unsent = std::mem::take(&mut kept.unsent);
    let mut live = Live::new(xml, kept.bound.clone(), kept.management.take(), VecDeque::new());
    live.repeat()?;
    for stanza in unsent {
        live.say(stanza)?;
    }
    Ok(Begun { live, resumed: true, unacked: Vec::new() })
}

async fn bind(xml: &mut Xml, early: &mut VecDeque<Element>, wanted: &FullJid) -> Result<FullJid, Failure> {
    let resource = Element::builder("resource", ns::BIND).append(wanted.resource().as_str());
    let bind = Element::builder("bind", ns::BIND).append(resource).build();
    let result = ask(xml, early, bind).await?;
    let jid = result.get_child("bind", ns::BIND).and_then(|bind| bind.get_child("jid", ns::BIND));
    jid.and_then(|jid| FullJid::new(&jid.text()).ok())
        .filter(|jid| jid.to_bare() == wanted.to_bare())
        .ok_or(Failure::Protocol("the server bound something else than a resource of the account"))
}

/// Sets something, and waits for the answer, which can only come from the server itself.
async fn ask(xml: &mut Xml, early: &mut VecDeque<Element>, payload: Element) -> Result<Element, Failure> {
    let id = identifier();
    let mut iq = element("iq", ns::JABBER_CLIENT, &[("type", "set"), ("id", &id)]);
    iq.append_child(payload);
    xml.say(&iq).await?;
    loop {
        let said = xml.hear().await?;
        if said.name() != "iq" || said.attr("id") != Some(&id) {
            keep(early, said)?;
        } else if said.attr("type") == Some("result") {
            return Ok(said);
        } else {
            let (condition, said) = said.get_child("error", ns::JABBER_CLIENT).map(error).unwrap_or_default();
            return Err(Failure::Bind { condition, said });
        }
    }
}

async fn manage(xml: &mut Xml, early: &mut VecDeque<Element>) -> Result<Option<Management>, Failure> {
    xml.say(&Management::enable()).await?;
    loop {
        let said = xml.hear().await?;
        match (said.name(), &*said.ns()) {
            ("enabled", ns::SM) => return Ok(Some(Management::enabled(&said))),
            ("failed", ns::SM) => return Ok(None),
            _ => keep(early, said)?,
        }
    }
}

fn keep(early: &mut VecDeque<Element>, said: Element) -> Result<(), Failure> {
    if early.len() == EARLY {
        return Err(Failure::Protocol("the server talks and does not answer"));
    }
    early.push_back(said);
    Ok(())
}

/// An id that nobody guesses.
pub(super) fn identifier() -> String {
    footbridge_seal::random::<12>().iter().fold(String::from("l"), |id, byte| format!("{id}{byte:02x}"))
}
