//! What client and server agree on beyond RFC 1459 (IRCv3 capability negotiation, version 302, with `cap-notify`).
//!
//! Only capabilities named in [`WANTED`] are kept or asked for, so that a server that lists for ever takes no memory; and
//! one that never comes to the end of its list is told apart by [`LIST_LINES_MAX`].

mod sts;

pub use sts::Sts;

use std::collections::BTreeSet;

use crate::credentials::Extension;
use crate::line::Line;
use crate::outgoing::Outgoing;

/// Capabilities that are asked for where a server has them. `sasl` is asked for only with something to authenticate.
pub const WANTED: &[&str] = &[
    "account-notify",
    "account-tag",
    "away-notify",
    "batch",
    "cap-notify",
    "chghost",
    "draft/chathistory",
    "draft/message-redaction",
    "draft/multiline",
    "draft/read-marker",
    "echo-message",
    "extended-join",
    "extended-monitor",
    "invite-notify",
    "labeled-response",
    "message-tags",
    "multi-prefix",
    "server-time",
    "setname",
    "standard-replies",
    "userhost-in-names",
];

/// Those of [`WANTED`] that only make more traffic for a client which did not ask for what they tell.
const ON_DEMAND: &[(&str, Extension)] = &[("away-notify", Extension::Away), ("echo-message", Extension::Echo)];

/// Lines of a list of capabilities that are read before the server is taken for one that never ends it.
pub const LIST_LINES_MAX: usize = 64;

/// Bytes of a capability's value that are kept.
const VALUE_MAX: usize = 512;

/// Bytes of capability names in one request: what fits a line of 512 with some room.
const REQUEST_MAX: usize = 400;

/// The state of the negotiation. Starts with nothing offered and nothing agreed on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caps {
    extensions: BTreeSet<Extension>,
    offered: Vec<Offered>,
    sts: Option<Sts>,
    list_lines: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Offered {
    name: &'static str,
    value: Option<Box<str>>,
    requested: bool,
    enabled: bool,
}

/// What a `CAP` line meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CapStep {
    /// The server's list is complete.
    Listed,
    /// Lines of the list are missing still, or the line concerns nobody here.
    More,
    /// A request was granted.
    Granted,
    /// A request was refused.
    Refused {
        /// It was, or contained, the one for `sasl`.
        sasl: bool,
    },
    /// The server has new capabilities: ask with [`Caps::request`].
    New {
        /// `sasl` is among them: ask with [`Caps::request_sasl`].
        sasl: bool,
    },
    /// The server takes capabilities back, which are off now.
    Gone {
        /// `sasl` is among them.
        sasl: bool,
    },
    /// The list does not end.
    Endless,
}

impl Caps {
    /// For a client that asked for these extensions.
    pub fn new(extensions: BTreeSet<Extension>) -> Self {
        Self { extensions, ..Self::default() }
    }

    /// What opens the negotiation.
    pub fn list() -> Outgoing {
        Outgoing::new("CAP").param("LS").and_then(|line| line.param("302")).expect("both are words")
    }

    /// What ends it and lets registration go on.
    pub fn end() -> Outgoing {
        Outgoing::new("CAP").param("END").expect("it is a word")
    }

    /// Asks for [`SASL`], by itself: with others, it would be refused if one of them is.
    pub fn request_sasl() -> Outgoing {
        request(SASL)
    }

    /// Asks for everything in [`WANTED`] that is offered and was not asked for yet, in as many lines as that takes.
    pub fn request(&mut self) -> Vec<Outgoing> {
        let mut requests: Vec<String> = Vec::new();
        let asked = |name| ON_DEMAND.iter().all(|(cap, demand)| *cap != name || self.extensions.contains(demand));
        let is_new = |cap: &&mut Offered| !cap.requested && cap.name != SASL && asked(cap.name);
        for cap in self.offered.iter_mut().filter(is_new) {
            cap.requested = true;
            match requests.last_mut() {
                Some(names) if names.len() + 1 + cap.name.len() <= REQUEST_MAX => {
                    names.push(' ');
                    names.push_str(cap.name);
                }
                _ => requests.push(cap.name.to_owned()),
            }
        }
        requests.iter().map(|names| request(names)).collect()
    }

    /// Takes in a `CAP` line.
    pub fn on_line(&mut self, line: &Line<'_>) -> CapStep {
        let (names, more) = names(line);
        let mut names = names.iter().flat_map(|names| names.split(' '));
        match line.param(1).unwrap_or_default().to_ascii_uppercase().as_str() {
            "LS" => {
                names.for_each(|name| self.offer(name));
                self.list_lines += 1;
                match more {
                    true if self.list_lines >= LIST_LINES_MAX => CapStep::Endless,
                    true => CapStep::More,
                    false => CapStep::Listed,
                }
            }
            "ACK" => {
                names.for_each(|name| self.acknowledge(name));
                CapStep::Granted
            }
            "NAK" => CapStep::Refused { sasl: names.any(|name| name == SASL) },
            "NEW" => {
                let mut sasl = false;
                for name in names {
                    sasl |= name.split('=').next() == Some(SASL);
                    self.offer(name);
                }
                CapStep::New { sasl }
            }
            "DEL" => {
                let mut sasl = false;
                for name in names {
                    sasl |= name == SASL;
                    self.offered.retain(|cap| cap.name != name);
                }
                CapStep::Gone { sasl }
            }
            _ => CapStep::More,
        }
    }

    /// Whether both sides agreed on a capability.
    pub fn has(&self, name: &str) -> bool {
        self.offered.iter().any(|cap| cap.enabled && cap.name == name)
    }

    /// Whether the server offers a capability.
    pub fn offers(&self, name: &str) -> bool {
        self.offered.iter().any(|cap| cap.name == name)
    }

    /// The value that the server gave with a capability it offers, such as the mechanisms of `sasl`.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.offered.iter().find(|cap| cap.name == name)?.value.as_deref()
    }

    /// What the server demands of transport security, if anything.
    pub fn sts(&self) -> Option<Sts> {
        self.sts
    }

    fn offer(&mut self, item: &str) {
        let (name, value) = item.split_once('=').map_or((item, None), |(name, value)| (name, Some(value)));
        if name == "sts" {
            self.sts = value.and_then(Sts::parse);
        }
        let Some(name) = known(name) else { return };
        let value = value.filter(|value| value.len() <= VALUE_MAX).map(Box::from);
        match self.offered.iter_mut().find(|cap| cap.name == name) {
            Some(cap) => cap.value = value,
            None => self.offered.push(Offered { name, value, requested: false, enabled: false }),
        }
    }

    fn acknowledge(&mut self, name: &str) {
        let (name, enabled) = name.strip_prefix('-').map_or((name, true), |name| (name, false));
        if let Some(cap) = self.offered.iter_mut().find(|cap| cap.name == name) {
            cap.enabled = enabled;
        }
    }
}

/// The capability that authenticates.
pub const SASL: &str = "sasl";

/// The parameters of `CAP <nick or *> <subcommand> [*] :<names>` that hold names, and whether a line with more follows.
fn names<'a>(line: &'a Line<'_>) -> (&'a [&'a str], bool) {
    match line.params.get(2..).unwrap_or_default() {
        ["*", names @ ..] if !names.is_empty() => (names, true),
        names => (names, false),
    }
}

fn known(name: &str) -> Option<&'static str> {
    WANTED.iter().chain(&[SASL]).copied().find(|known| *known == name)
}

fn request(names: &str) -> Outgoing {
    Outgoing::new("CAP").param("REQ").and_then(|line| line.trailing(names)).expect("names are our own constants")
}

#[cfg(test)]
mod tests;
