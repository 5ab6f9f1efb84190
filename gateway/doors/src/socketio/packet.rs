//! The text of a Socket.IO 5 packet: `<type>[<attachments>-][<namespace>,][<ack id>][<JSON>]`.

use std::fmt;

use serde_json::value::RawValue;

/// The namespace there is (core.md 1.1); left out of packets.
pub(crate) const ROOT: &str = "/";
/// The server ends the session. A client that gets it does not come back by itself.
pub(crate) const DISCONNECT: &str = "1";

/// What a packet is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Opens a session; the payload may be an object with `pid` and `offset`.
    Connect,
    /// Ends it.
    Disconnect,
    /// An array: the event's name, then its arguments.
    Event,
    /// The answer to an event of the other side.
    Ack,
    /// Refuses a [`Kind::Connect`]. Only servers send it.
    ConnectError,
    /// An event, some of whose arguments follow as binary messages.
    BinaryEvent,
    /// An acknowledgement with binary messages behind it.
    BinaryAck,
}

/// A packet, borrowed from its text. The payload is not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    /// What it is for.
    pub kind: Kind,
    /// How many binary messages follow; 0 for kinds that have none.
    pub attachments: u32,
    /// `/` where it is left out.
    pub namespace: &'a str,
    /// Id of the acknowledgement that is asked for or given. One that does not fit is none.
    pub ack: Option<i64>,
    /// What follows, meant to be JSON; may be empty.
    pub payload: &'a str,
}

/// The text is not a packet.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text is not a Socket.IO packet")]
pub struct NoPacket;

impl<'a> Packet<'a> {
    /// Reads a packet's text, without its payload: costs no more than the few bytes in front.
    ///
    /// # Errors
    /// [`NoPacket`]: an unknown type, a binary kind without its count, an acknowledgement without its id.
    pub fn parse(text: &'a str) -> Result<Self, NoPacket> {
        let kind = text.chars().next().and_then(Kind::parse).ok_or(NoPacket)?;
        let rest = &text[1..];
        let (attachments, rest) = match kind {
            Kind::BinaryEvent | Kind::BinaryAck => {
                let (count, rest) = digits(rest);
                (count.parse().map_err(|_| NoPacket)?, rest.strip_prefix('-').ok_or(NoPacket)?)
            }
            _ => (0, rest),
        };
        let (namespace, rest) =
            if rest.starts_with('/') { rest.split_once(',').unwrap_or((rest, "")) } else { (ROOT, rest) };
        let (ack, payload) = digits(rest);
        let ack = ack.parse().ok();
        if matches!(kind, Kind::Ack | Kind::BinaryAck) && ack.is_none() {
            return Err(NoPacket);
        }
        Ok(Self { kind, attachments, namespace, ack, payload })
    }

    /// Whether the payload begins as an event's does: an array with a name.
    pub fn names_an_event(&self) -> bool {
        self.payload.trim_start().strip_prefix('[').is_some_and(|rest| rest.trim_start().starts_with('"'))
    }
}

impl fmt::Display for Packet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind as u8)?;
        if matches!(self.kind, Kind::BinaryEvent | Kind::BinaryAck) {
            write!(f, "{}-", self.attachments)?;
        }
        if self.namespace != ROOT {
            write!(f, "{},", self.namespace)?;
        }
        if let Some(ack) = self.ack {
            write!(f, "{ack}")?;
        }
        f.write_str(self.payload)
    }
}

impl Kind {
    fn parse(digit: char) -> Option<Self> {
        Some(match digit {
            '0' => Self::Connect,
            '1' => Self::Disconnect,
            '2' => Self::Event,
            '3' => Self::Ack,
            '4' => Self::ConnectError,
            '5' => Self::BinaryEvent,
            '6' => Self::BinaryAck,
            _ => return None,
        })
    }
}

/// The digits in front, and what follows them.
fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

