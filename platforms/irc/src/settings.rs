//! `packageConfig` of this platform (platforms.md 1.6).

use crate::manners::{Habits, Manners, MannersError};
use crate::webirc::Network;
use footbridge_outbound::{Egress, Local};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

/// What an operator may set.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    /// Milliseconds from the first look-up to the end of the registration.
    pub connect_timeout_ms: f64,
    /// Connect to servers in private networks and on this machine too. By default no: users of a gateway name the servers,
    /// and must not reach through it what only it can reach.
    pub allow_private_addresses: bool,
    /// Whether connections that broke are made again without being asked, unless a client's credentials say otherwise.
    pub reconnect: bool,
    /// See [`Habits::lines_at_once`], as the next three: where `networks` says nothing else.
    pub lines_at_once: Option<u32>,
    /// See [`Habits::line_interval_ms`].
    pub line_interval_ms: Option<f64>,
    /// See [`Habits::connects_at_once`].
    pub connects_at_once: Option<u32>,
    /// See [`Habits::connect_interval_ms`].
    pub connect_interval_ms: Option<f64>,
    /// What is different on some networks, by host.
    pub networks: BTreeMap<String, Habits>,
    /// Addresses of the gateway's machine that connections are made from: those of one client always from the same one.
    /// By default the operating system chooses.
    pub local_addresses: Vec<IpAddr>,
    /// Servers that may, or may not, be connected to. By default all.
    pub egress: Egress,
    /// Networks that are told where a user comes from, by host or `host:port`.
    pub webirc: BTreeMap<String, Network>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect_timeout_ms: 30_000.0,
            allow_private_addresses: false,
            reconnect: true,
            lines_at_once: None,
            line_interval_ms: None,
            connects_at_once: None,
            connect_interval_ms: None,
            networks: BTreeMap::new(),
            local_addresses: Vec::new(),
            egress: Egress::default(),
            webirc: BTreeMap::new(),
        }
    }
}

impl Settings {
    /// The deadline of connecting, if the setting is one.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        Duration::try_from_secs_f64(self.connect_timeout_ms / 1000.0).ok().filter(|deadline| !deadline.is_zero())
    }

    /// How fast it behaves on which network.
    pub(crate) fn manners(&self) -> Result<Manners, MannersError> {
        let everywhere = Habits {
            lines_at_once: self.lines_at_once,
            line_interval_ms: self.line_interval_ms,
            connects_at_once: self.connects_at_once,
            connect_interval_ms: self.connect_interval_ms,
        };
        Manners::new(&everywhere, &self.networks)
    }

    /// What connections of the client at `address` are made from.
    pub(crate) fn local(&self, address: Option<&str>) -> Local {
        Local::one_of(&self.local_addresses, address.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(json: &str) -> Result<Settings, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn nothing_set_means_the_defaults() {
        let settings = settings("{}").unwrap();
        assert_eq!(settings.deadline(), Some(Duration::from_secs(30)));
        assert!(!settings.allow_private_addresses && settings.reconnect);
    }

    #[test]
    fn each_can_be_set() {
        let set = settings(r#"{"connectTimeoutMs":250,"allowPrivateAddresses":true,"reconnect":false}"#).unwrap();
        assert_eq!(set.deadline(), Some(Duration::from_millis(250)));
        assert!(set.allow_private_addresses && !set.reconnect);
    }

    #[test]
    fn what_is_mistyped_is_refused() {
        for json in [
            r#"{"connectTimeoutMs":"5000"}"#,
            r#"{"allowPrivateAddresses":1}"#,
            r#"{"reconnect":null}"#,
            r#"{"connect_timeout_ms":5}"#,
            r#"{"egress":["irc.example"]}"#,
            r#"{"egress":{"allowed":[]}}"#,
            r#"{"networks":{"irc.example":{"linesAtOnc":5}}}"#,
            r#"{"localAddresses":["irc.example"]}"#,
            r#"{"webirc":{"irc.example":"s3cret"}}"#,
            r#"{"webirc":{"irc.example":{"password":"a","gatewy":"b"}}}"#,
        ] {
            assert!(settings(json).is_err(), "{json}");
        }
    }

    #[test]
    fn an_entry_that_means_nothing_is_named() {
        assert!(settings(r#"{"egress":{"allow":["irc.example:6697"]}}"#).is_ok());
        let refused = settings(r#"{"egress":{"deny":["irc example"]}}"#).unwrap_err();
        assert!(refused.to_string().starts_with("'irc example' is no host"), "{refused}");
    }

    #[test]
    fn a_deadline_is_some_time_from_now() {
        for millis in ["0", "-5", "1e300"] {
            let settings = settings(&format!(r#"{{"connectTimeoutMs":{millis}}}"#)).unwrap();
            assert_eq!(settings.deadline(), None, "{millis}");
        }
    }
}
