//! An activity that passed the whole pipeline.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use crate::Platform;

/// An activity that is valid for its platform. Only [`Schemas`](crate::Schemas) makes one: holding it is the proof.
pub struct Checked {
    platform: Arc<Platform>,
    activity: Value,
    json: Bytes,
}

impl Checked {
    /// Must be called with an activity that its envelope accepts.
    pub(crate) fn new(platform: Arc<Platform>, activity: Value) -> Self {
        // Written anew even if normalisation changed nothing: the text that was sent may name a member twice, and whoever reads
        // it next might heed the other one, which nobody checked.
        let json = serde_json::to_vec(&activity).expect("a tree of JSON values always serialises").into();
        Self { platform, activity, json }
    }

    /// The platform it is for.
    pub fn platform(&self) -> &Arc<Platform> {
        &self.platform
    }

    /// What is to be done: the activity's `type`.
    pub fn verb(&self) -> &str {
        self.activity["type"].as_str().expect("the envelope wants a string")
    }

    /// Who does it: `actor.id`.
    pub fn actor_id(&self) -> &str {
        self.activity["actor"]["id"].as_str().expect("every actor type of the envelope wants a string")
    }

    /// The normalised activity as JSON text, without `context` and `sessionSecret`.
    pub fn json(&self) -> &Bytes {
        &self.json
    }

    /// The activity's `object`, e.g. what credentials are compared by.
    pub fn object(&self) -> Option<&Value> {
        self.activity.get("object")
    }

    pub(crate) fn actor(&self) -> &Value {
        &self.activity["actor"]
    }
}

/// Without the content: it may be credentials.
impl fmt::Debug for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checked")
            .field("platform", self.platform.id())
            .field("verb", &self.verb())
            .field("actor", &self.actor_id())
            .finish_non_exhaustive()
    }
}
