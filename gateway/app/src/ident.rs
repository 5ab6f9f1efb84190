//! What servers are told that ask who is behind a connection (RFC 1413).

use std::{net::IpAddr, sync::Arc, time::Duration};

use footbridge_doors::ident::{Asked, Name};
use footbridge_seal::Key;
use footbridge_supervisor::{Connections, Ends, Owner};

/// A server asks when it has accepted a connection, which may be before the worker has told of it.
const PATIENCE: Duration = Duration::from_secs(1);

/// Names for the owners of `connections`.
pub(crate) fn names(connections: Connections, key: Key) -> Name {
    let key = Arc::new(key);
    Arc::new(move |Asked { local, remote }| {
        let (connections, key) = (connections.clone(), Arc::clone(&key));
        Box::pin(async move { Some(name(&connections.owner(Ends { local, remote }, PATIENCE).await?, &key)) })
    })
}

/// Ten characters, which is what IRC servers show: the same for all connections of clients at one address, or in one
/// network of IPv6 that a household has, and telling nobody which address that is. An instance whose client's address is
/// unknown has a name of its own.
fn name(owner: &Owner, key: &Key) -> String {
    let address = owner.address.as_deref().and_then(|address| address.parse::<IpAddr>().ok());
    let fingerprint = match address.map(|address| address.to_canonical()) {
        Some(IpAddr::V4(v4)) => key.fingerprint(&v4.octets()),
        Some(IpAddr::V6(v6)) => key.fingerprint(&v6.octets()[..8]),
        None => key.fingerprint(&owner.key.0),
    };
    let digits = fingerprint.as_bytes()[..8].iter().fold(0_u64, |digits, byte| digits << 8 | u64::from(*byte));
    // A name must not begin with a digit.
    format!("u{:09x}", digits >> 28)
}

#[cfg(test)]
mod tests {
    use footbridge_seal::{MasterKey, Purpose};
    use footbridge_wire::InstanceKey;

    use super::*;

    fn named(address: Option<&str>, instance: u8, key: &Key) -> String {
        name(&Owner { key: InstanceKey([instance; 32]), address: address.map(Into::into) }, key)
    }

    #[test]
    fn a_name_stands_for_an_address_and_does_not_tell_it() {
        let key = MasterKey::from_bytes([7; 32]).derive(Purpose::Ident, &[]);
        let one = named(Some("203.0.113.9"), 1, &key);
        assert!(one.len() == 10 && one.starts_with('u') && one.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_eq!(one, named(Some("::ffff:203.0.113.9"), 2, &key));
        assert_ne!(one, named(Some("203.0.113.8"), 1, &key));
        assert_eq!(named(Some("2001:db8::1"), 1, &key), named(Some("2001:db8::2:1"), 1, &key));
        assert_ne!(named(Some("2001:db8::1"), 1, &key), named(Some("2001:db8:0:1::1"), 1, &key));
        assert_ne!(named(None, 1, &key), named(None, 2, &key));
        let another = MasterKey::from_bytes([8; 32]).derive(Purpose::Ident, &[]);
        assert_ne!(one, named(Some("203.0.113.9"), 1, &another));
    }
}
