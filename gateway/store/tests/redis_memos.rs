//! Memos in Redis do what all do, are shared by who has the key, tell nothing, and hold nobody up.

mod support;

use std::time::Duration;

use bytes::Bytes;
use footbridge_seal::Keyring;
use footbridge_store::{
    Memos, RedisMemos, RedisVault, Vault as _,
    conformance::props::{asker, slot},
    redis::{Redis, Settings},
};
use footbridge_testkit::redis::{Options, Persist, Reply, Server};
use support::{Node, keys, redis, settings, until};

const HOUR: Duration = Duration::from_hours(1);

async fn memos() -> RedisMemos {
    RedisMemos::new(&redis(&support::server().await.url()), &Keyring::generate())
}

footbridge_store::memos_conformance!(memos);

async fn server() -> Server {
    Server::start(Options::default()).await.expect("redis-server is installed")
}

fn over(server: &Server, key: &[u8]) -> RedisMemos {
    RedisMemos::new(&redis(&server.url()), &keys(key))
}

fn keep(memos: &RedisMemos, name: &str, value: &str) {
    memos.keep(&"feeds".into(), name, Some(Bytes::copy_from_slice(value.as_bytes())), HOUR);
}

async fn recall(memos: &RedisMemos, name: &str) -> Option<String> {
    let value = memos.recall(&"feeds".into(), name).await.ok().flatten();
    value.map(|value| String::from_utf8(value.to_vec()).expect("as kept"))
}

async fn written(server: &Server) -> Vec<String> {
    let keys = server.command(&["KEYS", "*"]).await.expect("keys");
    keys.items().iter().filter_map(|key| key.text()).map(str::to_owned).collect()
}

#[tokio::test]
async fn who_has_the_key_finds_what_another_gateway_kept() {
    let server = server().await;
    let (one, other, stranger) = (over(&server, &[1]), over(&server, &[1]), over(&server, &[2]));
    keep(&one, "a", "kept");
    one.settle().await;
    assert_eq!(recall(&other, "a").await.as_deref(), Some("kept"));
    assert_eq!(recall(&stranger, "a").await, None);
    drop(one);
    assert_eq!(recall(&over(&server, &[1]), "a").await.as_deref(), Some("kept"), "it outlives who kept it");
}

#[tokio::test]
async fn a_new_key_finds_what_the_old_one_kept_and_replaces_it() {
    let server = server().await;
    let (before, after) = (over(&server, &[1]), over(&server, &[2, 1]));
    for name in ["a", "b", "c"] {
        keep(&before, name, "old");
    }
    before.settle().await;
    assert_eq!(recall(&after, "a").await.as_deref(), Some("old"));
    keep(&after, "a", "new");
    after.keep(&"feeds".into(), "b", None, HOUR);
    after.settle().await;
    for (name, expected) in [("a", Some("new")), ("b", None), ("c", Some("old"))] {
        assert_eq!(recall(&over(&server, &[2, 1]), name).await.as_deref(), expected, "{name}");
    }
    assert_eq!(written(&server).await.len(), 2, "what was replaced is gone");
}

// core 78
#[tokio::test]
async fn nothing_can_be_read_in_redis_and_everything_ends() {
    let server = server().await;
    let memos = over(&server, &[1]);
    for n in 0..50 {
        keep(&memos, &format!("page:https://kim:hunter2@news.example/{n}"), "a planted text, longer than a block");
    }
    memos.settle().await;
    let dump = server.dump().await;
    assert!(dump.len() > 50 * 35);
    for planted in ["hunter2", "news.example", "feeds", "planted", "page:"] {
        assert!(!dump.windows(planted.len()).any(|window| window == planted.as_bytes()), "{planted}");
    }
    assert_eq!(server.keys_without_ttl().await, Vec::<String>::new());
    let keys = written(&server).await;
    assert_eq!(keys.len(), 50);
    for key in keys {
        let digits = key.strip_prefix("sockethub:memo:").expect("it begins with the prefix");
        assert!(digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()), "{key}");
    }
}

// Whoever can write to Redis cannot make one value pass for another.
#[tokio::test]
async fn a_value_moved_elsewhere_does_not_open() {
    let server = server().await;
    let memos = over(&server, &[1]);
    for name in ["a", "b"] {
        keep(&memos, name, name);
    }
    memos.settle().await;
    let keys = written(&server).await;
    server.command(&["RENAME", &keys[0], &keys[1]]).await.expect("moved");
    assert_eq!((recall(&memos, "a").await, recall(&memos, "b").await), (None, None));
}

