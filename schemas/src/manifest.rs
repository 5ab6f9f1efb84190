//! The document in which a platform says what it is (core.md 5.6).

mod vocabulary;

use std::num::NonZeroU16;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::json::compact;
use crate::{PlatformId, context};

/// One platform document, e.g. `schemas/platforms/dummy.json`. Its schemas are draft-07 and of the kind that AJV 8 compiles in
/// strict mode, because clients do (core.md 1.4).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Manifest {
    /// Name, also part of the context URL and of the worker's file name.
    pub id: PlatformId,
    /// Version of the platform's program.
    pub version: String,
    /// Version in the context URL, e.g. `"1"`.
    pub context_version: String,
    /// Version of the schemas, for clients to compare.
    pub schema_version: String,
    /// Whether each actor has an instance of its own that lives on between jobs.
    pub persist: bool,
    /// Verbs that are handed the session's credentials; empty if there is no credentials schema.
    pub require_credentials: Vec<String>,
    /// Verbs that bring an instance back to where it was when its worker died; empty: it is not brought back.
    pub restore: Vec<Restore>,
    /// What can be followed; `None` if nothing can.
    pub follow: Option<Follow>,
    /// Verbs of a stateless platform that only read, so that running one of them a second time does nothing to anybody:
    /// `fetch`, not `send`. When a worker ends while it runs several jobs, those of these verbs are tried once more, each
    /// alone, and only the one that ends its worker again fails (core.md 4.6 *ours*). Empty unless said otherwise; means
    /// nothing for a persistent platform.
    pub repeatable: Vec<String>,
    /// Jobs that one worker of a stateless platform may run at a time (10 unless said otherwise); means nothing for a persistent one.
    pub concurrency: NonZeroU16,
    /// Workers that a stateless platform may have at a time. Not in the document: it is the operator's, and 1 unless set.
    pub workers: NonZeroU16,
    /// Schema of a credentials activity; `None` if the platform knows no credentials.
    pub credentials: Option<Box<RawValue>>,
    /// Schema of the messages that clients send; its `properties.type.enum` lists the verbs.
    pub messages: Box<RawValue>,
    /// Schema of what the platform sends to clients; `None` if it may send anything.
    pub responses: Option<Box<RawValue>>,
}

/// A verb that is repeated, by the gateway itself, when an instance is brought back. The credential verb comes first,
/// with the credentials it succeeded with; the others follow in the order in which they succeeded.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Restore {
    /// The verb. Kept once per `target.id`.
    pub verb: String,
    /// Verbs whose success, for the same `target.id`, means that it need not be repeated any more. For the credential
    /// verb: that the connection was ended on purpose.
    #[serde(default)]
    pub undone_by: Vec<String>,
}

/// What clients of a stateless platform can follow, so that it is looked after for them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Follow {
    /// Verbs that begin and end it. They are carried out by one worker, which looks after everything that is followed.
    pub verbs: Vec<String>,
    /// The object type of what is followed.
    pub topic: String,
}

/// Why a platform document is refused.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Not a platform document: a key is missing, unknown or of the wrong kind.
    #[error("platform schema failed to validate: {0}")]
    Document(#[from] serde_json::Error),
    /// The id cannot be part of a URL and a file name, or means something else already.
    #[error("platform schema failed to validate: id must match [a-z][a-z0-9-]* and not be \"error\": {0}")]
    Id(String),
    /// Credentials are required for something that is no verb of this platform.
    #[error("platform schema failed to validate: requireCredentials names no verb of messages: {0}")]
    CredentialVerb(String),
    /// Something is to be restored that is no verb of this platform.
    #[error("platform schema failed to validate: restore names no verb of messages: {0}")]
    RestoredVerb(String),
    /// Something is to be followed with what is no verb of this platform.
    #[error("platform schema failed to validate: follow names no verb of messages: {0}")]
    FollowVerb(String),
    /// A platform that keeps connections looks after them, and not after topics.
    #[error("platform schema failed to validate: follow is for platforms that do not persist")]
    FollowPersistent,
    /// Something is repeatable that is no verb of this platform, or one that is handed credentials: these are not kept for
    /// a second time.
    #[error(
        "platform schema failed to validate: repeatable names no verb of messages, or one that requires credentials: {0}"
    )]
    RepeatableVerb(String),
    /// `messages` speaks of actors or targets that the envelope never lets through.
    #[error("platform schema {part} types are not registered in the shared ActivityStreams envelope: {}", .types.join(", "))]
    Vocabulary {
        /// `actor` or `target`.
        part: &'static str,
        /// The types in question, sorted.
        types: Vec<String>,
    },
}

