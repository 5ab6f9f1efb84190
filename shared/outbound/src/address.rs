//! Which addresses belong to the public Internet (platforms.md 3.1 and its weak spots).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether `address` is one that anybody on the Internet could reach: no private, local, shared, documentation,
/// benchmark, multicast or reserved network, in whatever spelling of IPv6 it hides.
///
/// ```
/// use footbridge_outbound::address::is_public;
///
/// assert!(is_public("2606:4700:4700::1111".parse().unwrap()));
/// assert!(!is_public("::ffff:127.0.0.1".parse().unwrap()));
/// ```
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

/// Networks of IPv4 that are not public: base address and length of the prefix.
const PRIVATE_V4: [(Ipv4Addr, u32); 15] = [
    (Ipv4Addr::UNSPECIFIED, 8),           // "this network"
    (Ipv4Addr::new(10, 0, 0, 0), 8),      // private
    (Ipv4Addr::new(100, 64, 0, 0), 10),   // carrier-grade NAT
    (Ipv4Addr::new(127, 0, 0, 0), 8),     // loopback
    (Ipv4Addr::new(169, 254, 0, 0), 16),  // link-local, among it the metadata services of clouds
    (Ipv4Addr::new(172, 16, 0, 0), 12),   // private
    (Ipv4Addr::new(192, 0, 0, 0), 24),    // protocol assignments
    (Ipv4Addr::new(192, 0, 2, 0), 24),    // documentation
    (Ipv4Addr::new(192, 88, 99, 0), 24),  // relays of 6to4
    (Ipv4Addr::new(192, 168, 0, 0), 16),  // private
    (Ipv4Addr::new(198, 18, 0, 0), 15),   // benchmarks
    (Ipv4Addr::new(198, 51, 100, 0), 24), // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24),  // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 4),     // multicast
    (Ipv4Addr::new(240, 0, 0, 0), 4),     // reserved, and broadcast
];

fn is_public_v4(address: Ipv4Addr) -> bool {
    !PRIVATE_V4.iter().any(|(base, length)| (address.to_bits() ^ base.to_bits()) >> (32 - length) == 0)
}

/// Global unicast is `2000::/3` and nothing else is routed, so a list of what is allowed there is shorter, and safer, than
/// one of everything that is refused: unique local, link-local, site-local, multicast, discard-only and local-use NAT64
/// all lie outside. Addresses that carry one of IPv4 are judged by that.
fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(v4) = embedded_v4(address) {
        return is_public_v4(v4);
    }
    match address.segments() {
        [0x2001, second, ..] if second < 0x0200 => false, // protocol assignments: Teredo, benchmarks, ORCHID
        [0x2001, 0x0db8, ..] => false,                    // documentation
        [0x3fff, second, ..] if second < 0x1000 => false, // documentation
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

/// The address of IPv4 that a translated, mapped or tunnelled address stands for.
pub(crate) fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.segments() {
        // Compatible (::/96, which covers :: and ::1), mapped (::ffff:0:0/96), translated (::ffff:0:0:0/96),
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0, 0, 0, 0, 0xffff, 0, high, low]
        // NAT64 (64:ff9b::/96), 6to4 (2002::/16).
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..]
        // ISATAP, below any prefix.
        | [.., 0 | 0x200, 0x5efe, high, low] => {
            Some(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(public: bool, addresses: &[&str]) {
        for text in addresses {
            assert_eq!(is_public(text.parse().unwrap()), public, "{text}");
        }
    }

    // guard 2
    #[test]
    fn public_addresses_pass() {
        check(
            true,
            &["8.8.8.8", "1.1.1.1", "93.184.215.14", "2606:4700:4700::1111", "2a00:1450:4001::200e", "2400::1"],
        );
    }

    // guard 1, 2
    #[test]
    fn private_addresses_of_ipv4_are_refused() {
        check(
            false,
            &["0.0.0.0", "0.255.255.255", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.255"],
        );
        check(false, &["169.254.169.254", "192.168.0.1", "192.168.255.255"]);
    }

    // guard 5
    #[test]
    fn networks_end_where_they_should() {
        check(true, &["172.15.255.255", "172.32.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0"]);
        check(
            true,
            &["126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0", "192.167.255.255", "192.169.0.0"],
        );
        check(true, &["192.0.1.0", "192.0.3.0", "198.17.255.255", "198.20.0.0", "198.51.99.255", "198.51.101.0"]);
        check(true, &["203.0.112.255", "203.0.114.0", "223.255.255.255"]);
        check(false, &["172.16.0.0", "172.31.255.255"]);
    }

    // weak spots (guard)
    #[test]
    fn special_networks_of_ipv4_are_refused() {
        check(
            false,
            &["192.0.0.1", "192.0.2.1", "192.88.99.1", "198.18.0.0", "198.19.255.255", "198.51.100.7", "203.0.113.9"],
        );
        check(false, &["224.0.0.1", "239.255.255.255", "240.0.0.0", "255.255.255.255"]);
    }

    // guard 3
    #[test]
    fn ipv4_hidden_in_ipv6_is_judged_as_ipv4() {
        check(false, &["::", "::1", "::ffff:7f00:1", "0:0:0:0:0:ffff:7f00:1", "::FFFF:7F00:1", "::7f00:1"]);
        check(false, &["64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "::ffff:0:7f00:1", "::169.254.169.254"]);
        check(false, &["2002:7f00:1::", "2002:c0a8:101::1", "2002:a9fe:a9fe::1"]);
        check(false, &["2400::5efe:10.0.0.1", "2400:1:2:3:200:5efe:127.0.0.1"]);
    }

    // guard 4
    #[test]
    fn public_ipv4_hidden_in_ipv6_passes() {
        check(true, &["::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "::8.8.8.8", "2002:808:808::1"]);
    }

    // weak spots (guard)
    #[test]
    fn special_networks_of_ipv6_are_refused() {
        check(false, &["fc00::1", "fdff::1", "fe80::1", "febf::1", "fec0::1", "feff::1", "ff02::1", "100::1"]);
        check(
            false,
            &["64:ff9b:1::808:808", "2001::1", "2001:0:4136:e378::1", "2001:2::1", "2001:10::1", "2001:1ff::1"],
        );
        check(false, &["2001:db8::1", "3fff::1", "3fff:fff::1", "4000::1", "5f00::1", "1fff::1"]);
        check(true, &["2001:200::1", "2001:db7::1", "2001:db9::1", "3fff:1000::1", "3ffe::1", "2003::1"]);
    }
}