#[tokio::test]
async fn while_redis_hangs_nobody_waits_for_it_and_what_is_kept_meanwhile_is_written_later() {
    let server = server().await;
    // Longer than the test may take: only who asks gives up.
    let patient = Settings { timeout: HOUR, ..settings() };
    let memos = RedisMemos::new(&Redis::new(&server.url(), patient).expect("a URL"), &keys(&[1]));
    keep(&memos, "before", "1");
    memos.settle().await;
    server.pause().expect("it runs");
    assert_eq!(recall(&memos, "before").await, None);
    let asked = (0..1000).map(async |n: u32| recall(&memos, &n.to_string()).await);
    assert!(futures_util::future::join_all(asked).await.iter().all(Option::is_none));
    for n in 0..1000 {
        keep(&memos, "meanwhile", &n.to_string());
    }
    assert_eq!(recall(&memos, "meanwhile").await.as_deref(), Some("999"), "what waits is found");
    memos.settle().await;
    server.resume().expect("it is paused");
    let other = over(&server, &[1]);
    until(async || recall(&other, "meanwhile").await.as_deref() == Some("999")).await;
    until(async || recall(&memos, "before").await.is_some()).await;
    let stats = server.command(&["INFO", "commandstats"]).await.expect("stats");
    let sets = stats.text().and_then(|text| text.split("cmdstat_set:calls=").nth(1)?.split(',').next());
    let sets: u32 = sets.and_then(|count| count.parse().ok()).expect("it has set something");
    assert!(sets <= 4, "of a thousand values only the last is written: {sets}");
}

#[tokio::test]
async fn a_redis_that_was_away_is_told_what_waited() {
    let mut server =
        Server::start(Options { persist: Persist::Nothing, ..Options::default() }).await.expect("a server");
    let memos = over(&server, &[1]);
    server.kill().await;
    keep(&memos, "a", "waited");
    assert_eq!(recall(&memos, "other").await, None);
    memos.settle().await;
    server.restart().await.expect("started again");
    let other = over(&server, &[1]);
    until(async || recall(&other, "a").await.as_deref() == Some("waited")).await;
}

#[tokio::test]
async fn what_a_full_redis_refuses_is_lost_and_nothing_waits_for_it() {
    let server = server().await;
    let memos = over(&server, &[1]);
    keep(&memos, "a", "before");
    memos.settle().await;
    server.command(&["CONFIG", "SET", "maxmemory", "1"]).await.expect("set");
    keep(&memos, "b", "too much");
    memos.settle().await;
    assert_eq!(recall(&memos, "b").await, None);
    assert_eq!(recall(&memos, "a").await.as_deref(), Some("before"), "reading goes on");
    server.command(&["CONFIG", "SET", "maxmemory", "0"]).await.expect("set");
    keep(&memos, "c", "after");
    memos.settle().await;
    assert_eq!(recall(&over(&server, &[1]), "c").await.as_deref(), Some("after"));
}

#[tokio::test]
async fn there_is_an_end_to_what_a_gateway_keeps() {
    let server = server().await;
    let small = Settings { memos_room: 20_000, ..settings() };
    let memos = RedisMemos::new(&Redis::new(&server.url(), small).expect("a URL"), &keys(&[1]));
    keep(&memos, "stays", "since it lasts for longest");
    for n in 0..200 {
        memos.keep(&"feeds".into(), &n.to_string(), Some(vec![0; 1000].into()), HOUR / 2);
    }
    memos.settle().await;
    let left = written(&server).await.len();
    assert!((10..20).contains(&left), "{left} are left");
    assert_eq!(recall(&memos, "stays").await.as_deref(), Some("since it lasts for longest"));
    assert!(recall(&memos, "199").await.is_some(), "the first have made room");
    assert_eq!(recall(&memos, "0").await, None);
}

#[tokio::test]
async fn queue_vault_and_memos_together_need_four_connections() {
    let server = server().await;
    let redis = redis(&server.url());
    let node = Node::start(1, &redis, &keys(&[1]));
    let vault = RedisVault::new(&redis, keys(&[1]), None);
    let memos = RedisMemos::new(&redis, &keys(&[1]));
    node.submit(200);
    let opened = async |n: u32| {
        keep(&memos, &n.to_string(), "value");
        let opened = vault.open(&asker(1), &slot("irc", &n.to_string())).await;
        assert_eq!(opened.expect("in reach").map(|_| ()), None);
        recall(&memos, &(n / 2).to_string()).await
    };
    futures_util::future::join_all((0..500).map(opened)).await;
    assert!(server.clients().await <= 4);
    memos.settle().await;
    let kept = server.command(&["DBSIZE"]).await.expect("a number");
    assert!(matches!(kept, Reply::Integer(500..)), "{kept:?}");
}
