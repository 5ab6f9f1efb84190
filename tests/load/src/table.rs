//! The table that a run prints.

use std::fmt;

/// Rows of measure, control, gateway and target.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<[String; 5]>,
}

impl Table {
    /// Adds a row. `verdict`: whether the target is met; `None` where there is none.
    pub(crate) fn row(&mut self, what: &str, control: String, gateway: String, target: &str, verdict: Option<bool>) {
        let verdict = match verdict {
            Some(true) => "met",
            Some(false) => "MISSED",
            None => "",
        };
        eprintln!("   {what}: control {control}, gateway {gateway} {verdict}");
        self.rows.push([what.into(), control, gateway, target.into(), verdict.into()]);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["measure", "control", "gateway", "target", ""].map(str::to_owned);
        let widths: Vec<usize> = (0..5)
            .map(|column| self.rows.iter().chain([&head]).map(|row| row[column].chars().count()).max().unwrap_or(0))
            .collect();
        let line = |f: &mut fmt::Formatter<'_>, row: &[String; 5]| {
            for (cell, width) in row.iter().zip(&widths) {
                write!(f, "| {cell:<width$} ")?;
            }
            writeln!(f, "|")
        };
        line(f, &head)?;
        for width in &widths {
            write!(f, "|{}", "-".repeat(width + 2))?;
        }
        writeln!(f, "|")?;
        self.rows.iter().try_for_each(|row| line(f, row))
    }
}
