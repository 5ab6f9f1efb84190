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
//! - [`confinement`]: what its workers are to give up
//! - [`spawner`]: how its process comes to be, started or forked; `nursery`: the process that the latter are forked
//!   from; [`process`]: what both are from then on
//! - [`reports`]: where instances tell what happened
//! - [`exit`]: how a process ended and what clients read of it; [`restart`]: whether another one follows
//! - `pool`: which worker of a stateless platform gets the next job
//! - [`turnstile`]: whose turn it is to connect to a network; [`connections`]: who is behind which connection
//! - [`watch`]: deadlines of an instance, a pure table of times
//!
//! What it does not do: queueing, order, credentials, or knowing who the sessions are. Those are the pipeline's.

pub mod confinement;
pub mod connections;
mod events;
pub mod exit;
mod instance;
pub mod launch;
mod link;
mod nursery;
mod pool;
pub mod process;
pub mod reports;
pub mod restart;
pub mod spawner;
mod supervisor;
pub mod turnstile;
pub mod watch;

pub use confinement::Sandbox;
pub use connections::{Connections, Ends, Owner};
pub use exit::Exit;
pub use instance::{InstanceHandle, Recalling, Refused, Seat};
pub use launch::{Launch, Pace, Restore};
pub use process::Process;
pub use reports::{Aside, Message, Reports};
pub use restart::RestartPolicy;
pub use spawner::{Method, Spawner};
pub use supervisor::{InstanceLimits, LimitReached, Supervisor, Wanted};
