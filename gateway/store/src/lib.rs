//! Where work waits and where credentials lie: the [`JobQueue`] and [`Vault`] traits and what implements them.
//!
//! - [`job`]: a job, who asked for it, how it ended
//! - [`queue`]: the contract of every queue
//! - [`vault`]: the contract of every credential store
//! - [`memory`]: both within the process, nothing to install
//! - [`conformance`]: what each implementation must prove in its tests
//!
//! What it does not do: decide which instance a job belongs to, run it, or read an activity. Doors submit, the
//! dispatcher leases; neither knows which implementation serves it.

pub mod conformance;
pub mod job;
pub mod memory;
pub mod queue;
pub mod vault;

pub use job::{Asker, Finished, Job, SessionSecret};
pub use memory::{MemoryQueue, MemoryVault};
pub use queue::{Depth, JobQueue, LeaseError, Results, SubmitError};
pub use vault::{CredentialSlot, Vault, VaultError};
