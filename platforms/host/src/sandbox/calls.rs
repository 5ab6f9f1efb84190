//! System calls that no platform needs.
//!
//! A list of what is refused, not of what is allowed: allowed is whatever the C library and the runtime use on any
//! machine, which changes with both. Most of the list ends the process, since nothing but a platform that has been
//! taken over makes these calls. Some are answered with an error, because libraries try them in good faith.
//!
//! What a filter cannot see is what an argument points to: paths, addresses. Those are for `files`.

mod refused;

use std::{collections::BTreeMap, env::consts::ARCH};

use nix::libc;
use seccompiler::{BackendError, BpfProgram, Error, SeccompAction, SeccompFilter, SeccompRule, apply_filter};

/// Rules by number of the call; a call without rules is refused whatever its arguments.
type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Refuses what is on the lists to this thread and to those it starts. The strictest answer of several filters counts.
pub(super) fn forbid() -> Result<(), Error> {
    let here = nix::unistd::getpid();
    apply_filter(&program(refused::as_unknown(), errno(libc::ENOSYS))?)?;
    apply_filter(&program(refused::as_not_permitted()?, errno(libc::EACCES))?)?;
    apply_filter(&program(refused::for_good(here)?, SeccompAction::KillProcess)?)
}

fn errno(number: i32) -> SeccompAction {
    SeccompAction::Errno(number.unsigned_abs())
}

fn program(rules: Rules, answer: SeccompAction) -> Result<BpfProgram, BackendError> {
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, answer, ARCH.try_into()?)?;
    let mut program: BpfProgram = filter.try_into()?;
    program.splice(AFTER_ARCHITECTURE..AFTER_ARCHITECTURE, second_table());
    Ok(program)
}

/// A program begins with three instructions that end a process of another architecture.
const AFTER_ARCHITECTURE: usize = 3;

/// Ends a process that uses the second table of calls of `x86_64` (x32). It is of the same architecture, and has every
/// call again under another number, so that a list by number would not see them. Elsewhere no number is that large.
fn second_table() -> [seccompiler::sock_filter; 3] {
    const FIRST: u32 = 0x4000_0000;
    let instruction = |code: u32, jt, jf, k| seccompiler::sock_filter {
        code: u16::try_from(code).expect("codes of instructions are small"),
        jt,
        jf,
        k,
    };
    [
        // The call's number is the first word of what a filter is given.
        instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0),
        // Not smaller: the next instruction; else the one after it.
        instruction(libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K, 0, 1, FIRST),
        instruction(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_KILL_PROCESS),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_is_a_program_of_the_kernels_kind() {
        let here = nix::unistd::getpid();
        for (rules, answer) in [
            (refused::as_unknown(), errno(libc::ENOSYS)),
            (refused::as_not_permitted().expect("conditions that hold together"), errno(libc::EACCES)),
            (refused::for_good(here).expect("conditions that hold together"), SeccompAction::KillProcess),
        ] {
            let calls = rules.len();
            let program = program(rules, answer).expect("a program");
            // An instruction that compares, and at least one that answers, per call.
            assert!(program.len() > 2 * calls);
            assert_eq!(program[AFTER_ARCHITECTURE - 1].k, libc::SECCOMP_RET_KILL_PROCESS);
        }
    }
}
