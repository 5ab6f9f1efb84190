//! What the behaviours play with.

use std::{
    num::NonZeroU16,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use footbridge_wire::{InstanceKey, JobId, Outcome, SessionId};
use tokio::sync::Notify;

use crate::{Asker, CredentialSlot, Finished, Job, Results, SessionSecret};

/// A job of some 60 bytes for a lane of which `parallel` may run at once.
pub fn job(id: u128, lane: u8, parallel: u16) -> Job {
    Job {
        id: JobId(id),
        lane: InstanceKey([lane; 32]),
        parallel: NonZeroU16::new(parallel).expect("tests say at least 1"),
        platform: "dummy".into(),
        actor: (parallel == 1).then(|| format!("kim{lane}@dummy")),
        verb: "echo".into(),
        activity: Bytes::from_static(br#"{"type":"echo","actor":{"id":"kim@dummy","type":"person"}}"#),
        asker: asker(lane),
    }
}

/// A session, the same for the same number, with a secret of its own.
pub fn asker(session: u8) -> Asker {
    Asker { session: SessionId::from_random([session; 16]), secret: SessionSecret::random() }
}

/// Where credentials go.
pub fn slot(platform: &str, actor: &str) -> CredentialSlot {
    CredentialSlot { platform: platform.into(), actor: actor.into() }
}

/// A failure with that text.
pub fn failed(error: &str) -> Outcome {
    Outcome::Failed(error.into())
}

/// Remembers every end that it is told.
#[derive(Default)]
pub struct Recorder {
    told: Mutex<Vec<Finished>>,
    more: Notify,
}

impl Recorder {
    /// A recorder that was told nothing.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// All it was told so far, in order.
    pub fn told(&self) -> Vec<Finished> {
        self.told.lock().expect("nobody panics while recording").clone()
    }

    /// Waits until it was told of `count` ends, and returns jobs and outcomes in the order told.
    pub async fn ends(&self, count: usize) -> Vec<(u128, Outcome)> {
        loop {
            let told = self.told();
            if told.len() >= count {
                return told.into_iter().map(|end| (end.job.0, end.outcome)).collect();
            }
            self.more.notified().await;
        }
    }
}

impl Results for Recorder {
    fn finished(&self, finished: Finished) {
        self.told.lock().expect("nobody panics while recording").push(finished);
        self.more.notify_one();
    }
}

/// Numbers that look random and are the same for the same seed (`SplitMix64`).
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice for a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `sides`.
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        // The modulus is below `sides`, which is a `usize`.
        usize::try_from((mixed ^ (mixed >> 31)) % sides as u64).expect("below a usize")
    }
}
