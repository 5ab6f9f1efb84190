//! A randomised model of everything that sessions, workers and what they say can go through together: open, close, drop,
//! crash, hang, rename, share, overflow. What each session must have heard is known from what was said; nothing may be
//! missing, doubled, out of order or another's, every job has exactly one answer, and at the end nothing is left: no
//! session, instance, job, worker process or open file. Tasks cannot be counted from outside; each of them belongs to
//! one of these.
//!
//! `FOOTBRIDGE_MODEL_STEPS` (default 10,000) and `FOOTBRIDGE_MODEL_SEED` (default: of the clock, and printed) choose the
//! run.

mod comings;
mod deaths;
mod goings;
mod line;
mod session;
mod spot;
mod steps;
mod tally;
mod turns;
mod words;
mod world;

use std::{
    env, fs,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use footbridge_e2e::{LOOK, connect};
use footbridge_testkit::{gateway::Gateway, request, socketio::Client};
use futures_util::future::try_join_all;
use serde_json::{Value, json};

use self::{
    tally::Tally,
    world::{JOB, KEPT, LINGER, World},
};

/// Worlds that run at a time.
const WORLDS: u64 = 8;
/// By then whatever is to end has ended.
const PATIENCE: Duration = Duration::from_mins(1);

/// Connections to Redis that are made when there is first something to do for them, and then stay: of four, two are there
/// from the start.
const SPARE: usize = 2;

fn settings() -> Value {
    json!({
        "logging": {"level": "info"},
        "jobs": {"timeoutMs": JOB.as_millis()},
        "platformHeartbeat": {"intervalMs": 100, "timeoutMs": 2000},
        // Every death counts for itself: how often an instance is brought back is not what this is about.
        "platformRestart": {"maxTimes": 1000, "withinMs": 1, "pauseMs": 0},
        "limits": {"maxPlatformInstances": 0, "maxPlatformInstancesPerAddress": 0},
        "session": {"lingerMs": LINGER.as_millis(), "backlogMessages": KEPT}
    })
}

fn variable(name: &str) -> Option<u64> {
    env::var(name).ok().and_then(|text| text.parse().ok())
}

/// What the gateway says of itself.
async fn health(gateway: &Gateway) -> Value {
    let ready = request::get(&gateway.address, "/health/ready").await.expect("an answer");
    serde_json::from_str(&ready.body).expect("JSON")
}

fn open_files(process: u32) -> usize {
    fs::read_dir(format!("/proc/{process}/fd")).map_or(0, Iterator::count)
}

/// Waits until nothing is left of what clients had: no session, instance, job, or worker, and no more than `files` open.
async fn quiet(gateway: &Gateway, files: usize) {
    let began = Instant::now();
    loop {
        let health = health(gateway).await;
        let counts = ["sessions", "instances", "waiting_jobs", "running_jobs"].map(|name| health[name].as_u64());
        let (workers, open) = (gateway.workers(), open_files(gateway.pid()));
        if counts == [Some(0); 4] && workers.is_empty() && open <= files {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "left over: {health}, workers {workers:?}, {open} of {files} open files");
        tokio::time::sleep(LOOK).await;
    }
}

async fn run(world: &mut World, steps: u64) -> Result<(), String> {
    for _ in 0..steps {
        world.step().await.map_err(|wrong| tell(world, &wrong))?;
    }
    world.finish().await.map_err(|wrong| tell(world, &wrong))
}

fn tell(world: &World, wrong: &str) -> String {
    format!("world {}, step {}: {wrong}\nlast steps:\n{}", world.number, world.round, world.story())
}

#[tokio::test]
async fn whatever_happens_every_session_hears_what_was_said_for_it_once_and_nothing_else() {
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").subsec_nanos();
    let seed = variable("FOOTBRIDGE_MODEL_SEED").unwrap_or(u64::from(clock));
    let steps = variable("FOOTBRIDGE_MODEL_STEPS").unwrap_or(10_000);
    eprintln!("FOOTBRIDGE_MODEL_SEED={seed}");
    let began = Instant::now();
    let gateway = Gateway::start_with_puppet(settings()).await.expect("a gateway");
    let mut first = Client::connect(&gateway.address).await.expect("connected");
    connect(&mut first, "kim", json!({"password": "the first"})).await;
    first.disconnect().await;
    quiet(&gateway, usize::MAX).await;
    let files = open_files(gateway.pid()) + if env::var_os("FOOTBRIDGE_TEST_REDIS").is_some() { SPARE } else { 0 };

    let mut worlds: Vec<_> = (0..WORLDS).map(|number| World::new(number, seed, &gateway.address)).collect();
    let outcome = try_join_all(worlds.iter_mut().map(|world| run(world, steps / WORLDS))).await;
    let mut tally = Tally::default();
    let died = worlds.iter().map(|world| world.tally.crashes).sum::<u64>();
    for world in worlds {
        tally.add(world.tally);
    }
    eprintln!("{tally}\n{:.1} s", began.elapsed().as_secs_f64());
    if let Err(wrong) = outcome {
        panic!("FOOTBRIDGE_MODEL_SEED={seed}: {wrong}");
    }
    assert_eq!(tally.asks, tally.answers + tally.unwaited, "every job that somebody waited for has its answer");
    quiet(&gateway, files).await;
    let restarts = gateway.log().matches("instance brought back").count() as u64;
    assert!(restarts <= died, "{restarts} workers came back, {died} had died on purpose");
    assert!(gateway.stop().await.expect("it ends").success());
}
