//! Stanzas on their way to the server, which takes them as fast as it reads.

use std::collections::VecDeque;

use tokio_xmpp::Stanza;

use super::Session;

/// Most stanzas that wait. What a server asks is answered by one each, so one that asks and does not read fills this and
/// no more; a job's are far fewer, and jobs wait for each other.
const MOST: usize = 1024;

/// Stanzas that wait, oldest first.
#[derive(Default)]
pub(super) struct Traffic(VecDeque<Stanza>);

/// So much waits to be sent that nothing may join it.
#[derive(Debug, thiserror::Error)]
#[error("the server does not read: {MOST} stanzas wait to be sent")]
pub(super) struct Full;

impl Traffic {
    /// Puts stanzas behind those that wait, up to the first that there is no room for.
    pub(super) fn extend(&mut self, stanzas: Vec<Stanza>) -> Result<(), Full> {
        stanzas.into_iter().try_for_each(|stanza| {
            if self.0.len() == MOST {
                return Err(Full);
            }
            self.0.push_back(stanza);
            Ok(())
        })
    }
}

impl Session {
    /// Says whether the link dials or holds a connection. Where it does not, nothing waits to be sent: take
    /// [`Session::unsent`] before, if it is to be sent after all.
    pub(crate) fn engage(&self, engaged: bool) {
        let mut state = self.state.borrow_mut();
        state.engaged = engaged;
        if !engaged {
            state.traffic.0.clear();
        }
        self.left.notify_waiters();
    }

    /// The next stanza to be sent, which the link sends or answers for from then on.
    pub(crate) fn next(&self) -> Option<Stanza> {
        let mut state = self.state.borrow_mut();
        let next = state.traffic.0.pop_front();
        if state.traffic.0.is_empty() {
            self.left.notify_waiters();
        }
        next
    }

    /// All that waits, oldest first, of which nothing has left: for a link that has lost its connection and makes another.
    pub(crate) fn unsent(&self) -> Vec<Stanza> {
        let unsent = self.state.borrow_mut().traffic.0.drain(..).collect();
        self.left.notify_waiters();
        unsent
    }

    /// Waits until all stanzas of earlier jobs have left: whoever sends much waits for the server.
    pub(crate) async fn turn(&self) {
        loop {
            let left = self.left.notified();
            if self.state.borrow().traffic.0.is_empty() {
                return;
            }
            left.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use xmpp_parsers::presence::Presence;

    use super::*;

    #[test]
    fn a_server_that_does_not_read_fills_the_room_and_no_more() {
        let mut traffic = Traffic::default();
        let some = |number| (0..number).map(|_| Stanza::from(Presence::available())).collect::<Vec<_>>();
        assert!(traffic.extend(some(MOST - 1)).is_ok());
        assert!(traffic.extend(some(2)).is_err());
        assert_eq!(traffic.0.len(), MOST);
    }
}