/// The document as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Document {
    id: String,
    version: String,
    context_version: String,
    schema_version: String,
    persist: bool,
    require_credentials: Vec<String>,
    #[serde(default)]
    restore: Vec<Restore>,
    follow: Option<Follow>,
    #[serde(default)]
    repeatable: Vec<String>,
    #[serde(default = "default_concurrency")]
    concurrency: NonZeroU16,
    credentials: Option<Box<RawValue>>,
    messages: Box<RawValue>,
    responses: Option<Box<RawValue>>,
}

fn default_concurrency() -> NonZeroU16 {
    NonZeroU16::new(10).expect("ten is not zero")
}

// === impl Manifest ===

impl Manifest {
    /// Reads a platform document.
    ///
    /// # Errors
    ///
    /// If it has unknown, missing or ill-typed keys, or contradicts itself or the envelope (core.md 5.6). Whether its schemas
    /// compile shows in [`Schemas::compile`](crate::Schemas::compile).
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let document: Document = serde_json::from_str(text)?;
        if !is_id(&document.id) {
            return Err(ManifestError::Id(document.id));
        }
        let mut manifest = Self {
            id: document.id.as_str().into(),
            version: document.version,
            context_version: document.context_version,
            schema_version: document.schema_version,
            persist: document.persist,
            require_credentials: document.require_credentials,
            restore: document.restore,
            follow: document.follow,
            repeatable: document.repeatable,
            concurrency: document.concurrency,
            workers: NonZeroU16::MIN,
            credentials: document.credentials.as_deref().map(without_space),
            messages: without_space(&document.messages),
            responses: document.responses.as_deref().map(without_space),
        };
        let messages: Value = serde_json::from_str(manifest.messages.get())?;
        vocabulary::check(&messages)?;
        if manifest.credentials.is_none() {
            manifest.require_credentials.clear();
        }
        let verbs = verbs(&messages);
        if let Some(verb) = manifest.require_credentials.iter().find(|verb| !verbs.contains(verb)) {
            return Err(ManifestError::CredentialVerb(verb.clone()));
        }
        let mut restored = manifest.restore.iter().flat_map(|rule| std::iter::once(&rule.verb).chain(&rule.undone_by));
        if let Some(verb) = restored.find(|verb| !verbs.contains(verb)) {
            return Err(ManifestError::RestoredVerb(verb.clone()));
        }
        if let Some(follow) = &manifest.follow {
            if manifest.persist {
                return Err(ManifestError::FollowPersistent);
            }
            if let Some(verb) = follow.verbs.iter().find(|verb| !verbs.contains(verb)) {
                return Err(ManifestError::FollowVerb(verb.clone()));
            }
        }
        let unfit = |verb: &&String| !verbs.contains(verb) || manifest.require_credentials.contains(verb);
        if let Some(verb) = manifest.repeatable.iter().find(unfit) {
            return Err(ManifestError::RepeatableVerb(verb.clone()));
        }
        Ok(manifest)
    }

    /// The platforms that come with the gateway, in the order in which they are listed by default.
    pub fn builtin() -> Vec<Self> {
        [
            include_str!("../platforms/dummy.json"),
            include_str!("../platforms/feeds.json"),
            include_str!("../platforms/irc.json"),
            include_str!("../platforms/metadata.json"),
            include_str!("../platforms/xmpp.json"),
        ]
        .map(|text| Self::parse(text).expect("our own documents are well-formed"))
        .into()
    }

    /// The URL that leads from an activity's `@context` to this platform (core.md 1.5).
    pub fn context_url(&self) -> String {
        context::platform_url(self.id.as_str(), &self.context_version)
    }
}

/// The verbs that a `messages` schema allows.
pub(crate) fn verbs(messages: &Value) -> Vec<String> {
    let listed = messages.pointer("/properties/type/enum").and_then(Value::as_array);
    listed.into_iter().flatten().filter_map(Value::as_str).map(ToOwned::to_owned).collect()
}

fn is_id(id: &str) -> bool {
    id.starts_with(|first: char| first.is_ascii_lowercase())
        && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && id != context::ERROR
}

