//! What of the system a worker gives up, and what came of it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a worker is to give up before it opens its platform. The default gives up nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confine {
    /// Whether files and system calls are closed to it.
    pub mode: Mode,
    /// Bytes of memory it may write to; `None`: any number.
    pub memory: Option<u64>,
    /// Files and sockets it may have open; `None`: what the gateway may.
    pub open_files: Option<u64>,
    /// Seconds of CPU time it may use in a minute; `None`: any number.
    pub cpu_seconds: Option<u64>,
}

/// How much a worker insists on being confined (`sandbox.mode`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// Not at all; only its limits hold.
    #[default]
    Off,
    /// As far as the kernel can.
    Preferred,
    /// Wholly, or it refuses to start.
    Required,
}

/// What holds a worker, by its own account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confinement {
    /// Files, TCP ports, signals to others and abstract sockets (landlock).
    pub files: Files,
    /// Whether the system calls that no worker needs are refused (seccomp).
    pub calls: bool,
    /// Whether every limit that was wanted is set.
    pub limits: bool,
}

/// Whether the file system is closed to a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Files {
    /// All but what it must read.
    Enforced,
    /// As far as an older kernel knows how.
    Partly,
    /// It is open.
    Absent,
}

impl Confinement {
    /// A worker that nothing holds but its limits.
    pub const NONE: Self = Self { files: Files::Absent, calls: false, limits: true };

    /// Whether nothing that was to be closed is open.
    pub fn is_full(&self) -> bool {
        self.files == Files::Enforced && self.calls && self.limits
    }
}

/// For logs and last words: `files partly, system calls yes, limits yes`.
impl fmt::Display for Confinement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files = match self.files {
            Files::Enforced => "yes",
            Files::Partly => "partly",
            Files::Absent => "no",
        };
        let said = |held| if held { "yes" } else { "no" };
        write!(f, "files {files}, system calls {}, limits {}", said(self.calls), said(self.limits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_wholly_closed_is_full() {
        let full = Confinement { files: Files::Enforced, calls: true, limits: true };
        assert!(full.is_full());
        let lacking = [
            Confinement { files: Files::Partly, ..full },
            Confinement { calls: false, ..full },
            Confinement { limits: false, ..full },
            Confinement::NONE,
        ];
        assert!(lacking.iter().all(|confinement| !confinement.is_full()));
        assert_eq!(lacking[0].to_string(), "files partly, system calls yes, limits yes");
    }
}
