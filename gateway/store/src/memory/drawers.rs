//! Sealed credentials by session: plain data, with limits and expiry.

use std::{collections::HashMap, sync::Arc, time::Duration};

use footbridge_seal::Sealed;
use footbridge_wire::SessionId;
use tokio::time::Instant;

use crate::{CredentialSlot, VaultError};

/// Credentials that one session may store, by number.
pub const MAX_SLOTS: usize = 1000;

/// Credentials that one session may store, by size: bytes of sealed values and actor ids (1 MiB).
pub const MAX_BYTES: usize = 1024 * 1024;

/// What all sessions stored.
pub(super) struct Drawers {
    /// How long a drawer lives after it was last touched; `None`: until it is removed.
    ttl: Option<Duration>,
    by_session: HashMap<SessionId, Drawer>,
    /// When expired drawers were last looked for.
    swept: Instant,
}

/// What one session stored.
struct Drawer {
    sealed: HashMap<CredentialSlot, Arc<Sealed>>,
    /// Counted as [`MAX_BYTES`] says.
    bytes: usize,
    touched: Instant,
}

// === impl Drawers ===

impl Drawers {
    pub(super) fn new(ttl: Option<Duration>) -> Self {
        Self { ttl, by_session: HashMap::new(), swept: Instant::now() }
    }

    /// Stores a sealed value in place of the slot's previous one.
    pub(super) fn put(&mut self, session: SessionId, slot: CredentialSlot, sealed: Sealed) -> Result<(), VaultError> {
        self.sweep();
        let (others, bytes) = self.live(session).map_or((0, 0), |drawer| drawer.besides(&slot));
        let bytes = bytes + size(&slot, &sealed);
        if others >= MAX_SLOTS || bytes > MAX_BYTES {
            return Err(VaultError::Full { slots: MAX_SLOTS, bytes: MAX_BYTES });
        }
        let now = Instant::now();
        let empty = || Drawer { sealed: HashMap::new(), bytes: 0, touched: now };
        let drawer = self.by_session.entry(session).or_insert_with(empty);
        drawer.sealed.insert(slot, Arc::new(sealed));
        drawer.bytes = bytes;
        drawer.touched = now;
        Ok(())
    }

    /// The sealed value of a slot. Asking keeps the session's drawer alive.
    pub(super) fn get(&mut self, session: SessionId, slot: &CredentialSlot) -> Option<Arc<Sealed>> {
        let drawer = self.live(session)?;
        drawer.touched = Instant::now();
        drawer.sealed.get(slot).cloned()
    }

    /// Drops a session's drawer.
    pub(super) fn remove(&mut self, session: SessionId) {
        self.by_session.remove(&session);
    }

    /// The session's drawer, unless it has expired: then it is dropped.
    fn live(&mut self, session: SessionId) -> Option<&mut Drawer> {
        let (ttl, now) = (self.ttl, Instant::now());
        if self.by_session.get(&session).is_some_and(|drawer| drawer.has_expired(ttl, now)) {
            self.by_session.remove(&session);
        }
        self.by_session.get_mut(&session)
    }

    /// Drops expired drawers of sessions that stay but never ask again; at most once per lifetime of a drawer, which
    /// makes the search O(1) per value stored in the long run.
    fn sweep(&mut self) {
        let (ttl, now) = (self.ttl, Instant::now());
        if ttl.is_some_and(|ttl| now.duration_since(self.swept) >= ttl) {
            self.by_session.retain(|_, drawer| !drawer.has_expired(ttl, now));
            self.swept = now;
        }
    }
}

// === impl Drawer ===

impl Drawer {
    fn has_expired(&self, ttl: Option<Duration>, now: Instant) -> bool {
        ttl.is_some_and(|ttl| now.duration_since(self.touched) >= ttl)
    }

    /// Number and bytes of what lies in other slots.
    fn besides(&self, slot: &CredentialSlot) -> (usize, usize) {
        self.sealed
            .get(slot)
            .map_or((self.sealed.len(), self.bytes), |sealed| (self.sealed.len() - 1, self.bytes - size(slot, sealed)))
    }
}

fn size(slot: &CredentialSlot, sealed: &Sealed) -> usize {
    slot.actor.len() + sealed.as_bytes().len()
}

#[cfg(test)]
impl Drawers {
    /// Everything that is kept, as a reader of the process's memory would find it (core 78).
    pub(super) fn dump(&self) -> Vec<u8> {
        self.by_session
            .values()
            .flat_map(|drawer| drawer.sealed.values())
            .flat_map(|it| it.as_bytes().to_vec())
            .collect()
    }

    pub(super) fn sessions(&self) -> usize {
        self.by_session.len()
    }
}
