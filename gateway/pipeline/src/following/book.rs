//! Who follows what: plain data. What has to be done about a change is returned, in order.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use bytes::Bytes;
use footbridge_schemas::PlatformId;
use footbridge_wire::{InstanceKey, JobId, Outcome, Returning, SessionId, Watch};

use super::stored::Change;

/// What one follower may follow.
pub(crate) const MAX_TOPICS: usize = 1000;

/// Followers of this gateway that somebody is attached to, and jobs that may change what they follow.
#[derive(Debug, Default)]
pub(crate) struct Book {
    followers: HashMap<InstanceKey, Follower>,
    numbers: HashMap<u64, InstanceKey>,
    sessions: HashMap<SessionId, Vec<InstanceKey>>,
    topics: HashMap<PlatformId, HashMap<Arc<str>, Vec<InstanceKey>>>,
    asked: HashMap<JobId, Asked>,
    last_number: u64,
    /// What followers of one address follow together.
    by_address: HashMap<Arc<str>, usize>,
    /// The most of that; `None`: any number.
    max_per_address: Option<usize>,
}

/// An actor of a platform who follows topics: in the name of one session, or of all that show the same token.
#[derive(Debug)]
struct Follower {
    platform: PlatformId,
    number: u64,
    /// Whether it outlives its sessions.
    named: bool,
    /// Whether what was kept of it is known.
    known: bool,
    /// Where the session came from that it began with.
    address: Option<Arc<str>>,
    sessions: Vec<SessionId>,
    topics: BTreeSet<Arc<str>>,
}

/// A job that a worker carries out for a follower.
#[derive(Debug)]
pub(crate) struct Asked {
    follower: InstanceKey,
    platform: PlatformId,
    session: SessionId,
    activity: Bytes,
    changes: Vec<Change>,
    refusal: Option<TooMany>,
}

impl Asked {
    pub(crate) fn new(follower: InstanceKey, platform: PlatformId, session: SessionId, activity: Bytes) -> Self {
        Self { follower, platform, session, activity, changes: Vec::new(), refusal: None }
    }
}

/// As much is followed already as may be. The texts are the client's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TooMany {
    #[error("Error: nobody may follow more than {MAX_TOPICS}")]
    Follower,
    #[error("Error: no more than {0} may be followed from this address (limits.maxTopicsPerAddress)")]
    Address(usize),
}

/// A session joins a follower.
#[derive(Debug, Clone)]
pub(crate) struct Attendance<'a> {
    pub(crate) follower: InstanceKey,
    pub(crate) platform: &'a PlatformId,
    pub(crate) session: SessionId,
    /// Where it comes from, as far as that is known.
    pub(crate) address: Option<&'a Arc<str>>,
    /// Whether it showed a secret, so that the follower outlives it.
    pub(crate) named: bool,
}

/// Something to be done about a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Errand {
    /// Something for a worker.
    Order(Order),
    /// Keep what changed for a named follower.
    Keep(PlatformId, InstanceKey, Vec<Change>),
    /// A named follower has been told everything until then, in milliseconds since 1970.
    Told(PlatformId, InstanceKey, u64),
    /// A follower is no more here.
    Gone(InstanceKey),
}

/// What the worker of a platform is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Order {
    Watch(PlatformId, Watch),
    Unwatch(PlatformId, Arc<str>),
    /// Whether it has anything to look after.
    Stand(PlatformId, bool),
}

impl Order {
    pub(crate) fn platform(&self) -> &PlatformId {
        match self {
            Self::Watch(platform, _) | Self::Unwatch(platform, _) | Self::Stand(platform, _) => platform,
        }
    }
}

/// How a job ended, and who else is to see that.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) platform: PlatformId,
    pub(crate) outcome: Outcome,
    pub(crate) request: Bytes,
    pub(crate) others: Vec<SessionId>,
}

impl Book {
    /// An empty one. `max_per_address`: what followers of one address may follow together; `None`: any number.
    pub(crate) fn new(max_per_address: Option<usize>) -> Self {
        Self { max_per_address, ..Self::default() }
    }

    pub(crate) fn attend(&mut self, attendance: &Attendance<'_>) {
        let Attendance { follower: key, platform, session, address, named } = *attendance;
        let numbers = &mut self.numbers;
        let follower = self.followers.entry(key).or_insert_with(|| {
            self.last_number += 1;
            numbers.insert(self.last_number, key);
            Follower {
                platform: platform.clone(),
                number: self.last_number,
                named,
                known: !named,
                address: address.cloned(),
                sessions: Vec::new(),
                topics: BTreeSet::new(),
            }
        });
        if !follower.sessions.contains(&session) {
            follower.sessions.push(session);
            self.sessions.entry(session).or_default().push(key);
        }
    }

    /// Whether what was kept of a follower has to be looked up first.
    pub(crate) fn is_unknown(&self, follower: &InstanceKey) -> bool {
        self.followers.get(follower).is_some_and(|follower| !follower.known)
    }

