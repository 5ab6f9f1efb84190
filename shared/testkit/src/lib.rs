//! Test peers. A dev-dependency only.
//!
//! - [`socketio`]: a Socket.IO client over a websocket, cheap enough to have thousands of
//! - [`gateway`]: a gateway under test, with its own configuration, on a free port
//! - [`guide`]: a platform's guide, to be held against its schema
//! - [`request`]: raw HTTP requests, for what a client library would not send
//! - [`activity`]: the activities that most tests send
//! - [`http`]: a scripted HTTP server, polite or not
//! - [`puppet`], [`clerk`]: a persistent platform that does what it is told, a stateless one that writes down what it does
//! - [`porter`]: a stateless platform whose jobs ask a test how they are to end
//! - [`intruder`]: a platform that has been taken over, for what confinement is there for
//! - [`worker`]: the gateway's end of a worker's socket
//! - [`dice`]: chance that can be repeated
//! - [`redis`]: Redis servers of one's own, to be killed, paused and searched
//! - [`irc`], [`xmpp`]: servers of one's own, real ones and one that says what the test says; [`certificate`]: for TLS
//! - [`proxy`]: a TCP proxy that cuts, delays, stalls and refuses
//! - [`special`]: addresses that are nobody's on the Internet, in every spelling; [`trap`]: a listener that shows who connects

pub mod activity;
pub mod certificate;
pub mod clerk;
mod daemon;
pub mod dice;
pub mod gateway;
pub mod guide;
pub mod http;
pub mod intruder;
pub mod irc;
pub mod porter;
pub mod proxy;
pub mod puppet;
pub mod redis;
pub mod request;
pub mod socketio;
pub mod special;
pub mod trap;
pub mod worker;
pub mod xmpp;
