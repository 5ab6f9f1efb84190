//! Queue and vault within the process: what a gateway uses that has no Redis.

mod drawers;
mod queue;
mod vault;

pub use drawers::{MAX_BYTES, MAX_SLOTS};
pub use queue::MemoryQueue;
pub use vault::MemoryVault;
