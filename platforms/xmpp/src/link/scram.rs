//! SCRAM with SHA-1, SHA-256 or SHA-512, bound to the TLS connection or not (RFC 5802, RFC 7677, RFC 9266): the server
//! learns that the client knows the password, and proves that it does, too.

use std::borrow::Cow;
use std::num::NonZeroU32;

use aws_lc_rs::{constant_time, digest, hmac, pbkdf2};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use footbridge_seal::Secret;
use zeroize::Zeroizing;

use super::failure::Failure;

/// Rounds that are worth the name (RFC 5802, 5.1), and those that cost a worker about a second.
const ROUNDS: std::ops::RangeInclusive<u32> = 4_096..=1_000_000;

const UNREADABLE: Failure = Failure::Untrue("the server's SASL message cannot be read");

/// A hash, and all that is made with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha256,
    Sha512,
}

/// What authentication is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binding {
    /// Nothing: it cannot be.
    None,
    /// Nothing, though it could be: the server does not offer it. If it did, somebody in between has taken that out, and
    /// the server will see it from this.
    Unoffered,
    /// The TLS connection.
    Exporter([u8; 32]),
}

/// One run of the mechanism.
pub(super) struct Scram {
    hash: Hash,
    /// `client-first-message-bare`.
    first: String,
    nonce: String,
    password: Secret<String>,
    binding: Binding,
    stage: Stage,
}

enum Stage {
    /// The server's salt is to come.
    Final,
    /// The server's proof is to come, and has to be this.
    Proof(hmac::Tag),
    /// The server knows the password.
    Verified,
}

impl Hash {
    fn hmac(self) -> hmac::Algorithm {
        match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha512 => hmac::HMAC_SHA512,
        }
    }

    fn digest(self) -> &'static digest::Algorithm {
        self.hmac().digest_algorithm()
    }

    fn stretch(self) -> pbkdf2::Algorithm {
        match self {
            Self::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
            Self::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Self::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        }
    }

    fn sign(self, key: &[u8], data: &[u8]) -> hmac::Tag {
        hmac::sign(&hmac::Key::new(self.hmac(), key), data)
    }
}

impl Binding {
    /// The GS2 header.
    fn header(self) -> &'static str {
        match self {
            Self::None => "n,,",
            Self::Unoffered => "y,,",
            Self::Exporter(_) => "p=tls-exporter,,",
        }
    }

    /// `c=` of the final message.
    fn shown(self) -> String {
        let mut bytes = self.header().as_bytes().to_vec();
        if let Self::Exporter(data) = self {
            bytes.extend(data);
        }
        BASE64_STANDARD.encode(bytes)
    }
}

impl Scram {
    pub(super) fn new(hash: Hash, account: &str, password: &Secret<String>, binding: Binding) -> Self {
        let nonce = BASE64_STANDARD.encode(footbridge_seal::random::<18>());
        let account = account.replace('=', "=3D").replace(',', "=2C");
        let first = format!("n={account},r={nonce}");
        Self { hash, first, nonce, password: password.clone(), binding, stage: Stage::Final }
    }

    /// What begins the exchange.
    pub(super) fn open(&self) -> Vec<u8> {
        [self.binding.header(), &self.first].concat().into_bytes()
    }

    /// The next message, given the server's.
    pub(super) fn answer(&mut self, message: &[u8]) -> Result<Vec<u8>, Failure> {
        match &self.stage {
            Stage::Final => self.prove(message),
            // Some servers show their proof in a challenge, and succeed without it.
            Stage::Proof(_) => self.verify(message).map(|()| Vec::new()),
            Stage::Verified => Err(UNREADABLE),
        }
    }

    /// Believes the server's success, or does not.
    pub(super) fn finish(&mut self, message: &[u8]) -> Result<(), Failure> {
        match &self.stage {
            Stage::Verified => Ok(()),
            _ => self.verify(message),
        }
    }

