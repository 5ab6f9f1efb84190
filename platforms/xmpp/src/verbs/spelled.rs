//! Activities as clients spell them. The gateway has checked their shape.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use xmpp_parsers::jid::{BareJid, Jid};

/// An activity.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Spelled {
    pub(super) actor: Entity,
    pub(super) target: Option<Entity>,
    pub(super) object: Option<Object>,
}

/// An actor or a target.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Entity {
    #[serde(rename = "type", default)]
    pub(super) kind: String,
    pub(super) id: String,
    pub(super) name: Option<String>,
}

/// Any object that there is.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Object {
    #[serde(rename = "type")]
    kind: Option<String>,
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) content: Option<String>,
    pub(super) presence: Option<String>,
    pub(super) priority: Option<i8>,
    pub(super) state: Option<String>,
    pub(super) in_reply_to: Option<String>,
    #[serde(rename = "xmpp:replace")]
    pub(super) replace: Option<Replace>,
    pub(super) html: Option<String>,
    pub(super) attachment: Option<Attachment>,
    pub(super) limit: Option<u32>,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
    pub(super) size: Option<u64>,
    pub(super) media_type: Option<String>,
    pub(super) nickname: Option<String>,
    pub(super) url: Option<String>,
    pub(super) email: Option<String>,
    pub(super) birthday: Option<String>,
    pub(super) nick: Option<String>,
    pub(super) autojoin: Option<bool>,
    pub(super) moderated: Option<bool>,
    pub(super) node: Option<String>,
    values: BTreeMap<String, Value>,
    pub(super) subject: Option<Subject>,
    #[serde(rename = "object")]
    pub(super) room: Option<Entity>,
}

/// The message that is corrected.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Replace {
    pub(super) id: String,
}

/// A file elsewhere.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Attachment {
    pub(super) url: String,
    pub(super) name: Option<String>,
}

/// What a relationship is about.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Subject {
    pub(super) role: String,
}

impl Spelled {
    /// The target's id, a JID.
    pub(super) fn target(&self) -> Result<Jid, String> {
        jid(&self.target.as_ref().ok_or("target is missing")?.id)
    }

    /// The target's id up to its `/`.
    pub(super) fn room(&self) -> Result<BareJid, String> {
        bare(&self.target.as_ref().ok_or("target is missing")?.id)
    }

    /// The target's id where there is a target that is not ourselves by another name.
    pub(super) fn target_if_any(&self) -> Result<Option<Jid>, String> {
        self.target.as_ref().filter(|target| !target.id.is_empty()).map(|target| jid(&target.id)).transpose()
    }

    /// Whether the target is a room.
    pub(super) fn is_to_room(&self) -> bool {
        self.target.as_ref().is_some_and(|target| target.kind == "room")
    }

    /// The nick that the actor names.
    pub(super) fn nick(&self) -> Option<String> {
        self.actor.name.clone().filter(|name| !name.is_empty())
    }

    /// What an object says as the reason for something.
    pub(super) fn reason(&self) -> Option<String> {
        self.object.as_ref()?.content.clone().filter(|reason| !reason.is_empty())
    }

    /// The object's id, a JID.
    pub(super) fn object_jid(&self) -> Result<Jid, String> {
        jid(&self.object.clone().unwrap_or_default().id()?)
    }
}

impl Object {
    /// Its type; empty where it has none.
    pub(super) fn kind(&self) -> &str {
        self.kind.as_deref().unwrap_or_default()
    }

    /// Its id.
    pub(super) fn id(&self) -> Result<String, String> {
        self.id.clone().filter(|id| !id.is_empty()).ok_or_else(|| "object.id is missing".to_owned())
    }

    /// Its values as a form has them.
    pub(super) fn fields(&self) -> Result<Vec<(String, Vec<String>)>, String> {
        let field = |(name, value): (&String, &Value)| {
            let values = match value {
                Value::Array(values) => values.iter().map(|value| scalar(name, value)).collect::<Result<_, _>>()?,
                value => vec![scalar(name, value)?],
            };
            Ok((name.clone(), values))
        };
        self.values.iter().map(field).collect()
    }
}

fn scalar(name: &str, value: &Value) -> Result<String, String> {
    match value {
        Value::Bool(value) => Ok(if *value { "1" } else { "0" }.to_owned()),
        Value::Number(value) => Ok(value.to_string()),
        Value::String(value) => Ok(value.clone()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(format!("object.values.{name} is no value of a form")),
    }
}

/// A JID.
pub(super) fn jid(id: &str) -> Result<Jid, String> {
    Jid::new(id).map_err(|error| format!("{id} is no JID: {error}"))
}

/// A JID up to its `/`.
pub(super) fn bare(id: &str) -> Result<BareJid, String> {
    let bare = id.split_once('/').map_or(id, |(bare, _)| bare);
    BareJid::new(bare).map_err(|error| format!("{id} is no JID: {error}"))
}