/// The answer to CONNECT. `pid`: what the client comes back with (`session.recovery`).
pub(crate) fn connected(sid: &str, pid: Option<impl fmt::Display>) -> String {
    match pid {
        Some(pid) => format!(r#"0{{"sid":"{sid}","pid":"{pid}"}}"#),
        None => format!(r#"0{{"sid":"{sid}"}}"#),
    }
}

/// There is no such namespace (core 5).
pub(crate) fn no_namespace(namespace: &str) -> String {
    let payload = r#"{"message":"Invalid namespace"}"#;
    Packet { kind: Kind::ConnectError, attachments: 0, namespace, ack: None, payload }.to_string()
}

/// An event with one argument and, behind it, its number in the session.
pub(crate) fn event(name: &str, payload: &RawValue, number: Option<u64>) -> String {
    let payload = payload.get();
    // The engine puts its own digit in front of a copy; this one is written once.
    let mut text = String::with_capacity(payload.len() + name.len() + 32);
    text.extend(["2[\"", name, "\",", payload]);
    if let Some(number) = number {
        text.extend([",\"", &number.to_string(), "\""]);
    }
    text.push(']');
    text
}

/// The answer to the event that asked for it under this id.
pub(crate) fn ack(id: i64, payload: &RawValue) -> String {
    let payload = payload.get();
    let mut text = String::with_capacity(payload.len() + 24);
    text.extend(["3", &id.to_string(), "[", payload, "]"]);
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn packet<'a>(kind: Kind, attachments: u32, namespace: &'a str, ack: Option<i64>, payload: &'a str) -> Packet<'a> {
        Packet { kind, attachments, namespace, ack, payload }
    }

    #[test]
    fn packets_read_as_the_protocol_says() {
        let table = [
            ("0", packet(Kind::Connect, 0, "/", None, "")),
            (r#"0{"pid":"a"}"#, packet(Kind::Connect, 0, "/", None, r#"{"pid":"a"}"#)),
            ("0/x,", packet(Kind::Connect, 0, "/x", None, "")),
            ("1", packet(Kind::Disconnect, 0, "/", None, "")),
            (r#"2["message",{}]"#, packet(Kind::Event, 0, "/", None, r#"["message",{}]"#)),
            (r#"212["message"]"#, packet(Kind::Event, 0, "/", Some(12), r#"["message"]"#)),
            (r#"2/x,7["m"]"#, packet(Kind::Event, 0, "/x", Some(7), r#"["m"]"#)),
            ("30[]", packet(Kind::Ack, 0, "/", Some(0), "[]")),
            (r#"4{"message":""}"#, packet(Kind::ConnectError, 0, "/", None, r#"{"message":""}"#)),
            (r#"51-3["m"]"#, packet(Kind::BinaryEvent, 1, "/", Some(3), r#"["m"]"#)),
            (r#"51-/x,["m"]"#, packet(Kind::BinaryEvent, 1, "/x", None, r#"["m"]"#)),
            ("62-4[]", packet(Kind::BinaryAck, 2, "/", Some(4), "[]")),
        ];
        for (text, expected) in table {
            assert_eq!(Packet::parse(text), Ok(expected), "{text}");
            assert_eq!(expected.to_string(), text);
        }
        // A namespace may end with the packet.
        assert_eq!(Packet::parse("1/x"), Ok(packet(Kind::Disconnect, 0, "/x", None, "")));
        let long = "2999999999999999999999[]";
        assert_eq!(Packet::parse(long), Ok(packet(Kind::Event, 0, "/", None, "[]")), "an id that does not fit");
    }

    #[test]
    fn what_is_no_packet_is_refused() {
        for text in
            ["", "7", "é", "-1", "3[]", "3", "6[]", "61-[]", "5", "5[]", "5-[]", "51", "599999999999-[]", "\u{0}"]
        {
            assert_eq!(Packet::parse(text), Err(NoPacket), "{text}");
        }
    }

    #[test]
    fn an_event_begins_with_its_name() {
        for (payload, expected) in [
            (r#"["message",{}]"#, true),
            (r#" [ "message""#, true),
            ("", false),
            ("[]", false),
            ("[1]", false),
            ("{}", false),
            ("\"message\"", false),
        ] {
            assert_eq!(packet(Kind::Event, 0, "/", None, payload).names_an_event(), expected, "{payload}");
        }
    }

    #[test]
    fn what_the_gateway_sends_is_written_as_the_client_reads_it() {
        let payload = RawValue::from_string(r#"{"a":1}"#.into()).expect("JSON");
        assert_eq!(event("message", &payload, Some(7)), r#"2["message",{"a":1},"7"]"#);
        assert_eq!(event("error", &payload, None), r#"2["error",{"a":1}]"#);
        assert_eq!(ack(3, &payload), r#"33[{"a":1}]"#);
        assert_eq!(connected("s", Some("p")), r#"0{"sid":"s","pid":"p"}"#);
        assert_eq!(connected("s", None::<&str>), r#"0{"sid":"s"}"#);
        assert_eq!(no_namespace("/x"), r#"4/x,{"message":"Invalid namespace"}"#);
    }

    proptest! {
        #[test]
        fn whatever_comes_reads_the_same_once_written(text in "[0-7]?[0-9]{0,3}-?(/[a-zé]{0,3},?)?[0-9]{0,20}.{0,20}") {
            // Behind an id that does not fit, and is left out, no JSON begins like a namespace.
            if let Ok(packet) = Packet::parse(&text) && !packet.payload.starts_with('/') {
                let written = packet.to_string();
                prop_assert_eq!(Packet::parse(&written).expect("written by us").to_string(), written);
            }
        }

        #[test]
        fn no_text_is_too_strange(text in ".*") {
            let _ = Packet::parse(&text);
        }
    }
}
