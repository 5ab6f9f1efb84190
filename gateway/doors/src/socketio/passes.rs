//! Who may come back: sessions by the secret their client was given with CONNECT.

use std::{
    borrow::Cow,
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::Deserialize;
use tokio::sync::mpsc;

use super::{engine::Socket, intake::Frames};
use crate::web::address::Slot;

/// Connections that wait to be taken over by one session. More than one is a client that cannot decide.
const ARRIVALS: usize = 1;

/// What a client proves to be the same with (`pid`): 128 random bits. Its text is for the client, not for logs.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Pid(u128);

impl Pid {
    fn random() -> Self {
        let mut bytes = [0; 16];
        // Without randomness there is no safe way on: anybody could come back as anybody.
        getrandom::fill(&mut bytes).expect("the system's random source works");
        Self(u128::from_ne_bytes(bytes))
    }

    fn parse(text: &str) -> Option<Self> {
        let ours = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if ours { u128::from_str_radix(text, 16).ok().map(Self) } else { None }
    }
}

impl fmt::Display for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// What a client says of an earlier connection in its CONNECT.
#[derive(Clone, Copy, Default)]
pub(crate) struct Claim {
    /// Whom it claims to be.
    pub(crate) pid: Option<Pid>,
    /// Number of the last event that it got; 0: of none.
    pub(crate) offset: u64,
}

#[derive(Deserialize)]
struct Auth<'a> {
    #[serde(borrow, default)]
    pid: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    offset: Option<Cow<'a, str>>,
}

impl Claim {
    /// Reads the payload of a CONNECT. Whatever is not as the protocol has it claims nothing.
    pub(crate) fn read(payload: &str) -> Self {
        let Ok(Auth { pid, offset }) = serde_json::from_str::<Auth<'_>>(payload) else {
            return Self::default();
        };
        let offset = match offset {
            None => Some(0),
            // `parse` alone would take a sign.
            Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
            Some(_) => None,
        };
        offset.map_or_else(Self::default, |offset| Self { pid: pid.as_deref().and_then(Pid::parse), offset })
    }
}

/// A connection whose CONNECT was accepted, on its way to the task of its session.
pub(crate) struct Arrival {
    pub(crate) socket: Arc<Socket>,
    pub(crate) frames: Frames,
    pub(crate) address: String,
    pub(crate) slot: Slot,
    pub(crate) offset: u64,
}

/// The place of a session's connection among those of its address; empty while the client is away.
pub(crate) type Place = Arc<Mutex<Option<Slot>>>;

struct Holder {
    arrivals: mpsc::Sender<Box<Arrival>>,
    place: Place,
}

/// All sessions that can be resumed.
#[derive(Default)]
pub(crate) struct Passes {
    /// Locked for a look-up; no await happens under the lock.
    holders: Mutex<HashMap<Pid, Holder>>,
}

/// A session's right to be resumed, and where its client's new connections come in.
pub(crate) struct Pass {
    pub(crate) pid: Pid,
    pub(crate) arrivals: mpsc::Receiver<Box<Arrival>>,
    passes: Arc<Passes>,
}

impl Passes {
    /// A pass for a new session, whose connection has `place`.
    pub(crate) fn issue(self: &Arc<Self>, place: Place) -> Pass {
        let (sender, arrivals) = mpsc::channel(ARRIVALS);
        let pid = Pid::random();
        self.lock().insert(pid, Holder { arrivals: sender, place });
        Pass { pid, arrivals, passes: Arc::clone(self) }
    }

    /// The place of the claimed session's connection, if that is one of `address` as well: the new connection takes its
    /// place, so that nobody is locked out by a connection of their own that only seems alive.
    pub(crate) fn take_place(&self, claim: Claim, address: &str) -> Option<Slot> {
        let holders = self.lock();
        let holder = holders.get(&claim.pid?)?;
        holder.place.lock().unwrap_or_else(PoisonError::into_inner).take_if(|slot| slot.is_of(address))
    }

    /// Hands a connection to the session it claims. Given back: there is none, or it is being resumed already.
    pub(crate) fn hand_over(&self, claim: Claim, arrival: Box<Arrival>) -> Result<(), Box<Arrival>> {
        let holders = self.lock();
        let Some(holder) = claim.pid.and_then(|pid| holders.get(&pid)) else {
            return Err(arrival);
        };
        holder.arrivals.try_send(arrival).map_err(mpsc::error::TrySendError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Pid, Holder>> {
        self.holders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass {
    /// Nobody can come back any more. Returns who has arrived too late for that.
    pub(crate) fn revoke(mut self) -> Option<Box<Arrival>> {
        self.passes.lock().remove(&self.pid);
        self.arrivals.try_recv().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pid_is_read_as_it_was_written() {
        for pid in [Pid::random(), Pid(1)] {
            assert!(Pid::parse(&pid.to_string()) == Some(pid));
        }
        for text in [
            "",
            "1",
            "+0000000000000000000000000000001",
            "é00000000000000000000000000000",
            "0000000000000000000000000000000A",
        ] {
            assert!(Pid::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn only_what_the_protocol_has_is_a_claim() {
        let pid = "000000000000000000000000000000ff";
        for (payload, claimed, offset) in [
            (format!(r#"{{"pid":"{pid}","offset":"12","token":{{"deep":[1]}}}}"#), true, 12),
            (format!(r#"{{"pid":"{pid}"}}"#), true, 0),
            (format!(r#"{{"pid":"{pid}","offset":null}}"#), true, 0),
            (format!(r#"{{"pid":"{pid}","offset":"-1"}}"#), false, 0),
            (format!(r#"{{"pid":"{pid}","offset":"+1"}}"#), false, 0),
            (format!(r#"{{"pid":"{pid}","offset":""}}"#), false, 0),
            (format!(r#"{{"pid":"{pid}","offset":7}}"#), false, 0),
            (format!(r#"{{"pid":"{pid}","offset":"99999999999999999999999"}}"#), false, 0),
            (r#"{"pid":7,"offset":"7"}"#.into(), false, 0),
            (r#"{"pid":"unknown","offset":"7"}"#.into(), false, 7),
            ("[]".into(), false, 0),
            (String::new(), false, 0),
        ] {
            let claim = Claim::read(&payload);
            assert_eq!((claim.pid.is_some(), claim.offset), (claimed, offset), "{payload}");
        }
    }
}
