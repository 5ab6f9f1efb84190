//! One run of a SASL mechanism, whichever it is and however its messages are carried.

use zeroize::Zeroizing;

use super::failure::Failure;
use super::fast::Proof;
use super::mechanism::Mechanism;
use super::scram::Scram;
use crate::credentials::Credentials;

/// What the server still has to show.
pub(super) enum Exchange {
    /// Nothing: it is told the password.
    Plain,
    /// That it knows the password.
    Scram(Scram),
    /// That it knows the token.
    Token(Proof),
}

impl Exchange {
    /// Begins with a password; also the first message.
    pub(super) fn begin(
        mechanism: Mechanism,
        credentials: &Credentials,
    ) -> Result<(Self, Zeroizing<Vec<u8>>), Failure> {
        let account = name(credentials)?;
        Ok(match mechanism {
            Mechanism::Plain => {
                let password = credentials.password.expose();
                (Self::Plain, Zeroizing::new(["\0", account, "\0", password].concat().into_bytes()))
            }
            Mechanism::Scram(hash, binding) => {
                let scram = Scram::new(hash, account, &credentials.password, binding);
                let first = Zeroizing::new(scram.open());
                (Self::Scram(scram), first)
            }
        })
    }

    /// The answer to a challenge.
    pub(super) fn answer(&mut self, challenge: &[u8]) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Scram(scram) => scram.answer(challenge),
            Self::Plain | Self::Token(_) => {
                Err(Failure::Protocol("the server does not authenticate as it said it would"))
            }
        }
    }

    /// Believes the server's success, or does not.
    pub(super) fn finish(&mut self, shown: &[u8]) -> Result<(), Failure> {
        match self {
            Self::Plain => Ok(()),
            Self::Scram(scram) => scram.finish(shown),
            Self::Token(proof) => proof.verify(shown),
        }
    }
}

/// The account as mechanisms name it.
pub(super) fn name(credentials: &Credentials) -> Result<&str, Failure> {
    let node = credentials.account.node().ok_or(Failure::Protocol("the account has no name"))?;
    Ok(node.as_str())
}
