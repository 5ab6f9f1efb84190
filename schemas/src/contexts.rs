//! From an activity's `@context` to its platform (core.md 1.5 and 1.7).

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::violation::{Complaint, Refusal};
use crate::{Platform, Violation, context};

/// The pseudo platforms: known, never enabled.
const PSEUDO: [&str; 2] = [context::ERROR, context::INTERNAL];

/// Every registered context URL.
#[derive(Debug)]
pub(crate) struct Contexts {
    by_url: HashMap<String, Registered>,
}

#[derive(Debug)]
enum Registered {
    Platform(Arc<Platform>),
    Pseudo(&'static str),
}

impl Contexts {
    pub(crate) fn new(platforms: &[Arc<Platform>]) -> Self {
        let pseudo = PSEUDO.map(|id| (context::platform_url(id, "1"), Registered::Pseudo(id)));
        let real =
            platforms.iter().map(|platform| (platform.manifest.context_url(), Registered::Platform(platform.clone())));
        Self { by_url: real.chain(pseudo).collect() }
    }

    /// The one enabled platform that `activity` is for. The order of its contexts does not matter; two URLs of platforms, even
    /// the same twice, are one too many.
    pub(crate) fn resolve(&self, activity: &Map<String, Value>) -> Result<&Arc<Platform>, Violation> {
        let urls = activity.get("@context").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let mut matches = urls.clone().filter_map(|url| self.by_url.get(url));
        match (matches.next(), matches.next()) {
            (Some(Registered::Platform(platform)), None) => Ok(platform),
            (Some(Registered::Pseudo(platform)), None) => Err(Refusal::NotEnabled { platform }.into()),
            _ => {
                let candidates = urls.filter(|url| ![context::AS2, context::SOCKETHUB].contains(url));
                Err(Refusal::Unregistered { candidates: candidates.map(ToOwned::to_owned).collect() }.into())
            }
        }
    }

    /// As [`resolve`](Self::resolve), for an activity that had a legacy `context` naming `id`: that stands in for a missing
    /// `@context` and must not contradict one that is there (core.md 1.7).
    pub(crate) fn resolve_legacy(
        &self,
        activity: &mut Map<String, Value>,
        id: &str,
    ) -> Result<&Arc<Platform>, Violation> {
        if !activity.contains_key("@context") {
            let version = self.version_of(id);
            let url = context::platform_url(id, version);
            activity.insert("@context".to_owned(), json!([context::AS2, context::SOCKETHUB, url]));
        }
        let platform = self.resolve(activity)?;
        if platform.id().as_str() == id {
            return Ok(platform);
        }
        let complaint = Complaint::unknown_property("context");
        Err(Refusal::Envelope { platform: platform.id().clone(), complaint }.into())
    }

    /// The context version of platform `id`, `1` if there is no such platform.
    fn version_of(&self, id: &str) -> &str {
        let platforms = self.by_url.values().filter_map(|registered| match registered {
            Registered::Platform(platform) => Some(platform),
            Registered::Pseudo(_) => None,
        });
        let found = platforms.into_iter().find(|platform| platform.id().as_str() == id);
        found.map_or("1", |platform| &platform.manifest.context_version)
    }
}
