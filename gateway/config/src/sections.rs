//! The sections of a configuration file: for each one its part of the settings table, and what it means.

pub(crate) mod callbacks;
pub(crate) mod credential_check;
pub(crate) mod credentials;
pub(crate) mod encryption;
pub(crate) mod general;
pub(crate) mod http_actions;
pub(crate) mod ident;
pub(crate) mod jobs;
pub(crate) mod limits;
pub(crate) mod logging;
pub(crate) mod metrics;
pub(crate) mod package_config;
pub(crate) mod platform_heartbeat;
pub(crate) mod platform_restart;
pub(crate) mod platform_start;
pub(crate) mod platforms;
pub(crate) mod public;
pub(crate) mod rate_limiter;
pub(crate) mod redis;
pub(crate) mod sandbox;
pub(crate) mod sentry;
pub(crate) mod session;
pub(crate) mod shutdown;
pub(crate) mod sockethub;
mod units;
