//! `packageConfig` of this platform (platforms.md 1.6).

use crate::follow::Bounds;
use footbridge_outbound::{Egress, UserAgent, UserAgentError};
use serde::Deserialize;
use std::num::NonZeroU32;
use std::time::Duration;

/// The longest time between two looks, in milliseconds: a year.
const LONGEST: u64 = 365 * 86_400_000;

/// What an operator may set.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    /// Milliseconds for a whole exchange, from the first look-up to the last byte.
    pub connect_timeout_ms: f64,
    /// How many jobs may run at once. For the gateway, which hands them out.
    pub concurrency: NonZeroU32,
    /// Fetch from private networks and from this machine too. Only `true` means yes (guard 12).
    pub allow_private_addresses: bool,
    /// Servers that may, or may not, be connected to. By default all.
    pub egress: Egress,
    /// By what name requests are made, if not by our own.
    pub user_agent: Option<String>,
    /// Milliseconds between two looks at a feed that is followed, at least.
    pub poll_interval_min_ms: u64,
    /// The same at most, where neither the feed nor its server wants more.
    pub poll_interval_max_ms: u64,
    /// How many feeds may be followed, whoever follows them.
    pub max_topics: usize,
}

impl Default for Settings {
    fn default() -> Self {
        let concurrency = NonZeroU32::new(10).expect("ten is not zero");
        Settings {
            connect_timeout_ms: 5000.0,
            concurrency,
            allow_private_addresses: false,
            egress: Egress::default(),
            user_agent: None,
            poll_interval_min_ms: Bounds::default().least,
            poll_interval_max_ms: Bounds::default().most,
            max_topics: 10_000,
        }
    }
}

impl Settings {
    /// By what name requests are made.
    pub(crate) fn user_agent(&self) -> Result<Option<UserAgent>, UserAgentError> {
        self.user_agent.as_deref().map(UserAgent::new).transpose()
    }

    /// Between which times looks at a feed are apart, if the settings make sense.
    pub(crate) fn bounds(&self) -> Option<Bounds> {
        let bounds = Bounds { least: self.poll_interval_min_ms, most: self.poll_interval_max_ms };
        (bounds.least > 0 && bounds.least <= bounds.most && bounds.most <= LONGEST).then_some(bounds)
    }

    /// The deadline of an exchange, if the setting is one.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        Duration::try_from_secs_f64(self.connect_timeout_ms / 1000.0).ok().filter(|deadline| !deadline.is_zero())
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
        assert_eq!(settings.deadline(), Some(Duration::from_secs(5)));
        assert_eq!(settings.concurrency.get(), 10);
        assert!(!settings.allow_private_addresses);
        assert_eq!(settings.bounds(), Some(Bounds { least: 300_000, most: 86_400_000 }));
        assert_eq!(settings.max_topics, 10_000);
    }

    #[test]
    fn looks_are_some_time_apart() {
        for (least, most, is_fine) in [(1, 1, true), (0, 1, false), (2, 1, false), (1, u64::MAX, false)] {
            let json = format!(r#"{{"pollIntervalMinMs":{least},"pollIntervalMaxMs":{most}}}"#);
            assert_eq!(settings(&json).unwrap().bounds().is_some(), is_fine, "{json}");
        }
    }

    #[test]
    fn each_can_be_set() {
        let set = settings(r#"{"connectTimeoutMs":250,"concurrency":2,"allowPrivateAddresses":true}"#).unwrap();
        assert_eq!(set.deadline(), Some(Duration::from_millis(250)));
        assert_eq!(set.concurrency.get(), 2);
        assert!(set.allow_private_addresses);
    }

    // guard 12
    #[test]
    fn what_is_mistyped_is_refused() {
        for json in [
            r#"{"allowPrivateAddresses":"true"}"#,
            r#"{"allowPrivateAddresses":1}"#,
            r#"{"allowPrivateAddresses":null}"#,
            r#"{"allow_private_addresses":true}"#,
            r#"{"connectTimeoutMs":"5000"}"#,
            r#"{"concurrency":0}"#,
            r#"{"userAgent":1}"#,
            r#"{"pollIntervalMinMs":-1}"#,
            r#"{"maxTopics":1.5}"#,
            r#"{"egress":{"permit":[]}}"#,
        ] {
            assert!(settings(json).is_err(), "{json}");
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
