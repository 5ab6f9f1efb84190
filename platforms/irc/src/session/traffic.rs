//! Lines on their way to the server: which go first, when they may leave, who waits for that.

use std::time::{Duration, Instant};

use super::{Session, State};
use crate::outgoing::Outgoing;
use crate::pacer::{Full, Pace, Pacer, Urgency};

/// A step of time in which at least one more line may leave.
const TOKEN: Duration = Duration::from_secs(1);

impl Session {
    /// The link dials, and will write at that pace.
    pub(crate) fn engage(&self, pace: Pace) {
        self.begin(true, pace);
    }

    /// The link has no connection, and does not dial.
    pub(crate) fn disengage(&self) {
        self.begin(false, Pace::default());
    }

    fn begin(&self, engaged: bool, pace: Pace) {
        let mut state = self.state.borrow_mut();
        state.engaged = engaged;
        state.pacer = Pacer::new(pace);
        self.left.notify_waiters();
    }

    /// Sends a line of the link's own.
    pub(crate) fn send(&self, line: Outgoing) {
        // Where there is no room for it, the server has been sent enough to answer.
        let _ = self.state.borrow_mut().pacer.push(Urgency::Now, line);
        self.stirred.notify_waiters();
    }

    /// Moves lines that may leave now to `bytes`, about `most` of them; when `hurried`, all that wait. When to ask again;
    /// `None` where nothing waits.
    pub(crate) fn leaving(&self, bytes: &mut Vec<u8>, most: usize, hurried: bool) -> Option<Instant> {
        let mut state = self.state.borrow_mut();
        let mut now = Instant::now();
        while bytes.len() < most && !state.pacer.is_empty() {
            match state.pacer.pop(now) {
                Some(line) => line.write_to(bytes),
                // The connection is about to be closed, and with it the pacer's account.
                None if hurried => now = state.pacer.ready_at(now).unwrap_or(now).max(now + TOKEN),
                None => break,
            }
        }
        if state.pacer.is_empty() {
            self.left.notify_waiters();
        }
        state.pacer.ready_at(now)
    }

    /// Waits until all lines of earlier jobs have left: whoever sends much waits for the server's pace.
    pub(crate) async fn turn(&self) {
        loop {
            let left = self.left.notified();
            if self.state.borrow().pacer.is_empty() {
                return;
            }
            left.await;
        }
    }
}

impl State {
    /// Puts lines behind those that wait, up to the first that there is no room for.
    pub(super) fn enqueue(&mut self, lines: Vec<Outgoing>, registering: bool) -> Result<(), Full> {
        lines.into_iter().try_for_each(|line| self.pacer.push(urgency(&line, registering), line))
    }
}

/// Answers to the server do not wait behind what users say. A `QUIT` does.
fn urgency(line: &Outgoing, registering: bool) -> Urgency {
    match line.command() {
        "QUIT" => Urgency::InTurn,
        "AUTHENTICATE" | "CAP" | "PONG" => Urgency::Now,
        _ if registering => Urgency::Now,
        _ => Urgency::InTurn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_overtake_what_users_say_and_a_goodbye_does_not() {
        let of = |command, registering| urgency(&Outgoing::new(command), registering);
        for command in ["AUTHENTICATE", "CAP", "PONG"] {
            assert_eq!((of(command, true), of(command, false)), (Urgency::Now, Urgency::Now), "{command}");
        }
        assert_eq!((of("NICK", true), of("NICK", false)), (Urgency::Now, Urgency::InTurn));
        assert_eq!((of("QUIT", true), of("QUIT", false)), (Urgency::InTurn, Urgency::InTurn));
    }
}
