//! Queue and vault within the process: what a gateway uses that has no Redis.

mod drawers;
mod lanes;
mod meters;
mod queue;
mod vault;

pub use drawers::{MAX_BYTES, MAX_SLOTS};
pub use queue::{JOB_OVERHEAD, MemoryQueue};
pub use vault::MemoryVault;
