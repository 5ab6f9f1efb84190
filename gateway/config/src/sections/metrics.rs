//! `metrics`: counters for whoever runs the gateway.

use serde::Deserialize;

use crate::kind::Kind;
use crate::setting::{Fallback, Setting};

pub(crate) const SETTINGS: &[Setting] = &[Setting::new(
    "metrics.listen",
    Kind::Address,
    Fallback::Unset,
    "Address of a listener of its own for GET /metrics in Prometheus text, as host:port; unset: none, nothing is counted",
)
.our_own()];

/// Where metrics are served.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Metrics {
    /// Host and port; `None`: nowhere.
    #[serde(deserialize_with = "address")]
    pub listen: Option<(String, u16)>,
}

/// Reads an optional `host:port`.
pub(super) fn address<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<(String, u16)>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.as_deref().and_then(split))
}

/// Host, without the brackets of an IPv6 address, and port.
pub(crate) fn split(text: &str) -> Option<(String, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let host = bare.unwrap_or(host);
    let ambiguous = bare.is_none() && host.contains(':');
    (!host.is_empty() && !ambiguous).then_some(())?;
    Some((host.to_owned(), port.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_a_port() {
        for (text, expected) in [
            ("127.0.0.1:9090", Some(("127.0.0.1", 9090))),
            ("localhost:0", Some(("localhost", 0))),
            ("[::1]:9090", Some(("::1", 9090))),
            ("::1:9090", None),
            (":9090", None),
            ("localhost", None),
            ("localhost:port", None),
            ("localhost:99999", None),
        ] {
            assert_eq!(split(text), expected.map(|(host, port)| (host.to_owned(), port)), "{text}");
        }
    }
}
