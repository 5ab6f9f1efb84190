//! Several nodes on one Redis: the work is shared, answers travel back, and what a dead node left is taken over.

mod support;

use footbridge_seal::Keyring;
use footbridge_seal::Secret;
use footbridge_store::{
    JobQueue, RedisVault, Vault,
    conformance::props::{asker, failed, slot},
};
use footbridge_testkit::redis::{Options, Server};
use footbridge_wire::Outcome;
use support::{Node, Runs, keys, redis, until};

async fn server() -> Server {
    Server::start(Options::default()).await.expect("redis-server is installed")
}

#[tokio::test]
async fn an_answer_travels_back_to_the_node_that_holds_the_session() {
    let server = server().await;
    let keys = keys(&[1]);
    let (front, back) = (Node::start(1, &redis(&server.url()), &keys), Node::start(2, &redis(&server.url()), &keys));
    let runs = Runs::default();
    let _worker = back.work(&runs);
    front.submit(400);
    // Nobody works at the front: only jobs of the shared lane end.
    let ends = front.ends(100).await;
    assert!(ends.iter().all(|(id, outcome)| id % 4 == 3 && *outcome == Outcome::Unchanged));
    assert!(back.recorder.told().is_empty(), "the others' answers are not told here");
    runs.assert_none_twice();
}

#[tokio::test]
async fn two_nodes_share_the_work_and_run_nothing_twice() {
    let server = server().await;
    let keys = keys(&[1]);
    let nodes = [1, 2].map(|number| Node::start(number, &redis(&server.url()), &keys));
    let runs = [Runs::default(), Runs::default()];
    let together = Runs::default();
    let _workers: Vec<_> =
        nodes.iter().zip(&runs).flat_map(|(node, own)| [node.work(own), node.work(&together)]).collect();
    for _ in 0..20 {
        for node in &nodes {
            node.submit(100);
        }
    }
    for node in &nodes {
        node.ends(2000).await;
    }
    let counts = [runs[0].count(), runs[1].count(), together.count()];
    assert_eq!(counts.iter().sum::<usize>(), 4000, "{counts:?}");
    for runs in [&runs[0], &runs[1], &together] {
        runs.assert_none_twice();
    }
}

#[tokio::test]
async fn what_a_dead_node_had_not_begun_is_run_by_the_next_and_what_it_had_begun_is_not() {
    let server = server().await;
    let keys = keys(&[1]);
    let dead = Node::start(1, &redis(&server.url()), &keys);
    dead.submit(200);
    let begun = dead.queue.lease(8).await.expect("open");
    until(async || dead.queue.depth().waiting == 200 - begun.len()).await;
    // All has been written, or it could not be found.
    until(async || written(&server).await == 200 - begun.len()).await;
    dead.kill();
    let heir = Node::start(2, &redis(&server.url()), &keys);
    let runs = Runs::default();
    let _worker = heir.work(&runs);
    until(async || runs.count() == 200 - begun.len()).await;
    runs.assert_none_twice();
    assert!(begun.iter().all(|job| runs.of(job.id.0) == 0), "begun jobs are not run again");
    assert!(heir.recorder.told().is_empty());
}

/// Jobs in all streams.
async fn written(server: &Server) -> usize {
    let keys = server.command(&["KEYS", "*"]).await.expect("keys");
    let mut entries = 0;
    for key in keys
        .items()
        .iter()
        .filter_map(|key| key.text())
        .filter(|key| key.contains(":node:") || key.contains(":platform:"))
    {
        if let footbridge_testkit::redis::Reply::Integer(length) =
            server.command(&["XLEN", key]).await.expect("a stream")
        {
            entries += usize::try_from(length).expect("small");
        }
    }
    entries
}

#[tokio::test]
async fn jobs_that_a_dead_node_had_begun_for_others_end_as_failed() {
    // core.md 4.6: a job that had begun is not run again
    let server = server().await;
    let keys = keys(&[1]);
    let front = Node::start(1, &redis(&server.url()), &keys);
    let dead = Node::start(2, &redis(&server.url()), &keys);
    front.submit(4);
    let begun = dead.queue.lease(1).await.expect("open");
    assert_eq!(begun[0].id.0 % 4, 3);
    dead.kill();
    let ends = front.ends(1).await;
    assert_eq!(ends[&begun[0].id.0], failed("platform process terminated"));
}

