//! Workers, Redis and the gateway die at random points with a thousand jobs in flight: every job ends once, none is lost,
//! and none is run twice after it had begun (core.md 4.6 *ours*).
//!
//! `FOOTBRIDGE_CHAOS_ROUNDS` (default 50) and `FOOTBRIDGE_CHAOS_SEED` (default: of the clock, and printed) choose the run.

use std::{
    collections::{HashMap, HashSet},
    env, fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use footbridge_e2e::{LOOK, drained};
use footbridge_testkit::{
    activity::{activity, echo},
    gateway::{Gateway, signal},
    redis::{Options, Persist, Reply, Server},
    socketio::{Ack, Client},
};
use serde_json::{Value, json};

const CLIENTS: usize = 20;
/// Jobs per client and round: a thousand in all.
const JOBS: usize = 50;

/// Numbers that look random and are the same for the same seed (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).expect("below a usize")
    }
}

/// What dies in a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Blow {
    Worker,
    Redis,
    Gateway,
    RedisAndGateway,
    WorkerAndRedis,
}

struct Chaos {
    server: Server,
    gateway: Option<Gateway>,
    folder: tempfile::TempDir,
    dice: Dice,
}

/// What became of the jobs of all rounds.
#[derive(Debug, Default)]
struct Tally {
    answered: usize,
    failed: usize,
    /// Of a gateway that was killed: nobody is left to answer.
    unanswered: usize,
    /// Of these, jobs that had not begun: the next gateway ran them.
    inherited: usize,
}

impl Chaos {
    fn book(&self) -> PathBuf {
        self.folder.path().join("book")
    }

    /// How often each job was run.
    fn runs(&self) -> HashMap<String, usize> {
        let mut runs = HashMap::new();
        for line in fs::read_to_string(self.book()).unwrap_or_default().lines() {
            *runs.entry(line.to_owned()).or_default() += 1;
        }
        runs
    }

    async fn start(&mut self) {
        let settings = json!({
            "platforms": ["dummy", "clerk"],
            "logging": {"level": "warn"},
            "redis": {"url": self.server.url(), "leaseMs": 1000, "giveUpMs": 30_000},
            "encryption": {"key": "2a".repeat(32)}
        });
        self.gateway = Some(Gateway::start(settings).await.expect("a gateway"));
    }

    fn gateway(&self) -> &Gateway {
        self.gateway.as_ref().expect("started")
    }

    /// Submits a thousand jobs: notes, and every fifth an echo.
    async fn submit(&self, round: usize) -> (Vec<Client>, Vec<(Option<String>, Ack)>) {
        let (mut clients, mut acks) = (Vec::new(), Vec::new());
        for _ in 0..CLIENTS {
            clients.push(Client::connect(&self.gateway().address).await.expect("connected"));
        }
        for n in 0..JOBS {
            for (c, client) in clients.iter_mut().enumerate() {
                let name = (n % 5 != 0).then(|| format!("{round}/{c}/{n}"));
                let message = name.as_ref().map_or_else(|| echo("hello"), |name| note(name, &self.book()));
                acks.push((name, client.ask("message", &message).await));
            }
        }
        (clients, acks)
    }

    async fn strike(&mut self, blow: Blow) {
        if matches!(blow, Blow::Worker | Blow::WorkerAndRedis) {
            let workers = self.gateway().workers();
            if !workers.is_empty() {
                // One that has just ended cannot be killed any more.
                let _ = signal(workers[self.dice.roll(workers.len())], "KILL");
            }
        }
        if matches!(blow, Blow::Redis | Blow::RedisAndGateway | Blow::WorkerAndRedis) {
            self.server.kill().await;
        }
        if matches!(blow, Blow::Gateway | Blow::RedisAndGateway) {
            self.gateway.take().expect("started").kill().await.expect("killed");
        }
        if matches!(blow, Blow::Redis | Blow::RedisAndGateway | Blow::WorkerAndRedis) {
            self.server.restart().await.expect("started again");
        }
    }

    /// Jobs in Redis that nobody has begun, by platform's stream.
    async fn waiting(&self, platform: &str) -> usize {
        let keys = self.server.command(&["KEYS", &format!("*:platform:{platform}")]).await.expect("keys");
        let Some(stream) = keys.items().first().and_then(Reply::text) else {
            return 0;
        };
        match self.server.command(&["XLEN", stream]).await.expect("a stream") {
            Reply::Integer(length) => usize::try_from(length).expect("small"),
            other => panic!("{other:?}"),
        }
    }

