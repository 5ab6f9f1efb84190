//! What a client reads: an activity that serialises as platforms.md 8.5 shows it.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat};
use serde::{Serialize, Serializer};

/// An activity to push, or to answer with. The gateway adds its `@context`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Activity {
    /// `send`, `join`, `update`…
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// When it happened, where the stanza says so (XEP-0203).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<Time>,
    /// Who did it.
    pub actor: Entity,
    /// Whom or what it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Entity>,
    /// What was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<Object>,
    /// What went wrong. Makes the activity exempt from the `responses` schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A person or a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entity {
    /// `person` or `room`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// A JID.
    pub id: String,
    /// The nick, the name in the roster, the room's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The id that a room gives somebody whatever their nick (XEP-0421). Only for clients that asked for `ids`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occupant: Option<String>,
}

/// What an activity is about. What is not of platforms.md 8.2 is opt-in, or the answer to a verb that is not of 8.4.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Object {
    /// Text.
    Message(Message),
    /// Somebody's being there.
    Presence(Presence),
    /// Who is in a room.
    Attendance {
        /// Their names.
        members: Vec<String>,
    },
    /// What a room is like; without anything in it where that could not be told.
    #[serde(rename = "room-info")]
    RoomInfo(Info),
    /// The connection.
    Connect {
        /// `reconnecting`, `failed`; `online` for those who asked for `connection`.
        status: &'static str,
        /// Why.
        condition: String,
    },
    /// What a stream error says (platforms.md 8.3).
    #[serde(rename = "message")]
    StreamError {
        /// The condition.
        condition: String,
    },
    /// A room's subject.
    Topic {
        /// The subject; empty for none.
        content: String,
    },
    /// Somebody is typing.
    Typing {
        /// `active`, `paused` or `done`.
        state: &'static str,
    },
    /// Reactions to a message: all that somebody has to it.
    #[serde(rename_all = "camelCase")]
    Reaction {
        /// The emojis, with spaces between; empty when all were taken back.
        content: String,
        /// The id of the message.
        in_reply_to: String,
    },
    /// A message has arrived (XEP-0184).
    Receipt {
        /// The id of the message.
        id: String,
    },
    /// A message was read, and those before it (XEP-0333).
    Read {
        /// The id of the message.
        id: String,
    },
    /// Somebody's role in a room.
    Relationship {
        /// Always `role`.
        relationship: &'static str,
        /// The role.
        subject: Subject,
        /// The room.
        object: Entity,
    },
    /// Somebody who is invited, or was kicked or banned; somebody who is blocked.
    Person(Person),
    /// A room that somebody is invited to, or that is listed.
    Room(Room),
    /// People in a room, many at once.
    Occupants {
        /// The people.
        items: Vec<Occupant>,
    },
    /// Who somebody is.
    Profile(Profile),
    /// A picture of somebody.
    Avatar(Avatar),
    /// Where a file can be put and had (XEP-0363).
    Slot(Slot),
    /// What an entity can do.
    Features(Info),
}

/// Text, and what is known about it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Message {
    /// The sender's id of the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The text; none in a message that is only named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// The room's or the archive's id of the message (XEP-0359).
    #[serde(rename = "xmpp:stanza-id", skip_serializing_if = "Option::is_none")]
    pub stanza_id: Option<String>,
    /// The message that this one corrects (XEP-0308).
    #[serde(rename = "xmpp:replace", skip_serializing_if = "Option::is_none")]
    pub replace: Option<Named>,
    /// The id that the sender gave, whatever became of it on the way (XEP-0359). For those who asked for `ids`.
    #[serde(rename = "xmpp:origin-id", skip_serializing_if = "Option::is_none")]
    pub origin_id: Option<String>,
    /// The id of the message that this one answers (XEP-0461). For those who asked for `replies`.
    #[serde(rename = "inReplyTo", skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<String>,
    /// The text as XHTML (XEP-0071), as it came: not to be shown unchecked. For those who asked for `html`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// A file that belongs to it (XEP-0066). For those who asked for `attachments`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachment: Option<Attachment>,
}

/// Something by its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    /// The id.
    pub id: String,
}

/// A file elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Attachment {
    /// Where.
    pub url: String,
    /// What it is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Somebody's presence.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Presence {
    /// `away`, `chat`, `dnd`, `xa`, `offline`, `online` or `notauthorized`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence: Option<&'static str>,
    /// In their words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// The role in a room. For those who asked for `roles`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The affiliation to a room. For those who asked for `roles`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub affiliation: Option<String>,
    /// The hash of their picture (XEP-0153). For those who asked for `avatars`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
    /// What the roster says about them. For those who asked for `roster`, or asked it.
    #[serde(flatten)]
    pub contact: Option<Contact>,
}

/// What a relationship is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// Always `presence`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// `owner`, `admin`, `member`, `outcast`; `moderator`, `participant`, `visitor`.
    pub role: String,
}

/// Somebody as an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Person {
    /// A JID.
    pub id: String,
    /// The nick.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Why, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

