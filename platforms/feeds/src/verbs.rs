//! What clients can ask of this platform.

pub(crate) mod fetch;
pub(crate) mod follow;
pub(crate) mod unfollow;
