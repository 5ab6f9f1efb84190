//! How a worker ends.

use std::io;

use footbridge_wire::{Confinement, VERSION, frame::FrameError};

use crate::OpenError;

/// Exit code of a worker that refuses to start: trying again would not help (`EX_USAGE`).
pub(crate) const REFUSED: u8 = 64;

/// Why the loop of a worker ended.
#[derive(Debug, thiserror::Error)]
pub enum Ending {
    /// The gateway asked for it.
    #[error("stopped")]
    Stopped,
    /// The gateway's end of the socket is closed.
    #[error("the gateway is gone")]
    ParentGone,
    /// The socket failed.
    #[error("the gateway's socket failed: {0}")]
    Cut(#[from] io::Error),
    /// The gateway wrote something that is no frame.
    #[error(transparent)]
    Garbled(#[from] FrameError),
    /// The gateway said something out of turn.
    #[error("unexpected frame: {0}")]
    OutOfTurn(&'static str),
    /// The gateway is of another build.
    #[error("the gateway speaks version {0} of the frames, this worker {VERSION}")]
    Version(u32),
    /// Confinement was required and is not to be had.
    #[error(
        "sandbox.mode is required, but a worker cannot be fully confined here ({0}); that takes Linux 6.12 with landlock \
         and seccomp, else set sandbox.mode to preferred"
    )]
    Unconfined(Confinement),
    /// The platform's settings are not what it accepts.
    #[error("settings of {platform}: {cause}")]
    Settings {
        /// Which platform.
        platform: &'static str,
        /// What is wrong where.
        cause: serde_path_to_error::Error<serde_json::Error>,
    },
    /// The platform could not be opened.
    #[error("{platform} could not be opened: {cause}")]
    Unopened {
        /// Which platform.
        platform: &'static str,
        /// Why.
        cause: OpenError,
    },
    /// A panic, or an error the platform itself let go uncaught.
    #[error("{0}")]
    Uncaught(String),
}

impl Ending {
    /// The exit code of the process: 0 asked to, 64 refused to start, 1 everything else.
    pub fn code(&self) -> u8 {
        match self {
            Self::Stopped => 0,
            Self::Version(_) | Self::Unconfined(_) | Self::Settings { .. } | Self::Unopened { .. } => REFUSED,
            _ => 1,
        }
    }

    /// What the gateway, and through it each attached session, is told; `None` where there is nobody to tell or
    /// nothing to say.
    pub(crate) fn last_words(&self) -> Option<String> {
        match self {
            Self::Stopped | Self::ParentGone | Self::Cut(_) => None,
            Self::Uncaught(text) => Some(text.clone()),
            other => Some(format!("Error: {other}")),
        }
    }
}
