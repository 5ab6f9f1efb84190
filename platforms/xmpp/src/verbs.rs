//! Activities from clients as things to do (platforms.md 8.4, and our additions).
//!
//! What is refused here was refused before anything was sent. What a room is called, or whether it was entered, only the
//! session knows.

mod profile;
mod query;
mod send;
mod spelled;

pub use profile::{Card, Picture};
pub use query::{File, History, Query};
pub use send::{Said, What};

use xmpp_parsers::jid::{BareJid, Jid};

use crate::credentials::Credentials;
use spelled::{Object, Spelled};

/// A verb with everything it says, and who says it.
#[derive(Debug)]
pub struct Request {
    /// The id of the actor it is done for.
    pub actor: String,
    /// What is to be done.
    pub verb: Verb,
}

/// What is to be done. A target's id is a JID; a room's is without what follows the `/`.
#[derive(Debug)]
pub enum Verb {
    /// Be connected.
    Connect(Box<Credentials>),
    /// Leave the server.
    Disconnect,
    /// Enter a room.
    Join(Join),
    /// Leave a room.
    Leave {
        /// The room.
        room: BareJid,
        /// Our nick in it, where the session knows none.
        nick: Option<String>,
        /// What others read.
        reason: Option<String>,
    },
    /// Say something.
    Send(Said),
    /// Be there, or not, and say so.
    Presence(Present),
    /// Set a room's subject.
    Topic {
        /// The room.
        room: BareJid,
        /// The subject; empty for none.
        content: String,
    },
    /// Take another nick in a room.
    Nick {
        /// The room.
        room: BareJid,
        /// The nick.
        nick: String,
    },
    /// Say how far a conversation was read.
    Read {
        /// The conversation.
        to: Jid,
        /// Whether it is a room's.
        groupchat: bool,
        /// The message.
        id: String,
    },
    /// Ask to be told of somebody's presence.
    RequestFriend(Jid),
    /// Let somebody be told of ours, and ask for theirs.
    MakeFriend(Jid),
    /// Have nothing to do with somebody any more.
    RemoveFriend(Jid),
    /// Ask for something.
    Query(Query),
    /// Give or take a role in a room.
    Role {
        /// The room.
        room: BareJid,
        /// A nick in the room, or somebody's own address.
        whom: String,
        /// `owner`, `admin`, `member`, `outcast`; `moderator`, `participant`, `visitor`.
        role: String,
        /// Whether it is given.
        give: bool,
        /// What others read.
        reason: Option<String>,
    },
    /// Remove somebody from a room.
    Kick {
        /// The room.
        room: BareJid,
        /// The nick.
        nick: String,
        /// What others read.
        reason: Option<String>,
    },
    /// Ask somebody into a room.
    Invite {
        /// The room.
        room: BareJid,
        /// Whom.
        whom: Jid,
        /// What they read.
        reason: Option<String>,
    },
    /// Take a message back.
    Retract {
        /// The conversation.
        to: Jid,
        /// Whether it is a room's.
        groupchat: bool,
        /// The message: its sender's id, in a room the room's.
        id: String,
        /// Whether it is somebody else's, taken back as a moderator of the room.
        moderated: bool,
        /// Why.
        reason: Option<String>,
    },
    /// Hear nothing of somebody any more, or again (XEP-0191).
    Block {
        /// Whom.
        whom: Jid,
        /// Whether to block.
        on: bool,
    },
    /// Remember a room, or forget it (XEP-0402).
    Bookmark {
        /// The room.
        room: BareJid,
        /// How it is remembered; `None`: it is forgotten.
        kept: Option<Bookmark>,
    },
    /// Have this picture, or none (XEP-0084).
    Picture(Option<Picture>),
    /// Change what our vCard says (XEP-0054).
    Card(Box<Card>),
    /// End a room for everybody.
    Destroy {
        /// The room.
        room: BareJid,
        /// Where people can go instead.
        instead: Option<BareJid>,
        /// What they read.
        reason: Option<String>,
    },
    /// Set what a room is like.
    Configure {
        /// The room.
        room: BareJid,
        /// Fields of its form with their values; none for a room as the service likes it.
        fields: Vec<(String, Vec<String>)>,
    },
}

/// How a room is entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// The room.
    pub room: BareJid,
    /// The nick; `None`: the local part of the account.
    pub nick: Option<String>,
    /// Its password, if it needs one.
    pub password: Option<String>,
    /// At most as many old messages; `None`: as the room likes.
    pub limit: Option<u32>,
    /// Only messages since then (XEP-0082).
    pub since: Option<String>,
}

/// Our presence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Present {
    /// `offline`, `online`, `away`, `chat`, `dnd`, `xa`.
    pub show: String,
    /// In our words; empty for none.
    pub status: String,
    /// How much messages to the account are wanted here, -128 to 127.
    pub priority: i8,
}

