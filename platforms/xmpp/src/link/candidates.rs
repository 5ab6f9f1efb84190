//! Which servers are tried, in which order (platforms.md 8.1; RFC 2782, RFC 6120 3.2, XEP-0368).

use std::io;
use std::net::IpAddr;

use super::failure::Failure;
use crate::service::{Scheme, Service};

/// The usual ports.
const STARTTLS: u16 = 5222;
const DIRECT: u16 = 5223;
/// The port of the web, where direct TLS is offered to those who are let out nowhere else.
pub(super) const WEB: u16 = 443;
const CLEAR_WEB: u16 = 80;
/// Most servers that one domain may name.
const MOST: usize = 16;

/// A server to be tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    /// A name or an address; it is looked up and judged when it is dialled, whoever named it.
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) way: Way,
}

impl Candidate {
    /// `host:port`, as URLs have it.
    pub(super) fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// What a domain's host-meta names; `None` unless it is a secured WebSocket.
    pub(super) fn of_link(href: &str) -> Option<Self> {
        let service = Service::new(Some(href), None, "").ok()?;
        let Service::Explicit { host, port, scheme: Some(scheme @ Scheme::Web { secure: true, .. }), .. } = service
        else {
            return None;
        };
        explicit(&host, port, Some(&scheme)).ok()?.pop()
    }

    /// Whether it is the same port of the same host.
    pub(super) fn is_at(&self, other: &Self) -> bool {
        self.host == other.host && self.port == other.port
    }
}

/// How a server is spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
    /// TLS once the server has said that it can.
    StartTls,
    /// TLS from the first byte.
    Direct,
    /// In a WebSocket at this path, over TLS or not.
    Web { secure: bool, path: String },
}

/// A domain's word on one of its servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Srv {
    pub(super) priority: u16,
    pub(super) weight: u16,
    pub(super) port: u16,
    pub(super) target: String,
}

/// Asks domains for their servers. A test brings its own, and so plays the part of a hostile name server.
pub(super) trait Records {
    /// The records of `name`; none at all and an error are the same.
    async fn srv(&self, name: &str) -> io::Result<Vec<Srv>>;

    /// The web sockets that a domain names in its host-meta.
    async fn links(&self, _domain: &str) -> Vec<Candidate> {
        Vec::new()
    }
}

/// The servers of a service, best first. `below` draws a number below the one it is given, 0 if that is 0.
///
/// # Errors
///
/// If there are none.
pub(super) async fn candidates(
    service: &Service,
    records: &impl Records,
    mut below: impl FnMut(u32) -> u32,
) -> Result<Vec<Candidate>, Failure> {
    match service {
        Service::Explicit { host, port, scheme, .. } => explicit(host, *port, scheme.as_ref()),
        Service::Domain { domain } if is_address(domain) => Ok(usual(domain)),
        Service::Domain { domain } => {
            let name = ascii(domain);
            let (direct, starttls) = (format!("_xmpps-client._tcp.{name}."), format!("_xmpp-client._tcp.{name}."));
            let (direct, starttls) = tokio::join!(records.srv(&direct), records.srv(&starttls));
            let mut found: Vec<_> = direct.unwrap_or_default().into_iter().map(|record| (true, record)).collect();
            found.extend(starttls.unwrap_or_default().into_iter().map(|record| (false, record)));
            let said = !found.is_empty();
            found.retain(|(_, record)| !record.target.trim_end_matches('.').is_empty() && record.port > 0);
            if said && found.is_empty() {
                return Err(Failure::NoTransport);
            }
            let named = ordered(found, &mut below).into_iter().take(MOST).map(|(direct, record)| Candidate {
                host: record.target.trim_end_matches('.').to_owned(),
                port: record.port,
                way: if direct { Way::Direct } else { Way::StartTls },
            });
            Ok(named.chain(usual(domain)).collect())
        }
    }
}

