//! What an instance did to be where it is: the connect and the joins that bring it back.

use bytes::Bytes;
use footbridge_seal::{Fingerprint, Key, OpenError, Sealed, Secret};
use footbridge_wire::InstanceKey;
use serde::Deserialize;

use crate::launch::Restore;

/// Verbs kept per instance, in number and bytes of their activities. Beyond it the oldest is forgotten: it will not be
/// repeated by itself.
const KEPT: usize = 1024;
const KEPT_BYTES: usize = 1024 * 1024;

/// Credentials as an instance keeps them: sealed with a key that never leaves this process, so that a look at its
/// memory does not find them lying about. They live as long as the instance, which may outlive the session that brought
/// them.
#[derive(Debug)]
pub(crate) struct Kept {
    sealed: Sealed,
    /// Tells these credentials from others.
    proof: Option<Fingerprint>,
}

impl Kept {
    pub(crate) fn seal(
        key: &Key,
        instance: &InstanceKey,
        credentials: &Secret<Vec<u8>>,
        proof: Option<Fingerprint>,
    ) -> Self {
        Self { sealed: key.seal(&instance.0, credentials.expose()), proof }
    }

    pub(crate) fn open(&self, key: &Key, instance: &InstanceKey) -> Result<Secret<Vec<u8>>, OpenError> {
        key.open(&instance.0, self.sealed.as_bytes())
    }

    pub(crate) fn proof(&self) -> Option<Fingerprint> {
        self.proof
    }
}

/// A verb that succeeded.
#[derive(Debug)]
pub(crate) struct Verb {
    pub(crate) verb: String,
    pub(crate) activity: Bytes,
}

/// The verbs that lead from a fresh worker to the present state.
#[derive(Debug, Default)]
pub(crate) struct Record {
    opening: Option<(Verb, Kept)>,
    further: Vec<(String, Verb)>,
    bytes: usize,
}

impl Record {
    /// The instance is connected by this. `anew`: it was not before, so that nothing of an earlier connection counts.
    /// Only what the platform has a rule for can be repeated.
    pub(crate) fn opened(&mut self, rules: &[Restore], verb: Verb, credentials: Kept, anew: bool) {
        if anew {
            *self = Self::default();
        }
        if rules.iter().any(|rule| rule.verb == verb.verb) {
            self.opening = Some((verb, credentials));
        }
    }

    /// A verb without credentials succeeded: it is kept, or ends what another did, or neither.
    pub(crate) fn succeeded(&mut self, rules: &[Restore], verb: Verb) {
        for rule in rules {
            let undone = rule.undone_by.contains(&verb.verb);
            if !undone && rule.verb != verb.verb {
                continue;
            }
            if self.opening.as_ref().is_some_and(|(opening, _)| opening.verb == rule.verb) {
                // The connection was ended on purpose: there is nothing to bring back.
                *self = Self::default();
                return;
            }
            let target = target(&verb.activity);
            self.forget(|(kept_target, kept)| kept.verb == rule.verb && *kept_target == target);
            if !undone {
                return self.keep(target, verb);
            }
        }
    }

    /// What connects it and the credentials for that; `None`: it is not connected.
    pub(crate) fn opening(&self) -> Option<(&Verb, &Kept)> {
        self.opening.as_ref().map(|(verb, credentials)| (verb, credentials))
    }

    /// What follows, in order.
    pub(crate) fn further(&self) -> impl Iterator<Item = &Verb> {
        self.further.iter().map(|(_, verb)| verb)
    }

    fn keep(&mut self, target: String, verb: Verb) {
        self.bytes += verb.activity.len();
        self.further.push((target, verb));
        while self.further.len() > KEPT || self.bytes > KEPT_BYTES {
            let (_, oldest) = self.further.remove(0);
            self.bytes -= oldest.activity.len();
        }
    }

