//! What an echo costs the server when many are under way.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use footbridge_testkit::{
    activity::echo,
    redis,
    socketio::{Ack, Client, Error},
};
use tokio::{task::JoinSet, time::interval};

use crate::{
    measure::{cpu, cpu_of},
    servers::Server,
    table::Table,
};

/// Rounds per server, taken in turn; the cheapest counts: noise of the machine only adds.
const ROUNDS: usize = 3;

/// How often the connections to Redis are counted: so seldom that the counting costs Redis nothing to speak of.
const COUNTED: Duration = Duration::from_millis(100);

#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) messages: usize,
    pub(crate) sockets: usize,
    pub(crate) in_flight: usize,
}

/// What a round cost.
pub(super) struct Cost {
    /// CPU of the server and its workers per echo, in µs.
    micros: f64,
    /// The same of the Redis behind the server, if there is one.
    redis_micros: Option<f64>,
    /// Echoes per second.
    rate: f64,
    /// Most connections that its Redis had at a time.
    pub(super) connections: usize,
}

/// The same load on both.
pub(super) struct Compared {
    control: Cost,
    pub(super) gateway: Cost,
    load: Load,
}

pub(crate) async fn run(table: &mut Table, control: &Server, gateway: &Server, load: &Load) -> Result<()> {
    let compared = compare(control, gateway, load).await?;
    compared.show_cpu(table, 4.0);
    compared.show_rate(table, None);
    Ok(())
}

/// The best round of each; connections are the most of any round.
pub(super) async fn compare(control: &Server, gateway: &Server, load: &Load) -> Result<Compared> {
    let mut best = Compared { control: round(control, load).await?, gateway: round(gateway, load).await?, load: *load };
    for _ in 1..ROUNDS {
        best.control = best.control.or_cheaper(round(control, load).await?);
        best.gateway = best.gateway.or_cheaper(round(gateway, load).await?);
    }
    Ok(best)
}

impl Cost {
    fn or_cheaper(self, other: Self) -> Self {
        let connections = self.connections.max(other.connections);
        let cheaper = if other.micros < self.micros { other } else { self };
        Self { connections, ..cheaper }
    }
}

impl Compared {
    /// `target`: the gateway's cost as a multiple of the control's.
    pub(super) fn show_cpu(&self, table: &mut Table, target: f64) {
        let Self { control, gateway, load } = self;
        let show = |micros: f64| format!("{micros:.1} µs");
        let what = format!("server CPU per echo, {} sockets × {} in flight", load.sockets, load.in_flight);
        let ratio = gateway.micros / control.micros;
        let shown = format!("{} = {ratio:.2}×", show(gateway.micros));
        let redis = gateway.redis_micros.map(show).unwrap_or_default();
        let wanted = format!("at most {target}×");
        table.row_with_redis(&what, show(control.micros), shown, redis, &wanted, Some(ratio <= target));
    }

    /// `target`: echoes per second.
    pub(super) fn show_rate(&self, table: &mut Table, target: Option<f64>) {
        let show = |rate: f64| format!("{rate:.0}/s");
        let wanted = target.map(|target| format!("at least {}", show(target))).unwrap_or_default();
        let met = target.map(|target| self.gateway.rate >= target);
        table.row("echoes per second, same load", show(self.control.rate), show(self.gateway.rate), &wanted, met);
    }
}

async fn round(server: &Server, load: &Load) -> Result<Cost> {
    measure(server, load).await.with_context(|| server.name())
}

#[expect(clippy::cast_precision_loss, reason = "message counts fit a float many times")]
async fn measure(server: &Server, load: &Load) -> Result<Cost> {
    let mut clients = Vec::new();
    for _ in 0..load.sockets {
        let mut client = Client::connect(server.address()).await?;
        client.call("message", &echo("warm up")).await?;
        clients.push(client);
    }
    let each = load.messages / load.sockets;
    let packet = serde_json::json!(["message", echo("a text of ordinary length, as people write them")]).to_string();
    let (pids, redis) = (server.pids(), server.redis());
    let redis_cpu = || redis.map(|redis| cpu(redis.pid())).transpose();
    let (before, redis_before, start) = (cpu_of(&pids)?, redis_cpu()?, Instant::now());
    let mut tasks = JoinSet::new();
    for client in clients {
        tasks.spawn(echoes(client, packet.clone(), each, load.in_flight));
    }
    let connections = until_done(&mut tasks, redis).await?;
    let elapsed = start.elapsed();
    let total = (each * load.sockets) as f64;
    let per_echo = |before: Duration, after: Duration| after.saturating_sub(before).as_secs_f64() * 1e6 / total;
    Ok(Cost {
        micros: per_echo(before, cpu_of(&pids)?),
        redis_micros: redis_before.zip(redis_cpu()?).map(|(before, after)| per_echo(before, after)),
        rate: total / elapsed.as_secs_f64(),
        connections,
    })
}

/// So many echoes on one socket, so many of them in flight.
async fn echoes(mut client: Client, packet: String, number: usize, in_flight: usize) -> Result<(), Error> {
    let mut waiting: VecDeque<Ack> = VecDeque::with_capacity(in_flight);
    for _ in 0..number {
        if waiting.len() == in_flight
            && let Some(ack) = waiting.pop_front()
        {
            ack.arrived().await?;
        }
        waiting.push_back(client.ask_raw(&packet).await);
    }
    for ack in waiting {
        ack.arrived().await?;
    }
    Ok(())
}

/// Waits for all sockets. Returns the largest number of connections that the server's Redis had meanwhile.
async fn until_done(tasks: &mut JoinSet<Result<(), Error>>, redis: Option<&redis::Server>) -> Result<usize> {
    let mut most = 0;
    let mut count = interval(COUNTED);
    loop {
        tokio::select! {
            ended = tasks.join_next() => match ended {
                Some(ended) => ended??,
                None => return Ok(most),
            },
            _ = count.tick(), if redis.is_some() => {
                if let Some(redis) = redis {
                    most = most.max(redis.clients().await);
                }
            }
        }
    }
}
