//! `logging`: how much the gateway tells.

use serde::Deserialize;

use crate::kind::Kind;
use crate::setting::{Fallback, Setting};

const LEVELS: Kind = Kind::Choice(&["error", "warn", "info", "debug"]);
const STDOUT_ONLY: &str = "this build logs to standard error only";

pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new("logging.level", LEVELS, Fallback::Text("info"), "Least important level that is logged")
        .variable("LOG_LEVEL"),
    Setting::new("logging.fileLevel", LEVELS, Fallback::Text("debug"), "The same for the log file")
        .variable("LOG_FILE_LEVEL")
        .ignored_because(STDOUT_ONLY),
    Setting::new("logging.file", Kind::Text, Fallback::Text("sockethub.log"), "Path of the log file; empty: none")
        .variable("LOG_FILE")
        .ignored_because(STDOUT_ONLY),
];

/// What is logged (core.md 10.1).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Logging {
    /// Least important level that is logged.
    pub level: Level,
}

/// Importance of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Everything.
    Debug,
    /// Failures only.
    Error,
    /// What an operator follows.
    Info,
    /// What an operator should look at.
    Warn,
}

// === impl Level ===

impl Level {
    /// The name, in the lower case that `tracing` filters read.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Error => "error",
            Self::Info => "info",
            Self::Warn => "warn",
        }
    }
}
