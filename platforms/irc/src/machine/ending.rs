//! The end of a connection, or of an attempt at one: what becomes of who waits for it, and whether another one follows.

use std::time::Duration;

use super::{Caller, Down, LinkOrder, Machine, Now, Stage, Ticket};
use crate::registration::Refused;

impl Machine {
    pub(super) fn on_down(&mut self, down: Down, now: Now) {
        match std::mem::replace(&mut self.stage, Stage::Idle) {
            // Somebody wanted to connect while the old connection closed.
            Stage::Closing if !self.callers.is_empty() => self.dial(Duration::ZERO, now),
            Stage::Idle | Stage::Closing => {}
            Stage::Live(mut live) => {
                self.callers.extend(live.probing().into_iter().map(|ticket| Caller { ticket, until: None }));
                for ticket in live.abandoned() {
                    self.kept.end(ticket, Err(Refused::Closed.to_string()));
                }
                self.kept.channels.dropped();
                self.kept.outputs.send.clear();
                self.tell("disconnected", &Refused::Closed.to_string(), now);
                self.lost(now);
            }
            Stage::Dialling { .. } | Stage::Registering(_) => {
                let refused = match down {
                    Down::Forbidden => {
                        self.fail_callers(&Refused::Forbidden.to_string());
                        return self.forget();
                    }
                    Down::Unreachable => Refused::Connecting,
                    Down::Abrupt => Refused::Closed,
                    Down::Orderly => Refused::Ended,
                    Down::Silent => Refused::Silent,
                };
                if self.resuming {
                    self.fail_callers(&refused.to_string());
                    return self.lost(now);
                }
                self.fail_callers(&refused.to_string());
                self.forget();
            }
        }
    }

    /// The server does not want us.
    pub(super) fn refused(&mut self, refused: &Refused, now: Now) {
        if let Refused::Proxy { said } = refused {
            self.kept.outputs.log.push(format!("server says: {said}"));
        }
        let lasting = matches!(refused, Refused::Sasl | Refused::Password | Refused::Capabilities);
        if self.resuming && !lasting {
            return self.again(&refused.to_string(), now);
        }
        self.give_up(&refused.to_string());
    }

    /// A connection that stood is gone: makes it again, if that is wanted.
    pub(super) fn lost(&mut self, now: Now) {
        let asked = self.credentials.as_ref().and_then(|credentials| credentials.reconnect);
        let wanted = asked.unwrap_or(self.policy.reconnect);
        if !wanted && self.callers.is_empty() {
            return self.forget();
        }
        if let (Some(credentials), Some(nick)) = (&mut self.credentials, &self.kept.renamed) {
            credentials.nick.clone_from(nick);
        }
        self.resuming = wanted;
        let pause = if self.callers.is_empty() { self.backoff.next() } else { Duration::ZERO };
        self.dial(pause, now);
    }

    /// An attempt to make a connection again has failed, and is not the last one. Dialling drops what there is.
    pub(super) fn again(&mut self, text: &str, now: Now) {
        self.fail_callers(text);
        self.lost(now);
    }

    /// There is no use in going on.
    pub(super) fn give_up(&mut self, text: &str) {
        self.fail_callers(text);
        self.forget();
        self.close();
    }

    /// The client wants no connection any more.
    pub(super) fn leave(&mut self) {
        if let Stage::Live(live) = &mut self.stage {
            for ticket in live.abandoned() {
                self.kept.end(ticket, Err(Refused::Closed.to_string()));
            }
        }
        self.fail_callers(&Refused::Closed.to_string());
        self.kept.watched.clear();
        let closing = matches!(self.stage, Stage::Idle | Stage::Closing);
        self.forget();
        if !closing {
            self.close();
        }
    }

    pub(super) fn close(&mut self) {
        self.kept.outputs.link = Some(LinkOrder::Close);
        self.stage = Stage::Closing;
    }

    /// Nothing of the connection is wanted back.
    pub(super) fn forget(&mut self) {
        self.kept.channels.clear();
        self.kept.renamed = None;
        self.kept.known_as = None;
        self.resuming = false;
        self.deadline = None;
        self.backoff.reset();
    }

    pub(super) fn fail_callers(&mut self, text: &str) {
        for caller in self.callers.drain(..) {
            self.kept.outputs.done.push((caller.ticket, Err(text.to_owned())));
        }
    }

    /// A connection that looked alive is not: those who asked get another one.
    pub(super) fn replace(&mut self, waiting: Vec<Ticket>, now: Now) {
        if let Stage::Live(live) = &mut self.stage {
            for ticket in live.abandoned() {
                self.kept.end(ticket, Err(Refused::Closed.to_string()));
            }
        }
        self.kept.channels.dropped();
        self.callers.extend(waiting.into_iter().map(|ticket| Caller { ticket, until: None }));
        self.dial(Duration::ZERO, now);
    }

    pub(super) fn on_cancel(&mut self, ticket: Ticket) {
        if let Stage::Live(live) = &mut self.stage {
            return live.cancel(ticket);
        }
        let waited = !self.callers.is_empty();
        self.callers.retain(|caller| caller.ticket != ticket);
        // Nobody wants this connection any more, unless it is to be there by itself.
        if waited && self.callers.is_empty() && !self.resuming {
            self.leave();
        }
    }
}
