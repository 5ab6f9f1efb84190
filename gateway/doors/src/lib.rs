//! Listeners: Socket.IO, static files, health, ident.
//!
//! - [`socketio`]: the door that browsers use (core.md 1)
//! - [`ident`]: for servers that ask who is behind a connection (RFC 1413)
//! - [`web`]: the HTTP server all doors stand in: routes, CORS, client addresses, health, the client scripts
//!
//! A door turns frames into calls on a [`footbridge_pipeline::Session`] and what comes back into frames. It knows
//! neither queue nor workers, and doors do not know each other.

mod events;
pub mod ident;
pub mod socketio;
pub mod web;
