//! `main` of a worker process.
//!
//! Started with `--nursery` it is the parent of such processes instead, and returns from that as each of them.
//!
//! Its standard input is one end of a socket pair whose other end the gateway holds; it dies with the gateway, by
//! parent-death signal and by the end of file on that socket.

use std::{
    io,
    os::{
        fd::{AsFd, BorrowedFd},
        unix::net::UnixStream as StdStream,
    },
    process::ExitCode,
};

use nix::{
    errno::Errno,
    sys::{
        prctl::set_pdeathsig,
        signal::Signal,
        socket::{getsockopt, sockopt::PeerCredentials},
    },
    unistd::getppid,
};
use tokio::{
    net::UnixStream,
    runtime::{Builder, LocalOptions},
};

use crate::{
    Ending, Persistent, Platform, Stateless,
    ending::REFUSED,
    nursery::{self, Role},
    run_persistent, run_stateless,
};

/// Why a process is not a worker.
#[derive(Debug, thiserror::Error)]
enum LaunchError {
    #[error("standard input is not the gateway's socket ({0}): the gateway starts workers, not the shell")]
    NoSocket(Errno),
    #[error("the gateway that started this worker is gone")]
    Orphaned,
    #[error("the parent-death signal is not to be had: {0}")]
    NoDeathSignal(Errno),
    #[error("the runtime does not start: {0}")]
    NoRuntime(#[from] io::Error),
    #[error("nursery: {0}")]
    Nursery(io::Error),
}

/// The whole `main` of a stateless worker. Exit codes: 0 asked to stop, 64 refused to start (settings, another build,
/// started by hand), 1 anything else.
pub fn serve_stateless<P: Stateless>() -> ExitCode {
    serve::<P>(run_stateless::<P>)
}

/// The whole `main` of a persistent worker. Exit codes as of [`serve_stateless`].
pub fn serve_persistent<P: Persistent>() -> ExitCode {
    serve::<P>(run_persistent::<P>)
}

fn serve<P: Platform>(run: impl AsyncFnOnce(UnixStream) -> Ending) -> ExitCode {
    match rear::<P>() {
        Ok(Role::Nursery) => return ExitCode::SUCCESS,
        Ok(Role::Worker) => {}
        Err(error) => return refuse(&error),
    }
    match launch(run) {
        Ok(ending) => ExitCode::from(ending.code()),
        Err(error) => refuse(&error),
    }
}

fn refuse(error: &LaunchError) -> ExitCode {
    eprintln!("{error}");
    ExitCode::from(REFUSED)
}

/// Where this process was started as a nursery, returns as each of the workers forked from it, and at its end.
fn rear<P: Platform>() -> Result<Role, LaunchError> {
    if !nursery::is_wanted() {
        return Ok(Role::Worker);
    }
    set_pdeathsig(Signal::SIGKILL).map_err(LaunchError::NoDeathSignal)?;
    check_parent(io::stdin().as_fd())?;
    nursery::serve::<P>().map_err(LaunchError::Nursery)
}

fn launch(run: impl AsyncFnOnce(UnixStream) -> Ending) -> Result<Ending, LaunchError> {
    set_pdeathsig(Signal::SIGKILL).map_err(LaunchError::NoDeathSignal)?;
    let stream = adopt()?;
    let runtime = Builder::new_current_thread().enable_io().enable_time().build_local(LocalOptions::default())?;
    let ending = runtime.block_on(async move { Ok::<_, io::Error>(run(UnixStream::from_std(stream)?).await) })?;
    // A name look-up that still blocks its thread must not keep the process.
    runtime.shutdown_background();
    Ok(ending)
}

/// The gateway's socket.
fn adopt() -> Result<StdStream, LaunchError> {
    let stdin = io::stdin().as_fd().try_clone_to_owned()?;
    check_parent(stdin.as_fd())?;
    let stream = StdStream::from(stdin);
    stream.set_nonblocking(true)?;
    Ok(stream)
}

/// Whether the gateway that made `socket` is this process's parent.
fn check_parent(socket: BorrowedFd<'_>) -> Result<(), LaunchError> {
    // The pair was made by the gateway, so its peer tells who the parent has to be. Another parent: it died before the
    // death signal was asked for. A peer outside of this process namespace is shown as 0.
    let peer = getsockopt(&socket, PeerCredentials).map_err(LaunchError::NoSocket)?.pid();
    if peer != 0 && peer != getppid().as_raw() {
        return Err(LaunchError::Orphaned);
    }
    Ok(())
}
