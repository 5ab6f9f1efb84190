//! News that a hub brings (W3C `WebSub`): what is agreed with it, and who may bring something under that agreement.
//!
//! The hub is named by the feed, which anybody may have written. It is told a callback that nobody else knows and a secret to
//! sign with, and believed only what it has signed.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha384, Sha512};
use std::fmt::Write as _;
use url::form_urlencoded;

/// For how long a hub is asked to bring news, in seconds: ten days.
pub(crate) const LEASE_SECONDS: u64 = 864_000;
/// The shortest and the longest lease that is believed, in seconds.
const GRANTED: [u64; 2] = [60, 30 * 86_400];
/// A hub that did not confirm, or refused, is asked again after this time, in milliseconds.
const RETRY: u64 = 86_400_000;
/// A lease that is to be renewed is asked for again after this time, in milliseconds.
const INSIST: u64 = 3_600_000;
/// Longest challenge that is repeated, in bytes.
const MAX_CHALLENGE: usize = 4096;

/// What was agreed with a hub, or will be. Times are in milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lease {
    pub(crate) hub: String,
    /// How the hub knows the feed.
    pub(crate) topic: String,
    /// Last part of the callback, which only the hub knows.
    pub(crate) capability: [u8; 16],
    /// What the hub signs with.
    pub(crate) secret: [u8; 32],
    /// When the hub was asked last.
    pub(crate) asked: u64,
    /// Until when it brings news; 0: it has not confirmed.
    pub(crate) until: u64,
    /// When it is to be asked again.
    pub(crate) renew: u64,
    /// It left something out that was found otherwise.
    pub(crate) is_deaf: bool,
}

impl Lease {
    /// A lease to ask for now.
    pub(crate) fn new(hub: String, topic: String, random: [u8; 48], now: u64) -> Self {
        let (mut capability, mut secret) = ([0; 16], [0; 32]);
        capability.copy_from_slice(&random[..16]);
        secret.copy_from_slice(&random[16..]);
        Self { hub, topic, capability, secret, asked: now, until: 0, renew: now + RETRY, is_deaf: false }
    }

    /// Whether the hub tells what is new, as far as anybody knows.
    pub(crate) fn is_kept(&self, now: u64) -> bool {
        self.until > now && !self.is_deaf
    }

    /// When the hub is to be asked again.
    pub(crate) fn again(&self, now: u64) -> u64 {
        self.renew.max(self.asked + if self.until > now { INSIST } else { RETRY })
    }

    /// Whether it is to be asked now.
    pub(crate) fn is_due(&self, now: u64) -> bool {
        now >= self.again(now)
    }

    /// The hub confirms for that time.
    pub(crate) fn grant(&mut self, seconds: Option<u64>, now: u64) {
        let [least, most] = GRANTED;
        let lasts = seconds.unwrap_or(LEASE_SECONDS).clamp(least, most) * 1000;
        self.until = now + lasts;
        self.renew = now + lasts / 10 * 9;
    }

    /// The hub will not.
    pub(crate) fn refuse(&mut self, now: u64) {
        self.until = 0;
        self.renew = now + RETRY;
    }

    /// The secret as the hub is told it, and as it signs with.
    pub(crate) fn secret(&self) -> String {
        hex(&self.secret)
    }

    /// Whether the hub has signed `body`, by its `X-Hub-Signature` header.
    pub(crate) fn has_signed(&self, header: &str, body: &[u8]) -> bool {
        let Some((method, signature)) = header.trim().split_once('=') else { return false };
        let Some(signature) = unhex(signature) else { return false };
        let secret = self.secret();
        match method.to_ascii_lowercase().as_str() {
            "sha1" => is_signed::<Hmac<sha1::Sha1>>(&secret, &signature, body),
            "sha256" => is_signed::<Hmac<Sha256>>(&secret, &signature, body),
            "sha384" => is_signed::<Hmac<Sha384>>(&secret, &signature, body),
            "sha512" => is_signed::<Hmac<Sha512>>(&secret, &signature, body),
            _ => false,
        }
    }
}

/// Takes as long for a wrong signature as for a right one.
fn is_signed<M: Mac + KeyInit>(secret: &str, signature: &[u8], body: &[u8]) -> bool {
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(secret.as_bytes()) else { return false };
    mac.update(body);
    mac.verify_slice(signature).is_ok()
}

/// What a hub wants to know before it believes that we asked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// Whether we want news of the topic; the answer is the challenge.
    Subscribe { topic: String, challenge: String, seconds: Option<u64> },
    /// Whether we want no more of them.
    Unsubscribe { topic: String, challenge: String },
    /// None: it tells that it will not bring any.
    Denied { topic: String },
}

