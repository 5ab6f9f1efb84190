use std::time::Duration;
use footbridge_seal::{MasterKey, Secret};
use footbridge_wire::SessionId;
use futures_util::future::BoxFuture;
use crate::{Asker, CredentialSlot, Vault, VaultError};
/// Slots.
pub const MAX_SLOTS: usize = 1000;
/// Bytes.
pub const MAX_BYTES: usize = 1024 * 1024;
/// Vault.
pub struct MemoryVault;
impl MemoryVault {
    /// An empty vault.
    pub fn new(_master: MasterKey, _ttl: Option<Duration>) -> Self { Self }
}
impl Vault for MemoryVault {
    fn put(&self, _: &Asker, _: CredentialSlot, _: Secret<Vec<u8>>) -> BoxFuture<'_, Result<(), VaultError>> { todo!() }
    fn open(&self, _: &Asker, _: &CredentialSlot) -> BoxFuture<'_, Result<Option<Secret<Vec<u8>>>, VaultError>> { todo!() }
    fn forget(&self, _: SessionId) -> BoxFuture<'_, ()> { todo!() }
}
