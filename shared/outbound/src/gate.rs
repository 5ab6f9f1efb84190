//! The resolver that the HTTP client dials through: what it answers is what is connected to, so it answers only with
//! addresses it has judged (platforms.md 3.1).

use crate::lookup::lookup;
use crate::{Policy, Resolve};
use std::net::SocketAddr;
use std::sync::Arc;

pub(crate) struct Gate {
    pub(crate) policy: Policy,
    pub(crate) resolver: Arc<dyn Resolve>,
}

impl reqwest::dns::Resolve for Gate {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        // A refusal travels inside the client's error and is picked out again there.
        let lookup = lookup(self.policy, Arc::clone(&self.resolver), name.as_str().to_owned());
        Box::pin(async move {
            // Port 0 leaves the port to the URL.
            let addresses = lookup.await?.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as reqwest::dns::Addrs)
        })
    }
}
