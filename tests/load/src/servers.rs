//! The two servers under load, as processes of their own.

use std::process::Stdio;

use anyhow::{Context as _, Result};
use footbridge_testkit::gateway::{Gateway, children};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

/// A server under load. Ends when dropped.
pub(crate) enum Server {
    Control { child: Child, address: String },
    Gateway(Gateway),
}

impl Server {
    /// Starts the control: this program again.
    pub(crate) async fn control() -> Result<Self> {
        #[expect(clippy::disallowed_methods, reason = "the control is a process of its own")]
        let mut child =
            Command::new(std::env::current_exe()?).arg("control").stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let stdout = child.stdout.take().context("standard output is piped")?;
        let line = BufReader::new(stdout).lines().next_line().await?.context("the control does not start")?;
        let address = line.rsplit("//").next().unwrap_or_default().to_owned();
        Ok(Self::Control { child, address })
    }

    /// Starts the gateway; log lines of the default level.
    pub(crate) async fn gateway() -> Result<Self> {
        Ok(Self::Gateway(Gateway::start(json!({"logging": {"level": "info"}})).await?))
    }

    /// For error messages.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Control { .. } => "the control",
            Self::Gateway(_) => "the gateway",
        }
    }

    pub(crate) fn address(&self) -> &str {
        match self {
            Self::Control { address, .. } => address,
            Self::Gateway(gateway) => &gateway.address,
        }
    }

    /// The server's own process.
    pub(crate) fn pid(&self) -> u32 {
        match self {
            Self::Control { child, .. } => child.id().expect("it has not been waited for"),
            Self::Gateway(gateway) => gateway.pid(),
        }
    }

    /// The server and its workers.
    pub(crate) fn pids(&self) -> Vec<u32> {
        let pid = self.pid();
        children(pid).into_iter().chain([pid]).collect()
    }
}
