//! A gateway under test: the real binary with its real workers, on a free port.

use std::{
    env, fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

/// Longer than a start or a stop takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running gateway. Killed when dropped, if it has not been stopped.
pub struct Gateway {
    child: Child,
    /// `127.0.0.1:<port>`.
    pub address: String,
    folder: TempDir,
}

impl Gateway {
    /// Starts a gateway with `settings` over those that suit tests: a free port, no start page, no rate limit.
    ///
    /// # Errors
    /// The binary is not there, or it ends instead of getting ready.
    pub async fn start(settings: Value) -> io::Result<Self> {
        Self::start_from(&binary(), settings).await
    }

    /// Starts with the `puppet` platform besides `dummy`.
    ///
    /// # Errors
    /// As [`Gateway::start`].
    pub async fn start_with_puppet(settings: Value) -> io::Result<Self> {
        let puppet = json!({"platforms": ["dummy", "puppet"]});
        Self::start(merged(puppet, settings)).await
    }

    async fn start_from(binary: &Path, settings: Value) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let workers = workers(binary, folder.path())?;
        let settings = merged(
            json!({
                "examples": false,
                "logging": {"level": "debug"},
                "sockethub": {"host": "127.0.0.1", "port": 0},
                "rateLimiter": {"windowMs": 0, "maxConnectionsPerIp": 0},
                "sandbox": {"mode": sandbox(&settings)},
                // The servers of tests are on this machine.
                "packageConfig": {
                    "@sockethub/platform-irc": {"allowPrivateAddresses": true},
                    "@sockethub/platform-xmpp": {"allowPrivateAddresses": true}
                },
                "platformDir": workers
            }),
            merged(store(), merged(method(), settings)),
        );
        let config = folder.path().join("footbridge.config.json");
        fs::write(&config, settings.to_string())?;
        #[expect(clippy::disallowed_methods, reason = "the gateway under test is a process of its own")]
        let mut child = Command::new(binary)
            .arg("--config")
            .arg(&config)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::from(fs::File::create(folder.path().join("log"))?))
            .kill_on_drop(true)
            .spawn()?;
        let stdout = child.stdout.take().ok_or_else(|| io::Error::other("standard output is piped"))?;
        let mut lines = BufReader::new(stdout).lines();
        let ready = tokio::time::timeout(PATIENCE, lines.next_line()).await;
        let line = ready.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        let Some(port) = line.as_deref().and_then(|line| line.rsplit(':').next()) else {
            return Err(io::Error::other(fs::read_to_string(folder.path().join("log"))?));
        };
        Ok(Self { child, address: format!("127.0.0.1:{port}"), folder })
    }

    /// Process id.
    pub fn pid(&self) -> u32 {
        self.child.id().expect("it has not been waited for")
    }

    /// What it logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Where it finds the worker of a platform. Without that file none starts.
    pub fn worker(&self, platform: &str) -> PathBuf {
        self.folder.path().join("workers").join(format!("footbridge-{platform}"))
    }

    /// Where it listens besides, for what its log calls `purpose`: `serving metrics`, `answering ident`. For settings that
    /// leave the port to the system, since any port that a test chooses may be taken a moment later.
    ///
    /// # Panics
    /// It listens for no such thing.
    pub fn listens(&self, purpose: &str) -> String {
        let log = self.log();
        let line = log.lines().find_map(|line| line.split_once(purpose)).map(|(_, rest)| rest);
        let port = line.and_then(|rest| rest.split_once("port=")).map(|(_, port)| port.trim());
        format!("127.0.0.1:{}", port.unwrap_or_else(|| panic!("not {purpose}: {log}")))
    }

    /// Process ids of its workers.
    pub fn workers(&self) -> Vec<u32> {
        children(self.pid()).into_iter().filter(|pid| !is_nursery(*pid)).collect()
    }

    /// Process ids of what its workers are forked from.
    pub fn nurseries(&self) -> Vec<u32> {
        children(self.pid()).into_iter().filter(|pid| is_nursery(*pid)).collect()
    }

    /// Asks it to stop and waits.
    ///
    /// # Errors
    /// It does not end within 20 s.
    pub async fn stop(mut self) -> io::Result<ExitStatus> {
        signal(self.pid(), "TERM")?;
        tokio::time::timeout(PATIENCE, self.child.wait()).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }

    /// Kills it at once.
    ///
    /// # Errors
    /// The operating system's.
    pub async fn kill(mut self) -> io::Result<()> {
        self.child.kill().await
    }
}

