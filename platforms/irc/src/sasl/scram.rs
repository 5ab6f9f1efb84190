//! SCRAM-SHA-256 without channel binding (RFC 5802, RFC 7677): the server learns that the client knows the password, and
//! proves that it does, too.

use std::borrow::Cow;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use footbridge_seal::Secret;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::ExchangeError;

/// The GS2 header: no channel binding, no other identity. `biws` is its base64.
const HEADER: &str = "n,,";
const HEADER_BASE64: &str = "biws";

/// Rounds that are worth the name (RFC 7677), and those that cost a worker about a second.
const ROUNDS: std::ops::RangeInclusive<u32> = 4_096..=1_000_000;

type Hash = [u8; 32];

/// One run of the mechanism.
#[derive(Debug)]
pub(super) struct Scram {
    /// `client-first-message-bare`.
    first: String,
    nonce: String,
    password: Secret<String>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// Nothing said yet.
    First,
    /// The server's salt is to come.
    Final,
    /// The server's proof is to come, and has to be this.
    Proof(Hash),
    /// The server knows the password.
    Verified,
}

impl Scram {
    pub(super) fn new(account: &str, password: &Secret<String>, nonce: [u8; 18]) -> Self {
        let nonce = BASE64_STANDARD.encode(nonce);
        let account = account.replace('=', "=3D").replace(',', "=2C");
        let first = format!("n={account},r={nonce}");
        Self { first, nonce, password: password.clone(), stage: Stage::First }
    }

    /// Whether the server has proved that it knows the password.
    pub(super) fn is_verified(&self) -> bool {
        matches!(self.stage, Stage::Verified)
    }

    /// The next message, given the server's.
    pub(super) fn answer(&mut self, message: &[u8]) -> Result<Vec<u8>, ExchangeError> {
        match &self.stage {
            Stage::First => {
                self.stage = Stage::Final;
                Ok([HEADER, &self.first].concat().into_bytes())
            }
            Stage::Final => self.prove(message),
            Stage::Proof(expected) => {
                let message = std::str::from_utf8(message).map_err(|_| ExchangeError::Message)?;
                let proof = message.split(',').next().and_then(|field| field.strip_prefix("v="));
                let proof = proof.and_then(|proof| BASE64_STANDARD.decode(proof).ok()).unwrap_or_default();
                if !bool::from(proof.ct_eq(expected)) {
                    return Err(ExchangeError::Impostor);
                }
                self.stage = Stage::Verified;
                Ok(Vec::new())
            }
            Stage::Verified => Err(ExchangeError::Message),
        }
    }

