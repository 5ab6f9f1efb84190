//! Whose connection it is, and how many each address has.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use http::{HeaderMap, HeaderName};

/// How the client's address is found (core.md 3.4, `credentialCheck.*`).
#[derive(Debug, Clone)]
pub enum ClientAddress {
    /// The peer of the TCP connection.
    Socket,
    /// The first entry of a header that a proxy sets; the peer where it is absent or empty.
    Proxy {
        /// The header.
        header: HeaderName,
    },
}

impl ClientAddress {
    /// The normalised address of a request.
    pub fn of(&self, peer: IpAddr, headers: &HeaderMap) -> String {
        let peer = || normalise(&peer.to_string()).to_owned();
        match self {
            Self::Socket => peer(),
            Self::Proxy { header } => headers
                .get(header)
                .and_then(|value| value.to_str().ok())
                .map(normalise)
                .filter(|address| !address.is_empty())
                .map_or_else(peer, str::to_owned),
        }
    }
}

/// Text before the first comma, trimmed, without the prefix of a mapped IPv4 address.
fn normalise(text: &str) -> &str {
    let first = text.split(',').next().unwrap_or_default().trim();
    first.strip_prefix("::ffff:").unwrap_or(first)
}

/// Connections per address. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// `None`: no limit.
    max: Option<usize>,
    counts: Arc<Mutex<HashMap<String, usize>>>,
}

/// A connection's place; given back when dropped.
#[derive(Debug)]
pub struct Slot {
    address: String,
    counts: Arc<Mutex<HashMap<String, usize>>>,
}

impl Addresses {
    /// Nobody yet; at most `max` connections per address.
    pub fn new(max: Option<usize>) -> Self {
        Self { max, counts: Arc::default() }
    }

    /// A place for one more connection of `address`, if there is one.
    pub fn enter(&self, address: &str) -> Option<Slot> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.get(address).copied().unwrap_or_default();
        if self.max.is_some_and(|max| count >= max) {
            return None;
        }
        counts.insert(address.to_owned(), count + 1);
        Some(Slot { address: address.to_owned(), counts: Arc::clone(&self.counts) })
    }
}

impl Slot {
    /// Whether it is a place of `address`.
    pub fn is_of(&self, address: &str) -> bool {
        self.address == address
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7));

    #[test]
    fn the_proxy_header_decides_only_where_it_is_trusted_and_present() {
        let header = HeaderName::from_static("x-forwarded-for");
        let mut headers = HeaderMap::new();
        let proxy = ClientAddress::Proxy { header: header.clone() };
        assert_eq!(proxy.of(PEER, &headers), "192.0.2.7");
        headers.insert(header, " ::ffff:203.0.113.5 , 10.0.0.1".parse().expect("a header value"));
        assert_eq!(proxy.of(PEER, &headers), "203.0.113.5"); // core 73
        assert_eq!(ClientAddress::Socket.of(PEER, &headers), "192.0.2.7");
        headers.insert("x-forwarded-for", "".parse().expect("a header value"));
        assert_eq!(proxy.of(PEER, &headers), "192.0.2.7");
    }

    #[test]
    fn mapped_addresses_count_as_what_they_map() {
        let mapped = "::ffff:192.0.2.7".parse().expect("an address");
        assert_eq!(ClientAddress::Socket.of(mapped, &HeaderMap::new()), "192.0.2.7");
    }

    #[test]
    fn a_place_is_given_back_when_its_connection_ends() {
        // core 56, 57
        let addresses = Addresses::new(Some(2));
        let first = addresses.enter("a").expect("room");
        let _second = addresses.enter("a").expect("room");
        assert!(addresses.enter("a").is_none());
        assert!(addresses.enter("b").is_some());
        drop(first);
        assert!(addresses.enter("a").is_some());
    }

    #[test]
    fn a_refused_or_departed_address_leaves_nothing_behind() {
        let full = Addresses::new(Some(0));
        assert!(full.enter("a").is_none());
        assert!(full.counts.lock().expect("no panic").is_empty());
        let open = Addresses::new(None);
        drop(open.enter("a"));
        assert!(open.counts.lock().expect("no panic").is_empty());
    }
}
