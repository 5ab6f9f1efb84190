//! After authentication: the last stream taken up again, or a resource bound and a new one begun (RFC 6120, 7; XEP-0198).

use std::collections::VecDeque;

use tokio_xmpp::Stanza;
use xmpp_parsers::jid::{BareJid, FullJid};
use xmpp_parsers::minidom::Element;
use xmpp_parsers::ns;

use super::failure::Failure;
use super::fast::Token;
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

/// What connections leave to the next one.
#[derive(Debug, Default)]
pub(super) struct Past {
    /// Of the last one, where it broke.
    pub(super) kept: Option<Kept>,
    /// What the password need not be shown for.
    pub(super) token: Option<Token>,
}

/// A stream that stands.
pub(super) struct Begun {
    pub(super) live: Live,
    /// Whether it is the last one.
    pub(super) resumed: bool,
    /// What was said on the last one and may be lost, oldest first.
    pub(super) unacked: Vec<Stanza>,
}

impl Past {
    /// What may be lost, now that the last stream is.
    pub(super) fn unacked(&mut self) -> Vec<Stanza> {
        self.kept.take().map(Kept::into_unacked).unwrap_or_default()
    }
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
        && let Some(resume) = resumption(kept.as_ref())
    {
        xml.say(&resume).await?;
        let answer = xml.hear().await?;
        if is_resumed(kept, &answer)? {
            return resumed(xml, kept);
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

/// What asks for the last stream, where that can be taken up again.
pub(super) fn resumption(kept: Option<&Kept>) -> Option<Element> {
    kept?.management.as_ref()?.resume()
}

/// Whether the server takes the last stream up again, by its answer.
pub(super) fn is_resumed(kept: &mut Option<Kept>, answer: &Element) -> Result<bool, Failure> {
    let management = kept.as_mut().and_then(|kept| kept.management.as_mut());
    let management = management.ok_or(Failure::Protocol("nothing is to be resumed"))?;
    if answer.is("resumed", ns::SM) {
        management.resumed(answer)?;
        return Ok(true);
    }
    if !answer.is("failed", ns::SM) {
        return Err(Failure::Protocol("the server neither resumed the stream nor refused to"));
    }
    management.lost(answer);
    Ok(false)
}

/// The last stream goes on: what the server has not got is said again, and what had not been said, now.
pub(super) fn resumed(xml: Xml, kept: &mut Option<Kept>) -> Result<Begun, Failure> {
    let Kept { bound, management, unsent } = kept.take().ok_or(Failure::Protocol("nothing is to be resumed"))?;
    let mut live = Live::new(xml, bound, management, VecDeque::new());
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

/// Has the stream managed, where the server agrees.
pub(super) async fn manage(xml: &mut Xml, early: &mut VecDeque<Element>) -> Result<Option<Management>, Failure> {
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
