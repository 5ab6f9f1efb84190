//! Where one session stands: which instance it means by an actor.

use std::collections::{HashMap, HashSet};

use footbridge_schemas::PlatformId;
use footbridge_seal::Fingerprint;
use footbridge_supervisor::InstanceHandle;
use footbridge_wire::{InstanceKey, SessionId};

use crate::{
    pipeline::Parts,
    scope::{self, Applicant, Scope},
};

/// Instances remembered before those that have ended are cleared out. The supervisor bounds how many live.
const CLEAR_OUT: usize = 64;

/// An actor of a platform.
type Role = (PlatformId, String);

/// What a session showed for an actor.
#[derive(Debug, Clone, Copy)]
struct Shown {
    proof: Fingerprint,
    /// Whether whoever knows the same shares the instance (scope rule 1).
    shareable: bool,
}

/// What a session has shown, and which instances it has addressed with it.
#[derive(Debug, Default)]
pub(crate) struct Places {
    shown: HashMap<Role, Shown>,
    instances: HashMap<Role, InstanceKey>,
}

/// The instance that a session means.
pub(crate) struct Place {
    pub(crate) instance: InstanceKey,
    /// Whom it first acted for: the slot of its credentials.
    pub(crate) actor: String,
}

impl Places {
    /// The persistent instance that a session means by an actor; it counts as addressed from now on.
    pub(crate) fn find(
        &mut self,
        parts: &Parts,
        session: SessionId,
        address: Option<&str>,
        platform: &PlatformId,
        actor: &str,
    ) -> Place {
        let role = (platform.clone(), actor.to_owned());
        let shown = self.shown.get(&role);
        if shown.is_none()
            && let Some((instance, actor)) = parts.names.resolve(platform, actor, |instance| self.is_at(instance))
        {
            return Place { instance, actor };
        }
        let instance = match shown {
            Some(Shown { proof, shareable: true }) => scope::persistent(platform, actor, &Scope::Credentials(*proof)),
            shown => {
                let applicant = Applicant { session, address, proof: shown.map(|shown| shown.proof) };
                let scope = parts.scopes.anonymous(&parts.sessions, applicant, platform, actor);
                scope::persistent(platform, actor, &scope)
            }
        };
        if self.instances.len() >= CLEAR_OUT {
            self.instances.retain(|_, instance| parts.supervisor.find(instance).is_some());
        }
        self.instances.insert(role, instance);
        Place { instance, actor: actor.to_owned() }
    }

    /// The session shows credentials for an actor. Returns the instance it addressed so far, if it means another one
    /// from now on: it has no business there any more (weak spot 33).
    pub(crate) fn show(
        &mut self,
        platform: &PlatformId,
        actor: &str,
        proof: Fingerprint,
        shareable: bool,
    ) -> Option<InstanceKey> {
        let role = (platform.clone(), actor.to_owned());
        let before = self.shown.insert(role.clone(), Shown { proof, shareable });
        let same = match before {
            Some(before) => before.shareable == shareable && (before.proof == proof || !shareable),
            None => !shareable,
        };
        if same { None } else { self.instances.remove(&role) }
    }

    /// Whether the session showed something for an actor that others may know too.
    pub(crate) fn is_named(&self, platform: &PlatformId, actor: &str) -> bool {
        self.shown.get(&(platform.clone(), actor.to_owned())).is_some_and(|shown| shown.shareable)
    }

    /// Whether the session has addressed an instance, and not turned away from it.
    pub(crate) fn is_at(&self, instance: &InstanceKey) -> bool {
        self.instances.values().any(|at| at == instance)
    }

    /// The living instances that the session has addressed.
    pub(crate) fn living(&self, parts: &Parts) -> Vec<InstanceHandle> {
        let distinct: HashSet<_> = self.instances.values().collect();
        distinct.into_iter().filter_map(|instance| parts.supervisor.find(instance)).collect()
    }
}
