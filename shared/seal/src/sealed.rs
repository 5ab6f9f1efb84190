//! What a sealed value looks like, and why it may not open.

/// Version of the encoding, the first byte of every sealed value.
pub const VERSION: u8 = 1;

/// Bytes of a nonce. Random ones of this size may be used for as long as one likes.
pub(crate) const NONCE: usize = 24;

/// Bytes of an authentication tag.
pub(crate) const TAG: usize = 16;

/// Bytes that sealing adds to a value.
pub const OVERHEAD: usize = 1 + NONCE + TAG;

/// A sealed value: version byte, nonce, ciphertext, tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed(pub(crate) Vec<u8>);

impl Sealed {
    /// The encoding, fit for storage.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Why a sealed value did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Sealed with another key or for another purpose, or changed since.
    #[error("sealed value is not authentic")]
    Forged,
    /// Fewer bytes than any sealed value has.
    #[error("sealed value has only {0} bytes")]
    Short(usize),
    /// An encoding that this build does not know.
    #[error("sealed value has version {0}, not {VERSION}")]
    Version(u8),
}
