//! Queue, vault and memos within the process: what a gateway uses that has no Redis.

mod drawers;
mod memos;
mod queue;
mod vault;

pub use drawers::{MAX_BYTES, MAX_SLOTS};
pub use memos::{MemoryMemos, ROOM};
pub use queue::MemoryQueue;
pub use vault::MemoryVault;
