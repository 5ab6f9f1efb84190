//! Strict transport security: a server that is to be spoken to within TLS only (IRCv3 `sts`).

use std::time::Duration;

use crate::machine::Note;

/// What a server demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sts {
    /// Where it speaks TLS: what a client in the clear has to turn to at once. Never zero.
    pub port: Option<u16>,
    /// How long a client that heard this within TLS must not come back in the clear. Zero ends that.
    pub duration: Option<Duration>,
}

impl Sts {
    /// Reads the capability's value, such as `port=6697,duration=3600`. `None` if it demands nothing that can be followed.
    pub fn parse(value: &str) -> Option<Self> {
        let mut sts = Self { port: None, duration: None };
        for item in value.split(',') {
            match item.split_once('=') {
                Some(("port", port)) => sts.port = port.parse().ok().filter(|port| *port != 0),
                Some(("duration", seconds)) => sts.duration = seconds.parse().ok().map(Duration::from_secs),
                _ => {}
            }
        }
        (sts.port.is_some() || sts.duration.is_some()).then_some(sts)
    }

    /// What everybody who connects to the server has to know, heard on this port within TLS; `None`: nothing.
    pub fn note(self, server: &str, port: u16) -> Option<Note> {
        Some(Note { server: server.to_owned(), text: port.to_string(), keep: self.duration? })
    }

    /// The port of a [`Sts::note`]: where to connect to, and within TLS only.
    pub fn read(note: &str) -> Option<u16> {
        note.parse().ok().filter(|port| *port != 0)
    }
}
