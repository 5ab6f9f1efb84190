//! Asking hubs to bring news, and to bring no more (W3C `WebSub` 5).

use crate::follow::follower::{Errand, Shared};
use crate::follow::topic::{self, Topic};
use crate::follow::websub::{LEASE_SECONDS, Lease, hex};
use crate::hints::{Hints, MAX_URL};
use footbridge_host::LogLevel;
use sha2::{Digest, Sha256};
use std::rc::Rc;
use url::Url;

/// Subscriptions that are being ended and may be asked about.
const MAX_LEAVING: usize = 256;
/// A feed that names another hub each time is not followed there more often than this, in milliseconds.
const STEADY: u64 = 3_600_000;

impl Shared {
    /// Sees to it that the hub that a feed names brings its news, where hubs can reach us. Tells whether anything changed.
    pub(super) fn agree(&self, name: &Rc<str>, hints: Option<(&Hints, &Url)>, now: u64) -> bool {
        if self.callback.is_none() {
            return false;
        }
        let mut watched = self.watched.borrow_mut();
        let Some(topic) = watched.get_mut(name) else { return false };
        let lease = &mut topic.lore.lease;
        let named = hints.map(|(hints, url)| {
            let own = hints.own.clone().unwrap_or_else(|| url.to_string());
            hints.hub.clone().map(|hub| (hub, own)).filter(|(_, own)| own.len() <= MAX_URL)
        });
        let is_same = match (&named, &lease) {
            // The document has not changed, so the hub has not either.
            (None, _) | (Some(None), None) => true,
            (Some(Some((hub, own))), Some(lease)) => lease.hub == *hub && lease.topic == *own,
            (Some(_), _) => false,
        };
        if is_same {
            let Some(lease) = lease.as_mut().filter(|lease| lease.is_due(now)) else { return false };
            lease.asked = now;
            let lease = lease.clone();
            drop(watched);
            self.run(Errand::Ask(Rc::clone(name), lease));
            return true;
        }
        if lease.as_ref().is_some_and(|lease| now < lease.asked + STEADY) {
            return false;
        }
        let old = lease.take();
        if let Some(Some((hub, own))) = named {
            let mut random = [0; 48];
            if getrandom::fill(&mut random).is_ok() {
                *lease = Some(Box::new(Lease::new(hub, own, random, now)));
            }
        }
        let new = lease.clone();
        drop(watched);
        if let Some(old) = old {
            self.leave(name, old);
        }
        if let Some(new) = new {
            self.run(Errand::Ask(Rc::clone(name), new));
        }
        true
    }

    /// Ends what was agreed with a hub.
    pub(super) fn leave(&self, name: &Rc<str>, lease: Box<Lease>) {
        if self.callback.is_none() {
            return;
        }
        let mut leaving = self.leaving.borrow_mut();
        if leaving.len() >= MAX_LEAVING {
            leaving.pop_front();
        }
        leaving.push_back((path(name, &lease), lease.topic.clone()));
        drop(leaving);
        self.run(Errand::Leave(Rc::clone(name), lease));
    }

    /// Asks a hub for news, or to end them.
    pub(super) async fn ask(&self, name: &Rc<str>, lease: &Lease, mode: &str) {
        let Some(callback) = &self.callback else { return };
        let callback = [callback, path(name, lease).as_str()].concat();
        let (secret, seconds) = (lease.secret(), LEASE_SECONDS.to_string());
        let fields = [
            ("hub.mode", mode),
            ("hub.topic", &lease.topic),
            ("hub.callback", &callback),
            ("hub.lease_seconds", &seconds),
            ("hub.secret", &secret),
        ];
        let fields = if mode == "subscribe" { &fields[..] } else { &fields[..3] };
        let Err(error) = self.guard.post_form(&lease.hub, fields, self.limits).await else { return };
        self.outbox.log(LogLevel::Info, format!("hub of {}, asked to {mode}: {error}", topic::public(name)));
        let now = self.clock.now();
        let mut watched = self.watched.borrow_mut();
        let asked = watched.get_mut(name).and_then(|topic| topic.lore.lease.as_mut());
        // A lease that still runs is kept until it ends; it is asked for again before that.
        if let Some(asked) = asked.filter(|asked| asked.capability == lease.capability && asked.until <= now) {
            asked.refuse(now);
        }
    }
}

/// Where a hub finds us, behind the address of the platform.
pub(super) fn path(name: &str, lease: &Lease) -> String {
    format!("{}/{}", hex(&number(name)), hex(&lease.capability))
}

/// Bytes of a mark.
pub(super) const MARK: usize = 8;

/// Tells where hubs find us from where they find others.
pub(super) fn mark(callback: Option<&str>) -> [u8; MARK] {
    let mut mark = [0; MARK];
    mark.copy_from_slice(&Sha256::digest(callback.unwrap_or_default())[..MARK]);
    mark
}

/// A number that names a topic, and that nobody finds another topic for.
pub(super) fn number(name: &str) -> [u8; 16] {
    let mut number = [0; 16];
    number.copy_from_slice(&Sha256::digest(name)[..16]);
    number
}

/// The lease of a topic that a hub names by its last part.
pub(super) fn lease_of<'a>(topic: &'a mut Topic, capability: &str) -> Option<&'a mut Lease> {
    topic.lore.lease.as_deref_mut().filter(|lease| hex(&lease.capability) == capability)
}
