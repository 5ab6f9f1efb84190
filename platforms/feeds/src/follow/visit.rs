//! What hubs want of us: to know whether we mean it, and to bring news (W3C `WebSub` 5.3, 7).

use crate::follow::follower::Shared;
use crate::follow::hub::{lease_of, number};
use crate::follow::topic;
use crate::follow::websub::{Question, unhex};
use crate::{MAX_BODY, map, order};
use footbridge_host::{LogLevel, Method, Response, Visit};
use std::rc::Rc;

impl Shared {
    /// Answers somebody who found the callback.
    pub(super) async fn receive(&self, visit: &Visit) -> Response {
        let topic = match visit.path.split_once('/') {
            Some((number, capability)) => self.named(number).map(|name| (name, capability)),
            None => None,
        };
        if let Some((name, _)) = &topic {
            // After a restart a hub may be quicker than we are.
            let lore = self.recall(name).await;
            self.watched.borrow_mut().recalled(name, lore, self.clock.now());
        }
        match (visit.method, topic) {
            (Method::Get, topic) => self.verify(topic, visit),
            (Method::Post, Some((name, capability))) => self.take(&name, capability, visit),
            (Method::Post, None) => empty(410),
        }
    }

    fn named(&self, text: &str) -> Option<Rc<str>> {
        let digits: [u8; 16] = unhex(text)?.try_into().ok()?;
        let numbers = self.numbers.borrow();
        numbers.get(&digits).filter(|name| number(name) == digits).cloned()
    }

    /// A hub asks whether it was we who asked.
    fn verify(&self, topic: Option<(Rc<str>, &str)>, visit: &Visit) -> Response {
        let Some(question) = Question::read(&visit.query) else { return empty(404) };
        if let Question::Unsubscribe { topic, challenge } = &question {
            let mut leaving = self.leaving.borrow_mut();
            let place = leaving.iter().position(|(path, left)| *path == visit.path && left == topic);
            return match place.and_then(|place| leaving.remove(place)) {
                Some(_) => Response { status: 200, body: challenge.clone() },
                None => empty(404),
            };
        }
        let Some((name, capability)) = topic else { return empty(404) };
        let now = self.clock.now();
        let mut watched = self.watched.borrow_mut();
        let lease = watched.get_mut(&name).and_then(|topic| lease_of(topic, capability));
        let response = match (question, lease) {
            (Question::Subscribe { topic, challenge, seconds }, Some(lease)) if lease.topic == topic => {
                lease.grant(seconds, now);
                Response { status: 200, body: challenge }
            }
            (Question::Denied { topic }, Some(lease)) if lease.topic == topic => {
                lease.refuse(now);
                self.outbox.log(LogLevel::Info, format!("hub of {}: denied", topic::public(&name)));
                empty(200)
            }
            _ => return empty(404),
        };
        drop(watched);
        self.keep(&name);
        response
    }

    /// A hub brings news.
    fn take(&self, name: &Rc<str>, capability: &str, visit: &Visit) -> Response {
        if visit.body.len() > MAX_BODY {
            return empty(413);
        }
        let header =
            |name: &str| visit.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let is_signed = {
            let mut watched = self.watched.borrow_mut();
            let Some(lease) = watched.get_mut(name).and_then(|topic| lease_of(topic, capability)) else {
                return empty(410);
            };
            lease.has_signed(header("x-hub-signature").unwrap_or_default(), &visit.body)
        };
        if !is_signed {
            // Success all the same, so that nobody learns by trying (`WebSub` 7.1).
            let count = self.unsigned.get() + 1;
            self.unsigned.set(count);
            self.outbox.log(
                LogLevel::Warn,
                format!("{}: news without a right signature, {count} so far", topic::public(name)),
            );
            return empty(202);
        }
        match map::read(&visit.body, header("content-type"), name) {
            Ok(mut parsed) => {
                parsed.entries = order::arrange(parsed.entries, None, None);
                if self.learn(name, &parsed, None) {
                    self.keep(name);
                }
            }
            // What it brought is no feed, so there is at least something to be looked at.
            Err(_) => self.watched.borrow_mut().hurry(name, self.clock.now()),
        }
        self.woken.notify_one();
        empty(202)
    }
}

fn empty(status: u16) -> Response {
    Response { status, body: String::new() }
}
