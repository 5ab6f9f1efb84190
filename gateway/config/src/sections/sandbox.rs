//! `sandbox`: how tightly workers are held.

use serde::Deserialize;

use crate::kind::Kind;
use crate::setting::{Fallback, Setting};

pub(crate) const SETTINGS: &[Setting] = &[Setting::new(
    "sandbox.mode",
    Kind::Choice(&["required", "preferred", "off"]),
    Fallback::Text("preferred"),
    "Whether workers give up files and system calls: `required` or they do not start, `preferred` as far as the kernel can",
)
.our_own()];

/// Confinement of workers. Their limits are those of [`Limits`](crate::Limits).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Sandbox {
    /// How much it is insisted on.
    pub mode: SandboxMode,
}

/// How much confinement is insisted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SandboxMode {
    /// Workers are not confined; their limits hold.
    Off,
    /// As far as the kernel can.
    Preferred,
    /// Wholly, or no worker starts.
    Required,
}

// === impl SandboxMode ===

impl SandboxMode {
    /// The name, as it is written in a file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Preferred => "preferred",
            Self::Required => "required",
        }
    }
}
