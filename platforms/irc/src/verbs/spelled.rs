//! An activity as a client writes it.

use serde::Deserialize;

use super::{names, refused};
use crate::outgoing::text;

#[derive(Debug, Deserialize)]
pub(super) struct Spelled {
    pub(super) actor: Entity,
    pub(super) target: Option<Entity>,
    pub(super) object: Option<Object>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Entity {
    #[serde(default, rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) id: String,
    pub(super) name: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Object {
    #[serde(rename = "type")]
    kind: Option<String>,
    pub(super) content: Option<String>,
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) in_reply_to: Option<String>,
    #[serde(default)]
    pub(super) multiline: bool,
    pub(super) show: Option<String>,
    pub(super) status: Option<String>,
    pub(super) state: Option<String>,
    pub(super) published: Option<String>,
    pub(super) limit: Option<u32>,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
    pub(super) subject: Option<Subject>,
    /// What a role is in.
    #[serde(rename = "object")]
    pub(super) room: Option<Entity>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Subject {
    pub(super) role: String,
}

impl Object {
    /// Its type; `undefined` as in the contract's texts, if it has none.
    pub(super) fn kind(&self) -> &str {
        self.kind.as_deref().unwrap_or("undefined")
    }
}

impl Spelled {
    /// Refuses names with line breaks, whether or not they are needed.
    pub(super) fn check_names(&self) -> Result<(), String> {
        let actor = self.actor.name.as_deref();
        let target = self.target.as_ref().and_then(|target| target.name.as_deref());
        [actor, target].into_iter().flatten().try_for_each(text).map_err(refused)
    }

    /// The channel that the target names.
    pub(super) fn channel(&self) -> Result<String, String> {
        names::channel(self.target.as_ref().ok_or(names::UNKNOWN)?)
    }

    /// The nick that the target names.
    pub(super) fn nick(&self) -> Result<String, String> {
        names::nick(self.target.as_ref().ok_or(names::UNKNOWN)?)
    }

    /// The channel or the nick that the target names.
    pub(super) fn recipient(&self) -> Result<String, String> {
        let target = self.target.as_ref().ok_or(names::UNKNOWN)?;
        if target.kind == "room" { names::channel(target) } else { names::nick(target) }
    }

    /// The nick that the object, a person, names.
    pub(super) fn object_nick(&self) -> Result<String, String> {
        let object = self.object.clone().unwrap_or_default();
        names::nick(&Entity { kind: "person".into(), id: object.id.unwrap_or_default(), name: object.name })
    }

    /// What may be the name of the channel in question: the target's name, and what its id says behind the server.
    pub(super) fn candidates(&self) -> Result<Vec<String>, String> {
        let Some(target) = &self.target else { return Ok(Vec::new()) };
        let behind = target.id.split_once('/').map_or(&*target.id, |(_, behind)| behind);
        let candidates = target.name.as_deref().into_iter().chain([behind]);
        candidates.map(|name| text(name).map(|()| name.to_owned()).map_err(refused)).collect()
    }
}
