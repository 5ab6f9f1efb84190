//! Tokens that stand for the password when an instance comes back (XEP-0484), shown by hashes of themselves.
//!
//! A token lives in the memory of the instance that got it and nowhere else.

use aws_lc_rs::{constant_time, hmac};
use chrono::{DateTime, Utc};
use footbridge_seal::Secret;
use xmpp_parsers::jid::BareJid;
use xmpp_parsers::minidom::Element;
use zeroize::Zeroizing;

use super::failure::Failure;
use super::mechanism::Channel;
use crate::credentials::Credentials;

pub(super) const FAST: &str = "urn:xmpp:fast:0";
/// Bytes of a token. Servers use some tens.
const LONGEST: usize = 4096;

/// How a token is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// On this TLS connection only: of no use to whoever reads it from another.
    Exporter,
    /// Wherever it is.
    Unbound,
}

/// A token.
#[derive(Debug, Clone)]
pub(super) struct Token {
    account: BareJid,
    /// What it stands for: whoever comes with another password is not let in by it.
    password: Secret<String>,
    secret: Secret<String>,
    kind: Kind,
    expires: Option<DateTime<Utc>>,
}

/// What the server has to show.
pub(super) struct Proof(hmac::Tag);

impl Kind {
    /// The best of those that are offered and possible. In clear text there is none: a token would be anybody's.
    pub(super) fn choose(offered: &[String], channel: Channel) -> Option<Self> {
        [Self::Exporter, Self::Unbound]
            .into_iter()
            .find(|kind| kind.bound(channel).is_some() && offered.iter().any(|name| name == kind.name()))
    }

    /// The name on the wire.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Exporter => "HT-SHA-256-EXPR",
            Self::Unbound => "HT-SHA-256-NONE",
        }
    }

    /// What the token is shown together with, where it can be shown.
    fn bound(self, channel: Channel) -> Option<Vec<u8>> {
        match (self, channel) {
            (_, Channel::Clear) | (Self::Exporter, Channel::Secure(None)) => None,
            (Self::Exporter, Channel::Secure(Some(exporter))) => Some(exporter.to_vec()),
            (Self::Unbound, Channel::Secure(_)) => Some(Vec::new()),
        }
    }
}

impl Token {
    /// Takes the token that the server gives, where it gives one.
    pub(super) fn given(success: &Element, kind: Kind, credentials: &Credentials) -> Option<Self> {
        let given = success.get_child("token", FAST)?;
        let secret = given.attr("token").filter(|secret| !secret.is_empty() && secret.len() <= LONGEST)?;
        let expires = given.attr("expiry").and_then(|expiry| DateTime::parse_from_rfc3339(expiry).ok());
        Some(Self {
            account: credentials.account.clone(),
            password: credentials.password.clone(),
            secret: Secret::new(secret.to_owned()),
            kind,
            expires: expires.map(|expires| expires.to_utc()),
        })
    }

    /// How it is shown.
    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether it stands for these credentials, and still does.
    pub(super) fn is_for(&self, credentials: &Credentials, now: DateTime<Utc>) -> bool {
        let (own, theirs) = (self.password.expose().as_bytes(), credentials.password.expose().as_bytes());
        self.account == credentials.account
            && constant_time::verify_slices_are_equal(own, theirs).is_ok()
            && self.expires.is_none_or(|expires| now < expires)
    }

    /// The message that shows it, and what the server has to show; `None` where it cannot be shown.
    pub(super) fn show(
        &self,
        account: &str,
        offered: &[String],
        channel: Channel,
    ) -> Option<(Proof, Zeroizing<Vec<u8>>)> {
        let bound = self.kind.bound(channel).filter(|_| offered.iter().any(|name| name == self.kind.name()))?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.secret.expose().as_bytes());
        let hashed = |who: &str| hmac::sign(&key, &[who.as_bytes(), &bound].concat());
        let message = [account.as_bytes(), b"\0", hashed("Initiator").as_ref()].concat();
        Some((Proof(hashed("Responder")), Zeroizing::new(message)))
    }
}

