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

use std::{path::PathBuf, time::Duration};

use anyhow::Result;
use clap::{Parser, Subcommand, ValueEnum};

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
    /// Instances at once.
    #[arg(long, default_value_t = 1_000)]
    instances: usize,
    /// Echoes of the burst on one socket.
    #[arg(long, default_value_t = 5_000)]
    burst: usize,
    /// For IRC and XMPP: the file of certificates that the system trusts. The test server's is appended, so that it can be
    /// checked; scripts/bench gives a copy.
    #[arg(long)]
    authorities: Option<PathBuf>,
    /// Measure this only; may be repeated.
    #[arg(long, value_enum)]
    only: Vec<Scenario>,
}

/// What is measured, in this order.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Scenario {
    /// Start to readiness line, memory at rest.
    Start,
    /// First answer of a worker that is not there yet, its memory.
    Cold,
    /// How long workers take until they are ready, and what they cost at rest.
    Workers,
    /// Many instances at once: time, memory, CPU, and what a kill of some does to the others.
    Instances,
    /// Memory of workers that are connected to an IRC server and idle.
    Irc,
    /// Memory of workers that are connected to an XMPP server and idle.
    Xmpp,
    /// A lone sequential echo.
    Latency,
    /// CPU per echo under load.
    Throughput,
    /// Memory per idle socket.
    Idle,
    /// Thousands of echoes at once on one socket.
    Burst,
    /// CPU per echo and a lone echo, with queue and vault in a Redis on this machine.
    Redis,
}

#[derive(Subcommand)]
enum Command {
    /// Serves the control: acknowledges each `message` with what it got. Prints its port.
    Control,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    // Thousands of sockets need as many files, here and in the control, which inherits the limit.
    footbridge_runtime::files::raise_limit()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match arguments.command {
        Some(Command::Control) => runtime.block_on(control::serve()),
        None => runtime.block_on(run(&arguments)),
    }
}

async fn run(arguments: &Arguments) -> Result<()> {
    let mut table = Table::default();
    for scenario in Scenario::value_variants() {
        if arguments.only.is_empty() || arguments.only.contains(scenario) {
            eprintln!("== {}", scenario.to_possible_value().expect("none is skipped").get_name());
            measure(*scenario, arguments, &mut table).await?;
        }
    }
    println!("{table}");
    Ok(())
}

async fn measure(scenario: Scenario, arguments: &Arguments, table: &mut Table) -> Result<()> {
    match scenario {
        Scenario::Start => return scenario::start::run(table).await,
        Scenario::Cold => return scenario::cold::run(table).await,
        Scenario::Workers => return scenario::workers::run(table).await,
        Scenario::Instances => return scenario::instances::run(table, arguments.instances).await,
        Scenario::Irc => return scenario::irc::run(table, arguments.authorities.as_deref()).await,
        Scenario::Xmpp => return scenario::xmpp::run(table, arguments.authorities.as_deref()).await,
        _ => {}
    }
    let Arguments { messages, sockets, in_flight, .. } = *arguments;
    let load = scenario::throughput::Load { messages, sockets, in_flight };
    let control = Server::control().await?;
    if scenario == Scenario::Redis {
        return scenario::redis::run(table, &control, &Server::gateway_on_redis().await?, &load).await;
    }
    let gateway = Server::gateway().await?;
    match scenario {
        Scenario::Latency => scenario::latency::run(table, &control, &gateway, Duration::from_millis(1)).await,
        Scenario::Throughput => scenario::throughput::run(table, &control, &gateway, &load).await,
        Scenario::Idle => scenario::idle::run(table, &control, &gateway, arguments.idle).await,
        Scenario::Burst => scenario::burst::run(table, &control, &gateway, arguments.burst).await,
        Scenario::Start
        | Scenario::Cold
        | Scenario::Workers
        | Scenario::Instances
        | Scenario::Irc
        | Scenario::Xmpp
        | Scenario::Redis => {
            unreachable!("measured above")
        }
    }
}
