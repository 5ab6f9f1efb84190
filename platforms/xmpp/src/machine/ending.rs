//! The end of a connection, or of an attempt at one: what becomes of who waits for it, and whether another one follows.

use std::time::Duration;

use super::{Cause, Down, LinkOrder, Machine, NOT_CONNECTED, Now, Stage, Ticket};
use crate::map::activity::{Activity, Entity, Object};

impl Machine {
    pub(super) fn on_down(&mut self, down: Down, now: Now) {
        match (std::mem::replace(&mut self.stage, Stage::Idle), down) {
            // Somebody wanted to connect while the old connection closed.
            (Stage::Closing, _) if !self.callers.is_empty() => self.dial(Duration::ZERO, now),
            (Stage::Idle | Stage::Closing, _) => {}
            (Stage::Live, down) => {
                self.kept.outputs.send.clear();
                self.ended(down, now);
            }
            (Stage::Dialling { .. }, Down::Failed(cause)) => {
                self.refuse_callers(&cause.message);
                if self.resuming {
                    self.tell_failed(&cause);
                }
                self.forget();
            }
            (Stage::Dialling { .. }, down) => {
                let message = match down {
                    Down::Lost(cause) | Down::Failed(cause) => cause.message,
                    Down::Closed => "closed by the server".to_owned(),
                };
                self.refuse_callers(&message);
                if self.resuming { self.again(now) } else { self.forget() }
            }
        }
    }

    /// A connection that stood is gone.
    fn ended(&mut self, down: Down, now: Now) {
        let asked = self.credentials.as_ref().and_then(|credentials| credentials.reconnect);
        let wanted = asked.unwrap_or(self.policy.reconnect);
        let cause = match down {
            Down::Failed(cause) => {
                self.tell_failed(&cause);
                self.tell_stream_error(&cause);
                return self.forget();
            }
            Down::Lost(cause) => cause,
            Down::Closed if wanted => return self.again(now),
            Down::Closed => Cause { name: "Error", message: "closed by the server".to_owned(), ..Cause::default() },
        };
        if wanted {
            self.tell_lost(&cause);
        } else {
            self.tell_failed(&cause);
        }
        self.tell_stream_error(&cause);
        if wanted { self.again(now) } else { self.forget() }
    }

    /// Makes the connection again, after a pause.
    fn again(&mut self, now: Now) {
        self.resuming = true;
        let pause = self.backoff.next();
        self.dial(pause, now);
    }

    /// An attempt took too long.
    pub(super) fn on_silence(&mut self, now: Now) {
        let seconds = self.policy.connect_timeout.as_secs_f64();
        self.refuse_callers(&format!("no connection within {seconds} s"));
        if self.resuming {
            return self.again(now);
        }
        self.forget();
        self.close();
    }

    /// The client wants no connection any more.
    pub(super) fn leave(&mut self) {
        for ticket in std::mem::take(&mut self.callers) {
            self.kept.end(ticket, Err(NOT_CONNECTED.to_owned()));
        }
        let closed = matches!(self.stage, Stage::Idle | Stage::Closing);
        self.forget();
        if !closed {
            self.close();
        }
    }

    fn close(&mut self) {
        self.kept.outputs.link = Some(LinkOrder::Close);
        self.stage = Stage::Closing;
    }

    /// Nothing of the connection is wanted back.
    fn forget(&mut self) {
        self.kept.forget();
        self.resuming = false;
        self.deadline = None;
        self.backoff.reset();
    }

    fn refuse_callers(&mut self, message: &str) {
        let service = self.credentials.as_ref().map(|credentials| credentials.service.as_given().to_owned());
        let text = format!("connection failed: {message}. (service: {})", service.unwrap_or_default());
        for ticket in self.callers.drain(..) {
            self.kept.outputs.done.push((ticket, Err(text.clone())));
        }
    }

    pub(super) fn on_cancel(&mut self, ticket: Ticket) {
        self.kept.cancel(ticket);
        let waited = self.callers.contains(&ticket);
        self.callers.retain(|caller| *caller != ticket);
        // Nobody wants this connection any more, unless it is to be there by itself.
        if waited && self.callers.is_empty() && !self.resuming {
            self.leave();
        }
    }

    fn tell_lost(&mut self, cause: &Cause) {
        let error = format!("Connection lost: {}. Attempting automatic reconnection...", named(cause));
        self.tell("reconnecting", cause.condition.as_deref().unwrap_or("network"), error);
    }

    fn tell_failed(&mut self, cause: &Cause) {
        let error = format!("Connection failed: {}. Manual reconnection required.", named(cause));
        self.tell("failed", cause.condition.as_deref().unwrap_or("protocol"), error);
    }

    fn tell(&mut self, status: &'static str, condition: &str, error: String) {
        let object = Object::Connect { status, condition: condition.to_owned() };
        let activity = Activity::new("connect", Entity::person(&self.kept.actor)).about(object);
        self.kept.outputs.push.push(activity.failed(error));
    }

    /// A stream error is told twice (platforms.md 8.3).
    fn tell_stream_error(&mut self, cause: &Cause) {
        if cause.name != "StreamError" {
            return;
        }
        let condition = cause.condition.clone().unwrap_or_else(|| "unknown".to_owned());
        let error = cause.said.clone().unwrap_or_else(|| named(cause));
        let activity = Activity::new("error", Entity::person("unknown")).about(Object::StreamError { condition });
        self.kept.outputs.push.push(activity.failed(error));
    }
}

fn named(cause: &Cause) -> String {
    format!("{}: {}", cause.name, cause.message)
}
