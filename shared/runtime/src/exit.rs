//! Exit codes.

use std::process::ExitCode;

/// How a process ends, towards whoever started it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Asked to stop, and all work ended in time: 0.
    Done,
    /// Something went wrong that may go right next time, at start (port in use) or later: 1.
    Failed,
    /// Stopped with work unfinished, because of a second signal or because the drain took too long: 75,
    /// `EX_TEMPFAIL` of sysexits.
    Forced,
    /// Settings, files or flags are wrong, and another start would fail alike: 78, `EX_CONFIG`.
    Misconfigured,
}

impl Exit {
    /// The code that the process ends with.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Forced => 75,
            Self::Misconfigured => 78,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // core 91, 114: whoever starts the gateway decides on these numbers.
    #[test]
    fn codes_are_stable() {
        let codes = [Exit::Done, Exit::Failed, Exit::Forced, Exit::Misconfigured].map(Exit::code);
        assert_eq!(codes, [0, 1, 75, 78]);
    }
}
