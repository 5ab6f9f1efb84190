//! The two servers under load, as processes of their own.

use std::process::Stdio;

use anyhow::{Context as _, Result};
use footbridge_testkit::{
    gateway::{Gateway, children},
    redis::{self, Options},
};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

/// A server under load. Ends when dropped.
pub(crate) enum Server {
    Control {
        child: Child,
        address: String,
    },
    Gateway(Gateway),
    /// The gateway, and the Redis that its queue and vault are in. The gateway ends first.
    GatewayOnRedis(Gateway, Box<redis::Server>),
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

    /// Starts a Redis that keeps nothing on disk, then the gateway with its queue and vault in it.
    pub(crate) async fn gateway_on_redis() -> Result<Self> {
        let redis = redis::Server::start(Options::default()).await.context(
            "this needs redis-server, which scripts/bench installs with apt; elsewhere, install Redis or leave this \
             out: --only names what is measured",
        )?;
        let settings = json!({"logging": {"level": "info"}, "redis": {"url": redis.url()}});
        Ok(Self::GatewayOnRedis(Gateway::start(settings).await?, Box::new(redis)))
    }

    /// For error messages.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Control { .. } => "the control",
            Self::Gateway(_) | Self::GatewayOnRedis(..) => "the gateway",
        }
    }

    pub(crate) fn address(&self) -> &str {
        match self {
            Self::Control { address, .. } => address,
            Self::Gateway(gateway) | Self::GatewayOnRedis(gateway, _) => &gateway.address,
        }
    }

    /// The server's own process.
    pub(crate) fn pid(&self) -> u32 {
        match self {
            Self::Control { child, .. } => child.id().expect("it has not been waited for"),
            Self::Gateway(gateway) | Self::GatewayOnRedis(gateway, _) => gateway.pid(),
        }
    }

    /// The Redis behind it.
    pub(crate) fn redis(&self) -> Option<&redis::Server> {
        match self {
            Self::GatewayOnRedis(_, redis) => Some(redis),
            Self::Control { .. } | Self::Gateway(_) => None,
        }
    }

    /// The server and its workers.
    pub(crate) fn pids(&self) -> Vec<u32> {
        let pid = self.pid();
        children(pid).into_iter().chain([pid]).collect()
    }
}
