//! Limits of one process: memory, open files, core dumps, CPU time.
//!
//! There is no limit on processes. `RLIMIT_NPROC` counts all processes of the *user*, so that the limit of one worker
//! would be used up by the others, and by whatever else runs as that user; forking is refused by `calls` instead.

use std::time::Duration;

use footbridge_wire::{Confine, Mode};
use nix::sys::{
    resource::{Resource, UsageWho, getrlimit, getrusage, rlim_t, setrlimit},
    time::TimeValLike,
};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

/// Addresses beyond the memory that may be written to: programs and libraries, and what is reserved without being
/// used. The allocator reserves 64 MiB for each of the first threads and does without where that is refused.
const RESERVED: u64 = 1024 * 1024 * 1024;
/// What a quota of CPU time is for.
const MINUTE: Duration = Duration::from_mins(1);

/// Lowers all limits, also as far as the worker itself could raise them.
pub(super) fn lower(wanted: &Confine) -> nix::Result<()> {
    if wanted.mode != Mode::Off {
        // A dump would hold credentials in the clear.
        set(Resource::RLIMIT_CORE, 0)?;
    }
    if let Some(memory) = wanted.memory {
        // What counts is memory that may become the process's own: `RLIMIT_DATA` counts each page that it may write
        // to, stacks of threads among them, and none that is merely reserved. `RLIMIT_AS` alone would count both, so a
        // limit that bounds real memory would refuse harmless reservations; it is there for shared memory, which the
        // other does not count.
        set(Resource::RLIMIT_DATA, memory)?;
        set(Resource::RLIMIT_AS, memory.saturating_add(RESERVED))?;
    }
    wanted.open_files.map_or(Ok(()), |files| set(Resource::RLIMIT_NOFILE, files))
}

fn set(resource: Resource, limit: u64) -> nix::Result<()> {
    let (_, hard) = getrlimit(resource)?;
    let limit = limit.min(hard);
    setrlimit(resource, limit, limit)
}

/// CPU time as so many seconds per minute: the limit, which counts from the start of the process, is moved forward
/// each minute. A loop that is too busy to do so, or that used more, is ended by SIGXCPU.
pub(crate) struct Quota {
    seconds: u64,
    minute: Interval,
}

impl Quota {
    /// Grants the first minute.
    pub(super) fn start(seconds: u64) -> nix::Result<Self> {
        grant(seconds)?;
        let mut minute = interval_at(Instant::now() + MINUTE, MINUTE);
        // Minutes that were missed are not granted afterwards.
        minute.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self { seconds, minute })
    }
}

/// Waits for the next minute and grants it. Never resolves where there is no quota.
pub(crate) async fn next_minute(quota: Option<&mut Quota>) {
    match quota {
        Some(quota) => {
            quota.minute.tick().await;
            // What cannot be granted ends the worker when the last grant is used up.
            let _ = grant(quota.seconds);
        }
        None => std::future::pending().await,
    }
}

/// The hard limit stays, as what was lowered could not be moved forward again.
fn grant(seconds: u64) -> nix::Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_CPU)?;
    setrlimit(Resource::RLIMIT_CPU, used()?.saturating_add(seconds).min(hard), hard)
}

/// Seconds of CPU time used so far, begun ones included.
fn used() -> nix::Result<rlim_t> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let used = (usage.user_time() + usage.system_time()).num_milliseconds();
    Ok(rlim_t::try_from(used).unwrap_or(0).div_ceil(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_has_run_has_used_a_begun_second() {
        assert!(used().expect("every process may ask") >= 1);
    }
}
