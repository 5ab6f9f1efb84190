//! `packageConfig` of this platform (platforms.md 1.6).

use crate::pacer::Pace;
use crate::webirc::Network;
use footbridge_outbound::{Egress, RuleError};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// No server wants lines to be further apart.
const MOST: Duration = Duration::from_mins(1);

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
    /// Lines that may be sent to a server at once after a silence; 1 to 1,000.
    pub lines_at_once: u32,
    /// Milliseconds between lines once those are used up. 0: servers are written to as fast as they read.
    pub line_interval_ms: f64,
    /// Servers that may, or may not, be connected to. By default all.
    pub egress: Lists,
    /// Networks that are told where a user comes from, by host or `host:port`.
    pub webirc: BTreeMap<String, Network>,
}

/// Entries as [`Egress`] reads them.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Lists {
    /// Nothing else, unless empty.
    pub allow: Vec<String>,
    /// None of these, even if allowed.
    pub deny: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect_timeout_ms: 30_000.0,
            allow_private_addresses: false,
            reconnect: true,
            lines_at_once: 10,
            line_interval_ms: 500.0,
            egress: Lists::default(),
            webirc: BTreeMap::new(),
        }
    }
}

impl Settings {
    /// The deadline of connecting, if the setting is one.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        Duration::try_from_secs_f64(self.connect_timeout_ms / 1000.0).ok().filter(|deadline| !deadline.is_zero())
    }

    /// Which connections are let through.
    pub(crate) fn egress(&self) -> Result<Egress, RuleError> {
        Egress::new(&self.egress.allow, &self.egress.deny)
    }

    /// How fast lines may leave, if the settings make sense.
    pub(crate) fn pace(&self) -> Option<Pace> {
        let per_token = Duration::try_from_secs_f64(self.line_interval_ms / 1000.0).ok()?;
        let sensible = (1..=1000).contains(&self.lines_at_once) && per_token <= MOST;
        sensible.then_some(Pace { burst: self.lines_at_once, per_token })
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
            r#"{"webirc":{"irc.example":"s3cret"}}"#,
            r#"{"webirc":{"irc.example":{"password":"a","gatewy":"b"}}}"#,
        ] {
            assert!(settings(json).is_err(), "{json}");
        }
    }

    #[test]
    fn an_entry_that_means_nothing_is_named() {
        assert!(settings(r#"{"egress":{"allow":["irc.example:6697"]}}"#).unwrap().egress().is_ok());
        let refused = settings(r#"{"egress":{"deny":["irc example"]}}"#).unwrap().egress().unwrap_err();
        assert!(refused.to_string().starts_with("egress: 'irc example' is no host"), "{refused}");
    }

    #[test]
    fn a_pace_is_one_that_ends() {
        let pace = |json: &str| settings(json).unwrap().pace();
        assert_eq!(pace("{}"), Some(Pace { burst: 10, per_token: Duration::from_millis(500) }));
        let fast = Pace { burst: 1, per_token: Duration::ZERO };
        assert_eq!(pace(r#"{"linesAtOnce":1,"lineIntervalMs":0}"#), Some(fast));
        for unfit in [
            r#"{"linesAtOnce":0}"#,
            r#"{"linesAtOnce":1001}"#,
            r#"{"lineIntervalMs":-1}"#,
            r#"{"lineIntervalMs":60001}"#,
        ] {
            assert_eq!(pace(unfit), None, "{unfit}");
        }
    }

    #[test]
    fn a_deadline_is_some_time_from_now() {
        for millis in ["0", "-5", "1e300"] {
            let settings = settings(&format!(r#"{{"connectTimeoutMs":{millis}}}"#)).unwrap();
            assert_eq!(settings.deadline(), None, "{millis}");
        }
    }
}
