//! Worker processes: spawn, greet, feed, watch, stop.
//!
//! ```text
//! Supervisor ── InstanceHandle ── mailbox ──> Instance task ── unix socket ──> worker process
//!     ^                                          │
//!     └────────────── Reports <──────────────────┘
//! ```
//!
//! [`Supervisor`] knows which instances live and how many may. An [`instance`] task owns one child process: its
//! socket, the jobs it holds, the sessions attached to it, its heartbeat. Whatever happens to the process, each job
//! handed over is reported as done exactly once.
//!
//! - [`launch`]: what is needed to start a worker of a platform
//! - [`exit`]: how an instance ended and what clients read of it
//! - [`watch`]: deadlines of an instance, a pure table of times
//!
//! What it does not do: queueing, order, credentials, or knowing who the sessions are. Those are the pipeline's.

mod child;
mod events;
pub mod exit;
mod instance;
pub mod launch;
mod link;
mod supervisor;
pub mod watch;

pub use exit::Exit;
pub use instance::{InstanceHandle, Refused};
pub use launch::{Launch, Pace};
pub use supervisor::{LimitReached, Reports, Supervisor};
