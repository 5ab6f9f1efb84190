//! What an operator should know at the start although it does not prevent it.

use std::fmt;

/// A warning for the log. Its text never holds a setting's value, except the entries of an origin list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A setting was given that this build does nothing with.
    Ignored {
        /// Its path in the file.
        path: &'static str,
        /// Why nothing comes of it.
        reason: &'static str,
    },
    /// A Redis outlives the key that seals what is in it.
    NoKey,
    /// No entry of `sockethub.cors.origin` is usable.
    NoOrigin,
    /// Client addresses are taken from a header (core.md 3.4).
    ProxyHeader {
        /// Its name.
        header: String,
    },
    /// An argument that belongs to no flag.
    UnknownArgument {
        /// As given.
        argument: String,
    },
    /// A flag that does not exist (core 114).
    UnknownFlag {
        /// With its dashes, without a value.
        flag: String,
    },
    /// An entry of `sockethub.cors.origin` that is no origin.
    UnusableOrigin {
        /// As given.
        entry: String,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ignored { path, reason } => write!(f, "{path}: {reason}; ignored"),
            Self::NoKey => f.write_str(
                "encryption.key: not set; what is in Redis cannot be opened after a restart, nor by another gateway",
            ),
            Self::NoOrigin => f.write_str("sockethub.cors.origin: names no usable origin, so no page may connect"),
            Self::ProxyHeader { header } => {
                write!(f, "credentialCheck: client addresses are taken from the header '{header}'; ")?;
                f.write_str("make sure that only your proxy can set it")
            }
            Self::UnknownArgument { argument } => write!(f, "argument '{argument}' has no meaning here; ignored"),
            Self::UnknownFlag { flag } => write!(f, "unknown flag {flag}; ignored"),
            Self::UnusableOrigin { entry } => {
                write!(f, "sockethub.cors.origin: '{entry}' is no origin such as https://app.example; left out")
            }
        }
    }
}
