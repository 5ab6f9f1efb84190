//! What a client reads: an activity that serialises as platforms.md 7.5 shows it.

use chrono::{DateTime, SecondsFormat};
use serde::{Serialize, Serializer};

/// An activity to push, or to answer with. The gateway adds its `@context`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Activity {
    /// `send`, `join`, `update`…
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// When it happened: the server's word (`server-time`), else when its line arrived.
    pub published: Time,
    /// Who did it.
    pub actor: Entity,
    /// Whom or what it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Entity>,
    /// What was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<Object>,
    /// What went wrong, in the server's words. Makes the activity exempt from the `responses` schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A person, a room or a service.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entity {
    /// `person`, `room` or `service`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// As platforms.md 7.5 spells ids: `nick@server`, `server/#room`, `server`.
    pub id: String,
    /// The nick, the room's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The services account somebody is logged in to. Only for clients that asked for `account`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Whether it is a program. Only for clients that asked for `bot`.
    #[serde(skip_serializing_if = "is_false")]
    pub bot: bool,
}

/// What an activity is about.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Object {
    /// Text.
    Message(Content),
    /// Text of an action, `/me`.
    Me(Content),
    /// A room's topic, the message of the day.
    Topic {
        /// The topic.
        content: String,
    },
    /// Another nick.
    Address,
    /// Somebody's being there.
    Presence(Presence),
    /// A role given or taken.
    Relationship {
        /// Always `role`.
        relationship: &'static str,
        /// The role.
        subject: Subject,
        /// The room it is given or taken in.
        object: Entity,
    },
    /// Somebody who is invited or kicked. Opt-in.
    Person(Person),
    /// What has changed about somebody. Opt-in.
    Profile {
        /// The realname.
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// The user name.
        #[serde(skip_serializing_if = "Option::is_none")]
        user: Option<String>,
        /// The host.
        #[serde(skip_serializing_if = "Option::is_none")]
        host: Option<String>,
        /// The services account; `*` for none.
        #[serde(skip_serializing_if = "Option::is_none")]
        account: Option<String>,
    },
    /// A room's modes as the server wrote them. Opt-in.
    Modes {
        /// e.g. `+kl sesame 5`.
        content: String,
    },
    /// Somebody is typing. Opt-in.
    Typing {
        /// `active`, `paused` or `done`.
        state: String,
    },
    /// A reaction to a message. Opt-in.
    #[serde(rename_all = "camelCase")]
    Reaction {
        /// The reaction, mostly one emoji.
        content: String,
        /// The id of the message.
        #[serde(skip_serializing_if = "Option::is_none")]
        in_reply_to: Option<String>,
    },
    /// How far a conversation was read. Opt-in.
    Read {
        /// Up to then; absent when nothing was.
        #[serde(skip_serializing_if = "Option::is_none")]
        published: Option<String>,
    },
    /// What the server or the connection has to say. Opt-in.
    Status {
        /// `FAIL`, `WARN`, `NOTE`, or what became of the connection.
        code: String,
        /// In words.
        content: String,
    },
    /// Answer to a question for somebody: what the server knows. Opt-in.
    Whois(Box<Whois>),
    /// A room in the answer to a question for all rooms. Opt-in.
    #[serde(rename_all = "camelCase")]
    Room {
        /// Its id.
        id: String,
        /// Its name.
        name: String,
        /// How many are in it.
        total_items: u32,
        /// Its topic.
        content: String,
    },
}

/// Text, and what opt-in additions know about it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Content {
    /// The server's id of the message. Opt-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The text.
    pub content: String,
    /// The id of the message that this one answers. Opt-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<String>,
}

/// Somebody's presence.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Presence {
    /// The role in a room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// `online`, `offline` or `away`. Opt-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub show: Option<&'static str>,
    /// In their words. Opt-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

/// What a relationship is about.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Subject {
    /// Always `presence`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The role.
    pub role: Role,
}

/// Somebody as an object. Opt-in.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Person {
    /// `nick@server`.
    pub id: String,
    /// The nick.
    pub name: String,
    /// Why, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

