//! Authentication together with what follows it (XEP-0388): a stream that broke is taken up again in the same step
//! (XEP-0198), a token stands for the password (XEP-0484), and where the server may choose the resource, that is bound at
//! once, too (XEP-0386).

use std::collections::VecDeque;
use std::time::SystemTime;

use aws_lc_rs::digest::{SHA256, digest};
use chrono::DateTime;
use xmpp_parsers::jid::FullJid;
use xmpp_parsers::minidom::Element;
use xmpp_parsers::ns;

use super::bind::{Begun, Past, begin, is_resumed, manage, resumed, resumption};
use super::exchange::{Exchange, name};
use super::failure::Failure;
use super::fast::{FAST, Kind, Token};
use super::features::{AtOnce, Features};
use super::live::Live;
use super::login::{coded, converse};
use super::management::Management;
use super::mechanism::{Channel, Mechanism};
use super::xml::{Xml, error};
use crate::credentials::Credentials;
use crate::map::xml::element;

pub(super) const SASL2: &str = "urn:xmpp:sasl:2";
pub(super) const BIND2: &str = "urn:xmpp:bind:0";

/// Authenticates as is offered, and takes up what is left of the `past` or begins anew.
pub(super) async fn enter(
    mut xml: Xml,
    offered: &AtOnce,
    bindings: Option<&[String]>,
    credentials: &Credentials,
    channel: Channel,
    past: &mut Past,
) -> Result<Begun, Failure> {
    let shown = past.token.as_ref().filter(|token| token.is_for(credentials, DateTime::from(SystemTime::now())));
    let shown =
        shown.and_then(|token| Some((token.kind(), token.show(name(credentials).ok()?, &offered.tokens, channel)?)));
    let wanted = Kind::choose(&offered.tokens, channel);
    let by_token = shown.is_some();
    let (kind, mut exchange, mut auth) = if let Some((kind, (proof, first))) = shown {
        let mut auth = authenticate(kind.name(), &first, credentials);
        auth.append_child(Element::bare("fast", FAST));
        (Some(kind), Exchange::Token(proof), auth)
    } else {
        let mechanism = Mechanism::choose(&offered.mechanisms, bindings, channel)?;
        let (exchange, first) = Exchange::begin(mechanism, credentials)?;
        let mut auth = authenticate(mechanism.name(), &first, credentials);
        if let Some(kind) = wanted {
            auth.append_child(element("request-token", FAST, &[("mechanism", kind.name())]));
        }
        (wanted, exchange, auth)
    };
    let resume = resumption(past.kept.as_ref());
    // Where resuming is a step of its own, a resource bound before it would take the place of what is to be resumed.
    let bind = bind(offered, credentials).filter(|_| offered.resumes || resume.is_none());
    let resume = resume.filter(|_| offered.resumes);
    let resumes = resume.is_some();
    resume.into_iter().chain(bind).for_each(|child| {
        auth.append_child(child);
    });
    let success = match converse(&mut xml, &auth, &mut exchange).await {
        Err(Failure::Sasl { .. }) if by_token => {
            past.token = None;
            return Err(Failure::Token);
        }
        ended => ended?,
    };
    if let Some(token) = kind.and_then(|kind| Token::given(&success, kind, credentials)) {
        past.token = Some(token);
    }
    let answer = success.children().find(|child| child.ns() == ns::SM);
    if resumes
        && let Some(answer) = answer
        && is_resumed(&mut past.kept, answer)?
    {
        return resumed(xml, &mut past.kept);
    }
    if let Some(bound) = success.children().find(|child| child.ns() == BIND2) {
        return begun(xml, &success, bound, credentials, past).await;
    }
    // The stream goes on, and now offers what it would after a new beginning.
    let offered = Features::read(&xml.hear().await?)?;
    begin(xml, &offered, &credentials.wanted(), &mut past.kept).await
}

fn authenticate(mechanism: &str, first: &[u8], credentials: &Credentials) -> Element {
    let mut auth = element("authenticate", SASL2, &[("mechanism", mechanism)]);
    auth.append_child(Element::builder("initial-response", SASL2).append(coded(first)).build());
    let mut agent = element("user-agent", SASL2, &[("id", &agent(&credentials.wanted()))]);
    agent.append_child(Element::builder("software", SASL2).append("Footbridge").build());
    auth.append_child(agent);
    auth
}

/// By what a server tells an account's clients apart, and knows one that comes back: the same for the same resource, so
/// that tokens of instances that are gone do not pile up there. In the form of a random UUID, as it has to be.
fn agent(wanted: &FullJid) -> String {
    let hashed = digest(&SHA256, format!("footbridge {wanted}").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hashed.as_ref()[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = format!("{:032x}", u128::from_be_bytes(bytes));
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

/// A resource at once, where that is offered, and where the client leaves its end to the server.
fn bind(offered: &AtOnce, credentials: &Credentials) -> Option<Element> {
    let managed = offered.binds.filter(|_| credentials.resource_as_tag)?.managed;
    let mut bind = Element::bare("bind", BIND2);
    bind.append_child(Element::builder("tag", BIND2).append(&*credentials.resource).build());
    if managed {
        bind.append_child(Management::enable());
    }
    Some(bind)
}

/// A resource is bound, or is not.
async fn begun(
    mut xml: Xml,
    success: &Element,
    bound: &Element,
    credentials: &Credentials,
    past: &mut Past,
) -> Result<Begun, Failure> {
    if bound.name() != "bound" {
        let (condition, said) = bound.get_child("error", ns::JABBER_CLIENT).map(error).unwrap_or_default();
        return Err(Failure::Bind { condition, said });
    }
    let jid = success.get_child("authorization-identifier", SASL2).and_then(|jid| FullJid::new(jid.text().trim()).ok());
    let jid = jid.filter(|jid| jid.to_bare() == credentials.account);
    let jid = jid.ok_or(Failure::Protocol("the server bound something else than a resource of the account"))?;
    let mut early = VecDeque::new();
    let management = match bound.get_child("enabled", ns::SM) {
        Some(enabled) => Some(Management::enabled(enabled)),
        None if Features::read(&xml.hear().await?)?.management => manage(&mut xml, &mut early).await?,
        None => None,
    };
    Ok(Begun { live: Live::new(xml, jid, management, early), resumed: false, unacked: past.unacked() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_comes_back_is_known_by_an_id_that_has_the_form_of_a_random_one() {
        let id = |jid: &str| agent(&FullJid::new(jid).unwrap());
        let kim = id("kim@x.example/web");
        assert_eq!(kim, id("kim@x.example/web"));
        assert_ne!(kim, id("kim@x.example/other"));
        let lengths: Vec<_> = kim.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(&kim[14..15], "4");
        assert!("89ab".contains(&kim[19..20]), "{kim}");
    }
}
