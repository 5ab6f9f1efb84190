//! What a worker gives up before its platform is opened.
//!
//! - `limits`: memory, open files, core dumps; CPU time as a quota per minute
//! - `files`: the file system, listening, signals to others (landlock)
//! - `calls`: system calls that no platform needs (seccomp)
//!
//! All of it lasts until the process ends and cannot be taken back. It holds the calling thread and every thread that is
//! started later, so it is applied while there is one: name look-ups block on threads of their own.

mod calls;
mod files;
mod limits;

use footbridge_wire::{Confine, Confinement, Files, Mode};
use nix::sys::prctl::set_no_new_privs;

pub(crate) use self::limits::{Quota, next_minute};
use crate::Ending;

/// Gives up what is wanted. What came of it, and what has to be renewed each minute.
///
/// # Errors
/// [`Ending::Unconfined`] when everything is required and something is not to be had.
pub(crate) fn enter(wanted: Confine) -> Result<(Confinement, Option<Quota>), Ending> {
    let limited = limits::lower(&wanted);
    let quota = wanted.cpu_seconds.map(Quota::start).transpose();
    let limits = limited.is_ok() && quota.is_ok();
    let confinement = match wanted.mode {
        Mode::Off => Confinement { limits, ..Confinement::NONE },
        Mode::Preferred | Mode::Required => Confinement { limits, ..close() },
    };
    judge(wanted.mode, confinement)?;
    Ok((confinement, quota.unwrap_or_default()))
}

/// Closes the file system, then the calls that would open it again. What the kernel does not know stays open.
fn close() -> Confinement {
    // Landlock and seccomp ask for it; without it a set-user-ID program would start with the rights of its owner.
    let _ = set_no_new_privs();
    let files = files::close().unwrap_or(Files::Absent);
    Confinement { files, calls: calls::forbid().is_ok(), ..Confinement::NONE }
}

fn judge(mode: Mode, confinement: Confinement) -> Result<(), Ending> {
    if mode == Mode::Required && !confinement.is_full() {
        return Err(Ending::Unconfined(confinement));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_required_confinement_that_lacks_something_refuses_to_start() {
        let full = Confinement { files: Files::Enforced, calls: true, limits: true };
        let lacking = Confinement { files: Files::Partly, ..full };
        judge(Mode::Required, full).expect("nothing is lacking");
        judge(Mode::Preferred, lacking).expect("not insisted on");
        judge(Mode::Off, Confinement::NONE).expect("not wanted");
        let refused = judge(Mode::Required, lacking).expect_err("insisted on");
        assert_eq!(refused.code(), 64);
        let words = refused.last_words().expect("the gateway is told");
        assert!(words.contains("sandbox.mode") && words.contains("files partly"), "{words}");
    }
}