/// What a server says about somebody.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Whois {
    /// The nick.
    pub name: String,
    /// The user name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The host that the server shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The realname.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub realname: Option<String>,
    /// The services account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The server they are on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// Why they are away, if they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub away: Option<String>,
    /// Seconds since they last spoke.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle: Option<u64>,
    /// Rooms that the server shows, with the prefixes of their roles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<String>,
    /// Whether they run the network.
    pub operator: bool,
    /// Whether they are a program.
    pub bot: bool,
    /// Whether they are connected by TLS.
    pub secure: bool,
}

/// A role, highest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// `~`, `&`, `@`
    Owner,
    /// `%`
    Admin,
    /// `+`
    Participant,
    /// No prefix.
    Member,
}

/// Milliseconds since 1970, written as ISO 8601 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub i64);

// === impl Activity ===

impl Activity {
    /// An activity without target, object or error.
    pub fn new(kind: &'static str, published: Time, actor: Entity) -> Self {
        Self { kind, published, actor, target: None, object: None, error: None }
    }

    /// With a target.
    #[must_use]
    pub fn to(self, target: Entity) -> Self {
        Self { target: Some(target), ..self }
    }

    /// With an object.
    #[must_use]
    pub fn about(self, object: Object) -> Self {
        Self { object: Some(object), ..self }
    }

    /// With an error.
    #[must_use]
    pub fn failed(self, error: impl Into<String>) -> Self {
        Self { error: Some(error.into()), ..self }
    }
}

// === impl Object ===

impl Object {
    /// Plain text.
    pub fn message(content: impl Into<String>) -> Self {
        Self::Message(Content { content: content.into(), ..Content::default() })
    }

    /// An action.
    pub fn me(content: impl Into<String>) -> Self {
        Self::Me(Content { content: content.into(), ..Content::default() })
    }

    /// Presence in a room.
    pub fn role(role: Role) -> Self {
        Self::Presence(Presence { role: Some(role), ..Presence::default() })
    }
}

// === impl Time ===

impl Time {
    /// Reads the value of a `time` tag, `2026-03-01T10:00:00.000Z`.
    pub fn parse(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text).ok().map(|time| Self(time.timestamp_millis()))
    }

    /// Seconds since 1970, as numerics have them; `None` beyond the years that can be written.
    pub fn from_seconds(text: &str) -> Option<Self> {
        let millis = text.parse::<i64>().ok()?.checked_mul(1000)?;
        DateTime::from_timestamp_millis(millis).map(|_| Self(millis))
    }

    /// As clients read it.
    pub fn to_iso(self) -> String {
        let time = DateTime::from_timestamp_millis(self.0).unwrap_or_default();
        time.to_rfc3339_opts(SecondsFormat::Millis, true)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "for serde")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_iso())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_reads_as_the_contract_shows_it() {
        let names = super::super::names::Names::new("irc.example");
        let (lou, deck) = (names.person("lou"), names.room("#deck"));
        let at = Time::parse("2026-03-01T10:00:00.000Z").unwrap();
        let activity = Activity::new("send", at, lou).to(deck).about(Object::message("all hands"));
        let want = json!({
            "type": "send", "published": "2026-03-01T10:00:00.000Z",
            "actor": {"type": "person", "id": "lou@irc.example", "name": "lou"},
            "target": {"type": "room", "id": "irc.example/#deck", "name": "#deck"},
            "object": {"type": "message", "content": "all hands"},
        });
        assert_eq!(serde_json::to_value(&activity).unwrap(), want);
    }

    #[test]
    fn times_out_of_range_are_none() {
        assert_eq!(Time::from_seconds("1000000000").map(Time::to_iso).as_deref(), Some("2001-09-09T01:46:40.000Z"));
        for absurd in ["", "x", "-", "9223372036854775807", "99999999999999999"] {
            assert_eq!(Time::from_seconds(absurd), None, "{absurd}");
        }
        assert_eq!(Time::parse("yesterday"), None);
    }
}
