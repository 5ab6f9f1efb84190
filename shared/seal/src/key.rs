//! Master keys, and one derived key per purpose and salt.

use std::fmt::Write as _;

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

/// The root of all keys. Never used by itself; wiped when dropped.
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

    /// 16 hexadecimal digits that tell this key from others and say nothing else about it: for names of what it sealed.
    pub fn name(&self) -> String {
        let key = self.derive(Purpose::Name, &[]);
        key.0[..8].iter().fold(String::with_capacity(16), |mut name, byte| {
            // Writing to a string does not fail.
            let _ = write!(name, "{byte:02x}");
            name
        })
    }
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Sealing credentials; the salt is the session's secret.
    Credentials,
    /// Comparing credentials; without salt.
    Fingerprint,
    /// Sealing jobs that leave the process; without salt.
    Jobs,
    /// Sealing results that leave the process; without salt.
    Results,
    /// Sealing what workers want to find again, where it leaves the process; without salt.
    Memos,
    /// Telling clients apart in public without saying who they are; without salt.
    Ident,
    /// Telling keys apart in public; see [`MasterKey::name`].
    Name,
}

impl Purpose {
    /// The purpose as it enters keys and associated data. Changing a label makes what was sealed unreadable.
    pub fn label(self) -> &'static str {
        match self {
            Self::Credentials => "footbridge credentials v1",
            Self::Fingerprint => "footbridge fingerprint v1",
            Self::Jobs => "footbridge jobs v1",
            Self::Results => "footbridge results v1",
            Self::Memos => "footbridge memos v1",
            Self::Ident => "footbridge ident v1",
            Self::Name => "footbridge key name v1",
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
            .decrypt_inout_detached(&XNonce::from(nonce), &versioned(aad), plain.as_mut_slice().into(), &Tag::from(tag))
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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn key(master: u8, purpose: Purpose, salt: &[u8]) -> Key {
        MasterKey::from_bytes([master; 32]).derive(purpose, salt)
    }

    fn credentials() -> Key {
        key(0x11, Purpose::Credentials, &[0x22; 32])
    }

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect()
    }

