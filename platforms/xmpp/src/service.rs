//! The service string: which server to connect to, as a client names it (platforms.md 8.1).

/// Which server to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Service {
    /// Wherever this domain says that its servers are.
    Domain {
        /// A name, or an address.
        domain: String,
    },
    /// This very server.
    Explicit {
        /// A name, or an address; one of IPv6 without its brackets.
        host: String,
        /// 1 to 65535; `None` for the usual one.
        port: Option<u16>,
        /// How it is spoken to; `None` where nothing was said, only a port.
        scheme: Option<Scheme>,
        /// What was written.
        given: String,
    },
}

/// How a server is spoken to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// XMPP over TCP; TLS once the server says that it can.
    Xmpp,
    /// XMPP over TLS.
    Xmpps,
    /// XMPP in a WebSocket (RFC 7395).
    Web {
        /// TLS: `wss`.
        secure: bool,
        /// From the first slash on; at least that.
        path: String,
    },
    /// Something that is not spoken here.
    Other(String),
}

/// Why a service string names no server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    /// No port has this number.
    #[error("/object/port must be 1 to 65535")]
    Port,
    /// There is no host in it, or what stands for one cannot be one.
    #[error("/object/server names no host")]
    Host,
}

impl Service {
    /// What `server` and `port` mean, for an account of `domain`.
    ///
    /// # Errors
    ///
    /// If no server can be named like this.
    pub fn new(server: Option<&str>, port: Option<f64>, domain: &str) -> Result<Self, ServiceError> {
        let port = port.map(number).transpose()?;
        let server = server.map(str::trim).filter(|server| !server.is_empty()).unwrap_or(domain);
        let given = port.map_or_else(|| server.to_owned(), |port| format!("{server}:{port}"));
        let (scheme, rest) = match server.split_once("://") {
            Some((scheme, rest)) => (Some(Scheme::new(scheme, rest)), rest),
            None => (None, server),
        };
        let (host, written) = authority(rest)?;
        // A port of its own in both places: the member of its own is the later addition, so it counts.
        let port = port.or(written);
        if scheme.is_none() && port.is_none() {
            return Ok(Self::Domain { domain: host });
        }
        Ok(Self::Explicit { host, port, scheme, given })
    }

    /// What was written, for the `(service: …)` of errors.
    pub fn as_given(&self) -> &str {
        match self {
            Self::Domain { domain } => domain,
            Self::Explicit { given, .. } => given,
        }
    }
}

impl Scheme {
    fn new(text: &str, rest: &str) -> Self {
        let path = || rest.find('/').map_or("/", |slash| &rest[slash..]).to_owned();
        match text.to_ascii_lowercase().as_str() {
            "ws" => Self::Web { secure: false, path: path() },
            "wss" => Self::Web { secure: true, path: path() },
            "xmpp" => Self::Xmpp,
            "xmpps" => Self::Xmpps,
            _ => Self::Other(text.to_owned()),
        }
    }
}

/// Host and port of `host`, `host:port`, `[::1]`, `[::1]:port` or `::1`, up to a path if there is one.
fn authority(text: &str) -> Result<(String, Option<u16>), ServiceError> {
    let text = text.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (host, after) = rest.split_once(']').ok_or(ServiceError::Host)?;
        match after {
            "" => (host, None),
            _ => (host, Some(after.strip_prefix(':').ok_or(ServiceError::Host)?)),
        }
    } else {
        match text.split_once(':') {
            // More than one colon and no brackets: an address of IPv6.
            Some((_, port)) if port.contains(':') => (text, None),
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        }
    };
    if host.is_empty() || host.len() > 253 || host.contains(|c: char| c.is_whitespace() || c.is_control() || c == '@') {
        return Err(ServiceError::Host);
    }
    let port = port.map(|port| port.parse().ok().filter(|port| *port > 0).ok_or(ServiceError::Port)).transpose()?;
    Ok((host.to_owned(), port))
}

/// The schema says number; a port is a whole one.
fn number(number: f64) -> Result<u16, ServiceError> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked by the comparison behind it")]
    let port = number as u16;
    if port > 0 && (f64::from(port) - number).abs() < f64::EPSILON { Ok(port) } else { Err(ServiceError::Port) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(server: &str, port: Option<f64>) -> Result<Service, ServiceError> {
        Service::new(Some(server), port, "x.example")
    }

    fn explicit(host: &str, port: Option<u16>, scheme: Option<Scheme>, given: &str) -> Service {
        Service::Explicit { host: host.to_owned(), port, scheme, given: given.to_owned() }
    }

    fn domain(domain: &str) -> Service {
        Service::Domain { domain: domain.to_owned() }
    }

    #[test]
    fn every_spelling_means_what_it_says() {
        let other = || Some(Scheme::Other("gopher".to_owned()));
        let web = |secure, path: &str| Some(Scheme::Web { secure, path: path.to_owned() });
        for (server, port, meant) in [
            ("ws://h:5280/xmpp?a", None, explicit("h", Some(5280), web(false, "/xmpp?a"), "ws://h:5280/xmpp?a")),
            ("WSS://h", Some(1.0), explicit("h", Some(1), web(true, "/"), "WSS://h:1")),
            ("", None, domain("x.example")),
            ("chat.example", None, domain("chat.example")),
            ("10.1.2.3", None, domain("10.1.2.3")),
            ("::1", None, domain("::1")),
            ("[::1]", None, domain("::1")),
            ("", Some(5333.0), explicit("x.example", Some(5333), None, "x.example:5333")),
            ("chat.example:5333", None, explicit("chat.example", Some(5333), None, "chat.example:5333")),
            ("chat.example", Some(5333.0), explicit("chat.example", Some(5333), None, "chat.example:5333")),
            ("[::1]:5333", None, explicit("::1", Some(5333), None, "[::1]:5333")),
            ("xmpp://h", None, explicit("h", None, Some(Scheme::Xmpp), "xmpp://h")),
            ("XMPP://h/", None, explicit("h", None, Some(Scheme::Xmpp), "XMPP://h/")),
            ("xmpps://h:1", None, explicit("h", Some(1), Some(Scheme::Xmpps), "xmpps://h:1")),
            ("xmpps://h", Some(2.0), explicit("h", Some(2), Some(Scheme::Xmpps), "xmpps://h:2")),
            ("gopher://h/x", None, explicit("h", None, other(), "gopher://h/x")),
        ] {
            let service = service(server, port).unwrap();
            assert_eq!(service, meant, "{server} {port:?}");
        }
    }

    #[test]
    fn what_is_written_is_what_errors_show() {
        for (server, port, given) in
            [("", None, "x.example"), ("h", Some(1.0), "h:1"), ("xmpp://h:1", None, "xmpp://h:1")]
        {
            assert_eq!(service(server, port).unwrap().as_given(), given);
        }
    }

    #[test]
    fn what_names_no_server_is_refused() {
        for server in ["xmpp://", "[::1", "[::1]x", "two words", "io@x.example", ":5222", &"x".repeat(254)] {
            assert_eq!(service(server, None), Err(ServiceError::Host), "{server}");
        }
        for server in ["h:0", "h:", "h:65536", "h:x", "xmpp://h:-1"] {
            assert_eq!(service(server, None), Err(ServiceError::Port), "{server}");
        }
        for port in [0.0, -1.0, 65536.0, 1.5, f64::INFINITY] {
            assert_eq!(service("h", Some(port)), Err(ServiceError::Port), "{port}");
        }
    }
}
