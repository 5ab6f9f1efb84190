//! Who follows what, on behalf of whom: `follow` and `unfollow` of platforms that look after topics.
//!
//! A *topic* is something that news comes from, such as a feed. One worker of the platform looks after all of them; who is
//! told is known here. A *follower* is an actor of a platform, by the key of its scope (core.md 3.3): one session's, or, if
//! sessions showed the same token for it, theirs; then what it follows is kept when they leave, and when one comes back it is
//! told what has come since.
//!
//! - `book`: followers, topics and jobs, plain data
//! - `stored`: what is kept of followers that outlive their sessions
//! - here: what is to be done about a change, in order: what workers are told by one task, what is kept by another, since
//!   neither is to wait for the other

mod book;
mod stored;

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use footbridge_schemas::{PlatformId, Schemas, answer};
use footbridge_store::{Job, Memos, Unreachable};
use footbridge_supervisor::InstanceHandle;
use footbridge_telemetry::emit;
use footbridge_wire::{InstanceKey, JobId, Outcome, SessionId, Standing, ToWorker, Watch};
use serde_json::json;
use tokio::sync::{Mutex as Turn, Notify};

pub(crate) use self::book::Attendance;
use self::{
    book::{Asked, Book, Errand, Order},
    stored::Note,
};
use crate::{
    events::{NewsTold, PushDropped, TopicOver},
    scope::Scopes,
    sessions::Sessions,
};

/// Between attempts to keep something while the store is out of reach.
const PAUSE: Duration = Duration::from_secs(1);

/// All followers of this gateway.
pub struct Following {
    sessions: Arc<Sessions>,
    scopes: Arc<Scopes>,
    schemas: Arc<Schemas>,
    memos: Arc<dyn Memos>,
    /// A std mutex: no await happens under it.
    state: Mutex<State>,
    /// Workers are to be told something.
    ordered: Notify,
    /// Something is to be kept.
    noted: Notify,
    /// Held by whoever tells workers, and by whoever writes notes: both are done one after the other.
    telling: Turn<()>,
    writing: Turn<()>,
}

#[derive(Default)]
struct State {
    book: Book,
    /// Workers that look after topics.
    workers: HashMap<PlatformId, InstanceHandle>,
    /// What workers are to be told: no more than changes of followers, topics and jobs lead to, all of which are bounded,
    /// and taken as fast as workers read.
    orders: VecDeque<Order>,
    /// What is to be kept of named followers.
    notes: HashMap<(PlatformId, InstanceKey), Note>,
}

impl Following {
    /// Nobody follows anything. What is to last is kept as `memos`. `max_per_address`: how many topics followers of one
    /// address may follow together (`limits.maxTopicsPerAddress`); `None`: any number.
    pub fn new(
        sessions: Arc<Sessions>,
        scopes: Arc<Scopes>,
        schemas: Arc<Schemas>,
        memos: Arc<dyn Memos>,
        max_per_address: Option<usize>,
    ) -> Self {
        let state = State { book: Book::new(max_per_address), ..State::default() };
        Self {
            sessions,
            scopes,
            schemas,
            memos,
            state: Mutex::new(state),
            ordered: Notify::new(),
            noted: Notify::new(),
            telling: Turn::default(),
            writing: Turn::default(),
        }
    }

    /// Does what is to be done about changes, until dropped. What workers are told and what is kept do not wait for each
    /// other.
    pub async fn run(&self) {
        let telling = async {
            loop {
                let ordered = self.ordered.notified();
                self.tell_workers().await;
                ordered.await;
            }
        };
        let writing = async {
            loop {
                let noted = self.noted.notified();
                match self.write_notes().await {
                    Ok(()) => noted.await,
                    Err(Unreachable) => tokio::time::sleep(PAUSE).await,
                }
            }
        };
        tokio::join!(telling, writing);
    }

    /// Returns once everything that is to be done has been, as far as it can be now.
    pub async fn settle(&self) {
        self.tell_workers().await;
        if self.write_notes().await.is_err() {
            tracing::warn!("what is followed could not be kept: Redis does not answer");
        }
    }

