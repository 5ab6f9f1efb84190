//! What an operator lets connections go to: lists of hosts, networks and ports, asked besides the address policy.
//!
//! | an entry | stands for |
//! |---|---|
//! | `irc.example` | this name |
//! | `*.example` | every name below it |
//! | `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32` | these addresses, whatever name led to them |
//! | `*` | everything |
//! | any of these with `:6697` or `:6660-6697` behind it | the same, on these ports only; IPv6 in brackets: `[::1]:6697` |

use crate::address::embedded_v4;
use serde::Deserialize;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;
use thiserror::Error;

/// Two lists. A connection is made if no entry of `deny` stands for it, and one of `allow` does, unless that is empty.
/// They only ever narrow what the address policy lets through. The default lets everything through. Cheap to clone.
///
/// As a setting it is an object of these lists, `{"allow": […], "deny": […]}`, either of which may be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "Written")]
pub struct Egress {
    allow: Arc<[Rule]>,
    deny: Arc<[Rule]>,
}

/// The lists as an operator writes them.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Written {
    allow: Vec<String>,
    deny: Vec<String>,
}

/// An entry that means nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("'{0}' is no host, address or network, with or without ports")]
pub struct RuleError(String);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Rule {
    what: What,
    ports: RangeInclusive<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum What {
    Everything,
    /// In lower case, as are all names.
    Name(String),
    /// Begins with a dot.
    Below(String),
    Network(IpAddr, u32),
}

const ALL_PORTS: RangeInclusive<u16> = 0..=u16::MAX;

impl Egress {
    /// Reads both lists.
    ///
    /// # Errors
    /// [`RuleError`] names the first entry that means nothing.
    pub fn new<T: AsRef<str>>(allow: &[T], deny: &[T]) -> Result<Self, RuleError> {
        let read = |list: &[T]| list.iter().map(|entry| Rule::read(entry.as_ref())).collect::<Result<_, _>>();
        Ok(Self { allow: read(allow)?, deny: read(deny)? })
    }

    /// Whether some address of `host` could be allowed: asked before there is one.
    pub(crate) fn may_admit(&self, host: &str, port: u16) -> bool {
        let host = canonical(host);
        let hopeful = |rule: &Rule| rule.ports.contains(&port) && (rule.is_network() || rule.names(&host));
        !self.deny.iter().any(|rule| rule.ports.contains(&port) && rule.names(&host))
            && (self.allow.is_empty() || self.allow.iter().any(hopeful))
    }

    /// Whether the connection is allowed.
    pub(crate) fn admits(&self, host: &str, port: u16, address: IpAddr) -> bool {
        let host = canonical(host);
        let stands = |rule: &Rule| rule.ports.contains(&port) && (rule.names(&host) || rule.holds(address));
        !self.deny.iter().any(stands) && (self.allow.is_empty() || self.allow.iter().any(stands))
    }
}

impl TryFrom<Written> for Egress {
    type Error = RuleError;

    fn try_from(Written { allow, deny }: Written) -> Result<Self, RuleError> {
        Self::new(&allow, &deny)
    }
}

impl Rule {
    fn read(entry: &str) -> Result<Self, RuleError> {
        let meant = split(entry).and_then(|(what, ports)| {
            Some(Self { what: What::read(what)?, ports: ports.map_or(Some(ALL_PORTS), read_ports)? })
        });
        meant.ok_or_else(|| RuleError(entry.chars().take(100).collect()))
    }

    fn is_network(&self) -> bool {
        matches!(self.what, What::Network(..))
    }

    /// Whether it stands for the host by its name.
    fn names(&self, host: &str) -> bool {
        match &self.what {
            What::Everything => true,
            What::Name(name) => host == name,
            What::Below(suffix) => host.len() > suffix.len() && host.ends_with(suffix.as_str()),
            What::Network(..) => false,
        }
    }

    /// Whether it stands for the address, or for the one of IPv4 that is hidden in it.
    fn holds(&self, address: IpAddr) -> bool {
        let What::Network(base, length) = self.what else { return false };
        let hidden = if let IpAddr::V6(v6) = address { embedded_v4(v6).map(IpAddr::V4) } else { None };
        within(address, base, length) || hidden.is_some_and(|v4| within(v4, base, length))
    }
}

impl What {
    fn read(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Everything);
        }
        if let Ok(address) = text.parse() {
            return Some(Self::Network(address, width(address)));
        }
        if let Some((base, length)) = text.split_once('/') {
            let (base, length) = (base.parse().ok()?, length.parse().ok()?);
            return (length <= width(base)).then_some(Self::Network(base, length));
        }
        let text = canonical(text);
        let name = text.strip_prefix("*.").unwrap_or(&text);
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let is_name = name.split('.').all(|label| !label.is_empty() && label.bytes().all(legal));
        let is_below = text.len() > name.len();
        let name = name.to_owned();
        is_name.then(|| if is_below { Self::Below(format!(".{name}")) } else { Self::Name(name) })
    }
}

