//! Logs, and where counters are kept.
//!
//! - [`init`]: where log lines go, and which of them
//! - [`Event`]: log line and counter at once
//! - [`counters`]: the recorder behind the `metrics` crate's macros
//!
//! Lines go to standard error: standard output belongs to the readiness line and to what the command line was asked
//! for. Messages are lower case without values; values are fields. Secrets and message bodies never get here: they
//! travel as `Secret` and as bytes that nobody formats.

pub mod counters;
pub mod event;

pub use event::{Event, emit};

use std::{fmt, io::IsTerminal as _};

use tracing_subscriber::EnvFilter;

/// Least severe level that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Needs a human.
    Error,
    /// Unexpected but handled.
    Warn,
    /// Noteworthy.
    Info,
    /// For whoever looks for a fault.
    Debug,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
        })
    }
}

/// A subscriber is set already.
#[derive(Debug, thiserror::Error)]
#[error("logging is set up already")]
pub struct AlreadySet;

/// Sets up logging for the process.
///
/// Libraries log from `warn` on: at `debug` the Socket.IO engine would write every packet, message bodies included.
///
/// # Errors
/// [`AlreadySet`] at the second call.
pub fn init(level: Level) -> Result<(), AlreadySet> {
    let ours = ["app", "config", "doors", "pipeline", "runtime", "store", "supervisor"]
        .map(|name| format!("footbridge_{name}={level}"))
        .join(",");
    // The binary's own target carries no prefix.
    let filter = EnvFilter::new(format!("warn,footbridge={level},{ours}"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .try_init()
        .map_err(|_| AlreadySet)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_set_up_is_refused() {
        init(Level::Error).expect("the first");
        assert!(init(Level::Debug).is_err());
    }
}
