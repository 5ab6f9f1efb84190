//! What only the gateway can know, since it sees all users: when it is somebody's turn to connect, and what others learnt
//! of a network.

use std::{cell::RefCell, net::SocketAddr, rc::Rc, time::Duration};

use footbridge_wire::{FromWorker, InstanceId, Turn};
use tokio::sync::Notify;

use crate::outbox::Unsent;

/// How fast all users of a platform together connect to one network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Connections that may be begun at once after a pause; at least one.
    pub at_once: u32,
    /// Time between further ones; zero: any number at any time.
    pub interval: Duration,
}

/// The gateway's ear for what an instance is about to do on a network. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Turns {
    instance: InstanceId,
    unsent: Rc<Unsent>,
    given: Rc<Given>,
}

/// What the gateway answered, until it is taken.
#[derive(Debug, Default)]
pub(crate) struct Given {
    turn: RefCell<Option<Go>>,
    come: Notify,
}

#[derive(Debug)]
struct Go {
    note: Option<String>,
}

impl Turns {
    pub(crate) fn new(instance: InstanceId, unsent: Rc<Unsent>, given: Rc<Given>) -> Self {
        Self { instance, unsent, given }
    }

    /// Waits until it is this instance's turn to connect to `network`, a name of 255 bytes at most. What is known of that
    /// network then: what was said last with [`Turns::note`], by whichever user's instance.
    ///
    /// One call at a time: a second one takes the first one's place. May be dropped at any time.
    pub async fn wait(&self, network: &str, rate: Rate) -> Option<String> {
        self.given.turn.take();
        self.say(&FromWorker::Turn(Turn {
            instance: self.instance,
            network: network.to_owned(),
            at_once: rate.at_once,
            interval: rate.interval,
        }));
        loop {
            let come = self.given.come.notified();
            if let Some(go) = self.given.turn.take() {
                return go.note;
            }
            come.await;
        }
    }

    /// Tells that a connection stands, so that the gateway can answer for it (RFC 1413). To be told before the server can
    /// have asked: right after the connection was made.
    pub fn connected(&self, local: SocketAddr, remote: SocketAddr) {
        self.say(&FromWorker::Connected { instance: self.instance, local, remote });
    }

    /// Tells what all instances of the platform are to know before they connect to `network`, for that time; zero: what
    /// was known does not hold any more. The text may be read by any of them: it is no secret. 255 bytes at most.
    pub fn note(&self, network: &str, text: &str, keep: Duration) {
        self.say(&FromWorker::Note { network: network.to_owned(), text: text.to_owned(), keep });
    }

    /// Frames of a few bytes: they fit.
    fn say(&self, message: &FromWorker) {
        let _ = self.unsent.put(message);
    }
}

impl Given {
    /// The gateway answered.
    pub(crate) fn give(&self, note: Option<String>) {
        self.turn.replace(Some(Go { note }));
        self.come.notify_waiters();
    }
}