    /// A session joins a follower.
    pub(crate) fn attend(&self, attendance: &Attendance<'_>) {
        self.lock().book.attend(attendance);
    }

    /// A session has no business with a follower any more.
    pub(crate) fn leave(&self, follower: &InstanceKey, session: SessionId) {
        self.change(|book| book.leave(follower, session, now()));
    }

    /// A session is gone.
    pub(crate) fn gone(&self, session: SessionId) {
        self.change(|book| book.gone(session, now()));
    }

    /// The worker that looks after the platform's topics. It is told which, if it begins.
    pub(crate) fn hire(&self, platform: &PlatformId, worker: &InstanceHandle) {
        let mut state = self.lock();
        let before = state.workers.insert(platform.clone(), worker.clone());
        if before.is_none_or(|before| before.is_ending()) && state.book.has_topics(platform) {
            self.send(&mut state, vec![Errand::Order(Order::Stand(platform.clone(), true))]);
        }
    }

    /// The worker that looks after the platform's topics, if there is one.
    pub(crate) fn worker(&self, platform: &PlatformId) -> Option<InstanceHandle> {
        self.lock().workers.get(platform).cloned()
    }

    /// Looks up what was kept of a follower, unless it is known, and has its topics looked after.
    ///
    /// # Errors
    /// [`Unreachable`]: it is still not known.
    pub(crate) async fn open(&self, platform: &PlatformId, follower: &InstanceKey) -> Result<(), Unreachable> {
        if !self.lock().book.is_unknown(follower) {
            return Ok(());
        }
        // What it changed when it was last here may not have been written yet.
        self.write_notes().await?;
        let (topics, told) = stored::recall(&*self.memos, platform, follower).await?;
        stored::renew(&*self.memos, platform, follower, &topics);
        self.change(|book| book.returned(follower, topics, told));
        Ok(())
    }

    /// What a follower follows, as an answer.
    pub(crate) fn list(&self, platform: &PlatformId, follower: &InstanceKey) -> Outcome {
        let follow = self.schemas.platform(platform).and_then(|platform| platform.manifest.follow.as_ref());
        let kind = follow.map_or("", |follow| follow.topic.as_str());
        let topics = self.lock().book.followed(follower);
        let items: Vec<_> = topics.iter().map(|topic| json!({ "type": kind, "id": &**topic })).collect();
        let list = json!({ "type": "collection", "summary": "Following", "totalItems": items.len(), "items": items });
        Outcome::Activity(list.to_string().into())
    }

    /// A worker is given a job for a follower.
    pub(crate) fn begin(&self, job: &Job) {
        let asked = Asked::new(job.lane, job.platform.clone(), job.asker.session, job.activity.clone());
        self.lock().book.begin(job.id, asked);
    }

    /// A job ended: how its asker sees that.
    pub(crate) fn ended(&self, job: JobId, outcome: Outcome) -> Outcome {
        let mut state = self.lock();
        if !state.book.is_asked() {
            return outcome;
        }
        let (ended, errands) = match state.book.ended(job, outcome, now()) {
            Ok(ended) => ended,
            Err(outcome) => return outcome,
        };
        self.send(&mut state, errands);
        drop(state);
        if !ended.others.is_empty() {
            let activity = match &ended.outcome {
                Outcome::Activity(activity) => activity,
                _ => &ended.request,
            };
            self.tell(&ended.platform, &ended.others, activity);
        }
        ended.outcome
    }