fn explicit(host: &str, port: Option<u16>, scheme: Option<&Scheme>) -> Result<Vec<Candidate>, Failure> {
    let host = || host.to_owned();
    let starttls = || Candidate { host: host(), port: port.unwrap_or(STARTTLS), way: Way::StartTls };
    let direct = || Candidate { host: host(), port: port.unwrap_or(DIRECT), way: Way::Direct };
    match scheme {
        Some(Scheme::Xmpp) => Ok(vec![starttls()]),
        Some(Scheme::Xmpps) => Ok(vec![direct()]),
        Some(Scheme::Web { secure, path }) => {
            let way = Way::Web { secure: *secure, path: path.clone() };
            let usual = if *secure { WEB } else { CLEAR_WEB };
            Ok(vec![Candidate { host: host(), port: port.unwrap_or(usual), way }])
        }
        Some(Scheme::Other(_)) => Err(Failure::Scheme),
        None if matches!(port, Some(DIRECT | WEB)) => Ok(vec![direct(), starttls()]),
        None => Ok(vec![starttls(), direct()]),
    }
}

/// Where a domain's server is, if the domain does not say otherwise.
fn usual(domain: &str) -> Vec<Candidate> {
    [(DIRECT, Way::Direct), (STARTTLS, Way::StartTls)]
        .map(|(port, way)| Candidate { host: domain.to_owned(), port, way })
        .into()
}

/// RFC 2782: by priority, and of the same one at random, those of more weight more often first.
fn ordered(mut left: Vec<(bool, Srv)>, below: &mut impl FnMut(u32) -> u32) -> Vec<(bool, Srv)> {
    // Those without weight come first in each drawing, so that they have a chance at all.
    left.sort_by_key(|(_, record)| (record.priority, record.weight));
    let mut ordered = Vec::with_capacity(left.len());
    while let Some((_, Srv { priority, .. })) = left.first() {
        let peers = left.iter().take_while(|(_, record)| record.priority == *priority);
        let weight: u32 = peers.map(|(_, record)| u32::from(record.weight)).sum();
        let drawn = below(weight + 1);
        let mut sum = 0;
        let chosen = left.iter().position(|(_, record)| {
            sum += u32::from(record.weight);
            sum >= drawn
        });
        ordered.push(left.remove(chosen.unwrap_or(0)));
    }
    ordered
}

/// Whether there is nothing to look up.
pub(super) fn is_address(host: &str) -> bool {
    host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
}

