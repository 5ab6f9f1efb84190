//! Logging in on a connection that stands: where services were away when it began, or logged us out, and come back
//! (`CAP NEW :sasl`).

use super::Live;
use crate::cap::{Caps, SASL};
use crate::credentials::{Credentials, Sasl};
use crate::line::Line;
use crate::machine::kept::Kept;
use crate::registration::knows;
use crate::sasl::Exchange;

/// Whether the server knows our account, and what it takes to tell it.
#[derive(Debug)]
pub(in crate::machine) struct Login {
    sasl: Option<Sasl>,
    account: String,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// It does not know it.
    Out,
    /// The capability was asked for.
    Requesting,
    /// Between `AUTHENTICATE` and its end.
    Exchanging(Box<Exchange>),
    /// It knows it.
    In,
    /// It does not want it. Not tried again on this connection: attempts that fail are counted.
    Refused,
}

impl Login {
    pub(in crate::machine) fn new(credentials: &Credentials, authenticated: bool) -> Self {
        let stage = if authenticated { Stage::In } else { Stage::Out };
        Self { sasl: credentials.sasl.clone(), account: credentials.username.clone(), stage }
    }

    /// The server knows our account, however it came to.
    pub(super) fn set(&mut self, known: bool) {
        // What is under way ends by itself.
        if !matches!(self.stage, Stage::Exchanging(_)) {
            self.stage = if known { Stage::In } else { Stage::Out };
        }
    }
}

impl Live {
    /// The server has SASL, or has it again.
    pub(super) fn on_sasl(&mut self, kept: &mut Kept) {
        let Some(sasl) = self.login.sasl.as_ref().filter(|sasl| knows(self.caps.value(SASL), sasl)) else { return };
        if !matches!(self.login.stage, Stage::Out | Stage::Requesting) {
            return;
        }
        if self.caps.has(SASL) {
            kept.outputs.send.push(Exchange::open(sasl));
            self.login.stage = Stage::Exchanging(Box::new(Exchange::new(sasl, &self.login.account)));
        } else {
            kept.outputs.send.push(Caps::request_sasl());
            self.login.stage = Stage::Requesting;
        }
    }

    /// A request for capabilities was granted.
    pub(super) fn on_granted(&mut self, kept: &mut Kept) {
        if matches!(self.login.stage, Stage::Requesting) && self.caps.has(SASL) {
            self.on_sasl(kept);
        }
    }

    /// The server has no SASL any more, or does not let us have it.
    pub(super) fn on_no_sasl(&mut self) {
        if matches!(self.login.stage, Stage::Requesting | Stage::Exchanging(_)) {
            self.login.stage = Stage::Out;
        }
    }

    /// A line about accounts. Whether it was one.
    pub(super) fn on_login(&mut self, kept: &mut Kept, line: &Line<'_>) -> bool {
        match (line.command, &mut self.login.stage) {
            ("AUTHENTICATE", Stage::Exchanging(exchange)) => match exchange.on_message(line.text()) {
                Ok(answers) => kept.outputs.send.extend(answers),
                Err(_) => self.refuse(kept, true),
            },
            ("903", Stage::Exchanging(exchange)) => match exchange.finish() {
                Ok(()) => self.login.stage = Stage::In,
                Err(_) => self.refuse(kept, false),
            },
            ("902" | "904" | "905" | "906", Stage::Exchanging(_)) => self.refuse(kept, false),
            // Already logged in.
            ("907", Stage::Exchanging(_)) => self.login.stage = Stage::In,
            ("900", _) => self.login.set(true),
            ("901", _) => self.login.set(false),
            ("AUTHENTICATE" | "902" | "903" | "904" | "905" | "906" | "907" | "908", _) => {}
            _ => return false,
        }
        true
    }

    fn refuse(&mut self, kept: &mut Kept, abort: bool) {
        if abort {
            kept.outputs.send.push(Exchange::abort());
        }
        kept.outputs.log.push("the server refuses to log the user in again".to_owned());
        self.login.stage = Stage::Refused;
    }
}
