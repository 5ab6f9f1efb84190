//! Which of the gateway's own addresses a connection is made from.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::net::{TcpSocket, TcpStream};

/// Addresses of ours, at most one of each family. Where there is none, the operating system chooses. Cheap to copy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Local {
    v4: Option<Ipv4Addr>,
    v6: Option<Ipv6Addr>,
}

impl Local {
    /// One of `addresses` for each family, always the same for the same `whom`: those who share a gateway are not all
    /// met by what is done about one of them.
    pub fn one_of(addresses: &[IpAddr], whom: &str) -> Self {
        let of_v4 = addresses.iter().filter_map(|address| if let IpAddr::V4(v4) = address { Some(*v4) } else { None });
        let of_v6 = addresses.iter().filter_map(|address| if let IpAddr::V6(v6) = address { Some(*v6) } else { None });
        Self { v4: pick(of_v4, whom), v6: pick(of_v6, whom) }
    }

    /// A connection to `server`.
    pub(crate) async fn connect(self, server: SocketAddr) -> io::Result<TcpStream> {
        let (socket, from) = match (server, self) {
            (SocketAddr::V4(_), Self { v4: Some(from), .. }) => (TcpSocket::new_v4()?, IpAddr::V4(from)),
            (SocketAddr::V6(_), Self { v6: Some(from), .. }) => (TcpSocket::new_v6()?, IpAddr::V6(from)),
            _ => return TcpStream::connect(server).await,
        };
        socket.bind(SocketAddr::new(from, 0))?;
        socket.connect(server).await
    }
}

/// One of them, by the FNV-1a hash of `whom`.
fn pick<T>(mut addresses: impl Iterator<Item = T> + Clone, whom: &str) -> Option<T> {
    let hash = whom
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let count = u64::try_from(addresses.clone().count()).ok().filter(|count| *count > 0)?;
    // The upper half: the lower bits of such a hash hardly differ for texts that hardly differ.
    addresses.nth(usize::try_from((hash >> 32) % count).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    fn addresses(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn everybody_has_one_of_each_family_and_keeps_it() {
        let ours = addresses(&["192.0.2.1", "2001:db8::1", "192.0.2.2", "192.0.2.3"]);
        let users = (0..300).map(|number| format!("198.51.100.{number}")).collect::<Vec<_>>();
        let mut counts = [0; 3];
        for user in &users {
            let local = Local::one_of(&ours, user);
            assert_eq!(local, Local::one_of(&ours, user));
            assert_eq!(local.v6, Some("2001:db8::1".parse().unwrap()));
            counts[usize::from(local.v4.unwrap().octets()[3]) - 1] += 1;
        }
        assert!(counts.iter().all(|count| *count > 50), "{counts:?}");
        assert_eq!(Local::one_of(&[], "198.51.100.1"), Local::default());
    }

    #[tokio::test]
    async fn connections_come_from_there() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = listener.local_addr().unwrap();
        for (ours, from) in [(&["127.0.0.9"][..], "127.0.0.9"), (&["::1"], "127.0.0.1"), (&[], "127.0.0.1")] {
            let stream = Local::one_of(&addresses(ours), "kim").connect(server).await.unwrap();
            assert_eq!(stream.local_addr().unwrap().ip().to_string(), from);
        }
        // An address that is not ours, of the network for documentation (RFC 5737).
        assert!(Local::one_of(&addresses(&["192.0.2.1"]), "kim").connect(server).await.is_err());
    }
}