    // The values come from another implementation of RFC 5869, RFC 2104 and draft-irtf-cfrg-xchacha.
    #[test]
    fn keys_sealed_values_and_fingerprints_are_stable() {
        let derived = "a6db3bdc9b44ecc988b0e5996c49edc672ecb0ce14bd5d4e5483f97e10ea56ca";
        assert_eq!(credentials().0[..], bytes(derived));
        let sealed = credentials().seal_with([0x33; NONCE], b"aad", b"hunter2");
        let nonce = "33".repeat(NONCE);
        let text_and_tag = "4619db981371f9643362bfaf36518f21a1bda041c10995";
        assert_eq!(sealed.as_bytes(), bytes(&format!("01{nonce}{text_and_tag}")));
        let fingerprint = key(0x11, Purpose::Fingerprint, b"").fingerprint(br#"{"password":"x"}"#);
        let keyed = "3d50ce5aed258cb77682aba3d6c744abea32c3937ea82d25b7cb9ab2492d0670";
        assert_eq!(fingerprint.as_bytes()[..], bytes(keyed));
    }

    #[test]
    fn a_flipped_bit_anywhere_is_refused() {
        let sealed = credentials().seal(b"aad", b"hunter2");
        for place in 0..sealed.as_bytes().len() {
            for bit in 0..8 {
                let mut changed = sealed.as_bytes().to_vec();
                changed[place] ^= 1 << bit;
                let expected = if place == 0 { OpenError::Version(changed[0]) } else { OpenError::Forged };
                assert_eq!(credentials().open(b"aad", &changed).err(), Some(expected), "byte {place}, bit {bit}");
            }
        }
    }

    #[test]
    fn a_shortened_or_lengthened_value_is_refused() {
        let sealed = credentials().seal(b"aad", b"hunter2");
        let whole = sealed.as_bytes();
        for length in 0..whole.len() {
            let expected = if length < OVERHEAD { OpenError::Short(length) } else { OpenError::Forged };
            assert_eq!(credentials().open(b"aad", &whole[..length]).err(), Some(expected), "{length} bytes");
        }
        assert_eq!(credentials().open(b"aad", &[whole, b"x"].concat()).err(), Some(OpenError::Forged));
    }

    #[test]
    fn another_key_purpose_or_aad_does_not_open() {
        let sealed = credentials().seal(b"aad", b"hunter2");
        let other_keys = [
            key(0x12, Purpose::Credentials, &[0x22; 32]),
            key(0x11, Purpose::Credentials, &[0x23; 32]),
            key(0x11, Purpose::Fingerprint, &[0x22; 32]),
        ];
        for other in other_keys {
            assert_eq!(other.open(b"aad", sealed.as_bytes()).err(), Some(OpenError::Forged));
        }
        for aad in [&b""[..], b"aae", b"aad\0", b"\x01aad"] {
            assert_eq!(credentials().open(aad, sealed.as_bytes()).err(), Some(OpenError::Forged), "{aad:?}");
        }
    }

    #[test]
    fn the_version_is_part_of_what_is_authenticated() {
        // As `seal` does it, but without the version in the associated data.
        let nonce = XNonce::from([7; NONCE]);
        let mut text = *b"hunter2";
        let tag = credentials().cipher().encrypt_inout_detached(&nonce, b"aad", text.as_mut_slice().into());
        let unversioned = [&[VERSION][..], &nonce, &text, &tag.expect("short")].concat();
        assert_eq!(credentials().open(b"aad", &unversioned).err(), Some(OpenError::Forged));
    }

    #[test]
    fn nonces_differ() {
        let nonces: HashSet<Vec<u8>> =
            (0..1000).map(|_| credentials().seal(b"", b"same").as_bytes()[1..=NONCE].to_vec()).collect();
        assert_eq!(nonces.len(), 1000);
    }

    #[test]
    fn generated_master_keys_differ() {
        let [one, other] = [(); 2].map(|()| MasterKey::generate().derive(Purpose::Credentials, b""));
        assert!(other.open(b"", one.seal(b"", b"").as_bytes()).is_err());
    }

    #[test]
    fn a_name_belongs_to_its_key_and_does_not_show_it() {
        let named = MasterKey::from_bytes([0x11; 32]);
        assert_eq!(named.name(), MasterKey::from_bytes([0x11; 32]).name());
        assert_ne!(named.name(), MasterKey::from_bytes([0x12; 32]).name());
        assert!(named.name().len() == 16 && !named.name().contains("1111"));
    }

    #[test]
    fn a_sealed_value_shows_nothing_of_the_plain_one() {
        let sealed = credentials().seal(b"aad", b"correct horse battery staple");
        assert_eq!(sealed.as_bytes().len(), 28 + OVERHEAD);
        assert!(
            !sealed.as_bytes().windows(7).any(|window| b"correct horse battery staple".windows(7).any(|w| w == window))
        );
    }

    #[test]
    fn fingerprints_are_equal_for_equal_input_and_key_only() {
        let one = key(1, Purpose::Fingerprint, b"").fingerprint(b"a");
        assert_eq!(one, key(1, Purpose::Fingerprint, b"").fingerprint(b"a"));
        assert_ne!(one, key(1, Purpose::Fingerprint, b"").fingerprint(b"b"));
        assert_ne!(one, key(2, Purpose::Fingerprint, b"").fingerprint(b"a"));
    }

    proptest! {
        #[test]
        fn whatever_is_sealed_opens(plain: Vec<u8>, aad: Vec<u8>, master: u8, salt: Vec<u8>) {
            let sealed = key(master, Purpose::Credentials, &salt).seal(&aad, &plain);
            let opened = key(master, Purpose::Credentials, &salt).open(&aad, sealed.as_bytes()).expect("untouched");
            prop_assert_eq!(opened.expose(), &plain);
        }

        #[test]
        fn any_bytes_are_refused(bytes: Vec<u8>) {
            prop_assert!(credentials().open(b"", &bytes).is_err());
        }
    }
}
