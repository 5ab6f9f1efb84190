//! Who is behind a connection of ours: for servers that ask (RFC 1413).

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use footbridge_wire::InstanceKey;
use tokio::{sync::Notify, time::timeout};

/// A connection as both ends name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ends {
    /// The gateway's address and port.
    pub local: SocketAddr,
    /// The server's.
    pub remote: SocketAddr,
}

/// Whom a connection belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Its instance.
    pub key: InstanceKey,
    /// Where the client that the instance began for came from, as far as that is known.
    pub address: Option<Arc<str>>,
}

/// The connections that stand, one of each instance at most. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Connections(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    table: Mutex<Table>,
    /// There is one more.
    opened: Notify,
}

#[derive(Debug, Default)]
struct Table {
    owners: HashMap<Ends, Owner>,
    ends: HashMap<InstanceKey, Ends>,
}

impl Ends {
    /// The same ends, however IPv4 is written.
    fn canonical(self) -> Self {
        let plain = |end: SocketAddr| SocketAddr::new(end.ip().to_canonical(), end.port());
        Self { local: plain(self.local), remote: plain(self.remote) }
    }
}

impl Connections {
    /// A connection stands. What the instance had before is no more.
    pub(crate) fn opened(&self, ends: Ends, owner: Owner) {
        let ends = ends.canonical();
        self.with(|table| {
            table.forget(&owner.key);
            table.ends.insert(owner.key, ends);
            // The system gave the port to somebody else: the other connection has ended.
            if let Some(before) = table.owners.insert(ends, owner) {
                table.ends.remove(&before.key);
            }
        });
        self.0.opened.notify_waiters();
    }

    /// The instance's process is gone, and its connection with it.
    pub(crate) fn closed(&self, key: &InstanceKey) {
        self.with(|table| table.forget(key));
    }

    /// Whose connection it is; `None`: nobody's. A server may ask about one before we have heard of it ourselves: up to
    /// `patience` is waited for that.
    pub async fn owner(&self, ends: Ends, patience: Duration) -> Option<Owner> {
        let ends = ends.canonical();
        let told = async {
            loop {
                let opened = self.0.opened.notified();
                if let Some(owner) = self.with(|table| table.owners.get(&ends).cloned()) {
                    return owner;
                }
                opened.await;
            }
        };
        timeout(patience, told).await.ok()
    }

    fn with<T>(&self, act: impl FnOnce(&mut Table) -> T) -> T {
        // Two maps, changed without anything in between that could panic.
        act(&mut self.0.table.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Table {
    fn forget(&mut self, key: &InstanceKey) {
        if let Some(ends) = self.ends.remove(key) {
            self.owners.remove(&ends);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(local: &str, remote: &str) -> Ends {
        Ends { local: local.parse().expect("an address"), remote: remote.parse().expect("an address") }
    }

    fn owner(number: u8) -> Owner {
        Owner { key: InstanceKey([number; 32]), address: Some("203.0.113.9".into()) }
    }

    async fn number(connections: &Connections, ends: Ends) -> Option<u8> {
        connections.owner(ends, Duration::ZERO).await.map(|owner| owner.key.0[0])
    }

    #[tokio::test]
    async fn a_connection_is_its_last_owners_until_that_one_has_another() {
        let connections = Connections::default();
        let (first, second) = (ends("10.0.0.1:40000", "192.0.2.1:6697"), ends("10.0.0.1:40001", "192.0.2.1:6697"));
        connections.opened(first, owner(1));
        assert_eq!((number(&connections, first).await, number(&connections, second).await), (Some(1), None));
        connections.opened(second, owner(1));
        assert_eq!((number(&connections, first).await, number(&connections, second).await), (None, Some(1)));
        connections.opened(second, owner(2));
        assert_eq!(number(&connections, second).await, Some(2));
        connections.closed(&owner(1).key);
        assert_eq!(number(&connections, second).await, Some(2));
        connections.closed(&owner(2).key);
        assert_eq!(number(&connections, second).await, None);
    }

    #[tokio::test]
    async fn who_asks_too_early_waits() {
        let connections = Connections::default();
        let one = ends("10.0.0.1:40000", "192.0.2.1:6697");
        let asked = connections.owner(one, Duration::from_mins(1));
        tokio::pin!(asked);
        assert!(futures_util::poll!(asked.as_mut()).is_pending());
        connections.opened(ends("10.0.0.1:40001", "192.0.2.1:6697"), owner(1));
        assert!(futures_util::poll!(asked.as_mut()).is_pending());
        connections.opened(one, owner(2));
        assert_eq!(asked.await, Some(owner(2)));
    }

    #[tokio::test]
    async fn spelling_does_not_matter() {
        let connections = Connections::default();
        connections.opened(ends("[::ffff:10.0.0.1]:4", "[::ffff:192.0.2.1]:6697"), owner(1));
        assert_eq!(number(&connections, ends("10.0.0.1:4", "192.0.2.1:6697")).await, Some(1));
    }
}
