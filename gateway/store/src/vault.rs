//! The contract of every credential store.

use footbridge_schemas::PlatformId;
use footbridge_seal::{Aad, Purpose, Secret};
use footbridge_wire::SessionId;
use futures_util::future::BoxFuture;

use crate::job::Asker;

/// Where credentials lie sealed, per session (core.md 3.2, 3.6). What a session stored opens only with that session's
/// secret, for the same platform and actor.
pub trait Vault: Send + Sync + 'static {
    /// Stores a whole credentials activity, JSON text; replaces what the session had for that slot.
    ///
    /// # Errors
    /// [`VaultError::Full`] and [`VaultError::Unreachable`]; what was stored before stays.
    fn put(
        &self,
        asker: &Asker,
        slot: CredentialSlot,
        activity: Secret<Vec<u8>>,
    ) -> BoxFuture<'_, Result<(), VaultError>>;

    /// What the asker stored for that slot; `None` when there is nothing, it has expired, or it does not open with
    /// the asker's secret. To the client these are one: `credentials not found for …`.
    ///
    /// # Errors
    /// [`VaultError::Unreachable`]; the vault in memory never fails here.
    fn open(&self, asker: &Asker, slot: &CredentialSlot) -> BoxFuture<'_, Result<Option<Secret<Vec<u8>>>, VaultError>>;

    /// Removes all of a session's credentials; they are gone when this returns (core 77), or, where the store is out
    /// of reach, as soon as it is back. A later [`put`](Self::put) for
    /// the session is kept like any other: whoever lets sessions go sees to it that none follows.
    fn forget(&self, session: SessionId) -> BoxFuture<'_, ()>;
}

/// What credentials are for: a session has at most one set per platform and actor.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CredentialSlot {
    /// The platform.
    pub platform: PlatformId,
    /// The actor's id, as the client wrote it.
    pub actor: String,
}

/// Why credentials were not stored. The text is the client's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The session would hold more than one session may.
    #[error("too many credentials: a session may store {slots} of them, {bytes} bytes in all")]
    Full {
        /// Largest number of slots.
        slots: usize,
        /// Largest sum of their sizes, in bytes.
        bytes: usize,
    },
    /// The store outside the process does not answer, or refuses.
    #[error("the credentials store does not answer")]
    Unreachable,
}

/// What sealed credentials are bound to; the seal adds the version of its encoding.
pub(crate) fn aad(asker: &Asker, slot: &CredentialSlot) -> Aad {
    Aad::new()
        .part(Purpose::Credentials.label())
        .part(asker.session.as_bytes())
        .part(slot.platform.as_str())
        .part(&slot.actor)
}
