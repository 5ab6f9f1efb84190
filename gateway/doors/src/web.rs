//! The HTTP server that all doors stand in.
//!
//! - [`listener`]: accepts connections, gives slow senders a deadline, drains on stop
//! - [`origin`]: who may connect, on every transport (core.md 7.4)
//! - [`address`]: whose connection it is, and how many each address has (core.md 3.4, 7.2)
//! - [`assets`]: the client scripts and the start page (core.md 8)
//! - [`callbacks`]: calls of other servers, led to workers
//! - [`health`]: whether to send traffic here
//! - [`metrics`]: the counters, for whoever runs it

pub mod address;
pub mod assets;
pub mod callbacks;
pub mod health;
pub mod listener;
pub mod metrics;
pub mod origin;
