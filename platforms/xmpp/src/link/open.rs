//! From a service to a stream that stands: servers in turn, TLS, authentication, a resource.

use std::time::Duration;

use footbridge_outbound::Tls;
use tokio::time::{Instant, timeout_at};
use xmpp_parsers::minidom::Element;
use xmpp_parsers::ns;

use super::Ways;
use super::bind::{Begun, Kept, begin};
use super::candidates::{Candidate, Records, Way, ascii, candidates};
use super::failure::Failure;
use super::features::Features;
use super::login::login;
use super::stream::Stream;
use super::web::Web;
use super::xml::Xml;
use crate::credentials::Credentials;

/// What direct TLS says that it wants to speak (XEP-0368).
const ALPN: &[u8] = b"xmpp-client";

/// Opens a stream for an account, within the deadline, over all its service's servers. What is `kept` of the last stream
/// is taken up where the server can, and stays where there is no connection.
///
/// # Errors
///
/// The failure that tells most.
pub(super) async fn open(
    ways: &Ways,
    records: &impl Records,
    credentials: &Credentials,
    kept: &mut Option<Kept>,
) -> Result<Begun, Failure> {
    let deadline = Instant::now() + ways.deadline;
    let late = || Failure::Late(ways.deadline.as_millis());
    let found = timeout_at(deadline, candidates(&credentials.service, records, below)).await;
    let candidates = found.map_err(|_| late())??;
    let mut telling: Option<Failure> = None;
    for (nth, candidate) in candidates.iter().enumerate() {
        // The same place the other way: of use where something else was spoken, and only there.
        let again = nth > 0 && candidates[nth - 1].is_at(candidate);
        if again && !matches!(telling, Some(Failure::NoStream(_))) {
            continue;
        }
        // One that does not answer must leave time for the others.
        let share = (deadline - Instant::now()) / u32::try_from(candidates.len() - nth).unwrap_or(u32::MAX);
        let until = Instant::now() + share.max(Duration::from_millis(1));
        let failure = match timeout_at(until, one(ways, candidate, credentials, kept)).await {
            Ok(Ok(begun)) => return Ok(begun),
            Ok(Err(failure)) => failure,
            Err(_) => late(),
        };
        if failure.is_verdict() {
            return Err(failure);
        }
        if telling.as_ref().is_none_or(|telling| failure.weight() > telling.weight()) {
            telling = Some(failure);
        }
    }
    Err(telling.unwrap_or(Failure::NoTransport))
}

async fn one(
    ways: &Ways,
    candidate: &Candidate,
    credentials: &Credentials,
    kept: &mut Option<Kept>,
) -> Result<Begun, Failure> {
    let domain = credentials.account.domain().as_str();
    let socket = ways.dialler.connect(&candidate.host, candidate.port).await?;
    let (mut xml, offered) = match &candidate.way {
        Way::Direct => {
            let tls = Tls::new(&ways.trust, None)?.speaking(ALPN);
            let secured = tls.connect(&ascii(domain), socket).await?;
            Xml::open(Stream::Secure(Box::new(secured)), domain).await?
        }
        Way::StartTls => {
            let (xml, offered) = Xml::open(Stream::Clear(socket), domain).await?;
            secure(ways, xml, offered, domain).await?
        }
        Way::Web { secure, path } => {
            // As everywhere in the web, the certificate is the host's: who names the host vouches for it.
            let stream = if *secure {
                Stream::Secure(Box::new(Tls::new(&ways.trust, None)?.connect(&candidate.host, socket).await?))
            } else {
                Stream::Clear(socket)
            };
            let web = Web::open(stream, &candidate.authority(), path, domain).await?;
            Xml::open(Stream::Web(Box::new(web)), domain).await?
        }
    };
    let socket = xml.socket();
    if !(socket.is_secure() || (socket.is_loopback() && ways.allow_plain_text)) {
        return Err(Failure::NoTls);
    }
    let exporter = socket.exporter();
    login(&mut xml, &offered, credentials, exporter).await?;
    let (xml, offered) = xml.reopen(domain).await?;
    begin(xml, &offered, &credentials.wanted(), kept).await
}

/// TLS, if the server offers it.
async fn secure(ways: &Ways, mut xml: Xml, offered: Features, domain: &str) -> Result<(Xml, Features), Failure> {
    if !offered.starttls {
        return Ok((xml, offered));
    }
    xml.say(&Element::bare("starttls", ns::TLS)).await?;
    if !xml.hear().await?.is("proceed", ns::TLS) {
        return Err(Failure::Protocol("the server offers TLS and does not begin it"));
    }
    let Stream::Clear(socket) = xml.into_stream()? else { return Err(Failure::NoTls) };
    let secured = Tls::new(&ways.trust, None)?.connect(&ascii(domain), socket).await?;
    Xml::open(Stream::Secure(Box::new(secured)), domain).await
}

/// A number below another, at random.
fn below(bound: u32) -> u32 {
    u32::from_le_bytes(footbridge_seal::random::<4>()).checked_rem(bound).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_below_their_bound() {
        assert_eq!(below(0), 0);
        assert!((0..100).all(|_| below(3) < 3));
    }
}
