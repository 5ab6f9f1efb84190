//! The parent that workers are forked from.
//!
//! One per platform: the worker's binary itself, loaded, linked and warm, so that a worker costs a fork instead of a
//! start and shares with its siblings every page that it does not write to.
//!
//! ```text
//! gateway ── socket, request ──> nursery ── fork ──> middle ── fork ──> worker
//!    ^  ^                                              │ ends           │
//!    │  └──────────── becomes the worker's parent ──────┘                │
//!    └───────────────────── answer: pid, descriptor ─────────────────────┘
//! ```
//!
//! The one in the middle is there to end: the worker is an orphan then, and becomes a child of the gateway, which is its
//! subreaper. From that moment on nothing tells it from a worker that the gateway has started itself, so that everything
//! else (its end, its parent-death signal, who may wait for it) is the same.
//!
//! A nursery has one thread, no runtime and no memory of the workers it started. It ends with its socket.

use std::{
    ffi::{CString, OsStr},
    io::{self, IoSlice, IoSliceMut},
    mem::MaybeUninit,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use footbridge_wire::nursery::{ARGUMENT, REQUEST};
use nix::{
    sys::wait::{WaitStatus, waitpid},
    unistd::{Pid, getpid, getppid, setpgid},
};
use rustix::{
    cmsg_space,
    event::{PollFd, PollFlags, Timespec, poll},
    net::{
        RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
        recvmsg, sendmsg,
    },
    process::{PidfdFlags, pidfd_open},
};

use crate::{
    Platform,
    fork::{Fork, fork, leave},
};

/// How long to wait for the end of the process in the middle before looking again whether it was missed.
const LOOK_AGAIN: Timespec = Timespec { tv_sec: 0, tv_nsec: 10_000_000 };

/// As what a nursery returns.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A new worker, whose standard input is its socket.
    Worker,
    /// The nursery itself, whose gateway is gone.
    Nursery,
}

/// Whether this process was started as a nursery.
pub(crate) fn is_wanted() -> bool {
    std::env::args_os().nth(1).as_deref() == Some(OsStr::new(ARGUMENT))
}

/// Warms the platform and forks a worker per request. Returns in each worker, and once the gateway is gone.
pub(crate) fn serve<P: Platform>() -> io::Result<Role> {
    let name = rustix::thread::name()?;
    // Cut by the kernel where it is longer than 15 bytes.
    rustix::thread::set_name(&CString::new(format!("nursery-{}", P::ID))?)?;
    P::warm();
    let stdin = io::stdin();
    let control = stdin.as_fd();
    while let Some(socket) = receive(control)? {
        match fork() {
            Ok(Fork::Parent(middle)) => bury(middle)?,
            Ok(Fork::Child) => {
                be_the_middle(control);
                rustix::thread::set_name(&name)?;
                answer(control, Some(getpid()))?;
                // A group of its own, so that a signal to the gateway's terminal does not reach it. Not before it has
                // answered: until then the gateway finds it in the nursery's group, should the nursery fail.
                setpgid(Pid::from_raw(0), Pid::from_raw(0))?;
                // Takes the place of the nursery's own socket, which is closed here by that.
                rustix::stdio::dup2_stdin(&socket)?;
                return Ok(Role::Worker);
            }
            Err(error) => refuse(control, &error)?,
        }
    }
    Ok(Role::Nursery)
}

/// In the middle: forks the worker and ends. Returns in the worker, once that is the gateway's child.
fn be_the_middle(control: BorrowedFd<'_>) {
    let middle = getpid();
    match fork() {
        Ok(Fork::Child) => orphaned(middle),
        Ok(Fork::Parent(_)) => leave(0),
        Err(error) => leave(i32::from(refuse(control, &error).is_err())),
    }
}

/// Waits until this process has another parent than `middle`.
fn orphaned(middle: Pid) {
    while getppid() == middle {
        // Readable when it has ended, at which moment its children have been handed on. An error means that it is gone.
        if let Ok(process) = open(middle) {
            let _ = poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&LOOK_AGAIN));
        }
    }
}

fn open(pid: Pid) -> io::Result<OwnedFd> {
    let pid = rustix::process::Pid::from_raw(pid.as_raw()).ok_or(io::ErrorKind::NotFound)?;
    Ok(pidfd_open(pid, PidfdFlags::empty())?)
}

/// Waits for the process in the middle.
fn bury(middle: Pid) -> io::Result<()> {
    match waitpid(middle, None)? {
        WaitStatus::Exited(_, 0) => Ok(()),
        // Whether there is a worker is unknown. The gateway starts another nursery.
        status => Err(io::Error::other(format!("a fork ended with {status:?}"))),
    }
}

/// The socket of the next worker; `None` once the gateway is gone.
fn receive(control: BorrowedFd<'_>) -> io::Result<Option<OwnedFd>> {
    let mut byte = [0];
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(1))];
    let mut rights = RecvAncillaryBuffer::new(&mut space);
    let received = rustix::io::retry_on_intr(|| {
        recvmsg(control, &mut [IoSliceMut::new(&mut byte)], &mut rights, RecvFlags::CMSG_CLOEXEC)
    })?;
    if received.bytes == 0 {
        return Ok(None);
    }
    let socket = rights.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut files) => files.next(),
        _ => None,
    });
    match socket {
        Some(socket) if byte == [REQUEST] => Ok(Some(socket)),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "not a request for a worker")),
    }
}

/// Tells the gateway why there is no worker, by the log that is everybody's, and that there is none.
fn refuse(control: BorrowedFd<'_>, error: &io::Error) -> io::Result<()> {
    eprintln!("nursery: cannot fork: {error}");
    answer(control, None)
}

/// Tells the gateway about its worker.
fn answer(control: BorrowedFd<'_>, worker: Option<Pid>) -> io::Result<()> {
    let process = worker.map(open).transpose()?;
    let id = worker.map_or(0, Pid::as_raw).to_le_bytes();
    let descriptor = process.as_ref().map(|process| [process.as_fd()]);
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(1))];
    let mut rights = SendAncillaryBuffer::new(&mut space);
    if let Some(descriptor) = &descriptor {
        rights.push(SendAncillaryMessage::ScmRights(descriptor));
    }
    sendmsg(control, &[IoSlice::new(&id)], &mut rights, SendFlags::NOSIGNAL)?;
    Ok(())
}
