//! Keeps a user's connection to an IRC network, and says in activities what happens there (platforms.md 7).
//!
//! A pure machine between two sides that do I/O:
//!
//! ```text
//!   gateway ── Irc ── calls, pushes ── Machine ── lines, time ── link ── socket
//!            platform                 no I/O, no clock           TCP, TLS, pace
//! ```
//!
//! - a line: [`mod@line`] reads one, [`outgoing`] writes one, [`isupport`] and [`casemap`] know the server's habits, [`split`]
//!   makes several of a long one, [`pacer`] says when it may leave
//! - a registration: [`cap`], [`sasl`], [`registration`], from [`credentials`], and [`webirc`] before it
//! - how fast the gateway behaves on which network: [`manners`]
//! - a session: [`machine`] with [`verbs`] in and [`map`] out
//! - the sides: [`Irc`], the platform with its [`Settings`], and the link
//!
//! Parser and serialiser are our own. Those to be had read garbage as a nameless raw line, write CR and LF through, and
//! bound nothing.
//!
//! What a hostile server can do is bounded where it enters: the link bounds a line, the machine what it remembers, the
//! outbox what waits for the gateway; and each instance is a process of its own.

pub mod cap;
pub mod casemap;
pub mod credentials;
pub mod isupport;
pub mod line;
mod link;
pub mod machine;
pub mod manners;
pub mod map;
pub mod outgoing;
pub mod pacer;
mod platform;
pub mod registration;
pub mod sasl;
mod session;
mod settings;
pub mod split;
pub mod verbs;
pub mod webirc;

pub use platform::Irc;
pub use settings::Settings;
