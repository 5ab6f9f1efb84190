//! The text of an event packet: `["message", {…}]`.

use std::borrow::Cow;

use serde_json::value::RawValue;

/// The events of the contract (core.md 1.2, 1.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Gen-A registration of an object.
    ActivityObject,
    /// Credentials to keep.
    Credentials,
    /// A verb to run.
    Message,
    /// Request for the registry.
    Schemas,
}

impl Event {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "activity-object" => Self::ActivityObject,
            "credentials" => Self::Credentials,
            "message" => Self::Message,
            "schemas" => Self::Schemas,
            _ => return None,
        })
    }
}

/// An event and its arguments, borrowed from the packet.
#[derive(Debug)]
pub struct Frame<'a> {
    /// `None`: an event without a handler.
    pub event: Option<Event>,
    /// JSON texts of the arguments.
    pub arguments: Vec<&'a RawValue>,
}

/// The packet is not a JSON array that begins with a string.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the packet is not an event")]
pub struct Malformed;

impl<'a> Frame<'a> {
    /// Reads a packet's payload. Costs one pass over the text; nothing but the name is unescaped.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn parse(text: &'a str) -> Result<Self, Malformed> {
        let mut arguments: Vec<&RawValue> = serde_json::from_str(text).map_err(|_| Malformed)?;
        if arguments.is_empty() {
            return Err(Malformed);
        }
        let name: Name<'_> = serde_json::from_str(arguments.remove(0).get()).map_err(|_| Malformed)?;
        Ok(Self { event: Event::parse(&name.0), arguments })
    }

    /// The activity: the first argument; a missing one reads as `null`.
    pub fn activity(&self) -> &'a str {
        self.arguments.first().map_or("null", |argument| argument.get())
    }

    /// The fingerprint of a `schemas` request: the first string among the arguments, wherever it stands.
    pub fn fingerprint(&self) -> Option<Cow<'a, str>> {
        self.arguments
            .iter()
            .find_map(|argument| serde_json::from_str::<Name<'a>>(argument.get()).ok())
            .map(|name| name.0)
    }
}

/// A string, borrowed unless it has escapes.
#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_activity_is_the_first_argument_whatever_follows() {
        // core 21: an argument before the acknowledgement.
        for text in [r#"["message",{"a":1}]"#, r#"["message", {"a":1} ,7,"x"]"#, r#"["mess\u0061ge",{"a":1}]"#] {
            let frame = Frame::parse(text).expect("an event");
            assert_eq!(frame.event, Some(Event::Message));
            assert_eq!(frame.activity(), r#"{"a":1}"#);
        }
        assert_eq!(Frame::parse(r#"["message"]"#).expect("an event").activity(), "null");
    }

    #[test]
    fn the_first_string_is_the_fingerprint() {
        for (text, expected) in [
            (r#"["schemas"]"#, None),
            (r#"["schemas",null]"#, None),
            (r#"["schemas","ab"]"#, Some("ab")),
            (r#"["schemas",null,7,"ab","cd"]"#, Some("ab")),
        ] {
            assert_eq!(Frame::parse(text).expect("an event").fingerprint().as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn unknown_events_are_told_apart_from_junk() {
        assert_eq!(Frame::parse(r#"["toString",1]"#).expect("an event").event, None);
        for junk in ["", "{}", "[]", "[1]", r#"[{"a":1}]"#, r#"["message""#, "null", "\"message\""] {
            assert_eq!(Frame::parse(junk).err(), Some(Malformed), "{junk}");
        }
    }
}
