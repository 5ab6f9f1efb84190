//! Where to connect, and as whom: the credentials activity of platforms.md 7.1, with our additions.
//!
//! | ours | what it is for |
//! |---|---|
//! | `serverPassword` | sent as `PASS`; the secret of a server or a bouncer, never that of an account |
//! | `saslMechanism`: `EXTERNAL`, `SCRAM-SHA-256` | identity by client certificate; a password that the server never sees |
//! | `clientCertificate`, `clientKey` | PEM, shown in the TLS handshake |
//! | `alternativeNicks` | taken in turn if `nick` is refused; without them, a refused nick is an error |
//! | `nickServ` | where the server has no SASL, the secret goes to NickServ after registration |
//! | `bot` | others are to know that this is a program, where the server has a mode for it |
//! | `ircv3` | whether capabilities are negotiated at all |
//! | `extensions` | which pushes beyond the contract's are wanted |
//! | `reconnect` | whether a lost connection is taken up again without being asked, whatever the operator's setting |

use std::collections::BTreeSet;

use footbridge_seal::Secret;
use serde::Deserialize;

mod spelled;

use spelled::Spelled;

/// Where to connect, and as whom. Values are as the client wrote them; what cannot be part of a line is refused by
/// [`Registration::new`](crate::registration::Registration::new), before any connection.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a member that clients write by itself")]
pub struct Credentials {
    /// The actor's id.
    pub actor: String,
    /// The nick that is wanted.
    pub nick: String,
    /// The server's name: what is looked up, verified in its certificate, and part of every id pushed.
    pub server: String,
    /// 1 to 65535.
    pub port: u16,
    /// TLS from the first byte.
    pub secure: bool,
    /// No certificate is checked.
    pub allow_invalid_cert: bool,
    /// The IRC user name, and the account's name for SASL.
    pub username: String,
    /// What others see as the real name.
    pub real_name: String,
    /// How to authenticate, if at all.
    pub sasl: Option<Sasl>,
    /// Sent as `PASS`.
    pub server_password: Option<Secret<String>>,
    /// What to tell `NickServ` where SASL is not to be had; `None` if that is not wanted.
    pub nick_serv: Option<Secret<String>>,
    /// Shown in the TLS handshake.
    pub client_certificate: Option<ClientCertificate>,
    /// Nicks to take if `nick` is refused, in this order.
    pub alternative_nicks: Vec<String>,
    /// Whether others are to know that this is a program.
    pub bot: bool,
    /// Whether capabilities are negotiated. SASL needs them in any case.
    pub ircv3: bool,
    /// Pushes beyond the contract's that are wanted.
    pub extensions: BTreeSet<Extension>,
    /// Whether a lost connection is taken up again without being asked; where nothing is said, the operator decides.
    pub reconnect: Option<bool>,
}

/// A mechanism, with the secret that it needs.
#[derive(Clone, Debug)]
pub enum Sasl {
    /// Password or token, as it is.
    Plain(Secret<String>),
    /// A bearer token (RFC 7628).
    OauthBearer(Secret<String>),
    /// The client's certificate says who it is.
    External,
    /// The server learns that the client knows the password, not the password (RFC 7677).
    ScramSha256(Secret<String>),
}

/// A client's certificate and its key, both PEM.
#[derive(Clone, Debug)]
pub struct ClientCertificate {
    /// The certificate, and any between it and its authority.
    pub certificate: String,
    /// Its private key.
    pub key: Secret<String>,
}

/// What a client may want to be told beyond the contract (platforms.md 1.7). Without any, it sees what the contract
/// allows and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Extension {
    /// The account of who acts, as a member of the actor.
    Account,
    /// Who goes away and comes back.
    Away,
    /// Who is a program, as a member of the actor.
    Bot,
    /// The connection is lost, and is there again.
    Connection,
    /// The client's own messages as the server sent them on.
    Echo,
    /// Other hosts and real names of others.
    Identity,
    /// Ids of messages, as `object.id`.
    Ids,
    /// Invitations.
    Invite,
    /// Who was removed from a channel, and by whom.
    Kick,
    /// Channel modes that are no member's role.
    Mode,
    /// Notes and warnings of the server.
    Notes,
    /// Who of the contacts asked for comes and goes.
    Presence,
    /// Reactions to messages.
    React,
    /// Up to where has been read.
    Read,
    /// Messages taken back.
    Redact,
    /// Which message one replies to.
    Reply,
    /// Who is typing.
    Typing,
}

/// Why an activity is no credentials. Never shows a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
    /// It does not have the shape of credentials.
    #[error("credentials cannot be read")]
    Shape,
    /// No port has this number.
    #[error("/object/port must be 1 to 65535")]
    Port,
    /// A mechanism was chosen, or `sasl` set, without what it needs.
    #[error("/object/saslMechanism {mechanism} needs {needs}")]
    Missing {
        /// The mechanism.
        mechanism: &'static str,
        /// What it needs, as members of `object`.
        needs: &'static str,
    },
    /// Only one of certificate and key is there.
    #[error("/object/clientCertificate and /object/clientKey belong together")]
    HalfCertificate,
    /// A certificate can only be shown within TLS.
    #[error("/object/clientCertificate needs /object/secure")]
    CertificateInClear,
}

/// The server where `server` is empty.
const DEFAULT_SERVER: &str = "irc.libera.chat";

impl Credentials {
    /// Reads a credentials activity that obeys the platform's schema, and supplies what it leaves out.
    ///
    /// # Errors
    ///
    /// If it contradicts itself in a way that the schema cannot express.
    pub fn parse(activity: &[u8]) -> Result<Self, CredentialsError> {
        let spelled: Spelled = serde_json::from_slice(activity).map_err(|_| CredentialsError::Shape)?;
        spelled.meant()
    }

    /// Whether capabilities are to be negotiated before registration.
    pub fn negotiates(&self) -> bool {
        self.ircv3 || self.sasl.is_some()
    }
}

impl Sasl {
    /// The mechanism's name on the wire.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Plain(_) => "PLAIN",
            Self::OauthBearer(_) => "OAUTHBEARER",
            Self::External => "EXTERNAL",
            Self::ScramSha256(_) => "SCRAM-SHA-256",
        }
    }
}

#[cfg(test)]
mod tests;
