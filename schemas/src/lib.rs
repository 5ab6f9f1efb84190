//! What may be said to Footbridge and what it says back: ActivityStreams envelope, platform documents, compiled validators, answers.
#![expect(unused, clippy::todo, missing_docs)]
pub mod answer;
pub mod context;
mod checked; mod manifest; mod platform; mod platform_id; mod schemas; mod spelled; mod violation;
pub use checked::Checked;
pub use manifest::{Manifest, ManifestError};
pub use platform::Platform;
pub use platform_id::PlatformId;
pub use schemas::{SchemaError, Schemas};
pub use spelled::Spelled;
pub use violation::{Stage, Violation};
