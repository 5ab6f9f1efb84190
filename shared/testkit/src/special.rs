//! Addresses that are nobody's on the Internet, in every spelling that leads to them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// One address or more of each network that is not public.
const V4: [[u8; 4]; 22] = [
    [0, 0, 0, 0],
    [0, 1, 2, 3],
    [10, 0, 0, 1],
    [100, 64, 0, 1],
    [100, 127, 255, 254],
    [127, 0, 0, 1],
    [127, 8, 9, 10],
    [169, 254, 169, 254],
    [172, 16, 0, 1],
    [172, 31, 255, 254],
    [192, 0, 0, 8],
    [192, 0, 2, 1],
    [192, 88, 99, 1],
    [192, 168, 1, 1],
    [198, 18, 0, 1],
    [198, 51, 100, 1],
    [203, 0, 113, 1],
    [224, 0, 0, 1],
    [239, 255, 255, 250],
    [240, 0, 0, 1],
    [255, 255, 255, 254],
    [255, 255, 255, 255],
];
const V6: [&str; 22] = [
    "::",
    "::1",
    "fe80::1",
    "febf::1",
    "fec0::1",
    "fc00::1",
    "fd12:3456::1",
    "ff02::1",
    "ff0e::1",
    "100::1",
    "64:ff9b:1::1",
    "2001::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "3fff::1",
    "5f00::1",
    "4000::1",
    "1::1",
    "8000::1",
    "2001:0:7f00:1::1",
];

/// Every special address: those of IPv4, those of IPv6, and those of IPv4 as translators, tunnels and maps hide them.
pub fn addresses() -> Vec<IpAddr> {
    let hidden = V4.iter().flat_map(|octets| hidden(Ipv4Addr::from(*octets))).map(IpAddr::V6);
    let v4 = V4.iter().map(|octets| IpAddr::V4(Ipv4Addr::from(*octets)));
    let v6 = V6.iter().map(|text| IpAddr::V6(text.parse().expect("an address")));
    v4.chain(v6).chain(hidden).collect()
}

/// Every special address as the host of a URL, in every spelling that means it to some reader or other.
pub fn hosts() -> Vec<String> {
    let v4 = V4.iter().flat_map(|octets| spellings_v4(*octets));
    let v6 = addresses().into_iter().filter_map(|address| match address {
        IpAddr::V6(v6) => Some(spellings_v6(v6)),
        IpAddr::V4(_) => None,
    });
    v4.chain(v6.flatten()).collect()
}

/// Mapped, compatible, translated (RFC 2765, RFC 6052), by 6to4, by ISATAP.
fn hidden(address: Ipv4Addr) -> Vec<Ipv6Addr> {
    let [a, b, c, d] = address.octets();
    let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    vec![
        Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, high, low),
        Ipv6Addr::new(0, 0, 0, 0, 0, 0, high, low),
        Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, high, low),
        Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
        Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
        Ipv6Addr::new(0x2400, 1, 2, 3, 0, 0x5efe, high, low),
        Ipv6Addr::new(0x2400, 1, 2, 3, 0x200, 0x5efe, high, low),
    ]
}

fn spellings_v4([a, b, c, d]: [u8; 4]) -> Vec<String> {
    let number = u32::from_be_bytes([a, b, c, d]);
    let plain = format!("{a}.{b}.{c}.{d}");
    let wide = |from: char, to: u32| {
        let digit = |c: char| c.to_digit(10).and_then(|digit| char::from_u32(to + digit)).unwrap_or(from);
        plain.chars().map(|c| if c == '.' { from } else { digit(c) }).collect::<String>()
    };
    vec![
        plain.clone(),
        format!("{plain}."),
        number.to_string(),
        format!("{number:#x}"),
        format!("0X{number:X}"),
        format!("0{number:o}"),
        format!("{a}.{}", number & 0x00ff_ffff),
        format!("{a}.{b}.{}", number & 0xffff),
        format!("{a:#x}.{b:#x}.{c:#x}.{d:#x}"),
        format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        format!("{a:#x}.0{b:o}.{}", number & 0xffff),
        format!("000{a:o}.{b}.{c}.{d:#x}"),
        plain.bytes().map(|byte| format!("%{byte:02x}")).collect::<Vec<_>>().concat(),
        plain.replace('.', "%2e"),
        plain.replace('.', "。"),
        wide('.', 0xff10),
        wide('．', 0xff10),
        format!("ana:x@{plain}"),
        format!("8.8.8.8@{plain}"),
    ]
}

fn spellings_v6(address: Ipv6Addr) -> Vec<String> {
    let [.., g, h] = address.segments();
    let whole: Vec<_> = address.segments().iter().map(|segment| format!("{segment:04x}")).collect();
    let dotted = format!("{}:{}.{}.{}.{}", whole[..6].join(":"), g >> 8, g & 255, h >> 8, h & 255);
    vec![
        format!("[{address}]"),
        format!("[{}]", whole.join(":")),
        format!("[{}]", whole.join(":").to_uppercase()),
        format!("[{dotted}]"),
        format!("[{address}%25eth0]"),
        format!("ana@[{address}]"),
    ]
}
