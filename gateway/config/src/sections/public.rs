//! `public`: the address that the start page tells browsers, for gateways behind a proxy.

use serde::Deserialize;

use crate::kind::Kind;
use crate::setting::{Fallback, Setting};

pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new("public.protocol", Kind::Text, Fallback::Text("http"), "Scheme of the advertised address"),
    Setting::new("public.host", Kind::Text, Fallback::Text("localhost"), "Host of the advertised address"),
    Setting::new("public.port", Kind::Port, Fallback::Integer(10550), "Port of the advertised address"),
    Setting::new("public.path", Kind::Text, Fallback::Text("/"), "Path of the advertised address"),
];

/// The advertised address, as `/examples-config.json` gives it (core.md 8). Nothing is bound to it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Public {
    /// `http` or `https`.
    pub protocol: String,
    /// Name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Path of the start page.
    pub path: String,
}
