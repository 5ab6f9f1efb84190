//! Frames between the gateway and its worker processes, and the identifiers both sides share.
//!
//! Pure: no tokio, no I/O. A side that wants to speak appends frames to a buffer and writes it out;
//! a side that listens reads into a buffer and takes frames out of it:
//!
//! ```
//! use bytes::BytesMut;
//! use footbridge_wire::{FromWorker, frame};
//!
//! let mut buffer = BytesMut::new();
//! frame::put(&mut buffer, &FromWorker::Beat)?;
//! assert!(matches!(frame::take(&mut buffer)?, Some(FromWorker::Beat)));
//! # Ok::<(), frame::FrameError>(())
//! ```
//!
//! - [`ids`]: who and what a frame is about
//! - [`message`]: what is said, [`ToWorker`] and [`FromWorker`]
//! - [`confinement`]: what of the system a worker gives up, and what came of it
//! - [`standing`]: what lasts longer than a job: topics, things kept, calls from outside
//! - [`frame`]: how it is written, length prefix and bincode
//! - [`nursery`]: what the gateway and a nursery say to each other
//!
//! What it does not do: decide anything, or know a platform. Gateway and workers are always of one build;
//! [`VERSION`] in the greeting catches the case where they are not.

pub mod confinement;
pub mod frame;
pub mod ids;
pub mod message;
pub mod nursery;
pub mod standing;

pub use confinement::{Confine, Confinement, Files, Mode};
pub use ids::{InstanceId, InstanceKey, JobId, SessionId};
pub use message::{FromWorker, Hello, Job, LogLevel, Open, Outcome, Ready, ToWorker, Turn};
pub use standing::{Keep, MAX_NAME, Method, Returning, Standing, Visit, Watch, Welcome};

/// Version of the frames. Raised whenever [`message`] changes; a worker that speaks another version is refused.
pub const VERSION: u32 = 5;

/// Largest frame that either side accepts, in bytes (16 MiB): a feed's collection with its text is the largest
/// thing sent, and its body cap is 5 MiB before it is escaped as JSON.
pub const MAX_FRAME: usize = 16 * 1024 * 1024;
