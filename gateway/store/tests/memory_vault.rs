//! The vault in memory does what every vault does.

use std::sync::Arc;

use footbridge_seal::Keyring;
use footbridge_store::MemoryVault;

async fn memory() -> MemoryVault {
    MemoryVault::new(Arc::new(Keyring::generate()), None)
}

footbridge_store::vault_conformance!(memory);
