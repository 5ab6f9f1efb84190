//! Queue and vault within the process: what a gateway uses that has no Redis.

mod lanes;
mod meters;
mod queue;
mod vault;

pub use queue::{JOB_OVERHEAD, MemoryQueue};
pub use vault::{MAX_BYTES, MAX_SLOTS, MemoryVault};
