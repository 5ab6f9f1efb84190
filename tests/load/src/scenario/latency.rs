//! How long a lone echo takes when nothing else goes on.

use std::time::{Duration, Instant};

use anyhow::Result;
use footbridge_testkit::{activity::echo, socketio::Client};

use crate::{
    measure::{ms, quantile},
    servers::Server,
    table::Table,
};

const WARM_UP: usize = 200;
const ECHOES: usize = 2_000;

/// `target`: most that half of the echoes may take.
pub(crate) async fn run(table: &mut Table, control: &Server, gateway: &Server, target: Duration) -> Result<()> {
    let (control, gateway) = (sequence(control).await?, sequence(gateway).await?);
    let show = |times: &[Duration]| format!("{} / {}", ms(quantile(times, 0.5)), ms(quantile(times, 0.99)));
    let met = quantile(&gateway, 0.5) <= target;
    let wanted = format!("p50 at most {} ms", target.as_secs_f64() * 1e3);
    table.row("lone sequential echo, p50 / p99", show(&control), show(&gateway), &wanted, Some(met));
    Ok(())
}

async fn sequence(server: &Server) -> Result<Vec<Duration>> {
    let mut client = Client::connect(server.address()).await?;
    let message = echo("ping");
    let mut times = Vec::with_capacity(ECHOES);
    for index in 0..WARM_UP + ECHOES {
        let start = Instant::now();
        client.ask("message", &message).await.arrived().await?;
        if index >= WARM_UP {
            times.push(start.elapsed());
        }
    }
    times.sort_unstable();
    Ok(times)
}
