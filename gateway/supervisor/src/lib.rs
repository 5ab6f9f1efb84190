//! Worker processes: spawn, greet, feed, watch, stop.
//!
//! ```text
//! Supervisor ── InstanceHandle ── mailbox ──> Instance task ── unix socket ──> worker process
//!     ^                                          │
//!     └────────────── Reports <──────────────────┘
//! ```
//!
//! [`Supervisor`] knows which instances live and how many may. An instance task owns one child process: its socket, the
//! jobs it holds, its heartbeat; and what outlives it: the sessions attached, what they missed, and how to bring the
//! instance back. Whatever happens to the process, each job handed over is reported as done exactly once.
//!
//! - [`launch`]: what is needed to start a worker of a platform
//! - [`reports`]: where instances tell what happened
//! - [`exit`]: how a process ended and what clients read of it; [`restart`]: whether another one follows
//! - [`watch`]: deadlines of an instance, a pure table of times
//!
//! What it does not do: queueing, order, credentials, or knowing who the sessions are. Those are the pipeline's.

mod child;
mod events;
pub mod exit;
mod instance;
pub mod launch;
mod link;
pub mod reports;
pub mod restart;
mod supervisor;
pub mod watch;

pub use exit::Exit;
pub use instance::{InstanceHandle, Refused, Seat};
pub use launch::{Launch, Pace, Restore};
pub use reports::{Message, Reports};
pub use restart::RestartPolicy;
pub use supervisor::{InstanceLimits, LimitReached, Supervisor, Wanted};