/// A domain as name servers and certificates spell it.
pub(super) fn ascii(domain: &str) -> String {
    let domain = domain.trim_end_matches('.');
    if is_address(domain) {
        return domain.trim_matches(['[', ']']).to_owned();
    }
    idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Zone(Vec<(&'static str, Srv)>);

    impl Records for Zone {
        async fn srv(&self, name: &str) -> io::Result<Vec<Srv>> {
            let found: Vec<_> = self.0.iter().filter(|(at, _)| *at == name).map(|(_, srv)| srv.clone()).collect();
            if found.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(found) }
        }
    }

    const DIRECT_NAME: &str = "_xmpps-client._tcp.x.example.";
    const STARTTLS_NAME: &str = "_xmpp-client._tcp.x.example.";

    fn record(priority: u16, weight: u16, target: &str) -> Srv {
        Srv { priority, weight, port: 1000 + priority, target: target.to_owned() }
    }

    async fn found(zone: Zone, server: &str, port: Option<f64>) -> Result<Vec<String>, String> {
        let service = Service::new(Some(server), port, "x.example").unwrap();
        let found = candidates(&service, &zone, |below| below.saturating_sub(1)).await;
        let shown = |candidate: Candidate| {
            let kind = match candidate.way {
                Way::Direct => "direct".to_owned(),
                Way::StartTls => "starttls".to_owned(),
                Way::Web { secure, path } => format!("web {secure} {path}"),
            };
            format!("{kind} {}:{}", candidate.host, candidate.port)
        };
        found.map(|found| found.into_iter().map(shown).collect()).map_err(|failure| failure.to_string())
    }

    #[tokio::test]
    async fn what_is_named_is_what_is_tried() {
        for (server, port, expected) in [
            ("xmpp://h", None, &["starttls h:5222"][..]),
            ("xmpp://h:1", None, &["starttls h:1"]),
            ("xmpps://h", None, &["direct h:5223"]),
            ("ws://h:5280/ws", None, &["web false /ws h:5280"]),
            ("ws://h", None, &["web false / h:80"]),
            ("wss://h", None, &["web true / h:443"]),
            ("h", Some(5333.0), &["starttls h:5333", "direct h:5333"]),
            ("h:443", None, &["direct h:443", "starttls h:443"]),
            ("h:5223", None, &["direct h:5223", "starttls h:5223"]),
            // Addresses are looked up nowhere.
            ("127.0.0.1", None, &["direct 127.0.0.1:5223", "starttls 127.0.0.1:5222"]),
            ("[::1]", None, &["direct ::1:5223", "starttls ::1:5222"]),
            ("", None, &["direct x.example:5223", "starttls x.example:5222"]),
        ] {
            assert_eq!(found(Zone::default(), server, port).await.unwrap(), expected, "{server}");
        }
        for server in ["http://h", "gopher://h/x"] {
            let refused = found(Zone::default(), server, None).await.unwrap_err();
            assert_eq!(refused, "No compatible connection method found.");
        }
    }

    #[tokio::test]
    async fn a_domains_servers_come_by_priority_whatever_their_kind_and_the_usual_ones_last() {
        let zone = Zone(vec![
            (STARTTLS_NAME, record(5, 0, "b.example.")),
            (DIRECT_NAME, record(7, 0, "c.example.")),
            (DIRECT_NAME, record(1, 0, "a.example")),
        ]);
        assert_eq!(
            found(zone, "", None).await.unwrap(),
            [
                "direct a.example:1001",
                "starttls b.example:1005",
                "direct c.example:1007",
                "direct x.example:5223",
                "starttls x.example:5222"
            ]
        );
    }

    #[tokio::test]
    async fn a_dot_means_that_there_is_no_server() {
        let zone = || Zone(vec![(STARTTLS_NAME, record(0, 0, ".")), (DIRECT_NAME, record(0, 0, "."))]);
        assert_eq!(found(zone(), "", None).await.unwrap_err(), "No compatible transport found.");
        let mut one = zone();
        one.0[1].1.target = "a.example.".to_owned();
        assert_eq!(found(one, "", None).await.unwrap()[0], "direct a.example:1000");
    }

    #[test]
    fn more_weight_is_first_more_often() {
        let records =
            || vec![(true, record(0, 0, "none")), (false, record(0, 10, "ten")), (true, record(0, 90, "ninety"))];
        let first = |drawn: u32| ordered(records(), &mut |below| drawn.min(below - 1))[0].1.target.clone();
        let mut counts = [("none", 0), ("ten", 0), ("ninety", 0)];
        for drawn in 0..=100 {
            let target = first(drawn);
            counts.iter_mut().find(|(name, _)| *name == target).unwrap().1 += 1;
        }
        assert_eq!(counts, [("none", 1), ("ten", 10), ("ninety", 90)]);
        // Each is tried once, in any case.
        let mut all: Vec<_> = ordered(records(), &mut |_| 0).into_iter().map(|(_, srv)| srv.target).collect();
        all.sort();
        assert_eq!(all, ["ninety", "none", "ten"]);
    }

    #[test]
    fn a_domain_that_names_more_servers_than_sensible_is_cut_short() {
        let zone = Zone((0..1000).map(|n| (DIRECT_NAME, record(n, 0, "a.example."))).collect());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert_eq!(runtime.block_on(found(zone, "", None)).unwrap().len(), MOST + 2);
    }

    #[test]
    fn domains_are_spelt_as_certificates_spell_them() {
        for (domain, spelt) in [
            ("x.example", "x.example"),
            ("bücher.example.", "xn--bcher-kva.example"),
            ("[::1]", "::1"),
            ("1.2.3.4", "1.2.3.4"),
        ] {
            assert_eq!(ascii(domain), spelt);
        }
    }
}
