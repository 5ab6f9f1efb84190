//! Who is attached to an instance, who of them is away, and what nobody was there to see.

use std::time::Duration;

use footbridge_runtime::{Backlog, Bounds};
use footbridge_wire::SessionId;
use tokio::time::Instant;

use crate::Message;

/// Sessions that were shown the door are remembered up to this number; the oldest is forgotten beyond it. Forgetting
/// costs nothing but another refusal: what bars is that credentials do not match.
const BARRED: usize = 64;

/// The sessions of one instance. A session that is away has lost its connection and may come back: it keeps its seat
/// and collects by itself what it is sent, but the instance does not stay for its sake.
///
/// From the moment the last one is gone or away, what is sent to all is logged. Whoever attaches anew receives the log
/// before anything else, for as long as another linger time after somebody came: so several tabs that come back one
/// after the other see the same.
#[derive(Debug)]
pub(crate) struct Audience {
    seats: Vec<SessionId>,
    /// Those of `seats` that are away.
    away: Vec<SessionId>,
    barred: Vec<SessionId>,
    bounds: Bounds,
    linger: Duration,
    log: Option<Log>,
}

#[derive(Debug)]
struct Log {
    messages: Backlog<Message>,
    /// When the log is closed, somebody being here; `None`: nobody is.
    until: Option<Instant>,
}

/// What became of an attempt to attach.
#[derive(Debug)]
pub(crate) enum Joined {
    /// It is attached already.
    Already,
    /// It is attached from now on, and missed this: how many messages fell out of the log, and those that are there.
    New { lost: u64, missed: Vec<Message> },
}

impl Audience {
    pub(crate) fn new(bounds: Bounds, linger: Duration) -> Self {
        Self { seats: Vec::new(), away: Vec::new(), barred: Vec::new(), bounds, linger, log: None }
    }

    /// Everybody who is sent what the instance says, those who are away included.
    pub(crate) fn seats(&self) -> &[SessionId] {
        &self.seats
    }

    /// Whether nobody is here.
    pub(crate) fn is_deserted(&self) -> bool {
        self.away.len() == self.seats.len()
    }

    /// Whether what is sent to all must be shown to [`Audience::log`] too.
    pub(crate) fn logs(&self) -> bool {
        self.log.is_some()
    }

    /// Takes a session in.
    pub(crate) fn attach(&mut self, session: SessionId, now: Instant) -> Joined {
        if self.seats.contains(&session) {
            self.back(session, now);
            return Joined::Already;
        }
        self.barred.retain(|barred| *barred != session);
        self.close_log(now);
        let missed = self.log.as_mut().map(|log| {
            log.messages.expire(now);
            let missed = log.messages.after(0);
            (missed.lost, missed.entries.into_iter().map(|(_, message)| Message::clone(message)).collect())
        });
        self.seats.push(session);
        self.attended(now);
        let (lost, missed) = missed.unwrap_or_default();
        Joined::New { lost, missed }
    }

    /// A session lost its connection, and may come back.
    pub(crate) fn away(&mut self, session: SessionId, now: Instant) {
        if self.seats.contains(&session) && !self.away.contains(&session) {
            self.away.push(session);
            self.deserted(now);
        }
    }

    /// A session that was away is here again.
    pub(crate) fn back(&mut self, session: SessionId, now: Instant) {
        let before = self.away.len();
        self.away.retain(|away| *away != session);
        if self.away.len() < before {
            self.attended(now);
        }
    }

    /// A session is gone. `false`: it was not attached.
    pub(crate) fn detach(&mut self, session: SessionId, now: Instant) -> bool {
        let before = self.seats.len();
        self.seats.retain(|seat| *seat != session);
        self.away.retain(|away| *away != session);
        self.barred.retain(|barred| *barred != session);
        if self.seats.len() == before {
            return false;
        }
        self.deserted(now);
        true
    }

    /// A session's credentials are not those of this instance: it is detached, and stays so until it shows the right
    /// ones (weak spot 21).
    pub(crate) fn bar(&mut self, session: SessionId, now: Instant) {
        self.detach(session, now);
        if self.barred.len() == BARRED {
            self.barred.remove(0);
        }
        self.barred.push(session);
    }

    /// Whether a session was detached for its credentials.
    pub(crate) fn is_barred(&self, session: SessionId) -> bool {
        self.barred.contains(&session)
    }

    /// Something was sent to all.
    pub(crate) fn log(&mut self, message: &Message, now: Instant) {
        self.close_log(now);
        if let Some(log) = &mut self.log {
            log.messages.push(Message::clone(message), message.get().len(), now);
        }
    }

