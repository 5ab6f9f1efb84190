//! `callbacks`: where other servers can call this gateway, as hubs do that tell of what is new in feeds.

use serde::Deserialize;

use crate::kind::Kind;
use crate::setting::{Fallback, Setting};

pub(crate) const SETTINGS: &[Setting] = &[Setting::new(
    "callbacks.url",
    Kind::WebUrl,
    Fallback::Unset,
    "Where other servers reach /callbacks of this gateway, such as https://gateway.example/callbacks; unset: nowhere, so that feeds are polled only",
)
.our_own()];

/// Where other servers reach this gateway.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Callbacks {
    /// The public URL of `/callbacks`, without a trailing slash; `None`: there is none, and nobody is let in.
    pub url: Option<String>,
}
