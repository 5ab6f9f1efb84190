//! Equal secrets recognised without keeping them.

use std::fmt;

use subtle::ConstantTimeEq;

/// Keyed hash of something secret (core.md 3.3): equal for equal input, and of no use to anybody without the key.
/// Compared in constant time.
#[derive(Clone, Copy)]
pub struct Fingerprint(pub(crate) [u8; 32]);

impl Fingerprint {
    /// The bytes, for an identifier that is derived from it.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for Fingerprint {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Fingerprint {}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..4].iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str("…")
    }
}
