//! Keys that change while what they sealed lives on.

use crate::{Key, MasterKey, OpenError, Purpose, Sealed, Secret};

/// Several master keys: the current one seals, all of them open.
pub struct Keyring {
    current: MasterKey,
    old: Vec<MasterKey>,
}

impl Keyring {
    /// A ring whose `current` key seals; `old` ones still open what they sealed.
    pub fn new(current: MasterKey, old: Vec<MasterKey>) -> Self {
        Self { current, old }
    }

    /// A ring of one key, new from the operating system's randomness: what it seals dies with the process.
    pub fn generate() -> Self {
        Self::new(MasterKey::generate(), Vec::new())
    }

    /// The key that seals.
    pub fn current(&self) -> &MasterKey {
        &self.current
    }

    /// The keys that only open, newest first as they were given.
    pub fn old(&self) -> &[MasterKey] {
        &self.old
    }

    /// The keys for a purpose and a salt; see [`MasterKey::derive`].
    pub fn derive(&self, purpose: Purpose, salt: &[u8]) -> Keys {
        Keys {
            current: self.current.derive(purpose, salt),
            old: self.old.iter().map(|key| key.derive(purpose, salt)).collect(),
        }
    }
}

/// The keys of a ring for one purpose.
pub struct Keys {
    current: Key,
    old: Vec<Key>,
}

impl Keys {
    /// Seals with the current key; see [`Key::seal`].
    pub fn seal(&self, aad: &[u8], plain: &[u8]) -> Sealed {
        self.current.seal(aad, plain)
    }

    /// Opens with whichever key sealed; see [`Key::open`].
    ///
    /// # Errors
    /// [`OpenError`], if none of them opens it.
    pub fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Secret<Vec<u8>>, OpenError> {
        let first = self.current.open(aad, sealed);
        if !matches!(first, Err(OpenError::Forged)) {
            return first;
        }
        self.old.iter().find_map(|key| key.open(aad, sealed).ok()).ok_or(OpenError::Forged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(keys: &[u8]) -> Keys {
        let mut keys = keys.iter().map(|byte| MasterKey::from_bytes([*byte; 32]));
        let current = keys.next().expect("at least one");
        Keyring::new(current, keys.collect()).derive(Purpose::Jobs, b"salt")
    }

    #[test]
    fn what_an_old_key_sealed_opens_until_the_key_is_dropped() {
        let sealed = ring(&[1]).seal(b"aad", b"hunter2");
        for keys in [&[1][..], &[2, 1], &[3, 2, 1]] {
            assert_eq!(ring(keys).open(b"aad", sealed.as_bytes()).expect("a known key").expose(), b"hunter2");
        }
        assert_eq!(ring(&[3, 2]).open(b"aad", sealed.as_bytes()).err(), Some(OpenError::Forged));
        assert_eq!(ring(&[2, 1]).open(b"other", sealed.as_bytes()).err(), Some(OpenError::Forged));
    }

    #[test]
    fn the_current_key_seals() {
        let sealed = ring(&[2, 1]).seal(b"aad", b"hunter2");
        assert!(ring(&[2]).open(b"aad", sealed.as_bytes()).is_ok());
        assert!(ring(&[1]).open(b"aad", sealed.as_bytes()).is_err());
    }
}