    /// What was kept of a named follower, and until when it has been told everything, in milliseconds since 1970.
    pub(crate) fn returned(&mut self, key: &InstanceKey, topics: Vec<String>, told: u64) -> Vec<Errand> {
        let mut errands = Vec::new();
        let Some(follower) = self.followers.get_mut(key) else { return errands };
        follower.known = true;
        let (platform, number) = (follower.platform.clone(), follower.number);
        for topic in topics.into_iter().take(MAX_TOPICS) {
            let topic: Arc<str> = topic.into();
            self.enlist(key, &topic, &mut errands);
            let returning = Some(Returning { follower: number, told });
            errands.push(Errand::Order(Order::Watch(platform.clone(), Watch { topic: topic.to_string(), returning })));
        }
        errands
    }

    /// What a follower follows, by name.
    pub(crate) fn followed(&self, follower: &InstanceKey) -> Vec<Arc<str>> {
        self.followers.get(follower).map(|follower| follower.topics.iter().cloned().collect()).unwrap_or_default()
    }

    /// A worker is given a job for a follower.
    pub(crate) fn begin(&mut self, job: JobId, asked: Asked) {
        self.asked.insert(job, asked);
    }

    /// Whether any job is under way.
    pub(crate) fn is_asked(&self) -> bool {
        !self.asked.is_empty()
    }

    /// The worker says that a job's follower follows a topic.
    pub(crate) fn follows(&mut self, platform: &PlatformId, job: JobId, topic: &str) -> Vec<Errand> {
        let topic: Arc<str> = topic.into();
        let mut errands = Vec::new();
        let Some(asked) = self.asked.get_mut(&job) else {
            self.unwatch_if_deserted(platform, &topic, &mut errands);
            return errands;
        };
        let key = asked.follower;
        let refusal = match self.followers.get(&key) {
            Some(follower) if follower.topics.contains(&topic) => return errands,
            Some(follower) => follower.too_many(&self.by_address, self.max_per_address),
            None => None,
        };
        if refusal.is_some() || !self.followers.contains_key(&key) {
            asked.refusal = refusal;
            self.unwatch_if_deserted(platform, &topic, &mut errands);
            return errands;
        }
        asked.changes.push(Change::Follows(topic.clone()));
        if self.enlist(&key, &topic, &mut errands) {
            // It may have been told a moment ago that nobody follows this any more.
            let watch = Watch { topic: topic.to_string(), returning: None };
            errands.push(Errand::Order(Order::Watch(platform.clone(), watch)));
        }
        errands
    }

    /// The worker says that a job's follower does not follow a topic any more.
    pub(crate) fn unfollows(&mut self, job: JobId, topic: &str) -> Vec<Errand> {
        let mut errands = Vec::new();
        let Some(asked) = self.asked.get_mut(&job) else { return errands };
        let key = asked.follower;
        let topic: Arc<str> = topic.into();
        asked.changes.push(Change::Unfollows(topic.clone()));
        self.strike(&key, &topic, &mut errands);
        errands
    }

    /// A job ended.
    ///
    /// # Errors
    /// The outcome back: the job was for no follower.
    pub(crate) fn ended(&mut self, job: JobId, outcome: Outcome, now: u64) -> Result<(Ended, Vec<Errand>), Outcome> {
        let Some(asked) = self.asked.remove(&job) else { return Err(outcome) };
        let outcome = match asked.refusal {
            Some(refusal) => Outcome::Failed(refusal.to_string()),
            None => outcome,
        };
        let mut errands = Vec::new();
        let mut others = Vec::new();
        if let Some(follower) = self.followers.get(&asked.follower) {
            if follower.named && !asked.changes.is_empty() {
                errands.push(Errand::Keep(asked.platform.clone(), asked.follower, asked.changes));
                errands.push(Errand::Told(asked.platform.clone(), asked.follower, now));
            }
            if !matches!(outcome, Outcome::Failed(_)) {
                others = follower.sessions.iter().copied().filter(|session| *session != asked.session).collect();
            }
        }
        Ok((Ended { platform: asked.platform, outcome, request: asked.activity, others }, errands))
    }

    /// Something new: who is to be told, each session once, and whose being told is worth keeping.
    pub(crate) fn audience(
        &self,
        platform: &PlatformId,
        topic: &str,
        only: Option<u64>,
        now: u64,
    ) -> (Vec<SessionId>, Vec<Errand>) {
        let all = self.topics.get(platform).and_then(|topics| topics.get(topic)).map_or(&[][..], Vec::as_slice);
        let one = only.map(|number| self.numbers.get(&number));
        let meant = all.iter().filter(|key| one.is_none_or(|one| one == Some(key)));
        let (mut sessions, mut errands) = (Vec::new(), Vec::new());
        for (key, follower) in meant.filter_map(|key| Some((key, self.followers.get(key)?))) {
            sessions.extend(&follower.sessions);
            if follower.named {
                errands.push(Errand::Told(platform.clone(), *key, now));
            }
        }
        sessions.sort_unstable();
        sessions.dedup();
        (sessions, errands)
    }

