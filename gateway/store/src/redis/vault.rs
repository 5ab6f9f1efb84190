//! Credentials in Redis: one hash per session, each value sealed under a key that only the session's secret gives.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use footbridge_seal::{Aad, Fingerprint, Key, Keyring, Purpose, Secret};
use footbridge_wire::SessionId;
use futures_util::{FutureExt, future::BoxFuture};
use redis::{FromRedisValue, Pipeline, Script, ScriptInvocation};
use tokio::sync::Notify;
use tokio_util::task::AbortOnDropHandle;

use super::{
    Redis,
    pool::{Connections, is_refusal},
    scripts::millis,
};
use crate::{
    Asker, CredentialSlot, Vault, VaultError,
    memory::{MAX_BYTES, MAX_SLOTS},
    vault::aad,
};

/// How long credentials stay where `credentials.ttlMs` is 0: a session that a dead gateway held would otherwise stay
/// for ever.
const LONGEST: Duration = Duration::from_hours(30 * 24);
/// Sessions to be forgotten once Redis is back; more expire by themselves.
const MAX_OWED: usize = 100_000;
/// Between attempts to reach Redis.
const PAUSE: Duration = Duration::from_millis(50);

/// Sealed credentials in Redis. A session's expire together, `ttl` after any of them was last stored or read.
///
/// One session stores at most [`MAX_SLOTS`] and [`MAX_BYTES`]; what exceeds them is refused as [`VaultError::Full`].
pub struct RedisVault {
    shared: Arc<Shared>,
    _forgetting: AbortOnDropHandle<()>,
}

struct Shared {
    connections: Connections,
    keys: Arc<Keyring>,
    /// Name the slots, so that nobody who reads Redis learns platforms and actors: the current key's first.
    slots: Vec<Key>,
    prefix: String,
    ttl: Duration,
    timeout: Duration,
    put: Script,
    /// Sessions that left while Redis was away.
    owed: Mutex<HashSet<SessionId>>,
    owing: Notify,
}

/// What Redis is asked.
enum Question<'a> {
    Pipeline(&'a Pipeline),
    Script(&'a ScriptInvocation<'a>),
}

impl RedisVault {
    /// A vault. `ttl` as `credentials.ttlMs`; `None`: 30 days. Must be called within a runtime.
    pub fn new(redis: &Redis, keys: Arc<Keyring>, ttl: Option<Duration>) -> Self {
        let shared = Arc::new(Shared {
            connections: redis.connections.clone(),
            slots: std::iter::once(keys.current())
                .chain(keys.old())
                .map(|key| key.derive(Purpose::Fingerprint, b"slots"))
                .collect(),
            keys,
            prefix: redis.settings.prefix.clone(),
            ttl: ttl.unwrap_or(LONGEST),
            timeout: redis.settings.give_up,
            put: Script::new(include_str!("put.lua")),
            owed: Mutex::default(),
            owing: Notify::new(),
        });
        let forgetting = AbortOnDropHandle::new(tokio::spawn(pay(Arc::clone(&shared))));
        Self { shared, _forgetting: forgetting }
    }
}

