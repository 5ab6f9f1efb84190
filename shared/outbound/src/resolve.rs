//! Where the addresses of a name come from.

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;

/// The answer of a resolver, on its way.
pub type Resolving = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Looks up the addresses of a host name. A test brings its own, and so plays the part of a hostile name server.
pub trait Resolve: Send + Sync + 'static {
    /// All addresses of `host`, in the order in which they should be tried. None at all and an error mean the same to
    /// the caller: the name could not be resolved.
    fn resolve(&self, host: &str) -> Resolving;
}

/// The resolver of the operating system: `/etc/hosts`, then DNS as configured there.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, host: &str) -> Resolving {
        let host = host.to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((host.as_str(), 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn localhost_is_found_without_a_name_server() {
        let found = SystemResolver.resolve("localhost").await.unwrap();
        assert!(found.iter().all(IpAddr::is_loopback), "{found:?}");
        assert!(!found.is_empty());
    }
}
