//! How fast the gateway behaves on which network: lines of one user, connections of all.

use std::collections::BTreeMap;
use std::time::Duration;

use footbridge_host::Rate;
use serde::Deserialize;

use crate::pacer::Pace;

/// Longest time between lines, and between connections.
const MOST: Duration = Duration::from_mins(1);

/// What an operator may set for one network.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Habits {
    /// Lines that may be sent to a server at once after a silence; 1 to 1,000.
    pub lines_at_once: Option<u32>,
    /// Milliseconds between lines once those are used up. 0: servers are written to as fast as they read.
    pub line_interval_ms: Option<f64>,
    /// Connections that all users together may begin at once after a pause; 1 to 1,000.
    pub connects_at_once: Option<u32>,
    /// Milliseconds between further ones. 0: any number at any time.
    pub connect_interval_ms: Option<f64>,
}

/// A pace that never ends, or none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}linesAtOnce and connectsAtOnce have to be 1 to 1000, lineIntervalMs and connectIntervalMs 0 to 60000")]
pub struct MannersError {
    /// Empty, or the network it is about.
    place: String,
}

/// How fast on which network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manners {
    everywhere: Manner,
    /// By host, in lower case.
    networks: BTreeMap<String, Manner>,
}

/// How fast on one network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manner {
    /// Lines of one user.
    pub lines: Pace,
    /// Connections of all users together.
    pub connects: Rate,
}

impl Manners {
    /// What holds everywhere, and what is different on some networks.
    ///
    /// # Errors
    /// If a number is out of its range.
    pub fn new(everywhere: &Habits, networks: &BTreeMap<String, Habits>) -> Result<Self, MannersError> {
        let everywhere = Manner::DEFAULT.with(everywhere).ok_or(MannersError { place: String::new() })?;
        let special = |(host, habits): (&String, &Habits)| {
            let manner = everywhere.with(habits).ok_or_else(|| MannersError { place: format!("networks.{host}: ") });
            Ok((network(host), manner?))
        };
        Ok(Self { everywhere, networks: networks.iter().map(special).collect::<Result<_, _>>()? })
    }

    /// How fast with that server.
    pub fn of(&self, server: &str) -> Manner {
        self.networks.get(&network(server)).copied().unwrap_or(self.everywhere)
    }
}

impl Manner {
    const DEFAULT: Self = Self {
        lines: Pace { burst: 10, per_token: Duration::from_millis(500) },
        connects: Rate { at_once: 20, interval: Duration::from_millis(250) },
    };

    fn with(self, habits: &Habits) -> Option<Self> {
        let burst = |number: Option<u32>, unset| Some(number.unwrap_or(unset)).filter(|it| (1..=1000).contains(it));
        let span = |millis: Option<f64>, unset| match millis {
            Some(millis) => Duration::try_from_secs_f64(millis / 1000.0).ok().filter(|span| *span <= MOST),
            None => Some(unset),
        };
        Some(Self {
            lines: Pace {
                burst: burst(habits.lines_at_once, self.lines.burst)?,
                per_token: span(habits.line_interval_ms, self.lines.per_token)?,
            },
            connects: Rate {
                at_once: burst(habits.connects_at_once, self.connects.at_once)?,
                interval: span(habits.connect_interval_ms, self.connects.interval)?,
            },
        })
    }
}

/// The name under which a network is known: its host as DNS compares it.
pub fn network(server: &str) -> String {
    server.strip_suffix('.').unwrap_or(server).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manners(everywhere: &str, networks: &str) -> Result<Manners, String> {
        let (everywhere, networks) = (serde_json::from_str(everywhere), serde_json::from_str(networks));
        Manners::new(&everywhere.unwrap(), &networks.unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_network_differs_in_what_is_said_of_it() {
        let manners = manners(
            r#"{"linesAtOnce": 5, "connectIntervalMs": 1000}"#,
            r#"{"IRC.example": {"lineIntervalMs": 2000, "connectsAtOnce": 1}}"#,
        );
        let manners = manners.unwrap();
        let everywhere = manners.of("irc.other");
        assert_eq!(everywhere.lines, Pace { burst: 5, per_token: Duration::from_millis(500) });
        assert_eq!(everywhere.connects, Rate { at_once: 20, interval: Duration::from_secs(1) });
        let there = manners.of("irc.Example.");
        assert_eq!(there.lines, Pace { burst: 5, per_token: Duration::from_secs(2) });
        assert_eq!(there.connects, Rate { at_once: 1, interval: Duration::from_secs(1) });
    }

    #[test]
    fn a_pace_is_one_that_ends() {
        assert!(manners(r#"{"linesAtOnce":1,"lineIntervalMs":0}"#, "{}").is_ok());
        for unfit in [
            r#"{"linesAtOnce":0}"#,
            r#"{"linesAtOnce":1001}"#,
            r#"{"lineIntervalMs":-1}"#,
            r#"{"lineIntervalMs":60001}"#,
            r#"{"connectsAtOnce":0}"#,
            r#"{"connectIntervalMs":1e300}"#,
        ] {
            assert!(manners(unfit, "{}").unwrap_err().starts_with("linesAtOnce and "), "{unfit}");
            let named = manners("{}", &format!(r#"{{"irc.example":{unfit}}}"#)).unwrap_err();
            assert!(named.starts_with("networks.irc.example: linesAtOnce and "), "{named}");
        }
    }
}
