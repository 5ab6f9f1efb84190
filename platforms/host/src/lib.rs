//! What a platform author sees, and the loop of a worker process.
//!
//! A platform implements [`Platform`] and one of [`Stateless`] (jobs may overlap) or [`Persistent`] (one by one, with a
//! connection to keep). Its `main` is one call:
//!
//! ```no_run
//! use footbridge_host::{Call, Failure, OpenError, Opened, Platform, Reply, Stateless};
//!
//! struct Greeter;
//!
//! impl Platform for Greeter {
//!     const ID: &'static str = "greeter";
//!     type Settings = serde_json::Map<String, serde_json::Value>;
//!
//!     fn open(_: Self::Settings, _: Opened) -> Result<Self, OpenError> {
//!         Ok(Self)
//!     }
//! }
//!
//! impl Stateless for Greeter {
//!     async fn perform(&self, call: Call) -> Result<Reply, Failure> {
//!         match &*call.verb {
//!             "greet" => Ok(Reply::Unchanged),
//!             verb => Err(Failure::unknown_verb(verb)),
//!         }
//!     }
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     footbridge_host::serve_stateless::<Greeter>()
//! }
//! ```
//!
//! - [`platform`]: the traits and a call; [`reply`]: what a verb answers; [`outbox`]: what a platform says unasked
//! - [`backoff`]: when to come back after a connection was lost
//! - [`turns`]: when to connect, so that all users of a gateway together do not flood a network
//! - [`topics`]: what a platform says of topics that are followed; [`memos`]: what it wants to find again; `pages` (a feature
//!   of that name): pages that workers of several gateways share
//! - [`serve_stateless`], [`serve_persistent`]: `main` of a worker; [`run_stateless`], [`run_persistent`]: the same over any
//!   socket and without exit, for tests
//! - `host`: the task and its greeting; `link`: frames on the socket; `uncaught`: panics as last words
//! - `process`: `main` of a worker; `nursery`: the parent that workers are forked from; `fork`: the only `unsafe`
//! - `sandbox`: what a worker gives up at the greeting, before its platform is opened
//!
//! A worker is one thread: futures need not be `Send`, a platform may keep its connection in a task of
//! `tokio::task::spawn_local`, and a panic on that thread ends the process after its text was sent: anywhere but in a
//! call of a [`Stateless`] platform, which it fails.
//!
//! What it does not do: reach the network, or read a file. A worker knows its settings, its actor and the socket on its
//! standard input, nothing else.

pub mod backoff;
mod ending;
mod fork;
mod host;
mod link;
pub mod memos;
mod nursery;
pub mod outbox;
#[cfg(feature = "pages")]
mod pages;
mod persistent;
pub mod platform;
mod process;
pub mod reply;
mod sandbox;
mod stateless;
pub mod topics;
pub mod turns;
mod uncaught;

pub use backoff::Backoff;
pub use ending::Ending;
pub use footbridge_seal::Secret;
pub use footbridge_wire::{JobId, LogLevel, MAX_NAME, Method, Returning, SessionId, Visit, Watch};
pub use memos::Memos;
pub use outbox::{Outbox, PushError};
#[cfg(feature = "pages")]
pub use pages::shared_pages;
pub use persistent::run_persistent;
pub use platform::{Call, OpenError, Opened, Persistent, Platform, Stateless};
pub use process::{serve_persistent, serve_stateless};
pub use reply::{Failure, Reply, Response};
pub use stateless::run_stateless;
pub use topics::Topics;
pub use turns::{Rate, Turns};
pub use uncaught::{Uncaught, isolated};
