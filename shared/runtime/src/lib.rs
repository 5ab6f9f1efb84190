//! The life cycle of a process, and what is kept for those who are away.
//!
//! - [`backlog`]: what somebody missed, bounded
//! - [`shutdown`]: soft stop, hard stop, and the drain between them
//! - [`signals`]: SIGTERM and SIGINT as stops
//! - [`exit`]: exit codes
//! - [`files`]: how many files may be open
//!
//! What it does not do: own tasks, or know what there is to drain.

pub mod backlog;
pub mod exit;
pub mod files;
pub mod shutdown;
pub mod signals;

pub use backlog::{Backlog, Bounds};
pub use exit::Exit;
pub use shutdown::Shutdown;
pub use signals::Signals;
