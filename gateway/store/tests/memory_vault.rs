//! The vault in memory does what every vault does.

use footbridge_seal::MasterKey;
use footbridge_store::MemoryVault;

async fn memory() -> MemoryVault {
    MemoryVault::new(MasterKey::generate(), None)
}

footbridge_store::vault_conformance!(memory);
