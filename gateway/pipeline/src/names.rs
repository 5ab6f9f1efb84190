//! Instances whose actor has got another id (core.md 5.5): both ids lead to them.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use footbridge_schemas::PlatformId;
use footbridge_wire::InstanceKey;

/// What actors are called now. The id that an instance first acted for stays its own, since its key and the slot of its
/// credentials are made of it; the present one is an alias, for the sessions that are attached.
///
/// Lives as long as the instances, whose number is bounded.
#[derive(Debug, Default)]
pub struct Names {
    aliases: RwLock<HashMap<(PlatformId, String), Vec<Alias>>>,
}

#[derive(Debug)]
struct Alias {
    instance: InstanceKey,
    first: String,
}

impl Names {
    /// An instance that first acted for `first` acts for `actor` from now on. Ids in between lead nowhere any more.
    pub(crate) fn renamed(&self, instance: &InstanceKey, platform: &PlatformId, first: &str, actor: &str) {
        self.forget(instance);
        if actor != first {
            let alias = Alias { instance: *instance, first: first.into() };
            let mut aliases = self.aliases.write().unwrap_or_else(PoisonError::into_inner);
            aliases.entry((platform.clone(), actor.into())).or_default().push(alias);
        }
    }

    /// The instance, among those `attached` tells of, that acts for `actor` now, and whom it first acted for.
    pub(crate) fn resolve(
        &self,
        platform: &PlatformId,
        actor: &str,
        attached: impl Fn(&InstanceKey) -> bool,
    ) -> Option<(InstanceKey, String)> {
        let aliases = self.aliases.read().unwrap_or_else(PoisonError::into_inner);
        if aliases.is_empty() {
            return None;
        }
        let named = aliases.get(&(platform.clone(), actor.to_owned()))?;
        named.iter().find(|alias| attached(&alias.instance)).map(|alias| (alias.instance, alias.first.clone()))
    }

    /// An instance is gone.
    pub(crate) fn forget(&self, instance: &InstanceKey) {
        if self.aliases.read().unwrap_or_else(PoisonError::into_inner).is_empty() {
            return;
        }
        self.aliases.write().unwrap_or_else(PoisonError::into_inner).retain(|_, named| {
            named.retain(|alias| alias.instance != *instance);
            !named.is_empty()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_those_who_are_attached_find_an_instance_by_its_new_name() {
        // core 92
        let (names, irc) = (Names::default(), PlatformId::from("irc"));
        let (ours, theirs) = (InstanceKey([1; 32]), InstanceKey([2; 32]));
        names.renamed(&ours, &irc, "kim", "kim_");
        names.renamed(&theirs, &irc, "tom", "kim_");
        let find = |actor, key| names.resolve(&irc, actor, |instance| *instance == key);
        assert_eq!(find("kim_", ours), Some((ours, "kim".into())));
        assert_eq!(find("kim_", theirs), Some((theirs, "tom".into())));
        assert_eq!(find("kim_", InstanceKey([3; 32])), None);
        assert_eq!(find("kim", ours), None, "the first id is found by its key");
        names.renamed(&ours, &irc, "kim", "kim2");
        assert_eq!((find("kim_", ours), find("kim2", ours)), (None, Some((ours, "kim".into()))));
        names.renamed(&ours, &irc, "kim", "kim");
        assert_eq!(find("kim2", ours), None);
        names.forget(&theirs);
        assert!(names.aliases.read().expect("no panic").is_empty());
    }
}