#[tokio::test]
async fn a_node_that_was_thought_dead_does_not_run_what_its_heir_took() {
    let server = server().await;
    let proxy = footbridge_testkit::proxy::Proxy::start(server.port()).await;
    let keys = keys(&[1]);
    let patient =
        footbridge_store::redis::Settings { give_up: std::time::Duration::from_mins(1), ..support::settings() };
    let through =
        footbridge_store::redis::Redis::new(&format!("redis://127.0.0.1:{}", proxy.port()), patient).expect("a URL");
    let cut_off = Node::start(1, &through, &keys);
    cut_off.submit(100);
    until(async || written(&server).await == 100).await;
    proxy.stall(true);
    let heir = Node::start(2, &redis(&server.url()), &keys);
    let runs = Runs::default();
    let _worker = heir.work(&runs);
    until(async || runs.count() == 100).await;
    proxy.stall(false);
    let _woken = cut_off.work(&runs);
    // Whether answers reach it depends on whether its stream was gone when they were told; they are not run again.
    cut_off.submit(40);
    until(async || runs.count() == 140).await;
    runs.assert_none_twice();
}

#[tokio::test]
async fn nodes_with_other_keys_leave_each_other_alone() {
    let server = server().await;
    let (one, other) =
        (Node::start(1, &redis(&server.url()), &keys(&[1])), Node::start(2, &redis(&server.url()), &keys(&[2])));
    let (runs, others) = (Runs::default(), Runs::default());
    let _worker = other.work(&others);
    one.submit(40);
    other.submit(40);
    other.ends(40).await;
    let _late = one.work(&runs);
    one.ends(40).await;
    assert_eq!((runs.count(), others.count()), (40, 40));
}

#[tokio::test]
async fn a_new_key_still_opens_what_the_old_one_sealed() {
    let server = server().await;
    let before = Node::start(1, &redis(&server.url()), &keys(&[1]));
    let vault = RedisVault::new(&redis(&server.url()), keys(&[1]), None);
    let kim = asker(1);
    vault.put(&kim, slot("irc", "kim"), Secret::new(b"{}".to_vec())).await.expect("stored");
    before.submit(100);
    until(async || written(&server).await == 100).await;
    before.kill();
    let after = Node::start(2, &redis(&server.url()), &keys(&[2, 1]));
    let runs = Runs::default();
    let _worker = after.work(&runs);
    until(async || runs.count() == 100).await;
    runs.assert_none_twice();
    let vault = RedisVault::new(&redis(&server.url()), keys(&[2, 1]), None);
    let opened = vault.open(&kim, &slot("irc", "kim")).await.expect("in reach");
    assert_eq!(opened.expect("still there").expose(), b"{}");
    vault.put(&kim, slot("irc", "kim"), Secret::new(b"new".to_vec())).await.expect("stored");
    let vault = RedisVault::new(&redis(&server.url()), keys(&[2]), None);
    let opened = vault.open(&kim, &slot("irc", "kim")).await.expect("in reach");
    assert_eq!(opened.expect("sealed anew").expose(), b"new");
}

#[tokio::test]
async fn a_node_that_leaves_leaves_nothing_and_one_that_is_killed_only_what_expires() {
    let server = server().await;
    let node = Node::start(1, &redis(&server.url()), &Keyring::generate());
    let runs = Runs::default();
    let worker = node.work(&runs);
    node.submit(100);
    node.ends(100).await;
    node.submit(5);
    node.queue.close("gateway shutting down");
    worker.await.expect("ended");
    node.queue.leave().await;
    let left = server.command(&["KEYS", "*"]).await.expect("keys");
    let left: Vec<&str> = left.items().iter().filter_map(|key| key.text()).collect();
    assert!(left.iter().all(|key| key.contains(":platform:")), "{left:?}");
    let killed = Node::start(2, &redis(&server.url()), &Keyring::generate());
    killed.submit(100);
    until(async || written(&server).await == 100).await;
    killed.kill();
    assert_eq!(server.keys_without_ttl().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_node_with_its_vault_needs_four_connections_however_much_it_does() {
    let server = server().await;
    let redis = redis(&server.url());
    let node = Node::start(1, &redis, &Keyring::generate());
    let vault = RedisVault::new(&redis, Keyring::generate().into(), None);
    let runs = Runs::default();
    let _workers: Vec<_> = (0..20).map(|_| node.work(&runs)).collect();
    node.submit(1000);
    let puts = (0..100).map(|n| {
        let vault = &vault;
        async move {
            let slot = slot("irc", &n.to_string());
            vault.put(&asker(1), slot, Secret::new(b"{}".to_vec())).await
        }
    });
    let stored = futures_util::future::join_all(puts).await;
    assert!(stored.iter().all(Result::is_ok));
    assert!(server.clients().await <= 4);
    node.ends(1000).await;
}