    /// The gateway was killed: the next one runs what had not begun, and nothing else.
    async fn inherit(&mut self, tally: &mut Tally) {
        let waiting = self.waiting("clerk").await;
        // A note that had begun may still be written, until its worker hears of its gateway's end.
        let before = self.settled().await;
        self.start().await;
        while self.waiting("clerk").await + self.waiting("dummy").await > 0 {
            tokio::time::sleep(LOOK).await;
        }
        drained(self.gateway()).await;
        let after = self.runs();
        let more = after.values().sum::<usize>() - before;
        assert_eq!(more, waiting, "what had not begun is run, all of it and once");
        tally.inherited += waiting;
    }

    /// How many notes there are once all workers of the killed gateway are gone: they die with it.
    async fn settled(&self) -> usize {
        let mut count = self.runs().values().sum();
        loop {
            tokio::time::sleep(Duration::from_millis(30)).await;
            let now = self.runs().values().sum();
            if now == count {
                return now;
            }
            count = now;
        }
    }

    async fn round(&mut self, round: usize, blow: Blow, tally: &mut Tally) {
        let (_clients, acks) = self.submit(round).await;
        // At a random point: after so many of its notes were taken, or at once.
        let point = self.dice.roll(JOBS * CLIENTS * 7 / 10);
        let prefix = format!("{round}/");
        while self.runs().keys().filter(|name| name.starts_with(&prefix)).count() < point {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        self.strike(blow).await;
        let killed = self.gateway.is_none();
        let mut succeeded = HashSet::new();
        for (name, ack) in acks {
            match ack.value().await {
                Ok(answer) if answer.get("error").is_none() => {
                    tally.answered += 1;
                    succeeded.extend(name);
                }
                Ok(answer) => {
                    tally.failed += 1;
                    check_text(&answer, blow);
                }
                Err(error) => {
                    assert!(killed, "{blow:?}: no answer to {name:?}: {error}");
                    tally.unanswered += 1;
                }
            }
        }
        if killed {
            self.inherit(tally).await;
        }
        let runs = self.runs();
        let twice: Vec<_> = runs.iter().filter(|(_, count)| **count > 1).collect();
        assert!(twice.is_empty(), "{blow:?}: run twice: {twice:?}");
        let missing: Vec<_> = succeeded.iter().filter(|name| !runs.contains_key(*name)).collect();
        assert!(missing.is_empty(), "{blow:?}: answered and never run: {missing:?}");
    }
}

/// A job only fails because the worker that had begun it died.
fn check_text(answer: &Value, blow: Blow) {
    let text = answer["error"].as_str().expect("a text");
    let worker_died = matches!(blow, Blow::Worker | Blow::WorkerAndRedis);
    assert!(worker_died && text.starts_with("Error: session thread closed unexpectedly"), "{blow:?}: {answer}");
}

/// Takes long enough for four of them to be under way at any time.
fn note(content: &str, path: &Path) -> Value {
    activity("clerk", "note", "kim@clerk", json!({"content": content, "path": path, "ms": 2}))
}

#[tokio::test]
async fn every_job_ends_once_whatever_dies() {
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").subsec_nanos();
    let seed =
        env::var("FOOTBRIDGE_CHAOS_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(u64::from(clock) | 1);
    let rounds = env::var("FOOTBRIDGE_CHAOS_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(50);
    eprintln!("FOOTBRIDGE_CHAOS_SEED={seed}");
    let persistent = Options { persist: Persist::EveryWrite, ..Options::default() };
    let mut chaos = Chaos {
        server: Server::start(persistent).await.expect("redis-server is installed"),
        gateway: None,
        folder: tempfile::tempdir().expect("a folder"),
        dice: Dice(seed),
    };
    chaos.start().await;
    let mut tally = Tally::default();
    let blows = [Blow::Worker, Blow::Redis, Blow::Gateway, Blow::RedisAndGateway, Blow::WorkerAndRedis];
    for round in 0..rounds {
        let blow = blows[chaos.dice.roll(blows.len())];
        chaos.round(round, blow, &mut tally).await;
    }
    eprintln!("{rounds} rounds, {} jobs: {tally:?}", rounds * JOBS * CLIENTS);
    assert_eq!(tally.answered + tally.failed + tally.unanswered, rounds * JOBS * CLIENTS);
}
