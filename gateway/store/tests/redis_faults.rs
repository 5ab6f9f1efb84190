//! Redis dies, stops, crawls, forgets and refuses: every job still ends once, and none is run twice (core.md 4.6).

mod support;

use std::time::Duration;

use footbridge_seal::{Keyring, Secret};
use footbridge_store::{
    JobQueue, RedisVault, SubmitError, Vault, VaultError,
    conformance::props::{asker, failed, slot},
    redis::{Redis, RedisError, Settings},
};
use footbridge_testkit::{
    proxy::Proxy,
    redis::{Options, Persist, Reply, Sentinel, Server},
};
use footbridge_wire::Outcome;
use support::{Node, Runs, redis, settings, until};

const UNREACHABLE: &str = "failed to add job to queue: Redis does not answer";

async fn start(persist: Persist) -> Server {
    Server::start(Options { persist, ..Options::default() }).await.expect("redis-server is installed")
}

/// Jobs before, while and after Redis is down all run.
async fn survives_a_kill(persist: Persist) {
    let mut server = start(persist).await;
    let node = Node::start(1, &redis(&server.url()), &Keyring::generate());
    let runs = Runs::default();
    let _worker = node.work(&runs);
    let mut submitted = 0;
    for round in 1..=8 {
        node.submit(200);
        // Not always at the same point of their way.
        until(async || runs.count() >= submitted + 20 * round).await;
        server.kill().await;
        node.submit(50);
        server.restart().await.expect("started again");
        submitted += 250;
        let ends = node.ends(submitted).await;
        assert!(ends.values().all(|outcome| *outcome == Outcome::Unchanged), "{ends:?}");
    }
    runs.assert_none_twice();
    assert_eq!(runs.count(), submitted);
}

#[tokio::test]
async fn a_redis_that_comes_back_with_all_it_had_goes_on() {
    survives_a_kill(Persist::EveryWrite).await;
}

#[tokio::test]
async fn a_redis_that_comes_back_empty_is_told_again() {
    survives_a_kill(Persist::Nothing).await;
}

#[tokio::test]
async fn a_redis_that_is_emptied_while_it_runs_is_told_again() {
    let server = start(Persist::Nothing).await;
    let node = Node::start(1, &redis(&server.url()), &Keyring::generate());
    let runs = Runs::default();
    node.submit(100);
    server.command(&["FLUSHALL"]).await.expect("emptied");
    let _worker = node.work(&runs);
    node.submit(100);
    server.command(&["FLUSHALL"]).await.expect("emptied");
    node.submit(1);
    node.ends(201).await;
    runs.assert_none_twice();
    assert_eq!(runs.count(), 201);
}

#[tokio::test]
async fn while_redis_hangs_jobs_fail_in_words_and_new_ones_are_refused_until_it_is_back() {
    let server = start(Persist::Nothing).await;
    let impatient = Settings { give_up: Duration::from_secs(1), ..settings() };
    let redis = Redis::new(&server.url(), impatient).expect("a URL");
    let node = Node::start(1, &redis, &Keyring::generate());
    let runs = Runs::default();
    node.submit(4);
    let worker = node.work(&runs);
    node.ends(4).await;
    drop(worker);
    node.submit(4);
    server.pause().expect("stopped");
    node.submit(4);
    let ends = node.ends(12).await;
    assert_eq!(ends.values().filter(|outcome| **outcome == failed(UNREACHABLE)).count(), 8);
    assert_eq!(node.try_submit(), Err(SubmitError::Unreachable));
    assert_eq!(SubmitError::Unreachable.to_string(), UNREACHABLE);
    assert!(!node.queue.is_reachable());
    assert_eq!(node.queue.depth().waiting, 0);
    server.resume().expect("continued");
    let _worker = node.work(&runs);
    until(async || node.try_submit().is_ok()).await;
    node.ends(13).await;
    assert!(node.queue.is_reachable());
    assert_eq!(runs.count(), 5, "what was answered as failed is not run");
}

