//! Which instance an activity addresses (core.md 3.3).

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use footbridge_schemas::PlatformId;
use footbridge_seal::Fingerprint;
use footbridge_wire::{InstanceKey, SessionId};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::sessions::Sessions;

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

/// Key of the one instance of a stateless platform.
pub fn stateless(platform: &PlatformId) -> InstanceKey {
    InstanceKey(Sha256::digest(platform.as_str()).into())
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
    instance: InstanceKey,
}

/// Rule 3: an anonymous socket that returns from the same address finds the instance of the one that left.
///
/// Records live as long as their instances, whose number is bounded; one whose instance never began is forgotten by
/// the dispatcher.
#[derive(Debug, Default)]
pub struct Scopes {
    records: Mutex<HashMap<Place, Record>>,
}

impl Scopes {
    /// The scope of a session without a shareable secret. A record of another, still connected session is neither
    /// used nor overwritten.
    pub(crate) fn anonymous(
        &self,
        sessions: &Sessions,
        session: SessionId,
        address: Option<&str>,
        platform: &PlatformId,
        actor: &str,
    ) -> Scope {
        let Some(address) = address else {
            return Scope::Session(session);
        };
        let place = Place { platform: platform.clone(), actor: actor.into(), address: address.into() };
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(record) = records.get_mut(&place) {
            if record.owner == session || !sessions.is_connected(record.owner) {
                record.owner = session;
                return Scope::Session(record.scope);
            }
            return Scope::Session(session);
        }
        let scope = Scope::Session(session);
        let instance = persistent(platform, actor, &scope);
        records.insert(place, Record { scope: session, owner: session, instance });
        scope
    }

    /// An instance is gone, and with it what was remembered of it.
    pub(crate) fn forget(&self, instance: &InstanceKey) {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, record| record.instance != *instance);
    }
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn an_anonymous_session_returns_to_its_instance_only_after_it_left_and_from_the_same_address() {
        let (scopes, sessions) = (Scopes::default(), Sessions::default());
        let irc = PlatformId::from("irc");
        let (first, second, third) = (session(1), session(2), session(3));
        let (mailbox, _notices) = mpsc::channel(1);
        sessions.enter(first, mailbox);
        let ask = |session, address| scopes.anonymous(&sessions, session, address, &irc, "kim");
        assert_eq!(ask(first, Some("192.0.2.1")), Scope::Session(first));
        assert_eq!(ask(second, Some("192.0.2.1")), Scope::Session(second), "core 70: the owner is still there");
        sessions.leave(first);
        assert_eq!(ask(second, Some("192.0.2.9")), Scope::Session(second), "core 72");
        assert_eq!(ask(third, Some("192.0.2.1")), Scope::Session(first), "core 71");
        scopes.forget(&persistent(&irc, "kim", &Scope::Session(first)));
        assert_eq!(ask(second, Some("192.0.2.1")), Scope::Session(second));
    }

    #[test]
    fn without_an_address_nothing_is_remembered() {
        let (scopes, sessions) = (Scopes::default(), Sessions::default());
        let irc = PlatformId::from("irc");
        assert_eq!(scopes.anonymous(&sessions, session(1), None, &irc, "kim"), Scope::Session(session(1)));
        assert_eq!(scopes.anonymous(&sessions, session(2), None, &irc, "kim"), Scope::Session(session(2)));
    }
}
