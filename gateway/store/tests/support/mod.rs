//! A Redis for tests, and what they make over it.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::{
    cell::RefCell,
    collections::HashMap,
    rc::Rc,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use footbridge_seal::{Keyring, MasterKey};
use footbridge_store::{
    JobQueue as _, RedisQueue, RedisVault, Results, SubmitError,
    conformance::props::{Recorder, job},
    redis::{Redis, Settings},
};
use footbridge_testkit::redis::{Options, Server};
use footbridge_wire::Outcome;
use tokio_util::task::AbortOnDropHandle;

thread_local! {
    /// One server per test: it goes with the test's thread.
    static SERVER: RefCell<Option<Rc<Server>>> = const { RefCell::new(None) };
}

/// The test's server, started at the first call.
pub(crate) async fn server() -> Rc<Server> {
    if let Some(server) = SERVER.with_borrow(Clone::clone) {
        return server;
    }
    let server = Rc::new(Server::start(Options::default()).await.expect("redis-server is installed"));
    SERVER.set(Some(Rc::clone(&server)));
    server
}

/// Quick to give up and to bury.
pub(crate) fn settings() -> Settings {
    Settings {
        connect_timeout: Duration::from_secs(2),
        timeout: Duration::from_millis(500),
        give_up: Duration::from_secs(5),
        lease: Duration::from_millis(1500),
        ..Settings::default()
    }
}

pub(crate) fn redis(url: &str) -> Redis {
    Redis::new(url, settings()).expect("a URL")
}

/// Keys that several nodes share.
pub(crate) fn keys(bytes: &[u8]) -> Arc<Keyring> {
    let mut keys = bytes.iter().map(|byte| MasterKey::from_bytes([*byte; 32]));
    let current = keys.next().expect("at least one key");
    Arc::new(Keyring::new(current, keys.collect()))
}

/// A queue with a key, and so a name space, of its own.
pub(crate) async fn queue(max_bytes: usize, results: Arc<dyn Results>) -> RedisQueue {
    node(&server().await.url(), &Keyring::generate(), max_bytes, results)
}

pub(crate) fn node(url: &str, keys: &Keyring, max_bytes: usize, results: Arc<dyn Results>) -> RedisQueue {
    RedisQueue::new(&redis(url), keys, vec!["dummy".into()], max_bytes, results)
}

pub(crate) async fn vault() -> RedisVault {
    RedisVault::new(&redis(&server().await.url()), Arc::new(Keyring::generate()), None)
}

/// A node under test: its queue, a worker that finishes whatever it leases, and what both said.
pub(crate) struct Node {
    pub(crate) queue: Arc<RedisQueue>,
    pub(crate) recorder: Arc<Recorder>,
    next: AtomicU64,
    first: u128,
}

impl Node {
    /// `number` tells its jobs from those of other nodes.
    pub(crate) fn start(number: u64, redis: &Redis, keys: &Keyring) -> Self {
        let recorder = Recorder::new();
        let queue = RedisQueue::new(redis, keys, vec!["dummy".into()], 64 * 1024 * 1024, recorder.clone());
        Self { queue: Arc::new(queue), recorder, next: AtomicU64::new(0), first: u128::from(number) << 64 }
    }

    /// Submits so many jobs, in turn for three lanes of its own and for the shared one.
    pub(crate) fn submit(&self, jobs: usize) {
        for _ in 0..jobs {
            self.try_submit().expect("open, and in reach");
        }
    }

    pub(crate) fn try_submit(&self) -> Result<u128, SubmitError> {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        let lane = u8::try_from(n % 4).expect("small");
        let id = self.first | u128::from(n);
        self.queue.submit(job(id, lane, if lane == 3 { 10 } else { 1 })).map(|()| id)
    }

    /// Runs jobs, until the queue is closed or the handle is dropped.
    pub(crate) fn work(&self, runs: &Runs) -> AbortOnDropHandle<()> {
        let (queue, runs) = (Arc::clone(&self.queue), runs.clone());
        AbortOnDropHandle::new(tokio::spawn(async move {
            while let Ok(jobs) = queue.lease(8).await {
                for job in jobs {
                    runs.begin(job.id.0);
                    tokio::task::yield_now().await;
                    queue.finish(job.id, Outcome::Unchanged);
                }
            }
        }))
    }

    /// Waits for so many ends, and checks that none was told twice.
    pub(crate) async fn ends(&self, count: usize) -> HashMap<u128, Outcome> {
        let ends = self.recorder.ends(count).await;
        assert_eq!(ends.len(), count, "no more ends than jobs");
        let by_id: HashMap<u128, Outcome> = ends.into_iter().collect();
        assert_eq!(by_id.len(), count, "no job ends twice");
        by_id
    }

    /// As when the process is killed: nothing is told to Redis any more.
    pub(crate) fn kill(self) {
        drop(self);
    }
}

/// How often each job was run, on whatever node.
#[derive(Clone, Default)]
pub(crate) struct Runs(Arc<Mutex<HashMap<u128, usize>>>);

impl Runs {
    pub(crate) fn begin(&self, id: u128) {
        *self.0.lock().expect("nobody panics here").entry(id).or_default() += 1;
    }

    pub(crate) fn of(&self, id: u128) -> usize {
        self.0.lock().expect("nobody panics here").get(&id).copied().unwrap_or_default()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.lock().expect("nobody panics here").len()
    }

    pub(crate) fn assert_none_twice(&self) {
        let runs = self.0.lock().expect("nobody panics here");
        let twice: Vec<_> = runs.iter().filter(|(_, count)| **count > 1).collect();
        assert!(twice.is_empty(), "run more than once: {twice:?}");
    }
}

/// Waits until something is so; the test runner's limit ends a wait in vain.
pub(crate) async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    while !is_so().await {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
