//! The table that a run prints.

use std::fmt;

/// Measure, control, gateway, the Redis behind it, target, verdict.
const COLUMNS: usize = 6;

/// Rows of what was measured. A column in which nothing stands is left out.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<[String; COLUMNS]>,
}

impl Table {
    /// Adds a row. `verdict`: whether the target is met; `None` where there is none.
    pub(crate) fn row(&mut self, what: &str, control: String, gateway: String, target: &str, verdict: Option<bool>) {
        self.row_with_redis(what, control, gateway, String::new(), target, verdict);
    }

    /// Adds a row where the Redis behind the gateway has a share.
    pub(crate) fn row_with_redis(
        &mut self,
        what: &str,
        control: String,
        gateway: String,
        redis: String,
        target: &str,
        verdict: Option<bool>,
    ) {
        let verdict = match verdict {
            Some(true) => "met",
            Some(false) => "MISSED",
            None => "",
        };
        let beside = if redis.is_empty() { String::new() } else { format!(", redis-server {redis}") };
        eprintln!("   {what}: control {control}, gateway {gateway}{beside} {verdict}");
        self.rows.push([what.into(), control, gateway, redis, target.into(), verdict.into()]);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["measure", "control", "gateway", "redis-server", "target", ""].map(str::to_owned);
        let columns: Vec<(usize, usize)> = (0..COLUMNS)
            .filter(|column| self.rows.iter().any(|row| !row[*column].is_empty()))
            .map(|column| (column, self.width(&head, column)))
            .collect();
        let line = |f: &mut fmt::Formatter<'_>, row: &[String; COLUMNS]| {
            for (column, width) in &columns {
                write!(f, "| {:<width$} ", row[*column])?;
            }
            writeln!(f, "|")
        };
        line(f, &head)?;
        for (_, width) in &columns {
            write!(f, "|{}", "-".repeat(width + 2))?;
        }
        writeln!(f, "|")?;
        self.rows.iter().try_for_each(|row| line(f, row))
    }
}

impl Table {
    fn width(&self, head: &[String; COLUMNS], column: usize) -> usize {
        let cells = self.rows.iter().chain([head]).map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    }
}
