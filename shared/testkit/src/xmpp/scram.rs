//! The server's part of SCRAM-SHA-1 (RFC 5802): passwords are not told to anybody, not even to servers that are made up.

use std::{io, num::NonZeroU32};

use aws_lc_rs::{digest, hmac, pbkdf2};
use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::PASSWORD;

const SALT: &[u8] = b"salt";
const ROUNDS: NonZeroU32 = NonZeroU32::new(4096).expect("it is not zero");

/// One run, with somebody whose password is [`PASSWORD`].
#[derive(Debug)]
pub struct Scram {
    /// What has been said, without what says which channel it is bound to.
    transcript: String,
}

impl Scram {
    /// Begins, as the client has begun; also what challenges it.
    ///
    /// # Errors
    /// That is no beginning.
    pub fn begin(first: &str) -> io::Result<(Self, String)> {
        let first = decoded(first)?;
        let bare = first.splitn(3, ',').nth(2).ok_or(io::ErrorKind::InvalidData)?;
        let nonce = bare.split_once("r=").ok_or(io::ErrorKind::InvalidData)?.1;
        let challenge = format!("r={nonce}server,s={},i={ROUNDS}", BASE64_STANDARD.encode(SALT));
        Ok((Self { transcript: format!("{bare},{challenge}") }, BASE64_STANDARD.encode(challenge)))
    }

    /// What shows the client that the password is known here; `None` if the client has not shown that it knows it.
    ///
    /// # Errors
    /// That is no answer to the challenge.
    pub fn finish(self, answer: &str) -> io::Result<Option<String>> {
        let answer = decoded(answer)?;
        let (without_proof, proof) = answer.rsplit_once(",p=").ok_or(io::ErrorKind::InvalidData)?;
        let transcript = format!("{},{without_proof}", self.transcript);
        let mut salted = [0; digest::SHA1_OUTPUT_LEN];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA1, ROUNDS, SALT, PASSWORD.as_bytes(), &mut salted);
        let client_key = sign(&salted, "Client Key");
        let stored_key = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, client_key.as_ref());
        let signature = sign(stored_key.as_ref(), &transcript);
        let expected: Vec<u8> =
            client_key.as_ref().iter().zip(signature.as_ref()).map(|(key, sign)| key ^ sign).collect();
        let server_key = sign(&salted, "Server Key");
        let shown = format!("v={}", BASE64_STANDARD.encode(sign(server_key.as_ref(), &transcript)));
        Ok((BASE64_STANDARD.encode(expected) == proof).then(|| BASE64_STANDARD.encode(shown)))
    }
}

fn sign(key: &[u8], data: &str) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key), data.as_bytes())
}

/// The text of an element that carries nothing but a message of SASL.
fn decoded(text: &str) -> io::Result<String> {
    let bytes = BASE64_STANDARD.decode(text.trim()).map_err(io::Error::other)?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_does_not_know_the_password_is_found_out() {
        let (scram, challenge) = Scram::begin(&BASE64_STANDARD.encode("n,,n=kim,r=abc")).unwrap();
        assert_eq!(decoded(&challenge).unwrap(), "r=abcserver,s=c2FsdA==,i=4096");
        let answer = BASE64_STANDARD.encode("c=biws,r=abcserver,p=AAAA");
        assert_eq!(scram.finish(&answer).unwrap(), None);
        assert!(Scram::begin("").is_err());
    }
}
