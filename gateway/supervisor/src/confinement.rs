//! How the workers of a platform are to be confined, and what came of it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use footbridge_schemas::PlatformId;
use footbridge_telemetry::emit;
use footbridge_wire::{Confine, Confinement, Mode};

use crate::events::ConfinementLacking;

/// What the workers of one platform give up. Clones share whether it has been told what the kernel lacks.
#[derive(Debug, Clone)]
pub struct Sandbox {
    wanted: Confine,
    told: Arc<AtomicBool>,
}

impl Sandbox {
    /// Wants this of each worker.
    pub fn new(wanted: Confine) -> Self {
        Self { wanted, told: Arc::default() }
    }

    /// For the greeting.
    pub(crate) fn wanted(&self) -> Confine {
        self.wanted
    }

    /// A worker told what holds it. What is lacking is worth one line per platform: all its workers run on one kernel.
    pub(crate) fn heard(&self, platform: &PlatformId, confinement: Confinement) {
        if self.is_news(confinement) {
            emit(ConfinementLacking { platform, confinement });
        }
    }

    fn is_news(&self, confinement: Confinement) -> bool {
        let lacking = match self.wanted.mode {
            Mode::Off => !confinement.limits,
            Mode::Preferred | Mode::Required => !confinement.is_full(),
        };
        lacking && !self.told.swap(true, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use footbridge_wire::Files;

    use super::*;

    #[test]
    fn what_is_lacking_is_told_once_and_only_if_it_was_wanted() {
        let full = Confinement { files: Files::Enforced, calls: true, limits: true };
        let sandbox = |mode| Sandbox::new(Confine { mode, ..Confine::default() });
        assert!(!sandbox(Mode::Off).is_news(Confinement::NONE));
        let preferred = sandbox(Mode::Preferred);
        assert!(!preferred.is_news(full));
        assert!(preferred.is_news(Confinement { calls: false, ..full }));
        assert!(!preferred.clone().is_news(Confinement::NONE), "told already");
    }
}
