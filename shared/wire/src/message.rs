//! What gateway and worker say to each other (design: "Wire to the worker").
//!
//! Activities travel as JSON text inside the envelope: bincode is not self-describing, and neither side parses
//! what it only carries.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use footbridge_seal::Secret;
use serde::{Deserialize, Serialize};

use crate::{
    confinement::{Confine, Confinement},
    ids::{InstanceId, JobId, SessionId},
    standing::{Keep, Standing, Visit, Watch, Welcome},
};

/// From the gateway to a worker.
#[derive(Debug, Serialize, Deserialize)]
pub enum ToWorker {
    /// First frame of every connection.
    Hello(Hello),
    /// An instance begins; jobs for it may follow at once.
    Open(Open),
    /// Run a verb. Answered by exactly one [`FromWorker::Done`] unless the process dies.
    Job(Job),
    /// The gateway has answered the job itself, its deadline having passed: drop what still runs of it.
    Cancel(JobId),
    /// Answer to [`FromWorker::Turn`]: connect now.
    Go {
        /// Which instance.
        instance: InstanceId,
        /// What was said of that network with [`FromWorker::Note`] last, by whichever worker of the platform, and still holds.
        note: Option<String>,
    },
    /// Look after a topic. Told again when the worker is a new one.
    Watch(Watch),
    /// Nobody follows the topic any more.
    Unwatch(String),
    /// Answer to [`FromWorker::Recall`].
    Recalled {
        /// Its number.
        number: u32,
        /// What is kept under that name, if there is something.
        value: Option<Bytes>,
    },
    /// Somebody calls from outside. Answered by one [`FromWorker::Welcome`].
    Visit(Visit),
    /// Clean up (`QUIT`, stream close) and end. What is not over `within` that time is killed.
    Stop {
        /// Time until the gateway stops waiting.
        within: Duration,
    },
}

/// The gateway's greeting.
#[derive(Debug, Serialize, Deserialize)]
pub struct Hello {
    /// [`crate::VERSION`] of the gateway.
    pub version: u32,
    /// The platform's own settings, a JSON object: what stands under `packageConfig`.
    pub settings: Bytes,
    /// Time between two [`FromWorker::Beat`]s; zero: none are wanted.
    pub beat: Duration,
    /// Least severe level worth sending as [`FromWorker::Log`].
    pub log_level: LogLevel,
    /// What the worker gives up before it opens its platform.
    pub confine: Confine,
    /// Whether what it has kept is found by workers of other gateways too.
    pub shared: bool,
    /// Address under which it can be called from outside, ending in `/`; `None`: there is none.
    pub callback: Option<String>,
}

/// An instance to host.
#[derive(Debug, Serialize, Deserialize)]
pub struct Open {
    /// How frames name it from now on.
    pub instance: InstanceId,
    /// The actor it acts for; `None` on stateless platforms.
    pub actor: Option<String>,
    /// Where the client that it began for came from, as far as that is known; `None` on stateless platforms. The same
    /// for as long as the instance lives, whatever process hosts it and whoever joins it.
    pub address: Option<String>,
}

/// A verb to run.
#[derive(Debug, Serialize, Deserialize)]
pub struct Job {
    /// Names the answer.
    pub id: JobId,
    /// Where to run it.
    pub instance: InstanceId,
    /// Who asked.
    pub session: SessionId,
    /// The activity's `type`.
    pub verb: String,
    /// The checked activity, JSON text.
    pub activity: Bytes,
    /// The whole credentials activity, JSON text, where the verb requires it. The only place on the wire for a secret.
    #[serde(with = "secret_bytes")]
    pub credentials: Option<Secret<Vec<u8>>>,
}

