//! The process of a server or a Sentinel, and its port.

use std::{
    ffi::OsStr,
    io,
    net::{Ipv4Addr, SocketAddr},
    process::{Child, Command, Stdio},
};

use nix::{
    errno::Errno,
    sys::{
        signal::{Signal, kill},
        wait::{Id, WaitPidFlag, WaitStatus, waitid},
    },
    unistd::Pid,
};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    net::{TcpSocket, unix::pipe},
};

use super::{PATIENCE, Reply};

/// Why a server or a Sentinel did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its folder, its port or the connection to it is not to be had.
    #[error("no folder, port or connection for redis-server")]
    Io(#[from] io::Error),
    /// There is no such program, or it may not be run.
    #[error("redis-server is not to be run: is it installed, in a folder of PATH?")]
    Spawn(#[source] io::Error),
    /// Something else listens on its port.
    #[error("the port of redis-server is taken; it said:\n{log}")]
    PortTaken {
        /// All it said.
        log: String,
    },
    /// It ended instead of getting ready.
    #[error("redis-server ended instead of getting ready; it said:\n{log}")]
    Ended {
        /// All it said.
        log: String,
    },
    /// It is not ready after 20 s.
    #[error("redis-server is not ready after {} s; it said:\n{log}", PATIENCE.as_secs())]
    Slow {
        /// What it said so far.
        log: String,
    },
    /// It is ready and does not answer `PONG`.
    #[error("redis-server answers PING with {reply:?}")]
    Ping {
        /// Its answer.
        reply: Reply,
    },
}

/// A running `redis-server`. Dropping it kills the process and waits for its end, which takes no noticeable time.
pub(super) struct Process(Child);

impl Process {
    /// Runs `redis-server` with `arguments` until it has logged lines that contain each of `ready`, in this order.
    pub(super) async fn start(arguments: &[&OsStr], ready: &[&str]) -> Result<Self, StartError> {
        let (reader, writer) = io::pipe()?;
        #[expect(clippy::disallowed_methods, reason = "the server is a process of its own")]
        let child = Command::new("redis-server")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(writer.try_clone()?)
            .stderr(writer)
            .spawn();
        let process = Self(child.map_err(StartError::Spawn)?);
        let mut lines = BufReader::new(pipe::Receiver::from_owned_fd(reader.into())?).lines();
        let mut log = String::new();
        let Ok(seen) = tokio::time::timeout(PATIENCE, read_until(&mut lines, ready, &mut log)).await else {
            return Err(StartError::Slow { log });
        };
        if !seen? {
            let taken = log.contains("Address already in use");
            return Err(if taken { StartError::PortTaken { log } } else { StartError::Ended { log } });
        }
        // A server whose log nobody reads would block as soon as the pipe is full.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(process)
    }

    pub(super) fn pid(&self) -> u32 {
        self.0.id()
    }

    /// Kills it and waits for its end, without holding up other tasks.
    pub(super) async fn kill(self) {
        // It fails if the runtime is shutting down, and then the process is dropped all the same.
        let _ = tokio::task::spawn_blocking(move || drop(self)).await;
    }

    /// Returns when all its threads have stopped.
    pub(super) fn pause(&self) -> io::Result<()> {
        kill(self.nix_pid(), Signal::SIGSTOP)?;
        // An end is looked at, and left for `drop` to collect.
        let flags = WaitPidFlag::WSTOPPED | WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
        match waitid(Id::Pid(self.nix_pid()), flags)? {
            WaitStatus::Stopped(..) => Ok(()),
            _ => Err(Errno::ESRCH.into()),
        }
    }

    pub(super) fn resume(&self) -> io::Result<()> {
        Ok(kill(self.nix_pid(), Signal::SIGCONT)?)
    }

    fn nix_pid(&self) -> Pid {
        Pid::from_raw(self.pid().cast_signed())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended cannot be killed, and has nothing left to wait for.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whether all of `ready` were seen before the end.
async fn read_until(
    lines: &mut Lines<BufReader<pipe::Receiver>>,
    ready: &[&str],
    log: &mut String,
) -> io::Result<bool> {
    for mark in ready {
        loop {
            let Some(line) = lines.next_line().await? else { return Ok(false) };
            log.push_str(&line);
            log.push('\n');
            if line.contains(mark) {
                break;
            }
        }
    }
    Ok(true)
}

/// A port of 127.0.0.1 that is held as long as this lives.
///
/// The socket is bound and never listens. Redis, which sets `SO_REUSEADDR` too, can listen on the port; whoever asks the
/// kernel for any free port gets another. So a killed server refuses connections, and finds its port free when it is
/// restarted.
pub(crate) struct ReservedPort {
    _socket: TcpSocket,
    number: u16,
}

impl ReservedPort {
    pub(crate) fn find() -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let number = socket.local_addr()?.port();
        Ok(Self { _socket: socket, number })
    }

    pub(crate) fn number(&self) -> u16 {
        self.number
    }
}
