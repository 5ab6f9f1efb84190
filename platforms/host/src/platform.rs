//! The traits of a platform.

use std::future::Future;

use bytes::Bytes;
use footbridge_seal::Secret;
use footbridge_wire::{Job, SessionId};
use serde::de::DeserializeOwned;

use crate::{Failure, Outbox, Reply};

/// What every platform is.
pub trait Platform: Sized + 'static {
    /// Its id, as in `footbridge-<id>` and in the `@context`.
    const ID: &'static str;

    /// Its `packageConfig`. Unknown keys should be refused: a mistyped setting must not pass for the default.
    type Settings: DeserializeOwned;

    /// Begins an instance. No I/O yet: a persistent platform connects with its `connect` verb.
    ///
    /// # Errors
    /// [`OpenError`] when the settings make no sense together; the process ends and the gateway names the reason.
    fn open(settings: Self::Settings, opened: Opened) -> Result<Self, OpenError>;
}

/// A platform without a connection of its own: calls may overlap, up to the platform's `concurrency`.
pub trait Stateless: Platform {
    /// Runs a verb. The gateway has checked the activity against the platform's schema.
    fn perform(&self, call: Call) -> impl Future<Output = Result<Reply, Failure>>;
}

/// A platform that keeps a connection for one actor: calls run strictly one by one, in order.
pub trait Persistent: Platform {
    /// Runs a verb. Dropped unfinished when the gateway's deadline for the job has passed.
    fn perform(&mut self, call: Call) -> impl Future<Output = Result<Reply, Failure>>;

    /// Whether the connection stands. Before it does, verbs without credentials are refused.
    fn is_initialised(&self) -> bool;

    /// Leaves in good manners (`QUIT`, stream close); bounded by the gateway's patience.
    fn cleanup(&mut self) -> impl Future<Output = ()>;
}

/// What an instance begins with.
#[derive(Debug)]
pub struct Opened {
    /// The actor it acts for; `None` on stateless platforms.
    pub actor: Option<String>,
    /// For what it says unasked.
    pub outbox: Outbox,
}

/// Why a platform cannot begin; shown in the gateway's log.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct OpenError(pub String);

/// A verb to run.
#[derive(Debug)]
pub struct Call {
    /// The activity's `type`.
    pub verb: String,
    /// Who asked.
    pub session: SessionId,
    /// The activity, JSON text.
    pub activity: Bytes,
    /// The whole credentials activity, JSON text, where the verb requires it.
    pub credentials: Option<Secret<Vec<u8>>>,
}

impl Call {
    /// The activity as `T`.
    ///
    /// # Errors
    /// A [`Failure`] with the bare message of what does not fit.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(&self.activity).map_err(|error| Failure::bare(error.to_string()))
    }
}

impl From<Job> for Call {
    fn from(job: Job) -> Self {
        Self { verb: job.verb, session: job.session, activity: job.activity, credentials: job.credentials }
    }
}
