//! How a fetch fails, and how that reads (platforms.md 3.1 to 3.3).

use crate::lookup::Refusal;
use crate::target::authority;
use http::StatusCode;
use std::error::Error as StdError;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use url::Url;

/// Why a fetch brought nothing. Each `Display` text may be shown to the client who named the URL: it says what to change
/// and never carries user information.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum FetchError {
    /// A port that belongs to another protocol (WHATWG Fetch, "bad port").
    #[error("bad port {port} for {url}")]
    BadPort {
        /// The refused port.
        port: u16,
        /// The URL that names it.
        url: String,
    },
    /// The policy refuses the address.
    #[error("blocked non-public address {address}{}", for_host(host.as_deref()))]
    Blocked {
        /// The first refused address.
        address: IpAddr,
        /// The name it was found under; `None` when the URL spells out the address itself.
        host: Option<String>,
    },
    /// The decoded body is larger than the caller's cap.
    #[error("body larger than {cap} bytes from {url}")]
    BodyTooLarge {
        /// The cap in bytes.
        cap: usize,
        /// Where the body came from.
        url: String,
    },
    /// Nobody answers at the address: refused, reset, no route.
    #[error("could not connect to {host}: {reason}")]
    Connect {
        /// Host and port.
        host: String,
        /// What the operating system says.
        reason: io::ErrorKind,
    },
    /// The operator's lists do not let it through.
    #[error("connections to {host}:{port} are not allowed by the setting egress")]
    Forbidden {
        /// The name, or the address as it was spelt.
        host: String,
        /// The port.
        port: u16,
    },
    /// Not a URL at all.
    #[error("invalid URL: {url}")]
    InvalidUrl {
        /// The text, with user information masked.
        url: String,
    },
    /// The server wants to be left alone for a while, and said so now or before.
    #[error("request failed: {} for {url}, which is not asked again for {seconds} s", status_line(*status))]
    LeftAlone {
        /// The status that said so.
        status: StatusCode,
        /// The URL that is not asked for.
        url: String,
        /// How long, in whole seconds.
        seconds: f64,
    },
    /// The client could not be built, for example for want of CA certificates.
    #[error("no HTTP client: {}", root_cause(source))]
    NoClient {
        /// What is missing.
        source: Arc<reqwest::Error>,
    },
    /// An answer, but not a success.
    #[error("request failed: {} for {url}", status_line(*status))]
    Status {
        /// The status of the last answer.
        status: StatusCode,
        /// The URL that gave it, after redirects.
        url: String,
        /// What its body would have been, as sent.
        content_type: Option<String>,
    },
    /// The exchange was not complete, body included, when the deadline came.
    #[error("no complete answer from {url} within {} ms", deadline.as_millis())]
    TimedOut {
        /// The deadline that passed.
        deadline: Duration,
        /// The URL first asked for.
        url: String,
    },
    /// The TLS handshake failed.
    #[error("no secure connection to {host}: {reason}")]
    Tls {
        /// Host and port.
        host: String,
        /// What is wrong, as TLS names it.
        reason: rustls::Error,
    },
    /// Redirects without an end.
    #[error("more than {limit} redirects from {url}")]
    TooManyRedirects {
        /// How many are followed.
        limit: usize,
        /// The URL first asked for.
        url: String,
    },
    /// The answer broke off or was not HTTP.
    #[error("transfer from {url} failed: {}", root_cause(source))]
    Transfer {
        /// Where from.
        url: String,
        /// What broke.
        source: Arc<reqwest::Error>,
    },
    /// Nothing can be made of the body.
    #[error("{url}: {reason}")]
    Unreadable {
        /// Where it came from.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The name has no address.
    #[error("could not resolve {host}")]
    Unresolved {
        /// The name.
        host: String,
    },
    /// Neither `http:` nor `https:`.
    #[error("unsupported scheme {scheme}: for {url}")]
    UnsupportedScheme {
        /// The scheme, without its colon.
        scheme: String,
        /// The whole URL.
        url: String,
    },
}

