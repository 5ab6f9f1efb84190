//! What workers keep, in Redis: it outlives the gateway, and gateways with the same key share it.
//!
//! Two tasks, each with a lent connection while it needs one: what is to be kept waits as a draft until it is written,
//! and who asks waits for the next look, which is for all who ask. Neither makes anybody wait for a Redis that is away.

mod commands;
mod drafts;
mod lodgings;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use footbridge_schemas::PlatformId;
use footbridge_seal::Keyring;
use futures_util::{FutureExt, future::BoxFuture};
use redis::{FromRedisValue, Pipeline, RedisError};
use tokio::{
    sync::{Notify, mpsc, oneshot},
    time::{Instant, timeout},
};
use tokio_util::task::AbortOnDropHandle;

use self::{commands::Commands, drafts::Drafts, lodgings::Lodgings};
use super::{
    Redis,
    pool::{Connections, is_refusal},
};
use crate::{
    Memos, Unreachable,
    memos::{LONGEST, Meters, Name},
};

/// Longest wait of who asks; after it, or a failure, nobody asks for as long again.
const PATIENCE: Duration = Duration::from_secs(1);
/// Questions that wait; one more is answered with nothing.
const MAX_QUESTIONS: usize = 4096;
/// Questions that are asked together: their answers may have a megabyte each.
const TOGETHER: usize = 16;
/// Between attempts to write while Redis is away, or refuses.
const PAUSE: Duration = Duration::from_millis(500);

/// Values in Redis, each under a key of its own and sealed. The key tells nothing of the name. Of those that it has written
/// itself and that have not ended, as many are there as `redis.memosMaxBytes` has room for.
pub struct RedisMemos {
    shared: Arc<Shared>,
    questions: mpsc::Sender<Question>,
    _writing: AbortOnDropHandle<()>,
    _asking: AbortOnDropHandle<()>,
}

struct Shared {
    connections: Connections,
    commands: Commands,
    drafts: Mutex<Drafts>,
    /// There is a draft.
    drafted: Notify,
    /// A batch was written, or could not be.
    tried: Notify,
    /// While Redis is believed to be away.
    away: Mutex<Option<Instant>>,
    meters: Meters,
}

struct Question {
    name: Name,
    answer: oneshot::Sender<Option<Bytes>>,
}

/// Why Redis did not do something.
#[derive(Debug)]
enum Failed {
    Away,
    Refused(RedisError),
}

impl From<RedisError> for Failed {
    fn from(error: RedisError) -> Self {
        if is_refusal(&error) { Self::Refused(error) } else { Self::Away }
    }
}

// === impl RedisMemos ===

impl RedisMemos {
    /// A store. Must be called within a runtime.
    pub fn new(redis: &Redis, keys: &Keyring) -> Self {
        let (questions, asked) = mpsc::channel(MAX_QUESTIONS);
        let shared = Arc::new(Shared {
            connections: redis.connections.clone(),
            commands: Commands::new(&redis.settings.prefix, keys),
            drafts: Mutex::new(Drafts::new(drafts::ROOM)),
            drafted: Notify::new(),
            tried: Notify::new(),
            away: Mutex::default(),
            meters: Meters::new(),
        });
        let writing = tokio::spawn(write(Arc::clone(&shared), Lodgings::new(redis.settings.memos_room)));
        let asking = tokio::spawn(ask(Arc::clone(&shared), asked));
        Self { shared, questions, _writing: AbortOnDropHandle::new(writing), _asking: AbortOnDropHandle::new(asking) }
    }

    async fn look_up(&self, name: Name) -> Result<Option<Bytes>, Unreachable> {
        let drafted = self.shared.drafts().get(&name).map(|draft| draft.value_at(Instant::now()));
        let known = match drafted {
            Some(value) => Some(value),
            None => self.inquire(name).await,
        };
        match &known {
            Some(value) => self.shared.meters.recalled(value.as_ref()),
            None => self.shared.meters.unreachable.increment(1),
        }
        known.ok_or(Unreachable)
    }

