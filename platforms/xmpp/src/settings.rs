//! `packageConfig` of this platform (platforms.md 1.6).

use std::time::Duration;

use footbridge_outbound::{DialError, Egress, Trust};
use serde::Deserialize;

/// What an operator may set.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    /// Milliseconds from the first look-up to the bound resource, over all servers that are tried.
    pub connect_timeout_ms: f64,
    /// Connect to servers in private networks and on this machine too. By default no: users of a gateway name the servers,
    /// and must not reach through it what only it can reach.
    pub allow_private_addresses: bool,
    /// Whether a server on this machine may be spoken to in clear text where it offers no TLS (platforms.md 8.1). Others never
    /// may; and a password is shown that way, but never told.
    pub allow_plain_text: bool,
    /// Certificates, PEM, of authorities that are trusted besides the operating system's. The text and not a file: a
    /// confined worker reads no files.
    pub certificate_authorities: String,
    /// Whether connections that broke are made again without being asked, unless a client's credentials say otherwise.
    pub reconnect: bool,
    /// Servers that may, or may not, be connected to. By default all.
    pub egress: Egress,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect_timeout_ms: 10_000.0,
            allow_private_addresses: false,
            allow_plain_text: true,
            certificate_authorities: String::new(),
            reconnect: true,
            egress: Egress::default(),
        }
    }
}

impl Settings {
    /// The deadline of connecting, if the setting is one.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        Duration::try_from_secs_f64(self.connect_timeout_ms / 1000.0).ok().filter(|deadline| !deadline.is_zero())
    }

    /// Which servers are believed to be who they say.
    pub(crate) fn trust(&self) -> Result<Trust, DialError> {
        if self.certificate_authorities.trim().is_empty() {
            return Ok(Trust::System);
        }
        Trust::besides(self.certificate_authorities.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_set_is_as_documented() {
        let settings: Settings = serde_json::from_str("{}").unwrap();
        assert_eq!(settings.deadline(), Some(Duration::from_secs(10)));
        assert!(settings.reconnect && !settings.allow_private_addresses && settings.allow_plain_text);
        assert!(matches!(settings.trust(), Ok(Trust::System)));
    }

    #[test]
    fn authorities_that_are_none_are_refused() {
        let settings: Settings = serde_json::from_str(r#"{"certificateAuthorities": "/etc/ssl/own.pem"}"#).unwrap();
        assert_eq!(settings.trust().unwrap_err().to_string(), "certificate authorities: there is none");
    }

    #[test]
    fn a_deadline_is_a_time() {
        for (written, deadline) in
            [("1500", Some(Duration::from_millis(1500))), ("0", None), ("-1", None), ("1e300", None)]
        {
            let settings: Settings = serde_json::from_str(&format!("{{\"connectTimeoutMs\": {written}}}")).unwrap();
            assert_eq!(settings.deadline(), deadline, "{written}");
        }
    }

    #[test]
    fn settings_that_do_not_exist_are_refused() {
        assert!(serde_json::from_str::<Settings>(r#"{"caFile": "/etc/ssl/own.pem"}"#).is_err());
        assert!(serde_json::from_str::<Settings>(r#"{"egress": {"permit": []}}"#).is_err());
    }
}
