//! Who looks after topics, and is spoken to by the verbs and by the gateway.

use crate::Feeds;
use crate::follow::clock::Clock;
use crate::follow::hub;
use crate::follow::memo;
use crate::follow::pace::Bounds;
use crate::follow::task;
use crate::follow::topic::{self, Lore};
use crate::follow::watched::Watched;
use crate::follow::websub::Lease;
use crate::order;
use crate::verbs::fetch::Feed;
use bytes::Bytes;
use footbridge_host::{Call, Memos, Opened, Outbox, Response, Topics, Visit, Watch};
use footbridge_outbound::{Fetcher, Guard, Limits};
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Notify;

/// For how long what is known of a topic is kept.
const KEPT: Duration = Duration::from_hours(30 * 24);

/// Looks after topics. Clones are one.
#[derive(Clone)]
pub(crate) struct Follower(Rc<Shared>);

/// What the task and those who speak to it have in common.
pub(super) struct Shared {
    pub(super) watched: RefCell<Watched>,
    pub(super) errands: RefCell<VecDeque<Errand>>,
    /// Topics by the number that hubs know them by; empty where hubs cannot reach us.
    pub(super) numbers: RefCell<HashMap<[u8; 16], Rc<str>>>,
    /// Callbacks that hubs are asked to forget, and their topics.
    pub(super) leaving: RefCell<VecDeque<(String, String)>>,
    /// Visits that nobody had signed.
    pub(super) unsigned: Cell<u64>,
    is_running: Cell<bool>,
    pub(super) woken: Notify,
    pub(super) clock: Clock,
    pub(super) fetcher: Fetcher<Bytes>,
    pub(super) limits: Limits,
    pub(super) guard: Guard,
    pub(super) topics: Topics,
    memos: Memos,
    pub(super) outbox: Outbox,
    pub(super) callback: Option<String>,
    most: usize,
}

/// Something to be done for a topic besides looking at it.
pub(super) enum Errand {
    /// Ask what is kept of it.
    Recall(Rc<str>),
    /// Ask its hub to bring news.
    Ask(Rc<str>, Box<Lease>),
    /// Ask its hub to bring no more.
    Leave(Rc<str>, Box<Lease>),
}

impl Follower {
    /// One that has nothing to do yet.
    pub(crate) fn new(feeds: &Feeds, guard: Guard, bounds: Bounds, most: usize, opened: Opened) -> Self {
        Self(Rc::new(Shared {
            watched: RefCell::new(Watched::new(bounds)),
            errands: RefCell::default(),
            numbers: RefCell::default(),
            leaving: RefCell::default(),
            unsigned: Cell::default(),
            is_running: Cell::default(),
            woken: Notify::new(),
            clock: Clock::new(),
            fetcher: feeds.fetcher.clone(),
            limits: feeds.limits,
            guard,
            topics: opened.topics,
            memos: opened.memos,
            outbox: opened.outbox,
            callback: opened.callback,
            most,
        }))
    }

    /// Whether a topic can be followed.
    pub(crate) fn has_room(&self, name: &str) -> bool {
        let watched = self.0.watched.borrow();
        watched.get(name).is_some() || watched.len() < self.0.most
    }

    /// Why it cannot.
    pub(crate) fn full(&self) -> String {
        format!("{} feeds are followed here already, and no more can be: see the setting feeds.maxTopics", self.0.most)
    }

    /// Says that whoever asks follows a topic.
    pub(crate) fn follows(&self, call: &Call, name: &str) {
        self.0.topics.follows(call, name);
    }

    /// Says that whoever asks does not.
    pub(crate) fn unfollows(&self, call: &Call, name: &str) {
        self.0.topics.unfollows(call, name);
    }

    /// What is kept of a topic, unless that was asked for already.
    pub(crate) async fn recall(&self, name: &Rc<str>) -> Option<Lore> {
        self.0.recall(name).await
    }

