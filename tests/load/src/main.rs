//! Measures the gateway beside a bare Socket.IO server that only acknowledges, in one run.
//!
//! The load is the same for both, and comes from this process over loopback, so that ratios hold where absolute times
//! do not. CPU is that of the *server's* threads (`/proc/<pid>/task/*/schedstat`), gateway and workers together; memory
//! is the proportional set size (`smaps_rollup`), which counts a page shared by n processes as 1/n.

mod control;
mod measure;
mod scenario;
mod servers;
mod table;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::{servers::Server, table::Table};

/// Measures footbridge beside a bare ack-echo server.
#[derive(Parser)]
#[command(name = "footbridge-load", version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Echoes per throughput round.
    #[arg(long, default_value_t = 40_000)]
    messages: usize,
    /// Sockets for the throughput rounds.
    #[arg(long, default_value_t = 20)]
    sockets: usize,
    /// Echoes in flight per socket.
    #[arg(long, default_value_t = 64)]
    in_flight: usize,
    /// Idle sockets for the memory round.
    #[arg(long, default_value_t = 2_000)]
    idle: usize,
    /// Echoes of the burst on one socket.
    #[arg(long, default_value_t = 5_000)]
    burst: usize,
}

#[derive(Subcommand)]
enum Command {
    /// Serves the control: acknowledges each `message` with what it got. Prints its port.
    Control,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    measure::raise_file_limit()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match arguments.command {
        Some(Command::Control) => runtime.block_on(control::serve()),
        None => runtime.block_on(run(&arguments)),
    }
}

async fn run(arguments: &Arguments) -> Result<()> {
    let mut table = Table::default();
    scenario::start::run(&mut table).await?;
    scenario::cold::run(&mut table).await?;
    {
        let (control, gateway) = (Server::control().await?, Server::gateway().await?);
        scenario::latency::run(&mut table, &control, &gateway).await?;
        let load = scenario::throughput::Load {
            messages: arguments.messages,
            sockets: arguments.sockets,
            in_flight: arguments.in_flight,
        };
        scenario::throughput::run(&mut table, &control, &gateway, &load).await?;
    }
    {
        let (control, gateway) = (Server::control().await?, Server::gateway().await?);
        scenario::idle::run(&mut table, &control, &gateway, arguments.idle).await?;
    }
    {
        let (control, gateway) = (Server::control().await?, Server::gateway().await?);
        scenario::burst::run(&mut table, &control, &gateway, arguments.burst).await?;
    }
    println!("{table}");
    Ok(())
}
