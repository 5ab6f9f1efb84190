//! A server's process.

use std::{
    ffi::OsStr,
    io,
    process::{Child, Command, Stdio},
};

use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::unix::pipe,
};

use super::PATIENCE;

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its folder, its port, its certificate or a connection to it is not to be had.
    #[error("no folder, port, certificate or connection for an IRC server")]
    Io(#[from] io::Error),
    /// There is no such program, or it may not be run.
    #[error("{program} is not to be run: is it installed?")]
    Spawn {
        /// The program.
        program: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// It ended, or is not ready after 20 s.
    #[error("{program} does not get ready; it said:\n{log}")]
    NotReady {
        /// The program.
        program: &'static str,
        /// All it said.
        log: String,
    },
}

/// A running server. Dropping it kills the process and waits for its end.
pub(super) struct Daemon(Child);

impl Daemon {
    /// Runs `program` until it has said a line that contains `ready`.
    pub(super) async fn start<A: AsRef<OsStr>>(
        program: &'static str,
        arguments: impl IntoIterator<Item = A>,
        ready: &str,
    ) -> Result<Self, StartError> {
        let (reader, writer) = io::pipe()?;
        #[expect(clippy::disallowed_methods, reason = "the server is a process of its own")]
        let child = Command::new(program)
            .args(arguments)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(writer.try_clone()?)
            .stderr(writer)
            .spawn();
        let daemon = Self(child.map_err(|source| StartError::Spawn { program, source })?);
        let mut lines = BufReader::new(pipe::Receiver::from_owned_fd(reader.into())?).lines();
        let mut log = String::new();
        let seen = async {
            while let Ok(Some(line)) = lines.next_line().await {
                log.push_str(&line);
                log.push('\n');
                if line.contains(ready) {
                    return true;
                }
            }
            false
        };
        if !tokio::time::timeout(PATIENCE, seen).await.unwrap_or(false) {
            return Err(StartError::NotReady { program, log });
        }
        // A server whose log nobody reads would block as soon as the pipe is full.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(daemon)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // One that has ended cannot be killed, and has nothing left to wait for.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
