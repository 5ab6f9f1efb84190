//! The platform: calls in, answers and pushes out.

use std::rc::Rc;
use std::time::Duration;

use footbridge_host::{Call, Failure, OpenError, Opened, Persistent, Platform, Reply};
use footbridge_outbound::{Dialler, Policy as Addresses, Trust};
use serde::Serialize;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::link::{self, Ways};
use crate::machine::{Answer, Policy};
use crate::map::activity::Activity;
use crate::session::Session;
use crate::settings::Settings;
use crate::verbs::{Request, Verb};

/// How long an instance that ends waits for its connection to be closed in good manners.
const FAREWELL: Duration = Duration::from_secs(2);

/// Keeps one actor's connection.
pub struct Xmpp {
    session: Rc<Session>,
    ways: Ways,
    /// Whom it acts for.
    actor: String,
    /// From the first `connect` on.
    tasks: Vec<Task>,
}

/// A task that ends with its owner.
struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Platform for Xmpp {
    const ID: &'static str = "xmpp";
    type Settings = Settings;

    fn warm() {
        Trust::warm();
    }

    fn open(settings: Settings, opened: Opened) -> Result<Self, OpenError> {
        let unusable = || OpenError(format!("connectTimeoutMs: {} is no time to wait", settings.connect_timeout_ms));
        let deadline = settings.deadline().ok_or_else(unusable)?;
        let addresses = Addresses { allow_private_addresses: settings.allow_private_addresses };
        let ways = Ways {
            dialler: Dialler::new(addresses).within(settings.egress.clone()),
            deadline,
            allow_plain_text: settings.allow_plain_text,
            trust: settings.trust().map_err(|error| OpenError(error.to_string()))?,
        };
        let policy =
            Policy { connect_timeout: deadline, reconnect: settings.reconnect, seed: u64::from(std::process::id()) };
        Ok(Self {
            session: Rc::new(Session::new(policy, opened.outbox)),
            ways,
            actor: opened.actor.unwrap_or_default(),
            tasks: Vec::new(),
        })
    }
}

impl Persistent for Xmpp {
    async fn perform(&mut self, call: Call) -> Result<Reply, Failure> {
        let credentials = call.credentials.as_ref().map(|secret| secret.expose().as_slice());
        let request = Request::parse(&call.verb, &call.activity, credentials).map_err(Failure::bare)?;
        match &request.verb {
            Verb::Connect(credentials) => {
                self.session.show((**credentials).clone());
                self.start();
            }
            Verb::Disconnect => {}
            _ => self.session.turn().await,
        }
        reply(self.session.call(request).await.map_err(Failure::bare)?)
    }

    fn is_initialised(&self) -> bool {
        self.session.is_initialised()
    }

    async fn cleanup(&mut self) {
        let goodbye = Request { actor: self.actor.clone(), verb: Verb::Disconnect };
        let leave = async {
            // What was not connected has nothing to leave.
            let _ = self.session.call(goodbye).await;
            self.session.closed().await;
        };
        // Too late is no error: the socket closes with the process.
        let _ = timeout(FAREWELL, leave).await;
    }
}

impl Xmpp {
    /// Starts what works between calls, unless it has been started.
    fn start(&mut self) {
        if self.tasks.is_empty() {
            let link = link::run(Rc::clone(&self.session), self.ways.clone());
            let clock = link::clock(Rc::clone(&self.session));
            self.tasks = vec![Task(tokio::task::spawn_local(link)), Task(tokio::task::spawn_local(clock))];
        }
    }
}

fn reply(answer: Answer) -> Result<Reply, Failure> {
    match answer {
        Answer::Unchanged => Ok(Reply::Unchanged),
        Answer::Activity(activity) => Reply::json(&activity),
        Answer::Collection { summary, items } => {
            Reply::json(&Collection { kind: "collection", summary, total_items: items.len(), items })
        }
    }
}

/// A list as an answer (platforms.md 2).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Collection {
    #[serde(rename = "type")]
    kind: &'static str,
    summary: String,
    total_items: usize,
    items: Vec<Activity>,
}
