//! What prevents a start.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::kind::Fault;

/// One reason not to start. Its text names the key, the place it was read from, and what is wrong, but no value
/// that could be a secret.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// Two settings of which only one can be meant.
    #[error("{one} and {other}: only one of them may be set")]
    Exclusive {
        /// Path of the one.
        one: &'static str,
        /// Path of the other.
        other: &'static str,
    },
    /// `--write-config` found a file in its place, and left it as it is.
    #[error("refusing to overwrite existing file: {}", .file.display())]
    Exists {
        /// Absolute path.
        file: PathBuf,
    },
    /// A file was named that does not exist.
    #[error("Config file not found: {}", .file.display())]
    FileNotFound {
        /// As named.
        file: PathBuf,
    },
    /// A setting that means nothing without another.
    #[error("{path}: needs {needs}, which is not set")]
    Incomplete {
        /// Its path.
        path: &'static str,
        /// Path of the other.
        needs: &'static str,
    },
    /// A flag stands without its value.
    #[error("{flag} requires {what}")]
    MissingValue {
        /// With its dashes.
        flag: String,
        /// What was expected.
        what: &'static str,
    },
    /// An argument is not Unicode.
    #[error("argument '{argument}' is not valid UTF-8")]
    NotUnicode {
        /// With the unreadable parts replaced.
        argument: String,
    },
    /// The process is to be something that this build cannot be.
    #[error("--role: this build runs all parts in one process, so 'all' is the only role, not '{role}'")]
    Role {
        /// As given.
        role: String,
    },
    /// A flag that exercises Sentry, which is not there (core.md 9.4).
    #[error("Sentry is not configured; {consequence}")]
    Sentry {
        /// What therefore did not happen.
        consequence: &'static str,
    },
    /// The file is not JSON.
    #[error("{}: {reason}", .file.display())]
    Syntax {
        /// As named.
        file: PathBuf,
        /// Why, with line and column.
        #[source]
        reason: serde_json::Error,
    },
    /// No such setting.
    #[error("configuration param '{key}' not declared in the schema{}{at}", hint(.meant.as_deref()))]
    Undeclared {
        /// Path of keys.
        key: String,
        /// The setting that was probably meant.
        meant: Option<String>,
        /// Where it is written.
        at: Place,
    },
    /// A value that its setting does not take.
    #[error("{key}: {fault}{at}")]
    Unfit {
        /// Path of keys.
        key: String,
        /// Why.
        fault: Fault,
        /// Where it is written.
        at: Place,
    },
    /// A platform has no such setting.
    #[error("{key}: unknown key{}{at}", hint(.meant.as_deref()))]
    UnknownKey {
        /// Path of keys.
        key: String,
        /// The key that was probably meant.
        meant: Option<String>,
        /// Where it is written.
        at: Place,
    },
    /// The file cannot be read.
    #[error("cannot read {}: {reason}", .file.display())]
    Unreadable {
        /// As named.
        file: PathBuf,
        /// Why.
        #[source]
        reason: io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write {}: {reason}", .file.display())]
    Unwritable {
        /// Absolute path.
        file: PathBuf,
        /// Why.
        #[source]
        reason: io::Error,
    },
}

/// Where a value was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the configuration file.
    File {
        /// As named.
        file: PathBuf,
        /// Line of the value, from 1.
        line: usize,
        /// Column of the value in characters, from 1.
        column: usize,
    },
    /// In a flag.
    Flag(&'static str),
    /// In an environment variable.
    Variable(&'static str),
}

// === impl Place ===

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, line, column } => write!(f, " ({}:{line}:{column})", file.display()),
            Self::Flag(name) => write!(f, " (flag --{name})"),
            Self::Variable(name) => write!(f, " (environment variable {name})"),
        }
    }
}

fn hint(meant: Option<&str>) -> String {
    meant.map(|name| format!("; did you mean '{name}'?")).unwrap_or_default()
}
