//! What clients can ask of this platform.

pub(crate) mod fetch;
