//! `query`: what can be asked for.

use xmpp_parsers::jid::{BareJid, Jid};

use super::spelled::Spelled;

/// What is asked for. The first two are answered by a push, the others by the ack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// Who is in a room.
    Attendance(Jid),
    /// What a room is like.
    RoomInfo(Jid),
    /// What was said (XEP-0313).
    History(History),
    /// Who is in the roster.
    Roster,
    /// Who somebody is; ourselves without a JID.
    Profile(Option<Jid>),
    /// Somebody's picture.
    Avatar {
        /// Whose; ourselves without a JID.
        of: Option<Jid>,
        /// Which.
        id: String,
    },
    /// Where a file can be put.
    Slot(File),
    /// What an entity can do.
    Features {
        /// Which; the server of the account without a JID.
        of: Option<Jid>,
        /// Of which of its nodes.
        node: Option<String>,
    },
    /// What there is at a service: its rooms, its parts.
    Rooms(Option<Jid>),
    /// Who is blocked.
    Blocked,
    /// Which rooms are remembered.
    Bookmarks,
    /// What can be set about a room.
    Configuration(BareJid),
}

/// Which part of what was said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// Of which conversation; `None`: of all of the account's.
    pub of: Option<Jid>,
    /// Whether it is a room's.
    pub groupchat: bool,
    /// At most as many messages.
    pub limit: Option<u32>,
    /// Only before this message, or this time.
    pub before: Option<String>,
    /// Only after this message, or this time.
    pub after: Option<String>,
}

/// A file that is to be put somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The service that takes it; `None`: one of the account's server.
    pub service: Option<Jid>,
    /// What it is called.
    pub name: String,
    /// Bytes of it.
    pub size: u64,
    /// What it is.
    pub media_type: Option<String>,
}

pub(super) fn parse(spelled: &Spelled) -> Result<Query, String> {
    let object = spelled.object.clone().unwrap_or_default();
    Ok(match object.kind() {
        "" | "attendance" => Query::Attendance(spelled.target()?),
        "room-info" => Query::RoomInfo(spelled.target()?),
        "history" => Query::History(History {
            of: spelled.target_if_any()?,
            groupchat: spelled.is_to_room(),
            limit: object.limit,
            before: object.before,
            after: object.after,
        }),
        "roster" => Query::Roster,
        "profile" => Query::Profile(spelled.target_if_any()?),
        "avatar" => Query::Avatar { of: spelled.target_if_any()?, id: object.id()? },
        "slot" => Query::Slot(File {
            service: spelled.target_if_any()?,
            name: object.name.unwrap_or_default(),
            size: object.size.unwrap_or_default(),
            media_type: object.media_type,
        }),
        "features" => Query::Features { of: spelled.target_if_any()?, node: object.node },
        "rooms" => Query::Rooms(spelled.target_if_any()?),
        "blocked" => Query::Blocked,
        "bookmarks" => Query::Bookmarks,
        "room-config" => Query::Configuration(spelled.room()?),
        other => return Err(format!("unknown 'type' '{other}'")),
    })
}
