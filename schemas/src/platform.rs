//! A platform that clients may use: its document, compiled.

use serde_json::Value;
use serde_json::value::RawValue;

use crate::json::raw;
use crate::manifest::{self, Manifest};
use crate::rules::Rules;
use crate::violation::{Complaint, Refusal};
use crate::{PlatformId, SchemaError, Violation, context};

/// A platform document with its schemas compiled.
#[derive(Debug)]
pub struct Platform {
    /// The document.
    pub manifest: Manifest,
    verbs: Vec<String>,
    context: Box<RawValue>,
    credentials: Option<Rules>,
    messages: Rules,
    responses: Option<Rules>,
}

impl Platform {
    pub(crate) fn compile(manifest: Manifest) -> Result<Self, SchemaError> {
        let rules = |part: &'static str, schema: &RawValue| {
            let schema: Value = serde_json::from_str(schema.get()).map_err(|source| SchemaError::Json {
                platform: manifest.id.clone(),
                part,
                source,
            })?;
            Rules::compile(&schema).map(|rules| (schema, rules)).map_err(|source| SchemaError::Rules {
                platform: manifest.id.clone(),
                part,
                source: Box::new(source),
            })
        };
        let credentials = manifest.credentials.as_deref().map(|schema| rules("credentials", schema)).transpose()?;
        let responses = manifest.responses.as_deref().map(|schema| rules("responses", schema)).transpose()?;
        let (schema, messages) = rules("messages", &manifest.messages)?;
        Ok(Self {
            verbs: manifest::verbs(&schema),
            context: raw(&[context::AS2, context::SOCKETHUB, &manifest.context_url()]),
            credentials: credentials.map(|(_, rules)| rules),
            messages,
            responses: responses.map(|(_, rules)| rules),
            manifest,
        })
    }

    /// The platform's name.
    pub fn id(&self) -> &PlatformId {
        &self.manifest.id
    }

    /// Whether each actor has an instance of its own that lives on between jobs.
    pub fn is_persistent(&self) -> bool {
        self.manifest.persist
    }

    /// Whether jobs with `verb` are handed the session's credentials.
    pub fn requires_credentials(&self, verb: &str) -> bool {
        self.manifest.require_credentials.iter().any(|required| required == verb)
    }

    /// Whether `verb` begins or ends that something is looked after for whoever asks.
    pub fn follows(&self, verb: &str) -> bool {
        self.manifest.follow.as_ref().is_some_and(|follow| follow.verbs.iter().any(|known| known == verb))
    }

    /// Jobs that one worker may run at a time: one if persistent.
    pub fn concurrency(&self) -> u16 {
        if self.manifest.persist { 1 } else { self.manifest.concurrency.get() }
    }

    /// Jobs that all its workers together may run at a time: one if persistent. At most 65,535.
    pub fn parallel(&self) -> u16 {
        if self.manifest.persist { 1 } else { self.concurrency().saturating_mul(self.manifest.workers.get()) }
    }

    /// The canonical `@context` of everything this platform says, as JSON text (core.md 1.5).
    pub fn context_json(&self) -> &str {
        self.context.get()
    }

    /// Whether what the platform sends is checked at all.
    pub fn has_responses(&self) -> bool {
        self.responses.is_some()
    }

    /// Checks `activity`, which the platform wants to send, against its `responses` schema. Errors pass unchecked, and so does
    /// everything if there is no such schema (core.md 2.6).
    ///
    /// # Errors
    ///
    /// The first complaint of the schema.
    pub fn accepts_push(&self, activity: &Value) -> Result<(), Violation> {
        let is_error = activity.get("error").is_some() || activity.get("type").is_some_and(|kind| kind == "error");
        match &self.responses {
            Some(rules) if !is_error => rules.check(activity).map_err(|complaint| self.refuses(complaint)),
            _ => Ok(()),
        }
    }

    /// The verbs of `messages`, in the document's order.
    pub fn verbs(&self) -> &[String] {
        &self.verbs
    }

    pub(crate) fn context(&self) -> &RawValue {
        &self.context
    }

    pub(crate) fn accepts_message(&self, activity: &Value) -> Result<(), Violation> {
        self.messages.check(activity).map_err(|complaint| self.refuses(complaint))
    }

    pub(crate) fn accepts_credentials(&self, activity: &Value) -> Result<(), Violation> {
        match &self.credentials {
            Some(rules) => rules.check(activity).map_err(|complaint| self.refuses(complaint)),
            None => Ok(()),
        }
    }

    fn refuses(&self, complaint: Complaint) -> Violation {
        Refusal::Platform { platform: self.id().clone(), complaint }.into()
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU16;

    use serde_json::{Value, json};

    use super::Platform;
    use crate::{Manifest, Stage};

    fn platform(extra: &Value) -> Platform {
        let mut document = json!({
            "id": "p", "version": "1", "contextVersion": "2", "schemaVersion": "1", "persist": false,
            "requireCredentials": ["connect"], "credentials": {},
            "messages": {"properties": {"type": {"enum": ["connect", "send"]}}},
        });
        document.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        Platform::compile(Manifest::parse(&document.to_string()).unwrap()).unwrap()
    }

    #[test]
    fn the_document_answers() {
        let p = platform(&json!({"concurrency": 3}));
        assert_eq!((p.id().as_str(), p.is_persistent(), p.concurrency(), p.has_responses()), ("p", false, 3, false));
        assert_eq!(["connect", "send"].map(|verb| p.requires_credentials(verb)), [true, false]);
        assert_eq!(
            p.context_json(),
            r#"["https://www.w3.org/ns/activitystreams","https://sockethub.org/ns/context/v1.jsonld","https://sockethub.org/ns/context/platform/p/v2.jsonld"]"#
        );
        assert_eq!(platform(&json!({"persist": true, "concurrency": 3})).concurrency(), 1);
    }

    #[test]
    fn as_many_jobs_run_at_a_time_as_all_workers_together_take() {
        for (concurrency, workers, persist, expected) in
            [(3, 1, false, 3), (3, 4, false, 12), (3, 4, true, 1), (u16::MAX, 64, false, u16::MAX)]
        {
            let mut platform = platform(&json!({"persist": persist, "concurrency": concurrency}));
            platform.manifest.workers = NonZeroU16::new(workers).unwrap();
            assert_eq!(platform.parallel(), expected);
        }
    }

    // core 50
    #[test]
    fn what_it_sends_is_checked_unless_it_is_an_error() {
        let p = platform(&json!({"responses": {"required": ["type", "object"]}}));
        let violation = p.accepts_push(&json!({"type": "send"})).unwrap_err();
        assert_eq!(violation.to_string(), "[p] activity stream: must have required property 'object'");
        assert_eq!(violation.stage(), Stage::Platform);
        for fine in [json!({"type": "send", "object": {}}), json!({"type": "error"}), json!({"error": "x"})] {
            assert_eq!(p.accepts_push(&fine), Ok(()));
        }
        assert_eq!(platform(&json!({})).accepts_push(&json!(1)), Ok(()));
    }
}
