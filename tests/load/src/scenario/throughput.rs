//! What an echo costs the server when many are under way.

use std::{collections::VecDeque, time::Instant};

use anyhow::{Context as _, Result};
use footbridge_testkit::{activity::echo, socketio::Client};
use tokio::task::JoinSet;

use crate::{measure::cpu_of, servers::Server, table::Table};

/// Rounds per server, taken in turn; the cheapest counts: noise of the machine only adds.
const ROUNDS: usize = 3;

pub(crate) struct Load {
    pub(crate) messages: usize,
    pub(crate) sockets: usize,
    pub(crate) in_flight: usize,
}

/// CPU per message in µs, and messages per second.
struct Cost {
    micros: f64,
    rate: f64,
}

pub(crate) async fn run(table: &mut Table, control: &Server, gateway: &Server, load: &Load) -> Result<()> {
    let mut best: [Option<Cost>; 2] = [None, None];
    for _ in 0..ROUNDS {
        for (server, best) in [control, gateway].into_iter().zip(&mut best) {
            let cost = round(server, load).await.with_context(|| server.name())?;
            if best.as_ref().is_none_or(|best| cost.micros < best.micros) {
                *best = Some(cost);
            }
        }
    }
    let [Some(control), Some(gateway)] = best else { return Ok(()) };
    let show = |cost: &Cost| format!("{:.1} µs", cost.micros);
    let what = format!("server CPU per echo, {} sockets × {} in flight", load.sockets, load.in_flight);
    let ratio = gateway.micros / control.micros;
    let shown = format!("{} = {ratio:.2}×", show(&gateway));
    table.row(&what, show(&control), shown, "at most 4×", Some(ratio <= 4.0));
    let rate = |cost: &Cost| format!("{:.0}/s", cost.rate);
    table.row("echoes per second, same load", rate(&control), rate(&gateway), "", None);
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "message counts fit a float many times")]
async fn round(server: &Server, load: &Load) -> Result<Cost> {
    let mut clients = Vec::new();
    for _ in 0..load.sockets {
        let mut client = Client::connect(server.address()).await?;
        client.call("message", &echo("warm up")).await?;
        clients.push(client);
    }
    let each = load.messages / load.sockets;
    let packet = serde_json::json!(["message", echo("a text of ordinary length, as people write them")]).to_string();
    let pids = server.pids();
    let (cpu, start) = (cpu_of(&pids)?, Instant::now());
    let mut tasks = JoinSet::new();
    for mut client in clients {
        let (packet, in_flight) = (packet.clone(), load.in_flight);
        tasks.spawn(async move {
            let mut waiting = VecDeque::with_capacity(in_flight);
            for _ in 0..each {
                if waiting.len() == in_flight
                    && let Some(ack) = waiting.pop_front()
                {
                    footbridge_testkit::socketio::Ack::arrived(ack).await?;
                }
                waiting.push_back(client.ask_raw(&packet).await);
            }
            for ack in waiting {
                ack.arrived().await?;
            }
            Ok::<_, footbridge_testkit::socketio::Error>(())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    let elapsed = start.elapsed();
    let total = (each * load.sockets) as f64;
    Ok(Cost {
        micros: cpu_of(&pids)?.saturating_sub(cpu).as_secs_f64() * 1e6 / total,
        rate: total / elapsed.as_secs_f64(),
    })
}