    /// `client-final-message`, and what the server has to show afterwards.
    fn prove(&mut self, message: &[u8]) -> Result<Vec<u8>, ExchangeError> {
        let message = std::str::from_utf8(message).map_err(|_| ExchangeError::Message)?;
        let Challenge { nonce, salt, rounds } = Challenge::parse(message)?;
        if !nonce.starts_with(&self.nonce) || nonce.len() == self.nonce.len() {
            return Err(ExchangeError::Message);
        }
        if !ROUNDS.contains(&rounds) {
            return Err(ExchangeError::Rounds(rounds));
        }
        let without_proof = format!("c={HEADER_BASE64},r={nonce}");
        let transcript = format!("{},{message},{without_proof}", self.first);
        let salted = salted(&self.password, &salt, rounds);
        let client_key = Zeroizing::new(hmac(&*salted, b"Client Key"));
        let stored_key: Hash = Sha256::digest(*client_key).into();
        let signature = hmac(&stored_key, transcript.as_bytes());
        let proof: Vec<u8> = client_key.iter().zip(signature).map(|(key, signature)| key ^ signature).collect();
        self.stage = Stage::Proof(hmac(&hmac(&*salted, b"Server Key"), transcript.as_bytes()));
        Ok(format!("{without_proof},p={}", BASE64_STANDARD.encode(proof)).into_bytes())
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
    fn parse(message: &'a str) -> Result<Self, ExchangeError> {
        let mut fields = message.split(',');
        let mut field = |name| fields.next()?.strip_prefix(name);
        let parsed = field("r=").zip(field("s=")).zip(field("i="));
        let ((nonce, salt), rounds) = parsed.ok_or(ExchangeError::Message)?;
        let salt = BASE64_STANDARD.decode(salt).map_err(|_| ExchangeError::Message)?;
        let rounds = rounds.parse().map_err(|_| ExchangeError::Message)?;
        Ok(Self { nonce, salt, rounds })
    }
}

/// The password after all rounds.
fn salted(password: &Secret<String>, salt: &[u8], rounds: u32) -> Zeroizing<Hash> {
    let mut salted = Zeroizing::new(Hash::default());
    pbkdf2::pbkdf2_hmac::<Sha256>(prepared(password).as_bytes(), salt, rounds, &mut *salted);
    salted
}

/// The password as `SASLprep` has it (RFC 4013). What that knows no rule for, such as characters younger than itself, is
/// taken as it is: so it is where passwords are set.
fn prepared(password: &Secret<String>) -> Zeroizing<String> {
    let prepared = stringprep::saslprep(password.expose());
    Zeroizing::new(prepared.map_or_else(|_| password.expose().clone(), Cow::into_owned))
}

fn hmac(key: &[u8], data: &[u8]) -> Hash {
    let mut hmac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length will do");
    hmac.update(data);
    hmac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The exchange of RFC 7677, section 3, whose nonce is no base64 of 18 bytes.
    fn rfc7677() -> Scram {
        let mut scram = Scram::new("user", &Secret::new("pencil".to_owned()), [0; 18]);
        scram.nonce = "rOprNGfwEbeRWgbNEkqO".to_owned();
        scram.first = "n=user,r=rOprNGfwEbeRWgbNEkqO".to_owned();
        scram
    }

    const CHALLENGE: &str = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

    #[test]
    fn the_exchange_of_the_standard_comes_out_to_the_letter() {
        let mut scram = rfc7677();
        assert_eq!(scram.answer(b"").unwrap(), b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        let proof = scram.answer(CHALLENGE.as_bytes()).unwrap();
        assert_eq!(
            String::from_utf8(proof).unwrap(),
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
             p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        );
        assert!(!scram.is_verified());
        assert_eq!(scram.answer(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=").unwrap(), b"");
        assert!(scram.is_verified());
    }

    #[test]
    fn a_server_that_does_not_know_the_password_is_found_out() {
        for proof in ["v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5=", "v=", "e=other-error", ""] {
            let mut scram = rfc7677();
            scram.answer(b"").unwrap();
            scram.answer(CHALLENGE.as_bytes()).unwrap();
            assert_eq!(scram.answer(proof.as_bytes()), Err(ExchangeError::Impostor), "{proof}");
            assert!(!scram.is_verified());
        }
    }

    #[test]
    fn a_challenge_that_is_weak_costly_or_not_for_us_is_refused() {
        for (challenge, error) in [
            (CHALLENGE.replace("4096", "1"), ExchangeError::Rounds(1)),
            (CHALLENGE.replace("4096", "4294967295"), ExchangeError::Rounds(u32::MAX)),
            (CHALLENGE.replace("4096", "-1"), ExchangeError::Message),
            (CHALLENGE.replace("rOpr", "rOpq"), ExchangeError::Message),
            (CHALLENGE.replace("%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", ""), ExchangeError::Message),
            (CHALLENGE.replace("W22Z", "!!!!"), ExchangeError::Message),
            (format!("m=ext,{CHALLENGE}"), ExchangeError::Message),
            (String::new(), ExchangeError::Message),
        ] {
            let mut scram = rfc7677();
            scram.answer(b"").unwrap();
            assert_eq!(scram.answer(challenge.as_bytes()), Err(error), "{challenge}");
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
        let mut scram = Scram::new("k=a,i", &Secret::new("pencil".to_owned()), [0; 18]);
        assert!(scram.answer(b"").unwrap().starts_with(b"n,,n=k=3Da=2Ci,r="));
    }
}