impl FetchError {
    /// Whether the server, or the way there, does not work at the moment: what a gateway would call 500, 502, 503 or 504.
    pub(crate) fn is_servers(&self) -> bool {
        match self {
            Self::Status { status, .. } | Self::LeftAlone { status, .. } => {
                matches!(status.as_u16(), 500 | 502 | 503 | 504)
            }
            Self::Connect { .. } | Self::TimedOut { .. } | Self::Transfer { .. } | Self::Unresolved { .. } => true,
            _ => false,
        }
    }

    /// Sorts an error of the HTTP client by what is at the bottom of it.
    pub(crate) fn from_client(error: reqwest::Error, url: &Url) -> Self {
        let causes = || causes(&error);
        if let Some(refusal) = causes().find_map(|cause| cause.downcast_ref::<Refusal>()) {
            return match refusal {
                Refusal::Blocked { address, host } => {
                    FetchError::Blocked { address: *address, host: Some(host.clone()) }
                }
                Refusal::Forbidden { host, port } => FetchError::Forbidden { host: host.clone(), port: *port },
                Refusal::Unresolved { host, source } => {
                    if let Some(source) = source {
                        tracing::debug!(host, error = %source, "name not resolved");
                    }
                    FetchError::Unresolved { host: host.clone() }
                }
            };
        }
        if let Some(reason) = causes().find_map(|cause| cause.downcast_ref::<rustls::Error>()) {
            return FetchError::Tls { host: authority(url), reason: reason.clone() };
        }
        match causes().filter_map(|cause| cause.downcast_ref::<io::Error>()).last() {
            Some(io) if error.is_connect() => FetchError::Connect { host: authority(url), reason: io.kind() },
            _ => FetchError::Transfer { url: crate::target::redact(url), source: Arc::new(error.without_url()) },
        }
    }
}

/// What lies under `error`, outermost first. An error wrapped in one of the socket is passed over by `source`, so that
/// is looked into.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    std::iter::successors(error.source(), |cause| {
        let wrapped = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        wrapped.map(|inner| inner as &(dyn StdError + 'static)).or_else(|| (*cause).source())
    })
}

fn root_cause(error: &reqwest::Error) -> String {
    causes(error).last().map_or_else(|| error.to_string(), ToString::to_string)
}

/// ` for <host>`, or nothing.
fn for_host(host: Option<&str>) -> String {
    host.map(|host| format!(" for {host}")).unwrap_or_default()
}

/// `404 Not Found`, or the bare number of a status without a name.
fn status_line(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(reason) => format!("{} {reason}", status.as_str()),
        None => status.as_str().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // guard 9, feeds 18
    #[test]
    fn texts_are_those_of_the_contract() {
        let status = |code| FetchError::Status {
            status: StatusCode::from_u16(code).unwrap(),
            url: "http://h/".into(),
            content_type: None,
        };
        let blocked = |host: Option<&str>| FetchError::Blocked {
            address: IpAddr::from([127, 0, 0, 1]),
            host: host.map(ToOwned::to_owned),
        };
        let cases = [
            (status(404), "request failed: 404 Not Found for http://h/"),
            (status(599), "request failed: 599 for http://h/"),
            (blocked(None), "blocked non-public address 127.0.0.1"),
            (blocked(Some("localhost")), "blocked non-public address 127.0.0.1 for localhost"),
            (
                FetchError::LeftAlone { status: StatusCode::TOO_MANY_REQUESTS, url: "http://h/".into(), seconds: 30.0 },
                "request failed: 429 Too Many Requests for http://h/, which is not asked again for 30 s",
            ),
            (FetchError::Unresolved { host: "h".into() }, "could not resolve h"),
            (
                FetchError::TimedOut { deadline: Duration::from_secs(5), url: "http://h/".into() },
                "no complete answer from http://h/ within 5000 ms",
            ),
            (FetchError::BodyTooLarge { cap: 10, url: "http://h/".into() }, "body larger than 10 bytes from http://h/"),
            (
                FetchError::Connect { host: "h:80".into(), reason: io::ErrorKind::ConnectionRefused },
                "could not connect to h:80: connection refused",
            ),
        ];
        for (error, text) in cases {
            assert_eq!(error.to_string(), text);
        }
    }
}
