//! The way of a message through the gateway, door to queue and worker to door.
//!
//! ```text
//! door ── Session ── normalise, check ── admit ── submit ──> JobQueue ── Dispatcher ──> Supervisor
//!   ^                 (schemas)          (scope, bounds)                   (vault)          │
//!   └── Notice ── Sessions <──────────── finish ── JobQueue <── Fanout (Reports) <──────────┘
//! ```
//!
//! A door holds one [`Session`] per client connection and feeds it what the client sent; the session answers at once,
//! or later through the [`Notice`]s that the door takes from its mailbox. All that a session knows is owned by it;
//! shared are only [`Sessions`], who is connected, and the records of anonymous scopes.
//!
//! - [`session`]: one client's connection: credentials, pending jobs, its place in instances
//! - [`sessions`]: who is connected
//! - [`scope`]: which instance an activity addresses (core.md 3.3); `place`: which ones a session has addressed;
//!   [`names`]: which have got another actor
//! - [`following`]: who follows what, on behalf of whom
//! - [`visits`]: calls of other servers, for whoever looks after what is followed
//! - [`dispatcher`]: from queue to worker
//! - [`fanout`]: from worker to queue and sessions; [`keepsakes`]: what workers want to find again
//!
//! Invariant: a door never calls the supervisor; every job passes through the queue.

pub mod dispatcher;
mod events;
pub mod fanout;
pub mod following;
pub mod keepsakes;
pub mod names;
mod pipeline;
mod place;
pub mod scope;
pub mod session;
pub mod sessions;
pub mod visits;

pub use dispatcher::Dispatcher;
pub use fanout::Fanout;
pub use following::Following;
pub use keepsakes::Keepsakes;
pub use names::Names;
pub use pipeline::{Limits, Parts, Pipeline};
pub use session::{Answer, Session};
pub use sessions::{Notice, Presence, Sessions};
pub use visits::{Unattended, Visits};
