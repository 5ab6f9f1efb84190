//! Settings that stand outside any section.

use crate::kind::Kind;
use crate::setting::{Fallback, Setting};

pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new("examples", Kind::Bool, Fallback::Bool(true), "Serve the examples start page").switch("examples"),
    Setting::new("info", Kind::Bool, Fallback::Bool(false), "Print what would run, then end").switch("info"),
    Setting::new(
        "legacyContext",
        Kind::Bool,
        Fallback::Bool(true),
        "Accept \"context\": \"<platform>\" of old clients in place of @context",
    )
    .our_own(),
    Setting::new(
        "platformDir",
        Kind::Text,
        Fallback::Unset,
        "Folder of the worker binaries and platform manifests; unset: the folder of the gateway binary",
    )
    .our_own(),
];
