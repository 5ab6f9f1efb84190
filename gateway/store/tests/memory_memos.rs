//! Memos in memory do what all do.

use footbridge_store::MemoryMemos;

async fn memory() -> MemoryMemos {
    MemoryMemos::new()
}

footbridge_store::memos_conformance!(memory);
