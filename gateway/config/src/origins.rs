//! Which pages may use the gateway (core.md 7.4).

use std::fmt;

use url::{Host, Url};

use crate::notice::Notice;

/// The origins that are let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origins {
    /// All of them.
    Any,
    /// These; none at all if the list is empty.
    List(Vec<Origin>),
}

/// An origin as browsers write it in the `Origin` header: lower case, without default port and path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

// === impl Origins ===

impl Origins {
    /// Whether a request with this `Origin` header is let in. Requests without the header are not asked about here.
    pub fn allows(&self, origin: &str) -> bool {
        match self {
            Self::Any => true,
            Self::List(list) => list.iter().any(|known| known.0.eq_ignore_ascii_case(origin)),
        }
    }

    /// Reads a comma-separated list, of which `*` makes everything else pointless. Entries that are no origin are
    /// left out with a notice, so that a slip can close the gateway but never open it.
    pub(crate) fn parse(text: &str, notices: &mut Vec<Notice>) -> Self {
        let entries = || text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        if entries().any(|entry| entry == "*") {
            return Self::Any;
        }
        let mut list: Vec<Origin> = Vec::new();
        for entry in entries() {
            match Origin::parse(entry) {
                Some(origin) if list.contains(&origin) => {}
                Some(origin) => list.push(origin),
                None => notices.push(Notice::UnusableOrigin { entry: entry.to_owned() }),
            }
        }
        if list.is_empty() {
            notices.push(Notice::NoOrigin);
        }
        Self::List(list)
    }
}

// === impl Origin ===

impl Origin {
    /// The header's value.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn parse(entry: &str) -> Option<Self> {
        let url = Url::parse(entry).ok()?;
        let host =
            url.host().filter(|host| !matches!(host, Host::Domain(name) if name.is_empty() || name.contains('*')))?;
        let origin = url.origin();
        if origin.is_tuple() {
            return Some(Self(origin.ascii_serialization()));
        }
        // Browsers give pages of apps and extensions an origin under a scheme of their own: `capacitor://localhost`.
        let host = host.to_string().to_ascii_lowercase();
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        Some(Self(format!("{}://{host}{port}", url.scheme())))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> (Origins, Vec<String>) {
        let mut notices = Vec::new();
        let origins = Origins::parse(text, &mut notices);
        (origins, notices.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn entries_are_written_as_browsers_write_them() {
        let cases = [
            ("https://app.example", "https://app.example"),
            ("HTTPS://App.Example:443/", "https://app.example"),
            ("http://app.example:80/some/page?x#y", "http://app.example"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("https://b\u{fc}cher.example", "https://xn--bcher-kva.example"),
            ("capacitor://LocalHost", "capacitor://localhost"),
        ];
        for (entry, want) in cases {
            let (origins, notices) = parse(entry);
            assert_eq!(origins, Origins::List(vec![Origin(want.to_owned())]), "{entry}");
            assert!(notices.is_empty(), "{entry}: {notices:?}");
            assert!(origins.allows(want), "{entry}");
            assert!(!origins.allows("https://elsewhere.example"), "{entry}");
        }
    }

    #[test]
    fn a_star_anywhere_allows_everything() {
        for text in ["*", " * ", "https://app.example, *", "nonsense,*"] {
            assert_eq!(parse(text), (Origins::Any, vec![]), "{text}");
        }
        assert!(Origins::Any.allows("null"));
    }

    #[test]
    fn unusable_entries_are_dropped_and_named() {
        let (origins, notices) =
            parse("app.example, localhost:3000, null, file:///x, https://*.example, https://ok.example");
        assert_eq!(origins, Origins::List(vec![Origin("https://ok.example".to_owned())]));
        assert_eq!(notices.len(), 5, "{notices:?}");
        assert!(notices[0].contains("'app.example'"), "{notices:?}");
    }

    // core weak spot 26
    #[test]
    fn without_a_usable_entry_nothing_is_allowed() {
        for text in ["", " ", ",", "nonsense"] {
            let (origins, notices) = parse(text);
            assert_eq!(origins, Origins::List(vec![]), "{text:?}");
            assert!(notices.last().is_some_and(|last| last.contains("no page")), "{text:?}: {notices:?}");
            assert!(!origins.allows("https://app.example"));
            assert!(!origins.allows(""));
        }
    }
}
