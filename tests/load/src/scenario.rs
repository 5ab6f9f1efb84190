//! What is measured, one question a file.

pub(crate) mod burst;
pub(crate) mod cold;
pub(crate) mod idle;
pub(crate) mod instances;
pub(crate) mod irc;
pub(crate) mod latency;
pub(crate) mod redis;
pub(crate) mod start;
pub(crate) mod throughput;
pub(crate) mod workers;
pub(crate) mod xmpp;