#[tokio::test]
async fn a_short_absence_is_sat_out_however_old_the_connections_are() {
    let mut server = start(Persist::Nothing).await;
    let patience = Duration::from_secs(1);
    let settings = Settings { give_up: patience, ..settings() };
    let node = Node::start(1, &Redis::new(&server.url(), settings).expect("a URL"), &Keyring::generate());
    let runs = Runs::default();
    let _worker = node.work(&runs);
    node.submit(4);
    node.ends(4).await;
    // Longer than it would be away: it is the age of the connections that is tested.
    tokio::time::sleep(patience * 3 / 2).await;
    server.kill().await;
    node.submit(4);
    server.restart().await.expect("started again");
    let ends = node.ends(8).await;
    assert!(ends.values().all(|outcome| *outcome == Outcome::Unchanged), "{ends:?}");
}

#[tokio::test]
async fn an_idle_node_notices_that_redis_forgot_its_jobs() {
    let server = start(Persist::Nothing).await;
    let node = Node::start(1, &redis(&server.url()), &Keyring::generate());
    node.submit(4);
    // The three of its own lanes are in its own stream.
    let are_written = async || {
        let keys = server.command(&["KEYS", "*:node:*"]).await.expect("keys");
        match keys.items().first().and_then(Reply::text) {
            Some(stream) => server.command(&["XLEN", stream]).await.expect("a stream") == Reply::Integer(3),
            None => false,
        }
    };
    until(are_written).await;
    server.command(&["FLUSHALL"]).await.expect("emptied");
    until(are_written).await;
}

#[tokio::test]
async fn no_key_is_ever_without_a_time_to_live() {
    let server = start(Persist::Nothing).await;
    for number in 1..=10 {
        let node = Node::start(number, &redis(&server.url()), &Keyring::generate());
        node.submit(4);
        until(async || server.command(&["DBSIZE"]).await.expect("a size") != Reply::Integer(0)).await;
        assert_eq!(server.keys_without_ttl().await, Vec::<String>::new());
        node.kill();
    }
}

#[tokio::test]
async fn what_runs_while_redis_is_away_is_answered_at_once() {
    let mut server = start(Persist::Nothing).await;
    let node = Node::start(1, &redis(&server.url()), &Keyring::generate());
    node.submit(1);
    let jobs = node.queue.lease(1).await.expect("open");
    server.kill().await;
    node.queue.finish(jobs[0].id, Outcome::Unchanged);
    assert_eq!(node.ends(1).await[&jobs[0].id.0], Outcome::Unchanged);
}

#[tokio::test]
async fn a_slow_redis_is_slow_and_no_more() {
    let server = start(Persist::Nothing).await;
    let proxy = Proxy::start(server.port()).await;
    proxy.delay(Duration::from_millis(30));
    let node = Node::start(1, &redis(&format!("redis://127.0.0.1:{}", proxy.port())), &Keyring::generate());
    let runs = Runs::default();
    let _worker = node.work(&runs);
    node.submit(100);
    node.ends(100).await;
    runs.assert_none_twice();
}

#[tokio::test]
async fn a_connection_reset_in_the_middle_of_a_reply_costs_no_job_and_runs_none_twice() {
    let server = start(Persist::Nothing).await;
    let proxy = Proxy::start(server.port()).await;
    let node = Node::start(1, &redis(&format!("redis://127.0.0.1:{}", proxy.port())), &Keyring::generate());
    let runs = Runs::default();
    let _worker = node.work(&runs);
    let mut submitted = 0;
    for cut in [0, 1, 3, 17, 100, 250, 700, 1500, 4000] {
        proxy.cut_in_reply(cut);
        node.submit(40);
        submitted += 40;
        let ends = node.ends(submitted).await;
        assert!(ends.values().all(|outcome| *outcome == Outcome::Unchanged));
        proxy.cut().await;
    }
    runs.assert_none_twice();
    assert_eq!(runs.count(), submitted);
}

