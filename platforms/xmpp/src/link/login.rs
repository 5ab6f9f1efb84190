//! Authentication (RFC 6120, 6): the server is shown that we know the password, and where it can be, shows it too.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use xmpp_parsers::minidom::Element;
use xmpp_parsers::ns;

use super::exchange::Exchange;
use super::failure::Failure;
use super::features::Features;
use super::mechanism::{Channel, Mechanism};
use super::xml::{Xml, error};
use crate::credentials::Credentials;
use crate::map::xml::element;

/// Challenges that are answered. No mechanism here needs more than two.
const CHALLENGES: usize = 4;

/// Authenticates on a stream that offers it, bound to the `channel` where that is possible. A new stream has to follow.
pub(super) async fn login(
    xml: &mut Xml,
    offered: &Features,
    credentials: &Credentials,
    channel: Channel,
) -> Result<(), Failure> {
    let mechanism = Mechanism::choose(&offered.mechanisms, offered.bindings.as_deref(), channel)?;
    let (mut exchange, first) = Exchange::begin(mechanism, credentials)?;
    let mut auth = element("auth", ns::SASL, &[("mechanism", mechanism.name())]);
    auth.append_text(coded(&first));
    converse(xml, &auth, &mut exchange).await.map(|_| ())
}

/// Says what begins the exchange, and sees it through to the server's success. Both ways of carrying it are alike but for
/// their namespace, and for where success carries what the server shows.
pub(super) async fn converse(xml: &mut Xml, auth: &Element, exchange: &mut Exchange) -> Result<Element, Failure> {
    let ns = auth.ns();
    xml.say(auth).await?;
    for _ in 0..=CHALLENGES {
        let said = xml.hear().await?;
        if said.ns() != ns {
            break;
        }
        match said.name() {
            "challenge" => {
                let answer = exchange.answer(&decoded(&said.text())?)?;
                xml.say(&Element::builder("response", &*ns).append(coded(&answer)).build()).await?;
            }
            "success" => {
                let shown = said.get_child("additional-data", &*ns).unwrap_or(&said).text();
                exchange.finish(&decoded(&shown)?)?;
                return Ok(said);
            }
            "failure" => {
                let (condition, said) = error(&said);
                return Err(Failure::Sasl { condition, said });
            }
            _ => break,
        }
    }
    Err(Failure::Protocol("the server does not authenticate as it said it would"))
}

/// Nothing at all is written as `=`.
pub(super) fn coded(bytes: &[u8]) -> String {
    if bytes.is_empty() { "=".to_owned() } else { BASE64_STANDARD.encode(bytes) }
}

fn decoded(text: &str) -> Result<Vec<u8>, Failure> {
    match text.trim() {
        "=" => Ok(Vec::new()),
        text => BASE64_STANDARD.decode(text).map_err(|_| Failure::Untrue("the server's SASL message cannot be read")),
    }
}