    fn forget(&mut self, which: impl Fn(&(String, Verb)) -> bool) {
        let bytes = &mut self.bytes;
        self.further.retain(|kept| {
            let goes = which(kept);
            if goes {
                *bytes -= kept.1.activity.len();
            }
            !goes
        });
    }
}

/// `target.id` of an activity; empty if it has none.
fn target(activity: &[u8]) -> String {
    #[derive(Default, Deserialize)]
    struct Activity {
        #[serde(default)]
        target: Target,
    }
    #[derive(Default, Deserialize)]
    struct Target {
        #[serde(default)]
        id: String,
    }
    serde_json::from_slice::<Activity>(activity).map(|activity| activity.target.id).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use footbridge_seal::{MasterKey, Purpose};

    use super::*;

    fn verb(verb: &str, target: &str) -> Verb {
        let activity = serde_json::json!({"type": verb, "target": {"id": target}}).to_string();
        Verb { verb: verb.into(), activity: activity.into() }
    }

    fn rules() -> Vec<Restore> {
        let rule = |verb: &str, undone_by: &str| Restore { verb: verb.into(), undone_by: vec![undone_by.into()] };
        vec![rule("connect", "disconnect"), rule("join", "leave")]
    }

    fn kept(record: &Record) -> Vec<String> {
        record.further().map(|verb| format!("{} {}", verb.verb, target(&verb.activity))).collect()
    }

    #[test]
    fn joins_are_kept_once_each_until_they_are_undone() {
        let mut record = Record::default();
        for (what, whom) in [("join", "#a"), ("send", "#a"), ("join", "#b"), ("join", "#a"), ("leave", "#b")] {
            record.succeeded(&rules(), verb(what, whom));
        }
        assert_eq!(kept(&record), ["join #a"]);
        record.succeeded(&rules(), verb("leave", "#a"));
        assert_eq!((record.bytes, kept(&record)), (0, vec![]));
    }

    #[test]
    fn the_oldest_is_forgotten_when_there_are_too_many() {
        let mut record = Record::default();
        for number in 0..=KEPT {
            record.succeeded(&rules(), verb("join", &number.to_string()));
        }
        assert_eq!(record.further.len(), KEPT);
        assert_eq!(kept(&record)[0], "join 1");
    }

    #[test]
    fn credentials_are_kept_sealed_and_bound_to_their_instance() {
        let key = MasterKey::generate().derive(Purpose::Credentials, &[]);
        let instance = InstanceKey([1; 32]);
        let seal = || Kept::seal(&key, &instance, &Secret::new(b"hunter2".to_vec()), None);
        assert_eq!(seal().open(&key, &instance).expect("ours").expose(), b"hunter2");
        assert!(seal().open(&key, &InstanceKey([2; 32])).is_err());
        let mut record = Record::default();
        record.opened(&rules(), verb("connect", ""), seal(), true);
        assert!(!format!("{record:?}").contains("hunter2"));
    }

    #[test]
    fn a_connection_is_recorded_from_its_first_connect_to_its_disconnect() {
        let key = MasterKey::generate().derive(Purpose::Credentials, &[]);
        let seal = || Kept::seal(&key, &InstanceKey([1; 32]), &Secret::new(vec![]), None);
        let mut record = Record::default();
        record.opened(&rules(), verb("connect", ""), seal(), true);
        record.succeeded(&rules(), verb("join", "#a"));
        record.opened(&rules(), verb("connect", ""), seal(), false);
        assert_eq!(kept(&record), ["join #a"], "a second session's connect changes nothing");
        record.opened(&rules(), verb("connect", ""), seal(), true);
        assert!(kept(&record).is_empty());
        record.succeeded(&rules(), verb("join", "#b"));
        record.succeeded(&rules(), verb("disconnect", ""));
        assert!(record.opening().is_none() && kept(&record).is_empty());
        record.opened(&[], verb("connect", ""), seal(), true);
        assert!(record.opening().is_none(), "a platform without rules is not brought back");
    }
}
