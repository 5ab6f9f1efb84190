//! `WEBIRC`: tells a network that trusts the gateway where its user comes from (IRCv3 webirc).
//!
//! It is the first line of a connection. What a network knows of a user stays the same for the connection and those that
//! follow it: the address of the client that the instance began for, whoever joins it later and whatever address that
//! client has by then.
//!
//! The password is the operator's. So that no user can have it sent elsewhere, a network is one host with the ports 6667
//! and 6697, or one host and port, and has to show its certificate where TLS is used.

use std::collections::BTreeMap;
use std::net::IpAddr;

use footbridge_seal::Secret;
use serde::Deserialize;

use crate::outgoing::{Outgoing, Unsendable};

/// Where a network listens that is named without a port.
const PORTS: [u16; 2] = [6667, 6697];
/// What the gateway calls itself where the operator does not say.
const GATEWAY: &str = "footbridge";

/// How a network knows the gateway.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Network {
    password: Hidden,
    /// The gateway's name there.
    gateway: Option<String>,
}

/// A secret from the moment it is read.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "String")]
struct Hidden(Secret<String>);

impl From<String> for Hidden {
    fn from(value: String) -> Self {
        Self(Secret::new(value))
    }
}

/// Why the setting cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebircError {
    /// Neither a host nor `host:port`.
    #[error("webirc: '{0}' is neither a host nor host:port")]
    Network(String),
    /// The password or the gateway's name cannot be part of the line. Quotes neither.
    #[error("webirc: password and gateway of '{0}' have to be one word each, and fit into a line")]
    Word(String),
}

/// The networks that are told, and what. Knows one client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Webirc(Vec<Introduction>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Introduction {
    /// In lower case.
    host: String,
    port: Option<u16>,
    /// `None`: the client's address is not known.
    line: Option<Outgoing>,
}

impl Webirc {
    /// Prepares what each network is told about the client at `address`. One that is unknown, or no address, is not told.
    ///
    /// # Errors
    /// If a network's name, its password or what the gateway is called there cannot be used.
    pub fn new(networks: &BTreeMap<String, Network>, address: Option<&str>) -> Result<Self, WebircError> {
        let address = address.and_then(|address| address.parse().ok()).map(|address: IpAddr| address.to_canonical());
        let introduction = |(name, network): (&String, &Network)| {
            let (host, port) = place(name).ok_or_else(|| WebircError::Network(name.clone()))?;
            // Checked whether or not there is somebody to introduce.
            let line = line(network, address.unwrap_or(IpAddr::from([0; 4])));
            let line = line.ok().filter(|line| line.fits(512)).ok_or_else(|| WebircError::Word(name.clone()))?;
            Ok(Introduction { host, port, line: address.map(|_| line) })
        };
        networks.iter().map(introduction).collect::<Result<_, _>>().map(Self)
    }

    /// What this server is told first; `None`: it is not one of those that are told, `Some(None)`: it is, but the client's
    /// address is not known. An entry for the very port comes before one for the host.
    pub fn find(&self, server: &str, port: u16) -> Option<Option<&Outgoing>> {
        let server = server.strip_suffix('.').unwrap_or(server).to_ascii_lowercase();
        let those = || self.0.iter().filter(|entry| entry.host == server);
        let anywhere = || those().find(|entry| entry.port.is_none() && PORTS.contains(&port));
        those().find(|entry| entry.port == Some(port)).or_else(anywhere).map(|entry| entry.line.as_ref())
    }
}

/// Host and port of `host`, `host:port`, `::1` or `[::1]:port`.
fn place(name: &str) -> Option<(String, Option<u16>)> {
    let name = name.to_ascii_lowercase();
    let (host, port) = match name.rsplit_once(':') {
        Some(_) if name.parse::<IpAddr>().is_ok() => (name.as_str(), None),
        Some((host, port)) => (host, Some(port.parse().ok().filter(|port| *port > 0)?)),
        None => (name.as_str(), None),
    };
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let fits = !host.is_empty() && !host.contains([' ', '/', '[', ']']);
    fits.then(|| (host.strip_suffix('.').unwrap_or(host).to_owned(), port))
}

