//! What a target is called on the wire: its name, else what its id says (platforms.md 7.4, 13 no. 7).

use super::{refused, spelled::Entity};
use crate::outgoing::word;

/// A target without a name, and an id that says nothing.
pub(super) const UNKNOWN: &str = "cannot tell the target's name: set target.name";

/// Ids of rooms are `server/#room`, `#room`, `room@server`.
pub(super) fn channel(target: &Entity) -> Result<String, String> {
    named(target, |id| {
        let begins = |name: &str| name.starts_with(['#', '&', '+', '!']);
        if begins(id) {
            return id.to_owned();
        }
        if let Some((_, name)) = id.split_once('/') {
            return name.to_owned();
        }
        match id.split_once('@') {
            Some((name, _)) if !name.is_empty() => format!("#{name}"),
            _ => id.to_owned(),
        }
    })
}

/// Ids of people are `nick@server`, `server/nick`, `nick`.
pub(super) fn nick(target: &Entity) -> Result<String, String> {
    named(target, |id| {
        // A room may be addressed as a person: it is its name that counts.
        if let Some((nick, _)) = id.split_once('@').filter(|(nick, _)| !nick.contains('/')) {
            return nick.to_owned();
        }
        id.split_once('/').map_or(id, |(_, nick)| nick).to_owned()
    })
}

fn named(target: &Entity, derive: impl FnOnce(&str) -> String) -> Result<String, String> {
    let name = match target.name.as_deref().filter(|name| !name.is_empty()) {
        Some(name) => name.to_owned(),
        None => derive(&target.id),
    };
    if name.is_empty() {
        return Err(UNKNOWN.to_owned());
    }
    word(&name).map_err(refused)?;
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entity(id: &str, name: Option<&str>) -> Entity {
        Entity { kind: String::new(), id: id.to_owned(), name: name.map(str::to_owned) }
    }

    #[test]
    fn a_name_counts_more_than_an_id() {
        assert_eq!(channel(&entity("irc.example/#a", Some("#b"))).as_deref(), Ok("#b"));
        assert_eq!(nick(&entity("a@irc.example", Some("b"))).as_deref(), Ok("b"));
    }

    #[test]
    fn every_documented_id_names_its_room_or_person() {
        for id in ["irc.example/#deck", "#deck", "deck@irc.example"] {
            assert_eq!(channel(&entity(id, None)).as_deref(), Ok("#deck"), "{id}");
        }
        assert_eq!(channel(&entity("#a/b", None)).as_deref(), Ok("#a/b"));
        for id in ["lou@irc.example", "irc.example/lou", "lou"] {
            assert_eq!(nick(&entity(id, None)).as_deref(), Ok("lou"), "{id}");
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        assert_eq!(nick(&entity("", None)), Err(UNKNOWN.to_owned()));
        assert_eq!(nick(&entity("@irc.example", None)), Err(UNKNOWN.to_owned()));
        assert_eq!(nick(&entity("a b", None)), Err("IRC name 'a b' must be one word".to_owned()));
        // irc 28
        let broken = Err("IRC values must not contain CR or LF characters".to_owned());
        assert_eq!(channel(&entity("#a\r\nQUIT", None)), broken);
        assert_eq!(channel(&entity("#a", Some("#b\n"))), broken);
    }
}
