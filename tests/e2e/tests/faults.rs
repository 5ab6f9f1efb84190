//! Thirty instances whose workers are killed and stopped at random, while everybody sends and is sent things: every job
//! has exactly one answer, nobody else is disturbed, and all are connected at the end without having asked for it.
//!
//! `FOOTBRIDGE_FAULTS_ROUNDS` (default 12) and `FOOTBRIDGE_FAULTS_SEED` (default: of the clock, and printed) choose the run.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use footbridge_e2e::{LOOK, connect, drained, puppet};
use footbridge_testkit::{
    dice::Dice,
    gateway::{Gateway, is_alive, signal},
    socketio::{Ack, Client},
};
use futures_util::future::join_all;
use serde_json::{Value, json};

const INSTANCES: usize = 30;
/// Sends, and pushes, of an instance in a round.
const JOBS: u64 = 5;
/// By then all that a killed gateway leaves is gone.
const GONE: Duration = Duration::from_secs(2);

const KILLED: &str = "Error: session thread closed unexpectedly: null";
const SILENT: &str = "platform process terminated";

/// What is done to a worker in a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Blow {
    None,
    Kill,
    /// It is found out by its heartbeat.
    Stop,
}

impl Blow {
    /// What is read of a worker's end.
    fn text(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Kill => Some(KILLED),
            Self::Stop => Some(SILENT),
        }
    }
}

/// One instance, with its one session, which connects once.
struct Instance {
    client: Client,
    actor: String,
    /// The number of the next job, and of the next push.
    next: u64,
}

#[derive(Debug, Default)]
struct Tally {
    answered: u64,
    failed: BTreeMap<String, u64>,
    pushed: u64,
    killed: u64,
    stopped: u64,
}

impl Instance {
    async fn enter(gateway: &Gateway, number: usize) -> Self {
        let mut client = Client::connect(&gateway.address).await.expect("connected");
        let actor = format!("kim{number}");
        connect(&mut client, &actor, json!({"password": actor.clone()})).await;
        Self { client, actor, next: 0 }
    }

    async fn ask(&mut self, verb: &str, object: Value) -> Ack {
        self.client.ask("message", &puppet(verb, &self.actor, object)).await
    }

    /// The process id of its worker.
    async fn worker(&mut self) -> u32 {
        let answer = self.ask("process", json!({})).await.value().await.expect("an answer");
        let process = answer["object"]["content"].as_str().and_then(|text| text.parse().ok());
        process.unwrap_or_else(|| panic!("{}: {answer}", self.actor))
    }

    /// Sends numbered jobs, half of which push their number.
    async fn submit(&mut self) -> Vec<(u64, bool, Ack)> {
        let mut acks = Vec::new();
        for _ in 0..JOBS {
            for pushes in [false, true] {
                let n = self.next;
                self.next += 1;
                let push = json!({"type": "message", "actor": {"id": "m", "type": "person"}, "object": {"n": n}});
                let object = json!({"type": "note", "n": n, "ms": 2, "activities": [push]});
                acks.push((n, pushes, self.ask(if pushes { "push" } else { "sleep" }, object).await));
            }
        }
        acks
    }

    /// Waits for the answers, and holds what it heard against them and against what was done to its worker.
    async fn round(&mut self, acks: Vec<(u64, bool, Ack)>, blow: Blow) -> Tally {
        let (mut tally, mut expected, mut perhaps) = (Tally::default(), Vec::new(), Vec::new());
        for (n, pushes, ack) in acks {
            let answer = ack.value().await.unwrap_or_else(|error| panic!("{}: no answer to {n}: {error}", self.actor));
            assert_eq!(answer["object"]["n"], n, "{}: another's answer", self.actor);
            match answer.get("error").and_then(Value::as_str) {
                None => {
                    tally.answered += 1;
                    expected.extend(pushes.then_some(n));
                }
                Some(text) => {
                    assert_eq!(Some(text), blow.text(), "{} {blow:?}: {answer}", self.actor);
                    *tally.failed.entry(text.to_owned()).or_default() += 1;
                    // It may have been said before the worker died.
                    perhaps.extend(pushes.then_some(n));
                }
            }
        }
        let (pushes, others) = self.heard(blow).await;
        tally.pushed = pushes.len() as u64;
        assert!(pushes.is_sorted_by(|one, next| one < next), "{}: in order and once: {pushes:?}", self.actor);
        assert!(expected.iter().all(|n| pushes.contains(n)), "{} {blow:?}: {pushes:?} of {expected:?}", self.actor);
        let is_known = |n: &u64| expected.contains(n) || perhaps.contains(n);
        assert!(pushes.iter().all(is_known), "{} {blow:?}: {pushes:?}, not {expected:?}", self.actor);
        match blow.text() {
            None => assert!(others.is_empty(), "{}: disturbed: {others:?}", self.actor),
            Some(text) => assert_eq!(others, [format!("error {text}"), "connect ".into()], "{}", self.actor),
        }
        tally
    }

