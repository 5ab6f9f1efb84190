//! All schemas of a gateway, and the pipeline that they are for (core.md 2.1).

use std::sync::Arc;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::contexts::Contexts;
use crate::registry::Registry;
use crate::rules::Rules;
use crate::violation::{Complaint, Refusal};
use crate::{Checked, Manifest, Platform, PlatformId, Spelled, Violation, envelope};

/// Every schema, compiled once.
#[derive(Debug)]
pub struct Schemas {
    platforms: Vec<Arc<Platform>>,
    contexts: Contexts,
    envelope: Rules,
    registry: Registry,
    legacy_context: bool,
}

/// Why the schemas of a gateway do not compile.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// Two documents claim one id.
    #[error("platform {0} is given twice")]
    Twice(PlatformId),
    /// A schema is nested too deeply to be read.
    #[error("platform {platform}: the {part} schema cannot be read")]
    Json {
        /// Whose schema.
        platform: PlatformId,
        /// `credentials`, `messages` or `responses`.
        part: &'static str,
        /// What the parser says.
        source: serde_json::Error,
    },
    /// A schema is not draft-07, names an unknown format or refers to another document.
    #[error("platform {platform}: the {part} schema does not compile: {source}")]
    Rules {
        /// Whose schema.
        platform: PlatformId,
        /// `credentials`, `messages` or `responses`.
        part: &'static str,
        /// What the compiler says.
        source: Box<jsonschema::ValidationError<'static>>,
    },
}

impl Schemas {
    /// Compiles the platforms of a gateway of `version`, in the order in which clients are to see them. With `legacy_context`,
    /// activities spelt with a `context` are accepted (core.md 1.7); without, they are refused however they were read.
    ///
    /// # Errors
    ///
    /// If two platforms have one id or a schema does not compile.
    pub fn compile(version: &str, manifests: Vec<Manifest>, legacy_context: bool) -> Result<Self, SchemaError> {
        let mut platforms: Vec<Arc<Platform>> = Vec::with_capacity(manifests.len());
        for manifest in manifests {
            if platforms.iter().any(|platform| *platform.id() == manifest.id) {
                return Err(SchemaError::Twice(manifest.id));
            }
            platforms.push(Arc::new(Platform::compile(manifest)?));
        }
        Ok(Self {
            contexts: Contexts::new(&platforms),
            envelope: envelope::rules(),
            registry: Registry::new(version, &platforms),
            platforms,
            legacy_context,
        })
    }

    /// The platform named `id`, if enabled.
    pub fn platform(&self, id: &PlatformId) -> Option<&Arc<Platform>> {
        self.platforms.iter().find(|platform| platform.id() == id)
    }

    /// The enabled platforms in the order given.
    pub fn platforms(&self) -> impl Iterator<Item = &Arc<Platform>> {
        self.platforms.iter()
    }

    /// The answer to `schemas` from a client that has the registry of `fingerprint`: the whole, or that nothing changed.
    pub fn registry(&self, fingerprint: Option<&str>) -> &RawValue {
        self.registry.answer(fingerprint)
    }

    /// Checks what came as event `message`.
    ///
    /// # Errors
    ///
    /// The violation of the first step that fails: context, envelope, platform, type.
    pub fn message(&self, spelled: Spelled) -> Result<Checked, Violation> {
        let (platform, activity) = self.resolve(spelled)?;
        self.check_envelope(&platform, &activity)?;
        platform.accepts_message(&activity)?;
        let checked = Checked::new(platform, activity);
        let (verb, platform) = (checked.verb(), checked.platform());
        if platform.verbs().iter().any(|known| known == verb) {
            return Ok(checked);
        }
        let (platform, verbs) = (platform.id().clone(), platform.verbs().to_vec());
        Err(Refusal::UnknownVerb { verb: verb.to_owned(), platform, verbs }.into())
    }

    /// Checks what came as event `credentials`.
    ///
    /// # Errors
    ///
    /// The violation of the first step that fails: context, type, envelope, platform. It quotes nothing of what was sent but
    /// names of properties.
    pub fn credentials(&self, spelled: Spelled) -> Result<Checked, Violation> {
        let (platform, activity) = self.resolve(spelled)?;
        if activity["type"] != "credentials" {
            return Err(Refusal::NotCredentials.into());
        }
        self.check_envelope(&platform, &activity)?;
        platform.accepts_credentials(&activity)?;
        Ok(Checked::new(platform, activity))
    }

    fn resolve(&self, spelled: Spelled) -> Result<(Arc<Platform>, Value), Violation> {
        let (mut activity, legacy) = spelled.into_parts();
        let platform = match legacy {
            None => self.contexts.resolve(&activity)?,
            Some(id) if self.legacy_context => self.contexts.resolve_legacy(&mut activity, &id)?,
            Some(_) if !activity.contains_key("@context") => return Err(Refusal::NoContext.into()),
            Some(_) => {
                let platform = self.contexts.resolve(&activity)?.id().clone();
                return Err(Refusal::Envelope { platform, complaint: Complaint::unknown_property("context") }.into());
            }
        };
        Ok((platform.clone(), Value::Object(activity)))
    }

    fn check_envelope(&self, platform: &Platform, activity: &Value) -> Result<(), Violation> {
        self.envelope
            .check(activity)
            .map_err(|complaint| Refusal::Envelope { platform: platform.id().clone(), complaint }.into())
    }
}

#[cfg(test)]
mod tests;