    /// What Redis has; `None` if it does not say.
    async fn inquire(&self, name: Name) -> Option<Option<Bytes>> {
        if self.shared.is_away() {
            return None;
        }
        let (answer, answered) = oneshot::channel();
        self.questions.try_send(Question { name, answer }).ok()?;
        let answer = timeout(PATIENCE, answered).await;
        if answer.is_err() {
            self.shared.lost();
        }
        answer.ok()?.ok()
    }
}

impl Memos for RedisMemos {
    fn keep(&self, platform: &PlatformId, name: &str, value: Option<Bytes>, lasts: Duration) {
        let shared = &*self.shared;
        let value = shared.meters.weigh(value, lasts);
        let until = Instant::now() + lasts.min(LONGEST);
        let had_room = shared.drafts().put((platform.clone(), name.to_owned()), value, until);
        if had_room {
            shared.drafted.notify_one();
        } else {
            shared.meters.crowded.increment(1);
        }
    }

    fn recall(&self, platform: &PlatformId, name: &str) -> BoxFuture<'_, Result<Option<Bytes>, Unreachable>> {
        self.look_up((platform.clone(), name.to_owned())).boxed()
    }

    fn settle(&self) -> BoxFuture<'_, ()> {
        async {
            loop {
                // Before the look, so that nothing that happens after it is missed.
                let tried = self.shared.tried.notified();
                if self.shared.drafts().is_empty() || self.shared.is_away() {
                    return;
                }
                tried.await;
            }
        }
        .boxed()
    }
}

/// Writes drafts, some at a time, each until Redis has taken or refused it.
async fn write(shared: Arc<Shared>, mut lodgings: Lodgings) {
    let mut refuses = false;
    loop {
        let batch = shared.drafts().batch();
        if batch.is_empty() {
            shared.drafted.notified().await;
            continue;
        }
        let written = shared.query::<()>(&shared.commands.write(&batch, &mut lodgings)).await;
        if !matches!(written, Err(Failed::Away)) {
            shared.drafts().done(&batch);
            shared.meters.crowded.increment(lodgings.left());
        }
        shared.tried.notify_waiters();
        match written {
            Ok(()) => refuses = false,
            Err(Failed::Refused(error)) => {
                if !refuses {
                    tracing::warn!(%error, "Redis refuses what workers want to find again");
                }
                refuses = true;
                shared.meters.refused.increment(batch.len() as u64);
                tokio::time::sleep(PAUSE).await;
            }
            Err(Failed::Away) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Looks for what is asked for, for all who ask at the time.
async fn ask(shared: Arc<Shared>, mut questions: mpsc::Receiver<Question>) {
    let mut batch = Vec::with_capacity(TOGETHER);
    while questions.recv_many(&mut batch, TOGETHER).await > 0 {
        batch.retain(|question| !question.answer.is_closed());
        if batch.is_empty() || shared.is_away() {
            // Who is not answered counts it.
            batch.clear();
            continue;
        }
        let look_up = shared.commands.read(batch.iter().map(|question| &question.name));
        if let Ok(found) = shared.query::<Vec<Option<Vec<u8>>>>(&look_up).await {
            for (question, found) in batch.drain(..).zip(shared.commands.each(&found)) {
                // Who asked may have left.
                let _ = question.answer.send(shared.commands.open(&question.name, found));
            }
        }
        batch.clear();
    }
}

// === impl Shared ===

impl Shared {
    async fn query<T: FromRedisValue>(&self, pipeline: &Pipeline) -> Result<T, Failed> {
        let answer = match self.connections.get().await {
            Ok(mut link) => {
                let answer = pipeline.query_async(link.connection()).await;
                answer.inspect_err(|error| link.failed(error)).map_err(Failed::from)
            }
            Err(_) => Err(Failed::Away),
        };
        match &answer {
            Err(Failed::Away) => self.lost(),
            _ => *self.away() = None,
        }
        answer
    }

    /// Redis does not answer.
    fn lost(&self) {
        *self.away() = Some(Instant::now() + PATIENCE);
    }

    fn is_away(&self) -> bool {
        self.away().is_some_and(|until| until > Instant::now())
    }

    fn away(&self) -> MutexGuard<'_, Option<Instant>> {
        // A time is whole whatever happened to whoever wrote it.
        self.away.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn drafts(&self) -> MutexGuard<'_, Drafts> {
        // What is lost or written twice is of no harm.
        self.drafts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
