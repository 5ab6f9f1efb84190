//! `ident`: telling servers who is behind a connection of the gateway.

use serde::Deserialize;

use super::metrics::address;
use crate::kind::Kind;
use crate::setting::{Fallback, Setting};

pub(crate) const SETTINGS: &[Setting] = &[Setting::new(
    "ident.listen",
    Kind::Address,
    Fallback::Unset,
    "Address on which servers may ask who is behind a connection (RFC 1413; they ask on port 113), as host:port; unset: none",
)
.our_own()];

/// Where servers may ask.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Ident {
    /// Host and port; `None`: nowhere.
    #[serde(deserialize_with = "address")]
    pub listen: Option<(String, u16)>,
}
