//! One master key per boot, one derived key per purpose and salt.

use chacha20poly1305::{
    Tag, XChaCha20Poly1305, XNonce,
    aead::{AeadInOut, KeyInit},
};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{
    Fingerprint, OpenError, Sealed, Secret, random,
    sealed::{NONCE, OVERHEAD, TAG, VERSION},
};

/// The root of all keys of one boot. Never used by itself; wiped when dropped.
pub struct MasterKey(Zeroizing<[u8; 32]>);

impl MasterKey {
    /// A new key from the operating system's randomness.
    pub fn generate() -> Self {
        Self::from_bytes(random())
    }

    /// A key kept elsewhere, so that what one boot sealed opens in the next.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The key for a purpose and a salt, by HKDF-SHA-256. Keys of different purposes or salts have nothing in common.
    pub fn derive(&self, purpose: Purpose, salt: &[u8]) -> Key {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(Some(salt), &*self.0)
            .expand(purpose.label().as_bytes(), &mut *key)
            .expect("32 bytes are one block of the hash");
        Key(key)
    }
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Sealing credentials; the salt is the session's secret.
    Credentials,
    /// Comparing credentials; without salt.
    Fingerprint,
}

impl Purpose {
    /// The purpose as it enters keys and associated data. Changing a label makes what was sealed unreadable.
    pub fn label(self) -> &'static str {
        match self {
            Self::Credentials => "footbridge credentials v1",
            Self::Fingerprint => "footbridge fingerprint v1",
        }
    }
}

/// A key for one purpose, wiped when dropped.
pub struct Key(Zeroizing<[u8; 32]>);

impl Key {
    /// Seals `plain` with XChaCha20-Poly1305 under a fresh random nonce, bound to the version of the encoding and to
    /// `aad` (see [`crate::Aad`]): it opens only with the same.
    pub fn seal(&self, aad: &[u8], plain: &[u8]) -> Sealed {
        self.seal_with(random(), aad, plain)
    }

    fn seal_with(&self, nonce: [u8; NONCE], aad: &[u8], plain: &[u8]) -> Sealed {
        // Encrypted where it ends up: no second copy of the plaintext is left behind.
        let mut sealed = Vec::with_capacity(plain.len() + OVERHEAD);
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let tag = self
            .cipher()
            .encrypt_inout_detached(&XNonce::from(nonce), &versioned(aad), (&mut sealed[1 + NONCE..]).into())
            .expect("no value that fits into memory reaches the cipher's limit of 256 GiB");
        sealed.extend_from_slice(&tag);
        Sealed(sealed)
    }

    /// Opens what [`Key::seal`] made.
    ///
    /// # Errors
    /// [`OpenError`]. Which byte was wrong is not told, as it must not be.
    pub fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Secret<Vec<u8>>, OpenError> {
        let (&version, rest) = sealed.split_first().ok_or(OpenError::Short(0))?;
        if version != VERSION {
            return Err(OpenError::Version(version));
        }
        let short = OpenError::Short(sealed.len());
        let (&nonce, rest) = rest.split_first_chunk::<NONCE>().ok_or(short)?;
        let (ciphertext, &tag) = rest.split_last_chunk::<TAG>().ok_or(short)?;
        let mut plain = Zeroizing::new(ciphertext.to_vec());
        self.cipher()
            .decrypt_inout_detached(
                &XNonce::from(nonce),
                &versioned(aad),
                plain.as_mut_slice().into(),
                &Tag::from(tag),
            )
            .map_err(|_| OpenError::Forged)?;
        Ok(Secret::new(std::mem::take(&mut *plain)))
    }

    /// HMAC-SHA-256 over bytes that the caller has brought into a canonical form.
    pub fn fingerprint(&self, canonical: &[u8]) -> Fingerprint {
        let mut mac = Hmac::<Sha256>::new_from_slice(&*self.0).expect("HMAC takes keys of any length");
        mac.update(canonical);
        Fingerprint(mac.finalize().into_bytes().into())
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new_from_slice(&*self.0).expect("the cipher's keys have 32 bytes")
    }
}

/// The version byte in front: a value cannot be passed off as one of another version.
fn versioned(aad: &[u8]) -> Vec<u8> {
    let mut versioned = Vec::with_capacity(1 + aad.len());
    versioned.push(VERSION);
    versioned.extend_from_slice(aad);
    versioned
}
