//! A vault within the process.

use std::{
    future::ready,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use footbridge_seal::{Keyring, Keys, Purpose, Secret};
use footbridge_wire::SessionId;
use futures_util::{FutureExt, future::BoxFuture};

use super::drawers::Drawers;
use crate::{Asker, CredentialSlot, Vault, VaultError, vault::aad};

/// Sealed credentials in memory, with the isolation of a store outside (core.md 3.6): each session's lie under a key
/// that only its secret gives, bound to session, platform and actor.
///
/// One session stores at most [`MAX_SLOTS`](super::MAX_SLOTS) and [`MAX_BYTES`](super::MAX_BYTES); what exceeds them
/// is refused as [`VaultError::Full`].
pub struct MemoryVault {
    keys: Arc<Keyring>,
    /// A std mutex: sealing and opening happen outside of it, and no await under it.
    drawers: Mutex<Drawers>,
}

// === impl MemoryVault ===

impl MemoryVault {
    /// An empty vault. A session's credentials expire `ttl` after any of them was last stored or read; `None`: never.
    pub fn new(keys: Arc<Keyring>, ttl: Option<Duration>) -> Self {
        Self { keys, drawers: Mutex::new(Drawers::new(ttl)) }
    }

    fn store(&self, asker: &Asker, slot: CredentialSlot, activity: &[u8]) -> Result<(), VaultError> {
        let sealed = self.key(asker).seal(aad(asker, &slot).as_bytes(), activity);
        let stored = self.lock().put(asker.session, slot, sealed);
        if stored.is_err() {
            metrics::counter!("sockethub_credentials_refused_total").increment(1);
        }
        stored
    }

    fn read(&self, asker: &Asker, slot: &CredentialSlot) -> Option<Secret<Vec<u8>>> {
        let sealed = self.lock().get(asker.session, slot)?;
        let opened = self.key(asker).open(aad(asker, slot).as_bytes(), sealed.as_bytes());
        if opened.is_err() {
            metrics::counter!("sockethub_credentials_unopened_total").increment(1);
        }
        opened.ok()
    }

    fn key(&self, asker: &Asker) -> Keys {
        self.keys.derive(Purpose::Credentials, asker.secret.expose())
    }

    fn lock(&self) -> MutexGuard<'_, Drawers> {
        self.drawers.lock().expect("nothing that runs under the lock panics")
    }
}

