//! `send`: text, and what may be sent besides text.

use xmpp_parsers::jid::Jid;

use super::spelled::Spelled;

/// Something to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// To whom, or in which room.
    pub to: Jid,
    /// Whether it is a room.
    pub groupchat: bool,
    /// The message's id, if the client has one.
    pub id: Option<String>,
    /// What.
    pub what: What,
}

/// What is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Text.
    Message {
        /// The text.
        content: String,
        /// The id of the message that it corrects.
        replace: Option<String>,
        /// The id of the message that it answers.
        in_reply_to: Option<String>,
        /// Where a file is that belongs to it, and what it is called.
        attachment: Option<(String, Option<String>)>,
    },
    /// Being about to say something: `active`, `paused` or `done`.
    Typing(String),
    /// Reactions to a message, all that we have to it.
    Reaction {
        /// Emojis with spaces between; empty to take all back.
        content: String,
        /// The id of the message.
        in_reply_to: String,
    },
}

pub(super) fn parse(spelled: Spelled) -> Result<Said, String> {
    let (to, groupchat) = (spelled.target()?, spelled.is_to_room());
    let object = spelled.object.unwrap_or_default();
    let id = object.id.clone().filter(|id| !id.is_empty());
    let what = match object.kind() {
        "message" => What::Message {
            content: object.content.ok_or("cannot send message with no object.content")?,
            replace: object.replace.map(|replace| replace.id),
            in_reply_to: object.in_reply_to,
            attachment: object.attachment.map(|attachment| (attachment.url, attachment.name)),
        },
        "typing" => What::Typing(object.state.unwrap_or_default()),
        "reaction" => What::Reaction {
            content: object.content.unwrap_or_default(),
            in_reply_to: object.in_reply_to.unwrap_or_default(),
        },
        other => return Err(format!("unknown 'type' '{other}'")),
    };
    Ok(Said { to, groupchat, id, what })
}
