//! Activities from clients as things to do (platforms.md 7.4).
//!
//! What is refused here was refused before anything was sent. Whether a name is a channel's, or a channel joined, is not
//! known yet: only the session knows the server's habits.

mod names;
mod send;
mod spelled;

pub use send::{Said, What};

use crate::credentials::Credentials;
use crate::outgoing::{Unsendable, text, word};
use spelled::{Object, Spelled};

/// A verb with everything it says, and who says it.
#[derive(Debug)]
pub struct Request {
    /// The id of the actor it is done for.
    pub actor: String,
    /// What is to be done.
    pub verb: Verb,
}

/// What is to be done. Names are words and texts have no line breaks, unless said otherwise.
#[derive(Debug)]
pub enum Verb {
    /// Be connected.
    Connect(Box<Credentials>),
    /// Leave the server.
    Disconnect {
        /// What others read.
        reason: Option<String>,
    },
    /// Enter a channel.
    Join {
        /// Its name.
        channel: String,
        /// Its key, if it needs one.
        key: Option<String>,
    },
    /// Leave a channel.
    Leave {
        /// Its name.
        channel: String,
        /// What others read.
        reason: Option<String>,
    },
    /// Say something.
    Send(Said),
    /// Take another nick.
    Nick {
        /// The nick.
        nick: String,
    },
    /// Set a topic.
    Topic {
        /// The channel.
        channel: String,
        /// The topic; empty for none.
        content: String,
    },
    /// Have the members of a channel pushed.
    Attendance {
        /// Names that may be a channel's, in the order in which they count.
        candidates: Vec<String>,
    },
    /// Go away or come back.
    Away {
        /// What others read; `None`: back.
        status: Option<String>,
    },
    /// Take another realname.
    Realname {
        /// The realname.
        name: String,
    },
    /// Change modes of a channel.
    Modes {
        /// The channel.
        channel: String,
        /// Letters and their parameters.
        words: Vec<String>,
    },
    /// Give or take a role in a channel.
    Role {
        /// The channel.
        channel: String,
        /// Whose role.
        nick: String,
        /// `owner`, `admin` or `participant`.
        role: String,
        /// Whether it is given.
        give: bool,
    },
    /// Remove somebody from a channel.
    Kick {
        /// The channel.
        channel: String,
        /// Whom.
        nick: String,
        /// What others read.
        reason: Option<String>,
    },
    /// Ask somebody into a channel.
    Invite {
        /// The channel.
        channel: String,
        /// Whom.
        nick: String,
    },
    /// Take a message back.
    Redact {
        /// The conversation.
        target: String,
        /// The message.
        id: String,
        /// Why.
        reason: Option<String>,
    },
    /// Say, or ask, how far a conversation was read.
    Read {
        /// The conversation.
        target: String,
        /// Up to when; `None`: ask.
        published: Option<String>,
    },
    /// Be told when somebody comes and goes.
    Watch {
        /// Whom.
        nick: String,
        /// `false`: no longer.
        on: bool,
    },
    /// Ask who somebody is.
    Whois {
        /// Whom.
        nick: String,
    },
    /// Ask for all channels.
    Rooms,
    /// Ask for what was said.
    History {
        /// The conversation.
        target: String,
        /// At most as many.
        limit: Option<u32>,
        /// Only before this message, or this time.
        before: Option<String>,
        /// Only after this message, or this time.
        after: Option<String>,
    },
}

impl Request {
    /// Reads an activity that the gateway has checked against the schema; `credentials` is the credentials activity.
    ///
    /// # Errors
    ///
    /// The text that the client reads.
    pub fn parse(verb: &str, activity: &[u8], credentials: Option<&[u8]>) -> Result<Self, String> {
        let spelled: Spelled = serde_json::from_slice(activity).map_err(|error| error.to_string())?;
        let actor = spelled.actor.id.clone();
        let verb = match verb {
            "connect" => Verb::Connect(Box::new(credentials_of(credentials)?)),
            "disconnect" => Verb::Disconnect { reason: reason(spelled.object)? },
            "join" => join(spelled)?,
            "leave" => Verb::Leave { channel: spelled.channel()?, reason: reason(spelled.object)? },
            "send" => send::parse(&spelled)?,
            "update" => update(&spelled)?,
            "query" => query(&spelled)?,
            "add" => role(spelled, true)?,
            "remove" => remove(spelled)?,
            "invite" => Verb::Invite { channel: spelled.channel()?, nick: spelled.object_nick()? },
            "delete" => redact(spelled)?,
            "request-friend" => Verb::Watch { nick: spelled.nick()?, on: true },
            "remove-friend" => Verb::Watch { nick: spelled.nick()?, on: false },
            other => return Err(format!("platform method {other} not available")),
        };
        Ok(Self { actor, verb })
    }
}

