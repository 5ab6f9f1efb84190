//! What the kernel knows of a process.

use std::{fs, time::Duration};

use anyhow::{Context as _, Result};

/// CPU time of all threads that live.
pub(crate) fn cpu(pid: u32) -> Result<Duration> {
    let mut nanos = 0;
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        let text = fs::read_to_string(task?.path().join("schedstat"))?;
        nanos += text.split(' ').next().context("schedstat is empty")?.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanos))
}

/// CPU time of several processes.
pub(crate) fn cpu_of(pids: &[u32]) -> Result<Duration> {
    pids.iter().map(|pid| cpu(*pid)).sum()
}

/// Proportional set size in KiB.
pub(crate) fn pss(pid: u32) -> Result<f64> {
    memory(pid, "Pss:")
}

/// What the process has written to and shares with no other, in KiB.
pub(crate) fn private_dirty(pid: u32) -> Result<f64> {
    memory(pid, "Private_Dirty:")
}

#[expect(clippy::cast_precision_loss, reason = "kilobytes of a process fit a float many times")]
fn memory(pid: u32, name: &str) -> Result<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let line =
        text.lines().find(|line| line.starts_with(name)).with_context(|| format!("no {name} in smaps_rollup"))?;
    Ok(line.split_whitespace().nth(1).context("it has no value")?.parse::<u64>()? as f64)
}

/// The value below which `share` of the sorted times lie.
pub(crate) fn quantile(sorted: &[Duration], share: f64) -> Duration {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index"
    )]
    let index = ((sorted.len() - 1) as f64 * share).round() as usize;
    sorted[index]
}

/// Milliseconds with two digits.
pub(crate) fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}
