//! Starting a worker process: cleared environment, one inherited socket, nothing else.
//!
//! There are two ways, and a worker cannot be told by which it came (`tests/spawner.rs`):
//!
//! - *exec*: the binary is started anew for each worker;
//! - *nursery*: it is started once, and each worker is forked from that process, which takes about half the
//!   time and half the memory. Whatever is wrong with the nursery, the worker is started by exec instead.

use std::{
    io,
    os::{fd::OwnedFd, unix::net::UnixStream as StdStream},
    path::Path,
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use footbridge_telemetry::emit;
use tokio::{
    net::UnixStream,
    process::{Child, Command},
    time::Instant,
};

use crate::{
    events::NurseryFailed,
    launch::Launch,
    nursery::{self, Nursery},
    process::Process,
};

/// How workers are started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Method {
    /// Forked from a process of their platform that is started with the first of them. Falls back on [`Method::Exec`].
    #[default]
    Nursery,
    /// Each by itself.
    Exec,
}

/// Starts the workers of one platform. Cheap to clone; clones share a nursery.
#[derive(Debug, Clone)]
pub struct Spawner {
    method: Method,
    nursery: Arc<Mutex<Slot>>,
}

/// The place of the nursery.
#[derive(Debug, Default)]
struct Slot {
    nursery: Option<Nursery>,
    patience: Patience,
}

impl Spawner {
    /// A spawner that has started nothing yet.
    pub fn new(method: Method) -> Self {
        Self { method, nursery: Arc::default() }
    }

    /// Starts a worker. Its standard input is one end of a socket pair, whose other end is returned.
    ///
    /// It leads its own process group, so that a signal to the gateway's terminal does not reach it before it was asked
    /// to clean up. It dies with the gateway: by the parent-death signal it sets itself, and by the end of file on its
    /// socket. The former comes when the *thread* that is its parent ends, so this must be called from a thread that
    /// stays, as those of the runtime are, never from `spawn_blocking`.
    ///
    /// # Errors
    /// The operating system's: there is no such program, or no process to be had.
    pub async fn spawn(&self, launch: &Launch) -> io::Result<(Process, UnixStream)> {
        if let Some(nursery) = self.nursery(launch) {
            let (ours, theirs) = pair()?;
            if let Ok(process) = nursery.fork(theirs).await {
                return Ok((process, ours));
            }
            // The nursery has told why. Another socket for the next try: a fork that comes too late may have the first.
        }
        let (ours, theirs) = pair()?;
        Ok((Process::started(exec(&launch.program, theirs, None)?)?, ours))
    }

    /// The nursery, started if there is none and it is worth it.
    fn nursery(&self, launch: &Launch) -> Option<Nursery> {
        // A stateless platform has one worker: a nursery would be a second process that saves nothing.
        if self.method == Method::Exec || !launch.persistent {
            return None;
        }
        // The slot is whole after every statement: a panic elsewhere under the lock cannot have torn it.
        let mut slot = self.nursery.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(nursery) = slot.nursery.take_if(|nursery| nursery.is_gone()) {
            slot.patience.lost(nursery.since(), Instant::now());
        }
        if slot.nursery.is_none() && slot.patience.is_over(Instant::now()) {
            match nursery::start(launch) {
                Ok(nursery) => slot.nursery = Some(nursery),
                Err(error) => {
                    emit(NurseryFailed { platform: &launch.platform, error: &error });
                    slot.patience.lost(Instant::now(), Instant::now());
                }
            }
        }
        slot.nursery.clone()
    }
}

/// The gateway's end of a worker's socket, and the worker's.
pub(crate) fn pair() -> io::Result<(UnixStream, StdStream)> {
    let (ours, theirs) = StdStream::pair()?;
    ours.set_nonblocking(true)?;
    Ok((UnixStream::from_std(ours)?, theirs))
}

/// Starts `program` with that socket as its standard input.
pub(crate) fn exec(program: &Path, stdin: StdStream, argument: Option<&str>) -> io::Result<Child> {
    #[expect(clippy::disallowed_methods, reason = "this is the supervisor: the one place that starts processes")]
    Command::new(program)
        .args(argument)
        .env_clear()
        .stdin(Stdio::from(OwnedFd::from(stdin)))
        .stdout(Stdio::null())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
}

/// When the next nursery is worth a try: one that dies again and again must not cost each worker its time.
#[derive(Debug, Default)]
struct Patience {
    /// Nurseries in a row that did not live long.
    lost: u32,
    until: Option<Instant>,
}

impl Patience {
    /// A nursery that lived for this long was worth it.
    const LONG: Duration = Duration::from_mins(1);
    /// The longest pause.
    const MOST: Duration = Duration::from_mins(1);

    /// A nursery that had been started at `since` is gone. The first may be replaced at once, the next after a second,
    /// then two, up to a minute.
    fn lost(&mut self, since: Instant, now: Instant) {
        self.lost = if now - since >= Self::LONG { 1 } else { self.lost.saturating_add(1) };
        let pause = match self.lost {
            1 => Duration::ZERO,
            lost => Duration::from_secs(1 << (lost - 2).min(6)).min(Self::MOST),
        };
        self.until = Some(now + pause);
    }

    fn is_over(&self, now: Instant) -> bool {
        self.until.is_none_or(|until| now >= until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nursery_that_keeps_dying_is_tried_less_and_less_often() {
        let mut patience = Patience::default();
        let mut now = Instant::now();
        assert!(patience.is_over(now));
        for pause in [0, 1, 2, 4, 8, 16, 32, 60, 60] {
            patience.lost(now, now);
            assert!(pause == 0 || !patience.is_over(now + Duration::from_secs(pause) - Duration::from_millis(1)));
            now += Duration::from_secs(pause);
            assert!(patience.is_over(now), "{pause}");
        }
    }

    #[test]
    fn one_that_lived_long_is_replaced_at_once() {
        let mut patience = Patience::default();
        let start = Instant::now();
        for _ in 0..5 {
            patience.lost(start, start);
        }
        let end = start + Patience::LONG;
        patience.lost(start, end);
        assert!(patience.is_over(end));
    }
}
