//! A stateless platform that writes down what it does, so that a test can count how often each job was run.
//!
//! | verb | what it does |
//! |---|---|
//! | `note` | appends `object.content` and a line feed to the file `object.path`; succeeds `object.ms` milliseconds later |
//! | `wait` | as `note`, and answers once the file `object.until` exists |

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::PathBuf,
    time::Duration,
};

use footbridge_host::{Call, Failure, OpenError, Opened, Platform, Reply, Stateless};
use serde::Deserialize;

/// The platform's document, to be put beside its worker.
pub const MANIFEST: &str = include_str!("../clerk.platform.json");

/// Between two looks for a file.
const LOOK: Duration = Duration::from_millis(5);

/// The platform.
#[derive(Debug)]
pub struct Clerk;

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
    content: String,
    path: PathBuf,
    until: Option<PathBuf>,
    #[serde(default)]
    ms: u64,
}

impl Platform for Clerk {
    const ID: &'static str = "clerk";
    type Settings = Settings;

    fn open(_: Settings, _: Opened) -> Result<Self, OpenError> {
        Ok(Self)
    }
}

impl Stateless for Clerk {
    async fn perform(&self, call: Call) -> Result<Reply, Failure> {
        let Object { content, path, until, ms } = call.parse::<Activity>()?.object;
        append(&path, &content).map_err(Failure::error)?;
        tokio::time::sleep(Duration::from_millis(ms)).await;
        while until.as_ref().is_some_and(|until| !fs::exists(until).unwrap_or_default()) {
            tokio::time::sleep(LOOK).await;
        }
        Ok(Reply::Unchanged)
    }
}

/// One write per line: appends of several processes do not mix.
fn append(path: &PathBuf, line: &str) -> io::Result<()> {
    OpenOptions::new().append(true).create(true).open(path)?.write_all(format!("{line}\n").as_bytes())
}