impl Proof {
    /// Believes that the server knows the token, or does not.
    pub(super) fn verify(&self, shown: &[u8]) -> Result<(), Failure> {
        constant_time::verify_slices_are_equal(shown, self.0.as_ref())
            .map_err(|_| Failure::Untrue("the server does not know the token"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TLS: Channel = Channel::Secure(Some([7; 32]));

    fn credentials(account: &str, password: &str) -> Credentials {
        let object = json!({"userAddress": account, "password": password, "resource": "web"});
        Credentials::parse(json!({ "object": object }).to_string().as_bytes()).unwrap()
    }

    fn token(kind: Kind, expiry: &str) -> Token {
        let success = format!("<success xmlns='urn:xmpp:sasl:2'><token xmlns='{FAST}' token='t1'{expiry}/></success>");
        Token::given(&success.parse().unwrap(), kind, &credentials("kim@x.example", "pencil")).unwrap()
    }

    fn list(names: &str) -> Vec<String> {
        names.split_whitespace().map(ToOwned::to_owned).collect()
    }

    #[test]
    fn the_bound_way_is_taken_where_it_can_be_and_none_in_clear_text() {
        let both = list("HT-SHA-256-NONE X HT-SHA-256-EXPR");
        assert_eq!(Kind::choose(&both, TLS), Some(Kind::Exporter));
        assert_eq!(Kind::choose(&both, Channel::Secure(None)), Some(Kind::Unbound));
        assert_eq!(Kind::choose(&both, Channel::Clear), None);
        assert_eq!(Kind::choose(&list("HT-SHA-512-NONE"), TLS), None);
    }

    #[test]
    fn a_token_stands_for_the_credentials_that_it_was_given_for_until_it_expires() {
        let now = DateTime::parse_from_rfc3339("2026-01-01T00:00:00Z").unwrap().to_utc();
        for (expiry, good) in [
            ("", true),
            (" expiry='2026-01-01T00:00:01Z'", true),
            (" expiry='2026-01-01T00:00:00Z'", false),
            (" expiry='soon'", true),
        ] {
            let token = token(Kind::Unbound, expiry);
            assert_eq!(token.is_for(&credentials("kim@x.example", "pencil"), now), good, "{expiry}");
            assert!(!token.is_for(&credentials("kim@x.example", "pencils"), now));
            assert!(!token.is_for(&credentials("lou@x.example", "pencil"), now));
        }
    }

    #[test]
    fn a_token_is_never_said_and_what_is_said_is_of_the_connection() {
        let unbound = token(Kind::Unbound, "");
        let (proof, message) = unbound.show("kim", &list("HT-SHA-256-NONE"), TLS).unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"t1");
        assert_eq!(*message, [b"kim\0".as_slice(), hmac::sign(&key, b"Initiator").as_ref()].concat());
        proof.verify(hmac::sign(&key, b"Responder").as_ref()).unwrap();
        for forged in [hmac::sign(&key, b"Initiator").as_ref(), b""] {
            assert_eq!(proof.verify(forged).unwrap_err().to_string(), "the server does not know the token");
        }
        let bound = token(Kind::Exporter, "");
        let (_, here) = bound.show("kim", &list("HT-SHA-256-EXPR"), TLS).unwrap();
        let (_, there) = bound.show("kim", &list("HT-SHA-256-EXPR"), Channel::Secure(Some([8; 32]))).unwrap();
        assert_ne!(here, there);
        assert!(bound.show("kim", &list("HT-SHA-256-EXPR"), Channel::Secure(None)).is_none());
        assert!(bound.show("kim", &list("HT-SHA-256-NONE"), TLS).is_none());
    }

    #[test]
    fn what_is_no_token_is_not_taken() {
        let long = format!("<token xmlns='{FAST}' token='{}'/>", "x".repeat(LONGEST + 1));
        for inner in ["", &format!("<token xmlns='{FAST}' token=''/>"), "<token xmlns='urn:frob' token='t'/>", &long] {
            let success = format!("<success xmlns='urn:xmpp:sasl:2'>{inner}</success>").parse().unwrap();
            assert!(Token::given(&success, Kind::Unbound, &credentials("kim@x.example", "p")).is_none(), "{inner}");
        }
    }
}
