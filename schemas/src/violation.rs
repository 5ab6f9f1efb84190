//! Why an activity is refused, in the words that its sender reads (core.md 2.2 and 2.5).
//!
//! Applications compare these texts. They stand here, each once, and are pinned row by row in the tests below.

mod wording;

#[cfg(test)]
mod tests;

use std::fmt;

use jsonschema::error::ValidationErrorKind;

use crate::PlatformId;

/// Why an activity is refused. `Display` is exactly what the sender gets as `error`; values out of credentials are not quoted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct Violation(Box<Refusal>);

/// The step of the pipeline that refused (core.md 2.1), e.g. as a label of a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Not an activity at all.
    Shape,
    /// No enabled platform follows from `@context`.
    Context,
    /// Against the envelope that all platforms share.
    Envelope,
    /// Against the platform's own schema.
    Platform,
    /// A verb that does not belong here.
    Type,
}

/// The texts of the pipeline's steps.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("message received is not an object.")]
    NotAnObject,
    #[error("message received is nested too deeply.")]
    TooDeep,
    #[error("message received is not valid JSON.")]
    NotJson,
    #[error("message received has a property with a reserved name.")]
    PrivateName,
    #[error("activity stream must contain an @context array.")]
    NoContext,
    #[error("activity stream must contain a type property.")]
    NoType,
    #[error("activity stream must contain an actor property.")]
    NoActor,
    #[error("activity object must contain an id property.")]
    ObjectWithoutId,
    #[error("activity object must contain a type property.")]
    ObjectWithoutType,
    #[error("platform context URL not registered with this Sockethub instance. {}", Candidates(.candidates))]
    Unregistered { candidates: Vec<String> },
    #[error("platform {platform} resolved from @context is not enabled in this Sockethub instance.")]
    NotEnabled { platform: &'static str },
    #[error("credential activity streams must have credentials set as type")]
    NotCredentials,
    #[error("platform type {verb} not supported by {platform} platform. (types: {})", .verbs.join(", "))]
    UnknownVerb { verb: String, platform: PlatformId, verbs: Vec<String> },
    #[error("[{platform}] {complaint}")]
    Envelope { platform: PlatformId, complaint: Complaint },
    #[error("[{platform}] {complaint}")]
    Platform { platform: PlatformId, complaint: Complaint },
}

/// What a schema finds wrong: where, what and, for some, which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Complaint {
    /// JSON pointer into the activity; empty for the whole.
    path: String,
    words: String,
    hint: Option<Hint>,
}

/// What follows the words of a complaint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Hint {
    /// The property that is not known.
    Property(String),
    /// What would have been right.
    Choices(Vec<String>),
}

/// The second sentence about an `@context` that leads to no platform.
struct Candidates<'a>(&'a [String]);

// === impl Violation ===

impl Violation {
    /// The step that refused.
    pub fn stage(&self) -> Stage {
        match *self.0 {
            Refusal::NotAnObject
            | Refusal::TooDeep
            | Refusal::NotJson
            | Refusal::PrivateName
            | Refusal::NoContext
            | Refusal::NoType
            | Refusal::NoActor
            | Refusal::ObjectWithoutId
            | Refusal::ObjectWithoutType => Stage::Shape,
            Refusal::Unregistered { .. } | Refusal::NotEnabled { .. } => Stage::Context,
            Refusal::NotCredentials | Refusal::UnknownVerb { .. } => Stage::Type,
            Refusal::Envelope { .. } => Stage::Envelope,
            Refusal::Platform { .. } => Stage::Platform,
        }
    }
}

impl From<Refusal> for Violation {
    fn from(refusal: Refusal) -> Self {
        Self(Box::new(refusal))
    }
}

// === impl Stage ===

impl Stage {
    /// The name as a metric's label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shape => "shape",
            Self::Context => "context",
            Self::Envelope => "envelope",
            Self::Platform => "platform",
            Self::Type => "type",
        }
    }
}

// === impl Complaint ===

impl Complaint {
    /// `kind` in AJV's words, at `path`.
    pub(crate) fn new(path: &str, kind: &ValidationErrorKind, hint: Option<Hint>) -> Self {
        Self { path: path.to_owned(), words: wording::of(kind), hint }
    }

    /// An unknown property `name` at the top of the activity.
    pub(crate) fn unknown_property(name: &str) -> Self {
        let hint = Some(Hint::Property(name.to_owned()));
        Self { path: String::new(), words: wording::ADDITIONAL_PROPERTIES.to_owned(), hint }
    }

    /// For what is refused for a reason that was not looked for, or that the validator does not give.
    pub(crate) fn unexplained() -> Self {
        Self { path: String::new(), words: "must match its schema".to_owned(), hint: None }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.path.is_empty() { "activity stream" } else { &self.path };
        write!(f, "{place}: {}", self.words)?;
        match &self.hint {
            None => Ok(()),
            Some(Hint::Property(name)) => write!(f, ": {name}"),
            Some(Hint::Choices(choices)) => write!(f, ": {}", choices.join(", ")),
        }
    }
}

// === impl Candidates ===

impl fmt::Display for Candidates<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => f.write_str("No platform @context values were provided."),
            [url] => write!(f, "Unregistered platform @context value: {url}"),
            urls => write!(f, "Multiple platform @context values were provided: {}.", urls.join(", ")),
        }
    }
}
