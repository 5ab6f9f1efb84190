//! What may be asked for at all: scheme, port and literal address of a URL (platforms.md 3.1, 3.2).

use crate::{FetchError, Terms};
use std::net::IpAddr;
use url::{Host, Url};

/// Ports that no browser would connect to, since something other than HTTP listens there and might be talked into harm
/// (WHATWG Fetch, "bad port").
const BAD_PORTS: [u16; 83] = [
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109,
    110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531,
    532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060,
    5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

/// The URL in `text`, if the guard would request it.
pub(crate) fn parse(text: &str, terms: &Terms) -> Result<Url, FetchError> {
    let url = Url::parse(text).map_err(|_| FetchError::InvalidUrl { url: redact_text(text) })?;
    admit(url, terms)
}

/// The URL that a redirect from `base` leads to, if the guard would request it.
pub(crate) fn follow(base: &Url, location: &str, terms: &Terms) -> Result<Url, FetchError> {
    let url = base.join(location).map_err(|_| FetchError::InvalidUrl { url: redact_text(location) })?;
    admit(url, terms)
}

/// Names are not judged here: their addresses are, when the connection is made.
fn admit(url: Url, terms: &Terms) -> Result<Url, FetchError> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(FetchError::UnsupportedScheme { scheme: url.scheme().to_owned(), url: redact(&url) });
    }
    if let Some(port) = url.port().filter(|port| BAD_PORTS.contains(port)) {
        return Err(FetchError::BadPort { port, url: redact(&url) });
    }
    let literal = match url.host() {
        Some(Host::Ipv4(v4)) => Some(IpAddr::V4(v4)),
        Some(Host::Ipv6(v6)) => Some(IpAddr::V6(v6)),
        Some(Host::Domain(_)) | None => None,
    };
    let (host, port) = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
    if let Some(address) = literal.filter(|address| !terms.allow(*address, port)) {
        return Err(FetchError::Blocked { address, host: None });
    }
    let is_admitted = match literal {
        Some(address) => terms.egress.admits(&address.to_string(), port, address),
        None => terms.egress.may_admit(host, port),
    };
    if is_admitted { Ok(url) } else { Err(FetchError::Forbidden { host: host.to_owned(), port }) }
}

/// The URL as text, without user name and password (guard 9).
pub(crate) fn redact(url: &Url) -> String {
    without_user_info(url.clone()).into()
}

