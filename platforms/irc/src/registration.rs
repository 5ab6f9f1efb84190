//! From a connection that is up to `001`: `PASS`, capabilities, SASL, nick and user (platforms.md 7.3).
//!
//! ```text
//!            without negotiation              with                       with SASL
//! new     PASS, USER, NICK            PASS, CAP LS, USER, NICK      PASS, CAP LS
//! listed                              CAP REQ …, CAP END            CAP REQ :sasl, CAP REQ …
//! granted                                                           AUTHENTICATE mechanism, USER, NICK
//! 903                                                               CAP END
//! 001     registered                  registered                    registered, if authenticated
//! ```
//!
//! Answers to requests need not be waited for: a server reads the requests before the end, so that they are there
//! before `001`.
//!
//! It sends and receives nothing itself, and has no clock: how long a server may take is its caller's business.

mod refused;

pub use refused::Refused;

use footbridge_seal::Secret;

use crate::cap::{CapStep, Caps, SASL};
use crate::credentials::{Credentials, Sasl};
use crate::line::Line;
use crate::outgoing::{Outgoing, Unsendable, text, word};
use crate::sasl::Exchange;

/// A registration under way.
#[derive(Debug)]
pub struct Registration {
    account: String,
    sasl: Option<Sasl>,
    user: Outgoing,
    nick: String,
    alternatives: std::vec::IntoIter<String>,
    secure: bool,
    identify: Option<Secret<String>>,
    caps: Caps,
    stage: Stage,
}

/// How far capabilities and SASL have come. Nick and user are in the server's hands at the same time.
#[derive(Debug)]
enum Stage {
    /// Nothing is negotiated, or it is without SASL and done.
    Plain,
    /// The server's list is to come.
    Listing,
    /// SASL was asked for.
    Requesting,
    /// Between `AUTHENTICATE` and 903.
    Authenticating(Box<Exchange>),
    /// SASL succeeded.
    Authenticated,
}

/// What became of the registration with a line. What is to be sent is in the list given along.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// It goes on.
    Continue,
    /// The server demands TLS (IRCv3 `sts`): close, and connect to this port within TLS.
    Upgrade {
        /// Never zero.
        port: u16,
    },
    /// It is done.
    Registered(Box<Registered>),
    /// It failed. Send what is to be sent, then close.
    Refused(Refused),
}

/// What a completed registration leaves behind. `005` and what follows it is the session's to read.
#[derive(Debug, PartialEq, Eq)]
pub struct Registered {
    /// The nick that the server gave, which may be an alternative, or shortened.
    pub nick: String,
    /// What was agreed on, and goes on being negotiated with `CAP NEW` and `CAP DEL`.
    pub caps: Caps,
    /// Whether SASL succeeded.
    pub authenticated: bool,
    /// To be sent next: the secret for `NickServ`.
    pub identify: Option<Outgoing>,
}

impl Registration {
    /// Checks every value (irc 9), and says what to send first.
    ///
    /// # Errors
    ///
    /// If a value cannot be part of a line. There must be no connection then.
    pub fn new(credentials: &Credentials) -> Result<(Self, Vec<Outgoing>), Unsendable> {
        let Credentials { nick, username, real_name, alternative_nicks, server_password, .. } = credentials;
        [nick, username, real_name].into_iter().chain(alternative_nicks).try_for_each(|value| text(value))?;
        alternative_nicks.iter().try_for_each(|nick| word(nick))?;
        let mut send = Vec::new();
        if let Some(password) = server_password {
            send.push(Outgoing::secret("PASS", password.expose())?);
        }
        let mut registration = Self {
            account: username.clone(),
            sasl: credentials.sasl.clone(),
            user: Outgoing::new("USER").param(username)?.param("8")?.param("*")?.trailing(real_name)?,
            nick: nick.clone(),
            alternatives: alternative_nicks.clone().into_iter(),
            secure: credentials.secure,
            identify: credentials.nick_serv.clone(),
            caps: Caps::new(credentials.extensions.clone()),
            stage: Stage::Plain,
        };
        let introduction = registration.introduction()?;
        if credentials.negotiates() {
            send.push(Caps::list());
            registration.stage = Stage::Listing;
        }
        // A server that knows no capabilities registers on these two; with SASL that would be too early.
        if registration.sasl.is_none() {
            send.extend(introduction);
        }
        Ok((registration, send))
    }

    /// Takes in a line from the server, and appends to `send` what it calls for.
    pub fn on_line(&mut self, line: &Line<'_>, send: &mut Vec<Outgoing>) -> Step {
        match self.react(line, send) {
            Ok(step) => step,
            Err(refused) => {
                if refused.quits() {
                    send.push(Outgoing::new("QUIT"));
                }
                Step::Refused(refused)
            }
        }
    }

    fn react(&mut self, line: &Line<'_>, send: &mut Vec<Outgoing>) -> Result<Step, Refused> {
        match line.command {
            "PING" => send.extend(Outgoing::new("PONG").trailing(line.param(0).unwrap_or_default())),
            "CAP" => return self.on_cap(line, send),
            "AUTHENTICATE" => self.on_authenticate(line, send)?,
            "ERROR" => return Err(Refused::Proxy { said: line.text().to_owned() }),
            "NOTICE" if line.text().ends_with("Login unsuccessful") => return Err(Refused::Password),
            "001" => return self.welcome(line),
            "464" => return Err(Refused::Password),
            "431" | "432" | "433" | "436" | "437" | "484" => self.another_nick(send)?,
            "410" | "421" if self.sasl.is_some() => self.without_sasl(send)?,
            // A server that knows no capabilities: registration goes on without them.
            "410" | "421" if line.param(1) == Some("CAP") => self.stage = Stage::Plain,
            "902" | "904" | "905" | "906" | "907" if self.sasl.is_some() => return Err(Refused::Sasl),
            "903" => self.authenticated(send)?,
            _ => {}
        }
        Ok(Step::Continue)
    }