impl Question {
    /// Reads the query of a visit.
    pub(crate) fn read(query: &str) -> Option<Self> {
        let field = |name: &str| {
            let mut fields = form_urlencoded::parse(query.as_bytes());
            fields.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        };
        let topic = field("hub.topic")?;
        let challenge = || field("hub.challenge").filter(|challenge| challenge.len() <= MAX_CHALLENGE);
        match field("hub.mode")?.as_str() {
            "subscribe" => {
                let seconds = field("hub.lease_seconds").and_then(|seconds| seconds.parse().ok());
                Some(Self::Subscribe { topic, challenge: challenge()?, seconds })
            }
            "unsubscribe" => Some(Self::Unsubscribe { topic, challenge: challenge()? }),
            "denied" => Some(Self::Denied { topic }),
            _ => None,
        }
    }
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Bytes from hexadecimal of either case.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<_> = text.trim().chars().map(|digit| digit.to_digit(16)).collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| u8::try_from(high * 16 + low).ok());
    if rest.is_empty() { bytes.collect() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_793_520_000_000;
    const DAY: u64 = 86_400_000;

    fn lease() -> Lease {
        let random = std::array::from_fn(|at| u8::try_from(at).unwrap_or_default());
        Lease::new("http://hub.example/".into(), "http://h.example/".into(), random, NOW)
    }

    #[test]
    fn a_hub_is_asked_again_before_its_lease_ends_and_not_before_a_day_after_it_did_not_answer() {
        let mut lease = lease();
        assert!(!lease.is_kept(NOW) && !lease.is_due(NOW + DAY - 1) && lease.is_due(NOW + DAY));
        lease.grant(Some(864_000), NOW);
        assert!(lease.is_kept(NOW + 10 * DAY - 1) && !lease.is_kept(NOW + 10 * DAY));
        assert!(!lease.is_due(NOW + 9 * DAY - 1) && lease.is_due(NOW + 9 * DAY));
        lease.asked = NOW + 9 * DAY;
        assert!(!lease.is_due(NOW + 9 * DAY + 1) && lease.is_due(NOW + 9 * DAY + INSIST));
        lease.refuse(NOW + 9 * DAY);
        assert!(!lease.is_kept(NOW) && !lease.is_due(NOW + 10 * DAY - 1) && lease.is_due(NOW + 10 * DAY));
        lease.grant(Some(1), NOW);
        assert_eq!(lease.until, NOW + 60_000);
        lease.grant(Some(u64::MAX), NOW);
        assert_eq!(lease.until, NOW + 30 * DAY);
        lease.grant(None, NOW);
        assert_eq!(lease.until, NOW + 10 * DAY);
    }

    #[test]
    fn only_what_was_signed_with_the_secret_is_believed() {
        let lease = lease();
        assert_eq!(lease.secret().len(), 64);
        let body = b"<rss/>";
        let sign = |secret: &str| {
            let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes()).unwrap();
            mac.update(body);
            format!("sha256={}", hex(&mac.finalize().into_bytes()))
        };
        let good = sign(&lease.secret());
        assert!(lease.has_signed(&good, body) && lease.has_signed(&good.to_uppercase(), body));
        assert!(!lease.has_signed(&good, b"<rss></rss>") && !lease.has_signed(&sign("guess"), body));
        for bad in
            ["", "sha256", "sha256=", "sha256=zz", "md5=00", &good[..good.len() - 2], &good.replace("256", "512")]
        {
            assert!(!lease.has_signed(bad, body), "{bad}");
        }
    }

    // RFC 2202 and RFC 4231, test case 2, over the same key as text.
    #[test]
    fn every_method_of_the_standard_is_understood() {
        let (key, text) = ("Jefe", b"what do ya want for nothing?");
        let sha1 = unhex("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79").unwrap();
        assert!(is_signed::<Hmac<sha1::Sha1>>(key, &sha1, text));
        let sha256 = unhex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843").unwrap();
        assert!(is_signed::<Hmac<Sha256>>(key, &sha256, text));
        let sha384 = "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649";
        assert!(is_signed::<Hmac<Sha384>>(key, &unhex(sha384).unwrap(), text));
        let sha512 = "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fd\
                      caeab1a34d4a6b4b636e070a38bce737";
        assert!(is_signed::<Hmac<Sha512>>(key, &unhex(sha512).unwrap(), text));
    }

    #[test]
    fn a_hub_asks_whether_we_mean_it() {
        let topic = "http://h.example/?a=b".to_owned();
        let query =
            "hub.mode=subscribe&hub.topic=http%3A%2F%2Fh.example%2F%3Fa%3Db&hub.challenge=x+y&hub.lease_seconds=60";
        let asked = Question::Subscribe { topic: topic.clone(), challenge: "x y".into(), seconds: Some(60) };
        assert_eq!(Question::read(query), Some(asked));
        let query = "hub.mode=unsubscribe&hub.topic=http://h.example/?a%3Db&hub.challenge=1";
        assert_eq!(Question::read(query), Some(Question::Unsubscribe { topic: topic.clone(), challenge: "1".into() }));
        let query = "hub.mode=denied&hub.topic=http://h.example/?a%3Db&hub.reason=no";
        assert_eq!(Question::read(query), Some(Question::Denied { topic }));
        let long = format!("hub.mode=subscribe&hub.topic=t&hub.challenge={}", "x".repeat(MAX_CHALLENGE + 1));
        for bad in ["", "hub.mode=subscribe", "hub.mode=subscribe&hub.topic=t", "hub.mode=x&hub.topic=t", &long] {
            assert_eq!(Question::read(bad), None, "{bad}");
        }
    }
}
