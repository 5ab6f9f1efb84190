//! Which instance an activity addresses (core.md 3.3).

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use footbridge_schemas::PlatformId;
use footbridge_seal::{Fingerprint, Key};
use footbridge_wire::{InstanceKey, SessionId};
use serde_json::Value;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::sessions::{Presence, Sessions};

/// The server-derived part of a persistent instance's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Rule 1: who knows the same secret shares.
    Credentials(Fingerprint),
    /// Rule 2: nobody shares.
    Session(SessionId),
}

impl Scope {
    /// The text that enters the key.
    fn text(&self) -> String {
        match self {
            Self::Credentials(fingerprint) => InstanceKey(*fingerprint.as_bytes()).to_string(),
            Self::Session(session) => session.to_string(),
        }
    }
}

/// Key of the pool of a stateless platform, of its lane and of its first worker.
pub fn stateless(platform: &PlatformId) -> InstanceKey {
    InstanceKey(Sha256::digest(platform.as_str()).into())
}

/// Key of the instance of a stateless platform that looks after what is followed.
pub fn lookout(platform: &PlatformId) -> InstanceKey {
    let parts = serde_json::json!([platform.as_str(), "lookout"]);
    InstanceKey(Sha256::digest(parts.to_string()).into())
}

/// Key of the instance for `actor` in `scope`. A JSON array is hashed, so no character of an id can blur the parts.
pub fn persistent(platform: &PlatformId, actor: &str, scope: &Scope) -> InstanceKey {
    let parts = serde_json::json!([platform.as_str(), actor, scope.text()]);
    InstanceKey(Sha256::digest(parts.to_string()).into())
}

/// Whether a credentials object holds a secret that may be shared: a non-empty `password` or `token`.
pub fn has_secret(object: &Value) -> bool {
    ["password", "token"].iter().any(|key| object.get(key).and_then(Value::as_str).is_some_and(|text| !text.is_empty()))
}

/// Tells the `object` of credentials from others. `Value`'s maps are sorted by key: its text is the canonical form.
pub fn fingerprint(key: &Key, object: &Value) -> Fingerprint {
    let text = Zeroizing::new(object.to_string());
    key.fingerprint(text.as_bytes())
}

/// Where an anonymous actor was last seen.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Place {
    platform: PlatformId,
    actor: String,
    address: String,
}

#[derive(Debug)]
struct Record {
    /// The session whose id is the scope.
    scope: SessionId,
    /// The session that uses it now.
    owner: SessionId,
    /// Tells the credentials of the owner from others; `None`: it has shown none.
    proof: Option<Fingerprint>,
    instance: InstanceKey,
}

/// Who asks for a scope.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Applicant<'a> {
    pub(crate) session: SessionId,
    pub(crate) address: Option<&'a str>,
    /// Tells the credentials it stored for the actor from others.
    pub(crate) proof: Option<Fingerprint>,
}

/// Rule 3, where it is wanted: an anonymous socket that comes from the same address and shows the same credentials as
/// the one that left finds its instance (weak spot 20).
///
/// Records live as long as their instances, whose number is bounded; one whose instance never began is forgotten by
/// the dispatcher.
#[derive(Debug)]
pub struct Scopes {
    /// `None`: the rule is not wanted (`credentialCheck.resumeByAddress`).
    records: Option<Mutex<HashMap<Place, Record>>>,
}

impl Scopes {
    /// No records. `by_address`: whether rule 3 holds; without it each anonymous session is alone.
    pub fn new(by_address: bool) -> Self {
        Self { records: by_address.then(Mutex::default) }
    }

    /// The scope of a session without a shareable secret. A record of another session is neither used nor overwritten
    /// while that is connected.
    pub(crate) fn anonymous(
        &self,
        sessions: &Sessions,
        applicant: Applicant<'_>,
        platform: &PlatformId,
        actor: &str,
    ) -> Scope {
        let Applicant { session, address, proof } = applicant;
        let Some((address, records)) = address.zip(self.records.as_ref()) else {
            return Scope::Session(session);
        };
        let place = Place { platform: platform.clone(), actor: actor.into(), address: address.into() };
        let mut records = records.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(record) = records.get_mut(&place) else {
            let scope = Scope::Session(session);
            let instance = persistent(platform, actor, &scope);
            records.insert(place, Record { scope: session, owner: session, proof, instance });
            return scope;
        };
        if record.owner == session {
            record.proof = proof.or(record.proof);
            return Scope::Session(record.scope);
        }
        if proof.is_some() && proof == record.proof && sessions.presence(record.owner) != Some(Presence::Here) {
            record.owner = session;
            return Scope::Session(record.scope);
        }
        Scope::Session(session)
    }

