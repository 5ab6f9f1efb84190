//! Authentication before registration (SASL, as IRC carries it: base64 in lines of 400 characters).
//!
//! [`Exchange`] is one attempt: it answers what the server sends in `AUTHENTICATE` lines. Whether it succeeded is said by
//! numerics, which the registration reads.

mod chunks;
mod scram;

use footbridge_seal::Secret;

use crate::credentials::Sasl;
use crate::outgoing::Outgoing;
use chunks::Incoming;
use scram::Scram;

/// One attempt to authenticate.
#[derive(Debug)]
pub struct Exchange {
    mechanism: Mechanism,
    incoming: Incoming,
    answered: bool,
}

/// What a mechanism has to say, and in which order.
#[derive(Debug)]
enum Mechanism {
    /// One message, then nothing more.
    Once(Secret<Vec<u8>>),
    /// As [`Mechanism::Once`]; a challenge after it is an error's description, to be answered with this.
    OauthBearer(Secret<Vec<u8>>),
    Scram(Box<Scram>),
}

/// Why an attempt cannot go on. To be answered with `AUTHENTICATE *`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    /// What the server sent is no base64, too much, or not what the mechanism expects.
    #[error("server's SASL message cannot be read")]
    Message,
    /// The server demands fewer rounds than are safe, or more than are sensible.
    #[error("server demands {0} rounds of SCRAM")]
    Rounds(u32),
    /// The server did not prove that it knows the password.
    #[error("server does not know the password")]
    Impostor,
}

impl Exchange {
    /// Begins an attempt for an account.
    pub fn new(sasl: &Sasl, account: &str) -> Self {
        Self::with_nonce(sasl, account, footbridge_seal::random::<18>())
    }

    fn with_nonce(sasl: &Sasl, account: &str, nonce: [u8; 18]) -> Self {
        let mechanism = match sasl {
            Sasl::Plain(secret) => Mechanism::Once(joined(&[account, "\0", account, "\0", secret.expose()])),
            Sasl::External => Mechanism::Once(joined(&[])),
            Sasl::OauthBearer(token) => {
                Mechanism::OauthBearer(joined(&["n,,\x01auth=Bearer ", token.expose(), "\x01\x01"]))
            }
            Sasl::ScramSha256(password) => Mechanism::Scram(Box::new(Scram::new(account, password, nonce))),
        };
        Self { mechanism, incoming: Incoming::default(), answered: false }
    }

    /// What opens an attempt.
    pub fn open(sasl: &Sasl) -> Outgoing {
        Outgoing::new("AUTHENTICATE").param(sasl.name()).expect("names of mechanisms are words")
    }

    /// What gives an attempt up.
    pub fn abort() -> Outgoing {
        Outgoing::new("AUTHENTICATE").param("*").expect("it is a word")
    }

    /// Answers the parameter of an `AUTHENTICATE` line, with no lines at all while more of it is to come.
    ///
    /// # Errors
    ///
    /// If there is no answer, and the attempt has to end.
    pub fn on_message(&mut self, param: &str) -> Result<Vec<Outgoing>, ExchangeError> {
        let Some(message) = self.incoming.take(param)? else { return Ok(Vec::new()) };
        let first = !std::mem::replace(&mut self.answered, true);
        match &mut self.mechanism {
            Mechanism::Once(payload) | Mechanism::OauthBearer(payload) if first => Ok(chunks::lines(payload.expose())),
            Mechanism::Once(_) => Err(ExchangeError::Message),
            // RFC 7628, 3.2.3: what follows is a description of the failure, and the answer to it a single SOH.
            Mechanism::OauthBearer(_) => Ok(chunks::lines(b"\x01")),
            Mechanism::Scram(scram) => Ok(chunks::lines(&scram.answer(&message)?)),
        }
    }

    /// Whether the server has shown what it owes; only then may its success be believed.
    ///
    /// # Errors
    ///
    /// If it has not.
    pub fn finish(&self) -> Result<(), ExchangeError> {
        match &self.mechanism {
            Mechanism::Scram(scram) if !scram.is_verified() => Err(ExchangeError::Impostor),
            _ => Ok(()),
        }
    }
}

/// Joined with all the room from the start, so that growing leaves no copy behind.
fn joined(parts: &[&str]) -> Secret<Vec<u8>> {
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.len()).sum());
    for part in parts {
        bytes.extend_from_slice(part.as_bytes());
    }
    Secret::new(bytes)
}

#[cfg(test)]
mod tests;