pub(crate) fn without_user_info(mut url: Url) -> Url {
    // Both fail only for URLs that cannot carry user information to begin with.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

pub(crate) fn without_fragment(mut url: Url) -> Url {
    url.set_fragment(None);
    url
}

/// Host and port.
pub(crate) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port_or_known_default().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// A text that is no URL, with whatever may be meant as user information masked.
pub(crate) fn redact_text(text: &str) -> String {
    let Some(start) = text.find("//").map(|at| at + 2) else { return text.to_owned() };
    let authority = text[start..].find(['/', '?', '#']).map_or(text.len(), |length| start + length);
    match text[start..authority].rfind('@') {
        Some(at) => format!("{}***{}", &text[..start], &text[start + at..]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Egress, Policy};

    fn lenient() -> Terms {
        Terms { policy: Policy { allow_private_addresses: true }, ..Terms::default() }
    }

    #[track_caller]
    fn refused(text: &str) -> String {
        parse(text, &Terms::default()).unwrap_err().to_string()
    }

    // guard 1
    #[test]
    fn literal_addresses_are_judged_as_the_url_means_them() {
        for spelling in ["127.0.0.1", "2130706433", "0x7f000001", "0x7f.1", "127.1", "017700000001", "127.0.0.1."] {
            assert_eq!(refused(&format!("http://{spelling}/")), "blocked non-public address 127.0.0.1");
        }
        assert_eq!(refused("http://[::1]/"), "blocked non-public address ::1");
        assert_eq!(refused("https://[::ffff:127.0.0.1]:8443/x"), "blocked non-public address ::ffff:127.0.0.1");
    }

    // guard 13, 14: what is no address does not become one
    #[test]
    fn broken_addresses_are_refused() {
        assert_eq!(refused("http://999.1.1.1/"), "invalid URL: http://999.1.1.1/");
        assert_eq!(refused("http://[fe80::1%eth0]/"), "invalid URL: http://[fe80::1%eth0]/");
        assert_eq!(refused("http://[fe80::1%25eth0]/"), "invalid URL: http://[fe80::1%25eth0]/");
        assert_eq!(refused("http://[fe80::1]/"), "blocked non-public address fe80::1");
    }

    // guard 9
    #[test]
    fn schemes_other_than_http_are_refused() {
        assert_eq!(refused("ftp://x"), "unsupported scheme ftp: for ftp://x/");
        assert_eq!(refused("file:///etc/passwd"), "unsupported scheme file: for file:///etc/passwd");
        assert_eq!(refused("data:text/plain,x"), "unsupported scheme data: for data:text/plain,x");
        assert_eq!(refused("ftp://ana:secret@x/"), "unsupported scheme ftp: for ftp://x/");
    }

    // guard 9
    #[test]
    fn texts_that_are_no_url_are_refused_without_their_password() {
        assert_eq!(refused("not a url"), "invalid URL: not a url");
        assert_eq!(refused("http://ana:s3cret@bad host/"), "invalid URL: http://***@bad host/");
        assert_eq!(refused("http://ana:p@ss@:x/"), "invalid URL: http://***@:x/");
        assert_eq!(refused("//ana:s3cret@h"), "invalid URL: //***@h");
        assert_eq!(refused("http://a b/mail@x"), "invalid URL: http://a b/mail@x");
    }

    #[test]
    fn ports_of_other_services_are_refused() {
        assert_eq!(refused("http://h.example:25/"), "bad port 25 for http://h.example:25/");
        assert_eq!(refused("https://ana:x@h.example:6667/"), "bad port 6667 for https://h.example:6667/");
        for fine in ["http://h.example/", "http://h.example:443/", "http://h.example:8080/", "https://h.example:65535/"]
        {
            assert!(parse(fine, &Terms::default()).is_ok(), "{fine}");
        }
    }

    // guard 11
    #[test]
    fn allowing_private_addresses_lifts_nothing_else() {
        let lenient = &lenient();
        assert!(parse("http://127.0.0.1/", lenient).is_ok());
        assert!(matches!(parse("ftp://127.0.0.1/", lenient), Err(FetchError::UnsupportedScheme { .. })));
        assert!(matches!(parse("http://127.0.0.1:22/", lenient), Err(FetchError::BadPort { port: 22, .. })));
    }

    #[test]
    fn redirects_are_judged_like_first_requests() {
        let base = Url::parse("http://h.example/a/b").unwrap();
        let follow = |location| follow(&base, location, &Terms::default());
        assert_eq!(follow("../c?d").unwrap().as_str(), "http://h.example/c?d");
        assert!(matches!(follow("//10.0.0.1/"), Err(FetchError::Blocked { .. })));
        assert!(matches!(follow("gopher://x/"), Err(FetchError::UnsupportedScheme { .. })));
        assert!(matches!(follow("http://h:99999/"), Err(FetchError::InvalidUrl { .. })));
    }

    #[test]
    fn the_operators_lists_are_asked_about_name_address_and_port() {
        let lists = |allow: &[&str], deny: &[&str]| Terms { egress: Egress::new(allow, deny).unwrap(), ..lenient() };
        let forbidden = |url: &str, terms: &Terms| matches!(parse(url, terms), Err(FetchError::Forbidden { .. }));
        let terms = lists(&["h.example:443", "10.0.0.0/8"], &["[::1]"]);
        assert!(parse("https://h.example/", &terms).is_ok() && parse("http://10.1.2.3:8080/", &terms).is_ok());
        assert!(forbidden("http://h.example/", &lists(&["h.example:443"], &[])));
        assert!(forbidden("http://192.168.0.1/", &terms) && forbidden("http://[::1]/", &terms));
        assert!(forbidden("http://[::ffff:10.0.0.1]/", &lists(&[], &["10.0.0.0/8"])));
        let error = parse("http://ana:x@other.example/", &lists(&["h.example"], &[])).unwrap_err();
        assert_eq!(error.to_string(), "connections to other.example:80 are not allowed by the setting egress");
    }
}
