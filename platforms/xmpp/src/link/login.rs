//! Authentication (RFC 6120, 6): the server is shown that we know the password, and where it can be, shows it too.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use xmpp_parsers::minidom::Element;
use xmpp_parsers::ns;
use zeroize::Zeroizing;

use super::failure::Failure;
use super::features::Features;
use super::mechanism::Mechanism;
use super::scram::Scram;
use super::xml::{Xml, error};
use crate::credentials::Credentials;
use crate::map::xml::element;

/// Challenges that are answered. No mechanism here needs more than two.
const CHALLENGES: usize = 4;

/// Authenticates on a stream that offers it, bound to `exporter` where there is such a thing. A new stream has to follow.
pub(super) async fn login(
    xml: &mut Xml,
    offered: &Features,
    credentials: &Credentials,
    exporter: Option<[u8; 32]>,
) -> Result<(), Failure> {
    let mechanism = Mechanism::choose(offered, exporter)?;
    let account = credentials.account.node().ok_or(Failure::Protocol("the account has no name"))?.as_str();
    let (first, mut scram) = match mechanism {
        Mechanism::Plain => {
            let password = credentials.password.expose();
            (Zeroizing::new(["\0", account, "\0", password].concat().into_bytes()), None)
        }
        Mechanism::Scram(hash, binding) => {
            let scram = Scram::new(hash, account, &credentials.password, binding);
            (Zeroizing::new(scram.open()), Some(scram))
        }
    };
    let mut auth = element("auth", ns::SASL, &[("mechanism", mechanism.name())]);
    auth.append_text(coded(&first));
    xml.say(&auth).await?;
    for _ in 0..=CHALLENGES {
        let said = xml.hear().await?;
        if said.ns() != ns::SASL {
            break;
        }
        match (said.name(), &mut scram) {
            ("challenge", Some(scram)) => {
                let answer = scram.answer(&decoded(&said)?)?;
                xml.say(&Element::builder("response", ns::SASL).append(coded(&answer)).build()).await?;
            }
            ("success", Some(scram)) => return scram.finish(&decoded(&said)?),
            ("success", None) => return Ok(()),
            ("failure", _) => {
                let (condition, said) = error(&said);
                return Err(Failure::Sasl { condition, said });
            }
            _ => break,
        }
    }
    Err(Failure::Protocol("the server does not authenticate as it said it would"))
}

/// Nothing at all is written as `=`.
fn coded(bytes: &[u8]) -> String {
    if bytes.is_empty() { "=".to_owned() } else { BASE64_STANDARD.encode(bytes) }
}

fn decoded(said: &Element) -> Result<Vec<u8>, Failure> {
    let text = said.text();
    match text.trim() {
        "=" => Ok(Vec::new()),
        text => BASE64_STANDARD.decode(text).map_err(|_| Failure::Untrue("the server's SASL message cannot be read")),
    }
}