    /// What a worker says of topics.
    pub(crate) fn heard(&self, platform: &PlatformId, said: Standing) {
        match said {
            Standing::Follows { job, topic } => self.change(|book| book.follows(platform, job, &topic)),
            Standing::Unfollows { job, topic } => self.change(|book| book.unfollows(job, &topic)),
            Standing::News { topic, only, activity } => {
                let (sessions, errands) = self.lock().book.audience(platform, &topic, only, now());
                emit(NewsTold { platform, sessions: sessions.len() });
                self.tell(platform, &sessions, &activity);
                // After it was told: who dies in between tells it twice rather than never.
                self.change(|_| errands);
            }
            Standing::Over { topic, text } => {
                emit(TopicOver { platform });
                let mut sessions = Vec::new();
                self.change(|book| {
                    let (told, errands) = book.over(platform, &topic);
                    sessions = told;
                    errands
                });
                if let Some(platform) = self.schemas.platform(platform) {
                    let message = answer::platform_error(platform, Some(&topic), &text).into();
                    self.sessions.tell(&sessions, &message);
                }
            }
        }
    }

    /// A new process of a platform knows of no topic yet.
    pub(crate) fn restarted(&self, platform: &PlatformId) {
        self.change(|book| {
            let watch = |topic| Errand::Order(Order::Watch(platform.clone(), Watch { topic, returning: None }));
            book.topics(platform).into_iter().map(watch).collect()
        });
    }

    /// Platforms whose topics nobody looks after: their worker has ended for good.
    pub(crate) fn neglected(&self) -> Vec<PlatformId> {
        let state = self.lock();
        let mut platforms: Vec<_> = state.workers.keys().cloned().collect();
        platforms.retain(|platform| state.book.has_topics(platform) && state.workers[platform].is_ending());
        platforms
    }

    fn tell(&self, platform: &PlatformId, sessions: &[SessionId], activity: &Bytes) {
        let Some(contract) = self.schemas.platform(platform) else { return };
        match answer::push(activity, contract, None) {
            Ok(message) => self.sessions.tell(sessions, &message.into()),
            Err(error) => emit(PushDropped { platform, error }),
        }
    }

    fn change(&self, change: impl FnOnce(&mut Book) -> Vec<Errand>) {
        let mut state = self.lock();
        let errands = change(&mut state.book);
        self.send(&mut state, errands);
    }

    /// Passes errands on to whoever carries them out.
    fn send(&self, state: &mut State, errands: Vec<Errand>) {
        for errand in errands {
            match errand {
                Errand::Order(order) => {
                    state.orders.push_back(order);
                    self.ordered.notify_one();
                }
                Errand::Keep(platform, follower, changes) => {
                    state.notes.entry((platform, follower)).or_default().change(changes);
                    self.noted.notify_one();
                }
                Errand::Told(platform, follower, until) => {
                    state.notes.entry((platform, follower)).or_default().told(until);
                    self.noted.notify_one();
                }
                Errand::Gone(follower) => self.scopes.forget(&follower),
            }
        }
    }

    /// A worker that is not there learns all of it when it is ([`Following::restarted`]).
    async fn tell_workers(&self) {
        let _turn = self.telling.lock().await;
        while let Some((order, worker)) = self.next_order() {
            let Some(worker) = worker else { continue };
            match order {
                Order::Watch(_, watch) => worker.tell(ToWorker::Watch(watch)).await,
                Order::Unwatch(_, topic) => worker.tell(ToWorker::Unwatch(topic.to_string())).await,
                Order::Stand(_, stands) => worker.stand(stands).await,
            }
        }
    }

    fn next_order(&self) -> Option<(Order, Option<InstanceHandle>)> {
        let mut state = self.lock();
        let order = state.orders.pop_front()?;
        let worker = state.workers.get(order.platform()).cloned();
        Some((order, worker))
    }

    async fn write_notes(&self) -> Result<(), Unreachable> {
        let _turn = self.writing.lock().await;
        loop {
            let Some(key) = self.lock().notes.keys().next().cloned() else { return Ok(()) };
            let Some(note) = self.lock().notes.remove(&key) else { continue };
            if let Err(unreachable) = stored::write(&*self.memos, &key.0, &key.1, &note).await {
                let mut state = self.lock();
                let later = state.notes.remove(&key).unwrap_or_default();
                state.notes.insert(key, note.followed_by(later));
                return Err(unreachable);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The book is whole after every operation: a panic elsewhere under the lock cannot have torn it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Milliseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
