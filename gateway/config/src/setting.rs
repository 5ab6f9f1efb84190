//! One line of the settings table: where a value may be written, what it may be, and what it is when nobody wrote it.

use serde_json::{Value, json};

use crate::command::Defaults;
use crate::kind::Kind;

/// A setting: the single source of what files, environment and flags may say, of `--help` and of `--write-config`.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Keys from the root of the file, joined by dots: `sockethub.cors.origin`.
    pub path: &'static str,
    /// Which values are accepted.
    pub kind: Kind,
    /// The value when neither file nor environment nor flag has one.
    pub default: Fallback,
    /// What it does, units included, in one sentence for `--help`.
    pub help: &'static str,
    /// Environment variable, where there is one.
    pub env: Option<&'static str>,
    /// Flag without its dashes, where there is one.
    pub flag: Option<&'static str>,
    /// Why this build does nothing with it. A value other than the default is worth a notice then.
    pub ignored: Option<&'static str>,
    /// Footbridge's own addition, unknown to Sockethub and to its published schema.
    pub ours: bool,
    /// What of it must not be printed.
    pub secrecy: Secrecy,
}

/// A setting's default, in a form that constants can hold.
#[derive(Debug, Clone, Copy)]
pub enum Fallback {
    /// No value at all; also left out of the file that `--write-config` writes.
    Unset,
    /// JSON `null`, a value of its own.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Integer(u64),
    /// A number with a fraction.
    Number(f64),
    /// A text.
    Text(&'static str),
    /// A list of texts.
    Texts(&'static [&'static str]),
    /// The caller's list of platforms, written as package names.
    Platforms,
    /// `{}`.
    EmptyObject,
}

/// What of a setting's value is a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrecy {
    /// Nothing.
    Open,
    /// The user information and the query of a URL.
    UrlParts,
    /// All of it.
    Whole,
}

// === impl Setting ===

impl Setting {
    pub(crate) const fn new(path: &'static str, kind: Kind, default: Fallback, help: &'static str) -> Self {
        Self { path, kind, default, help, env: None, flag: None, ignored: None, ours: false, secrecy: Secrecy::Open }
    }

    /// The default as JSON text; `None`: there is none.
    pub fn default_text(&self, defaults: Defaults) -> Option<String> {
        match self.default {
            Fallback::Unset => None,
            default => Some(default.value(defaults).to_string()),
        }
    }

    pub(crate) const fn variable(self, name: &'static str) -> Self {
        Self { env: Some(name), ..self }
    }

    pub(crate) const fn switch(self, name: &'static str) -> Self {
        Self { flag: Some(name), ..self }
    }

    pub(crate) const fn ignored_because(self, reason: &'static str) -> Self {
        Self { ignored: Some(reason), ..self }
    }

    pub(crate) const fn our_own(self) -> Self {
        Self { ours: true, ..self }
    }

    pub(crate) const fn kept_secret(self, secrecy: Secrecy) -> Self {
        Self { secrecy, ..self }
    }
}

// === impl Fallback ===

impl Fallback {
    /// The default as JSON; [`Fallback::Unset`] is `null`, too.
    pub(crate) fn value(self, defaults: Defaults) -> Value {
        match self {
            Self::Unset | Self::Null => Value::Null,
            Self::Bool(value) => json!(value),
            Self::Integer(value) => json!(value),
            Self::Number(value) => json!(value),
            Self::Text(value) => json!(value),
            Self::Texts(values) => json!(values),
            Self::Platforms => defaults.platforms.iter().map(|id| format!("@sockethub/platform-{id}")).collect(),
            Self::EmptyObject => json!({}),
        }
    }
}