fn credentials_of(credentials: Option<&[u8]>) -> Result<Credentials, String> {
    let missing = "no client found, and no credentials specified. you must connect first";
    Credentials::parse(credentials.ok_or(missing)?).map_err(|error| error.to_string())
}

/// What an object says as the reason for something.
fn reason(object: Option<Object>) -> Result<Option<String>, String> {
    let reason = object.and_then(|object| object.content).filter(|reason| !reason.is_empty());
    reason.iter().try_for_each(|reason| text(reason)).map_err(refused)?;
    Ok(reason)
}

fn join(spelled: Spelled) -> Result<Verb, String> {
    spelled.check_names()?;
    let channel = spelled.channel()?;
    // A list would be several channels, `0` would leave them all.
    if channel.contains(',') || channel == "0" {
        return Err(format!("no such channel {channel}"));
    }
    let key = spelled.object.filter(|object| object.kind() == "key").and_then(|object| object.content);
    key.iter().try_for_each(|key| word(key)).map_err(refused)?;
    Ok(Verb::Join { channel, key })
}

fn update(spelled: &Spelled) -> Result<Verb, String> {
    spelled.check_names()?;
    let object = spelled.object.clone().unwrap_or_default();
    let content = object.content.clone().unwrap_or_default();
    if object.kind() != "message" {
        text(&content).map_err(refused)?;
    }
    Ok(match object.kind() {
        "address" => Verb::Nick { nick: spelled.nick()? },
        "topic" => Verb::Topic { channel: spelled.channel()?, content },
        "presence" => {
            let status = object.status.unwrap_or_default();
            text(&status).map_err(refused)?;
            let away = object.show.as_deref() == Some("away");
            // Without a text, the server would take it for being back.
            let status = if status.is_empty() { "away".to_owned() } else { status };
            Verb::Away { status: away.then_some(status) }
        }
        "profile" => {
            let name = object.name.unwrap_or_default();
            text(&name).map_err(refused)?;
            Verb::Realname { name }
        }
        "modes" => {
            let words: Vec<_> = content.split_ascii_whitespace().map(str::to_owned).collect();
            words.iter().try_for_each(|one| word(one)).map_err(refused)?;
            Verb::Modes { channel: spelled.channel()?, words }
        }
        "read" => Verb::Read { target: spelled.recipient()?, published: object.published },
        other => return Err(format!("unknown update action: {other}")),
    })
}

fn query(spelled: &Spelled) -> Result<Verb, String> {
    let object = spelled.object.clone().unwrap_or_default();
    Ok(match object.kind() {
        "attendance" => Verb::Attendance { candidates: spelled.candidates()? },
        "whois" => Verb::Whois { nick: spelled.nick()? },
        "rooms" => Verb::Rooms,
        "history" => {
            [&object.before, &object.after].into_iter().flatten().try_for_each(|bound| word(bound)).map_err(refused)?;
            Verb::History {
                target: spelled.recipient()?,
                limit: object.limit,
                before: object.before,
                after: object.after,
            }
        }
        other => return Err(format!("unknown 'type' '{other}'")),
    })
}

fn role(spelled: Spelled, give: bool) -> Result<Verb, String> {
    spelled.check_names()?;
    let nick = spelled.nick()?;
    let object = spelled.object.unwrap_or_default();
    let (Some(room), Some(subject)) = (&object.room, &object.subject) else {
        return Err(format!("unknown 'type' '{}'", object.kind()));
    };
    Ok(Verb::Role { channel: names::channel(room)?, nick, role: subject.role.clone(), give })
}

fn remove(spelled: Spelled) -> Result<Verb, String> {
    if spelled.object.as_ref().is_none_or(|object| object.kind() != "person") {
        return role(spelled, false);
    }
    let nick = spelled.object_nick()?;
    Ok(Verb::Kick { channel: spelled.channel()?, nick, reason: reason(spelled.object)? })
}

fn redact(spelled: Spelled) -> Result<Verb, String> {
    let target = spelled.recipient()?;
    let id = spelled.object.as_ref().and_then(|object| object.id.clone()).ok_or("cannot delete without object.id")?;
    word(&id).map_err(refused)?;
    Ok(Verb::Redact { target, id, reason: reason(spelled.object)? })
}

/// What a client reads when a value cannot be part of a line.
#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn refused(unsendable: Unsendable) -> String {
    unsendable.to_string()
}

#[cfg(test)]
mod tests;