/// Sends a signal to one process.
///
/// # Errors
/// There is no such process.
pub fn signal(pid: u32, name: &str) -> io::Result<()> {
    #[expect(clippy::disallowed_methods, reason = "`kill` is a program everywhere, and this crate has no `unsafe`")]
    let status = std::process::Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).status()?;
    if status.success() { Ok(()) } else { Err(io::Error::from(io::ErrorKind::NotFound)) }
}

/// Whether a process is alive: there, and no zombie.
pub fn is_alive(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| stat.rsplit(") ").next().is_some_and(|rest| !rest.starts_with('Z')))
}

/// Whether a process is one that workers are forked from, by the name it gives itself.
pub fn is_nursery(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.starts_with("nursery-"))
}

/// Direct children of a process.
pub fn children(pid: u32) -> Vec<u32> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return Vec::new();
    };
    tasks
        .flatten()
        .filter_map(|task| fs::read_to_string(task.path().join("children")).ok())
        .flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
        .collect()
}

/// Where the gateway keeps its queue: in memory, or in the Redis at `FOOTBRIDGE_TEST_REDIS`, so that the same stories tell
/// of both.
fn store() -> Value {
    env::var("FOOTBRIDGE_TEST_REDIS").map_or_else(|_| json!({}), |url| json!({"redis": {"url": url}}))
}

/// How the gateway starts its workers: as it does by default, or by the method in `FOOTBRIDGE_TEST_START`, so that the same
/// stories tell of both.
fn method() -> Value {
    env::var("FOOTBRIDGE_TEST_START").map_or_else(|_| json!({}), |method| json!({"platformStart": {"method": method}}))
}

/// The default, unless there is a clerk, who must write: no confined worker can.
fn sandbox(settings: &Value) -> &'static str {
    let writes = settings["platforms"].as_array().is_some_and(|platforms| platforms.contains(&json!("clerk")));
    if writes { "off" } else { "preferred" }
}

/// `FOOTBRIDGE_BIN`, else the binary beside the running test's.
pub fn binary() -> PathBuf {
    env::var_os("FOOTBRIDGE_BIN").map_or_else(
        || {
            let test = env::current_exe().expect("a test knows its path");
            let folder = test.ancestors().find(|folder| folder.join("footbridge").is_file());
            folder.expect("footbridge is built: cargo build --workspace").join("footbridge")
        },
        PathBuf::from,
    )
}

/// A folder with the workers beside the gateway and the manifests of this crate's platforms.
fn workers(binary: &Path, folder: &Path) -> io::Result<PathBuf> {
    let workers = folder.join("workers");
    fs::create_dir(&workers)?;
    for entry in fs::read_dir(binary.parent().unwrap_or(folder))? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with("footbridge-") && path.extension().is_none() && path.is_file() {
            symlink(&path, workers.join(name))?;
        }
    }
    fs::write(workers.join("footbridge-puppet.platform.json"), crate::puppet::MANIFEST)?;
    fs::write(workers.join("footbridge-porter.platform.json"), crate::porter::MANIFEST)?;
    fs::write(workers.join("footbridge-clerk.platform.json"), crate::clerk::MANIFEST)?;
    fs::write(workers.join("footbridge-intruder.platform.json"), crate::intruder::MANIFEST)?;
    Ok(workers)
}

/// `over` laid over `under`, object by object.
fn merged(under: Value, over: Value) -> Value {
    match (under, over) {
        (Value::Object(mut under), Value::Object(over)) => {
            for (key, value) in over {
                let below = under.remove(&key).unwrap_or(Value::Null);
                under.insert(key, merged(below, value));
            }
            Value::Object(under)
        }
        (_, over) => over,
    }
}
