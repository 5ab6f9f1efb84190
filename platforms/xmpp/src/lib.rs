//! Keeps a user's connection to an XMPP server, and says in activities what happens there (platforms.md 8).
//!
//! A pure machine between two sides that do I/O:
//!
//! ```text
//!   gateway ── Xmpp ── calls, pushes ── Machine ── stanzas, time ── link ── socket
//!            platform                  no I/O, no clock            SRV, TCP, TLS, SASL
//! ```
//!
//! - where to connect: [`credentials`] with the [`service`] that they name
//! - a session: [`machine`] with [`verbs`] in and [`map`] out
//! - the sides: [`Xmpp`], the platform with its [`Settings`], and the link
//!
//! XML, stanzas and the resumption of streams are those of `tokio-xmpp`; connecting and logging in are our own, since
//! its client tells nobody of a wrong password and follows no SRV priorities.
//!
//! What a hostile server can do is bounded where it enters: the link bounds a stanza, the machine what it remembers, the
//! outbox what waits for the gateway; and each instance is a process of its own.

pub mod credentials;
mod link;
pub mod machine;
pub mod map;
mod platform;
pub mod service;
mod session;
mod settings;
pub mod verbs;

pub use platform::Xmpp;
pub use settings::Settings;