/// From a worker to the gateway.
#[derive(Debug, Serialize, Deserialize)]
pub enum FromWorker {
    /// Answer to [`ToWorker::Hello`]: settings understood, sandbox applied, jobs welcome.
    Ready(Ready),
    /// A job ended.
    Done(JobId, Outcome),
    /// The platform's code panicked over a job, in these words, and nothing else did. [`FromWorker::Done`] follows.
    Panicked(JobId, String),
    /// Unsolicited traffic for the sessions attached to an instance: an activity as JSON text.
    Push(InstanceId, Bytes),
    /// The instance acts for another actor from now on (IRC nick change).
    Rekey {
        /// Which instance.
        instance: InstanceId,
        /// The new actor id.
        actor: String,
    },
    /// Wants to connect. Answered by one [`ToWorker::Go`], when it may. Another one before that takes its place.
    Turn(Turn),
    /// A connection stands; there is no earlier one of this instance any more. The gateway answers for it where servers
    /// ask who is behind it (RFC 1413).
    Connected {
        /// Which instance.
        instance: InstanceId,
        /// This end.
        local: SocketAddr,
        /// The server's end.
        remote: SocketAddr,
    },
    /// What all instances of the platform are to know before they connect to a network.
    Note {
        /// The network, spelt as in [`Turn`].
        network: String,
        /// What is known, in the platform's own words; 255 bytes at most, longer ones are not kept.
        text: String,
        /// How long it holds. Zero: what was known does not hold any more.
        keep: Duration,
    },
    /// What happens to topics.
    Standing(Standing),
    /// Something to be kept. What does not fit, or cannot be kept now, is lost: it must be of use only.
    Keep(Keep),
    /// Asks for what was kept. Answered by one [`ToWorker::Recalled`], unless the process ends before.
    Recall {
        /// Names the answer.
        number: u32,
        /// What was kept under which name.
        name: String,
    },
    /// Answer to [`ToWorker::Visit`].
    Welcome(Welcome),
    /// Whether the instance is connected upstream; said whenever it changes.
    Initialised(InstanceId, bool),
    /// A line for the gateway's log.
    Log {
        /// Severity.
        level: LogLevel,
        /// Text without secrets or message bodies.
        text: String,
    },
    /// Still alive.
    Beat,
    /// The process is about to end because of an error that it could still name; told to every attached session.
    Fatal(String),
}

/// Somebody's turn to connect. Those of all users of a platform to one network are begun at one pace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// Which instance.
    pub instance: InstanceId,
    /// The network, by the name under which the platform counts it; 255 bytes at most.
    pub network: String,
    /// Connections that may be begun at once after a pause; at least one.
    pub at_once: u32,
    /// Time between further ones; zero: any number at any time.
    pub interval: Duration,
}

/// A worker's answer to the greeting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// [`crate::VERSION`] of the worker.
    pub version: u32,
    /// Platform id, `feeds`.
    pub platform: String,
    /// Version of the worker's package.
    pub package: String,
    /// What came of [`Hello::confine`].
    pub confinement: Confinement,
}

/// How a job ended (core.md 4.5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// Success without data: the request itself is the answer.
    Unchanged,
    /// Success with an activity, JSON text.
    Activity(Bytes),
    /// Failure, in the words the client reads.
    Failed(String),
}

/// Severity of a log line, least severe last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum LogLevel {
    /// Needs a human.
    Error,
    /// Unexpected but handled.
    Warn,
    /// Noteworthy.
    Info,
    /// For whoever looks for a fault.
    Debug,
}

/// `Secret` refuses to be serialised; the one frame field that must be says so here.
mod secret_bytes {
    use footbridge_seal::Secret;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[allow(clippy::ref_option, reason = "the signature is serde's")]
    pub(super) fn serialize<S: Serializer>(value: &Option<Secret<Vec<u8>>>, serializer: S) -> Result<S::Ok, S::Error> {
        value.as_ref().map(Secret::expose).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret<Vec<u8>>>, D::Error> {
        Ok(Option::<Vec<u8>>::deserialize(deserializer)?.map(Secret::new))
    }
}