    fn on_cap(&mut self, line: &Line<'_>, send: &mut Vec<Outgoing>) -> Result<Step, Refused> {
        let step = self.caps.on_line(line);
        match (step, &self.stage) {
            (CapStep::Endless, _) => return Err(Refused::Capabilities),
            (CapStep::Listed, Stage::Listing) => return self.listed(send),
            (CapStep::Granted, Stage::Requesting) if self.caps.has(SASL) => self.authenticate(send)?,
            (CapStep::Refused { sasl: true }, Stage::Requesting) => self.without_sasl(send)?,
            (CapStep::New { .. }, _) => send.extend(self.caps.request()),
            _ => {}
        }
        Ok(Step::Continue)
    }

    /// The server's list is complete.
    fn listed(&mut self, send: &mut Vec<Outgoing>) -> Result<Step, Refused> {
        if let Some(port) = self.caps.sts().and_then(|sts| sts.port).filter(|_| !self.secure) {
            return Ok(Step::Upgrade { port });
        }
        let requests = self.caps.request();
        match &self.sasl {
            None => {
                self.stage = Stage::Plain;
                send.extend(requests);
                send.push(Caps::end());
            }
            Some(sasl) if self.caps.offers(SASL) && knows(self.caps.value(SASL), sasl) => {
                self.stage = Stage::Requesting;
                send.push(Caps::request_sasl());
                send.extend(requests);
            }
            Some(_) => {
                send.extend(requests);
                self.without_sasl(send)?;
            }
        }
        Ok(Step::Continue)
    }

    /// There is no SASL: that is the end of it, unless `NickServ` will do.
    fn without_sasl(&mut self, send: &mut Vec<Outgoing>) -> Result<(), Refused> {
        self.identify.as_ref().ok_or(Refused::Capabilities)?;
        self.sasl = None;
        self.stage = Stage::Plain;
        send.extend(self.introduction().map_err(|_| Refused::Nicknames)?);
        // A server that knows no capabilities says so once more, which does no harm.
        send.push(Caps::end());
        Ok(())
    }

    fn authenticate(&mut self, send: &mut Vec<Outgoing>) -> Result<(), Refused> {
        let Some(sasl) = &self.sasl else { return Ok(()) };
        send.push(Exchange::open(sasl));
        self.stage = Stage::Authenticating(Box::new(Exchange::new(sasl, &self.account)));
        // Both were built once already, when every value was checked.
        send.extend(self.introduction().map_err(|_| Refused::Nicknames)?);
        Ok(())
    }

    fn on_authenticate(&mut self, line: &Line<'_>, send: &mut Vec<Outgoing>) -> Result<(), Refused> {
        let Stage::Authenticating(exchange) = &mut self.stage else { return Ok(()) };
        let answers = exchange.on_message(line.text()).map_err(|_| {
            send.push(Exchange::abort());
            Refused::Sasl
        })?;
        send.extend(answers);
        Ok(())
    }

    fn authenticated(&mut self, send: &mut Vec<Outgoing>) -> Result<(), Refused> {
        if let Stage::Authenticating(exchange) = &self.stage {
            exchange.finish().map_err(|_| Refused::Sasl)?;
            self.stage = Stage::Authenticated;
            send.push(Caps::end());
        }
        Ok(())
    }

    fn another_nick(&mut self, send: &mut Vec<Outgoing>) -> Result<(), Refused> {
        self.nick = self.alternatives.next().ok_or(Refused::Nicknames)?;
        send.push(Outgoing::new("NICK").param(&self.nick).map_err(|_| Refused::Nicknames)?);
        Ok(())
    }

    fn welcome(&mut self, line: &Line<'_>) -> Result<Step, Refused> {
        let authenticated = matches!(self.stage, Stage::Authenticated);
        if self.sasl.is_some() && !authenticated {
            return Err(Refused::Capabilities);
        }
        let nick = line.param(0).filter(|nick| word(nick).is_ok() && *nick != "*").unwrap_or(&self.nick).to_owned();
        let identify = self.identify.as_ref().filter(|_| !authenticated).and_then(|secret| self.identify(secret));
        Ok(Step::Registered(Box::new(Registered {
            nick,
            caps: std::mem::take(&mut self.caps),
            authenticated,
            identify,
        })))
    }

    /// What tells `NickServ` whose nick this is.
    fn identify(&self, secret: &Secret<String>) -> Option<Outgoing> {
        let command = zeroize::Zeroizing::new(format!("IDENTIFY {} {}", self.account, secret.expose()));
        Outgoing::new("PRIVMSG").hidden().param("NickServ").and_then(|line| line.trailing(&command)).ok()
    }

    fn introduction(&self) -> Result<[Outgoing; 2], Unsendable> {
        Ok([self.user.clone(), Outgoing::new("NICK").param(&self.nick)?])
    }
}

/// Whether a server that lists its mechanisms, as the capability's value, has this one. One that lists none may.
pub(crate) fn knows(mechanisms: Option<&str>, sasl: &Sasl) -> bool {
    let mechanisms = mechanisms.filter(|value| !value.is_empty());
    mechanisms.is_none_or(|value| value.split(',').any(|name| name.eq_ignore_ascii_case(sasl.name())))
}

#[cfg(test)]
mod tests;
