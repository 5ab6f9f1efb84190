//! A persistent platform that does what it is told, for what no real one does on request.
//!
//! | verb | what it does |
//! |---|---|
//! | `connect` | succeeds, unless the credentials' `password` is `wrong`, or is `tcp:` and an address that does not answer; after `sleep:` it takes that many milliseconds |
//! | `disconnect` | ends the connection, and with it what was joined |
//! | `join`, `leave` | enters or leaves the room `target.id` |
//! | `rooms` | answers with a `rooms` activity that lists the rooms in `object.content` |
//! | `rename` | acts for `object.content` from now on, and pushes that |
//! | `send` | succeeds, unchanged |
//! | `push` | pushes each activity of `object.activities`, as it is, after `object.ms` milliseconds and then every `object.every` |
//! | `process` | answers with its process id in `object.content`, and with the `object.tag` it was given |
//! | `answer` | answers with `object.activities` itself, which is no activity |
//! | `reply` | answers with the first of `object.activities`, as it is |
//! | `fail` | fails with `object.content` |
//! | `crash` | panics with `object.content` |
//! | `exit` | ends the process with code 3, without a word |
//! | `hang` | never answers, but lives |
//! | `block` | blocks the process for a minute |
//! | `seed` | answers with a number that follows from the seed of its hash maps |
//! | `warmed` | answers with the id of the process that was warmed, `null` if none was |
//! | `sleep` | answers after `object.ms` milliseconds |
//! | `keep` | keeps `object.content` as a memo of the name `object.tag` for `object.ms` milliseconds; for 0 it forgets it |
//! | `recall` | answers with the memo of the name `object.tag` in `object.content` |

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::OnceLock,
    time::Duration,
};

use footbridge_host::{Call, Failure, Memos, OpenError, Opened, Outbox, Persistent, Platform, Reply};
use serde::Deserialize;
use serde_json::{Value, json};

/// The platform's document, to be put beside its worker.
pub const MANIFEST: &str = include_str!("../puppet.platform.json");

/// The process that was warmed.
static WARMED: OnceLock<u32> = OnceLock::new();

/// The platform.
#[derive(Debug)]
pub struct Puppet {
    outbox: Outbox,
    memos: Memos,
    actor: String,
    connected: bool,
    rooms: Vec<String>,
}

/// There are none: whatever is set is refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {}

#[derive(Deserialize)]
struct Activity {
    #[serde(default)]
    object: Object,
    #[serde(default)]
    target: Target,
}

#[derive(Default, Deserialize)]
struct Target {
    #[serde(default)]
    id: String,
}

#[derive(Default, Deserialize)]
struct Object {
    #[serde(default)]
    activities: Vec<Value>,
    #[serde(default)]
    content: String,
    #[serde(default)]
    ms: u64,
    #[serde(default)]
    every: u64,
    #[serde(default)]
    tag: Value,
    #[serde(default)]
    password: String,
}

impl Platform for Puppet {
    const ID: &'static str = "puppet";
    type Settings = Settings;

    fn warm() {
        WARMED.get_or_init(std::process::id);
    }

    fn open(_: Settings, opened: Opened) -> Result<Self, OpenError> {
        let actor = opened.actor.unwrap_or_default();
        Ok(Self { outbox: opened.outbox, memos: opened.memos, actor, connected: false, rooms: Vec::new() })
    }
}

impl Persistent for Puppet {
    async fn perform(&mut self, call: Call) -> Result<Reply, Failure> {
        let Activity { object, target } = call.parse()?;
        match &*call.verb {
            "connect" => self.connect(&call).await?,
            "disconnect" => {
                self.connected = false;
                self.rooms.clear();
            }
            "join" => self.rooms.push(target.id),
            "leave" => self.rooms.retain(|room| *room != target.id),
            "rooms" => return Reply::json(&self.says("rooms", &self.rooms.join(" "))),
            "process" => {
                let mut says = self.says("process", &std::process::id().to_string());
                says["object"]["tag"] = object.tag;
                return Reply::json(&says);
            }
            "rename" => {
                self.outbox.rekey(object.content.clone());
                self.actor = object.content;
                self.push(&self.says("rename", &self.actor))?;
            }
            "send" => {}
            "push" => {
                tokio::time::sleep(Duration::from_millis(object.ms)).await;
                for activity in object.activities {
                    self.push(&activity)?;
                    if object.every > 0 {
                        tokio::time::sleep(Duration::from_millis(object.every)).await;
                    }
                }
            }
            "reply" => return Reply::json(&object.activities.first()),
            "answer" => return Reply::json(&object.activities),
            "fail" => return Err(Failure::error(object.content)),
            "crash" => panic!("{}", object.content),
            "exit" => std::process::exit(3),
            "hang" => std::future::pending().await,
            "block" => block(),
            "seed" => return Reply::json(&RandomState::new().hash_one(())),
            "warmed" => return Reply::json(&WARMED.get()),
            "sleep" => tokio::time::sleep(Duration::from_millis(object.ms)).await,
            "keep" => self.keep(&object),
            "recall" => {
                let memo = self.memos.recall(object.tag.as_str().unwrap_or_default()).await;
                return Reply::json(&self.says("recall", &String::from_utf8_lossy(&memo.unwrap_or_default())));
            }
            verb => return Err(Failure::unknown_verb(verb)),
        }
        Ok(Reply::Unchanged)
    }

    fn is_initialised(&self) -> bool {
        self.connected
    }

    async fn cleanup(&mut self) {
        self.outbox.log(footbridge_host::LogLevel::Info, "puppet cleaned up");
    }
}

impl Puppet {
    fn push(&self, activity: &Value) -> Result<(), Failure> {
        self.outbox.push(activity).map_err(|full| Failure::error(full.to_string()))
    }

    fn keep(&self, object: &Object) {
        let name = object.tag.as_str().unwrap_or_default();
        match object.ms {
            0 => self.memos.forget(name),
            ms => self.memos.keep(name, object.content.clone().into(), Duration::from_millis(ms)),
        }
    }

    fn says(&self, verb: &str, content: &str) -> Value {
        json!({"type": verb, "actor": {"id": self.actor, "type": "person"}, "object": {"type": "note", "content": content}})
    }

    async fn connect(&mut self, call: &Call) -> Result<(), Failure> {
        let credentials = call.credentials.as_ref().map(footbridge_host::Secret::expose);
        let credentials: Activity = serde_json::from_slice(credentials.map_or(b"{}", |text| text))
            .map_err(|error| Failure::bare(error.to_string()))?;
        if credentials.object.password == "wrong" {
            return Err(Failure::error("bad auth"));
        }
        if let Some(ms) = credentials.object.password.strip_prefix("sleep:") {
            tokio::time::sleep(Duration::from_millis(ms.parse().map_err(Failure::error)?)).await;
        }
        if let Some(address) = credentials.object.password.strip_prefix("tcp:") {
            tokio::net::TcpStream::connect(address).await.map_err(|_| Failure::error("nobody answers"))?;
        }
        self.connected = true;
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "blocking the whole process is what this verb is for")]
fn block() {
    std::thread::sleep(Duration::from_mins(1));
}
