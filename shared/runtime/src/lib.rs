//! Back-off and the life cycle of a process.
//!
//! - [`backoff`]: how long to wait before trying again, a pure function
//! - [`shutdown`]: soft stop, hard stop, and the drain between them
//! - [`signals`]: SIGTERM and SIGINT as stops
//! - [`exit`]: exit codes
//! - [`files`]: how many files may be open
//!
//! What it does not do: own tasks, or know what there is to drain.

pub mod backoff;
pub mod exit;
pub mod files;
pub mod shutdown;
pub mod signals;

pub use backoff::Backoff;
pub use exit::Exit;
pub use shutdown::Shutdown;
pub use signals::Signals;