    /// Drops a log whose time is over; returns when that will be.
    pub(crate) fn close_log(&mut self, now: Instant) -> Option<Instant> {
        let until = self.log.as_ref()?.until?;
        if until <= now {
            self.log = None;
            return None;
        }
        Some(until)
    }

    fn attended(&mut self, now: Instant) {
        if let Some(log) = &mut self.log {
            log.until.get_or_insert(now + self.linger);
        }
    }

    fn deserted(&mut self, now: Instant) {
        if !self.is_deserted() {
            return;
        }
        self.close_log(now);
        match &mut self.log {
            // They came back for less than the linger time: those who return now have missed what came before, too.
            Some(log) => log.until = None,
            None => self.log = Some(Log { messages: Backlog::new(self.bounds), until: None }),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const BOUNDS: Bounds = Bounds { entries: 3, bytes: 1000, age: Duration::from_hours(1) };

    fn session(byte: u8) -> SessionId {
        SessionId::from_random([byte; 16])
    }

    fn message(text: &str) -> Message {
        RawValue::from_string(text.into()).expect("JSON").into()
    }

    fn missed(joined: Joined) -> (u64, Vec<String>) {
        let Joined::New { lost, missed } = joined else { panic!("{joined:?}") };
        (lost, missed.iter().map(|message| message.get().to_owned()).collect())
    }

    #[test]
    fn who_comes_while_somebody_is_here_sees_what_comes_from_now_on() {
        let now = Instant::now();
        let mut audience = Audience::new(BOUNDS, 20 * SECOND);
        assert_eq!(missed(audience.attach(session(1), now)), (0, vec![]));
        assert!(!audience.logs());
        assert_eq!(missed(audience.attach(session(2), now)), (0, vec![]));
        audience.detach(session(1), now);
        assert!(!audience.is_deserted());
        assert!(!audience.logs());
        assert!(matches!(audience.attach(session(2), now), Joined::Already));
    }

    #[test]
    fn all_who_come_back_one_after_the_other_see_the_same() {
        let now = Instant::now();
        let mut audience = Audience::new(BOUNDS, 20 * SECOND);
        audience.attach(session(1), now);
        audience.attach(session(2), now);
        audience.away(session(1), now);
        audience.detach(session(2), now);
        assert!(audience.is_deserted());
        assert_eq!(audience.seats(), [session(1)], "who is away is still sent everything");
        audience.log(&message("1"), now);
        let both = |text: &[&str]| (0, text.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        assert_eq!(missed(audience.attach(session(3), now)), both(&["1"]));
        audience.log(&message("2"), now + 5 * SECOND);
        audience.back(session(1), now + 6 * SECOND);
        assert_eq!(missed(audience.attach(session(4), now + 19 * SECOND)), both(&["1", "2"]));
        assert_eq!(audience.close_log(now + 19 * SECOND), Some(now + 20 * SECOND));
        assert_eq!(missed(audience.attach(session(5), now + 20 * SECOND)), both(&[]));
        assert!(!audience.logs());
    }

    #[test]
    fn a_log_whose_time_is_over_is_not_gone_on_with() {
        let now = Instant::now();
        let mut audience = Audience::new(BOUNDS, 20 * SECOND);
        audience.attach(session(1), now);
        audience.detach(session(1), now);
        audience.log(&message("1"), now);
        audience.attach(session(2), now);
        audience.detach(session(2), now + 21 * SECOND);
        audience.log(&message("2"), now + 22 * SECOND);
        assert_eq!(missed(audience.attach(session(3), now + 23 * SECOND)), (0, vec!["2".to_owned()]));
    }

    #[test]
    fn a_log_that_overflowed_says_how_much_is_lost() {
        let now = Instant::now();
        let mut audience = Audience::new(BOUNDS, SECOND);
        audience.attach(session(1), now);
        audience.detach(session(1), now);
        for number in 1..=5 {
            audience.log(&message(&number.to_string()), now);
        }
        assert_eq!(missed(audience.attach(session(2), now)), (2, vec!["3".into(), "4".into(), "5".into()]));
    }

    #[test]
    fn who_is_barred_stays_out_until_it_is_let_in() {
        let now = Instant::now();
        let mut audience = Audience::new(BOUNDS, SECOND);
        audience.attach(session(1), now);
        audience.attach(session(2), now);
        audience.bar(session(1), now);
        assert!(audience.is_barred(session(1)));
        assert_eq!(audience.seats(), [session(2)]);
        audience.attach(session(1), now);
        assert!(!audience.is_barred(session(1)));
        for number in 0..2 * BARRED {
            let mut bytes = [0; 16];
            bytes[number / 32] = u8::try_from(number % 32 + 1).expect("small");
            audience.bar(SessionId::from_random(bytes), now);
        }
        assert_eq!(audience.barred.len(), BARRED);
    }
}
