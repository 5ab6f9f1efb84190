//! Starting a worker process: cleared environment, one inherited socket, nothing else.

use std::{
    io,
    os::{fd::OwnedFd, unix::net::UnixStream as StdStream},
    path::Path,
    process::Stdio,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    net::UnixStream,
    process::{Child, Command},
};

/// Spawns `program`. Its standard input is one end of a socket pair, whose other end is returned.
///
/// The child leads its own process group, so that a signal to the gateway's terminal does not reach it before it was
/// asked to clean up. It dies with the gateway: by the parent-death signal it sets itself, and by the end of file on
/// its socket.
pub(crate) fn spawn(program: &Path) -> io::Result<(Child, UnixStream)> {
    let (ours, theirs) = StdStream::pair()?;
    ours.set_nonblocking(true)?;
    #[expect(clippy::disallowed_methods, reason = "this is the supervisor: the one place that starts processes")]
    let child = Command::new(program)
        .env_clear()
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::null())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()?;
    Ok((child, UnixStream::from_std(ours)?))
}

/// Asks a child to end; it has no handler, so only a stopped or uninterruptible process survives this.
pub(crate) fn terminate(child: &Child) {
    if let Some(pid) = child.id().and_then(|pid| i32::try_from(pid).ok()) {
        // An error means that it is gone already.
        let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
    }
}
