//! Encryption at rest, keyed fingerprints and the [`Secret`] type (core.md 3.6).
//!
//! ```
//! use footbridge_seal::{Aad, MasterKey, Purpose};
//!
//! let master = MasterKey::generate();
//! let key = master.derive(Purpose::Credentials, b"the session's secret");
//! let aad = Aad::new().part(b"session").part(b"platform").part(b"actor");
//! let sealed = key.seal(aad.as_bytes(), b"password");
//! assert_eq!(key.open(aad.as_bytes(), sealed.as_bytes())?.expose(), b"password");
//! # Ok::<(), footbridge_seal::OpenError>(())
//! ```
//!
//! - [`key`]: master keys, and one derived key per purpose and salt
//! - [`keyring`]: keys that change while what they sealed lives on
//! - [`sealed`]: what a sealed value looks like, and why it may not open
//! - [`aad`]: what a sealed value is bound to
//! - [`fingerprint`]: equal secrets recognised without keeping them
//! - [`secret`]: a value that must not be seen
//!
//! What it does not do: keep anything, or know what it seals.

pub mod aad;
pub mod fingerprint;
pub mod key;
pub mod keyring;
mod random;
pub mod sealed;
pub mod secret;

pub use aad::Aad;
pub use fingerprint::Fingerprint;
pub use key::{Key, MasterKey, Purpose};
pub use keyring::{Keyring, Keys};
pub use random::random;
pub use sealed::{OpenError, Sealed};
pub use secret::Secret;
