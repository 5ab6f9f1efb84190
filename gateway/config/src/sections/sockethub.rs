//! `sockethub`: where the gateway listens and what its Socket.IO door lets in.

use serde::Deserialize;

use crate::kind::Kind;
use crate::setting::{Fallback, Setting};

pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new(
        "sockethub.port",
        Kind::Port,
        Fallback::Integer(10550),
        "TCP port to listen on; 0 lets the system choose",
    )
    .variable("PORT")
    .switch("port"),
    Setting::new("sockethub.host", Kind::Text, Fallback::Text("localhost"), "Address or name to listen on")
        .variable("HOST")
        .switch("host"),
    Setting::new("sockethub.path", Kind::Route, Fallback::Text("/sockethub"), "Path of the Socket.IO endpoint"),
    Setting::new(
        "sockethub.maxPayloadBytes",
        Kind::Integer { min: 1 },
        Fallback::Integer(262_144),
        "Largest Socket.IO message, in bytes; a larger one closes the connection",
    )
    .variable("SOCKETHUB_MAX_PAYLOAD_BYTES"),
    Setting::new(
        "sockethub.trustProxy",
        Kind::Trust,
        Fallback::Bool(false),
        "Whose X-Forwarded-For decides the client address of HTTP actions",
    )
    .variable("SOCKETHUB_TRUST_PROXY")
    .ignored_because("concerns HTTP actions only, which this build does not have"),
    Setting::new(
        "sockethub.cors.origin",
        Kind::Origins,
        Fallback::Text("*"),
        "Origins whose pages may connect, separated by commas, or '*'; an empty variable or flag allows none",
    )
    .variable("SOCKETHUB_CORS_ORIGIN")
    .switch("cors.origin"),
];

/// Where to listen (core.md 9.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// Address or name.
    pub host: String,
    /// TCP port; 0 lets the system choose.
    pub port: u16,
}

/// The section as written; it becomes [`Listen`] and a part of [`Door`](crate::Door).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Sockethub {
    pub(crate) port: u16,
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) max_payload_bytes: usize,
    pub(crate) cors: Cors,
}

#[derive(Deserialize)]
pub(crate) struct Cors {
    pub(crate) origin: String,
}
