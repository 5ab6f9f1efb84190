//! What may be said to Footbridge, and what it says back.
//!
//! JSON Schema documents (`envelope.json`, `platforms/*.json`), compiled once into [`Schemas`]; the pipeline that turns a client's
//! text into a [`Checked`] activity or a [`Violation`] in words that clients know; and the [`answer`]s that leave the gateway.
//!
//! ```
//! use footbridge_schemas::{Manifest, Schemas, Spelled, answer};
//!
//! let schemas = Schemas::compile("0.1.0", Manifest::builtin(), true)?;
//! let text = r#"{"@context":["https://www.w3.org/ns/activitystreams","https://sockethub.org/ns/context/v1.jsonld",
//!     "https://sockethub.org/ns/context/platform/dummy/v1.jsonld"],
//!     "type":"echo","actor":{"id":"kim@dummy","type":"person"},"object":"hi"}"#;
//!
//! let spelled = Spelled::from_json(text, true, &|_| None)?;
//! let checked = schemas.message(spelled)?;
//! assert_eq!((checked.platform().id().as_str(), checked.verb(), checked.actor_id()), ("dummy", "echo", "kim@dummy"));
//!
//! let refusal = schemas.credentials(Spelled::from_json(text, true, &|_| None)?).unwrap_err();
//! assert!(answer::rejected(text, &refusal).get().ends_with(r#""type":"echo"}"#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - [`context`]: the `@context` URLs. [`Manifest`]: one platform document; [`Platform`]: the same, compiled.
//! - [`Spelled`] → [`Checked`]: shape, then everything else. Neither prints its content: it may be credentials.
//!
//! Pure functions only: no runtime, no files, no clock. It does not store credentials, know sessions or run jobs.

pub mod answer;
pub mod context;

mod checked;
mod choice;
mod contexts;
mod envelope;
mod format;
mod glimpse;
mod json;
mod manifest;
mod platform;
mod platform_id;
mod record;
mod registry;
mod rules;
mod schemas;
mod spelled;
mod tree;
mod violation;

pub use checked::Checked;
pub use manifest::{Follow, Manifest, ManifestError, Restore};
pub use platform::Platform;
pub use platform_id::PlatformId;
pub use schemas::{SchemaError, Schemas};
pub use spelled::Spelled;
pub use violation::{Stage, Violation};
