//! How long a worker of a persistent platform takes until it is ready, and what it costs while it is idle: started by
//! itself, and forked from a nursery.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use footbridge_supervisor::{Launch, Method, Process, Spawner};
use footbridge_testkit::{
    gateway::{children, is_nursery},
    worker::Worker,
};
use footbridge_wire::{Confine, FromWorker, Mode};

use crate::{
    measure::{ms, private_dirty, pss, quantile},
    table::Table,
};

/// Workers that live at once.
const WORKERS: usize = 200;

/// What a worker gives up by default.
const CONFINED: Confine =
    Confine { mode: Mode::Preferred, memory: Some(256 * 1024 * 1024), open_files: Some(256), cpu_seconds: Some(30) };

/// What was measured of one way of starting.
struct Measured {
    /// From the wish for a worker to its greeting, sorted.
    ready: Vec<Duration>,
    /// KiB of an idle worker, mean.
    pss: f64,
    /// KiB of an idle worker, mean.
    private_dirty: f64,
    /// The same two of the nursery, where there is one.
    nursery: Option<(f64, f64)>,
}

pub(crate) async fn run(table: &mut Table) -> Result<()> {
    for (name, method, targets) in
        [("exec", Method::Exec, None), ("nursery", Method::Nursery, Some((2.0, 600.0, 300.0)))]
    {
        let measured = measure(method).await?;
        let (p50, p99) = (quantile(&measured.ready, 0.5), quantile(&measured.ready, 0.99));
        let what = format!("worker ready, {name}, p50 / p99 of {WORKERS}");
        let met = targets.map(|(time, ..)| p50.as_secs_f64() * 1e3 <= time);
        table.row(&what, "–".into(), format!("{} / {}", ms(p50), ms(p99)), target(met, "at most 2 ms"), met);
        for (what, kib, most, met) in [
            ("PSS", measured.pss, "at most 600 KiB", targets.map(|(_, most, _)| measured.pss <= most)),
            (
                "private dirty",
                measured.private_dirty,
                "at most 300 KiB",
                targets.map(|(_, _, most)| measured.private_dirty <= most),
            ),
        ] {
            let what = format!("worker at rest, {name}, {what}, {WORKERS} of them");
            table.row(&what, "–".into(), format!("{kib:.0} KiB"), target(met, most), met);
        }
        if let Some((pss, private_dirty)) = measured.nursery {
            let shown = format!("{pss:.0} / {private_dirty:.0} KiB");
            table.row("the nursery itself, PSS / private dirty", "–".into(), shown, "", None);
        }
    }
    Ok(())
}

fn target(met: Option<bool>, text: &'static str) -> &'static str {
    met.map_or("", |_| text)
}

async fn measure(method: Method) -> Result<Measured> {
    let launch = launch(method)?;
    // The first one waits for the nursery's own start, or reads the binary from disk.
    let mut workers = vec![ready(&launch).await?];
    let mut times = Vec::with_capacity(WORKERS);
    while workers.len() <= WORKERS {
        let start = Instant::now();
        workers.push(ready(&launch).await?);
        times.push(start.elapsed());
    }
    drop(workers.remove(0));
    times.sort();
    let nursery = children(std::process::id()).into_iter().find(|pid| is_nursery(*pid));
    ensure!(nursery.is_some() == (method == Method::Nursery), "another way of starting was to be measured");
    let nursery = nursery.map(|pid| Ok::<_, anyhow::Error>((pss(pid)?, private_dirty(pid)?))).transpose()?;
    let mean = |of: fn(u32) -> Result<f64>| -> Result<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
        let count = workers.len() as f64;
        Ok(workers.iter().map(|worker| of(worker.life.id())).sum::<Result<f64>>()? / count)
    };
    let measured = Measured { ready: times, pss: mean(pss)?, private_dirty: mean(private_dirty)?, nursery };
    for worker in &mut workers {
        worker.life.kill();
        worker.life.wait().await?;
    }
    Ok(measured)
}

/// A worker that has greeted and been opened.
async fn ready(launch: &Launch) -> Result<Worker<Process>> {
    let (process, stream) = launch.spawner.spawn(launch).await?;
    let stream = stream.into_std()?;
    stream.set_nonblocking(false)?;
    let mut worker = Worker::new(stream, process);
    worker.greet_confined("{}", Duration::from_secs(5), CONFINED);
    let heard = worker.hear();
    ensure!(matches!(heard, Some(FromWorker::Ready(_))), "not ready: {heard:?}");
    Ok(worker)
}

fn launch(method: Method) -> Result<Launch> {
    let program = std::env::current_exe()?.with_file_name("footbridge-puppet");
    ensure!(program.is_file(), "{} is built by scripts/bench", program.display());
    let program = program.canonicalize().context("it is a file")?;
    Ok(Launch { persistent: true, spawner: Spawner::new(method), ..Launch::bare("puppet".into(), program) })
}
