//! What clients are told about the platforms: the answer to `schemas` (core.md 1.4).

use std::fmt::Write;
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::json::raw;
use crate::{Platform, context};

/// Both answers, rendered once.
#[derive(Debug)]
pub(crate) struct Registry {
    fingerprint: String,
    full: Box<RawValue>,
    unchanged: Box<RawValue>,
}

#[derive(Serialize)]
struct Full<'a> {
    /// Absent while it is being computed: it stands for everything else.
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<&'a str>,
    version: &'a str,
    contexts: BaseContexts,
    platforms: &'a [Entry<'a>],
}

#[derive(Serialize)]
struct BaseContexts {
    #[serde(rename = "as")]
    as2: &'static str,
    sockethub: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    id: &'a str,
    version: &'a str,
    context_url: String,
    context_version: &'a str,
    schema_version: &'a str,
    types: Vec<&'a str>,
    schemas: EntrySchemas<'a>,
}

#[derive(Serialize)]
struct EntrySchemas<'a> {
    credentials: &'a RawValue,
    messages: &'a RawValue,
}

#[derive(Serialize)]
struct Unchanged<'a> {
    fingerprint: &'a str,
    unchanged: bool,
}

// === impl Registry ===

impl Registry {
    /// Renders the registry of a gateway of `version` with `platforms`.
    pub(crate) fn new(version: &str, platforms: &[Arc<Platform>]) -> Self {
        let nothing = raw(&serde_json::Map::new());
        let entries: Vec<_> = platforms.iter().map(|platform| entry(platform, &nothing)).collect();
        let contexts = BaseContexts { as2: context::AS2, sockethub: context::SOCKETHUB };
        let mut full = Full { fingerprint: None, version, contexts, platforms: &entries };
        let fingerprint = fingerprint(raw(&full).get());
        full.fingerprint = Some(&fingerprint);
        let (full, unchanged) = (raw(&full), raw(&Unchanged { fingerprint: &fingerprint, unchanged: true }));
        Self { fingerprint, full, unchanged }
    }

    /// The answer to a client that already has the registry of `fingerprint`, if any.
    pub(crate) fn answer(&self, fingerprint: Option<&str>) -> &RawValue {
        if fingerprint == Some(&self.fingerprint) { &self.unchanged } else { &self.full }
    }
}

fn entry<'a>(platform: &'a Platform, nothing: &'a RawValue) -> Entry<'a> {
    let manifest = &platform.manifest;
    let credentials = manifest.credentials.as_ref().map(|_| "credentials");
    Entry {
        id: manifest.id.as_str(),
        version: &manifest.version,
        context_url: manifest.context_url(),
        context_version: &manifest.context_version,
        schema_version: &manifest.schema_version,
        types: credentials.into_iter().chain(platform.verbs().iter().map(String::as_str)).collect(),
        schemas: EntrySchemas {
            credentials: manifest.credentials.as_deref().unwrap_or(nothing),
            messages: &manifest.messages,
        },
    }
}

/// The first 16 hex digits of the text's SHA-256.
fn fingerprint(text: &str) -> String {
    let mut digits = String::with_capacity(16);
    for byte in &Sha256::digest(text)[..8] {
        write!(digits, "{byte:02x}").expect("a string takes everything");
    }
    digits
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::{Manifest, Schemas};

    fn registry(version: &str, manifests: Vec<Manifest>, fingerprint: Option<&str>) -> Value {
        let schemas = Schemas::compile(version, manifests, true).unwrap();
        serde_json::from_str(schemas.registry(fingerprint).get()).unwrap()
    }

    fn fingerprint(registry: &Value) -> &str {
        registry["fingerprint"].as_str().unwrap()
    }

    // core 7
    #[test]
    fn clients_learn_the_platforms() {
        let full = registry("5.0.0", Manifest::builtin(), None);
        assert_eq!(full["version"], "5.0.0");
        let contexts = json!({
            "as": "https://www.w3.org/ns/activitystreams", "sockethub": "https://sockethub.org/ns/context/v1.jsonld",
        });
        assert_eq!(full["contexts"], contexts);
        let types = [
            "credentials",
            "echo",
            "fail",
            "throw",
            "greet",
            "exit0",
            "exit1",
            "throwTypeError",
            "throwReferenceError",
            "sigterm",
            "sigkill",
            "hang",
        ];
        let dummy = json!({
            "id": "dummy", "version": "0.1.0", "contextVersion": "1", "schemaVersion": "1",
            "contextUrl": "https://sockethub.org/ns/context/platform/dummy/v1.jsonld",
            "types": types,
            "schemas": {"credentials": {}, "messages": {
                "required": ["type"], "properties": {"type": {"enum": types[1..]}},
            }},
        });
        assert_eq!(full["platforms"][0], dummy);
        let feeds = &full["platforms"][1];
        assert_eq!(
            (&feeds["id"], &feeds["types"]),
            (&json!("feeds"), &json!(["credentials", "fetch", "follow", "unfollow"]))
        );
        assert_eq!(feeds["schemas"]["credentials"]["required"], json!(["object"]));
        assert_eq!(feeds["schemas"].as_object().unwrap().len(), 2);
        let irc = &full["platforms"][2];
        assert_eq!(
            (&irc["id"], &irc["types"][0], &irc["types"][1]),
            (&json!("irc"), &json!("credentials"), &json!("connect"))
        );
        assert_eq!(irc["schemas"]["credentials"]["required"], json!(["object", "actor"]));
        let metadata = &full["platforms"][3];
        assert_eq!((&metadata["id"], &metadata["types"]), (&json!("metadata"), &json!(["fetch"])));
        assert_eq!(metadata["schemas"]["messages"]["properties"]["object"], json!(false));
        assert_eq!(full["platforms"].as_array().unwrap().len(), 5);
    }

    // core 8, 9
    #[test]
    fn who_has_the_registry_is_told_so() {
        let full = registry("1", Manifest::builtin(), None);
        let known = fingerprint(&full);
        assert_eq!(registry("1", Manifest::builtin(), Some(known)), json!({"fingerprint": known, "unchanged": true}));
        for wrong in ["", "0123456789abcdef", &known[1..]] {
            assert_eq!(registry("1", Manifest::builtin(), Some(wrong)), full);
        }
    }

    // core 11
    #[test]
    fn the_fingerprint_follows_the_content() {
        let of = |version: &str, manifests| fingerprint(&registry(version, manifests, None)).to_owned();
        let first = of("1", Manifest::builtin());
        assert!(first.len() == 16 && first.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
        assert_eq!(first, of("1", Manifest::builtin()));
        assert_ne!(first, of("2", Manifest::builtin()));
        let mut reversed = Manifest::builtin();
        reversed.reverse();
        assert_ne!(first, of("1", reversed));
        let mut newer = Manifest::builtin();
        newer[0].schema_version = "2".to_owned();
        assert_ne!(first, of("1", newer));
    }
}
