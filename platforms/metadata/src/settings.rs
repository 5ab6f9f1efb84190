//! `packageConfig` of this platform (platforms.md 1.6).

use footbridge_outbound::{Egress, UserAgent, UserAgentError};
use serde::Deserialize;
use std::num::NonZeroU32;

/// How requests for pages are signed (platforms.md 6.3).
const USER_AGENT: &str =
    concat!("Mozilla/5.0 (compatible; SockethubBot/", env!("CARGO_PKG_VERSION"), "; +https://sockethub.org)");
/// And those for posts on Reddit, which refuses others (platforms.md 6.5).
const COMPAT_USER_AGENT: &str = "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)";

/// What an operator may set.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Settings {
    /// Fetch from private networks and from this machine too. Only `true` means yes (guard 12).
    pub allow_private_addresses: bool,
    /// How many jobs may run at once. For the gateway, which hands them out.
    pub concurrency: NonZeroU32,
    /// Servers that may, or may not, be connected to. By default all.
    pub egress: Egress,
    /// By what name requests are made.
    pub user_agent: String,
    /// By what name they are made where the other one is known to be refused.
    pub compat_user_agent: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            allow_private_addresses: false,
            concurrency: NonZeroU32::new(10).expect("ten is not zero"),
            egress: Egress::default(),
            user_agent: USER_AGENT.to_owned(),
            compat_user_agent: COMPAT_USER_AGENT.to_owned(),
        }
    }
}

impl Settings {
    pub(crate) fn user_agent(&self) -> Result<UserAgent, UserAgentError> {
        UserAgent::new(&self.user_agent)
    }

    pub(crate) fn compat_user_agent(&self) -> Result<UserAgent, UserAgentError> {
        UserAgent::new(&self.compat_user_agent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(json: &str) -> Result<Settings, serde_json::Error> {
        serde_json::from_str(json)
    }

    // metadata 19
    #[test]
    fn nothing_set_means_the_defaults() {
        let settings = settings("{}").unwrap();
        assert!(!settings.allow_private_addresses);
        assert_eq!(settings.concurrency.get(), 10);
        assert!(
            settings.user_agent.contains("SockethubBot/") && settings.user_agent.contains("+https://sockethub.org")
        );
        assert!(settings.user_agent().is_ok() && settings.compat_user_agent().is_ok());
    }

    #[test]
    fn each_can_be_set() {
        let set = settings(
            r#"{"allowPrivateAddresses":true,"concurrency":2,"egress":{"deny":["*.bank.example"]},"userAgent":"A/1",
                "compatUserAgent":"B/2"}"#,
        )
        .unwrap();
        assert!(set.allow_private_addresses && set.concurrency.get() == 2);
        assert_eq!((set.user_agent.as_str(), set.compat_user_agent.as_str()), ("A/1", "B/2"));
        assert_eq!(set.egress, Egress::new(&[], &["*.bank.example"]).unwrap());
    }

    // guard 12
    #[test]
    fn what_is_mistyped_is_refused() {
        for json in [
            r#"{"allowPrivateAddresses":"true"}"#,
            r#"{"allowPrivateAddresses":1}"#,
            r#"{"connectTimeoutMs":5000}"#,
            r#"{"concurrency":0}"#,
            r#"{"userAgent":null}"#,
            r#"{"egress":{"permit":[]}}"#,
        ] {
            assert!(settings(json).is_err(), "{json}");
        }
    }
}