fn line(network: &Network, address: IpAddr) -> Result<Outgoing, Unsendable> {
    let shown = match address.to_string() {
        // A parameter must not begin with a colon.
        short if short.starts_with(':') => format!("0{short}"),
        shown => shown,
    };
    Outgoing::new("WEBIRC")
        .hidden()
        .param(network.password.0.expose())
        .and_then(|line| line.param(network.gateway.as_deref().unwrap_or(GATEWAY)))
        // For a host: its address, since a name that the client chose for it would have to be looked up both ways.
        .and_then(|line| line.param(&shown))
        .and_then(|line| line.param(&shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webirc(json: &str, address: Option<&str>) -> Result<Webirc, WebircError> {
        Webirc::new(&serde_json::from_str(json).unwrap(), address)
    }

    fn said(json: &str, address: &str, server: &str, port: u16) -> Option<String> {
        webirc(json, Some(address)).unwrap().find(server, port)?.map(Outgoing::text)
    }

    #[test]
    fn a_network_is_told_where_its_user_comes_from() {
        let one = r#"{"IRC.example": {"password": "s3cret"}}"#;
        for (address, shown) in [
            ("203.0.113.9", "203.0.113.9"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
            ("::1", "0::1"),
            ("2001:db8::7", "2001:db8::7"),
        ] {
            let want = format!("WEBIRC s3cret footbridge {shown} {shown}");
            assert_eq!(said(one, address, "irc.Example.", 6697), Some(want));
        }
        let named = r#"{"irc.example": {"password": "s3cret", "gateway": "hub"}}"#;
        let line = said(named, "203.0.113.9", "irc.example", 6667);
        assert_eq!(line.as_deref(), Some("WEBIRC s3cret hub 203.0.113.9 203.0.113.9"));
    }

    #[test]
    fn the_password_goes_to_its_network_alone() {
        let two = r#"{"irc.example": {"password": "a"}, "irc.example:7000": {"password": "b"}, "[::1]:7": {"password": "c"}}"#;
        let first = |server, port| {
            let line = said(two, "203.0.113.9", server, port);
            line.and_then(|line| line.split(' ').nth(1).map(ToOwned::to_owned))
        };
        assert_eq!(first("irc.example", 6667).as_deref(), Some("a"));
        assert_eq!(first("irc.example", 7000).as_deref(), Some("b"));
        assert_eq!(first("::1", 7).as_deref(), Some("c"));
        for (server, port) in [("irc.example", 22), ("x.irc.example", 6667), ("example", 6667), ("::1", 6667)] {
            assert_eq!(first(server, port), None, "{server}:{port}");
        }
    }

    #[test]
    fn who_is_unknown_is_not_made_up() {
        for address in [None, Some("unknown"), Some("")] {
            let webirc = webirc(r#"{"irc.example": {"password": "a"}}"#, address).unwrap();
            assert_eq!(webirc.find("irc.example", 6667), Some(None));
        }
    }

    #[test]
    fn what_cannot_be_sent_is_refused_without_being_quoted() {
        let long = "x".repeat(600);
        for password in ["", "s3 cret", ":s3cret", "s3\\ncret", &long] {
            let json = format!(r#"{{"irc.example": {{"password": "{password}"}}}}"#);
            assert_eq!(webirc(&json, None), Err(WebircError::Word("irc.example".into())), "{password}");
        }
        for name in ["", "irc.example:", "irc.example:0", "irc.example:x", "a b", "http://irc.example"] {
            let json = format!(r#"{{"{name}": {{"password": "s3cret"}}}}"#);
            assert_eq!(webirc(&json, None), Err(WebircError::Network(name.into())));
        }
        let networks: BTreeMap<String, Network> = serde_json::from_str(r#"{"h": {"password": "s3cret"}}"#).unwrap();
        let webirc = Webirc::new(&networks, Some("::1")).unwrap();
        assert!(!format!("{networks:?} {webirc:?}").contains("s3cret"));
    }
}
