//! How people and rooms of one server are named (platforms.md 7.5).

use super::activity::Entity;

/// Makes entities; `server` is `credentials.object.server` verbatim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    server: String,
}

impl Names {
    /// Of the server that the credentials name.
    pub fn new(server: impl Into<String>) -> Self {
        Self { server: server.into() }
    }

    /// The server's name.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// `nick@server`.
    pub fn person_id(&self, nick: &str) -> String {
        [nick, "@", &self.server].concat()
    }

    /// `P(n)`: somebody with that nick.
    pub fn person(&self, nick: &str) -> Entity {
        entity("person", self.person_id(nick), Some(nick))
    }

    /// Somebody a message is for: in its target the server comes first.
    pub fn addressee(&self, nick: &str) -> Entity {
        entity("person", [&self.server, "/", nick].concat(), Some(nick))
    }

    /// `R(c)`: a room.
    pub fn room(&self, channel: &str) -> Entity {
        entity("room", [&self.server, "/", channel].concat(), Some(channel))
    }

    /// `V`: the server.
    pub fn service(&self) -> Entity {
        entity("service", self.server.clone(), None)
    }

    /// The server by its name, which the message of the day comes from.
    pub fn named_service(&self) -> Entity {
        entity("service", self.server.clone(), Some(&self.server))
    }
}

/// An entity with an id of its own.
pub(crate) fn entity(kind: &'static str, id: String, name: Option<&str>) -> Entity {
    Entity { kind, id, name: name.map(str::to_owned), account: None, bot: false }
}
