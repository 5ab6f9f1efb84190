//! From a service to a stream that stands: servers in turn, TLS, authentication, a resource.

use std::time::Duration;

use footbridge_outbound::Tls;
use tokio::time::{Instant, timeout_at};
use xmpp_parsers::jid::BareJid;
use xmpp_parsers::minidom::Element;
use xmpp_parsers::ns;

use super::Ways;
use super::bind::{Begun, Past, begin};
use super::candidates::{Candidate, Records, Way, ascii, candidates, is_address};
use super::failure::Failure;
use super::features::Features;
use super::login::login;
use super::mechanism::Channel;
use super::sasl2::enter;
use super::stream::Stream;
use super::web::Web;
use super::xml::Xml;
use crate::credentials::Credentials;
use crate::service::Service;

/// What direct TLS says that it wants to speak (XEP-0368).
const ALPN: &[u8] = b"xmpp-client";

/// Opens a stream for an account, within the deadline, over all its service's servers. What is left of the `past` is taken
/// up where the server can, and stays where there is no connection.
///
/// # Errors
///
/// The failure that tells most.
pub(super) async fn open(
    ways: &Ways,
    records: &impl Records,
    credentials: &Credentials,
    past: &mut Past,
) -> Result<Begun, Failure> {
    let mut attempt = Attempt { ways, credentials, past, deadline: Instant::now() + ways.deadline, telling: None };
    let found = timeout_at(attempt.deadline, candidates(&credentials.service, records, below)).await;
    let found = found.map_err(|_| attempt.late())??;
    // A domain may have web sockets, too: to be looked for last, since that takes time.
    let domain = match &credentials.service {
        Service::Domain { domain } if !is_address(domain) => Some(ascii(domain)),
        _ => None,
    };
    if let Some(begun) = attempt.all(&found, usize::from(domain.is_some())).await? {
        return Ok(begun);
    }
    if let Some(domain) = domain {
        let links = timeout_at(attempt.deadline, records.links(&domain)).await.unwrap_or_default();
        if let Some(begun) = attempt.all(&links, 0).await? {
            return Ok(begun);
        }
    }
    Err(attempt.telling.unwrap_or(Failure::NoTransport))
}

/// One attempt to open a stream.
struct Attempt<'a> {
    ways: &'a Ways,
    credentials: &'a Credentials,
    past: &'a mut Past,
    deadline: Instant,
    /// The failure that tells most so far.
    telling: Option<Failure>,
}

impl Attempt<'_> {
    fn late(&self) -> Failure {
        Failure::Late(self.ways.deadline.as_millis())
    }

    /// Tries these servers in turn, and leaves time for so many `others`.
    ///
    /// # Errors
    ///
    /// If a server's answer is the answer of all.
    async fn all(&mut self, candidates: &[Candidate], others: usize) -> Result<Option<Begun>, Failure> {
        let mut foreign = false;
        for (nth, candidate) in candidates.iter().enumerate() {
            // The same place the other way: of use where something else was spoken, and only there.
            if nth > 0 && candidates[nth - 1].is_at(candidate) && !foreign {
                continue;
            }
            // One that does not answer must leave time for the others; and where there are none, it has all of it.
            let left = candidates[nth..].chunk_by(Candidate::is_at).count() + others;
            let share =
                self.deadline.saturating_duration_since(Instant::now()) / u32::try_from(left).unwrap_or(u32::MAX);
            let until = Instant::now() + share.max(Duration::from_millis(1));
            let failure = match timeout_at(until, self.one(candidate)).await {
                Ok(Ok(begun)) => return Ok(Some(begun)),
                Ok(Err(failure)) => failure,
                Err(_) => self.late(),
            };
            if failure.is_verdict() {
                return Err(failure);
            }
            foreign = matches!(failure, Failure::NoStream(_));
            if self.telling.as_ref().is_none_or(|telling| failure.weight() > telling.weight()) {
                self.telling = Some(failure);
            }
        }
        Ok(None)
    }

    /// Where the server does not take its own token any more, the password is shown on a new connection.
    async fn one(&mut self, candidate: &Candidate) -> Result<Begun, Failure> {
        match one(self.ways, candidate, self.credentials, self.past).await {
            Err(Failure::Token) => one(self.ways, candidate, self.credentials, self.past).await,
            ended => ended,
        }
    }
}

async fn one(ways: &Ways, candidate: &Candidate, credentials: &Credentials, past: &mut Past) -> Result<Begun, Failure> {
    let account = &credentials.account;
    let domain = account.domain().as_str();
    let socket = ways.dialler.connect(&candidate.host, candidate.port).await?;
    let (mut xml, offered) = match &candidate.way {
        Way::Direct => {
            let tls = Tls::new(&ways.trust, None)?.speaking(ALPN);
            let secured = tls.connect(&ascii(domain), socket).await?;
            Xml::open(Stream::Secure(Box::new(secured)), account).await?
        }
        Way::StartTls => {
            let (xml, offered) = Xml::open(Stream::Clear(socket), account).await?;
            secure(ways, xml, offered, account).await?
        }
        Way::Web { secure, path } => {
            // As everywhere in the web, the certificate is the host's: who names the host vouches for it.
            let stream = if *secure {
                Stream::Secure(Box::new(Tls::new(&ways.trust, None)?.connect(&candidate.host, socket).await?))
            } else {
                Stream::Clear(socket)
            };
            let web = Web::open(stream, &candidate.authority(), path, domain).await?;
            Xml::open(Stream::Web(Box::new(web)), account).await?
        }
    };
    let socket = xml.socket();
    if !(socket.is_secure() || (socket.is_loopback() && ways.allow_plain_text)) {
        return Err(Failure::NoTls);
    }
    let channel = if socket.is_secure() { Channel::Secure(socket.exporter()) } else { Channel::Clear };
    if let Some(at_once) = &offered.at_once {
        return enter(xml, at_once, offered.bindings.as_deref(), credentials, channel, past).await;
    }
    login(&mut xml, &offered, credentials, channel).await?;
    let (xml, offered) = xml.reopen(account).await?;
    begin(xml, &offered, &credentials.wanted(), &mut past.kept).await
}

/// TLS, if the server offers it.
async fn secure(ways: &Ways, mut xml: Xml, offered: Features, account: &BareJid) -> Result<(Xml, Features), Failure> {
    if !offered.starttls {
        return Ok((xml, offered));
    }
    xml.say(&Element::bare("starttls", ns::TLS)).await?;
    if !xml.hear().await?.is("proceed", ns::TLS) {
        return Err(Failure::Protocol("the server offers TLS and does not begin it"));
    }
    let Stream::Clear(socket) = xml.into_stream()? else { return Err(Failure::NoTls) };
    let secured = Tls::new(&ways.trust, None)?.connect(&ascii(account.domain().as_str()), socket).await?;
    Xml::open(Stream::Secure(Box::new(secured)), account).await
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