    /// The pushes that arrived, and all other events; those that a blow brings about are waited for.
    async fn heard(&mut self, blow: Blow) -> (Vec<u64>, Vec<String>) {
        let (mut pushes, mut others) = (Vec::new(), Vec::new());
        while others.len() < 2 * usize::from(blow != Blow::None) {
            let event = self.client.event().await.unwrap_or_else(|error| panic!("{} {blow:?}: {error}", self.actor));
            note(&event.payload, &mut pushes, &mut others);
        }
        // What the instance said before this, and what the gateway had sent before, has arrived with the answer.
        let answer = self.ask("send", json!({})).await.value().await.expect("an answer");
        assert_eq!(answer.get("error"), None, "{} is connected: {answer}", self.actor);
        while let Some(event) = self.client.arrived() {
            note(&event.payload, &mut pushes, &mut others);
        }
        (pushes, others)
    }
}

fn note(payload: &Value, pushes: &mut Vec<u64>, others: &mut Vec<String>) {
    match payload["object"]["n"].as_u64() {
        Some(n) if payload["type"] == "message" => pushes.push(n),
        _ => {
            let text = |name: &str| payload[name].as_str().unwrap_or_default().to_owned();
            others.push(format!("{} {}", text("type"), text("error")));
        }
    }
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.answered += other.answered;
        self.pushed += other.pushed;
        for (text, count) in other.failed {
            *self.failed.entry(text).or_default() += count;
        }
    }
}

fn variable(name: &str) -> Option<u64> {
    env::var(name).ok().and_then(|text| text.parse().ok())
}

async fn round(instances: &mut [Instance], dice: &mut Dice, tally: &mut Tally) {
    let mut blows = Vec::new();
    for instance in instances.iter_mut() {
        let blow = match dice.roll(10) {
            0 | 1 => Blow::Kill,
            2 => Blow::Stop,
            _ => Blow::None,
        };
        let worker = if blow == Blow::None { 0 } else { instance.worker().await };
        blows.push((blow, worker));
    }
    let mut acks = Vec::new();
    for instance in instances.iter_mut() {
        acks.push(instance.submit().await);
    }
    for (blow, worker) in &blows {
        match blow {
            Blow::None => continue,
            Blow::Kill => tally.killed += 1,
            Blow::Stop => tally.stopped += 1,
        }
        signal(*worker, if *blow == Blow::Kill { "KILL" } else { "STOP" }).expect("it lives");
    }
    let rounds = instances.iter_mut().zip(acks).zip(&blows).map(|((it, acks), (blow, _))| it.round(acks, *blow));
    for result in join_all(rounds).await {
        tally.add(result);
    }
}

#[tokio::test]
async fn whoever_dies_is_brought_back_and_nobody_else_notices() {
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").subsec_nanos();
    let seed = variable("FOOTBRIDGE_FAULTS_SEED").unwrap_or(u64::from(clock));
    let rounds = variable("FOOTBRIDGE_FAULTS_ROUNDS").unwrap_or(12);
    eprintln!("FOOTBRIDGE_FAULTS_SEED={seed}");
    let settings = json!({
        "logging": {"level": "info"},
        "platformHeartbeat": {"intervalMs": 100, "timeoutMs": 4000},
        "platformRestart": {"maxTimes": 1000, "withinMs": 1, "pauseMs": 0}
    });
    let gateway = Gateway::start_with_puppet(settings).await.expect("a gateway");
    let mut instances = Vec::new();
    for number in 0..INSTANCES {
        instances.push(Instance::enter(&gateway, number).await);
    }
    let (mut dice, mut tally, began) = (Dice::new(seed), Tally::default(), Instant::now());
    for _ in 0..rounds {
        round(&mut instances, &mut dice, &mut tally).await;
    }
    eprintln!("{rounds} rounds of {INSTANCES} instances in {:.1} s: {tally:?}", began.elapsed().as_secs_f64());
    let failed: u64 = tally.failed.values().sum();
    assert_eq!(tally.answered + failed, rounds * INSTANCES as u64 * JOBS * 2);
    drained(&gateway).await;
    let mut workers = BTreeSet::new();
    for instance in &mut instances {
        workers.insert(instance.worker().await);
    }
    assert_eq!(workers.len(), INSTANCES, "one each");
    workers.extend(gateway.workers());
    workers.extend(gateway.nurseries());
    let killed = Instant::now();
    gateway.kill().await.expect("it lived");
    while workers.iter().any(|worker| is_alive(*worker)) {
        assert!(killed.elapsed() < GONE, "still there: {workers:?}");
        tokio::time::sleep(LOOK).await;
    }
    eprintln!("all workers gone {:?} after the gateway was killed", killed.elapsed());
}