/// What an entry stands for, and its ports. A colon within an address of IPv6 begins no port.
fn split(entry: &str) -> Option<(&str, Option<&str>)> {
    if let Some(bracketed) = entry.strip_prefix('[') {
        let (what, rest) = bracketed.split_once(']')?;
        return if rest.is_empty() { Some((what, None)) } else { Some((what, Some(rest.strip_prefix(':')?))) };
    }
    match entry.split_once(':') {
        Some((what, ports)) if !ports.contains(':') => Some((what, Some(ports))),
        _ => Some((entry, None)),
    }
}

fn read_ports(text: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last).then_some(first..=last)
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn within(address: IpAddr, base: IpAddr, length: u32) -> bool {
    match (address, base) {
        // A shift by the whole width, for a prefix of no bits, leaves nothing.
        (IpAddr::V4(address), IpAddr::V4(base)) => {
            (address.to_bits() ^ base.to_bits()).checked_shr(32 - length).unwrap_or(0) == 0
        }
        (IpAddr::V6(address), IpAddr::V6(base)) => {
            (address.to_bits() ^ base.to_bits()).checked_shr(128 - length).unwrap_or(0) == 0
        }
        _ => false,
    }
}

/// A name as names are compared: in lower case, without the dot of the root.
fn canonical(host: &str) -> String {
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(allow: &[&str], deny: &[&str], host: &str, port: u16, address: &str) -> bool {
        let egress = Egress::new(allow, deny).unwrap();
        let admitted = egress.admits(host, port, address.parse().unwrap());
        assert!(!admitted || egress.may_admit(host, port), "{host}:{port} would not have been looked up");
        admitted
    }

    #[test]
    fn without_lists_everything_passes() {
        assert!(admits(&[], &[], "irc.example", 25, "10.0.0.1"));
    }

    #[test]
    fn names_are_compared_as_names() {
        let named = |host| admits(&["irc.example", "*.Chat.example"], &[], host, 6697, "8.8.8.8");
        for host in ["irc.example", "IRC.Example.", "eu.chat.example", "a.b.chat.example"] {
            assert!(named(host), "{host}");
        }
        for host in ["chat.example", "notirc.example", "x.irc.example", "evilchat.example", ".chat.example", "8.8.8.8"]
        {
            assert!(!named(host), "{host}");
        }
    }

    #[test]
    fn networks_are_compared_with_the_address_however_it_is_written() {
        let inner = |address| admits(&["192.0.2.128/25", "2001:db8::/33"], &[], "irc.example", 6697, address);
        for address in ["192.0.2.128", "192.0.2.255", "::ffff:192.0.2.200", "64:ff9b::192.0.2.200", "2001:db8:7fff::1"]
        {
            assert!(inner(address), "{address}");
        }
        for address in ["192.0.2.127", "192.0.3.128", "::ffff:192.0.2.1", "2001:db8:8000::1", "::1"] {
            assert!(!inner(address), "{address}");
        }
        assert!(admits(&["0.0.0.0/0"], &[], "irc.example", 1, "8.8.8.8"));
        assert!(!admits(&["0.0.0.0/0"], &[], "irc.example", 1, "2001:db8::1"));
    }

    #[test]
    fn what_is_denied_is_not_allowed_again() {
        let lists = |host, address| admits(&["*.example"], &["10.0.0.0/8", "bad.example"], host, 6697, address);
        assert!(lists("good.example", "8.8.8.8"));
        assert!(!lists("bad.example", "8.8.8.8") && !lists("good.example", "10.1.2.3"));
    }

    #[test]
    fn ports_narrow_an_entry() {
        for allow in ["irc.example:6660-6697", "*:6697", "192.0.2.1:6697", "192.0.2.0/24:6690-6699"] {
            assert!(admits(&[allow], &[], "irc.example", 6697, "192.0.2.1"), "{allow}");
            assert!(!admits(&[allow], &[], "irc.example", 25, "192.0.2.1"), "{allow}");
        }
        for deny in ["[::1]:25", "[::/64]:1-100", "*:25"] {
            assert!(!admits(&[], &[deny], "irc.example", 25, "::1"), "{deny}");
            assert!(admits(&[], &[deny], "irc.example", 6697, "::1"), "{deny}");
        }
    }

    #[test]
    fn what_cannot_become_allowed_is_not_looked_up() {
        let may = |allow: &[&str], deny: &[&str]| Egress::new(allow, deny).unwrap().may_admit("irc.example", 6697);
        assert!(may(&[], &["10.0.0.0/8", "*:25"]) && may(&["10.0.0.0/8"], &[]) && may(&["irc.example"], &[]));
        assert!(!may(&["other.example"], &[]) && !may(&["10.0.0.0/8:25"], &[]) && !may(&[], &["*:6000-7000"]));
    }

    #[test]
    fn entries_that_mean_nothing_are_refused() {
        for entry in
            ["", ":", "a b", "irc.example:", "irc.example:x", "*:70000", "*:9-8", "10.0.0.0/33", "10.0.0/8", "::/129"]
                .into_iter()
                .chain(["*.", "a..b", "[::1", "[::1]x", "http://irc.example", "*irc.example", "irc.example/24"])
        {
            let refused = Egress::new(&[entry], &[]).unwrap_err();
            assert_eq!(refused.to_string(), format!("'{entry}' is no host, address or network, with or without ports"));
        }
    }
}