#[tokio::test]
async fn a_redis_without_memory_refuses_by_name_and_serves_again_when_it_has_some() {
    let server = start(Persist::Nothing).await;
    let node = Node::start(1, &redis(&server.url()), &Keyring::generate());
    let runs = Runs::default();
    let _worker = node.work(&runs);
    node.submit(1);
    node.ends(1).await;
    server.command(&["CONFIG", "SET", "maxmemory", "1"]).await.expect("no memory");
    node.submit(3);
    let ends = node.ends(4).await;
    let refused = failed("failed to add job to queue: Redis has no memory left");
    assert_eq!(ends.values().filter(|outcome| **outcome == refused).count(), 3, "{ends:?}");
    let (kim, secret) = (asker(1), Secret::new(b"{}".to_vec()));
    let vault = RedisVault::new(&redis(&server.url()), Keyring::generate().into(), None);
    assert_eq!(vault.put(&kim, slot("irc", "kim"), secret).await, Err(VaultError::Unreachable));
    server.command(&["CONFIG", "SET", "maxmemory", "0"]).await.expect("memory");
    node.submit(1);
    node.ends(5).await;
    assert_eq!(runs.count(), 2);
}

#[tokio::test]
async fn a_fail_over_to_a_replica_is_followed() {
    let mut primary = start(Persist::Nothing).await;
    let options = Options { replica_of: Some(primary.port()), ..Options::default() };
    let replica = Server::start(options).await.expect("a replica");
    let sentinel = Sentinel::start(primary.port()).await.expect("a sentinel");
    let patient = Settings { give_up: Duration::from_mins(1), ..settings() };
    let redis = Redis::new(&sentinel.url(0), patient).expect("a URL");
    redis.check().await.expect("in reach");
    let node = Node::start(1, &redis, &Keyring::generate());
    let runs = Runs::default();
    let _worker = node.work(&runs);
    node.submit(100);
    until(async || runs.count() >= 20).await;
    primary.kill().await;
    node.submit(100);
    let ends = node.ends(200).await;
    assert!(ends.values().all(|outcome| *outcome == Outcome::Unchanged), "{ends:?}");
    runs.assert_none_twice();
    assert_eq!(sentinel.master_port().await.expect("an answer"), replica.port());
}

#[tokio::test]
async fn credentials_of_a_session_that_left_while_redis_was_away_are_gone_once_it_is_back() {
    // core 77
    let mut server = start(Persist::EveryWrite).await;
    let keys = support::keys(&[1]);
    let quick = Settings { give_up: Duration::from_millis(500), ..settings() };
    let vault = RedisVault::new(&Redis::new(&server.url(), quick).expect("a URL"), keys.clone(), None);
    let kim = asker(1);
    vault.put(&kim, slot("irc", "kim"), Secret::new(b"{}".to_vec())).await.expect("stored");
    server.kill().await;
    assert_eq!(vault.open(&kim, &slot("irc", "kim")).await.err(), Some(VaultError::Unreachable));
    vault.forget(kim.session).await;
    server.restart().await.expect("started again");
    until(async || server.command(&["DBSIZE"]).await.is_ok_and(|size| size == Reply::Integer(0))).await;
}

#[tokio::test]
async fn a_redis_that_is_not_there_is_named_without_its_password() {
    let mut server = start(Persist::Nothing).await;
    let url = server.url().replace("redis://", "redis://kim:s3cret@");
    server.kill().await;
    let error = redis(&url).check().await.expect_err("not there");
    assert!(matches!(error, RedisError::Unreachable(_)));
    let text = error.to_string();
    assert!(text.starts_with("redis.url: Redis cannot be reached: ") && !text.contains("s3cret"), "{text}");
}