/// A room as an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Room {
    /// A bare JID.
    pub id: String,
    /// What it is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Why, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// What is needed to enter it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Under which nick it is entered (XEP-0402).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nick: Option<String>,
    /// Whether it is entered by itself (XEP-0402).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub autojoin: Option<bool>,
}

/// Somebody in a room, one of many.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Occupant {
    /// `room@service/nick`.
    pub id: String,
    /// The nick.
    pub name: String,
    /// As in [`Presence`].
    #[serde(flatten)]
    pub presence: Presence,
}

/// Somebody in the roster (RFC 6121 2.1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Contact {
    /// `none`, `to`, `from`, `both`; `remove` when gone.
    pub subscription: &'static str,
    /// Whether we wait for their permission.
    pub ask: bool,
    /// Groups they are in.
    pub groups: Vec<String>,
}

/// Who somebody is (XEP-0054).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Profile {
    /// The full name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The nickname.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    /// Where they are on the web.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The birthday, as they wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthday: Option<String>,
    /// About them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Their picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<Avatar>,
}

/// A picture, or what is known about one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Avatar {
    /// SHA-1 of the picture; none when there is no picture any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What it is, e.g. `image/png`; the sender's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Bytes of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// The picture, base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

/// Where a file can be put and had.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Slot {
    /// Where to `PUT` it.
    pub put: String,
    /// Where it can be had then.
    pub get: String,
    /// What has to be in the head of the `PUT`: `Authorization`, `Cookie`, `Expires`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
}

/// What an entity says about itself (XEP-0030, XEP-0128).
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Info {
    /// What it can do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub features: Option<Vec<String>>,
    /// What it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub identities: Vec<Identity>,
    /// Fields `muc#roominfo_…`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub roominfo: BTreeMap<String, Field>,
    /// Fields `muc#roomconfig_…`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub roomconfig: BTreeMap<String, Field>,
    /// Other fields.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub custom: BTreeMap<String, Field>,
}

/// What an entity is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// e.g. `conference`.
    pub category: String,
    /// e.g. `text`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A field of a form (XEP-0004).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Field {
    /// `text-single`, `boolean`…
    #[serde(rename = "type")]
    pub kind: String,
    /// What people read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What it says.
    pub value: Value,
    /// What it may say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<Choice>,
}

/// What a field says.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// `true`, `false`
    Boolean(bool),
    /// Digits only.
    Number(u64),
    /// Anything else.
    Text(String),
    /// Several.
    Texts(Vec<String>),
    /// Nothing.
    Null,
}

/// What a field may say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// What people read.
    pub label: String,
    /// What it says.
    pub value: String,
}

/// Milliseconds since 1970, written as ISO 8601 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub i64);

// === impl Activity ===

impl Activity {
    /// An activity without target, object, time or error.
    pub fn new(kind: &'static str, actor: Entity) -> Self {
        Self { kind, published: None, actor, target: None, object: None, error: None }
    }

    /// With a target.
    #[must_use]
    pub fn to(self, target: impl Into<Option<Entity>>) -> Self {
        Self { target: target.into(), ..self }
    }

    /// With an object.
    #[must_use]
    pub fn about(self, object: Object) -> Self {
        Self { object: Some(object), ..self }
    }

    /// With a time, if there is one.
    #[must_use]
    pub fn at(self, published: Option<Time>) -> Self {
        Self { published, ..self }
    }

    /// With an error.
    #[must_use]
    pub fn failed(self, error: impl Into<String>) -> Self {
        Self { error: Some(error.into()), ..self }
    }
}

// === impl Entity ===

impl Entity {
    /// A person.
    pub fn person(id: impl Into<String>) -> Self {
        Self { kind: "person", id: id.into(), name: None, occupant: None }
    }

    /// A room.
    pub fn room(id: impl Into<String>) -> Self {
        Self { kind: "room", ..Self::person(id) }
    }

    /// With a name, if there is one.
    #[must_use]
    pub fn named(self, name: Option<String>) -> Self {
        Self { name, ..self }
    }
}

// === impl Object ===

impl Object {
    /// Plain text.
    pub fn message(content: impl Into<String>) -> Self {
        Self::Message(Message { content: Some(content.into()), ..Message::default() })
    }

    /// A role in a room.
    pub fn role(role: impl Into<String>, room: Entity) -> Self {
        let subject = Subject { kind: "presence", role: role.into() };
        Self::Relationship { relationship: "role", subject, object: room }
    }
}

// === impl Time ===

impl Time {
    /// Reads a stamp, `2026-03-01T10:00:00.000Z` (XEP-0082).
    pub fn parse(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text).ok().map(|time| Self(time.timestamp_millis()))
    }

    /// As clients and others read it.
    pub fn to_iso(self) -> String {
        let time = DateTime::from_timestamp_millis(self.0).unwrap_or_default();
        time.to_rfc3339_opts(SecondsFormat::Millis, true)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_iso())
    }
}
