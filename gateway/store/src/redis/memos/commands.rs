//! How memos look in Redis, and the commands that put them there and find them.

use std::sync::Arc;

use bytes::Bytes;
use footbridge_seal::{Aad, Key, Keyring, Keys, Purpose};
use redis::Pipeline;
use tokio::time::Instant;

use super::{
    drafts::Draft,
    lodgings::{self, Lodgings},
};
use crate::{memos::Name, redis::scripts::millis};

/// Makes commands.
pub(super) struct Commands {
    prefix: String,
    seal: Keys,
    /// Make the keys in Redis out of names: the current one first, then those whose values may still be there.
    names: Vec<Key>,
}

impl Commands {
    pub(super) fn new(prefix: &str, keys: &Keyring) -> Self {
        Self {
            prefix: prefix.to_owned(),
            seal: keys.derive(Purpose::Memos, &[]),
            names: std::iter::once(keys.current())
                .chain(keys.old())
                .map(|key| key.derive(Purpose::Fingerprint, b"memos"))
                .collect(),
        }
    }

    /// The commands that write drafts.
    pub(super) fn write(&self, batch: &[(Arc<Name>, Draft)], lodgings: &mut Lodgings) -> Pipeline {
        let (mut pipeline, now) = (redis::pipe(), Instant::now());
        let mut gone = Vec::new();
        for (name, draft) in batch {
            let mut numbers = self.numbers(name);
            let left = millis(draft.until.saturating_duration_since(now));
            if let Some(value) = draft.value_at(now).filter(|_| left > 0)
                && let Some(number) = numbers.next()
            {
                let sealed = self.seal.seal(aad(name).as_bytes(), &value);
                pipeline.cmd("SET").arg(self.key(number)).arg(sealed.as_bytes()).arg("PX").arg(left).ignore();
                lodgings.put(number, sealed.as_bytes().len(), draft.until, now);
            }
            gone.extend(numbers.inspect(|number| lodgings.remove(*number)));
        }
        gone.extend(lodgings.leaving());
        for number in gone {
            // One key at a time: in a cluster they lie in different slots.
            pipeline.cmd("UNLINK").arg(self.key(number)).ignore();
        }
        pipeline
    }

    /// The commands that look for values, as many for each as there are keys.
    pub(super) fn read<'a>(&self, names: impl Iterator<Item = &'a Name>) -> Pipeline {
        let mut pipeline = redis::pipe();
        for number in names.flat_map(|name| self.numbers(name)) {
            pipeline.cmd("GET").arg(self.key(number));
        }
        pipeline
    }

    /// What was found, for each name.
    pub(super) fn each<'a>(&self, found: &'a [Option<Vec<u8>>]) -> impl Iterator<Item = &'a [Option<Vec<u8>>]> {
        found.chunks_exact(self.names.len())
    }

    /// The value of a name, of what was found for it.
    pub(super) fn open(&self, name: &Name, found: &[Option<Vec<u8>>]) -> Option<Bytes> {
        let sealed = found.iter().flatten().next()?;
        // What does not open was put there by somebody else.
        let plain = self.seal.open(aad(name).as_bytes(), sealed).ok()?;
        Some(Bytes::copy_from_slice(plain.expose()))
    }

    /// Where a value is to be, followed by where it may be since before the key was changed.
    fn numbers(&self, (platform, name): &Name) -> impl Iterator<Item = lodgings::Key> {
        let name = Aad::new().part(platform.as_str()).part(name);
        self.names.iter().map(move |key| {
            let fingerprint = key.fingerprint(name.as_bytes());
            // Half of it tells names apart; what lies there is bound to the whole name.
            fingerprint.as_bytes().first_chunk().map_or(0, |half| u128::from_be_bytes(*half))
        })
    }

    fn key(&self, number: lodgings::Key) -> String {
        format!("{}:memo:{number:032x}", self.prefix)
    }
}

/// What a sealed value is bound to.
fn aad((platform, name): &Name) -> Aad {
    Aad::new().part(Purpose::Memos.label()).part(platform.as_str()).part(name)
}
