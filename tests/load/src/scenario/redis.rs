//! What queue and vault in Redis cost: the measures of the gateway that keeps them in memory, with targets of their own.

use std::time::Duration;

use anyhow::Result;

use super::{
    latency,
    throughput::{self, Load},
};
use crate::{servers::Server, table::Table};

/// CPU of gateway and worker per echo, as a multiple of the control's.
const RATIO: f64 = 6.0;
/// Echoes per second.
const RATE: f64 = 10_000.0;
/// Half of the lone echoes take no longer.
const LONE: Duration = Duration::from_micros(1500);
/// Connections of a gateway to its Redis, whatever it does.
const CONNECTIONS: usize = 4;

/// `gateway`: one with a Redis.
pub(crate) async fn run(table: &mut Table, control: &Server, gateway: &Server, load: &Load) -> Result<()> {
    let compared = throughput::compare(control, gateway, load).await?;
    compared.show_cpu(table, RATIO);
    compared.show_rate(table, Some(RATE));
    let most = compared.gateway.connections;
    let wanted = format!("at most {CONNECTIONS}");
    table.row("connections to Redis, same load", "–".into(), most.to_string(), &wanted, Some(most <= CONNECTIONS));
    latency::run(table, control, gateway, LONE).await
}
