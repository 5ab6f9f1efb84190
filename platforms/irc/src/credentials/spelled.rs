//! Credentials as they are written, before anything is supplied that they leave out.

use std::collections::BTreeSet;

use footbridge_seal::Secret;
use serde::Deserialize;

use super::{ClientCertificate, Credentials, CredentialsError, DEFAULT_SERVER, Extension, Sasl};

#[derive(Deserialize)]
pub(super) struct Spelled {
    actor: Actor,
    object: Object,
}

#[derive(Deserialize)]
struct Actor {
    id: String,
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    nick: String,
    server: String,
    username: Option<String>,
    password: Option<Hidden>,
    token: Option<Hidden>,
    port: Option<f64>,
    secure: Option<bool>,
    sasl: Option<bool>,
    sasl_mechanism: Option<Mechanism>,
    #[serde(default)]
    allow_invalid_cert: bool,
    server_password: Option<Hidden>,
    client_certificate: Option<String>,
    client_key: Option<Hidden>,
    #[serde(default)]
    alternative_nicks: Vec<String>,
    #[serde(default)]
    nick_serv: bool,
    #[serde(default)]
    bot: bool,
    ircv3: Option<bool>,
    #[serde(default)]
    extensions: BTreeSet<Extension>,
    reconnect: Option<bool>,
}

#[derive(Clone, Copy, Deserialize)]
enum Mechanism {
    #[serde(rename = "PLAIN")]
    Plain,
    #[serde(rename = "OAUTHBEARER")]
    OauthBearer,
    #[serde(rename = "EXTERNAL")]
    External,
    #[serde(rename = "SCRAM-SHA-256")]
    ScramSha256,
}

/// A secret from the moment it is read.
#[derive(Clone, Deserialize)]
#[serde(from = "String")]
struct Hidden(Secret<String>);

impl From<String> for Hidden {
    fn from(value: String) -> Self {
        Self(Secret::new(value))
    }
}

impl Spelled {
    pub(super) fn meant(self) -> Result<Credentials, CredentialsError> {
        let Self { actor, object } = self;
        let secure = object.secure.unwrap_or(true);
        let sasl = object.sasl()?;
        let client_certificate = object.certificate(secure)?;
        let nick_serv = if object.nick_serv { object.secret() } else { None };
        Ok(Credentials {
            port: object.port.map_or(Ok(if secure { 6697 } else { 6667 }), port)?,
            secure,
            // In the clear, and with nothing to authenticate, a server gets the plain protocol unless asked otherwise.
            ircv3: object.ircv3.unwrap_or(secure || sasl.is_some() || !object.extensions.is_empty()),
            sasl,
            nick_serv,
            client_certificate,
            username: object.username.unwrap_or_else(|| object.nick.clone()),
            real_name: actor.name.unwrap_or_else(|| object.nick.clone()),
            actor: actor.id,
            nick: object.nick,
            server: if object.server.is_empty() { DEFAULT_SERVER.to_owned() } else { object.server },
            allow_invalid_cert: object.allow_invalid_cert,
            server_password: object.server_password.map(|password| password.0),
            alternative_nicks: object.alternative_nicks,
            bot: object.bot,
            extensions: object.extensions,
            reconnect: object.reconnect,
        })
    }
}

impl Object {
    /// Password or token; the schema lets there be one of them only.
    fn secret(&self) -> Option<Secret<String>> {
        self.password.as_ref().or(self.token.as_ref()).map(|secret| secret.0.clone())
    }

    fn sasl(&self) -> Result<Option<Sasl>, CredentialsError> {
        let external = matches!(self.sasl_mechanism, Some(Mechanism::External));
        if !self.sasl.unwrap_or(external || self.secret().is_some()) {
            return Ok(None);
        }
        let missing = |mechanism, needs| CredentialsError::Missing { mechanism, needs };
        Ok(Some(match self.sasl_mechanism.unwrap_or(Mechanism::Plain) {
            Mechanism::Plain => Sasl::Plain(self.secret().ok_or(missing("PLAIN", "password or token"))?),
            Mechanism::OauthBearer => Sasl::OauthBearer(self.token.clone().ok_or(missing("OAUTHBEARER", "token"))?.0),
            Mechanism::External if self.client_certificate.is_none() => {
                return Err(missing("EXTERNAL", "clientCertificate"));
            }
            Mechanism::External => Sasl::External,
            Mechanism::ScramSha256 => {
                Sasl::ScramSha256(self.password.clone().ok_or(missing("SCRAM-SHA-256", "password"))?.0)
            }
        }))
    }

    fn certificate(&self, secure: bool) -> Result<Option<ClientCertificate>, CredentialsError> {
        match (&self.client_certificate, &self.client_key) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) if !secure => Err(CredentialsError::CertificateInClear),
            (Some(certificate), Some(key)) => {
                Ok(Some(ClientCertificate { certificate: certificate.clone(), key: key.0.clone() }))
            }
            _ => Err(CredentialsError::HalfCertificate),
        }
    }
}

/// The schema says number; a port is a whole one.
fn port(number: f64) -> Result<u16, CredentialsError> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked by the comparison behind it")]
    let port = number as u16;
    if port > 0 && (f64::from(port) - number).abs() < f64::EPSILON { Ok(port) } else { Err(CredentialsError::Port) }
}
