//! What a verb answers, in success and failure.

use std::fmt::Display;

use bytes::Bytes;
use footbridge_wire::Outcome;
use serde::Serialize;

/// A success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The request itself is the answer.
    Unchanged,
    /// An activity, JSON text. The gateway stamps its `@context`.
    Activity(Bytes),
}

impl Reply {
    /// An activity made of anything that serialises.
    ///
    /// # Errors
    /// A [`Failure`] when it does not: a map with keys that are no strings.
    pub fn json(activity: &impl Serialize) -> Result<Self, Failure> {
        match serde_json::to_vec(activity) {
            Ok(text) => Ok(Self::Activity(text.into())),
            Err(error) => Err(Failure::error(error)),
        }
    }
}

/// A failure, in the words that the client reads (platforms.md 1.4).
///
/// ```
/// use footbridge_host::Failure;
///
/// assert_eq!(Failure::error("auth failed").to_string(), "Error: auth failed");
/// assert_eq!(Failure::named("TypeError", "x is not a nick").to_string(), "TypeError: x is not a nick");
/// assert_eq!(Failure::bare("no such room").to_string(), "no such room");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Failure(String);

impl Failure {
    /// `Error: <message>`, the ordinary case.
    pub fn error(message: impl Display) -> Self {
        Self::named("Error", message)
    }

    /// `<name>: <message>`.
    pub fn named(name: &str, message: impl Display) -> Self {
        Self(format!("{name}: {message}"))
    }

    /// The message alone.
    pub fn bare(message: impl Display) -> Self {
        Self(message.to_string())
    }

    /// A verb of the schema that the platform does not have.
    pub fn unknown_verb(verb: &str) -> Self {
        Self(format!("platform method {verb} not available"))
    }
}

/// What somebody who calls from outside is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Body, plain text.
    pub body: String,
}

/// How the wire says it.
pub(crate) fn outcome(result: Result<Reply, Failure>) -> Outcome {
    match result {
        Ok(Reply::Unchanged) => Outcome::Unchanged,
        Ok(Reply::Activity(text)) => Outcome::Activity(text),
        Err(Failure(text)) => Outcome::Failed(text),
    }
}
