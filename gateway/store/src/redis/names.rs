//! Names of nodes, streams and keys.

use std::fmt;

use footbridge_schemas::PlatformId;
use footbridge_seal::random;

/// The consumer group on every stream.
pub(super) const GROUP: &str = "footbridge";

/// One gateway process, from start to end.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct NodeId(u64);

impl NodeId {
    pub(super) fn random() -> Self {
        Self(u64::from_be_bytes(random()))
    }

    /// Reads the 16 hexadecimal digits that [`Display`](fmt::Display) writes.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok().filter(|text| text.len() == 16)?;
        u64::from_str_radix(text, 16).ok().map(Self)
    }

    #[cfg(test)]
    pub(super) fn numbered(n: u64) -> Self {
        Self(n)
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The id that Redis gave an entry: its time in milliseconds, and a number within it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct EntryId(u64, u64);

impl EntryId {
    /// Reads `<milliseconds>-<number>`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (time, number) = text.split_once('-')?;
        Some(Self(time.parse().ok()?, number.parse().ok()?))
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.0, self.1)
    }
}

impl fmt::Debug for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Where an entry lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The node's own stream (0), or that of a stateless platform (1 and up, in the order of the ledger's).
    pub(super) stream: usize,
    /// The entry.
    pub(super) entry: EntryId,
}

/// The keys of all queues under one prefix and one master key.
///
/// They share one hash tag: scripts and reads touch several of them, and a cluster allows that only within one slot.
/// The name of the master key is part of them: gateways with different keys cannot read each other's jobs and leave
/// them alone.
#[derive(Debug, Clone)]
pub(super) struct Names {
    base: String,
}

impl Names {
    /// `prefix`: `redis.prefix`; `key`: [`footbridge_seal::MasterKey::name`].
    pub(super) fn new(prefix: &str, key: &str) -> Self {
        Self { base: format!("{prefix}:{{queue}}:{key}") }
    }

    /// What is for one node: jobs for its instances, and news for its sessions.
    pub(super) fn node(&self, node: NodeId) -> String {
        format!("{}:node:{node}", self.base)
    }

    /// The number of the last round of a node, and its reply; the node that took over, if one did.
    pub(super) fn mark(&self, node: NodeId) -> String {
        format!("{}:mark:{node}", self.base)
    }

    /// Exists while a node lives: its lease on all that it holds.
    pub(super) fn alive(&self, node: NodeId) -> String {
        format!("{}:alive:{node}", self.base)
    }

    /// Who is taking over from a dead node.
    pub(super) fn heir(&self, node: NodeId) -> String {
        format!("{}:heir:{node}", self.base)
    }

    /// The set of all nodes that have not been buried.
    pub(super) fn nodes(&self) -> String {
        format!("{}:nodes", self.base)
    }

    /// Jobs of a stateless platform, for any node.
    pub(super) fn platform(&self, platform: &PlatformId) -> String {
        format!("{}:platform:{platform}", self.base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_reads_as_it_is_written() {
        let node = NodeId::random();
        assert_eq!(NodeId::parse(node.to_string().as_bytes()), Some(node));
        for text in [&b""[..], b"00", b"00000000000000zz", b"+0000000000000ff0"] {
            assert_eq!(NodeId::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn all_keys_of_a_queue_share_one_slot() {
        let names = Names::new("sockethub", "00ff");
        let node = NodeId::numbered(7);
        let keys = [names.node(node), names.mark(node), names.alive(node), names.heir(node), names.nodes()];
        assert_eq!(keys[0], "sockethub:{queue}:00ff:node:0000000000000007");
        assert_eq!(names.platform(&"feeds".into()), "sockethub:{queue}:00ff:platform:feeds");
        assert!(keys.iter().all(|key| key.starts_with("sockethub:{queue}:00ff:")));
    }
}
