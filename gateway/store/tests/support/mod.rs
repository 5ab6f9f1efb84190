//! A Redis for tests, and what they make over it.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::{cell::RefCell, rc::Rc, sync::Arc, time::Duration};

use footbridge_seal::{Keyring, MasterKey};
use footbridge_store::{
    RedisQueue, RedisVault, Results,
    redis::{Redis, Settings},
};
use footbridge_testkit::redis::{Options, Server};

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