    /// Looks after a topic whose feed was just fetched. Puts its entries in order, newest first.
    pub(crate) fn shown(&self, name: &Rc<str>, lore: Option<Lore>, feed: &mut Feed) {
        let now = self.0.clock.now();
        self.begin(name);
        self.0.watched.borrow_mut().recalled(name, lore, now);
        feed.parsed.entries = order::arrange(std::mem::take(&mut feed.parsed.entries), None, None);
        if self.0.watched.borrow().has_seen(name, feed.page.document) {
            return;
        }
        let is_worth_keeping = self.0.learn(name, &feed.parsed, Some(&feed.page));
        let fresh = self.0.fresh_for(name);
        // Whoever looks at it now enters it again.
        if self.0.watched.borrow().get(name).is_some_and(|topic| !topic.is_busy) {
            self.0.settle(name, fresh);
        }
        if is_worth_keeping {
            self.0.keep(name);
        }
        self.0.woken.notify_one();
    }

    /// Looks after a topic that will be looked at before long.
    pub(crate) fn expects(&self, name: &Rc<str>) {
        if self.0.watched.borrow().get(name).is_none() {
            self.begin(name);
            self.0.run(Errand::Recall(Rc::clone(name)));
        }
    }

    /// Looks after a topic that the gateway names.
    pub(crate) fn watch(&self, watch: Watch) {
        let name: Rc<str> = watch.topic.into();
        self.expects(&name);
        if let Some(returning) = watch.returning {
            self.0.watched.borrow_mut().returned(&name, returning, self.0.clock.now());
            self.0.woken.notify_one();
        }
    }

    /// Forgets a topic.
    pub(crate) fn unwatch(&self, name: &str) {
        self.0.forget(name);
    }

    /// Answers somebody who calls from outside.
    pub(crate) async fn receive(&self, visit: &Visit) -> Response {
        self.0.receive(visit).await
    }

    fn begin(&self, name: &Rc<str>) {
        self.0.watched.borrow_mut().add(name);
        if self.0.callback.is_some() {
            self.0.numbers.borrow_mut().insert(hub::number(name), Rc::clone(name));
        }
        if !self.0.is_running.replace(true) {
            tokio::task::spawn_local(task::run(Rc::clone(&self.0)));
        }
    }
}

impl Shared {
    /// Has an errand run.
    pub(super) fn run(&self, errand: Errand) {
        self.errands.borrow_mut().push_back(errand);
        self.woken.notify_one();
    }

    /// What is kept of a topic, unless that was asked for already.
    pub(super) async fn recall(&self, name: &Rc<str>) -> Option<Lore> {
        if self.watched.borrow().get(name).is_some_and(|topic| topic.is_recalled) {
            return None;
        }
        let kept = self.memos.recall(&topic::memo(name)).await?;
        let (at, kept) = kept.split_at_checked(hub::MARK)?;
        let mut lore = memo::read(kept)?;
        // What another gateway agreed on with a hub brings its news there.
        lore.lease = lore.lease.filter(|_| at == hub::mark(self.callback.as_deref()));
        Some(lore)
    }

    /// Keeps what is known of a topic.
    pub(super) fn keep(&self, name: &Rc<str>) {
        let mut watched = self.watched.borrow_mut();
        let Some(topic) = watched.get_mut(name) else { return };
        if let Some(bytes) = memo::write(&topic.lore) {
            topic.kept = self.clock.now();
            let marked = [&hub::mark(self.callback.as_deref())[..], &bytes].concat();
            self.memos.keep(&topic::memo(name), marked.into(), KEPT);
        }
    }

    /// What is known of a topic is of no use to anybody any more.
    pub(super) fn erase(&self, name: &str) {
        self.memos.forget(&topic::memo(name));
    }

    /// Looks after a topic no more. What is known of it stays kept, for those who come back to it.
    pub(super) fn forget(&self, name: &str) {
        let name: Rc<str> = name.into();
        let lease = self.watched.borrow_mut().get_mut(&name).and_then(|topic| topic.lore.lease.take());
        if let Some(lease) = lease {
            self.leave(&name, lease);
            self.keep(&name);
        }
        self.watched.borrow_mut().remove(&name);
        self.numbers.borrow_mut().remove(&hub::number(&name));
    }
}