    fn verify(&mut self, message: &[u8]) -> Result<(), Failure> {
        let Stage::Proof(expected) = &self.stage else { return Err(UNREADABLE) };
        let message = std::str::from_utf8(message).map_err(|_| UNREADABLE)?;
        let proof = message.split(',').next().and_then(|field| field.strip_prefix("v="));
        let proof = proof.and_then(|proof| BASE64_STANDARD.decode(proof).ok()).unwrap_or_default();
        constant_time::verify_slices_are_equal(&proof, expected.as_ref())
            .map_err(|_| Failure::Untrue("the server does not know the password"))?;
        self.stage = Stage::Verified;
        Ok(())
    }

    /// `client-final-message`, and what the server has to show afterwards.
    fn prove(&mut self, message: &[u8]) -> Result<Vec<u8>, Failure> {
        let message = std::str::from_utf8(message).map_err(|_| UNREADABLE)?;
        let Challenge { nonce, salt, rounds } = Challenge::parse(message)?;
        if !nonce.starts_with(&self.nonce) || nonce.len() == self.nonce.len() {
            return Err(UNREADABLE);
        }
        let rounds = NonZeroU32::new(rounds)
            .filter(|rounds| ROUNDS.contains(&rounds.get()))
            .ok_or(Failure::Untrue("the server demands too few rounds of SCRAM, or too many"))?;
        let without_proof = format!("c={},r={nonce}", self.binding.shown());
        let transcript = format!("{},{message},{without_proof}", self.first);
        let salted = self.salted(&salt, rounds);
        let client_key = self.hash.sign(&salted, b"Client Key");
        let stored_key = digest::digest(self.hash.digest(), client_key.as_ref());
        let signature = self.hash.sign(stored_key.as_ref(), transcript.as_bytes());
        let proof: Vec<u8> = client_key.as_ref().iter().zip(signature.as_ref()).map(|(key, sign)| key ^ sign).collect();
        let server_key = self.hash.sign(&salted, b"Server Key");
        self.stage = Stage::Proof(self.hash.sign(server_key.as_ref(), transcript.as_bytes()));
        Ok(format!("{without_proof},p={}", BASE64_STANDARD.encode(proof)).into_bytes())
    }

    /// The password after all rounds.
    fn salted(&self, salt: &[u8], rounds: NonZeroU32) -> Zeroizing<Vec<u8>> {
        let mut salted = Zeroizing::new(vec![0; self.hash.digest().output_len()]);
        pbkdf2::derive(self.hash.stretch(), rounds, salt, prepared(&self.password).as_bytes(), &mut salted);
        salted
    }
}

/// `server-first-message`.
struct Challenge<'a> {
    nonce: &'a str,
    salt: Vec<u8>,
    rounds: u32,
}

impl<'a> Challenge<'a> {
    /// Fields come in this order. An extension that is mandatory would come first, and is one that is not known here.
    fn parse(message: &'a str) -> Result<Self, Failure> {
        let mut fields = message.split(',');
        let mut field = |name| fields.next()?.strip_prefix(name);
        let parsed = field("r=").zip(field("s=")).zip(field("i="));
        let ((nonce, salt), rounds) = parsed.ok_or(UNREADABLE)?;
        let salt = BASE64_STANDARD.decode(salt).map_err(|_| UNREADABLE)?;
        let rounds = rounds.parse().map_err(|_| UNREADABLE)?;
        Ok(Self { nonce, salt, rounds })
    }
}