/// Forgets sessions that left while Redis was away.
async fn pay(shared: Arc<Shared>) {
    loop {
        let owed: Vec<SessionId> = shared.owed().iter().copied().take(1000).collect();
        if owed.is_empty() {
            shared.owing.notified().await;
        } else if shared.remove(&owed).await.is_ok() {
            let mut all = shared.owed();
            all.retain(|session| !owed.contains(session));
        } else {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

impl Shared {
    fn key(&self, session: SessionId) -> String {
        format!("{}:credentials:{session}", self.prefix)
    }

    /// Where a slot's value is to be, followed by where it may be since before the key was changed.
    fn fields(&self, slot: &CredentialSlot) -> Vec<Fingerprint> {
        let name = Aad::new().part(slot.platform.as_str()).part(&slot.actor);
        self.slots.iter().map(|key| key.fingerprint(name.as_bytes())).collect()
    }

    /// Asks Redis something, again and again for at most `redis.giveUpMs`: asking twice must do no harm.
    async fn ask<T: FromRedisValue>(&self, question: Question<'_>) -> Result<T, VaultError> {
        let asked = async {
            loop {
                if let Ok(mut link) = self.connections.get().await {
                    let answer = match &question {
                        Question::Pipeline(pipeline) => pipeline.query_async(link.connection()).await,
                        Question::Script(script) => script.invoke_async(link.connection()).await,
                    };
                    match answer {
                        Err(error) if !is_refusal(&error) => link.failed(&error),
                        answer => return answer,
                    }
                }
                tokio::time::sleep(PAUSE).await;
            }
        };
        match tokio::time::timeout(self.timeout, asked).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                tracing::warn!(%error, "Redis refuses credentials");
                Err(VaultError::Unreachable)
            }
            Err(_) => Err(VaultError::Unreachable),
        }
    }

    async fn put(&self, asker: &Asker, slot: &CredentialSlot, plain: &[u8]) -> Result<(), VaultError> {
        let key = self.keys.derive(Purpose::Credentials, asker.secret.expose());
        let sealed = key.seal(aad(asker, slot).as_bytes(), plain);
        let mut call = self.put.prepare_invoke();
        call.key(self.key(asker.session)).arg(sealed.as_bytes());
        call.arg(millis(self.ttl)).arg(MAX_SLOTS).arg(MAX_BYTES);
        for field in self.fields(slot) {
            call.arg(&field.as_bytes()[..]);
        }
        let stored: bool = self.ask(Question::Script(&call)).await?;
        if stored {
            return Ok(());
        }
        metrics::counter!("sockethub_credentials_refused_total").increment(1);
        Err(VaultError::Full { slots: MAX_SLOTS, bytes: MAX_BYTES })
    }

    async fn get(&self, asker: &Asker, slot: &CredentialSlot) -> Result<Option<Secret<Vec<u8>>>, VaultError> {
        let key = self.key(asker.session);
        let mut pipeline = redis::pipe();
        pipeline.cmd("HMGET").arg(&key);
        for field in self.fields(slot) {
            pipeline.arg(&field.as_bytes()[..]);
        }
        pipeline.cmd("PEXPIRE").arg(&key).arg(millis(self.ttl)).ignore();
        let (sealed,): (Vec<Option<Vec<u8>>>,) = self.ask(Question::Pipeline(&pipeline)).await?;
        let Some(sealed) = sealed.into_iter().flatten().next() else {
            return Ok(None);
        };
        let key = self.keys.derive(Purpose::Credentials, asker.secret.expose());
        let opened = key.open(aad(asker, slot).as_bytes(), &sealed);
        if opened.is_err() {
            metrics::counter!("sockethub_credentials_unopened_total").increment(1);
        }
        Ok(opened.ok())
    }

    async fn remove(&self, sessions: &[SessionId]) -> Result<(), VaultError> {
        let mut pipeline = redis::pipe();
        for session in sessions {
            // One key at a time: in a cluster they lie in different slots.
            pipeline.cmd("UNLINK").arg(self.key(*session)).ignore();
        }
        self.ask(Question::Pipeline(&pipeline)).await
    }

    fn owe(&self, session: SessionId) {
        let mut owed = self.owed();
        if owed.len() < MAX_OWED {
            owed.insert(session);
            drop(owed);
            self.owing.notify_one();
        } else {
            metrics::counter!("sockethub_credentials_left_total").increment(1);
        }
    }

    fn owed(&self) -> std::sync::MutexGuard<'_, HashSet<SessionId>> {
        // A set is whole after every operation on it.
        self.owed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Vault for RedisVault {
    fn put(
        &self,
        asker: &Asker,
        slot: CredentialSlot,
        activity: Secret<Vec<u8>>,
    ) -> BoxFuture<'_, Result<(), VaultError>> {
        let asker = asker.clone();
        async move { self.shared.put(&asker, &slot, activity.expose()).await }.boxed()
    }

    fn open(&self, asker: &Asker, slot: &CredentialSlot) -> BoxFuture<'_, Result<Option<Secret<Vec<u8>>>, VaultError>> {
        let (asker, slot) = (asker.clone(), slot.clone());
        async move { self.shared.get(&asker, &slot).await }.boxed()
    }

    fn forget(&self, session: SessionId) -> BoxFuture<'_, ()> {
        async move {
            if self.shared.remove(&[session]).await.is_err() {
                self.shared.owe(session);
            }
        }
        .boxed()
    }
}