impl Vault for MemoryVault {
    fn put(
        &self,
        asker: &Asker,
        slot: CredentialSlot,
        activity: Secret<Vec<u8>>,
    ) -> BoxFuture<'_, Result<(), VaultError>> {
        ready(self.store(asker, slot, activity.expose())).boxed()
    }

    fn open(&self, asker: &Asker, slot: &CredentialSlot) -> BoxFuture<'_, Result<Option<Secret<Vec<u8>>>, VaultError>> {
        ready(Ok(self.read(asker, slot))).boxed()
    }

    fn forget(&self, session: SessionId) -> BoxFuture<'_, ()> {
        self.lock().remove(session);
        ready(()).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{MAX_BYTES, MAX_SLOTS};
    use super::*;
    use crate::conformance::props::{asker, slot};

    const TTL: Duration = Duration::from_mins(1);
    const NEARLY: Duration = Duration::from_secs(59);
    const FULL: VaultError = VaultError::Full { slots: MAX_SLOTS, bytes: MAX_BYTES };

    fn vault(ttl: Option<Duration>) -> MemoryVault {
        MemoryVault::new(Arc::new(Keyring::generate()), ttl)
    }

    // core 78
    #[tokio::test]
    async fn nothing_lies_in_clear() {
        let (vault, kim) = (vault(None), asker(1));
        let activity = br#"{"object":{"password":"correct horse battery staple"}}"#;
        vault.store(&kim, slot("irc", "kim"), activity).expect("room");
        let dump = vault.lock().dump();
        assert!(dump.len() > activity.len());
        for secret in [&b"correct horse"[..], b"password", kim.secret.expose()] {
            assert!(!dump.windows(secret.len()).any(|window| window == secret));
        }
    }

    // Whoever can write to the store cannot make one session's, actor's or platform's credentials pass for another's.
    #[tokio::test]
    async fn a_value_moved_elsewhere_does_not_open() {
        let (vault, kim) = (vault(None), asker(1));
        vault.store(&kim, slot("irc", "kim"), b"{}").expect("room");
        let sealed = vault.lock().get(kim.session, &slot("irc", "kim")).expect("stored");
        // With the secret of the session that it came from: only what it is bound to protects it here.
        let other = Asker { session: asker(2).session, secret: kim.secret.clone() };
        let table = [
            (&other, slot("irc", "kim"), false),
            (&kim, slot("xmpp", "kim"), false),
            (&kim, slot("irc", "ana"), false),
            (&kim, slot("irc", "kim"), true),
        ];
        for (asker, slot, opens) in table {
            vault.lock().put(asker.session, slot.clone(), (*sealed).clone()).expect("room");
            assert_eq!(vault.read(asker, &slot).is_some(), opens, "{asker:?} {slot:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn credentials_expire_unless_used() {
        let (vault, kim, slot) = (vault(Some(TTL)), asker(1), slot("irc", "kim"));
        vault.store(&kim, slot.clone(), b"{}").expect("room");
        for _ in 0..3 {
            tokio::time::advance(NEARLY).await;
            assert!(vault.read(&kim, &slot).is_some(), "reading prolongs");
        }
        tokio::time::advance(NEARLY).await;
        vault.store(&kim, slot.clone(), b"{}").expect("room");
        tokio::time::advance(NEARLY).await;
        assert!(vault.read(&kim, &slot).is_some(), "storing prolongs");
        tokio::time::advance(TTL).await;
        assert!(vault.read(&kim, &slot).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn storing_does_not_bring_expired_credentials_back() {
        let (vault, kim) = (vault(Some(TTL)), asker(1));
        vault.store(&asker(2), slot("irc", "ana"), b"{}").expect("room");
        tokio::time::advance(NEARLY).await;
        vault.store(&kim, slot("irc", "kim"), b"{}").expect("room");
        // Sweeps, and sees kim's drawer alive: whatever expires next must be noticed without a sweep.
        tokio::time::advance(NEARLY).await;
        vault.store(&asker(2), slot("irc", "ana"), b"{}").expect("room");
        tokio::time::advance(Duration::from_secs(1)).await;
        vault.store(&kim, slot("xmpp", "kim"), b"{}").expect("room");
        assert!(vault.read(&kim, &slot("irc", "kim")).is_none());
        assert!(vault.read(&kim, &slot("xmpp", "kim")).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn expired_credentials_of_silent_sessions_are_swept() {
        let vault = vault(Some(TTL));
        for n in 0..9 {
            vault.store(&asker(n), slot("irc", "kim"), b"{}").expect("room");
        }
        tokio::time::advance(TTL).await;
        vault.store(&asker(99), slot("irc", "kim"), b"{}").expect("room");
        assert_eq!(vault.lock().sessions(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_lifetime_nothing_expires() {
        let (vault, kim) = (vault(None), asker(1));
        vault.store(&kim, slot("irc", "kim"), b"{}").expect("room");
        tokio::time::advance(Duration::from_hours(24 * 365)).await;
        vault.store(&asker(2), slot("irc", "ana"), b"{}").expect("room");
        assert!(vault.read(&kim, &slot("irc", "kim")).is_some());
    }

    #[tokio::test]
    async fn a_session_stores_a_limited_number() {
        let (vault, kim) = (vault(None), asker(1));
        for n in 0..MAX_SLOTS {
            vault.store(&kim, slot("irc", &n.to_string()), b"{}").expect("room");
        }
        assert_eq!(vault.store(&kim, slot("irc", "one more"), b"{}"), Err(FULL));
        assert_eq!(vault.store(&kim, slot("irc", "0"), b"{}"), Ok(()), "replacing is not adding");
        assert_eq!(vault.store(&asker(2), slot("irc", "kim"), b"{}"), Ok(()), "others are not concerned");
    }

    #[tokio::test]
    async fn a_session_stores_a_limited_size() {
        let (vault, kim) = (vault(None), asker(1));
        let half = vec![b'x'; MAX_BYTES / 2 - 100];
        assert_eq!(vault.store(&kim, slot("irc", "too much"), &vec![0; MAX_BYTES]), Err(FULL));
        assert_eq!(vault.lock().sessions(), 0, "a refusal leaves nothing behind");
        assert_eq!(vault.store(&kim, slot("irc", "a"), &half), Ok(()));
        assert_eq!(vault.store(&kim, slot("irc", "b"), &half), Ok(()));
        assert_eq!(vault.store(&kim, slot("irc", "c"), &half), Err(FULL));
        assert!(vault.read(&kim, &slot("irc", "a")).is_some(), "what was stored stays");
        assert_eq!(vault.store(&kim, slot("irc", "b"), b"{}"), Ok(()));
        assert_eq!(vault.store(&kim, slot("irc", "c"), &half), Ok(()), "a smaller value made room");
    }
}
