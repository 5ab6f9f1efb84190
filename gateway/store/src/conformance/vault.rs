//! What a [`Vault`] does, behaviour by behaviour.

use footbridge_seal::Secret;

use super::props::{asker, slot};
use crate::{Asker, CredentialSlot, SessionSecret, Vault};

/// What was stored comes back, byte by byte and as often as asked.
pub async fn returns_what_was_stored<V: Vault>(make: &impl AsyncFn() -> V) {
    let (vault, kim) = (make().await, asker(1));
    for text in ["", "{}", r#"{"object":{"password":"pässwörd\u0000"}}"#] {
        put(&vault, &kim, slot("irc", "kim"), text).await;
        for _ in 0..2 {
            assert_eq!(open(&vault, &kim, &slot("irc", "kim")).await.as_deref(), Some(text));
        }
    }
    assert_eq!(open(&vault, &asker(2), &slot("irc", "kim")).await, None);
}

/// core 79: the same actor on two platforms, and two actors on one, have credentials of their own.
pub async fn keeps_slots_apart<V: Vault>(make: &impl AsyncFn() -> V) {
    let (vault, kim) = (make().await, asker(1));
    // The last two would be one if platform and actor were just put together.
    let slots = [slot("irc", "kim"), slot("xmpp", "kim"), slot("irc", "ana"), slot("a:b", "c"), slot("a", "b:c")];
    for (n, slot) in slots.iter().enumerate() {
        assert_eq!(open(&vault, &kim, slot).await, None);
        put(&vault, &kim, slot.clone(), &n.to_string()).await;
    }
    for (n, slot) in slots.iter().enumerate() {
        assert_eq!(open(&vault, &kim, slot).await, Some(n.to_string()));
    }
}

/// A later value for the same slot replaces the earlier one.
pub async fn overwrites_a_slot<V: Vault>(make: &impl AsyncFn() -> V) {
    let (vault, kim) = (make().await, asker(1));
    put(&vault, &kim, slot("irc", "kim"), "old").await;
    put(&vault, &kim, slot("irc", "ana"), "other").await;
    put(&vault, &kim, slot("irc", "kim"), "new").await;
    assert_eq!(open(&vault, &kim, &slot("irc", "kim")).await.as_deref(), Some("new"));
    assert_eq!(open(&vault, &kim, &slot("irc", "ana")).await.as_deref(), Some("other"));
}

/// Another session finds nothing, even if it got hold of the secret.
pub async fn opens_only_for_its_session<V: Vault>(make: &impl AsyncFn() -> V) {
    let (vault, kim) = (make().await, asker(1));
    put(&vault, &kim, slot("irc", "kim"), "{}").await;
    let thief = Asker { session: asker(2).session, secret: kim.secret.clone() };
    assert_eq!(open(&vault, &thief, &slot("irc", "kim")).await, None);
    put(&vault, &thief, slot("irc", "other"), "{}").await;
    assert_eq!(open(&vault, &thief, &slot("irc", "kim")).await, None);
}

/// Knowing a session's id is not enough.
pub async fn opens_only_with_its_secret<V: Vault>(make: &impl AsyncFn() -> V) {
    let (vault, kim) = (make().await, asker(1));
    put(&vault, &kim, slot("irc", "kim"), "{}").await;
    let thief = Asker { session: kim.session, secret: SessionSecret::random() };
    assert_eq!(open(&vault, &thief, &slot("irc", "kim")).await, None);
    assert_eq!(open(&vault, &kim, &slot("irc", "kim")).await.as_deref(), Some("{}"), "a vain try does no harm");
}

/// core 77: a session that leaves takes all its credentials along, and nobody else's.
pub async fn forgets_a_session_at_once<V: Vault>(make: &impl AsyncFn() -> V) {
    let (vault, kim, ana) = (make().await, asker(1), asker(2));
    for actor in ["kim", "kim_"] {
        put(&vault, &kim, slot("irc", actor), "{}").await;
    }
    put(&vault, &ana, slot("irc", "kim"), "{}").await;
    vault.forget(kim.session).await;
    vault.forget(kim.session).await;
    for actor in ["kim", "kim_"] {
        assert_eq!(open(&vault, &kim, &slot("irc", actor)).await, None);
    }
    assert_eq!(open(&vault, &ana, &slot("irc", "kim")).await.as_deref(), Some("{}"));
}

/// What is stored after forgetting does not bring back what was forgotten.
pub async fn stores_again_after_forgetting<V: Vault>(make: &impl AsyncFn() -> V) {
    let (vault, kim) = (make().await, asker(1));
    put(&vault, &kim, slot("irc", "kim"), "old").await;
    vault.forget(kim.session).await;
    put(&vault, &kim, slot("irc", "ana"), "new").await;
    assert_eq!(open(&vault, &kim, &slot("irc", "kim")).await, None);
    assert_eq!(open(&vault, &kim, &slot("irc", "ana")).await.as_deref(), Some("new"));
}

async fn put(vault: &impl Vault, asker: &Asker, slot: CredentialSlot, text: &str) {
    vault.put(asker, slot, Secret::new(text.into())).await.expect("room");
}

async fn open(vault: &impl Vault, asker: &Asker, slot: &CredentialSlot) -> Option<String> {
    let opened = vault.open(asker, slot).await.expect("in reach");
    opened.map(|secret| String::from_utf8(secret.expose().clone()).expect("as stored"))
}
