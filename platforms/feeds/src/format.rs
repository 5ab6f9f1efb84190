//! One reader per format, each into [`Parsed`](crate::parsed::Parsed). The table of what comes from where is
//! platforms.md 5.3.

pub(crate) mod atom;
pub(crate) mod json;
pub(crate) mod rss;
