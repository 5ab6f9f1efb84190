//! Where work waits, where credentials lie and where workers find again what they kept: the [`JobQueue`], [`Vault`] and
//! [`Memos`] traits and what implements them.
//!
//! - [`job`]: a job, who asked for it, how it ended
//! - [`queue`]: the contract of every queue
//! - [`vault`]: the contract of every credential store
//! - [`memos`]: the contract of every store of what workers keep
//! - [`memory`]: all within the process, nothing to install
//! - [`redis`]: all in Redis, sealed: they outlive the process, and several gateways share them
//! - [`conformance`]: what each implementation must prove in its tests
//!
//! What it does not do: decide which instance a job belongs to, run it, or read an activity. Doors submit, the
//! dispatcher leases; neither knows which implementation serves it.

pub mod conformance;
pub mod job;
mod lanes;
pub mod memory;
pub mod memos;
mod meters;
pub mod queue;
pub mod redis;
pub mod vault;

pub use self::redis::{RedisMemos, RedisQueue, RedisVault};
pub use job::{Asker, Finished, Job, SessionSecret};
pub use lanes::JOB_OVERHEAD;
pub use memory::{MemoryMemos, MemoryQueue, MemoryVault};
pub use memos::{Memos, Unreachable};
pub use queue::{Depth, JobQueue, LeaseError, Results, SubmitError};
pub use vault::{CredentialSlot, Vault, VaultError};
