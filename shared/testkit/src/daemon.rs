//! The process of a real server: started, ready, ended.

use std::{
    ffi::OsStr,
    io,
    process::{Child, Command, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::unix::pipe,
};

/// Longer than a start or an end takes.
const PATIENCE: Duration = Duration::from_mins(1);

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its folder, its port, its certificate or a connection to it is not to be had.
    #[error("no folder, port, certificate or connection for a server")]
    Io(#[from] io::Error),
    /// There is no such program, or it may not be run.
    #[error("{program} is not to be run: is it installed?")]
    Spawn {
        /// The program.
        program: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// It ended, or is not ready after a minute.
    #[error("{program} does not get ready; it said:\n{log}")]
    NotReady {
        /// The program.
        program: &'static str,
        /// All it said.
        log: String,
    },
}

/// A running server. Dropping it kills the process and waits for its end.
pub(crate) struct Daemon(Child);

impl Daemon {
    /// Runs `program` until it has said a line that contains `ready`.
    pub(crate) async fn start<A: AsRef<OsStr>>(
        program: &'static str,
        arguments: impl IntoIterator<Item = A>,
        ready: &str,
    ) -> Result<Self, StartError> {
        Self::start_in(program, arguments, &[], ready).await
    }

    /// The same, with this environment.
    pub(crate) async fn start_in<A: AsRef<OsStr>>(
        program: &'static str,
        arguments: impl IntoIterator<Item = A>,
        environment: &[(&str, &OsStr)],
        ready: &str,
    ) -> Result<Self, StartError> {
        let (reader, writer) = io::pipe()?;
        #[expect(clippy::disallowed_methods, reason = "the server is a process of its own")]
        let child = Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(environment.iter().copied())
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

    /// Asks it to end and waits until it has; one that does not within a minute is killed.
    pub(crate) async fn stop(mut self) {
        // One that has ended cannot be asked.
        let _ = crate::gateway::signal(self.0.id(), "TERM");
        let ended = async {
            while matches!(self.0.try_wait(), Ok(None)) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let _ = tokio::time::timeout(PATIENCE, ended).await;
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // One that has ended cannot be killed, and has nothing left to wait for.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