/// Clients get the schemas as they stand in the document, members in the author's order, but not its line breaks.
fn without_space(schema: &RawValue) -> Box<RawValue> {
    RawValue::from_string(compact(schema.get())).expect("white space between tokens carries no meaning")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Manifest, ManifestError};

    fn document() -> Value {
        json!({
            "id": "p", "version": "1.2.3", "contextVersion": "1", "schemaVersion": "1", "persist": true,
            "requireCredentials": ["connect"], "credentials": {},
            "messages": {"properties": {"type": {"enum": ["connect", "send"]}}},
        })
    }

    fn with(pointer: &str, value: Value) -> Result<Manifest, ManifestError> {
        let mut document = document();
        document[pointer] = value;
        Manifest::parse(&document.to_string())
    }

    fn refusal(pointer: &str, value: Value) -> String {
        with(pointer, value).unwrap_err().to_string()
    }

    #[test]
    fn a_document_is_read() {
        let manifest = Manifest::parse(&document().to_string()).unwrap();
        assert_eq!(manifest.context_url(), "https://sockethub.org/ns/context/platform/p/v1.jsonld");
        assert_eq!(manifest.require_credentials, ["connect"]);
        assert_eq!((manifest.concurrency.get(), manifest.workers.get()), (10, 1));
        assert!(manifest.repeatable.is_empty());
        assert!(manifest.responses.is_none());
    }

    #[test]
    fn the_builtin_documents_are_well_formed() {
        let ids: Vec<_> = Manifest::builtin().into_iter().map(|manifest| manifest.id.to_string()).collect();
        assert_eq!(ids, ["dummy", "feeds", "irc", "metadata", "xmpp"]);
    }

    #[test]
    fn of_the_builtin_platforms_only_those_that_fetch_repeat_anything() {
        for manifest in Manifest::builtin() {
            let expected: &[&str] = if matches!(manifest.id.as_str(), "feeds" | "metadata") { &["fetch"] } else { &[] };
            assert_eq!(manifest.repeatable, expected, "{}", manifest.id);
        }
    }

    #[test]
    fn schemas_keep_their_order_and_lose_their_white_space() {
        let text = document().to_string().replace("{\"properties\"", "{ \"title\": \"a b\",\n \"properties\"");
        let manifest = Manifest::parse(&text).unwrap();
        let expected = r#"{"title":"a b","properties":{"type":{"enum":["connect","send"]}}}"#;
        assert_eq!(manifest.messages.get(), expected);
    }

    #[test]
    fn unknown_and_missing_keys_are_refused() {
        let text = refusal("colour", json!("red"));
        assert!(text.starts_with("platform schema failed to validate: unknown field `colour`"), "{text}");
        let text = Manifest::parse("{}").unwrap_err().to_string();
        assert!(text.starts_with("platform schema failed to validate: missing field `id`"), "{text}");
        assert!(refusal("concurrency", json!(0)).contains("expected a nonzero u16"));
    }

    #[test]
    fn an_id_fits_into_urls_and_file_names() {
        for id in ["", "error", "sockethub:internal", "a/b", "../x", "A", "1a", "-a", "é"] {
            assert!(matches!(with("id", json!(id)), Err(ManifestError::Id(refused)) if refused == id), "{id}");
        }
        assert!(with("id", json!("x-2")).is_ok());
    }

    #[test]
    fn only_verbs_of_the_platform_are_restored() {
        let rule = |verb: &str, undone: &str| json!([{"verb": verb, "undoneBy": [undone]}]);
        assert_eq!(with("restore", rule("connect", "send")).unwrap().restore[0].verb, "connect");
        for unheard_of in [rule("zork", "send"), rule("connect", "zork")] {
            let refused = with("restore", unheard_of);
            assert!(matches!(refused, Err(ManifestError::RestoredVerb(verb)) if verb == "zork"));
        }
    }

    #[test]
    fn only_stateless_platforms_have_topics_and_with_their_own_verbs() {
        let follow = |verb: &str| json!({"verbs": [verb], "topic": "feed"});
        assert!(matches!(with("follow", follow("send")), Err(ManifestError::FollowPersistent)));
        let mut stateless = document();
        stateless["persist"] = json!(false);
        for (verb, fits) in [("send", true), ("zork", false)] {
            stateless["follow"] = follow(verb);
            let manifest = Manifest::parse(&stateless.to_string());
            assert_eq!(manifest.is_ok(), fits, "{verb}: {manifest:?}");
        }
    }

    #[test]
    fn only_verbs_of_the_platform_without_credentials_are_repeatable() {
        assert_eq!(with("repeatable", json!(["send"])).unwrap().repeatable, ["send"]);
        for unfit in ["zork", "connect"] {
            let refused = with("repeatable", json!(["send", unfit]));
            assert!(matches!(refused, Err(ManifestError::RepeatableVerb(verb)) if verb == unfit));
        }
    }

    #[test]
    fn credentials_are_required_only_where_they_exist() {
        assert!(with("credentials", Value::Null).unwrap().require_credentials.is_empty());
        assert!(
            matches!(with("requireCredentials", json!(["zork"])), Err(ManifestError::CredentialVerb(verb)) if verb == "zork")
        );
    }
}
