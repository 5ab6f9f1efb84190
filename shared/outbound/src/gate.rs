//! The resolver that the HTTP client dials through: what it answers is what is connected to, so it answers only with
//! addresses it has judged (platforms.md 3.1).

use crate::lookup::{Refusal, lookup};
use crate::{Resolve, Terms};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use url::Url;

pub(crate) struct Gate {
    pub(crate) terms: Terms,
    pub(crate) resolver: Arc<dyn Resolve>,
    pub(crate) asked: Asked,
}

impl reqwest::dns::Resolve for Gate {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        // A refusal travels inside the client's error and is picked out again there.
        let host = name.as_str().to_owned();
        let ports = self.asked.ports(&host);
        let egress = self.terms.egress.clone();
        let lookup = lookup(self.terms.policy, Arc::clone(&self.resolver), host.clone());
        Box::pin(async move {
            let mut addresses = lookup.await?;
            addresses.retain(|address| ports.iter().all(|port| egress.admits(&host, *port, *address)));
            if addresses.is_empty() || ports.is_empty() {
                let port = ports.first().copied().unwrap_or_default();
                return Err(Refusal::Forbidden { host, port }.into());
            }
            // Port 0 leaves the port to the URL.
            let addresses = addresses.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as reqwest::dns::Addrs)
        })
    }
}

/// Which ports of which hosts are being asked for. The client's resolver is told names only, and an operator's lists may
/// speak of ports: so an address has to be good for every port that its host is asked for at the time. Whatever was asked
/// for and then given up is not looked up any more.
#[derive(Clone, Default)]
pub(crate) struct Asked(Arc<Mutex<HashMap<String, Vec<u16>>>>);

/// One request to a host, until this is dropped.
pub(crate) struct Asking {
    asked: Asked,
    host: String,
    port: u16,
}

impl Asked {
    pub(crate) fn ask(&self, url: &Url) -> Asking {
        let host = url.host_str().unwrap_or_default().to_owned();
        let port = url.port_or_known_default().unwrap_or_default();
        self.locked().entry(host.clone()).or_default().push(port);
        Asking { asked: self.clone(), host, port }
    }

    fn ports(&self, host: &str) -> Vec<u16> {
        self.locked().get(host).cloned().unwrap_or_default()
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<String, Vec<u16>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        let mut asked = self.asked.locked();
        let Some(ports) = asked.get_mut(&self.host) else { return };
        if let Some(at) = ports.iter().position(|port| *port == self.port) {
            ports.swap_remove(at);
        }
        if ports.is_empty() {
            asked.remove(&self.host);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_known_while_they_are_asked_for() {
        let asked = Asked::default();
        let ask = |url: &str| asked.ask(&Url::parse(url).unwrap());
        let (first, second) = (ask("http://H.example/"), ask("https://h.example:8443/"));
        let third = ask("http://h.example/b");
        assert_eq!(asked.ports("h.example"), [80, 8443, 80]);
        drop(first);
        assert_eq!(asked.ports("h.example"), [80, 8443]);
        drop((second, third));
        assert!(asked.ports("h.example").is_empty() && asked.locked().is_empty());
    }
}