    /// An instance is gone, and with it what was remembered of it.
    pub(crate) fn forget(&self, instance: &InstanceKey) {
        if let Some(records) = &self.records {
            let mut records = records.lock().unwrap_or_else(PoisonError::into_inner);
            records.retain(|_, record| record.instance != *instance);
        }
    }
}

#[cfg(test)]
mod tests {
    use footbridge_seal::{MasterKey, Purpose};
    use tokio::sync::mpsc;

    use super::*;

    fn session(byte: u8) -> SessionId {
        SessionId::from_random([byte; 16])
    }

    #[test]
    fn parts_of_a_key_cannot_blur() {
        let scope = Scope::Session(session(1));
        let keys = [("irc", "a:b"), ("irc:a", "b"), ("irc", "a\",\"b"), ("irc", "a")]
            .map(|(platform, actor)| persistent(&PlatformId::from(platform), actor, &scope));
        for (index, key) in keys.iter().enumerate() {
            assert!(!keys[..index].contains(key));
        }
    }

    #[test]
    fn only_a_non_empty_password_or_token_is_a_shareable_secret() {
        for (object, expected) in [
            (serde_json::json!({"password": "x"}), true),
            (serde_json::json!({"token": "x"}), true), // core 69
            (serde_json::json!({"password": ""}), false),
            (serde_json::json!({"password": 7}), false),
            (serde_json::json!({"nick": "x"}), false),
            (serde_json::json!(null), false),
        ] {
            assert_eq!(has_secret(&object), expected, "{object}");
        }
    }

    fn applicant(byte: u8, address: Option<&str>, proof: Option<Fingerprint>) -> Applicant<'_> {
        Applicant { session: session(byte), address, proof }
    }

    #[test]
    fn an_anonymous_session_returns_to_its_instance_after_it_left_from_its_address_with_its_credentials() {
        let (scopes, sessions) = (Scopes::new(true), Sessions::default());
        let key = MasterKey::generate().derive(Purpose::Fingerprint, &[]);
        let [kim, other] = ["kim", "other"].map(|nick| Some(key.fingerprint(nick.as_bytes())));
        let irc = PlatformId::from("irc");
        let (mailbox, _notices) = mpsc::channel(1);
        sessions.enter(session(1), mailbox, None);
        let home = Some("192.0.2.1");
        let ask = |byte, address, proof| scopes.anonymous(&sessions, applicant(byte, address, proof), &irc, "kim");
        let own = |byte| Scope::Session(session(byte));
        assert_eq!(ask(1, home, None), own(1));
        assert_eq!(ask(1, home, kim), own(1));
        assert_eq!(ask(2, home, kim), own(2), "core 70: the owner is still there");
        sessions.leave(session(1));
        assert_eq!(ask(2, Some("192.0.2.9"), kim), own(2), "core 72");
        assert_eq!(ask(3, home, None), own(3), "core 74: no credentials");
        assert_eq!(ask(3, home, other), own(3), "core 74: other credentials");
        assert_eq!(ask(3, home, kim), own(1), "core 71");
        scopes.forget(&persistent(&irc, "kim", &own(1)));
        assert_eq!(ask(2, home, kim), own(2));
    }

    #[test]
    fn nothing_is_remembered_without_an_address_or_where_the_rule_is_not_wanted() {
        let sessions = Sessions::default();
        let irc = PlatformId::from("irc");
        for (scopes, address) in [(Scopes::new(true), None), (Scopes::new(false), Some("192.0.2.1"))] {
            for byte in [1, 2] {
                let scope = scopes.anonymous(&sessions, applicant(byte, address, None), &irc, "kim");
                assert_eq!(scope, Scope::Session(session(byte)));
            }
        }
    }
}
