//! A stateless platform that has been taken over: it tries what no platform may.
//!
//! | verb | what it does |
//! |---|---|
//! | `write` | writes `object.content` to the file `object.path` |
//! | `read` | answers with what is in the file `object.path` |
//! | `execute` | becomes the program `object.path`, in its own process |
//! | `fork` | runs the program `object.path` in another process, which takes a fork first |
//! | `listen` | waits for connections on a TCP port |
//! | `connect` | connects to the Unix socket `object.path` |
//! | `allocate` | writes to `object.count` bytes of memory |
//! | `burn` | uses CPU time, for ever |
//! | `open` | has `object.count` sockets open at a time |
//! | `signal` | asks its parent to terminate |
//! | `look` | answers with its environment |

use std::{
    env, fs, hint, io,
    net::{TcpListener, UdpSocket},
    os::unix::{net::UnixStream, process::CommandExt as _},
    path::{Path, PathBuf},
    process::Command,
};

use footbridge_host::{Call, Failure, OpenError, Opened, Platform, Reply, Stateless};
use nix::{
    sys::signal::{Signal, kill},
    unistd::getppid,
};
use serde::Deserialize;
use serde_json::json;

/// The platform's document, to be put beside its worker.
pub const MANIFEST: &str = include_str!("../intruder.platform.json");

/// The platform.
#[derive(Debug)]
pub struct Intruder;

/// There are none: whatever is set is refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {}

#[derive(Deserialize)]
struct Activity {
    object: Object,
}

#[derive(Deserialize)]
struct Object {
    #[serde(default)]
    content: String,
    #[serde(default)]
    path: PathBuf,
    #[serde(default)]
    count: usize,
}

impl Platform for Intruder {
    const ID: &'static str = "intruder";
    type Settings = Settings;

    fn open(_: Settings, _: Opened) -> Result<Self, OpenError> {
        Ok(Self)
    }
}

impl Stateless for Intruder {
    async fn perform(&self, call: Call) -> Result<Reply, Failure> {
        let Object { content, path, count } = call.parse::<Activity>()?.object;
        let done = match &*call.verb {
            "write" => fs::write(path, content),
            "read" => return answer(&fs::read_to_string(path).map_err(Failure::error)?),
            "execute" => Err(program(&path).exec()),
            "fork" => program(&path).status().map(drop),
            "listen" => TcpListener::bind("127.0.0.1:0").map(drop),
            "connect" => UnixStream::connect(path).map(drop),
            "allocate" => {
                hint::black_box(vec![1_u8; count]);
                Ok(())
            }
            "burn" => burn(),
            "open" => (0..count).map(|_| UdpSocket::bind("127.0.0.1:0")).collect::<io::Result<Vec<_>>>().map(drop),
            "signal" => kill(getppid(), Signal::SIGTERM).map_err(Into::into),
            "look" => {
                return answer(
                    &env::vars().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("\n"),
                );
            }
            verb => return Err(Failure::unknown_verb(verb)),
        };
        done.map(|()| Reply::Unchanged).map_err(Failure::error)
    }
}

fn answer(content: &str) -> Result<Reply, Failure> {
    Reply::json(&json!({"type": "found", "object": {"type": "note", "content": content}}))
}

/// Keeps the worker's own input and output: opening others would be refused first.
#[expect(clippy::disallowed_methods, reason = "starting a program is what must be refused")]
fn program(path: &Path) -> Command {
    Command::new(path)
}

fn burn() -> ! {
    let mut rounds = 0_u64;
    loop {
        rounds = hint::black_box(rounds.wrapping_add(1));
    }
}