/// The password as `SASLprep` has it (RFC 4013). What that knows no rule for, such as characters younger than itself, is
/// taken as it is: so it is where passwords are set.
fn prepared(password: &Secret<String>) -> Zeroizing<String> {
    let prepared = stringprep::saslprep(password.expose());
    Zeroizing::new(prepared.map_or_else(|_| password.expose().clone(), Cow::into_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scram(hash: Hash, nonce: &str, binding: Binding) -> Scram {
        let mut scram = Scram::new(hash, "user", &Secret::new("pencil".to_owned()), binding);
        scram.nonce = nonce.to_owned();
        scram.first = format!("n=user,r={nonce}");
        scram
    }

    /// The exchange of RFC 7677, section 3.
    fn rfc7677() -> Scram {
        scram(Hash::Sha256, "rOprNGfwEbeRWgbNEkqO", Binding::None)
    }

    const CHALLENGE: &str = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

    #[test]
    fn the_exchanges_of_the_standards_come_out_to_the_letter() {
        let mut scram = rfc7677();
        assert_eq!(scram.open(), b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        let proof = scram.answer(CHALLENGE.as_bytes()).unwrap();
        assert_eq!(
            String::from_utf8(proof).unwrap(),
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
             p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        );
        scram.finish(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=").unwrap();

        // RFC 5802, section 5.
        let mut scram = self::scram(Hash::Sha1, "fyko+d2lbbFgONRv9qkxdawL", Binding::None);
        let challenge = "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096";
        let proof = scram.answer(challenge.as_bytes()).unwrap();
        assert_eq!(
            String::from_utf8(proof).unwrap(),
            "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="
        );
        assert!(scram.answer(b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=").unwrap().is_empty());
        scram.finish(b"").unwrap();
    }

    #[test]
    fn the_binding_is_said_first_and_shown_last() {
        for (binding, header, shown) in [
            (Binding::None, "n,,", "biws"),
            (Binding::Unoffered, "y,,", "eSws"),
            (Binding::Exporter([0; 32]), "p=tls-exporter,,", "cD10bHMtZXhwb3J0ZXIsLAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ] {
            let mut scram = scram(Hash::Sha512, "abc", binding);
            assert!(scram.open().starts_with(header.as_bytes()));
            let proof = scram.answer(b"r=abcdef,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096").unwrap();
            let proof = String::from_utf8(proof).unwrap();
            assert!(proof.starts_with(&format!("c={shown}")), "{proof}");
        }
    }

    #[test]
    fn a_server_that_does_not_know_the_password_is_found_out() {
        for proof in ["v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5=", "v=", "e=other-error", ""] {
            let mut scram = rfc7677();
            assert!(scram.finish(proof.as_bytes()).is_err(), "before the exchange");
            scram.answer(CHALLENGE.as_bytes()).unwrap();
            let refused = scram.finish(proof.as_bytes()).unwrap_err().to_string();
            assert_eq!(refused, "the server does not know the password", "{proof}");
        }
    }

    #[test]
    fn a_challenge_that_is_weak_costly_or_not_for_us_is_refused() {
        let rounds = "the server demands too few rounds of SCRAM, or too many";
        let unreadable = "the server's SASL message cannot be read";
        for (challenge, text) in [
            (CHALLENGE.replace("4096", "1"), rounds),
            (CHALLENGE.replace("4096", "0"), rounds),
            (CHALLENGE.replace("4096", "4294967295"), rounds),
            (CHALLENGE.replace("4096", "-1"), unreadable),
            (CHALLENGE.replace("rOpr", "rOpq"), unreadable),
            (CHALLENGE.replace("%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", ""), unreadable),
            (CHALLENGE.replace("W22Z", "!!!!"), unreadable),
            (format!("m=ext,{CHALLENGE}"), unreadable),
            (String::new(), unreadable),
        ] {
            let refused = rfc7677().answer(challenge.as_bytes()).unwrap_err().to_string();
            assert_eq!(refused, text, "{challenge}");
        }
    }

    #[test]
    fn passwords_are_prepared_where_there_is_a_rule_and_else_left() {
        // Examples of RFC 4013: a soft hyphen is nothing, a roman numeral its letters; the crab is younger.
        for (password, expected) in
            [("I\u{ad}X", "IX"), ("\u{2168}", "IX"), ("a\u{a0}b", "a b"), ("🦀", "🦀"), ("\u{7}", "\u{7}")]
        {
            assert_eq!(*prepared(&Secret::new(password.to_owned())), expected);
        }
    }

    #[test]
    fn commas_and_equal_signs_of_a_name_are_escaped() {
        let scram = Scram::new(Hash::Sha1, "k=a,i", &Secret::new("pencil".to_owned()), Binding::None);
        assert!(scram.open().starts_with(b"n,,n=k=3Da=2Ci,r="));
    }
}
