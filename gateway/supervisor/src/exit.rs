//! How an instance ended, and what clients read of it.

use std::{io, os::unix::process::ExitStatusExt as _, process::ExitStatus};

use footbridge_schemas::PlatformId;
use footbridge_telemetry::emit;
use footbridge_wire::{InstanceKey, frame::FrameError};
use nix::sys::signal::Signal;

use crate::events::{LimitHit, Violation};

/// Why an instance is no more.
#[derive(Debug)]
pub enum Exit {
    /// The gateway asked it to, because it is stopping itself.
    Stopped,
    /// Nobody was here, or there was nothing to do, for the linger time.
    Idle,
    /// The first credential verb failed: the instance is useless and makes room for a retry (core.md 4.4).
    Unconnected,
    /// A new worker could not be connected as the one before was; here is why.
    Unrestored(String),
    /// The process ended by itself.
    Crashed {
        /// What the worker could still say: the text of its uncaught error.
        last_words: Option<String>,
        /// Exit code; `None` when a signal ended it.
        code: Option<i32>,
    },
    /// It was ended for a system call that workers must not make (SIGSYS).
    Forbidden,
    /// It used up its CPU time (SIGXCPU).
    Exhausted,
    /// It aborted (SIGABRT): there was no more memory for it, or a bug. Its standard error says which.
    Aborted,
    /// The process could not be spawned.
    Unspawned(io::Error),
    /// It did not greet in time.
    Late,
    /// It greeted as something else.
    Stranger {
        /// Frame version it speaks.
        version: u32,
        /// Platform it claims to be.
        platform: String,
    },
    /// It did not get ready, while others of its pool serve: nothing depends on it. Here is why.
    Spare(Box<Self>),
    /// Its heartbeat stopped.
    Silent,
    /// A job that it was given by itself did not end in time; others are to be tried, and it may be blocked.
    Overdue,
    /// It wrote something that is no frame.
    Garbled(FrameError),
}

impl Exit {
    /// An ended process: what it said last and its status. What it could still say counts more than its limits.
    pub(crate) fn crashed(last_words: Option<String>, status: Option<ExitStatus>) -> Self {
        let signal = status.and_then(|status| status.signal()).and_then(|number| Signal::try_from(number).ok());
        match (signal, last_words) {
            (Some(Signal::SIGSYS), _) => Self::Forbidden,
            (Some(Signal::SIGXCPU), None) => Self::Exhausted,
            (Some(Signal::SIGABRT), None) => Self::Aborted,
            (_, last_words) => Self::Crashed { last_words, code: status.and_then(|status| status.code()) },
        }
    }

    /// Tells whoever runs the gateway of an end at the confinement or at a limit.
    pub(crate) fn report(&self, platform: &PlatformId, instance: &InstanceKey) {
        match self {
            Self::Forbidden => emit(Violation { platform, instance }),
            Self::Exhausted => {
                let hint = "a worker used more CPU time than limits.workerCpuSecondsPerMinute allows";
                emit(LimitHit { platform, instance, hint });
            }
            Self::Aborted => {
                let hint =
                    "a worker aborted; if its standard error speaks of memory, limits.workerMemoryBytes is what it had";
                emit(LimitHit { platform, instance, hint });
            }
            Self::Spare(why) => why.report(platform, instance),
            _ => {}
        }
    }

    /// The text for every job the instance held and for every session attached to it (core.md 4.6, 4.7, 5.4).
    pub fn client_text(&self) -> String {
        match self {
            Self::Stopped => "gateway shutting down".into(),
            Self::Unconnected => "queue closed".into(),
            Self::Crashed { last_words: Some(words), .. } | Self::Unrestored(words) => words.clone(),
            Self::Crashed { last_words: None, code } => {
                let code = code.map_or_else(|| "null".into(), |code| code.to_string());
                format!("Error: session thread closed unexpectedly: {code}")
            }
            // To clients these are crashes like any other: ended by a signal.
            Self::Forbidden | Self::Exhausted | Self::Aborted => {
                Self::Crashed { last_words: None, code: None }.client_text()
            }
            _ if self.is_hopeless() => "platform process could not be started".into(),
            _ => "platform process terminated".into(),
        }
    }

    /// Whether attached sessions are told by a `message` event: everything that nobody asked for.
    pub fn is_failure(&self) -> bool {
        !matches!(self, Self::Stopped | Self::Idle | Self::Unconnected)
    }

    /// Whether the next worker would fare no better: the platform's waiting jobs need not try.
    pub fn is_hopeless(&self) -> bool {
        matches!(self, Self::Unspawned(_) | Self::Late | Self::Stranger { .. })
    }

    /// Whether another worker may fare better: a fault, and none of its making. One that broke out of its confinement
    /// may have been made to, by somebody who would do it again.
    pub fn may_pass(&self) -> bool {
        self.is_failure() && !matches!(self, Self::Stranger { .. } | Self::Forbidden)
    }

    /// One word for logs and counters.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Idle => "idle",
            Self::Unconnected => "unconnected",
            Self::Unrestored(_) => "unrestored",
            Self::Crashed { .. } => "crashed",
            Self::Forbidden => "forbidden",
            Self::Exhausted => "cpu",
            Self::Aborted => "aborted",
            Self::Unspawned(_) => "unspawned",
            Self::Late => "late",
            Self::Stranger { .. } => "stranger",
            Self::Spare(why) => why.reason(),
            Self::Silent => "silent",
            Self::Overdue => "overdue",
            Self::Garbled(_) => "garbled",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_read_the_texts_of_the_contract() {
        let crashed = |last_words: Option<&str>, code| Exit::Crashed { last_words: last_words.map(Into::into), code };
        for (exit, text) in [
            (crashed(None, Some(1)), "Error: session thread closed unexpectedly: 1"), // core 85
            (crashed(None, None), "Error: session thread closed unexpectedly: null"),
            (crashed(Some("TypeError: x"), Some(1)), "TypeError: x"),
            (Exit::Silent, "platform process terminated"),
            (Exit::Stopped, "gateway shutting down"),
            (Exit::Late, "platform process could not be started"),
        ] {
            assert_eq!(exit.client_text(), text);
        }
    }

    #[test]
    fn the_signal_tells_a_forbidden_call_and_a_limit_from_a_crash() {
        let gone = "Error: session thread closed unexpectedly: null";
        for (signal, words, reason, text) in [
            (Signal::SIGSYS, None, "forbidden", gone),
            (Signal::SIGSYS, Some("goodbye"), "forbidden", gone),
            (Signal::SIGXCPU, None, "cpu", gone),
            (Signal::SIGABRT, None, "aborted", gone),
            (Signal::SIGABRT, Some("Error: a panic"), "crashed", "Error: a panic"),
            (Signal::SIGKILL, None, "crashed", gone),
        ] {
            let exit = Exit::crashed(words.map(Into::into), Some(ExitStatus::from_raw(signal as i32)));
            assert_eq!((exit.reason(), &*exit.client_text()), (reason, text), "{signal}");
            assert!(exit.is_failure() && !exit.is_hopeless(), "{signal}");
        }
    }

    #[test]
    fn what_its_pool_can_do_without_is_told_by_its_cause_and_ends_no_lane() {
        let exit = Exit::Spare(Box::new(Exit::Late));
        assert_eq!((exit.reason(), exit.is_hopeless(), exit.is_failure()), ("late", false, true));
    }

    #[test]
    fn only_what_nobody_asked_for_is_told_to_sessions() {
        assert!(Exit::Silent.is_failure());
        assert!(!Exit::Idle.is_failure());
        assert!(!Exit::Stopped.is_failure());
    }
}