/// How a room is remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bookmark {
    /// What it is called.
    pub name: Option<String>,
    /// Under which nick it is entered.
    pub nick: Option<String>,
    /// What is needed to enter it.
    pub password: Option<String>,
    /// Whether clients enter it by themselves.
    pub autojoin: bool,
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
            "disconnect" => Verb::Disconnect,
            "join" => join(&spelled)?,
            "leave" => Verb::Leave { room: spelled.room()?, nick: spelled.nick(), reason: spelled.reason() },
            "send" => Verb::Send(send::parse(spelled)?),
            "update" => update(&spelled)?,
            "request-friend" => Verb::RequestFriend(spelled.target()?),
            "make-friend" => Verb::MakeFriend(spelled.target()?),
            "remove-friend" => Verb::RemoveFriend(spelled.target()?),
            "query" => Verb::Query(query::parse(&spelled)?),
            "add" => add(&spelled, true)?,
            "remove" => add(&spelled, false)?,
            "invite" => Verb::Invite { room: spelled.room()?, whom: spelled.object_jid()?, reason: spelled.reason() },
            "delete" => delete(&spelled)?,
            other => return Err(format!("platform method {other} not available")),
        };
        Ok(Self { actor, verb })
    }
}

fn credentials_of(credentials: Option<&[u8]>) -> Result<Credentials, String> {
    Credentials::parse(credentials.ok_or("not connected")?).map_err(|error| error.to_string())
}

fn join(spelled: &Spelled) -> Result<Verb, String> {
    let object = spelled.object.clone().unwrap_or_default();
    Ok(Verb::Join(Join {
        room: spelled.room()?,
        nick: spelled.nick(),
        password: object.content.filter(|password| !password.is_empty()),
        limit: object.limit,
        since: object.after,
    }))
}

fn update(spelled: &Spelled) -> Result<Verb, String> {
    let object = spelled.object.clone().unwrap_or_default();
    Ok(match object.kind() {
        "presence" => Verb::Presence(Present {
            show: object.presence.unwrap_or_default(),
            status: object.content.unwrap_or_default(),
            priority: object.priority.unwrap_or_default(),
        }),
        "topic" => Verb::Topic { room: spelled.room()?, content: object.content.unwrap_or_default() },
        "address" => {
            let nick = object.name.filter(|nick| !nick.is_empty()).ok_or("object.name is missing")?;
            Verb::Nick { room: spelled.room()?, nick }
        }
        "read" => Verb::Read { to: spelled.target()?, groupchat: spelled.is_to_room(), id: object.id()? },
        "avatar" => Verb::Picture(profile::picture(object)?),
        "profile" => Verb::Card(Box::new(profile::card(object))),
        "room-config" => Verb::Configure { room: spelled.room()?, fields: object.fields()? },
        other => return Err(format!("unknown update object type: {other}")),
    })
}

/// `add` and `remove`.
fn add(spelled: &Spelled, give: bool) -> Result<Verb, String> {
    let object = spelled.object.clone().unwrap_or_default();
    Ok(match object.kind() {
        "relationship" => {
            let (Some(room), Some(subject)) = (&object.room, &object.subject) else {
                return Err("object.object and object.subject are missing".to_owned());
            };
            let target = spelled.target.clone().unwrap_or_default();
            let whom = target.name.filter(|name| !name.is_empty()).unwrap_or(target.id);
            let role = subject.role.clone();
            Verb::Role { room: spelled::bare(&room.id)?, whom, role, give, reason: object.content }
        }
        "person" if !give => {
            let nick = object.name.clone().or_else(|| object.id.clone()?.split_once('/').map(|(_, nick)| nick.into()));
            let nick = nick.filter(|nick| !nick.is_empty()).ok_or("object.name is missing")?;
            Verb::Kick { room: spelled.room()?, nick, reason: spelled.reason() }
        }
        "blocked" => Verb::Block { whom: spelled.target()?, on: give },
        "bookmark" => Verb::Bookmark { room: spelled.room()?, kept: give.then(|| bookmark(object)) },
        other => return Err(format!("unknown 'type' '{other}'")),
    })
}

fn bookmark(object: Object) -> Bookmark {
    Bookmark {
        name: object.name,
        nick: object.nick,
        password: object.content.filter(|password| !password.is_empty()),
        autojoin: object.autojoin.unwrap_or_default(),
    }
}

fn delete(spelled: &Spelled) -> Result<Verb, String> {
    let object = spelled.object.clone().unwrap_or_default();
    if object.kind() == "room" {
        let instead = object.id.as_deref().filter(|id| !id.is_empty()).map(spelled::bare).transpose()?;
        return Ok(Verb::Destroy { room: spelled.room()?, instead, reason: spelled.reason() });
    }
    Ok(Verb::Retract {
        to: spelled.target()?,
        groupchat: spelled.is_to_room(),
        id: object.id()?,
        moderated: object.moderated.unwrap_or_default(),
        reason: spelled.reason(),
    })
}
