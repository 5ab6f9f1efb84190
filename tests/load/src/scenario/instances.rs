//! Many instances of a persistent platform at once, each with its own session: how long they take, what they cost while
//! they are idle, and what becomes of the others when some of their workers are killed.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use footbridge_testkit::{
    activity::{activity, context},
    gateway::{Gateway, signal},
    socketio::Client,
};
use serde_json::{Value, json};
use tokio::{sync::Semaphore, task::JoinSet, time::sleep};

use crate::{
    measure::{cpu_of, ms, pss, quantile},
    table::Table,
};

/// Sessions that connect at the same time.
const AT_ONCE: usize = 16;
/// How long the CPU time of idle instances is watched.
const WATCHED: Duration = Duration::from_secs(10);
/// One of so many workers is killed.
const KILLED: usize = 10;

pub(crate) async fn run(table: &mut Table, count: usize) -> Result<()> {
    let settings = json!({
        "logging": {"level": "warn"},
        "limits": {"maxPlatformInstances": 0, "maxPlatformInstancesPerAddress": 0}
    });
    let gateway = Gateway::start_with_puppet(settings).await?;
    let before = pss(gateway.pid())?;
    let start = Instant::now();
    let (mut clients, times) = connect_all(&gateway, count).await?;
    let all = start.elapsed();
    let what = format!("{count} instances connected, all / each p50 / p99, {AT_ONCE} at once");
    let shown = format!("{:.1} s / {} / {}", all.as_secs_f64(), ms(quantile(&times, 0.5)), ms(quantile(&times, 0.99)));
    table.row(&what, "–".into(), shown, "", None);
    memory(table, &gateway, before, count)?;
    idle_cpu(table, &gateway, count).await?;
    kill_some(table, &gateway, &mut clients).await
}

async fn connect_all(gateway: &Gateway, count: usize) -> Result<(Vec<Client>, Vec<Duration>)> {
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    let mut tasks = JoinSet::new();
    for number in 0..count {
        let (slots, address) = (Arc::clone(&slots), gateway.address.clone());
        tasks.spawn(async move {
            let _slot = slots.acquire_owned().await?;
            connect(&address, number).await
        });
    }
    let (mut clients, mut times) = (Vec::with_capacity(count), Vec::with_capacity(count));
    while let Some(done) = tasks.join_next().await {
        let (client, time) = done??;
        clients.push(client);
        times.push(time);
    }
    times.sort();
    Ok((clients, times))
}

/// A session of its own; the time is that of credentials and `connect`, a new process included.
async fn connect(address: &str, number: usize) -> Result<(Client, Duration)> {
    let actor = format!("actor{number}");
    let mut client = Client::connect(address).await?;
    let start = Instant::now();
    let credentials = json!({
        "@context": context("puppet"), "type": "credentials", "actor": {"id": actor, "type": "person"},
        "object": {"type": "credentials", "nick": actor, "password": "p"}
    });
    for (event, activity) in
        [("credentials", credentials), ("message", activity("puppet", "connect", &actor, json!({})))]
    {
        let answer = client.call(event, &activity).await?;
        ensure!(answer.get("error").is_none(), "{answer}");
    }
    Ok((client, start.elapsed()))
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand")]
fn memory(table: &mut Table, gateway: &Gateway, before: f64, count: usize) -> Result<()> {
    let own = pss(gateway.pid())? - before;
    let below = gateway.workers().into_iter().chain(gateway.nurseries());
    let workers = below.map(pss).sum::<Result<f64>>()?;
    let what = format!("PSS per instance of {count}: worker / gateway with its session");
    let shown = format!("{:.0} / {:.0} KiB", workers / count as f64, own / count as f64);
    table.row(&what, "–".into(), shown, "", None);
    let what = format!("PSS of everything, {count} instances");
    table.row(&what, "–".into(), format!("{:.0} MiB", (before + own + workers) / 1024.0), "", None);
    Ok(())
}

async fn idle_cpu(table: &mut Table, gateway: &Gateway, count: usize) -> Result<()> {
    let mut pids = gateway.workers();
    pids.push(gateway.pid());
    let before = cpu_of(&pids)?;
    sleep(WATCHED).await;
    let share = cpu_of(&pids)?.saturating_sub(before).as_secs_f64() / WATCHED.as_secs_f64();
    let what = format!("CPU of {count} idle instances with a heartbeat every 5 s");
    table.row(&what, "–".into(), format!("{:.2} % of a core", share * 100.0), "", None);
    Ok(())
}

/// Kills every tenth worker at once. Their sessions are told twice, that it died and that it is back; nobody else is told.
async fn kill_some(table: &mut Table, gateway: &Gateway, clients: &mut [Client]) -> Result<()> {
    let victims: Vec<u32> = gateway.workers().into_iter().step_by(KILLED).collect();
    let start = Instant::now();
    for victim in &victims {
        signal(*victim, "KILL")?;
    }
    let (mut died, mut back) = (0, 0);
    while back < victims.len() {
        ensure!(start.elapsed() < Duration::from_mins(1), "{died} told, {back} of {} brought back", victims.len());
        for client in &mut *clients {
            while let Some(event) = client.arrived() {
                let kind = event.payload.get("type").and_then(Value::as_str).context("an activity")?;
                died += usize::from(kind == "error");
                back += usize::from(kind == "connect");
            }
        }
        sleep(Duration::from_millis(1)).await;
    }
    let all = start.elapsed();
    ensure!((died, back) == (victims.len(), victims.len()), "{died} were told, {back} came back");
    let what = format!("{} of {} workers killed at once, all brought back", victims.len(), clients.len());
    table.row(&what, "–".into(), format!("{}, others told nothing", ms(all)), "", None);
    Ok(())
}
