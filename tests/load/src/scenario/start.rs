//! How long from the start to the readiness line, and what a gateway at rest costs.

use std::time::Instant;

use anyhow::Result;

use crate::{
    measure::{ms, pss},
    servers::Server,
    table::Table,
};

/// Starts that are tried; the best counts, since the first one reads the binary from disk.
const STARTS: usize = 5;

pub(crate) async fn run(table: &mut Table) -> Result<()> {
    let mut control = Vec::new();
    let mut gateway = Vec::new();
    let mut rest = (0.0, 0.0);
    for _ in 0..STARTS {
        let start = Instant::now();
        let server = Server::control().await?;
        control.push(start.elapsed());
        rest.0 = pss(server.pid())?;
        let start = Instant::now();
        let server = Server::gateway().await?;
        gateway.push(start.elapsed());
        rest.1 = pss(server.pid())?;
    }
    let best = |times: Vec<_>| times.into_iter().min().unwrap_or_default();
    let (control, gateway) = (best(control), best(gateway));
    let met = gateway.as_millis() <= 200;
    table.row("start to readiness line", ms(control), ms(gateway), "at most 200 ms", Some(met));
    let mib = |kib: f64| format!("{:.1} MiB", kib / 1024.0);
    table.row("server at rest, PSS", mib(rest.0), mib(rest.1), "at most 20 MiB", Some(rest.1 <= 20.0 * 1024.0));
    Ok(())
}
