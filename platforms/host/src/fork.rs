//! Forking: the only `unsafe` of the project, behind functions that are safe to call.
#![expect(unsafe_code, reason = "no safe wrapper of fork exists; why these calls are sound is written at each")]

use std::{fs, io, os::unix::fs::MetadataExt};

use nix::{
    libc,
    unistd::{ForkResult, Pid, fork as unsafe_fork},
};

/// Links of `/proc/self/task` in a process of one thread: itself, its parent, and a folder for the thread.
const LINKS: u64 = 3;

/// In which of the two processes a fork has returned.
#[derive(Debug)]
pub(crate) enum Fork {
    /// The new one.
    Child,
    /// The old one.
    Parent(Pid),
}

/// Forks the process.
///
/// # Errors
/// The operating system's; also when the process has more than one thread, or hides how many it has.
pub(crate) fn fork() -> io::Result<Fork> {
    if fs::metadata("/proc/self/task")?.nlink() != LINKS {
        return Err(io::Error::other("it has more threads than one"));
    }
    // SAFETY: what makes forking unsafe is other threads, whose locks, the allocator's among them, would be held for
    // ever in the child. There are none: this thread is the only one, as was just seen, and nobody else could start
    // another in between.
    match unsafe { unsafe_fork() }? {
        ForkResult::Child => Ok(Fork::Child),
        ForkResult::Parent { child } => Ok(Fork::Parent(child)),
    }
}

/// Ends the process at once: nothing is flushed, no handler runs.
pub(crate) fn leave(code: i32) -> ! {
    // SAFETY: `_exit` has no preconditions. It runs no code of this process, so there is nothing to be torn.
    unsafe { libc::_exit(code) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_of_several_threads_is_not_forked() {
        // A test has a thread of its own beside the main one.
        let error = fork().expect_err("two threads");
        assert!(error.to_string().contains("threads"), "{error}");
    }
}
