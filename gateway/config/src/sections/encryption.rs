//! `encryption`: the keys that seal what is kept outside of the gateway.

use std::path::{Path, PathBuf};

use footbridge_seal::Secret;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::kind::Kind;
use crate::problem::Problem;
use crate::setting::{Fallback, Secrecy, Setting};

const KEY: &str = "encryption.key";
const KEY_FILE: &str = "encryption.keyFile";
const OLD_KEYS: &str = "encryption.oldKeys";

// No flags: other users of the machine see arguments.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new(
        KEY,
        Kind::EncryptionKey,
        Fallback::Unset,
        "Key that seals what is in Redis, the same for each gateway that shares it ('openssl rand -hex 32' makes one); \
         unset, and no encryption.keyFile: a new one at each start",
    )
    .variable("FOOTBRIDGE_ENCRYPTION_KEY")
    .our_own()
    .kept_secret(Secrecy::Whole),
    Setting::new(
        KEY_FILE,
        Kind::Path,
        Fallback::Unset,
        "File with one such key per line, in place of encryption.key and encryption.oldKeys: the first seals, all open",
    )
    .our_own(),
    Setting::new(
        OLD_KEYS,
        Kind::EncryptionKeys,
        Fallback::Texts(&[]),
        "Former values of encryption.key, which still open what they sealed; drop one when that is not needed any more",
    )
    .our_own()
    .kept_secret(Secrecy::Whole),
];

/// Keys that seal what is kept outside of the gateway. At most one of `key` and `key_file` is set; with neither, the
/// gateway makes a key of its own at each start.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Encryption {
    /// The key that seals, and opens.
    #[serde(deserialize_with = "key")]
    pub key: Option<Secret<[u8; 32]>>,
    /// Absolute path of a file with one key per line, in the form that [`key_from_hex`] reads: the first seals, all
    /// open. Not read here.
    pub key_file: Option<PathBuf>,
    /// Keys that only open, in the order of the list. Empty unless `key` is set.
    #[serde(deserialize_with = "keys")]
    pub old_keys: Vec<Secret<[u8; 32]>>,
}

// === impl Encryption ===

impl Encryption {
    /// Whether what is sealed opens after a restart.
    pub fn is_lasting(&self) -> bool {
        self.key.is_some() || self.key_file.is_some()
    }

    /// The section as meant.
    pub(crate) fn resolve(mut self, cwd: &Path) -> Self {
        self.key_file = self.key_file.map(|file| cwd.join(file));
        self
    }

    /// Settings that contradict each other.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.key.is_some() && self.key_file.is_some() {
            problems.push(Problem::Exclusive { one: KEY, other: KEY_FILE });
        }
        if self.key.is_none() && !self.old_keys.is_empty() {
            problems.push(match self.key_file {
                Some(_) => Problem::Exclusive { one: KEY_FILE, other: OLD_KEYS },
                None => Problem::Incomplete { path: OLD_KEYS, needs: KEY },
            });
        }
        problems
    }
}

/// A key from its 64 hexadecimal digits, in either case and with nothing around them; `None`: this is no key.
pub fn key_from_hex(digits: &str) -> Option<Secret<[u8; 32]>> {
    let (pairs, []) = digits.as_bytes().as_chunks::<2>() else { return None };
    let pairs: &[[u8; 2]; 32] = pairs.try_into().ok()?;
    let mut key = [0; 32];
    for (byte, [high, low]) in key.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(Secret::new(key))
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn key<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret<[u8; 32]>>, D::Error> {
    Option::<String>::deserialize(from)?.map(read::<D::Error>).transpose()
}

fn keys<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Secret<[u8; 32]>>, D::Error> {
    Vec::<String>::deserialize(from)?.into_iter().map(read::<D::Error>).collect()
}

fn read<E: Error>(digits: String) -> Result<Secret<[u8; 32]>, E> {
    // Says nothing of the value, which may be a key with a slip in it.
    key_from_hex(Secret::new(digits).expose()).ok_or_else(|| E::custom("no key"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_64_hexadecimal_digits() {
        let digits = "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F";
        let mut want = [0; 32];
        want.iter_mut().zip(0..).for_each(|(byte, place)| *byte = place);
        let top = format!("ff{}", &digits[2..]);
        let signed = format!("+f{}", &digits[2..]);
        let cases = [
            (digits, Some(0)),
            (&top, Some(255)),
            (&digits[1..], None),
            (&digits[2..], None),
            (&format!("{digits}00"), None),
            (&format!("{digits}\n"), None),
            (&signed, None),
            (&format!("0é{}", &digits[3..]), None),
            ("", None),
        ];
        for (text, first) in cases {
            let key = key_from_hex(text);
            assert_eq!(key.as_ref().map(|key| key.expose()[0]), first, "{text:?}");
            assert!(key.is_none_or(|key| key.expose()[1..] == want[1..]), "{text:?}");
        }
    }
}
