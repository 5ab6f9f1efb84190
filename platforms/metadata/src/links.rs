//! Addresses that a page names, as seen from where it is.

use crate::address;
use footbridge_outbound::address::is_public;
use std::net::IpAddr;
use url::{Host, Url};

/// The address of what `text` names on a page at `base`: as it is spelt where it is a whole one, else the whole one it
/// stands for. Nothing for what is not on the web.
pub(crate) fn resolve(base: &Url, text: &str) -> Option<String> {
    if let Ok(url) = Url::parse(text) {
        return is_web(&url).then(|| text.to_owned());
    }
    base.join(text).ok().filter(is_web).map(String::from)
}

/// The address that a page at `base` wants to be known by, if it is one that people could be given: nothing on the
/// reader's own machine or network, unless the page itself is there.
pub(crate) fn own(base: &Url, text: &str) -> Option<String> {
    let resolved = resolve(base, text)?;
    let url = address::read(&resolved)?;
    let is_private = match url.host()? {
        Host::Ipv4(v4) => !is_public(IpAddr::V4(v4)),
        Host::Ipv6(v6) => !is_public(IpAddr::V6(v6)),
        Host::Domain(name) => !name.contains('.') || name.ends_with(".localhost"),
    };
    let is_neighbour = url.host() == base.host() || !is_global(base);
    let has_user = !url.username().is_empty() || url.password().is_some();
    (!has_user && (!is_private || is_neighbour)).then_some(resolved)
}

/// Whether the page came from the public Internet, as far as its address tells.
fn is_global(base: &Url) -> bool {
    match base.host() {
        Some(Host::Ipv4(v4)) => is_public(IpAddr::V4(v4)),
        Some(Host::Ipv6(v6)) => is_public(IpAddr::V6(v6)),
        Some(Host::Domain(name)) => name.contains('.'),
        None => false,
    }
}

/// The last part of the path, as a file is called.
pub(crate) fn file_name(url: &Url) -> Option<String> {
    let name = url.path_segments()?.next_back()?;
    let name = percent_decode(name);
    Some(name).filter(|name| !name.is_empty())
}

fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = |at: usize| after.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        if *first == b'%'
            && let (Some(high), Some(low)) = (hex(0), hex(1))
        {
            bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Url {
        Url::parse("https://h.example/a/b?c").unwrap()
    }

    #[test]
    fn whole_addresses_stay_as_they_are_and_others_become_whole() {
        for (text, expected) in [
            ("https://h.example", Some("https://h.example")),
            ("HTTP://Other.example/ö", Some("HTTP://Other.example/ö")),
            ("/x.png", Some("https://h.example/x.png")),
            ("x.png", Some("https://h.example/a/x.png")),
            ("//cdn.example/x", Some("https://cdn.example/x")),
            ("javascript:alert(1)", None),
            ("data:image/png;base64,x", None),
        ] {
            assert_eq!(resolve(&base(), text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_page_cannot_be_known_by_what_is_nowhere_or_within() {
        for text in ["http://127.0.0.1/", "http://10.0.0.1/a", "http://[::1]/", "http://localhost/", "http://intranet/"]
            .into_iter()
            .chain(["http://ana:x@h.example/", "ftp://h.example/", "http://a b/", "https://x_y.example/", "http://"])
        {
            assert_eq!(own(&base(), text), None, "{text}");
        }
        assert_eq!(own(&base(), "https://other.example/x").as_deref(), Some("https://other.example/x"));
        assert_eq!(own(&base(), "/x").as_deref(), Some("https://h.example/x"));
        let inner = Url::parse("http://127.0.0.1:8080/a").unwrap();
        assert_eq!(own(&inner, "http://localhost:10550/x").as_deref(), Some("http://localhost:10550/x"));
    }

    #[test]
    fn files_have_names() {
        let name = |text| file_name(&Url::parse(text).unwrap());
        assert_eq!(name("https://h.example/a/b%20%C3%B6%2.png?x").as_deref(), Some("b ö%2.png"));
        assert_eq!(name("https://h.example/"), None);
    }
}