    /// A topic is no more. Who followed it, and what is to be done.
    pub(crate) fn over(&mut self, platform: &PlatformId, topic: &str) -> (Vec<SessionId>, Vec<Errand>) {
        let (sessions, _) = self.audience(platform, topic, None, 0);
        let mut errands = Vec::new();
        let topic: Arc<str> = topic.into();
        let keys = self.topics.get(platform).and_then(|topics| topics.get(&topic)).cloned().unwrap_or_default();
        for key in keys {
            self.strike(&key, &topic, &mut errands);
            if self.followers.get(&key).is_some_and(|follower| follower.named) {
                errands.push(Errand::Keep(platform.clone(), key, vec![Change::Unfollows(topic.clone())]));
            }
        }
        (sessions, errands)
    }

    /// What the worker of a platform looks after.
    pub(crate) fn topics(&self, platform: &PlatformId) -> Vec<String> {
        self.topics.get(platform).map(|topics| topics.keys().map(ToString::to_string).collect()).unwrap_or_default()
    }

    /// Whether the worker of a platform has something to look after.
    pub(crate) fn has_topics(&self, platform: &PlatformId) -> bool {
        self.topics.contains_key(platform)
    }

    /// A session has no business with a follower any more.
    pub(crate) fn leave(&mut self, key: &InstanceKey, session: SessionId, now: u64) -> Vec<Errand> {
        if let Some(keys) = self.sessions.get_mut(&session) {
            keys.retain(|other| other != key);
            if keys.is_empty() {
                self.sessions.remove(&session);
            }
        }
        let mut errands = Vec::new();
        let Some(follower) = self.followers.get_mut(key) else { return errands };
        follower.sessions.retain(|other| *other != session);
        if !follower.sessions.is_empty() {
            return errands;
        }
        if follower.named && follower.known {
            errands.push(Errand::Told(follower.platform.clone(), *key, now));
        }
        for topic in follower.topics.clone() {
            self.strike(key, &topic, &mut errands);
        }
        if let Some(follower) = self.followers.remove(key) {
            self.numbers.remove(&follower.number);
        }
        errands.push(Errand::Gone(*key));
        errands
    }

    /// A session is gone.
    pub(crate) fn gone(&mut self, session: SessionId, now: u64) -> Vec<Errand> {
        let keys = self.sessions.get(&session).cloned().unwrap_or_default();
        keys.iter().flat_map(|key| self.leave(key, session, now)).collect()
    }

    /// `true`: it is the first follower of the topic.
    fn enlist(&mut self, key: &InstanceKey, topic: &Arc<str>, errands: &mut Vec<Errand>) -> bool {
        let Some(follower) = self.followers.get_mut(key) else { return false };
        if follower.topics.insert(Arc::clone(topic))
            && let Some(address) = &follower.address
        {
            *self.by_address.entry(Arc::clone(address)).or_default() += 1;
        }
        if !self.topics.contains_key(&follower.platform) {
            errands.push(Errand::Order(Order::Stand(follower.platform.clone(), true)));
        }
        let followers = self.topics.entry(follower.platform.clone()).or_default().entry(Arc::clone(topic)).or_default();
        if !followers.contains(key) {
            followers.push(*key);
        }
        followers.len() == 1
    }

    fn strike(&mut self, key: &InstanceKey, topic: &Arc<str>, errands: &mut Vec<Errand>) {
        let Some(follower) = self.followers.get_mut(key) else { return };
        if !follower.topics.remove(topic) {
            return;
        }
        if let Some(address) = &follower.address
            && let Some(count) = self.by_address.get_mut(address)
        {
            *count -= 1;
            if *count == 0 {
                self.by_address.remove(address);
            }
        }
        let platform = follower.platform.clone();
        let Some(topics) = self.topics.get_mut(&platform) else { return };
        if let Some(followers) = topics.get_mut(topic) {
            followers.retain(|other| other != key);
            if followers.is_empty() {
                topics.remove(topic);
                errands.push(Errand::Order(Order::Unwatch(platform.clone(), Arc::clone(topic))));
            }
        }
        if topics.is_empty() {
            self.topics.remove(&platform);
            errands.push(Errand::Order(Order::Stand(platform, false)));
        }
    }

    /// The worker looks after a topic for somebody who is gone.
    fn unwatch_if_deserted(&self, platform: &PlatformId, topic: &Arc<str>, errands: &mut Vec<Errand>) {
        if !self.topics.get(platform).is_some_and(|topics| topics.contains_key(topic)) {
            errands.push(Errand::Order(Order::Unwatch(platform.clone(), Arc::clone(topic))));
        }
    }
}

impl Follower {
    /// Whether it may not follow one more.
    fn too_many(&self, by_address: &HashMap<Arc<str>, usize>, max_per_address: Option<usize>) -> Option<TooMany> {
        if self.topics.len() >= MAX_TOPICS {
            return Some(TooMany::Follower);
        }
        let (address, max) = self.address.as_ref().zip(max_per_address)?;
        (by_address.get(address).copied().unwrap_or_default() >= max).then_some(TooMany::Address(max))
    }
}

#[cfg(test)]
mod tests;
